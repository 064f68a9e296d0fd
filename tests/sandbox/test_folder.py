"""The folder with credentials goes with its sandbox; that of one that was killed goes with the next."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from wizard.sandbox.folder import PrivateFolder


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left_by_a_kill(place: Path, name: str = "flowerneb-sandbox-dead") -> Path:
    folder = place / name
    folder.mkdir()
    (folder / "running").touch()
    (folder / "one_auth").write_text("oneadmin:password\n")
    os.utime(folder, (1, 1))
    return folder


def test_it_is_its_owners_alone_and_goes_with_its_sandbox() -> None:
    folder = PrivateFolder()
    folder.write("one_auth", "oneadmin:password\n")
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert (folder.path / "one_auth").stat().st_mode & 0o777 == 0o600
    folder.remove()
    assert not folder.path.exists()


def test_the_next_one_removes_what_a_kill_left_and_nothing_else(place: Path) -> None:
    living = PrivateFolder()
    os.utime(living.path, (1, 1))
    dead = left_by_a_kill(place)
    other = left_by_a_kill(place, "somebody-elses")
    target = left_by_a_kill(place, "target")
    (place / "flowerneb-sandbox-link").symlink_to(target)
    new = place / "flowerneb-sandbox-new"
    new.mkdir()
    PrivateFolder().remove()
    assert not dead.exists()
    assert all(path.exists() for path in (living.path, other, target, new))
    living.remove()
