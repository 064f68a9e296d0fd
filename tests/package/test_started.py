"""The wheel installed in each way that the README names, and the single file: started where nothing else is."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.package.conftest import PYTHONS, ROOT, Built

INSIDE = (
    "appliance/guest.py",
    "operations/flower_scripts/app/pyproject.toml",
    "operations/flower_scripts/control.py",
)
Install = Callable[[str, Path, Path], Path]


def with_venv(python: str, wheel: Path, place: Path) -> Path:
    """As `python -m venv` and pip do it; the program that results."""
    _done(python, "-m", "venv", str(place / "venv"))
    _done(str(place / "venv" / "bin" / "pip"), "install", "--quiet", str(wheel))
    return place / "venv" / "bin" / "flowerneb-wizard"


def with_pipx(python: str, wheel: Path, place: Path) -> Path:
    """As pipx does it, in folders of the test's own."""
    folders = {"PIPX_HOME": place / "home", "PIPX_BIN_DIR": place / "bin", "PIPX_MAN_DIR": place / "man"}
    _done(_tool("pipx"), "install", "--python", python, str(wheel), HOME=place, **folders)
    return place / "bin" / "flowerneb-wizard"


def with_uv(python: str, wheel: Path, place: Path) -> Path:
    """As `uv tool install` does it, in folders of the test's own."""
    folders = {"UV_TOOL_DIR": place / "tools", "UV_TOOL_BIN_DIR": place / "bin"}
    _done(_tool("uv"), "tool", "install", "--python", python, str(wheel), HOME=place, **folders)
    return place / "bin" / "flowerneb-wizard"


def as_one_file(python: str, wheel: Path, place: Path) -> Path:
    """As `make pyz` makes it, away from the repository."""
    _done("make", "-C", str(ROOT), "pyz", f"PYTHON={python}")
    version = _done(python, "-c", "import sys; print('%d%d' % sys.version_info[:2])").strip()
    return Path(shutil.copy(ROOT / "dist" / f"flowerneb-wizard-py{version}.pyz", place / "flowerneb-wizard"))


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


def _done(*command: str, **environment: Path) -> str:
    variables = {**os.environ, **{name: str(path) for name, path in environment.items()}}
    done = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@dataclass(frozen=True)
class Installed:
    """The program, and an environment with an empty home and hardly anything to be found on the path."""

    program: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str) -> str:
        """What it says on stdout, started outside the checkout. Fails where it does."""
        done = subprocess.run(
            [str(self.program), *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=self.environment,
            cwd=self.environment["HOME"],
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout


@pytest.fixture(scope="module", params=PYTHONS)
def python(request: pytest.FixtureRequest) -> str:
    """The path of a Python."""
    asked: str = request.param
    return _done(asked, "-c", "import sys; print(sys.executable)").strip()


@pytest.fixture(scope="module", params=[with_venv, with_pipx, with_uv, as_one_file])
def installed(
    python: str, request: pytest.FixtureRequest, built: Built, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    """The program, installed in one of the ways for one of the Pythons."""
    install: Install = request.param
    place = tmp_path_factory.mktemp("installed")
    home = place / "nobody"
    home.mkdir()
    program = install(python, built.wheel_of_sdist, place)
    yield Installed(program, {"HOME": str(home), "PATH": f"{Path(python).parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    # Hundreds of files each.
    shutil.rmtree(place, ignore_errors=True)


def test_the_commands_find_what_they_need(installed: Installed) -> None:
    assert installed("--version").startswith("flowerneb-wizard, version ")
    assert "image-classification" in installed("presets", "list")
    assert '"ready_status_gate"' in installed("render", "default")
    installed("check", "default")
    installed("status", "--sandbox")
    for shell in ("bash", "zsh", "fish"):
        assert f"_FLOWERNEB_WIZARD_COMPLETE={shell}_complete" in installed("completion", shell)


def test_what_other_programs_read_lies_in_files(installed: Installed) -> None:
    installed("render", "default")
    # The single file unpacks itself into the home; the rest lies where the program does.
    folders = [Path(installed.environment["HOME"]) / ".shiv", installed.program.resolve().parents[1]]
    package = next(path for folder in folders for path in folder.rglob("wizard/operations/flower_scripts")).parents[1]
    assert [name for name in INSIDE if not (package / name).is_file()] == []


def test_the_wizard_opens_in_a_terminal(installed: Installed) -> None:
    environment = {**installed.environment, "XDG_STATE_HOME": "", "XDG_CONFIG_HOME": ""}
    terminal = Terminal("--sandbox", environment=environment, program=str(installed.program))
    try:
        terminal.wait_for("1 of 4")
        terminal.press("escape")
        terminal.wait_for("oned ● 7")
        terminal.press("ctrl+q")
        assert terminal.ended() == 0
    finally:
        terminal.close()


def test_the_single_file_says_where_it_can_not_unpack(python: str, tmp_path: Path) -> None:
    program = as_one_file(python, Path(), tmp_path)
    (tmp_path / "a-file").touch()
    variables = {"HOME": str(tmp_path), "SHIV_ROOT": str(tmp_path / "a-file" / "below")}
    done = subprocess.run([python, str(program), "--version"], capture_output=True, text=True, env=variables)
    assert done.returncode == 1
    assert "Set SHIV_ROOT to a folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_single_file_says_for_which_python_it_is(
    python: str, built: Built, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = shutil.which("python3", path="/usr/bin:/bin")
    version = ["-c", "import sys; print(sys.version_info[:2])"]
    if other is None or _done(other, *version) == _done(python, *version):
        pytest.skip("there is no other Python here")
    place = tmp_path_factory.mktemp("other")
    program = as_one_file(python, built.wheel, place)
    done = subprocess.run([other, str(program), "--version"], capture_output=True, text=True, env={"HOME": str(place)})
    assert done.returncode == 1
    assert "flowerneb-wizard: this file is for Python 3." in done.stderr
