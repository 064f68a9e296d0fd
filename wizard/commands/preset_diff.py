"""`presets diff`: in which settings two presets differ."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wizard.commands.completing import preset_names
from wizard.commands.options import example, json_option
from wizard.commands.output import Teller, emit_drawn, emit_json, is_terminal
from wizard.commands.planning import plan_of

if TYPE_CHECKING:
    from wizard.core.preset_diff import Difference

SAME = 0
DIFFERENT = 1


@click.command(
    short_help="Show in which settings two presets differ.",
    epilog=example("flowerneb-wizard presets diff default image-classification"),
)
@click.argument("left", metavar="A", shell_complete=preset_names)
@click.argument("right", metavar="B", shell_complete=preset_names)
@json_option
def diff(left: str, right: str, as_json: bool) -> int:
    """Show in which settings the presets A and B, names or files, differ, and what the defaults are.

    Titles and comments are not compared. The exit status is that of `diff`: 0 where no setting differs, 1 where one
    does; 2 where a preset can't be read, 4 where there is none.
    """
    from wizard.core.preset_diff import differences

    ours, theirs = plan_of(left, ()), plan_of(right, ())
    found = differences(ours, theirs)
    contracts = (ours.contract.name, theirs.contract.name)
    if as_json:
        emit_json({"left": left, "right": right, "contracts": list(contracts), "differences": _data(found)})
    else:
        if contracts[0] != contracts[1]:
            Teller().say(f"note: their contracts differ: {contracts[0]} and {contracts[1]}")
        if found:
            emit_drawn(_table(found, left, right))
        else:
            Teller().say("no setting differs")
    return DIFFERENT if found or contracts[0] != contracts[1] else SAME


def _data(found: tuple[Difference, ...]) -> list[dict[str, str | None]]:
    return [
        {"setting": item.path, "label": item.label, "left": item.left, "right": item.right, "default": item.default}
        for item in found
    ]


def _table(found: tuple[Difference, ...], left: str, right: str) -> str:
    from wizard.core.preset_diff import in_words
    from wizard.report import console_of, table_text

    rows = [(item.path, in_words(item.left), in_words(item.right), in_words(item.default)) for item in found]
    return table_text(("SETTING", left, right, "DEFAULT"), rows, console_of(is_terminal(sys.stdout)))
