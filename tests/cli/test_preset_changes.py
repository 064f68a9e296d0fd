"""`presets diff`, `new`, `edit`, `rename`, `delete`, `import`: what they write, ask, refuse and say."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from tests.cli.conftest import ROOT, Ended, Program, end_of
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.plan.plan import Plan, to_json
from wizard.core.plan.preset import loads
from wizard.sandbox.server import Sandbox

Call = Callable[..., Ended]


def own_folder() -> Path:
    """The operator's own folder, whether or not it is there."""
    return Path(os.environ["XDG_CONFIG_HOME"]) / "flowerneb-wizard" / "presets"


def own(name: str) -> Path:
    return own_folder() / f"{name}.toml"


def kept(name: str, text: str = "preset = 1\n") -> Path:
    """A preset of the operator's own."""
    own_folder().mkdir(parents=True, exist_ok=True)
    own(name).write_text(text)
    return own(name)


def editor(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """An editor that runs a piece of Python with the file's path as `path`."""
    program = folder / "an editor"
    head = f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\npath = Path(sys.argv[-1])\n"
    program.write_text(head + script)
    program.chmod(0o755)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"'{program}' --wait")


def test_presets_that_differ(call: Call) -> None:
    ended = call("presets", "diff", "default", "anomaly-detection")
    assert (ended.status, ended.err) == (1, "")
    lines = ended.out.splitlines()
    assert lines[0].split() == ["SETTING", "default", "anomaly-detection", "DEFAULT"]
    assert ["FL_STRATEGY", "FedAvg", "FedProx", "FedAvg"] in [line.split() for line in lines]
    assert not any("FLOWER_VERSION" in line for line in lines)


def test_presets_that_do_not_differ(call: Call) -> None:
    kept("same", "# other words\npreset = 1\ntitle = 'Other words'\n[superlink]\nFL_NUM_ROUNDS = 3\n")
    ended = call("presets", "diff", "default", "same")
    assert (ended.status, ended.out, ended.err) == (0, "", "no setting differs\n")
    assert call("presets", "diff", "default", str(own("same"))).status == 0
    assert call("presets", "diff", "default", "same", "--json").data["differences"] == []


def test_differences_as_json(call: Call) -> None:
    kept("mine", "preset = 1\n[supernode]\nFL_NODE_CONFIG = '[red]x=1'\n")
    ended = call("presets", "diff", "default", "mine", "--json")
    assert ended.status == 1
    assert ended.data == {
        "left": "default",
        "right": "mine",
        "contracts": ["seed", "seed"],
        "differences": [
            {"setting": "FL_NODE_CONFIG", "label": "Node config", "left": "", "right": "[red]x=1", "default": ""}
        ],
    }
    assert "(empty)  [red]x=1  (empty)" in call("presets", "diff", "default", "mine").out


@pytest.mark.parametrize(("name", "status"), [("defualt", 4), ("torn", 2), ("./none.toml", 4)])
def test_diff_of_what_is_none(call: Call, name: str, status: int) -> None:
    kept("torn", "preset = 1\nx = 1\n")
    ended = call("presets", "diff", "default", name, "--json")
    assert (ended.status, ended.out, ended.error["exit_status"]) == (status, "", status)


def test_new_writes_a_file_that_says_nothing_yet(call: Call) -> None:
    ended = call("presets", "new", "mine")
    assert ended.status == 0
    assert ended.out == f"{own('mine')}\n"
    assert "presets edit mine" in ended.err
    text = own("mine").read_text()
    assert loads(text).plan == Plan()
    assert "#FL_NUM_ROUNDS = 3" in text.splitlines()
    assert stat.S_IMODE(own("mine").stat().st_mode) == 0o600
    assert (own_folder() / "preset.schema.json").read_text() == (ROOT / "presets/preset.schema.json").read_text()
    assert call("check", "mine").status == 0


def test_new_overwrites_only_on_a_word(call: Call) -> None:
    path = kept("mine", "mine\n")
    ended = call("presets", "new", "mine")
    assert ended.status == 2
    assert "a preset of that name exists" in ended.err
    assert path.read_text() == "mine\n"
    assert call("presets", "new", "mine", "--force").status == 0
    assert loads(path.read_text()).plan == Plan()


