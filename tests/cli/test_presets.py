"""`presets`: which there are, where they lie, what is in them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import ROOT, Ended, Program


def own_folder() -> Path:
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "flowerneb-wizard" / "presets"
    folder.mkdir(parents=True)
    return folder


def test_list(program: Program) -> None:
    ended = program("presets", "list")
    assert ended.status == 0
    assert [line.split()[0] for line in ended.out.splitlines()[1:]] == [
        "default",
        "anomaly-detection",
        "image-classification",
        "llm-fine-tuning",
        "marketplace",
    ]
    assert program("presets").out == ended.out


def test_own_and_broken_ones_are_listed(call: Callable[..., Ended]) -> None:
    folder = own_folder()
    (folder / "default.toml").write_text('preset = 1\ntitle = "[bold]My own\\u001b[31m"\n')
    (folder / "torn.toml").write_text("preset = 1\nx = 2\n")
    ended = call("presets", "list")
    assert ended.status == 0
    assert "hidden by your own" in ended.out
    assert "[bold]My own\\x1b[31m" in ended.out
    assert "torn.toml:2: unknown key 'x'" in ended.out
    found = {(item["name"], item["shipped"]): item for item in call("presets", "list", "--json").data["presets"]}
    assert found["torn", False]["problem"].endswith(
        "known are preset, contract, title, about, template, service, superlink, supernode"
    )
    assert found["default", True]["problem"] is None


def test_show_is_the_file_itself(call: Callable[..., Ended]) -> None:
    for name in ("default", "image-classification", "anomaly-detection", "llm-fine-tuning"):
        assert call("presets", "show", name).out == (ROOT / "presets" / f"{name}.toml").read_text()


def test_show_of_nothing_is_4(call: Callable[..., Ended]) -> None:
    ended = call("presets", "show", "defualt")
    assert (ended.status, ended.out) == (4, "")
    assert "did you mean 'default'?" in ended.err


def test_path(call: Callable[..., Ended]) -> None:
    assert call("presets", "path").out.strip().endswith("/flowerneb-wizard/presets")
    assert Path(call("presets", "path", "default").out.strip()) == ROOT / "presets" / "default.toml"
    assert call("presets", "path", "nothing-like-it").status == 4


def test_shipped_presets_say_what_they_are_for(call: Callable[..., Ended]) -> None:
    for item in call("presets", "list", "--json").data["presets"]:
        assert item["title"]
        assert 40 < len(item["about"]) < 140


def test_shipped_presets_mean_what_they_say(call: Callable[..., Ended]) -> None:
    roles = {name: call("render", name).data for name in ("image-classification", "anomaly-detection")}
    for template in roles.values():
        superlink, supernode = template["roles"]
        assert supernode["cardinality"] == 4
        wanted = {superlink["user_inputs"][f"FL_MIN_{kind}_CLIENTS"] for kind in ("FIT", "EVALUATE", "AVAILABLE")}
        assert {int(definition.rsplit("|", 1)[1]) for definition in wanted} == {supernode["min_vms"]}
    assert roles["anomaly-detection"]["roles"][1]["user_inputs"]["ML_FRAMEWORK"].endswith("|sklearn")
    assert roles["anomaly-detection"]["roles"][0]["user_inputs"]["FL_NUM_ROUNDS"].endswith("||10")
    llm = call("render", "llm-fine-tuning").data
    assert llm["user_inputs"]["FL_TLS_ENABLED"].endswith("||YES")
