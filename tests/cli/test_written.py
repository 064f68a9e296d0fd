"""What stands in the guide, run word for word."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ended
from wizard.cli.connection import Connector
from wizard.sandbox.server import Sandbox

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
DAY_TWO = GUIDE.split("## Day two")[1].split("\n## ")[0]
REHEARSAL = GUIDE.split("## Rehearsal")[1].split("\n## ")[0]
"""Needs Flower: `tests/flower` runs it."""
FROM_NOTHING = GUIDE.split("## A cloud that has nothing yet")[1].split("\n## ")[0]
THE_REST = GUIDE.replace(REHEARSAL, "").replace(FROM_NOTHING, "").replace(DAY_TWO, "")
SILENT = ("delete", "recover")
"""What says nothing on stdout."""


def standing_still(listed: dict[str, Any]) -> property:
    """A clock of the program that takes no other: 40 s after the one service that `status` lists was made."""
    (service,) = listed["services"]
    return property(lambda _: lambda: service["start_time"] + 40, lambda _, other: None)


def told(text: str) -> list[tuple[list[str], list[str]]]:
    """Each command of a text, with the lines that stand below it."""
    found: list[tuple[list[str], list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((shlex.split(line.removeprefix("$ flowerneb-wizard ")), []))
            else:
                found[-1][1].append(line.rstrip())
    return found


@pytest.mark.parametrize(
    ("text", "count", "before", "world"),
    [
        (DAY_TWO, 10, "deploy default --yes", "default"),
        (FROM_NOTHING, 4, "", "no-appliance"),
        (THE_REST, 9, "", "default"),
    ],
)
def test_every_command_does_what_is_written(
    call: Callable[..., Ended],
    cloud_of: Callable[..., Sandbox],
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    count: int,
    before: str,
    world: str,
) -> None:
    cloud = cloud_of(world, speed=200.0)
    assert call(*(before or "status").split(), cloud=cloud).status == 0
    commands = told(text)
    assert len(commands) == count
    for arguments, lines in commands:
        with monkeypatch.context() as patched:
            if arguments == ["status"]:
                # This cloud hurries; on one that does not, the service was made less than a minute ago.
                patched.setattr(Connector, "clock", standing_still(json.loads(call("status", "--json").out)))
            ended = call(*arguments)
        assert ended.status == 0, (arguments, ended.err)
        if lines:
            assert [line.rstrip() for line in ended.out.splitlines()] == lines, arguments
        else:
            assert ended.out or arguments[0] in SILENT, arguments


def test_the_pictures_of_the_guide_exist() -> None:
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", GUIDE):
        assert (ROOT / "docs" / name).exists(), name