def test_new_says_what_it_hides(call: Call) -> None:
    assert "hides the shipped preset 'default'" in call("presets", "new", "default").err
    assert call("presets", "new", "../mine").status == 2


def test_edit_checks_what_was_written(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = kept("mine")
    editor(monkeypatch, tmp_path, "path.write_text(path.read_text() + '[superlink]\\nFL_NUM_ROUNDS = 9\\n')")
    ended = call("presets", "edit", "mine")
    assert (ended.status, ended.out) == (0, "")
    assert ended.err == f"{path}: no errors\n"
    assert loads(path.read_text()).plan.text("FL_NUM_ROUNDS") == "9"


def test_visual_wins_over_editor(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    kept("mine")
    monkeypatch.setenv("EDITOR", "false")
    monkeypatch.setenv("VISUAL", "true")
    assert call("presets", "edit", "mine").status == 0
    monkeypatch.setenv("VISUAL", "")
    assert call("presets", "edit", "mine").status == 1


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("preset = 1\nx = 2\n", "mine.toml:2: unknown key 'x'"),
        ("preset = 1\n[superlink]\nFL_NUM_ROUNDS = 0\n", "error: FL_NUM_ROUNDS: "),
    ],
)
def test_edit_with_errors_is_2_where_nobody_can_be_asked(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str, told: str
) -> None:
    path = kept("mine")
    editor(monkeypatch, tmp_path, f"path.write_text({written!r})")
    ended = call("presets", "edit", "mine")
    assert ended.status == 2
    assert told in ended.err
    assert "Traceback" not in ended.err
    assert path.read_text() == written
    editor(monkeypatch, tmp_path, "path.write_text('preset = 1\\n')")
    assert call("presets", "edit", "mine").status == 0
    assert call("presets", "edit", str(path)).status == 0


