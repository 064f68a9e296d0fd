"""`scale`: more or fewer SuperNodes, and what that does to the partitions."""

from __future__ import annotations

import click

from wizard.commands.acting import asking_options, looked_at, waiting_options
from wizard.commands.completing import service_names
from wizard.commands.options import Reach, example
from wizard.commands.output import Teller
from wizard.commands.reach import connecting


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
    from wizard.actions import ending, sending
    from wizard.core import foresight
    from wizard.core.snapshot import SUPERNODE

    teller = Teller(as_json)
    with connecting(Reach.of(context), teller) as connector:
        act = looked_at(connector, service, teller, yes=yes, dry_run=dry_run, as_json=as_json)
        if not act.agreed(foresight.scale(act.service, count), f"Scale to {count}?"):
            return
        sending.scale(act.cloud, act.service, SUPERNODE, count, teller.say)
        if wait:
            act.show(act.followed(ending.of_scale(SUPERNODE, count), timeout))
