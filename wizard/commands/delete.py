"""`delete`: remove a service with the verb that its state accepts, and look for VMs that stay behind."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wizard.commands.acting import Act, asking_options, looked_at, waiting_options
from wizard.commands.completing import service_names
from wizard.commands.options import Reach, example
from wizard.commands.output import Teller, emit_json
from wizard.commands.reach import connecting
from wizard.commands.trouble import DEPLOYMENT_FAILED, CommandFailed

if TYPE_CHECKING:
    from wizard.core.snapshot import ServiceSnapshot, VmFacts


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
    from wizard.actions import ending, sending
    from wizard.core import foresight

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
    from wizard.actions import sending

    left = act.cloud.vms.left_behind(gone)
    if not left:
        return ()
    act.teller.say("still there, with the id of the service: " + ", ".join(f"VM {vm.id} {vm.name}" for vm in left))
    if not sweep and not act.yes:
        click.echo("Terminate them? [y/N] ", err=True, nl=False)
        sweep = sys.stdin.readline().strip().lower() in ("y", "yes")
    if not sweep:
        return left
    for vm in left:
        sending.terminate(act.cloud, vm, act.teller.say)
    return ()
