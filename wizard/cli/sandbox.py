"""`sandbox`: the OpenNebula look-alike by itself, for this program and for any other client."""

from __future__ import annotations

import contextlib
import queue
import shlex
import signal

import click

from wizard.cli.completing import world_names
from wizard.cli.connection import FLOWER, ConnectionOptions, refuse_hurry
from wizard.cli.options import GUESTS, GUESTS_HELP, OPENNEBULAS, OPENNEBULAS_HELP, example
from wizard.cli.output import Teller, emit, emit_words


@click.command(epilog=example("flowerneb-wizard sandbox > exports.sh &  sleep 1;  . ./exports.sh"))
@click.option("--world", metavar="NAME", shell_complete=world_names, help="Which world; default unless said.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    metavar="X",
    help="Sandbox seconds per second.",
)
@click.option(
    "--latency",
    type=click.FloatRange(min=0),
    default=0.3,
    show_default=True,
    metavar="SECONDS",
    help="How long OneFlow takes to answer.",
)
@click.option("--guests", type=click.Choice(GUESTS), default=GUESTS[0], show_default=True, help=GUESTS_HELP)
@click.option("--opennebula", type=click.Choice(OPENNEBULAS), help=OPENNEBULAS_HELP)
@click.option("--list-worlds", is_flag=True, help="List the worlds and end.")
@click.pass_context
def sandbox(
    context: click.Context,
    world: str | None,
    speed: float,
    latency: float,
    guests: str,
    opennebula: str | None,
    list_worlds: bool,
) -> None:
    """Run an OpenNebula look-alike on loopback until it is interrupted.

    The lines on stdout, read by a shell, point OpenNebula's tools and this program at it.
    """
    from wizard.cli.connection import sandbox_of, sandbox_with_flower

    ConnectionOptions.of(context)
    refuse_hurry(guests, speed)
    if list_worlds:
        _list_worlds()
        return
    # Not an event: a signal may come while its lock is held, by another signal or by the wait itself.
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _frame: ended.put(number))
    with contextlib.ExitStack() as stack:
        if guests == FLOWER:
            running, _ = stack.enter_context(sandbox_with_flower(world, opennebula, latency=latency))
        else:
            running = stack.enter_context(sandbox_of(world, opennebula, speed=speed, latency=latency, publishes=True))
        emit("".join(f"export {name}={shlex.quote(value)}\n" for name, value in running.environment().items()))
        Teller().say("the sandbox runs; Ctrl-C ends it")
        ended.get()


def _list_worlds() -> None:
    from wizard.sandbox.worlds import WORLDS

    width = max(len(name) for name in WORLDS)
    emit_words("".join(f"{name:<{width}}  {world.summary}\n" for name, world in WORLDS.items()))
