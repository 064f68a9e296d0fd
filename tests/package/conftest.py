"""What is built of the repository: once for all tests.

Installing it needs the internet and minutes: collected where `make test-package` names the Pythons.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHONS = os.environ.get("PACKAGE_PYTHONS", "").split()
collect_ignore = [] if PYTHONS else ["test_started.py", "test_distribution.py"]


@dataclass(frozen=True)
class Built:
    """A source distribution, the wheel that the repository gives, and the one that the source distribution gives."""

    sdist: Path
    wheel: Path
    wheel_of_sdist: Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Everything that can be built without the internet."""
    place = tmp_path_factory.mktemp("built")
    _build(ROOT, place, "sdist", "wheel")
    (sdist,), (wheel,) = place.glob("*.tar.gz"), place.glob("*.whl")
    with tarfile.open(sdist) as archive:
        archive.extractall(place, filter="data")
    _build(place / sdist.name.removesuffix(".tar.gz"), place / "again", "wheel")
    return Built(sdist, wheel, next((place / "again").glob("*.whl")))


def _build(source: Path, target: Path, *kinds: str) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(target)]
    for kind in kinds:
        command += ["-t", kind]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
