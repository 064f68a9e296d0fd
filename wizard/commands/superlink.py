"""`superlink`: what the SuperLink of a service says itself."""

from __future__ import annotations

import click

from wizard.commands.completing import service_names
from wizard.commands.options import Reach, connection_options, example, json_option
from wizard.commands.output import Teller, emit_json, emit_words
from wizard.commands.reach import connecting
from wizard.commands.trouble import FAILED, CommandFailed


@click.command(
    short_help="Ask the SuperLink itself: who is connected, which runs there are.",
    epilog=example("flowerneb-wizard superlink 42 --at 127.0.0.1:9093"),
)
@click.argument("service", shell_complete=service_names)
@click.option("--at", default="", metavar="HOST:PORT", help="Where its Control API is reached, such as a tunnel.")
@json_option
@connection_options
@click.pass_context
def superlink(context: click.Context, service: str, *, at: str, as_json: bool) -> None:
    """Ask the SuperLink of SERVICE, given by name or id: SuperNodes online, runs and their state.

    It is asked at its own address, then at 127.0.0.1, where a tunnel may end. Flower itself asks: its image is made by
    `flowerneb-wizard rehearse --prepare`.
    """
    from wizard.core.flower.connection_card import card
    from wizard.core.flower.superlink_report import lines
    from wizard.operations.superlink import Control, ControlError

    with connecting(Reach.of(context), Teller(as_json)) as connector:
        poll = connector.connect().services.look_up(service)
    if poll.oned_error is not None:
        raise poll.oned_error
    snapshot = poll.snapshot
    found = card(snapshot)
    subject = f"service {snapshot.id} {snapshot.name!r}"
    if found is None:
        hint = f"Look at `flowerneb-wizard status {snapshot.id}`."
        raise CommandFailed(FAILED, "its SuperLink is not READY: there is nobody to ask", subject, hint=hint)
    control = Control(found, at)
    try:
        word = control.ask()
    except ControlError as error:
        raise CommandFailed(FAILED, "its SuperLink can't be asked", subject, error.title, error.hint) from None
    finally:
        control.close()
    if as_json:
        emit_json(
            {
                "address": word.address,
                "supernodes": [{"id": one.id, "status": one.status, "since": one.since} for one in word.supernodes],
                "runs": [
                    {
                        "id": run.id,
                        "app": run.app,
                        "status": run.status,
                        "details": run.details,
                        "pending_at": run.pending_at,
                        "finished_at": run.finished_at,
                    }
                    for run in word.runs
                ],
            }
        )
        return
    emit_words("".join(f"{line}\n" for line in lines(word, snapshot)))
