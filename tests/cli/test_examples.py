"""Every example of every `--help` is run as it stands, up to the first word that is the shell's."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from tests.cli.conftest import Ended
from wizard.cli import program as cli
from wizard.core.plan.plan import Plan, to_json
from wizard.sandbox.server import Sandbox

SHELL = re.compile(r"\s(?:&&|\||>|&|;)(?:\s|$)")
STATUS = {("presets", "diff"): 1, ("recover",): 6}
"""Presets that differ, and a service that is RUNNING, which OneFlow refuses to recover."""
SERVICE = "42"
"""The service of the examples."""
WITH_FLOWER = {("rehearse",), ("superlink",), ("verify",)}
"""Their examples need an image of Flower: `tests/flower` runs what they show."""


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below one, with the words that lead to it."""
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, (*path, name))


COMMANDS = list(commands(cli.wizard))
EXAMPLES = [
    (path, line.strip())
    for path, command in COMMANDS
    for line in (command.epilog or "").replace("\b", "").split("Example:")[-1].splitlines()
    if line.strip()
]


def call_of(example: str) -> list[str]:
    """The words after the program's name."""
    words = re.sub(r'^eval "\$\((.*)\)"$', r"\1", example)
    return shlex.split(SHELL.split(words)[0].split("flowerneb-wizard", 1)[1])


def test_every_command_has_an_example_of_itself() -> None:
    shown = {path for path, line in EXAMPLES if tuple(call_of(line)[: len(path)]) == path}
    assert shown == {path for path, _ in COMMANDS}


@pytest.fixture
def place(call: Callable[..., Ended], cloud: Sandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the examples take for granted: files, a preset of one's own, an editor, a service; its id comes back."""
    Path("my-cluster.toml").write_text("preset = 1\n")
    Path("flower.json").write_text(to_json(Plan().template()))
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "flowerneb-wizard" / "presets"
    folder.mkdir(parents=True)
    (folder / "my-cluster.toml").write_text("preset = 1\n")
    monkeypatch.setenv("EDITOR", "true")
    ended = call("deploy", "default", "--yes", "--json", cloud=cloud)
    return str(ended.data["service"]["id"])


@pytest.mark.parametrize(
    ("path", "example"), [pytest.param(*item, id=item[1]) for item in EXAMPLES if item[0] not in WITH_FLOWER]
)
def test_each_example_works(
    call: Callable[..., Ended],
    place: str,
    monkeypatch: pytest.MonkeyPatch,
    path: tuple[str, ...],
    example: str,
) -> None:
    opened: list[dict[str, object]] = []
    monkeypatch.setattr("wizard.cli.interactive.open_wizard", lambda _, **said: opened.append(said))
    words = [re.sub(rf"\b{SERVICE}\b", place, word) for word in call_of(example)]
    if path in {("presets", "new"), ("presets", "import")}:
        call("presets", "delete", "my-cluster", "--yes")
    if path == ("sandbox",) and "--list-worlds" not in words:
        at_once = SimpleNamespace(get=lambda: 2)
        monkeypatch.setattr("wizard.cli.sandbox.queue", SimpleNamespace(SimpleQueue=lambda: at_once))
        monkeypatch.setattr("wizard.cli.sandbox.signal.signal", lambda *_: None)
    ended = call(*words)
    assert ended.status == STATUS.get(path, 0), ended.err
    assert bool(opened) is (path in {(), ("attach",)})
    if opened:
        assert opened[0].get("attach", place) == place
