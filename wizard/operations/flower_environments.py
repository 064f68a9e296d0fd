"""Flower environments: one virtual environment per version of Flower, in the user's cache.

Flower pins other versions of what this program is made of, so it never shares our environment. An environment is
complete when its stamp, written last, names the version that was asked for; anything else is made again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs

from wizard.core.errors import WizardError
from wizard.core.flower.versions import FlowerVersion
from wizard.storage.files import APPLICATION

_STAMP = "image-complete"
_TOLD = 12
"""So many of pip's last lines are shown where it failed."""

Told = Callable[[str], None]
"""Takes a line about what is done now."""


class NoFlowerEnvironment(WizardError):
    """There is no such environment, or none could be made: what happened, and what to do."""

    def __init__(self, title: str, detail: str = "", hint: str = "") -> None:
        super().__init__(title, detail=detail, hint=hint)


def folder() -> Path:
    """Folder of the environments; it need not exist."""
    return platformdirs.user_cache_path(APPLICATION) / "flower"


def python_of(version: str) -> Path:
    """The Python inside the environment of a version such as `1.25.0`.

    Raises NoFlowerEnvironment where there is no complete one, and for a text that is no version: a path must not become
    one.
    """
    version = _checked(version)
    place = folder() / version
    if not _complete(place, version):
        hint = f"flowerneb-wizard rehearse --prepare {version}"
        raise NoFlowerEnvironment(
            f"there is no environment with Flower {version} on this machine", hint=f"Make it once: {hint}"
        )
    return place / "bin" / "python"


def process_environment(python: Path, home: Path) -> dict[str, str]:
    """Environment of a process of Flower: nothing of ours but where programs are, and a home of its own."""
    # The guest is imported with the first process: it brings along what a VM needs, and dashboards import this module.
    from wizard.appliance.guest import FLOWER_ENVIRONMENT

    passed = {key: value for key, value in os.environ.items() if key in ("LANG", "LC_ALL", "TZ", "TMPDIR")}
    path = os.pathsep.join((str(python.parent), os.environ.get("PATH", os.defpath)))
    return {**passed, **FLOWER_ENVIRONMENT, "PATH": path, "HOME": str(home), "FLWR_HOME": str(home / ".flwr")}


def prepared() -> list[str]:
    """The versions of all complete environments, oldest first."""
    try:
        names = [place.name for place in folder().iterdir()]
    except OSError:
        return []
    found = [version for name in names if (version := FlowerVersion.parse(name)) and str(version) == name]
    return [str(version) for version in sorted(found) if _complete(folder() / str(version), str(version))]


def prepare(version: str, tell: Told, python: str = sys.executable) -> Path:
    """Make the environment of a version with `python`, unless it is there; gives its folder.

    `tell` hears each step. Raises NoFlowerEnvironment where it can't be made; nothing half-made is left then, nor after
    an interruption. Another process that makes the same environment is waited for.
    """
    version = _checked(version)
    _refuse_old_python(version)
    place = folder() / version
    with _alone(version, tell):
        if _complete(place, version):
            tell(f"the environment of Flower {version} is there")
            return place
        shutil.rmtree(place, ignore_errors=True)
        try:
            _make(place, version, python, tell)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
    return place


def _checked(text: str) -> str:
    version = FlowerVersion.parse(text)
    if version is None:
        raise NoFlowerEnvironment(f"{text!r} is no version of Flower", hint="Write it as X.Y.Z, such as 1.25.0.")
    return str(version)


def _complete(place: Path, version: str) -> bool:
    try:
        stamped = (place / _STAMP).read_text(encoding="utf-8").strip() == version
    except OSError:
        return False
    # The Python that it was made with may have been removed or replaced since.
    return stamped and os.access(place / "bin" / "python", os.X_OK)


def _make(place: Path, version: str, python: str, tell: Told) -> None:
    tell("making a virtual environment")
    _run([python, "-m", "venv", str(place)], lambda _: None, "no virtual environment could be made")
    own = str(place / "bin" / "python")
    wanted = [f"flwr=={version}", "numpy"]
    quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    _run([own, "-m", "pip", "install", *quiet, *wanted], lambda line: _told(line, tell), f"pip could not get {wanted}")
    ask = "import importlib.metadata as m; print(m.version('flwr'))"
    found = _run([own, "-c", ask], lambda _: None, "the environment can't tell what is in it")[-1]
    if found != version:
        raise NoFlowerEnvironment(f"pip installed Flower {found} instead of {version}")
    (place / _STAMP).write_text(f"{version}\n", encoding="utf-8")


def _told(line: str, tell: Told) -> None:
    word, _, rest = line.partition(" ")
    if word in ("Collecting", "Installing", "Building"):
        name = re.split(r"[<>=!~;(\[ ]", rest, maxsplit=1)[0]
        tell(f"{word.lower()} {name}" if word == "Collecting" else f"{word.lower()} what was collected")


def _run(command: list[str], hear: Told, failed: str) -> list[str]:
    """Run a step of the making and give its lines. Raises NoFlowerEnvironment with its last words."""
    lines: list[str] = []
    try:
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError as error:
        raise NoFlowerEnvironment(failed, str(error)) from error
    with process:
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                hear(line.strip())
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        hint = "On Debian and Ubuntu `venv` is a package of its own: python3-venv." if "ensurepip" in str(lines) else ""
        raise NoFlowerEnvironment(failed, "\n".join(lines[-_TOLD:]), hint)
    return lines


def _refuse_old_python(version: str) -> None:
    # flwr wants Python 3.11 from 1.31 on; pip would only say that no such version exists.
    number = tuple(int(part) for part in version.split(".")[:2])
    if number >= (1, 31) and sys.version_info < (3, 11):
        have = ".".join(map(str, sys.version_info[:2]))
        raise NoFlowerEnvironment(
            f"Flower {version} needs Python 3.11 or newer, and this is {have}",
            hint="Install flowerneb-wizard with a newer Python, or rehearse with Flower 1.30 or older.",
        )


@contextlib.contextmanager
def _alone(version: str, tell: Told) -> Iterator[None]:
    try:
        folder().mkdir(parents=True, exist_ok=True)
        lock = (folder() / f".{version}.lock").open("w")
    except OSError as error:
        raise NoFlowerEnvironment(f"{folder()} can't be written", str(error)) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            tell("waiting for another process that makes this environment")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
