"""`scale`, `recover`, `delete` and `restart-stale`: shown beforehand, asked once, sent once, followed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from wizard.cli.acting import Act, asking_options, looked_at, waiting_options
from wizard.cli.completing import service_names
from wizard.cli.connection import ConnectionOptions, connecting
from wizard.cli.options import example
from wizard.cli.output import (
    DEPLOYMENT_FAILED,
    FAILED,
    INTERRUPTED,
    TIMED_OUT,
    CommandFailed,
    Teller,
    agreed,
    emit_json,
)
from wizard.core.text import one_line

if TYPE_CHECKING:
    from wizard.cli.connection import Connector
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

    OneFlow terminates the oldest VMs, not the newest; which ones, and what becomes of the partitions, is said
    beforehand. Then it waits until the COOLDOWN is over and all are READY.
    """
    from wizard.core.cluster import action_preview
    from wizard.core.opennebula.snapshot import SUPERNODE
    from wizard.operations import service_actions

    teller = Teller(as_json)
    with connecting(ConnectionOptions.of(context), teller) as connector:
        act = looked_at(connector, service, teller, yes=yes, dry_run=dry_run, as_json=as_json)
        preview = action_preview.scale(act.service, count)
        if refused := service_actions.scale_pending(act.service):
            preview = replace(preview, refused=refused)
        if not act.agreed(preview, f"Scale to {count}?"):
            return
        try:
            service_actions.scale(act.cloud, act.service, SUPERNODE, count, teller.say)
        except service_actions.Unanswered as error:
            if not wait:
                raise
            teller.say(f"{error.title}: OneFlow goes on making the VMs, and shows them once it has made the last")
        if wait:
            act.show(act.followed(service_actions.of_scale(SUPERNODE, count), timeout))


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
    from wizard.core.cluster import action_preview
    from wizard.operations import service_actions

    teller = Teller(as_json)
    with connecting(ConnectionOptions.of(context), teller) as connector:
        act = looked_at(connector, service, teller, yes=yes, dry_run=dry_run, as_json=as_json)
        if not act.agreed(action_preview.recover(act.service), "Recover?"):
            return
        judge = service_actions.of_recover(act.service)
        service_actions.recover(act.cloud, act.service, teller.say)
        if wait:
            act.show(act.followed(judge, timeout))


@click.command(short_help="Remove a service.", epilog=example("flowerneb-wizard delete 42 --dry-run"))
@click.argument("service", shell_complete=service_names)
@click.option("--sweep", is_flag=True, help="Terminate VMs that stay behind, also of a service that is gone.")
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

    The request is sent once: a second one would leave the SuperLink's VM behind. Leftover VMs are terminated and
    listed afterwards. With --sweep only that is done, for an id whose service is gone.
    """
    from wizard.cloud.errors import NotFound
    from wizard.core.cluster import action_preview
    from wizard.core.opennebula.states import Verb
    from wizard.operations import service_actions

    teller = Teller(as_json)
    with connecting(ConnectionOptions.of(context), teller) as connector:
        try:
            act = looked_at(connector, service, teller, yes=yes, dry_run=dry_run, as_json=as_json)
        except NotFound:
            is_id = service.isascii() and service.isdecimal()
            if not (sweep and is_id and _sweep_gone(connector, int(service), teller, yes, dry_run, as_json)):
                raise
            return
        preview = action_preview.remove(act.service)
        if preview.verb is Verb.WAIT and not dry_run:
            # Somebody else deletes it: there is nothing to send and nothing to ask, only to wait for.
            teller.say(preview.refused)
            verb = Verb.WAIT
        elif not act.agreed(preview, f"Delete service {act.service.id}?"):
            return
        else:
            verb = service_actions.remove(act.cloud, act.service, teller.say)
            teller.say("nothing was sent: it is being removed already" if verb is Verb.WAIT else f"{verb.value} sent")
        if not wait:
            return
        gone = act.followed(service_actions.of_removal, timeout).snapshot
        teller.say(f"service {act.service.id} is gone")
        # What was agreed to was the end of all of its VMs; where another deletes it, that is the other's to finish.
        left = _sweep(act, gone, sweep or verb is not Verb.WAIT)
        if as_json:
            emit_json({"service": act.service.id, "verb": verb.value, "left_behind": [vm.id for vm in left]})
        _tell_left(left, act.subject)


def _sweep(act: Act, gone: ServiceSnapshot, is_agreed: bool) -> tuple[VmFacts, ...]:
    """Terminate what stays behind; the VMs that do so after all."""
    from wizard.operations import service_actions

    left = act.cloud.vms.left_behind(gone)
    if not left:
        return ()
    act.teller.say(f"still there, with the id of the service: {_named(left)}")
    if is_agreed or act.yes or agreed("Terminate them?", unless_said=False):
        return service_actions.sweep(act.cloud, left, act.teller.say)
    return left


def _sweep_gone(connector: Connector, service_id: int, teller: Teller, yes: bool, dry_run: bool, as_json: bool) -> bool:
    """Terminate what carries the id of a service that is gone; False where nothing does, or it is not gone."""
    from wizard.operations import service_actions

    cloud = connector.connect()
    orphans = cloud.vms.orphans(service_id)
    if not orphans:
        return False
    says = f"service {service_id} is gone; still there, with its id: {_named(orphans)}"
    if dry_run and as_json:
        emit_json({"service": service_id, "vms": [vm.id for vm in orphans], "says": [says]})
        return True
    teller.say(says)
    if dry_run:
        return True
    if not yes and not agreed("Terminate them?", unless_said=False):
        raise CommandFailed(FAILED, "nothing was sent", f"service {service_id}")
    left = service_actions.sweep(cloud, orphans, teller.say)
    if as_json:
        emit_json({"service": service_id, "verb": None, "left_behind": [vm.id for vm in left]})
    _tell_left(left, f"service {service_id}")
    return True


def _named(vms: Sequence[VmFacts]) -> str:
    return ", ".join(one_line(f"VM {vm.id} {vm.name}") for vm in vms)


def _tell_left(left: Sequence[VmFacts], subject: str) -> None:
    if left:
        ids = ", ".join(f"{vm.id} ({vm.state_name})" for vm in left)
        hint = f"Terminate them: `onevm terminate {','.join(str(vm.id) for vm in left)}`."
        raise CommandFailed(DEPLOYMENT_FAILED, f"VMs stay behind: {ids}", subject, "", hint)


@click.command(
    "restart-stale",
    short_help="Restart the SuperNodes that are stale.",
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
    with connecting(ConnectionOptions.of(context), teller) as connector:
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
