"""Imports point one way: the table in ARCHITECTURE.md, held against what every module really imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "wizard"
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
LONG = 400

# tomli is what became tomllib, for Python 3.10.
STANDARD = sys.stdlib_module_names | {"tomli", "tomllib"}
PURE = {"pydantic", "pydantic_core"}
# urllib3 is what requests is made of: its errors tell what broke.
HTTP = {"httpx", "pyone", "requests", "urllib3", "lxml", "pydantic"}
SCREEN = {"textual", "rich", "pydantic"}

ROOMS: dict[str, tuple[set[str], set[str]]] = {
    # room: (our own modules that it may import besides itself, third-party packages)
    "wizard.core": (set(), PURE),
    "wizard.cloud": ({"wizard.core"}, HTTP),
    "wizard.storage.files": ({"wizard.core"}, {"platformdirs"}),
    "wizard.storage.process_files": (set(), set()),
    "wizard.storage.drafts": (
        {"wizard.core", "wizard.storage.files", "wizard.storage.process_files"},
        {"platformdirs"},
    ),
    "wizard.storage.resume_records": ({"wizard.storage.files", "wizard.storage.process_files"}, {"platformdirs"}),
    "wizard.operations.prepare": ({"wizard.core", "wizard.cloud"}, set()),
    "wizard.operations.deploy": ({"wizard.core", "wizard.cloud", "wizard.operations.prepare"}, set()),
    "wizard.operations": ({"wizard.core", "wizard.cloud", "wizard.storage.resume_records"}, set()),
    "wizard.storage.journal": ({"wizard.core", "wizard.storage.files"}, {"platformdirs"}),
    "wizard.operations.push": (set(), set()),
    "wizard.operations.superlink": ({"wizard.core", "wizard.operations.flower_environments"}, set()),
    "wizard.operations.flower_environments": ({"wizard.core", "wizard.storage.files"}, {"platformdirs"}),
    # Runs with an image's Python, beside Flower, and knows nothing of ours.
    "wizard.flower_scripts": (set(), {"flwr", "grpc"}),
    "wizard.core.cluster.events": ({"wizard.core"}, set()),
    "wizard.operations.watch": ({"wizard.core", "wizard.cloud", "wizard.storage.journal"}, set()),
    "wizard.cli.report": ({"wizard.core", "wizard.cloud.errors"}, {"rich"}),
    "wizard.storage.resume_records": ({"wizard.storage.files"}, {"platformdirs"}),
    "wizard.operations.machine": (set(), set()),
    "wizard.operations.machine": (set(), set()),
    "wizard.storage.preferences": (set(), set()),
    "wizard.storage.preferences": ({"wizard.storage.files"}, {"platformdirs"}),
    "wizard.sandbox": (set(), set()),
    "wizard.rehearsal": (
        {
            "wizard.core",
            "wizard.storage.files",
            "wizard.storage.process_files",
            "wizard.operations.flower_environments",
            "wizard.sandbox",
        },
        {"platformdirs"},
    ),
    # Runs with an image's Python, beside Flower, and knows nothing of ours.
    "wizard.rehearsal.inside": (set(), {"flwr", "numpy", "cryptography"}),
    "wizard.rehearsal.warden": (set(), set()),
    "wizard.tui": (
        {
            "wizard.core",
            "wizard.cloud.cloud",
            "wizard.cloud.errors",
            "wizard.cloud.answers",
            "wizard.operations.deploy",
            "wizard.storage.resume_records",
            "wizard.operations.prepare",
            "wizard.operations",
            "wizard.operations.watch",
            "wizard.storage.files",
            "wizard.storage.drafts",
            "wizard.storage.journal",
            "wizard.core.cluster.events",
            "wizard.operations.push",
            "wizard.operations.superlink",
            "wizard.operations.machine",
            "wizard.storage.preferences",
        },
        SCREEN,
    ),
    "wizard.cli": ({"wizard"}, {"click", "rich", "pydantic", "platformdirs", "textual"}),
    "wizard.cli.program": ({"wizard"}, {"click"}),
    "wizard.__main__": ({"wizard"}, set()),
    "wizard": (set(), set()),
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """The dotted name of a module's file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def inside(module: str, room: str) -> bool:
    """Whether a module is a room or stands in it."""
    return module == room or module.startswith(f"{room}.")


