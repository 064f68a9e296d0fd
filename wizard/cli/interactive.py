"""`attach`: straight to the dashboard of a service."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.completing import service_names
from wizard.cli.connection import ConnectionOptions, connecting
from wizard.cli.options import connection_options, example, screen_options
from wizard.cli.output import INVALID, CommandFailed, Teller, is_terminal
from wizard.cli.render import plan_of

if TYPE_CHECKING:
    from wizard.storage.preferences import Look
    from wizard.tui.app import WizardApp


@click.command(short_help="Show the dashboard of a service.", epilog=example("flowerneb-wizard attach 42"))
@click.argument("service", shell_complete=service_names)
@connection_options
@screen_options
@click.pass_context
def attach(context: click.Context, /, service: str, **screen: Any) -> int:
    """Show the dashboard of SERVICE, given by name or id.

    A deployment runs in OneFlow: it goes on whether or not somebody watches.
    """

    return open_wizard(context, attach=service, **screen)


_INSTEAD = "Use `flowerneb-wizard render`, `deploy` and `status` in scripts and pipes."
_GLYPHS = "─│┌┐└┘▁▔▊✓▸"
PACE = 2.0
"""Sandbox seconds per second: slow enough to watch, quick enough to wait for."""
SWITCH = 0.0005
"""Seconds that a thread may compute while another one wants to; Python's own are ten times as many, and a key and its
paint want to several times."""


def open_wizard(
    context: click.Context,
    *,
    preset: str | None = None,
    settings: Iterable[str] = (),
    attach: str | None = None,
    theme: str | None = None,
    colors: str = "auto",
    notify: str | None = None,
    no_mouse: bool = False,
) -> int:
    """Run the screens and return their exit status. Raises CommandFailed where the terminal can't show them."""
    reach = ConnectionOptions.of(context)
    refuse_what_is_no_terminal()
    settings = tuple(settings)
    plan = plan_of(preset, settings) if preset is not None or settings else None
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    for pinned in ("COLUMNS", "LINES"):
        # Exported, they would keep the screens at a size that the terminal no longer has.
        os.environ.pop(pinned, None)
    chosen, complaint = _look(theme, colors)
    from wizard.tui.app import WizardApp

    with connecting(reach, Teller(), speed=PACE) as connector:
        app = WizardApp(
            connector.connect,
            plan=plan,
            preset_name=preset,
            attach=attach,
            clock=connector.clock,
            look=chosen,
            practice=reach.sandbox,
            tour=True,
        )
        app.complaints += (complaint,) if complaint else ()
        app.session.keeps = connector.keeps
        app.session.logs, app.session.remark = connector.logs, connector.remark
        app.session.read_only_reason = connector.read_only_reason
        app.notifies = notify or notifying()
        # What was imported stays: no look for garbage goes through it again while somebody types.
        gc.freeze()
        asyncio.run(_running(app, mouse=not no_mouse))
    return app.return_code or 0


def notifying() -> str:
    """The way of notifying that the operator chose; a choice that can't be read is none."""
    from wizard.storage.preferences import remembered

    return remembered("notify")[0] or "none"


def _look(theme: str | None, colors: str) -> tuple[Look, str]:
    """The look of the screens, and what is wrong with the file that remembers it. Before Textual is imported."""
    from wizard.storage.preferences import COLORS, look, remembered

    chosen, complaint = remembered("theme")
    found = look(theme, colors, chosen, os.environ)
    os.environ["TEXTUAL_COLOR_SYSTEM"] = COLORS[found.colors] or "standard"
    return found, complaint


async def _running(app: WizardApp, *, mouse: bool) -> None:
    """Run the screens; SIGTERM and SIGHUP leave them in order, with the terminal as it was."""
    from wizard.tui.terminal.ending import end, remember_terminal

    loop = asyncio.get_running_loop()
    # Whoever types does not wait long for a thread that reads what the cloud said.
    sys.setswitchinterval(SWITCH)
    # Not `add_signal_handler`: a loop that is busy would not come to it.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _frame: end(app, loop, 128 + number))
    remember_terminal()
    await app.run_async(mouse=mouse)


def refuse_what_is_no_terminal() -> None:
    """Raise CommandFailed unless stdin, stdout and stderr are a terminal that can show the screens."""
    streams = {"stdin": sys.stdin, "stdout": sys.stdout, "stderr": sys.stderr}
    closed = [name for name, stream in streams.items() if not is_terminal(stream)]
    if closed:
        title = f"the wizard needs a terminal; what is not one: {', '.join(closed)}"
        raise CommandFailed(INVALID, title, hint=_INSTEAD)
    kind = os.environ.get("TERM", "")
    if kind in ("", "dumb", "unknown"):
        said = f"TERM is {kind!r}" if kind else "TERM is not set"
        hint = f"Set TERM to what your terminal is, such as xterm-256color. {_INSTEAD}"
        raise CommandFailed(INVALID, f"the wizard can't draw on this terminal: {said}", hint=hint)
    encoding = sys.stderr.encoding or "ascii"
    try:
        _GLYPHS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        title = f"the wizard's lines and marks can't be written in this terminal's encoding, {encoding}"
        raise CommandFailed(INVALID, title, hint=f"Set LC_ALL=C.UTF-8, or PYTHONUTF8=1. {_INSTEAD}") from None
