"""`status`: what the dashboard shows, once or as it changes."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from wizard.cli.completing import service_names
from wizard.cli.connection import ConnectionOptions, Connector, connecting
from wizard.cli.options import connection_options, example, json_option
from wizard.cli.output import Teller, emit_drawn, emit_json, emit_json_line, emit_words, is_terminal, report

if TYPE_CHECKING:
    from wizard.cloud.answers import Poll
    from wizard.cloud.cloud import Cloud
    from wizard.core.cluster.events import Event
    from wizard.operations.event_bus import EventBus
    from wizard.operations.watch import PollResult, Watch


@click.command(epilog=example("flowerneb-wizard status 42 --json"))
@click.argument("service", shell_complete=service_names, required=False)
@click.option("--watch", is_flag=True, help="Follow it: print what changes, until it is gone.")
@json_option
@connection_options
@click.pass_context
def status(context: click.Context, service: str | None, *, watch: bool, as_json: bool) -> int:
    """Show SERVICE, given by name or id; without it, list the Flower services.

    With --watch and --json each line is an object: a snapshot first, then an event a line.
    """
    if watch and service is None:
        raise click.UsageError("--watch follows one service: name it.")
    teller = Teller(as_json)
    with connecting(ConnectionOptions.of(context), teller) as connector:
        cloud = connector.connect()
        if service is None:
            return _list(cloud, connector, as_json, teller)
        poll = cloud.services.look_up(service)
        return _follow(connector, cloud, poll, as_json, teller) if watch else _once(poll, as_json)


def _list(cloud: Cloud, connector: Connector, as_json: bool, teller: Teller) -> int:
    from wizard.cli.report import list_data, list_text

    poll = cloud.services.poll_all()
    if as_json:
        emit_json(list_data(poll.services, connector.clock(), poll.oned_error))
    elif poll.services:
        emit_drawn(list_text(poll.services, connector.clock(), terminal=is_terminal(sys.stdout)))
    else:
        teller.say("there is no Flower service that you may see")
    return 0 if poll.oned_error is None else report(poll.oned_error, as_json) or 0


def _once(poll: Poll, as_json: bool) -> int:
    """Show what is known even where oned does not answer; the exit status then says that it is not all."""
    from wizard.cli.report import service_data, service_text

    if as_json:
        emit_json(service_data(poll.snapshot, poll.oned_error))
    else:
        emit_drawn(service_text(poll.snapshot, terminal=is_terminal(sys.stdout)))
    return 0 if poll.oned_error is None else report(poll.oned_error, as_json) or 0


def _follow(connector: Connector, cloud: Cloud, first: Poll, as_json: bool, teller: Teller) -> int:
    from wizard.cli.narrator import Contact, News
    from wizard.operations.event_bus import Link
    from wizard.operations.watch import Watch, follow

    watch = Watch(cloud, first.snapshot.id, first=first, journals=connector.journals(cloud))
    news, contact = News(), Contact()
    bus, pause = _listening(connector, watch)
    link = Link.NONE
    begun = False
    for result in follow(watch, math.inf, sleep=pause):
        if result.snapshot is None and result.error is not None:
            raise result.error
        if not begun:
            begun = True
            news.of(result)
            _show(result, as_json)
        for event in news.of(result):
            _tell(event, as_json)
        if line := contact.of(result):
            teller.say(line)
        if bus is not None and link is not bus.link:
            link = bus.link
            teller.say(bus.sentence)
        if result.snapshot is not None and result.snapshot.gone:
            break
    if bus is not None:
        bus.stop()
    return 0


def _listening(connector: Connector, watch: Watch) -> tuple[EventBus | None, Callable[[float], object]]:
    """Listen to OpenNebula's events: the listener, None for a sandbox, and a pause that an event ends."""
    from wizard.operations.event_bus import listening

    heard = threading.Event()
    bus = listening(watch, os.environ, heard.set) if connector.keeps else None

    def pause(seconds: float) -> None:
        heard.wait(seconds)
        heard.clear()

    return bus, pause


def _show(result: PollResult, as_json: bool) -> None:
    from wizard.cli.report import service_data, service_text

    if result.snapshot is None:
        return
    if as_json:
        emit_json_line(service_data(result.snapshot, result.error))
    else:
        emit_drawn(service_text(result.snapshot, terminal=is_terminal(sys.stdout)))


def _tell(event: Event, as_json: bool) -> None:
    if as_json:
        emit_json_line({"event": {"at": event.at, "severity": event.severity, "message": event.message}})
    else:
        moment = time.strftime("%H:%M:%S", time.localtime(event.at))
        emit_words(f"{moment}  {event.severity}  {event.message}\n")


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
    with connecting(ConnectionOptions.of(context), teller) as connector:
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


@click.command(
    short_help="Show one VM: state, history, CONTEXT, what it published.", epilog=example("flowerneb-wizard vm 1")
)
@click.argument("number", type=click.IntRange(min=0), metavar="ID")
@json_option
@connection_options
@click.pass_context
def vm(context: click.Context, number: int, *, as_json: bool) -> None:
    """Show the VM with that ID: its state and runs, its CONTEXT, what its guest published, and how to reach it."""
    from wizard.core.text import one_line
    from wizard.core.views.glossary import complaints, details, history
    from wizard.operations.machine import local_time

    with connecting(ConnectionOptions.of(context), Teller(as_json)) as connector:
        found = connector.connect().vms.get(number)
    if as_json:
        from wizard.cli.report import vm_data

        emit_json(vm_data(found))
        return
    lines = [
        f"VM {found.id} {found.name}",
        f"state      {found.state_name}, READY {found.ready or 'not set'}",
        f"IP         {', '.join(found.ips) or '-'}",
        f"host       {found.host or '-'}",
    ]
    lines += [f"reach it   ssh root@{found.ips[0]}"] if found.ips else []
    lines += [*complaints(found), "", "History:", *(f"  {line}" for line in history(found, local_time))]
    for title, values in (
        ("What it published, and what it was given:", found.user_template),
        ("CONTEXT:", found.context),
    ):
        lines += ["", title, *(f"  {key} = {value}" for key, value in details(values).items())]
    emit_words("".join(f"{one_line(line)}\n" for line in lines))
