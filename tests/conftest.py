"""What every test has for itself: the folders in which the program keeps its state and its settings."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from tests.sshd import ssh_of, sshd

__all__ = ["ssh_of", "sshd"]

# A screen is made of thousands of objects that live as long as the test: looking for garbage among them at Python's
# own pace is a fifth of the time of the tests that press keys.
gc.set_threshold(100_000, 50, 100)


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of one test, or of the tester, are not found by another."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
