"""`vm`: one VM of a service, with what it was given and what it published."""

from __future__ import annotations

from typing import Any

import click

from wizard.commands.options import Reach, connection_options, example, json_option
from wizard.commands.output import Teller, emit_json, emit_words
from wizard.commands.reach import connecting


@click.command(
    short_help="Show one VM: state, history, CONTEXT, what it published.", epilog=example("flowerneb-wizard vm 1")
)
@click.argument("number", type=click.IntRange(min=0), metavar="ID")
@json_option
@connection_options
@click.pass_context
def vm(context: click.Context, number: int, *, as_json: bool) -> None:
    """Show the VM with that ID: its state and runs, its CONTEXT, what its guest published, and how to reach it."""
    from wizard.core.views.vm_details import action_name, complaints, details, history
    from wizard.operations.machine import local_time

    with connecting(Reach.of(context), Teller(as_json)) as connector:
        found = connector.connect().vms.get(number)
    if as_json:
        data: dict[str, Any] = {"id": found.id, "name": found.name, "state": found.state_name, "ready": found.ready}
        data |= {"ips": list(found.ips), "host": found.host, "created": found.stime, "ended": found.etime or None}
        data["runs"] = [
            {
                "record": run.seq,
                "host": run.host,
                "running_since": run.since or None,
                "until": run.until or None,
                "ended_by": action_name(run.ended_by) or None,
            }
            for run in found.runs
        ]
        emit_json(data | {"published": details(found.user_template), "context": details(found.context)})
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
    emit_words("\n".join(lines) + "\n")
