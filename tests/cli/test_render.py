"""`render`: the very text that a deployment would send."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Program
from wizard.core.opennebula.documents_v6 import merge_to_v6, to_v6
from wizard.core.plan.plan import Plan, to_json
from wizard.sandbox.server import Sandbox


def test_default_is_the_core_s_own_text(program: Program) -> None:
    ended = program("render", "default")
    assert ended.status == 0
    assert ended.out == to_json(Plan().template())


def test_default_in_its_key_spots(call: Callable[..., Ended]) -> None:
    template = call("render", "default").data
    superlink, supernode = template["roles"]
    assert (template["deployment"], template["ready_status_gate"]) == ("straight", True)
    assert template["user_inputs"]["FLOWER_VERSION"] == "O|text|Flower Docker image version tag||1.25.0"
    assert (superlink["min_vms"], superlink["max_vms"], superlink["cardinality"]) == (1, 1, 1)
    assert (supernode["min_vms"], supernode["max_vms"], supernode["cardinality"]) == (2, 10, 2)
    assert supernode["parents"] == ["superlink"]
    assert supernode["template_contents"]["CONTEXT"] == {
        "TOKEN": "YES",
        "REPORT_READY": "YES",
        "READY_SCRIPT_PATH": "/opt/flower/scripts/health-check.sh",
        "NETWORK": "YES",
    }
    assert "networks" not in template


def test_the_dialect_of_6(call: Callable[..., Ended]) -> None:
    template = call("render", "default", "--dialect", "6").data
    assert template == to_v6(Plan().template())
    merge = call("render", "default", "--dialect", "6", "--merge-template")
    assert merge.data == merge_to_v6(Plan().merge_template(), template, {})
    assert merge.err.count("no cloud was asked") == 2
    assert call("render", "default", "--dialect", "7").data == Plan().template()
    refused = call("render", "default", "--dialect", "6", "--set", "FL_NODE_CONFIG=site=$HOME")
    assert refused.status == 2
    assert "FL_NODE_CONFIG" in refused.err
    assert "takes a $ for the begin of a name" in refused.err
    assert call("render", "default", "--dialect", "5").status == 2


def test_placeholders_are_told_on_stderr(call: Callable[..., Ended]) -> None:
    ended = call("render", "default")
    assert "superlink.vm_template: none chosen; template_id 0 is a placeholder" in ended.err
    assert "supernode.vm_template: none chosen; template_id 1 is a placeholder" in ended.err
    ended = call("render", "default", "--set", "superlink.vm_template=7", "--set", "supernode.vm_template=8")
    assert ended.err == ""
    assert [role["template_id"] for role in ended.data["roles"]] == [7, 8]


def test_merge_template(call: Callable[..., Ended]) -> None:
    ended = call("render", "default", "--merge-template", "--set", "service.network=3", "--set", "FL_NUM_ROUNDS=9")
    assert ended.data["networks_values"] == [{"Private": {"id": "3"}}]
    assert ended.data["roles"][0]["user_inputs_values"]["FL_NUM_ROUNDS"] == "9"


def test_settings_change_it(call: Callable[..., Ended]) -> None:
    ended = call("render", "default", "--set", "FL_NUM_ROUNDS=9", "--set", "supernode.cardinality=5")
    assert ended.data["roles"][0]["user_inputs"]["FL_NUM_ROUNDS"].endswith("||9")
    assert ended.data["roles"][1]["cardinality"] == 5


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("FL_NUM_ROUND=9", "did you mean 'FL_NUM_ROUNDS'?"),
        ("FL_NUM_ROUNDS", "is not KEY=VALUE"),
        ("FL_NUM_ROUNDS=nine", "error: FL_NUM_ROUNDS: 'nine' is not a positive whole number"),
        ("superlink.cardinality=2", "error: superlink.cardinality: 2 is not 1"),
        ("service.name=a\x1b[31mb", "control character"),
    ],
)
def test_errors_leave_stdout_empty(call: Callable[..., Ended], setting: str, said: str) -> None:
    ended = call("render", "default", "--set", setting)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert "\x1b" not in ended.err


def test_all_errors_are_told_at_once(call: Callable[..., Ended]) -> None:
    ended = call("render", "default", "--set", "FL_NUM_ROUNDS=0", "--set", "FLOWER_VERSION=latest")
    assert ended.err.count("error: FL") == 2


def test_warnings_do_not_block(call: Callable[..., Ended]) -> None:
    ended = call("render", "default", "--set", "FL_NODE_CONFIG=partition-id=0 num-partitions=2")
    assert ended.status == 0
    assert "warning: FL_NODE_CONFIG: partition-id=0 goes to all 2 SuperNodes" in ended.err


def test_names_are_looked_up(call: Callable[..., Ended], cloud: Sandbox) -> None:
    names = ("--set", "superlink.vm_template=Alpine 3.20", "--set", "service.network=storage")
    ended = call("render", "default", *names, cloud=cloud)
    assert ended.data["roles"][0]["template_id"] == 3
    assert "supernode.vm_template: none chosen" in ended.err
    ended = call("render", "default", *names, "--merge-template", cloud=cloud)
    assert ended.data["networks_values"] == [{"Private": {"id": "2"}}]


def test_a_name_that_is_not_there_is_4(call: Callable[..., Ended], cloud: Sandbox) -> None:
    ended = call("render", "default", "--set", "supernode.vm_template=Flower SuperNod", cloud=cloud)
    assert (ended.status, ended.out) == (4, "")
    assert "Did you mean 'Flower SuperNode'?" in ended.err
    assert "supernode.vm_template" in ended.err


def test_a_name_without_a_cloud_is_3(program: Program) -> None:
    named = ("render", "default", "--set", "service.network=flower-net")
    assert program(*named).status == 3
    ended = program(*named, "-u", "x", "-p", "y", "--endpoint", "http://127.0.0.1:9/RPC2")
    assert (ended.status, ended.out) == (3, "")
    assert "127.0.0.1:9" in ended.err


def test_a_file_works_anywhere(call: Callable[..., Ended], tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('preset = 1\n[service]\nname = "Mine"\n')
    assert call("render", str(path)).data["name"] == "Mine"
    assert call("render", "mine.toml").data["name"] == "Mine"


@pytest.mark.parametrize("name", ["default", "image-classification", "anomaly-detection", "llm-fine-tuning"])
def test_what_is_rendered_is_sound(call: Callable[..., Ended], name: str, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text(call("render", name).out)
    ended = call("check", str(path))
    assert ended.status == 0
    assert "error" not in ended.out
    assert "warning" not in ended.out
    assert json.loads(path.read_text())["roles"][0]["cardinality"] == 1


def test_the_commands_of_the_tools(call: Callable[..., Ended]) -> None:
    ended = call("render", "default", "--commands")
    assert ended.status == 0
    assert ended.out.startswith("#!/bin/sh\n")
    assert call("render", "default").out.rstrip("\n") in ended.out
    assert call("render", "default", "--merge-template").out.rstrip("\n") in ended.out


def test_what_differs_from_the_registered_template(call: Callable[..., Ended], cloud: Sandbox) -> None:
    ended = call("render", "default", "--diff", cloud=cloud)
    assert (ended.status, ended.out) == (0, "")
    assert "no registered template" in ended.err
    assert call("deploy", "default", "--yes", "--no-wait", "--no-preflight", cloud=cloud).status == 0
    ended = call("render", "default", "--diff", cloud=cloud)
    assert (ended.status, ended.out) == (0, "")
    assert "no difference" in ended.err
    ended = call("render", "default", "--set", "FL_NUM_ROUNDS=9", "--diff", cloud=cloud)
    assert ended.status == 0
    assert [line[0] for line in ended.out.splitlines() if line[0] in "+-"] == ["-", "+"]
    changed = call("deploy", "default", "--set", "FL_NUM_ROUNDS=9", "--yes", "--no-wait", "--no-preflight",
                   "--registered", "update", cloud=cloud)  # fmt: skip
    assert changed.status == 0
    assert "updating service template" in changed.err
    assert "no difference" in call("render", "default", "--set", "FL_NUM_ROUNDS=9", "--diff", cloud=cloud).err
