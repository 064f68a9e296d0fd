"""What the README and the reference chapters of the guide say is so."""

from __future__ import annotations

import re
from pathlib import Path

import click
from click.testing import CliRunner

from wizard.cli import output as trouble
from wizard.cli.program import wizard
from wizard.cloud.errors import Unreachable
from wizard.core.plan import preset, rules
from wizard.storage.files import list_presets
from wizard.tui.app import WizardApp

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
BOTH = README + GUIDE


def test_every_command_that_is_named_exists_and_explains_itself() -> None:
    named = set(re.findall(r"^\| `flowerneb-wizard ([a-z-]+)", GUIDE, re.MULTILINE))
    assert named == set(wizard.commands)
    assert set(re.findall(r"(?:`|^    )flowerneb-wizard ([a-z][a-z-]*)", README, re.MULTILINE)) <= named
    for name in named:
        shown = CliRunner().invoke(wizard, [name, "--help"])
        assert shown.exit_code == 0
        assert "Example:" in shown.output


def options_of(command: click.Command) -> set[str]:
    """The options of a command and of all below it."""
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return {word for parameter in command.params for word in (*parameter.opts, *parameter.secondary_opts)}.union(
        *(options_of(inner) for inner in below)
    )


def test_the_options_that_are_named_exist() -> None:
    assert set(re.findall(r"`(--[a-z-]+)", BOTH)) - {"--help"} - options_of(wizard) == set()


def test_the_preset_that_is_shown_is_one_without_problems() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    shown = preset.loads(text)
    assert shown.plan.text("supernode.cardinality") == "4"
    assert not rules.blocking(rules.check(shown.plan))


def test_the_shipped_presets_are_named() -> None:
    (line,) = re.findall(r"Shipped: (.*?)\.", GUIDE)
    assert set(re.findall(r"`([a-z-]+)`", line)) == {item.name for item in list_presets() if item.shipped}


def test_the_exit_statuses_are_those_of_the_commands() -> None:
    told = dict(
        re.findall(r"(\d+) (credentials refused|no such object|the deployment failed|timed out|interrupted)", GUIDE)
    )
    assert told == {
        str(Unreachable.exit_status): "credentials refused",
        str(trouble.NO_SUCH_OBJECT): "no such object",
        str(trouble.DEPLOYMENT_FAILED): "the deployment failed",
        str(trouble.TIMED_OUT): "timed out",
        str(trouble.INTERRUPTED): "interrupted",
    }


def test_the_keys_that_are_named_are_bound() -> None:
    bound = {binding.key for binding in WizardApp.BINDINGS}  # type: ignore[union-attr]
    assert {"f1", "f2", "f3", "f4", "f5", "f6", "ctrl+s", "ctrl+q"} <= bound


def test_the_make_targets_and_files_that_are_named_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"(?:`|^    )make ([a-z-]+)", BOTH, re.MULTILINE)):
        assert re.search(rf"^(?:[a-z]+ )*{target}(?: [a-z]+)*:", makefile, re.MULTILINE), target
    for place, text in ((ROOT, README), (ROOT / "docs", GUIDE)):
        for link in re.findall(r"\]\(([^):#]+)[^):]*\)", text):
            assert (place / link).exists(), link
