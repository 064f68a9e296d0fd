"""Options that several commands share: how the cloud is reached, which preset with which changes, JSON or not.

Connection options may stand before the command and after it; the latter win. They are kept in the context's object,
which all commands of one run share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from wizard.cli.completing import assignments, world_names
from wizard.cli.connection import FLOWER, Secret
from wizard.storage.preferences import COLORS, HOWS, THEMES

F = TypeVar("F", bound=Callable[..., Any])
GUESTS = ("scripted", FLOWER)
"""What may run inside the sandbox's VMs."""
GUESTS_HELP = "What runs inside its VMs: a script, or Flower itself as processes of this machine."

OPENNEBULAS = ("7.5", "6.10")
"""The versions that the sandbox can be: the keys of its own `VERSIONS`, which is imported late."""
OPENNEBULAS_HELP = "Which OpenNebula the sandbox is; 7.5 unless said."


def _keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value is None or value is False or parameter.name is None:
        return
    said = context.ensure_object(dict)
    said[parameter.name] = Secret(value) if parameter.name == "password" and isinstance(value, str) else value


def _connection(*names: str, **settings: Any) -> Callable[[F], F]:
    return click.option(*names, expose_value=False, callback=_keep, **settings)


_CONNECTION = (
    _connection("--server", "-s", metavar="URL", help="OneFlow, instead of ONEFLOW_URL."),
    _connection("--endpoint", metavar="URL", help="oned, instead of ONE_XMLRPC."),
    _connection("--username", "-u", metavar="NAME", help="OpenNebula user, instead of ONEFLOW_USER or ONE_AUTH."),
    _connection(
        "--password", "-p", metavar="PASSWORD", help="Others may see it in the list of processes: better use ONE_AUTH."
    ),
    _connection("--insecure", is_flag=True, help="Do not verify HTTPS certificates."),
    _connection(
        "--read-only",
        is_flag=True,
        help="Change nothing in the cloud, and offer nothing that would; as `read_only = true` in settings.toml.",
    ),
    _connection("--sandbox", is_flag=True, help="Use an OpenNebula look-alike inside this process."),
    _connection(
        "--world", metavar="NAME", shell_complete=world_names, help="Which sandbox; `sandbox --list-worlds` lists them."
    ),
    _connection(
        "--speed", metavar="X", type=click.FloatRange(min=0, min_open=True), help="How fast the sandbox's time passes."
    ),
    _connection("--guests", type=click.Choice(GUESTS), help=f"{GUESTS_HELP}"),
    _connection("--opennebula", type=click.Choice(OPENNEBULAS), help=OPENNEBULAS_HELP),
)


def connection_options(command: F) -> F:
    """Let a command say how the cloud is reached."""
    for option in reversed(_CONNECTION):
        command = option(command)
    return command


def dialect_option(*, auto: bool) -> Callable[[F], F]:
    """Let a command write the documents for OneFlow 6.x or 7.x; with `auto` the cloud's version decides unless said."""
    choices = ["auto", "6", "7"] if auto else ["6", "7"]
    default = (
        "the cloud's own version decides unless it is said" if auto else "7 is also what 7.0 to 7.5 and later take"
    )
    return click.option(
        "--dialect",
        type=click.Choice(choices),
        default=choices[0] if auto else "7",
        show_default=True,
        help=f"The OpenNebula that the documents are written for; {default}.",
    )


def set_option(command: F) -> F:
    """Let a command change settings of its preset."""
    return click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        shell_complete=assignments,
        help="Change one setting: a variable, or level.attribute such as supernode.cardinality. May be repeated.",
    )(command)


def json_option(command: F) -> F:
    """Let a command speak JSON, on stdout and in its errors."""
    return click.option("--json", "as_json", is_flag=True, help="JSON on stdout; errors are JSON on stderr.")(command)


def screen_options(command: F) -> F:
    """Let a command that opens the screens say how they look, and leave the mouse to the terminal."""
    for option in (
        click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal."),
        click.option(
            "--colors",
            type=click.Choice(["auto", *COLORS]),
            default="auto",
            show_default=True,
            help="How many colours the terminal has; auto asks it, and obeys NO_COLOR.",
        ),
        click.option(
            "--notify",
            type=click.Choice(HOWS),
            help="Say aloud when a service is RUNNING or in trouble: by a bell, or on the desktop (OSC 9, OSC 777).",
        ),
        click.option("--theme", type=click.Choice(THEMES), help="How the screens look; else as chosen last."),
    ):
        command = option(command)
    return command


def example(*lines: str) -> str:
    """An epilog that shows a call, or one a line."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)
