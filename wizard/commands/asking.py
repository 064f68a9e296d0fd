"""Questions that a command asks: only where somebody is there to answer."""

from __future__ import annotations

import sys

import click

from wizard.commands.output import is_terminal


def somebody_is_there() -> bool:
    """Whether a question would be seen and could be answered."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def agreed(question: str, *, unless_said: bool) -> bool:
    """Ask on stderr for yes or no; an empty line is `unless_said`, the end of the input is no."""
    from wizard.core.text import harmless

    choice = "[Y/n]" if unless_said else "[y/N]"
    click.echo(f"{harmless(question)} {choice} ", err=True, nl=False)
    answer = sys.stdin.readline()
    if answer.strip() == "":
        return unless_said and answer != ""
    return answer.strip().lower() in ("y", "yes")
