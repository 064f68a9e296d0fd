"""`scale`, `recover`, `delete` and `restart-stale`: shown beforehand, asked once, sent once, followed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from wizard.commands.acting import Act, asking_options, looked_at, waiting_options
from wizard.commands.asking import agreed
from wizard.commands.completing import service_names
from wizard.commands.options import Reach, example
from wizard.commands.output import Teller, emit_json
from wizard.commands.reach import connecting
from wizard.commands.trouble import DEPLOYMENT_FAILED, INTERRUPTED, TIMED_OUT, CommandFailed

if TYPE_CHECKING:
    from wizard.core.opennebula.snapshot import ServiceSnapshot, VmFacts
    from wizard.operations.restart import Restarted


@click.command(short_help="Scale the SuperNodes of a service.", epilog=example("flowerneb-wizard scale 42 3 --dry-run"))
@click.argument("service", shell_complete=service_names)
@click.argument("count", type=click.IntRange(min=0), metavar="N")
@waiting_options
@asking_options
@click.pass_context
def scale(
    context: click.Context,
    service: str,
    count: int,
    *,
    yes: bool,
    dry_run: bool,
    wait: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Scale the SuperNodes of SERVICE, given by name or id, to N.

    OneFlow terminates the oldest VMs, not the newest; which ones, and what becomes of the partitions, is told
    beforehand. Then it waits until the COOLDOWN is over and all are READY.
    """
    from wizard.core.cluster import action_preview as foresight
    from wizard.core.opennebula.snapshot import SUPERNODE
    from wizard.operations import service_actions as ending
    from wizard.operations import service_actions as sending

    teller = Teller(as_json)
    with connecting(Reach.of(context), teller) as connector:
        act = looked_at(connector, service, teller, yes=yes, dry_run=dry_run, as_json=as_json)
        if not act.agreed(foresight.scale(act.service, count), f"Scale to {count}?"):
            return
        sending.scale(act.cloud, act.service, SUPERNODE, count, teller.say)
        if wait:
            act.show(act.followed(ending.of_scale(SUPERNODE, count), timeout))


@click.command(
    short_help="Let OneFlow try again what failed or hangs.", epilog=example("flowerneb-wizard recover 42 --dry-run")
)
@click.argument("service", shell_complete=service_names)
@waiting_options
@asking_options
@click.pass_context
def recover(
    context: click.Context, service: str, *, yes: bool, dry_run: bool, wait: bool, timeout: float, as_json: bool
) -> None:
    """Recover SERVICE, given by name or id: OneFlow tries again what failed, or ends the COOLDOWN."""
    from wizard.core.cluster import action_preview as foresight
    from wizard.operations import service_actions as ending
    from wizard.operations import service_actions as sending

    teller = Teller(as_json)
    with connecting(Reach.of(context), teller) as connector:
        act = looked_at(connector, service, teller, yes=yes, dry_run=dry_run, as_json=as_json)
        if not act.agreed(foresight.recover(act.service), "Recover?"):
            return
        judge = ending.of_recover(act.service)
        sending.recover(act.cloud, act.service, teller.say)
        if wait:
            act.show(act.followed(judge, timeout))


@click.command(short_help="Remove a service.", epilog=example("flowerneb-wizard delete 42 --dry-run"))
@click.argument("service", shell_complete=service_names)
@click.option("--sweep", is_flag=True, help="Terminate VMs that stay behind without asking.")
@waiting_options
@asking_options
@click.pass_context
def delete(
    context: click.Context,
    service: str,
    *,
    sweep: bool,
    yes: bool,
    dry_run: bool,
    wait: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Delete SERVICE, given by name or id; where OneFlow refuses that, recover it with delete.

    The request is sent once: a second one would leave the SuperLink's VM behind. Then VMs that still carry the
    service's id are looked for, named, and terminated with --sweep or on your word.
    """
    from wizard.core.cluster import action_preview as foresight
    from wizard.operations import service_actions as ending
    from wizard.operations import service_actions as sending

    teller = Teller(as_json)
    with connecting(Reach.of(context), teller) as connector:
        act = looked_at(connector, service, teller, yes=yes, dry_run=dry_run, as_json=as_json)
        if not act.agreed(foresight.remove(act.service), f"Delete service {act.service.id}?"):
            return
        verb = sending.remove(act.cloud, act.service, teller.say)
        teller.say(f"{verb.value} sent")
        if not wait:
            return
        gone = act.followed(ending.of_removal, timeout).snapshot
        teller.say(f"service {act.service.id} is gone")
        left = _swept(act, gone, sweep)
        if as_json:
            emit_json({"service": act.service.id, "verb": verb.value, "left_behind": [vm.id for vm in left]})
        if left:
            ids = ", ".join(f"{vm.id} ({vm.state_name})" for vm in left)
            hint = f"Terminate them: `onevm terminate {','.join(str(vm.id) for vm in left)}`."
            raise CommandFailed(DEPLOYMENT_FAILED, f"VMs stay behind: {ids}", act.subject, "", hint)


def _swept(act: Act, gone: ServiceSnapshot, sweep: bool) -> tuple[VmFacts, ...]:
    """The VMs that stay behind after all."""
    from wizard.operations import service_actions as sending

    left = act.cloud.vms.left_behind(gone)
    if not left:
        return ()
    act.teller.say("still there, with the id of the service: " + ", ".join(f"VM {vm.id} {vm.name}" for vm in left))
    if not sweep and not act.yes:
        sweep = agreed("Terminate them?", unless_said=False)
    if not sweep:
        return left
    for vm in left:
        sending.terminate(act.cloud, vm, act.teller.say)
    return ()


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
    from wizard.operations.restart import StaleRestart

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
    from wizard.operations.restart import Ended

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