def test_edit_tells_warnings(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept("mine", "preset = 1\n[supernode]\nFL_NODE_CONFIG = 'partition-id=0'\n")
    monkeypatch.setenv("EDITOR", "true")
    ended = call("presets", "edit", "mine")
    assert ended.status == 0
    assert "warning: FL_NODE_CONFIG" in ended.err


def test_a_shipped_preset_is_copied_before_it_is_edited(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shipped = ROOT / "presets" / "default.toml"
    before = shipped.read_text()
    monkeypatch.setenv("EDITOR", "true")
    ended = call("presets", "edit", "default")
    assert ended.status == 0
    assert "nothing was changed" in ended.err
    assert not own("default").exists()
    editor(monkeypatch, tmp_path, "path.write_text(path.read_text().replace('Default', 'Mine', 1))")
    ended = call("presets", "edit", "default")
    assert ended.status == 0
    assert "hides the shipped preset 'default'" in ended.err
    assert own("default").read_text() == before.replace("Default", "Mine", 1)
    assert shipped.read_text() == before


@pytest.mark.parametrize("command", ["/no/such/editor", "'unclosed", "false"])
def test_an_editor_that_does_not_work(call: Call, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    path = kept("mine")
    monkeypatch.setenv("EDITOR", command)
    ended = call("presets", "edit", "mine")
    assert ended.status == 1
    assert "Set EDITOR" in ended.err
    assert "Traceback" not in ended.err
    assert path.read_text() == "preset = 1\n"


def test_ctrl_c_in_the_editor_is_the_editor_s(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept("mine")
    editor(monkeypatch, tmp_path, "import os, signal\nos.kill(os.getppid(), signal.SIGINT)")
    before = signal.getsignal(signal.SIGINT)
    assert call("presets", "edit", "mine").status == 0
    assert signal.getsignal(signal.SIGINT) is before


def test_an_editor_that_deletes_the_file(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept("mine")
    editor(monkeypatch, tmp_path, "path.unlink()")
    ended = call("presets", "edit", "mine")
    assert ended.status == 2
    assert "there is no such file" in ended.err


def test_edit_of_nothing_is_4(call: Call) -> None:
    assert call("presets", "edit", "defualt").status == 4
    assert call("presets", "edit", "./none.toml").status == 4


def test_edit_asks_again_on_a_terminal(program: Program, tmp_path: Path) -> None:
    folder = Path(program.environment["XDG_CONFIG_HOME"]) / "flowerneb-wizard" / "presets"
    folder.mkdir(parents=True)
    path = folder / "mine.toml"
    path.write_text("preset = 1\n")
    count = tmp_path / "count"
    script = tmp_path / "editor.py"
    script.write_text(
        f"import sys; from pathlib import Path; count = Path({str(count)!r}); again = count.exists(); count.touch()\n"
        "Path(sys.argv[1]).write_text('preset = 1\\ntitle = \"x\"\\n' if again else 'broken')\n"
    )
    child = pexpect.spawn(
        sys.executable,
        ["-m", "wizard", "presets", "edit", "mine"],
        env={**program.environment, "EDITOR": f"{sys.executable} {script}"},  # type: ignore[arg-type]
        cwd=str(program.folder),
        encoding="utf-8",
        timeout=20,
    )
    child.expect(r"is not TOML.*Edit again\? \[Y/n\]")
    child.sendline("")
    child.expect("no errors")
    assert end_of(child)[0] == 0
    assert loads(path.read_text()).title == "x"


def test_rename(call: Call) -> None:
    path = kept("mine", "# my words\npreset = 1\n")
    ended = call("presets", "rename", "mine", "production")
    assert (ended.status, ended.out) == (0, f"{own('production')}\n")
    assert not path.exists()
    assert own("production").read_text() == "# my words\npreset = 1\n"
    assert "hides the shipped" in call("presets", "rename", "production", "default").err


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("rename", "default", "x"), 2, "came with the program"),
        (("rename", "mine", "other"), 2, "a preset of that name exists"),
        (("rename", "mine", "a/b"), 2, "name starts with"),
        (("rename", "none", "x"), 4, "no preset has that name"),
        (("delete", "default", "--yes"), 2, "came with the program"),
        (("delete", "none", "--yes"), 4, "no preset has that name"),
        (("delete", "./mine.toml", "--yes"), 2, "give its name, not a file"),
        (("delete", "mine"), 2, "--yes"),
    ],
    ids=str,
)
def test_what_is_refused(call: Call, arguments: tuple[str, ...], status: int, told: str) -> None:
    kept("mine")
    kept("other", "preset = 1\ntitle = 'other'\n")
    ended = call("presets", *arguments)
    assert ended.status == status
    assert told in ended.err
    assert own("mine").exists()
    assert "other" in own("other").read_text()


def test_delete(call: Call) -> None:
    kept("mine")
    ended = call("presets", "delete", "mine", "--yes")
    assert (ended.status, ended.out) == (0, "")
    assert "deleted" in ended.err
    assert not own("mine").exists()


@pytest.mark.parametrize(("answer", "gone"), [("y", True), ("n", False), ("", False)])
def test_delete_asks_on_a_terminal(program: Program, answer: str, gone: bool) -> None:
    folder = Path(program.environment["XDG_CONFIG_HOME"]) / "flowerneb-wizard" / "presets"
    folder.mkdir(parents=True)
    path = folder / "mine.toml"
    path.write_text("preset = 1\n")
    child = pexpect.spawn(
        sys.executable,
        ["-m", "wizard", "presets", "delete", "mine"],
        env=program.environment,  # type: ignore[arg-type]
        cwd=str(program.folder),
        encoding="utf-8",
        timeout=20,
    )
    child.expect(r"Delete .*mine\.toml\? \[y/N\]")
    child.sendline(answer)
    assert end_of(child)[0] == (0 if gone else 1)
    assert path.exists() is not gone


PLAN = Plan().with_texts(
    {
        "service.name": "flower-imported",
        "FL_NUM_ROUNDS": "8",
        "FLOWER_VERSION": "1.30.0",
        "supernode.cardinality": "3",
        "superlink.vm_template": "0",
        "supernode.vm_template": "1",
    }
)


def deployed(call: Call, cloud: Sandbox) -> int:
    """The id of a service that was deployed of PLAN."""
    settings = [f"--set={path}={text}" for path, text in PLAN.chosen.items()]
    ended = call("deploy", "default", *settings, "--yes", "--json", cloud=cloud)
    assert ended.status == 0
    found = ended.data["service"]["id"]
    assert isinstance(found, int)
    return found


def test_a_service_becomes_the_preset_it_was_deployed_from(call: Call, cloud: Sandbox) -> None:
    number = deployed(call, cloud)
    for source in (f"service:{number}", "service:flower-imported"):
        ended = call("presets", "import", source, "again", "--force", cloud=cloud)
        assert (ended.status, ended.out) == (0, f"{own('again')}\n")
        assert "not taken over" not in ended.err
        preset = loads(own("again").read_text())
        assert preset.plan == PLAN
        assert (preset.title, preset.about) == ("flower-imported", f"Imported from service {number}.")
    assert call("presets", "import", source, "again", cloud=cloud).status == 2


def test_a_registered_template_becomes_a_preset(call: Call, cloud: Sandbox) -> None:
    deployed(call, cloud)
    ended = call("presets", "import", "template:flower-imported", "again", cloud=cloud)
    assert ended.status == 0
    preset = loads(own("again").read_text())
    assert preset.plan == PLAN
    assert preset.about.startswith("Imported from service template ")
    number = preset.about.split()[4].rstrip(",")
    assert call("presets", "import", f"template:{number}", "by-id", cloud=cloud).status == 0


def test_a_file_becomes_a_preset(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(to_json(PLAN.template()))
    assert call("presets", "import", "t.json", "again").status == 0
    assert loads(own("again").read_text()).plan == PLAN
    body = PLAN.template()
    body["user_inputs"]["SITE"] = "O|text|Where it runs||lab"
    (tmp_path / "more.json").write_text(to_json(body))
    ended = call("presets", "import", "more.json", "more")
    assert "not taken over: the input SITE of the service" in ended.err
    recording = json.loads((ROOT / "tests/recordings/96-service-level-service.json").read_text())
    (tmp_path / "s.json").write_text(json.dumps(recording["response"]["body"]))
    ended = call("presets", "import", "s.json", "recorded")
    assert ended.status == 0
    assert "service.network: a value is required" in ended.err
    assert loads(own("recorded").read_text()).plan.name == "Flower rec"


@pytest.mark.parametrize(
    ("source", "status", "told"),
    [
        ("service:", 2, "names none"),
        ("service:4711", 4, ""),
        ("service:none", 4, ""),
        ("template:4711", 4, "there is no service template 4711"),
        ("template:Web shp", 4, ""),
        ("none.json", 4, "there is no such file"),
        ("torn.json", 2, "it is not JSON"),
        ("shop.json", 2, "it has no role superlink, so it is no Flower cluster"),
        ("list.json", 2, "a service template is a JSON object"),
    ],
)
def test_what_can_t_be_imported(
    call: Call, cloud: Sandbox, tmp_path: Path, source: str, status: int, told: str
) -> None:
    (tmp_path / "torn.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "shop.json").write_text(json.dumps({"name": "shop", "roles": [{"name": "web", "cardinality": 1}]}))
    ended = call("presets", "import", source, "x", cloud=cloud)
    assert ended.status == status
    assert told in ended.err
    assert "Traceback" not in ended.err
    assert not own("x").exists()


def test_import_without_a_cloud_is_3(call: Call) -> None:
    ended = call("presets", "import", "service:1", "x", "--server", "http://127.0.0.1:9", "-u", "a", "-p", "b")
    assert ended.status == 3


def test_a_registered_template_becomes_a_contract_of_its_own(call: Call, cloud: Sandbox) -> None:
    body = PLAN.template()
    body["name"] = "of-ours"
    body["user_inputs"]["SITE"] = "O|text|Where it runs||lab"
    client = Cloud(find_login(cloud.environment(), Path("/nonexistent")))
    number = client.templates.register(to_json(body))
    assert call("presets", "import", "template:of-ours", "ours", "--whole", cloud=cloud).status == 0
    preset = loads(own("ours").read_text())
    assert preset.plan.contract.by_path["SITE"].label == "Where it runs"
    ended = call("deploy", "ours", "--yes", "--set", "SITE=moon", "--json", cloud=cloud)
    assert ended.status == 0
    templates = [item for item in client.templates.list() if item.name == "of-ours"]
    assert [item.id for item in templates] == [number]
    service = next(item for item in client.services.list() if item.name == "of-ours")
    assert service.values["SITE"] == "moon"
    assert call("check", "ours").status == 0
    assert json.loads(call("render", "ours").out) == body
    client.close()
