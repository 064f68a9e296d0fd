"""`check`: every problem, one a line; the exit status says whether it may be deployed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Program
from wizard.core.opennebula.documents_v6 import to_v6
from wizard.core.plan.plan import Plan, to_json

SHIPPED = ("default", "image-classification", "anomaly-detection", "llm-fine-tuning")


def test_the_preset_of_the_appliance_asks_for_a_network_and_for_nothing_else(call: Callable[..., Ended]) -> None:
    ended = call("check", "marketplace")
    assert ended.status == 2
    assert [line for line in ended.out.splitlines() if line.startswith(("error: ", "warning: "))] == [
        "error: service.network: a value is required, there is no default"
    ]
    assert call("check", "marketplace", "--set", "service.network=0").status == 0


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_presets_have_neither_errors_nor_warnings(call: Callable[..., Ended], name: str) -> None:
    ended = call("check", name)
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert all(line.startswith("note: ") for line in lines[::2])
    assert all(line.startswith("  fix: ") for line in lines[1::2])


def test_all_problems_one_a_line(program: Program, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(
        'preset = 1\n[service]\nFLOWER_VERSION = "latest"\n[superlink]\nFL_NUM_ROUNDS = 0\n'
        "FL_MIN_FIT_CLIENTS = 9\n[supernode]\ncardinality = 1\n"
    )
    ended = program("check", "bad.toml")
    assert ended.status == 2
    errors = [line for line in ended.out.splitlines() if line.startswith("error: ")]
    assert [line.split(": ")[1] for line in errors][:2] == ["FLOWER_VERSION", "FL_NUM_ROUNDS"]
    assert len(errors) >= 4


def test_warnings_alone_are_0(call: Callable[..., Ended]) -> None:
    ended = call("check", "default", "--set", "service.shutdown_action=shutdown-hard")
    assert ended.status == 0
    assert "warning: service.shutdown_action: " in ended.out


def test_json(call: Callable[..., Ended]) -> None:
    ended = call("check", "default", "--json", "--set", "FL_NUM_ROUNDS=x")
    assert ended.status == 2
    assert ended.data["valid"] is False
    assert ended.data["problems"][0] | {"message": ""} == {
        "kind": "error",
        "field": "FL_NUM_ROUNDS",
        "path": "FL_NUM_ROUNDS",
        "message": "",
        "fix": "Enter a whole number from 1 to 999999999, such as 3.",
        "mend": "Enter a whole number from 1 to 999999999, such as 3.",
        "write": "3",
        "remove": False,
        "rule": "number",
        "grave": False,
    }
    assert call("check", "default", "--json").data["valid"] is True


def test_a_template_that_someone_else_wrote(call: Callable[..., Ended], tmp_path: Path) -> None:
    template = Plan().template()
    template["deployment"] = "none"
    template["roles"][0]["max_vms"] = 3
    template["roles"][1]["parents"] = ["nobody"]
    (tmp_path / "t.json").write_text(to_json(template))
    ended = call("check", "t.json")
    assert ended.status == 2
    assert "error: deployment: " in ended.out
    assert "nobody" in ended.out
    assert len([line for line in ended.out.splitlines() if line.startswith("error")]) >= 3


def test_a_finding_about_a_template_has_its_path_and_its_fix(call: Callable[..., Ended], tmp_path: Path) -> None:
    template = Plan().template()
    template["roles"][0]["max_vms"] = 3
    template["roles"][1]["user_inputs"]["CPU"] = "O|number|x||1"
    template["user_inputs"]["FLOWER_VERSION"] = "O|text|x||latest"
    (tmp_path / "t.json").write_text(to_json(template))
    found = {item["path"]: item for item in call("check", "t.json", "--json").data["problems"]}
    assert found["roles[0].max_vms"] | {"message": ""} == {
        "kind": "error",
        "field": "superlink.max_vms",
        "path": "roles[0].max_vms",
        "message": "",
        "fix": "Enter 1.",
        "mend": "Enter 1.",
        "write": 1,
        "remove": False,
        "rule": "singleton",
        "grave": False,
    }
    assert found["roles[1].user_inputs.CPU"]["remove"] is True
    assert found["user_inputs.FLOWER_VERSION"]["write"] == "O|text|x||1.25.0"
    words = call("check", "t.json").out
    assert "error: roles[0].max_vms: 3 is not 1: a cluster has exactly one SuperLink\n  fix: Enter 1.\n" in words


def test_the_paths_of_a_template_of_6_are_its_own(call: Callable[..., Ended], tmp_path: Path) -> None:
    template = to_v6(Plan().template())
    template["roles"][0]["custom_attrs"]["CPU"] = "O|number|x||1"
    (tmp_path / "t.json").write_text(to_json(template))
    paths = [item["path"] for item in call("check", "t.json", "--json").data["problems"] if item["kind"] == "error"]
    assert "roles[0].custom_attrs.CPU" in paths
    assert not any("user_inputs" in path for path in paths)


def test_a_template_on_stdin(program: Program) -> None:
    assert program("check", "-", stdin=to_json(Plan().template())).status == 0
    assert program("check", "-", stdin="{}").status == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"{\n 'a'", "broken.json:2: it is not JSON"),
        (b"[1]", "a service template is a JSON object"),
        (b'{"roles": 1}', "list of roles"),
        (b"\xff\xfe\xfa", "not"),
        (b"# a service\n---\nname: flower\nroles:\n  - name: superlink\n", "it looks like YAML"),
        (b"  # a\n" * 5000 + b"!", "not JSON"),
        (b"- name: flower\n", "it looks like YAML"),
        (b'"name": flower\n', "it looks like YAML"),
        (b":name: flower\n", "it looks like YAML"),
        (b"<DOCUMENT/>", "it looks like XML"),
        (b'NAME = "x"\n', "a preset's file is called NAME.toml"),
        (b'{"DOCUMENT_POOL": {"DOCUMENT": []}}', "this is a list of documents"),
        (b"[" * 100_000, "nested more than 64 deep"),
        (b'{"roles": [], "a": ' + b"9" * 6000 + b"}", ""),
        (b" " * (4 * 1024 * 1024 + 1), "larger than 4096 KiB"),
    ],
    ids=[
        "empty",
        "half",
        "list",
        "roles",
        "bytes",
        "yaml",
        "comments",
        "yaml-list",
        "yaml-quoted",
        "yaml-symbol",
        "xml",
        "lines",
        "pool",
        "deep",
        "digits",
        "large",
    ],
)
def test_a_file_that_is_no_template(call: Callable[..., Ended], tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "broken.json").write_bytes(content)
    ended = call("check", "broken.json")
    assert ended.status == 2
    assert said in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(("name", "said"), [("t.yaml", "YAML"), ("T.YAML", "YAML"), ("t.xml", "XML")])
def test_a_template_in_another_format_is_no_unknown_preset(
    call: Callable[..., Ended], tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / name).write_text("<DOCUMENT/>" if said == "XML" else "name: flower\n")
    ended = call("check", name)
    assert ended.status == 2
    assert f"{name}: it looks like {said}" in ended.err


def test_a_template_that_is_not_there(call: Callable[..., Ended], tmp_path: Path) -> None:
    assert call("check", "nothing.json").status == 4
    (tmp_path / "folder.json").mkdir()
    assert call("check", "folder.json").status == 2


BROKEN = {
    "newer": (b"preset = 2\n", "format 2, written by a newer version"),
    "no-toml": (b"preset = \n", "mine.toml:1: it is not TOML"),
    "no-preset": (b'title = "x"\n', "no line 'preset = 1'"),
    "unknown-key": (b"preset = 1\n[superlink]\nFL_NUM_ROUND = 3\n", "mine.toml:3: unknown key 'FL_NUM_ROUND'"),
    "wrong-type": (b'preset = 1\n[superlink]\nFL_NUM_ROUNDS = "3"\n', "mine.toml:3: FL_NUM_ROUNDS is the text"),
    "latin-1": (b"preset = 1\ntitle = '\xe9'\n", "mine.toml:2: it is not UTF-8 text"),
    "10-MB": (b"#" * 10_000_000, "larger than 256 KiB"),
    "binary": (bytes(range(256)), "mine.toml"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("command", ["check", "render", "deploy"])
def test_a_broken_preset_is_one_clear_error(
    call: Callable[..., Ended], tmp_path: Path, name: str, command: str
) -> None:
    content, said = BROKEN[name]
    (tmp_path / "mine.toml").write_bytes(content)
    ended = call(command, "mine.toml", *(["--yes", "--json"] if command == "deploy" else []))
    assert (ended.status, ended.out) == (2, "")
    if command == "deploy":
        assert said.split(": ", 1)[-1] in ended.error["error"]["title"] + ended.error["error"]["subject"]
    else:
        assert said in ended.err
        assert ended.err.count("\n") == 1


def test_a_preset_that_can_t_be_read(call: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    assert "it is a folder" in call("check", "folder.toml").err
    os.mkfifo(tmp_path / "pipe.toml")
    assert "not a regular file" in call("check", "pipe.toml").err
    assert call("check", "nothing.toml").status == 4
    ended = call("check", "image-clasification")
    assert ended.status == 4
    assert "did you mean 'image-classification'?" in ended.err


def test_a_preset_without_permission(
    call: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked.toml").write_text("preset = 1\n")
    opened = Path.open

    # Permissions do not bind root, who runs many a test.
    def refuse(path: Path, *arguments: str, **options: str) -> object:
        if path.name == "locked.toml":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    ended = call("check", "locked.toml")
    assert ended.status == 2
    assert "locked.toml: it can't be read: Permission denied" in ended.err


def test_the_json_of_an_invalid_plan(call: Callable[..., Ended]) -> None:
    ended = call("deploy", "default", "--yes", "--json", "--set", "FL_NUM_ROUNDS=x", "--set", "FLOWER_VERSION=1")
    assert ended.status == 2
    assert [item["field"] for item in ended.error["error"]["problems"]] == ["FLOWER_VERSION", "FL_NUM_ROUNDS"]
    assert json.loads(ended.err)["exit_status"] == 2
