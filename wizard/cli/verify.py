"""`verify`: a real run on a deployed cluster, held against the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard.cli.completing import service_names
from wizard.cli.connection import ConnectionOptions, connecting
from wizard.cli.options import connection_options, example, json_option
from wizard.cli.output import (
    DEPLOYMENT_FAILED,
    TIMED_OUT,
    CommandFailed,
    Teller,
    agreed,
    emit_json,
    emit_words,
    somebody_is_there,
)

if TYPE_CHECKING:
    from wizard.operations.verify import Verified

MINUTES_20 = 1200.0


@click.command(
    short_help="Prove a deployed cluster by a real run.",
    epilog=example("flowerneb-wizard verify 42", "flowerneb-wizard verify 42 --rounds 1 --ssh root@192.0.2.7"),
)
@click.argument("service", shell_complete=service_names)
@click.option(
    "--rounds", type=click.IntRange(1, 1000), metavar="N", help="Rounds of the run, instead of the service's."
)
@click.option(
    "--ssh", "target", metavar="USER@HOST", default="", help="Target of the SSH tunnel, instead of root at the VM."
)
@click.option("--no-ssh", is_flag=True, help="Open no tunnel: the Control API has to be reached directly.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=MINUTES_20,
    show_default=True,
    metavar="SECONDS",
    help="How long the run may take.",
)
@click.option("--yes", "-y", is_flag=True, help="Run beside a run that is on.")
@json_option
@connection_options
@click.pass_context
def verify(
    context: click.Context,
    /,
    service: str,
    rounds: int | None,
    target: str,
    *,
    no_ssh: bool,
    timeout: float,
    yes: bool,
    as_json: bool,
) -> int:
    """Run a small app on the deployed SERVICE, given by name or id, and compare what each client was given.

    It goes to the SuperLink's Control API, directly or through an SSH tunnel, with the service's rounds and strategy.
    A Flower environment of the service's version is needed on this machine: `rehearse --prepare X.Y.Z` makes it.
    The exit status is 0 only if every client was given what the dashboard says.
    """
    from wizard.cli.run_report import RoundsBar
    from wizard.operations.verify import verify as verified

    if no_ssh and target:
        raise click.UsageError("--ssh and --no-ssh exclude each other.")
    teller = Teller(as_json)
    with connecting(ConnectionOptions.of(context), teller) as connector:
        connector.refuse_change(f"service {service}")
        snapshot = connector.connect().services.look_up(service).snapshot

        def may_disturb() -> bool:
            if yes or as_json or not somebody_is_there():
                return yes
            return agreed("A run is on. Run beside it?", unless_said=False)

        with RoundsBar(teller) as bar:
            found = verified(
                snapshot,
                teller.say,
                bar.hear,
                timeout,
                rounds=rounds,
                ssh=None if no_ssh else target,
                may_disturb=may_disturb,
            )
    return _told(snapshot.id, found, as_json=as_json)


def _told(service_id: int, found: Verified, *, as_json: bool) -> int:
    from wizard.cli.run_report import run_data, run_table
    from wizard.core.text import counted, vms

    ended = found.ended
    if not ended.completed:
        status = DEPLOYMENT_FAILED if ended.status.startswith("finished") else TIMED_OUT
        raise CommandFailed(status, f"the run is {ended.status}", f"service {service_id}", ended.last_lines)
    if as_json:
        data = run_data(service_id, ended, found.rows, agree=found.agrees)
        emit_json(data | {"unmatched": list(found.unmatched), "strangers": list(found.strangers)})
        return 0 if found.agrees else DEPLOYMENT_FAILED
    emit_words(run_table(found.rows, found.unmatched))
    if found.unmatched:
        same = "the same partitions" if found.together else "OTHER partitions"
        said = (
            f"{vms(found.unmatched)} published no node id: {counted(len(found.strangers), 'client')} reported {same}."
        )
        emit_words(f"{said}\n")
    elif found.strangers:
        emit_words(f"{counted(len(found.strangers), 'client')} reported that no VM of the service is.\n")
    done = max((word.round for word in ended.words), default=0)
    verdict = "every client was given what the dashboard says." if found.agrees else "NOT what the dashboard says."
    emit_words(f"{counted(done, 'round')}, {ended.status}: {verdict}\n")
    return 0 if found.agrees else DEPLOYMENT_FAILED
