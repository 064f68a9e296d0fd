"""The script of commands does, with OpenNebula's tools, what a deployment does."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.core.plan.plan import Plan, shell_script, to_json

TOOL = """#!/bin/sh
case "$1" in
  create) cp "$2" created.json; echo "ID: 17" ;;
  instantiate) echo "$2" > number; cp "$3" instantiated.json; echo "ID: 18" ;;
esac
"""


def run(script: str, folder: Path) -> None:
    tool = folder / "oneflow-template"
    tool.write_text(TOOL)
    tool.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-c", script], cwd=folder, env=environment, check=True, capture_output=True)


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"service.name": 'Bob\'s $(rm -rf /) `x` \\ "name"', "FL_NODE_CONFIG": "site='a b'"},
        {"service.description": "$HOME ${x} 'q' END_OF_JSON"},
        {"service.name": "../../etc/passwd", "supernode.cardinality": "5"},
    ],
)
def test_the_tools_get_the_very_documents(texts: dict[str, str], tmp_path: Path) -> None:
    plan = Plan().with_texts(texts)
    run(shell_script(plan.name, to_json(plan.template()), to_json(plan.merge_template())), tmp_path)
    assert json.loads((tmp_path / "created.json").read_text()) == plan.template()
    assert json.loads((tmp_path / "instantiated.json").read_text()) == plan.merge_template()
    assert (tmp_path / "number").read_text() == "17\n"
    assert len([path for path in tmp_path.iterdir() if path.suffix == ".json"]) == 4


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30))
def test_any_name_is_only_a_name(name: str, tmp_path: Path) -> None:
    text = json.dumps({"name": name})
    run(shell_script(name, text, text), tmp_path)
    assert json.loads((tmp_path / "created.json").read_text()) == {"name": name}


def test_a_line_of_the_text_that_ends_the_here_document() -> None:
    script = shell_script("x", "END_OF_JSON\nEND_OF_JSON_\n", "{}")
    assert "<<'END_OF_JSON__'" in script
