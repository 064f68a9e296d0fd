"""The day-two chapter of the README, word for word."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from wizard.sandbox.server import Sandbox

from .conftest import Ended

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def told() -> list[tuple[list[str], list[str]]]:
    """Each command of the chapter, with the lines that stand below it."""
    chapter = README.split("## Day two")[1].split("\n## ")[0]
    found: list[tuple[list[str], list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", chapter, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ flowerneb-wizard ").split(), []))
            else:
                found[-1][1].append(line)
    return found


def test_every_command_does_what_the_readme_says(call: Callable[..., Ended], cloud_of: Callable[..., Sandbox]) -> None:
    cloud = cloud_of(speed=200.0)
    assert call("deploy", "default", "--yes", cloud=cloud).status == 0
    commands = told()
    assert len(commands) == 10
    for arguments, lines in commands:
        ended = call(*arguments)
        assert ended.status == 0, (arguments, ended.err)
        if lines:
            assert ended.out.splitlines() == lines, arguments
        else:
            assert ended.out or "delete" in arguments, arguments
