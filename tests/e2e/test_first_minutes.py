"""What somebody does in the first minutes, with few keys and on a slow line."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.terminal import Terminal

OpenTerminal = Callable[..., Terminal]


def test_from_the_first_paint_to_the_deployed_default_in_three_keys(terminal: OpenTerminal) -> None:
    program = terminal("--sandbox", "--speed", "20")
    program.wait_for("OneFlow ●")
    program.press("d")
    program.wait_for("Deploy this service?")
    program.press("enter")
    screen = program.wait_for(lambda text: "● RUNNING" in text.splitlines()[0] and "0 of 2" in text, 60)
    assert "in sync" in screen


def test_keys_that_arrive_together_land_where_they_would_have_gone_slowly(terminal: OpenTerminal) -> None:
    """F3, Tab to Rounds, then the three fields after it, in one write: as a slow line delivers what was typed ahead."""
    program = terminal("--sandbox", "--preset", "default")
    program.wait_for("7.5.80")
    program.child.send("\x1bOR\t7\t\t1\t2\t1")

    def typed(text: str) -> bool:
        values = [line.split()[-2] for line in text.splitlines() if "Clients " in line]
        rounds = next((line for line in text.splitlines() if " Rounds " in line), "")
        return " 7 " in rounds and values == ["1", "2", "1"]

    program.wait_for(typed, 15)
