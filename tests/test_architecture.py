"""ARCHITECTURE.md held against the code: its rooms, what each may import, no circle, and files of one subject."""

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
LOOSE = {"wizard", "wizard.__main__"}

# tomli is what became tomllib, for Python 3.10.
STANDARD = sys.stdlib_module_names | {"tomli", "tomllib"}


def name_of(path: Path) -> str:
    """The dotted name of a module's file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def table() -> dict[str, tuple[list[str], set[str]]]:
    """The rooms of ARCHITECTURE.md: for each, the modules of ours that it may import, and the packages of others."""
    rows = re.findall(r"^\| `(wizard/[a-z_/]+)/?` \|.*\| (.*?) \| (.*?) \|$", ARCHITECTURE, re.MULTILINE)
    rooms = {}
    for room, ours, theirs in rows:
        names = [f"wizard.{path.strip('/').replace('/', '.')}" for path in re.findall(r"`([a-z_/]+)`", ours)]
        rooms[room.strip("/").replace("/", ".")] = (names, set(re.findall(r"`([a-z_0-9]+)`", theirs)))
    return rooms


ROOMS = table()
MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def inside(module: str, room: str) -> bool:
    """Whether a module is a room or stands in it."""
    return module == room or module.startswith(f"{room}.")


def room_of(module: str) -> str:
    """The innermost room of a module."""
    return max((room for room in ROOMS if inside(module, room)), key=len)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every import of a file, wherever it stands in it, as line and dotted module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides what is imported"
            module = node.module or ""
            for alias in node.names:
                # `from wizard.cloud import lookup` imports the module wizard.cloud.lookup.
                inner = ROOT.joinpath(*module.split("."), alias.name)
                is_module = inner.with_suffix(".py").is_file() or (inner / "__init__.py").is_file()
                yield node.lineno, f"{module}.{alias.name}" if is_module else module


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """The sets of modules that import each other, directly or through others."""
    reached: dict[str, set[str]] = {}
    for start in graph:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for other in graph.get(waiting.pop(), set()) - seen:
                seen.add(other)
                waiting.append(other)
        reached[start] = seen
    found = {frozenset({other for other in graph if other in reached[one] and one in reached[other]}) for one in graph}
    return [set(circle) for circle in found if len(circle) > 1]


def test_the_reader_of_imports_sees_late_ones_and_submodules(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text("from wizard.cloud import lookup\ndef late():\n    import requests, lxml.etree\n")
    assert sorted(imports(file)) == [(1, "wizard.cloud.lookup"), (3, "lxml.etree"), (3, "requests")]


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]


@pytest.mark.parametrize("name", sorted(set(MODULES) - LOOSE))
def test_a_module_imports_only_what_its_room_may(name: str) -> None:
    room = room_of(name)
    ours, theirs = ROOMS[room]
    for line, module in imports(MODULES[name]):
        if module.partition(".")[0] in STANDARD | theirs or inside(module, room) or module == "wizard":
            continue
        assert any(inside(module, allowed) for allowed in ours), f"{name}:{line}: {room} may not import {module}"


def test_what_a_room_may_import_is_imported_somewhere_in_it() -> None:
    for room, (ours, theirs) in ROOMS.items():
        used = {
            module
            for name, path in MODULES.items()
            if name not in LOOSE and room_of(name) == room
            for _, module in imports(path)
        }
        unused = [allowed for allowed in ours if not any(inside(module, allowed) for module in used)]
        unused += sorted(theirs - {module.partition(".")[0] for module in used})
        assert unused == [], f"{room} does not import them"


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        name: {module for _, module in imports(path) if module in MODULES and module != name}
        for name, path in MODULES.items()
    }
    assert circles(graph) == []


def test_no_module_lies_loose_at_the_root() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == {"__init__", "__main__"}


def test_every_folder_of_the_package_is_a_room() -> None:
    folders = {name_of(path / "__init__.py") for path in PACKAGE.iterdir() if list(path.glob("*.py"))}
    assert folders <= set(ROOMS)


def test_production_does_not_import_rehearsal() -> None:
    """Only `rehearse` does, and what opens a sandbox whose guests are real Flower; the test below says: late."""
    importing = {
        name
        for name, path in MODULES.items()
        for _, module in imports(path)
        if inside(module, "wizard.rehearsal") and not inside(name, "wizard.rehearsal")
    }
    assert importing == {"wizard.cli.rehearse", "wizard.cli.connection"}


@pytest.mark.parametrize("path", [*MODULES.values(), *sorted((ROOT / "benchmarks").glob("*.py"))], ids=str)
def test_a_long_file_has_a_reason(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    relative = path.relative_to(ROOT).as_posix()
    reasons = ARCHITECTURE.split("## Files of more than 400 lines")[1]
    assert lines <= LONG or f"`{relative}`" in reasons, f"{relative} has {lines} lines and no reason in ARCHITECTURE.md"


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("wizard.cli.rehearse", ["wizard.rehearsal"]),
        ("wizard.cli.connection", ["wizard.rehearsal"]),
        ("wizard.cli.program", ["textual", "pyone", "requests", "lxml", "pydantic", "rich"]),
        ("wizard.core.plan.plan", ["textual", "pyone", "requests", "lxml", "pydantic"]),
        ("wizard.tui.app", ["pyone", "requests", "lxml", "pydantic"]),
        ("wizard.cloud.cloud", ["pyone", "requests", "textual"]),
        ("wizard.sandbox.server", ["textual", "pyone", "pydantic", "click", "lxml"]),
    ],
)
def test_what_is_slow_to_import_comes_late(module: str, absent: list[str]) -> None:
    script = f"import sys, {module}\nprint(*sorted(sys.modules.keys() & set({absent!r})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
