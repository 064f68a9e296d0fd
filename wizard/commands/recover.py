"""`recover`: let OneFlow try again what it was doing."""

from __future__ import annotations

import click

from wizard.commands.acting import asking_options, looked_at, waiting_options
from wizard.commands.completing import service_names
from wizard.commands.options import Reach, example
from wizard.commands.output import Teller
from wizard.commands.reach import connecting


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
    from wizard.actions import ending, sending
    from wizard.core import foresight

    teller = Teller(as_json)
    with connecting(Reach.of(context), teller) as connector:
        act = looked_at(connector, service, teller, yes=yes, dry_run=dry_run, as_json=as_json)
        if not act.agreed(foresight.recover(act.service), "Recover?"):
            return
        judge = ending.of_recover(act.service)
        sending.recover(act.cloud, act.service, teller.say)
        if wait:
            act.show(act.followed(judge, timeout))
