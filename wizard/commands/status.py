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

from wizard.commands.completing import service_names
from wizard.commands.options import Reach, connection_options, example, json_option
from wizard.commands.output import Teller, emit_drawn, emit_json, emit_json_line, emit_words, is_terminal
from wizard.commands.reach import Connector, connecting
from wizard.commands.trouble import report

if TYPE_CHECKING:
    from wizard.cloud.answers import Poll
    from wizard.cloud.cloud import Cloud
    from wizard.core.cluster.events import Event
    from wizard.operations.watch import Sight, Watch


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
    with connecting(Reach.of(context), teller) as connector:
        cloud = connector.connect()
        if service is None:
            return _list(cloud, connector, as_json, teller)
        poll = cloud.services.look_up(service)
        return _follow(connector, cloud, poll, as_json, teller) if watch else _once(poll, as_json)


def _list(cloud: Cloud, connector: Connector, as_json: bool, teller: Teller) -> int:
    from wizard.report import list_data, list_text

    poll = cloud.services.poll_all()
    if as_json:
        emit_json(list_data(poll.services, connector.clock(), poll.oned_error))
    elif poll.services:
        emit_drawn(list_text(poll.services, connector.clock(), terminal=is_terminal(sys.stdout)))
    else:
        teller.say("there is no Flower service that you may see")
    return 0 if poll.oned_error is None else report(poll.oned_error, as_json) or 0


def _once(poll: Poll, as_json: bool) -> int:
    """What is known is shown even where oned does not answer; the exit status then says that it is not all."""
    from wizard.report import service_data, service_text

    if as_json:
        emit_json(service_data(poll.snapshot, poll.oned_error))
    else:
        emit_drawn(service_text(poll.snapshot, terminal=is_terminal(sys.stdout)))
    return 0 if poll.oned_error is None else report(poll.oned_error, as_json) or 0


def _follow(connector: Connector, cloud: Cloud, first: Poll, as_json: bool, teller: Teller) -> int:
    from wizard.commands.narration import Contact, News
    from wizard.operations.watch import Watch, follow

    watch = Watch(cloud, first.snapshot.id, first=first, journals=connector.journals(cloud))
    news, contact = News(), Contact()
    begun = False
    for sight in follow(watch, math.inf, sleep=_pausing(connector, cloud, watch)):
        if sight.snapshot is None and sight.error is not None:
            raise sight.error
        if not begun:
            begun = True
            news.of(sight)
            _show(sight, as_json)
        for event in news.of(sight):
            _tell(event, as_json)
        if line := contact.of(sight):
            teller.say(line)
        if sight.snapshot is not None and sight.snapshot.gone:
            break
    return 0


def _pausing(connector: Connector, cloud: Cloud, watch: Watch) -> Callable[[float], object]:
    """A pause that one of OpenNebula's own events ends, where they can be heard."""
    from wizard.operations.push import Push, address

    heard = threading.Event()

    def vm_ids() -> tuple[int, ...]:
        return watch.sight.snapshot.vm_ids if watch.sight.snapshot else ()

    url = address(cloud.oned_url, os.environ) if connector.keeps else ""
    if not Push(url, watch.service_id, vm_ids, heard.set).start():
        return time.sleep

    def pause(seconds: float) -> None:
        heard.wait(seconds)
        heard.clear()

    return pause


def _show(sight: Sight, as_json: bool) -> None:
    from wizard.report import service_data, service_text

    if sight.snapshot is None:
        return
    if as_json:
        emit_json_line(service_data(sight.snapshot, sight.error))
    else:
        emit_drawn(service_text(sight.snapshot, terminal=is_terminal(sys.stdout)))


def _tell(event: Event, as_json: bool) -> None:
    if as_json:
        emit_json_line({"event": {"at": event.at, "severity": event.severity, "message": event.message}})
    else:
        moment = time.strftime("%H:%M:%S", time.localtime(event.at))
        emit_words(f"{moment}  {event.severity}  {event.message}\n")
