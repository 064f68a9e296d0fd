"""`events`: what was seen of a service, also after it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard.commands.completing import service_names
from wizard.commands.options import Reach, connection_options, example, json_option
from wizard.commands.output import Teller, emit_words
from wizard.commands.reach import connecting

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.cluster.events import Event


@click.command(
    short_help="Print what was seen of a service, with times.", epilog=example("flowerneb-wizard events 42 --json")
)
@click.argument("service", shell_complete=service_names)
@json_option
@connection_options
@click.pass_context
def events(context: click.Context, service: str, *, as_json: bool) -> None:
    """Print the events of SERVICE, given by name or id, oldest first: OneFlow's log, and what this program saw.

    With --json each line is an object. What was seen from here stays known after the service is gone, by its id.
    """
    from wizard.core.cluster.events import as_json as line_of
    from wizard.core.cluster.events import as_text
    from wizard.operations.machine import local_time

    teller = Teller(as_json)
    with connecting(Reach.of(context), teller) as connector:
        found = _found(connector.connect(), service, teller)
    for event in found:
        emit_words(f"{line_of(event) if as_json else as_text(event, local_time)}\n")


def _found(cloud: Cloud, service: str, teller: Teller) -> tuple[Event, ...]:
    from wizard.cloud.errors import CloudError
    from wizard.core.cluster.events import merged
    from wizard.operations.watch import changes
    from wizard.storage.journal import Journal, earlier

    try:
        snapshot = cloud.services.find(service)
    except CloudError as error:
        kept = earlier(cloud.where, int(service)) if service.isascii() and service.isdigit() else None
        if kept is None:
            raise
        teller.say(f"{error.subject}: {error.title}; this is what was seen of it from here")
        return kept.read()
    journal = Journal.of(cloud.where, snapshot.id, snapshot.start_time)
    return merged(journal.read(), changes(None, snapshot))