def room_of(module: str) -> str:
    """The innermost room of a module."""
    return max((room for room in ROOMS if inside(module, room)), key=len)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every import of a file, wherever it stands in it, as line and dotted module; relative ones made absolute."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides what is imported"
            module = node.module or ""
            for alias in node.names:
                # `from wizard.cloud import wire` imports the module wizard.cloud.wire.
                inner = ROOT.joinpath(*module.split("."), alias.name)
                is_module = inner.with_suffix(".py").is_file() or (inner / "__init__.py").is_file()
                yield node.lineno, f"{module}.{alias.name}" if is_module else module


def test_the_reader_of_imports_sees_late_ones_and_submodules(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text("from wizard.cloud import wire\ndef late():\n    import httpx, lxml.etree\n")
    assert sorted(imports(file)) == [(1, "wizard.cloud.http_errors"), (3, "httpx"), (3, "lxml.etree")]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    room = room_of(name_of(path))
    ours, theirs = ROOMS[room]
    for line, module in imports(path):
        top = module.partition(".")[0]
        if top in STANDARD or top in theirs or inside(module, room):
            continue
        assert any(inside(module, allowed) for allowed in ours), f"{path}:{line}: {room} may not import {module}"


def test_production_does_not_import_rehearsal() -> None:
    """Only `rehearse` does, and what opens a sandbox whose guests are real Flower; the test below says: late."""
    importing = {
        name_of(path)
        for path in MODULES
        for _, module in imports(path)
        if inside(module, "wizard.rehearsal") and not inside(name_of(path), "wizard.rehearsal")
    }
    assert importing == {"wizard.cli.rehearse", "wizard.cli.connection"}


def test_the_rooms_are_those_of_the_architecture() -> None:
    table = ARCHITECTURE.split("## The rooms")[1].split("\n\n")[1]
    told = {path.removesuffix(".py").strip("/") for path in re.findall(r"`(wizard/[a-z_/]+(?:\.py)?)`", table)}
    assert told == {room.replace(".", "/") for room in ROOMS} - {"wizard", "wizard/__main__"}


def test_every_folder_of_the_package_is_a_room() -> None:
    rooms = {name_of(path.parent / "__init__.py") for path in MODULES if path.parent.parent == PACKAGE}
    assert rooms <= set(ROOMS)


@pytest.mark.parametrize("path", [*MODULES, *sorted((ROOT / "benchmarks").glob("*.py"))], ids=str)
def test_a_long_file_has_a_reason(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    relative = path.relative_to(ROOT).as_posix()
    reasons = ARCHITECTURE.split("## Files of more than some 400 lines")[1]
    assert lines <= LONG or f"`{relative}`" in reasons, f"{relative} has {lines} lines and no reason in ARCHITECTURE.md"


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("wizard.cli.rehearse", ["wizard.rehearsal"]),
        ("wizard.cli.connection", ["wizard.rehearsal"]),
        ("wizard.cli.program", ["textual", "httpx", "pyone", "requests", "lxml", "pydantic", "rich"]),
        ("wizard.core.plan.plan", ["textual", "httpx", "pyone", "requests", "lxml"]),
        ("wizard.tui.app", ["httpx", "pyone", "requests", "lxml", "pydantic"]),
        ("wizard.cloud.cloud", ["pyone", "requests", "textual"]),
        ("wizard.sandbox.server", ["textual", "httpx", "pyone", "pydantic", "click", "lxml"]),
    ],
)
def test_what_is_slow_to_import_comes_late(module: str, absent: list[str]) -> None:
    script = f"import sys, {module}\nprint(*sorted(sys.modules.keys() & set({absent!r})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
