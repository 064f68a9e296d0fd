"""`connect`: how `flwr run` reaches a cluster that runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.cli.completing import service_names
from wizard.cli.connection import ConnectionOptions, connecting
from wizard.cli.options import connection_options, example, json_option
from wizard.cli.output import FAILED, CommandFailed, Teller, emit_json, emit_words

if TYPE_CHECKING:
    from wizard.core.flower.superlink import Card


@click.command(
    short_help="Tell how to reach the SuperLink of a service.",
    epilog=example("flowerneb-wizard connect 42"),
)
@click.argument("service", shell_complete=service_names)
@click.option(
    "--ca", "ca_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the CA of its SuperLink to FILE."
)
@click.option("--force", is_flag=True, help="Write over that file.")
@json_option
@connection_options
@click.pass_context
def connect(context: click.Context, service: str, *, ca_file: Path | None, force: bool, as_json: bool) -> None:
    """Tell how `flwr run` reaches SERVICE, given by name or id: tunnel, CA, connection, command.

    Its SuperLink must be READY. With --ca only its CA is written, PEM as Flower wants it.
    """
    from wizard.core.flower.superlink import card
    from wizard.operations.machine import reached_through

    with connecting(ConnectionOptions.of(context), Teller(as_json)) as connector:
        poll = connector.connect().services.look_up(service)
    if poll.oned_error is not None:
        raise poll.oned_error
    snapshot = poll.snapshot
    found = card(snapshot, reached_through())
    subject = f"service {snapshot.id} {snapshot.name!r}"
    if found is None:
        hint = f"Look at `flowerneb-wizard status {snapshot.id}`."
        raise CommandFailed(FAILED, "its SuperLink is not READY: there is nothing to connect to", subject, hint=hint)
    if ca_file is not None:
        _write_ca(found, ca_file, subject, force)
    elif as_json:
        emit_json(_data(found))
    else:
        emit_words(card_text(found))


def card_text(card: Card) -> str:
    """The card as text: the lines to copy are indented by four."""
    parts = [card.summary]
    for number, step in enumerate(card.steps, 1):
        parts.append("\n".join([f"{number}. {step.title}", *(f"    {line}" for line in step.lines)]))
        if step.note:
            parts[-1] += f"\n   {step.note}"
    return "\n\n".join(parts) + "\n"


def _data(card: Card) -> dict[str, object]:
    steps = [{"title": step.title, "lines": list(step.lines), "note": step.note} for step in card.steps]
    head = {"address": card.address, "flower_version": str(card.version or ""), "tls": card.tls, "ca": card.ca}
    return {**head, "steps": steps}


def _write_ca(card: Card, path: Path, subject: str, force: bool) -> None:
    if not card.ca:
        why = "TLS is off" if card.tls is False else "no FL_CA_CERT that is a certificate"
        raise CommandFailed(FAILED, f"its SuperLink published no CA: {why}", subject)
    try:
        with path.open("w" if force else "x", encoding="ascii") as file:
            file.write(card.ca)
    except FileExistsError:
        raise CommandFailed(FAILED, "it exists", str(path), hint="Say --force to write over it.") from None
    except OSError as error:
        raise CommandFailed(FAILED, f"it can't be written: {error.strerror}", str(path)) from None
    emit_words(f"{path}\n")


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

    It is asked at its own address, then at 127.0.0.1, where a tunnel may end. Flower itself asks: its environment is
    made by `flowerneb-wizard rehearse --prepare`.
    """
    from wizard.core.flower.superlink import card, lines
    from wizard.operations.superlink import Control, ControlError

    with connecting(ConnectionOptions.of(context), Teller(as_json)) as connector:
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
