"""`restart-stale`: SuperNodes whose partition is out of step start again, one after another."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from wizard.commands.acting import Act, asking_options, looked_at
from wizard.commands.completing import service_names
from wizard.commands.options import Reach, example
from wizard.commands.output import Teller
from wizard.commands.reach import connecting
from wizard.commands.trouble import DEPLOYMENT_FAILED, INTERRUPTED, TIMED_OUT, CommandFailed

if TYPE_CHECKING:
    from wizard.actions.restarting import Restarted


@click.command(
    "restart-stale",
    short_help="Restart SuperNodes whose partition is out of step.",
    epilog=example("flowerneb-wizard restart-stale 42 --dry-run"),
)
@click.argument("service", shell_complete=service_names)
@asking_options
@click.pass_context
def restart_stale(context: click.Context, service: str, *, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Restart the stale SuperNodes of SERVICE, given by name or id, so that each takes its present partition.

    One after another: powered off, resumed, and waited for until READY again. Ctrl-C stops before the next one; after
    a crash the same command goes on where it was.
    """
    from wizard.actions.restarting import StaleRestart

    teller = Teller(as_json)
    with connecting(Reach.of(context), teller) as connector:
        act = looked_at(connector, service, teller, yes=yes, dry_run=dry_run, as_json=as_json)
        if act.poll.oned_error is not None:
            raise act.poll.oned_error
        restart = StaleRestart.of(act.service)
        if restart.preview.needless:
            teller.say(restart.preview.refused)
            act.show(act.poll)
            return
        if not act.agreed(restart.preview, "Restart them?"):
            return
        with _stop_on_interrupt(teller) as stopped:
            _tell_end(act, restart.run(act.cloud, teller.say, stopped.is_set))
        act.show(act.cloud.services.poll(act.service.id, act.service))


def _tell_end(act: Act, found: Restarted) -> None:
    from wizard.actions.restarting import Ended

    left = f"Not touched: {', '.join(map(str, found.left))}." if found.left else ""
    if found.ended is Ended.STOPPED:
        hint = f"{left} The same command goes on with them.".strip()
        raise CommandFailed(INTERRUPTED, "stopped before the next SuperNode", act.subject, "", hint)
    if found.ended is not Ended.DONE:
        status = TIMED_OUT if found.ended is Ended.TIMED_OUT else DEPLOYMENT_FAILED
        hint = f"Look at VM {found.at}: `onevm show {found.at}`. {left}".strip()
        raise CommandFailed(status, f"VM {found.at} did not come back: {found.why}", act.subject, "", hint)


@contextmanager
def _stop_on_interrupt(teller: Teller) -> Iterator[threading.Event]:
    """The first Ctrl-C stops between two VMs, the second at once."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(_number: int, _frame: object) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, before)
        teller.say("stopping once this one is READY again; Ctrl-C once more stops at once")

    signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)
