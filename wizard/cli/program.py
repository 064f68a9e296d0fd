"""The command line: the commands, and the one place where errors end.

A bare call opens the wizard. Everything heavy is imported inside the command that needs it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from importlib import import_module
from typing import Any, TextIO

import click

from wizard import __version__
from wizard.cli.completing import preset_names
from wizard.cli.options import connection_options, example, screen_options, set_option
from wizard.cli.output import FAILED, INTERRUPTED, emit, prepare_streams, report


class LateCommands(MutableMapping[str, click.Command]):
    """Commands by name, in the order given; `restart-stale` is the function `restart_stale`."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        """`modules` has the module of `wizard.cli` that each command stands in."""
        self._modules = modules
        self._found: dict[str, click.Command | None] = dict.fromkeys(modules)

    def __getitem__(self, name: str) -> click.Command:
        found = self._found[name]
        if found is None:
            module = import_module(f"wizard.cli.{self._modules[name]}")
            found = self._found[name] = getattr(module, name.replace("-", "_"))
        return found

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._found[name] = command

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


PROGRAM = "flowerneb-wizard"


COMMANDS = LateCommands(
    {
        "attach": "interactive",
        "render": "render",
        "check": "check",
        "deploy": "deploy",
        "status": "status",
        "events": "status",
        "connect": "connect",
        "superlink": "connect",
        "verify": "verify",
        "scale": "service_actions",
        "restart-stale": "service_actions",
        "recover": "service_actions",
        "delete": "service_actions",
        "vm": "status",
        "support": "support",
        "presets": "presets",
        "appliance": "appliance",
        "completion": "program",
        "sandbox": "sandbox",
        "rehearse": "rehearse",
    }
)


@click.group(
    commands=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example("flowerneb-wizard --preset image-classification --set supernode.cardinality=6"),
)
@connection_options
@click.option(
    "--preset", metavar="NAME|FILE", shell_complete=preset_names, help="Open the wizard filled in from a preset."
)
@set_option
@screen_options
@click.version_option(__version__, "--version", prog_name=PROGRAM)
@click.pass_context
def wizard(context: click.Context, /, preset: str | None, settings: tuple[str, ...], **screen: Any) -> int | None:
    """Bring up a Flower federated-learning cluster on OpenNebula.

    Without a command this opens the wizard on the terminal.
    """
    if context.invoked_subcommand is None:
        from wizard.cli.interactive import open_wizard

        return open_wizard(context, preset=preset, settings=settings, **screen)
    if preset is not None or settings or any(value not in (None, False, "auto") for value in screen.values()):
        said = "--preset, --set, --theme, --colors, --notify and --no-mouse"
        raise click.UsageError(f"{said} before a command are for the wizard; put them after it.")
    return None


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit status. Errors are printed on stderr; nothing is raised."""
    prepare_streams()
    status = _status_of(arguments, "--json" in arguments)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _forget(stream)
            # What was not written was not done.
            status = status or FAILED
    return status


def _status_of(arguments: Sequence[str], as_json: bool) -> int:
    try:
        found = wizard.main(args=list(arguments), prog_name=PROGRAM, standalone_mode=False, obj={})
        sys.stdout.flush()
        return found if isinstance(found, int) else 0
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted", as_json)
        return INTERRUPTED
    except BrokenPipeError:
        return FAILED
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    except Exception as error:
        return _told(error, as_json)


def _told(error: Exception, as_json: bool) -> int:
    known = report(error, as_json)
    if known is not None:
        return known
    if as_json:
        data = {
            "type": type(error).__name__,
            "title": "internal error",
            "detail": str(error),
            "subject": "",
            "hint": "",
        }
        click.echo(json.dumps({"error": data, "exit_status": FAILED}), err=True)
    else:
        traceback.print_exception(error)
        _say("this is an error of the program itself; please report it with the lines above", as_json)
    return FAILED


def _say(text: str, as_json: bool) -> None:
    with contextlib.suppress(OSError):
        if as_json:
            data = {"type": "Interrupted", "title": text, "subject": "", "detail": "", "hint": ""}
            click.echo(json.dumps({"error": data, "exit_status": INTERRUPTED}), err=True)
        else:
            click.echo(text, err=True)


def _forget(stream: TextIO) -> None:
    """Nobody is at the other end any more: what is left in the buffer must not raise again at the very end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


_NO_SPACE = """\
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=:] ]] && compopt -o nospace 2>/dev/null

    return 0
"""
"""Behind `KEY=` something follows: bash is asked to put no blank there."""


@click.command(
    short_help="Print the completion script of a shell.",
    epilog=example(
        'eval "$(flowerneb-wizard completion bash)"',
        "flowerneb-wizard completion zsh > ~/.zfunc/_flowerneb-wizard",
        "flowerneb-wizard completion fish > ~/.config/fish/completions/flowerneb-wizard.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands, presets, services, settings and worlds.

    Put the line of the example into ~/.bashrc, or write the file where zsh (a folder in its fpath) or fish looks.
    bash 4.4 or newer is needed. Services are asked for in the cloud, for a second and a half at most.
    """
    from click.shell_completion import get_completion_class

    root = context.find_root()
    program = root.info_name or ""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"this version of click knows no completion for {shell}.")
    script = kind(root.command, {}, program, f"_{program.replace('-', '_').upper()}_COMPLETE").source()
    emit(script.replace("    return 0\n", _NO_SPACE, 1) if shell == "bash" else script)
