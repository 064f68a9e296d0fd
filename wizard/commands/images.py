"""Making the image of a version of Flower, with a bar on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wizard.commands.output import Teller, is_terminal
from wizard.commands.trouble import FAILED, CommandFailed

if TYPE_CHECKING:
    from wizard.operations.flower_environments import Told

_PIECES = {(1, 31): 27, (1, 40): 33}
"""About how many packages a version below this one brings; for the bar alone."""
_MOST = 53


def prepare_image(version: str, teller: Teller) -> None:
    """Make the image unless it is there, and tell how far it is. Raises CommandFailed where it can't be made."""
    from wizard.operations.flower_environments import ImageError, prepare

    try:
        if is_terminal(sys.stderr) and not teller.as_json:
            _with_bar(version)
        else:
            prepare(version, _Lines(teller).tell)
    except ImageError as error:
        raise CommandFailed(FAILED, error.title, f"Flower {version}", error.detail, error.hint) from None
    teller.say(f"the image of Flower {version} is ready")


class _Lines:
    """A line for each step, none for each package."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._collecting = False

    def tell(self, step: str) -> None:
        """Tell a step once."""
        if step.startswith("collecting "):
            if not self._collecting:
                self._teller.say("collecting Flower and what it needs")
            self._collecting = True
        else:
            self._teller.say(step)


def _with_bar(version: str) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from wizard.operations.flower_environments import prepare

    number = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    pieces = next((count for below, count in _PIECES.items() if number < below), _MOST)
    columns = (TextColumn(f"Flower {version}"), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=2 * pieces)

        def tell(step: str) -> None:
            # Collecting is about half of the time, putting it on the disk the other.
            done = pieces if step.startswith("installing") else None
            bar.update(task, description=step, completed=done, advance=None if done else 1)

        told: Told = tell
        prepare(version, told)
        bar.update(task, completed=2 * pieces, description="done")
