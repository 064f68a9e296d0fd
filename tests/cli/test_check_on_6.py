"""`check` in the words of the OpenNebula that is asked, and templates that are written for another one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Ended
from tests.sandbox.cloud import Cloud
from wizard.cli.options import OPENNEBULAS
from wizard.core.opennebula.documents_v6 import to_v6
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.sandbox.worlds import VERSIONS

Call = Callable[..., Ended]


def test_the_versions_of_the_sandbox_are_those_that_the_command_line_offers() -> None:
    assert tuple(VERSIONS) == OPENNEBULAS


def test_a_preset_is_judged_as_it_would_be_deployed(call: Call, cloud_of: Callable[..., Sandbox]) -> None:
    old, new = cloud_of(version="6.10"), cloud_of()
    words = ("check", "default", "--cloud", "--set", "FL_NODE_CONFIG=site='$HOME'")
    assert "takes a $ for the begin of a name" in call(*words, cloud=old).out
    assert "OpenNebula 6.x" not in call(*words, cloud=new).out
    quoted = call("check", "default", "--cloud", "--set", 'FL_NODE_CONFIG=name="alice"', cloud=old)
    assert "OpenNebula 6.x" not in quoted.out
    assert quoted.status == 0, quoted.out


def test_a_template_for_another_opennebula(call: Call, cloud_of: Callable[..., Sandbox], tmp_path: Path) -> None:
    old, new = cloud_of(version="6.10"), cloud_of()
    for name, document in (("six", to_v6(Plan().template())), ("seven", Plan().template())):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    assert call("check", "six.json").status == 0
    assert call("check", "six.json", "--cloud", cloud=old).status == 0
    refused = call("check", "six.json", "--cloud", cloud=new)
    assert (refused.status, "can't make a service of it" in refused.out) == (2, True)
    assert call("check", "seven.json", "--cloud", cloud=new).status == 0
    refused = call("check", "seven.json", "--cloud", "--json", cloud=old)
    assert (refused.status, refused.data["problems"][0]["path"]) == (2, "roles[0]")
    sent = call("deploy", "default", "--dialect", "6", "--yes", "--no-preflight", cloud=new)
    assert (sent.status, "can't make a service of it" in sent.err) == (2, True)
    assert not [item for item in new.requests if item.method == "POST" and item.server == "oneflow"]


def test_what_a_7_has_made_of_a_text_of_6_is_seen_in_what_is_registered(call: Call, cloud: Sandbox) -> None:
    document = json.loads((Path(__file__).parents[1] / "cases" / "04-context-as-list.json").read_text())
    asked = Cloud(sandbox=cloud)
    assert asked.ask("POST", "/service_template", document)[0] == 201
    if asked._connection is not None:
        asked._connection.close()
    ended = call("check", "--template", "t", cloud=cloud)
    assert (ended.status, "can't make a service of it" in ended.out) == (2, True)
