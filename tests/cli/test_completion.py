"""What a shell completes, asked as the scripts ask, and the scripts themselves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from tests.cli.conftest import ROOT, Ended
from wizard.cli import completing
from wizard.core.opennebula.snapshot import Role, ServiceSnapshot
from wizard.core.plan.contracts import SEED
from wizard.sandbox.server import Sandbox
from wizard.sandbox.worlds import WORLDS

VARIABLE = "_FLOWERNEB_WIZARD_COMPLETE"
Complete = Callable[..., list[str]]


@pytest.fixture
def complete(call: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> Complete:
    """What bash is told for a command line; the last word is the unfinished one."""

    def ask(*words: str, cloud: Sandbox | None = None, shell: str = "bash") -> list[str]:
        line = ["flowerneb-wizard", *words]
        monkeypatch.setenv(VARIABLE, f"{shell}_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(line))
        monkeypatch.setenv("COMP_CWORD", str(len(line) - 1) if shell != "fish" else line[-1])
        ended = call(cloud=cloud)
        assert (ended.status, ended.err) == (0, "")
        return ended.out.splitlines()

    return ask


def plain(*values: str) -> list[str]:
    return [f"plain,{value}" for value in values]


def test_commands(complete: Complete) -> None:
    assert "plain,presets" in complete("")
    assert complete("presets", "re") == plain("rename")


@pytest.mark.parametrize("command", [["render"], ["deploy"], ["check"], ["--preset"], ["presets", "show"]], ids=str)
def test_presets(complete: Complete, command: list[str]) -> None:
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "flowerneb-wizard" / "presets"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "default-mine.toml").write_text("broken")
    (folder / "default $(reboot).toml").write_text("preset = 1\n")
    assert complete(*command, "def") == plain("default", "default-mine")
    assert complete(*command, "./") == ["file,"]
    assert complete(*command, "zzz") == ["file,"]


def test_both_presets_of_a_diff(complete: Complete) -> None:
    assert complete("presets", "diff", "def") == plain("default")
    assert complete("presets", "diff", "default", "llm") == plain("llm-fine-tuning")


@pytest.mark.parametrize("command", ["rename", "delete"])
def test_only_own_ones_are_renamed_and_deleted(complete: Complete, command: str) -> None:
    assert complete("presets", command, "") == [""]
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "flowerneb-wizard" / "presets"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text("preset = 1\n")
    assert complete("presets", command, "") == plain("mine")


def test_services(complete: Complete, call: Callable[..., Ended], cloud_of: Callable[..., Sandbox]) -> None:
    cloud = cloud_of("large")
    (service,) = call("status", "--json", cloud=cloud).data["services"]
    assert complete("attach", "", cloud=cloud) == plain("flower-large")
    assert complete("status", str(service["id"]), cloud=cloud) == plain(str(service["id"]))


def test_what_a_shell_would_run_is_offered_by_its_id(complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["flower", "twice", "twice", "$(reboot)", "two words", "-rf", "new\nline", "12", "`x`", "ünï"]
    roles = (Role("superlink", 2, 1), Role("supernode", 2, 2))
    found = tuple(ServiceSnapshot(number, name, 2, roles=roles) for number, name in enumerate(names, 30))
    monkeypatch.setattr("wizard.cloud.services.Services.list", lambda _: found)
    monkeypatch.setenv("ONE_AUTH", str(Path("auth").resolve()))
    Path("auth").write_text("oneadmin:password\n")
    assert complete("status", "") == plain("flower", *map(str, range(31, 40)))
    assert complete("status", "30") == plain("30")
    told = complete("status", "", shell="fish")
    assert told[0] == "plain,flower\t30 RUNNING"
    assert told[3] == "plain,33\t$(reboot) RUNNING"
    assert len(told) == len(names)


@pytest.mark.parametrize("fault", ["error", "silent", "no login"])
def test_no_services_and_no_word_where_the_cloud_fails(
    complete: Complete, cloud: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: Literal["error", "silent", "no login"]
) -> None:
    monkeypatch.setattr(completing, "PATIENCE", 0.2)
    if fault == "no login":
        assert complete("status", "") == [""]
        return
    cloud.faults.plan("oneflow", fault, times=-1)
    assert complete("status", "--insecure", "", cloud=cloud) == [""]


def test_services_of_a_sandbox_that_does_not_run_are_not_asked_for(complete: Complete) -> None:
    assert complete("attach", "--sandbox", "") == [""]


def test_worlds(complete: Complete) -> None:
    assert complete("--sandbox", "--world", "") == plain(*WORLDS)
    assert complete("sandbox", "--world", "lar") == plain("large")


def test_settings(complete: Complete) -> None:
    keys = [f"{item.path}=" for item in SEED.fields if not item.fixed_because]
    assert complete("render", "default", "--set", "") == plain(*keys)
    assert complete("--set", "FL_NUM") == plain("FL_NUM_ROUNDS=")
    assert complete("deploy", "default", "--set", "supernode.card") == plain("supernode.cardinality=")


def test_values_of_settings_where_a_shell_gives_them_in_one_word(complete: Complete) -> None:
    assert complete("render", "default", "--set", "FL_STRATEGY=FedA", shell="fish") == [
        "plain,FL_STRATEGY=FedAvg\tStrategy",
        "plain,FL_STRATEGY=FedAdam\tStrategy",
    ]
    assert len(complete("--set", "FL_TLS_ENABLED=", shell="fish")) == 2
    assert complete("--set", "FL_NUM_ROUNDS=", shell="fish") == [""]
    assert complete("--set", "NONE=", shell="fish") == [""]


def test_sources_of_an_import(complete: Complete) -> None:
    assert complete("presets", "import", "") == plain("template:", "service:")
    assert complete("presets", "import", "s") == plain("service:")
    assert complete("presets", "import", "x.js") == ["file,"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell(call: Callable[..., Ended], shell: str) -> None:
    ended = call("completion", shell)
    assert (ended.status, ended.err) == (0, "")
    assert f"{VARIABLE}={shell}_complete" in ended.out
    assert "flowerneb-wizard" in ended.out
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input=ended.out, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_shell_that_has_none(call: Callable[..., Ended]) -> None:
    ended = call("completion", "tcsh")
    assert ended.status == 2
    assert "bash" in ended.err


@pytest.fixture
def on_the_path(clean: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An environment in which the program is found by its name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "flowerneb-wizard"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m wizard "$@"\n')
    program.chmod(0o755)
    return {**clean, "PATH": f"{folder}:{clean['PATH']}", "PYTHONPATH": str(ROOT)}


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_itself(call: Callable[..., Ended], on_the_path: dict[str, str]) -> None:
    script = call("completion", "bash").out
    for words, wanted in (
        (["presets", "show", "def"], ["default"]),
        (["render", "default", "--set", "FL_NUM"], ["FL_NUM_ROUNDS="]),
    ):
        line = ["flowerneb-wizard", *words]
        ask = f"COMP_WORDS=({' '.join(line)}); COMP_CWORD={len(words)}; _flowerneb_wizard_completion flowerneb-wizard\n"
        done = subprocess.run(
            ["bash", "--norc", "-c", script + ask + 'printf "%s\\n" "${COMPREPLY[@]}"'],
            capture_output=True,
            text=True,
            env=on_the_path,
        )
        assert (done.stdout.splitlines(), done.stderr) == (wanted, "")


ASKED = {
    "bash": (". {}; complete -p flowerneb-wizard", "complete -o nosort -F _flowerneb_wizard_completion"),
    "zsh": ("compdef() {{ : }}; _describe() {{ : }}; . {} 2>/dev/null; functions", "_flowerneb_wizard_completion ()"),
    "fish": ("source {}; complete --command flowerneb-wizard", "(_flowerneb_wizard_completion)"),
}
"""What a shell is told to load and to show, and what it shows then."""


@pytest.mark.parametrize(
    ("shell", "name"),
    [("bash", "flowerneb-wizard"), ("zsh", "_flowerneb-wizard"), ("fish", "flowerneb-wizard.fish")],
)
def test_what_is_installed_for_a_shell_asks_the_program(on_the_path: dict[str, str], shell: str, name: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    command, wanted = ASKED[shell]
    load = command.format(ROOT / "completions" / name)
    done = subprocess.run([shell, "-c", load], capture_output=True, text=True, env=on_the_path, timeout=30)
    assert wanted in done.stdout, done.stderr


def test_completing_imports_nothing_heavy(clean: dict[str, str]) -> None:
    code = (
        "import sys; from wizard.cli.program import run; run([])\n"
        "heavy = ('textual', 'rich', 'pyone', 'lxml', 'requests')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    words = "flowerneb-wizard presets show def"
    environment = {**clean, VARIABLE: "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "3"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout.splitlines() == ["plain,default", "[]"]
    assert json.loads(done.stdout.splitlines()[1]) == []


def test_a_setting_of_an_imported_template_that_a_shell_would_run_is_not_offered(
    complete: Complete, call: Callable[..., Ended]
) -> None:
    template = json.loads(call("render", "default").out)
    template["user_inputs"] |= {"$(reboot)": "O|text|x||", "`reboot`": "O|text|x||", "a;b": "O|text|x||"}
    template["user_inputs"]["KIND"] = "O|list|x|plain,$(reboot),`x`|plain"
    Path("odd.json").write_text(json.dumps(template))
    assert call("presets", "import", "odd.json", "odd", "--whole").status == 0
    offered = complete("render", "odd", "--set", "")
    assert "plain,KIND=" in offered
    assert not [line for line in offered if set(line) & set("$`;&|()<>\"' ")]
    assert complete("render", "odd", "--set", "$") == [""]
    assert complete("render", "odd", "--set", "KIND=", shell="fish") == ["plain,KIND=plain\tx"]
