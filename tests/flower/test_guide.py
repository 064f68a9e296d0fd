"""The rehearsal chapter of the guide, run word for word."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.cli.test_written import REHEARSAL, told
from tests.flower.test_rehearsals import PATIENCE, PROGRAM


@pytest.mark.parametrize(("arguments", "lines"), told(REHEARSAL), ids=lambda part: " ".join(part)[:60])
def test_every_command_does_what_is_written(arguments: list[str], lines: list[str]) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, env=environment, timeout=PATIENCE, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert [line.rstrip() for line in done.stdout.splitlines()] == lines
