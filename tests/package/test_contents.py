"""Nothing that belongs to the program is missing in the wheel, and nothing of the repository in the sdist."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.package.conftest import ROOT, Built
from wizard import __version__

SHARED = {
    "share/man/man1/flowerneb-wizard.1",
    "share/bash-completion/completions/flowerneb-wizard",
    "share/zsh/site-functions/_flowerneb-wizard",
    "share/fish/vendor_completions.d/flowerneb-wizard.fish",
}


def below(folder: str) -> Iterator[str]:
    """The files of a folder of the repository, without what Python leaves there."""
    for path in (ROOT / folder).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(ROOT).as_posix()


def test_the_wheel_holds_the_program_and_what_it_reads(built: Built) -> None:
    data, info = (f"flowerneb_wizard-{__version__}.{kind}/" for kind in ("data", "dist-info"))
    names = set(ZipFile(built.wheel).namelist())
    shipped = {f"wizard/{name}" for folder in ("presets", "themes") for name in below(folder)}
    assert "wizard/presets/preset.schema.json" in shipped
    assert {name for name in names if name.startswith("wizard/")} == set(below("wizard")) | shipped
    assert {name.removeprefix(f"{data}data/") for name in names if name.startswith(data)} == SHARED
    assert {name.split("/")[0] + "/" for name in names} == {"wizard/", data, info}
    assert f"{info}licenses/LICENSE" in names


def test_the_sdist_holds_the_repository(built: Built) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    with tarfile.open(built.sdist) as archive:
        names = {_without_its_top(member.name) for member in archive.getmembers() if member.isfile()}
    assert tracked - names == set()
    assert names - tracked - _untracked() == {"PKG-INFO"}


def _without_its_top(name: str) -> str:
    return name.split("/", 1)[1]


def _untracked() -> set[str]:
    """Files that are new and not ignored: somebody is at work."""
    command = ["git", "ls-files", "--others", "--exclude-standard"]
    listed: Iterable[str] = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    return set(listed)


def test_the_sdist_builds_the_same_wheel(built: Built) -> None:
    assert built.wheel_of_sdist.name == built.wheel.name
    assert contents(built.wheel_of_sdist) == contents(built.wheel)


def contents(wheel: Path) -> dict[str, bytes]:
    """What each file of a wheel holds."""
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
