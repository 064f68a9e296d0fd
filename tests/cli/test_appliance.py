"""The command `appliance`, as an operator types it."""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.console import Console

from tests.cli.conftest import Ended
from wizard.cli.report import table_text
from wizard.core.opennebula.template_text import read
from wizard.sandbox.server import Sandbox

Call = Callable[..., Ended]
Clouds = Callable[..., Sandbox]


def test_images_are_listed_with_the_reason(call: Call, cloud_of: Clouds) -> None:
    bare = cloud_of("no-appliance")
    ended = call("appliance", "images", cloud=bare)
    assert ended.status == 0, ended.err
    assert re.search(r"^0 +Debian 12 +3\.0 GB +yes$", ended.out, re.MULTILINE)
    assert re.search(r"^4 +backup disk .* no +it is a data block", ended.out, re.MULTILINE)
    data = call("appliance", "images", "--json", cloud=bare).data["images"]
    assert {item["id"]: item["fits"] for item in data} == {
        0: True,
        1: True,
        6: None,
        2: False,
        3: False,
        4: False,
        5: False,
    }
    assert data[0] == {"id": 0, "name": "Debian 12", "state": "READY", "size": 3072, "fits": True, "why": None}


def test_on_a_narrow_terminal_the_reason_goes_on_below_and_nothing_else_is_cut() -> None:
    row = ("3", "Debian 12 of the database", "20.0 GB", "no", "it is persistent: only one VM can use it at a time")
    lines = table_text(("ID", "NAME", "SIZE", "FITS", "WHY"), [row], Console(width=70), wraps=True).splitlines()
    assert lines[1].startswith("3   Debian 12 of the database  20.0 GB  no    it is")
    assert len(lines) > 2
    assert "…" not in "".join(lines)


def test_a_cloud_that_has_nothing_yet(call: Call, cloud_of: Clouds) -> None:
    bare = cloud_of("no-appliance")
    refused = call("deploy", "default", "--yes", "--no-wait", cloud=bare)
    assert refused.status == 4
    assert "flowerneb-wizard appliance create --image IMAGE" in refused.err
    shown = call("appliance", "create", "--image", "Debian 12", "--dry-run", cloud=bare)
    assert shown.status == 0, shown.err
    assert "bytes)" in shown.out, "the guest itself is left out"
    assert len(bare.world.vm_templates) == 2, "nothing was sent"
    made = call("appliance", "create", "--image", "Debian 12", "--network", "flower-net", "--yes", "--json", cloud=bare)
    assert made.status == 0, made.err
    assert [item["name"] for item in made.data["vm_templates"]] == ["Flower SuperLink", "Flower SuperNode"]
    deployed = call("deploy", "default", "--yes", cloud=bare)
    assert deployed.status == 0, deployed.err
    again = call("appliance", "create", "--image", "Debian 12", "--yes", cloud=bare)
    assert again.status == 1
    assert "nothing was written over" in again.err
    fresh = call("appliance", "update", "--yes", cloud=bare)
    assert fresh.status == 0
    assert fresh.err.count("this program's") == 2


def test_what_can_not_be_meant(call: Call, cloud_of: Clouds) -> None:
    bare = cloud_of("no-appliance")
    for arguments, status, said in (
        (("create", "--image", "Alpine 3.20", "--yes"), 2, "another C library"),
        (("create", "--image", "nothing", "--yes"), 4, "no such object"),
        (("create", "--image", "0", "--memory", "much", "--yes"), 2, "is no size"),
        (("create", "--image", "0", "--wheels", "ftp://x", "--yes"), 2, "http or https"),
        (("create", "--image", "0"), 2, "nobody can be asked here"),
        (("update", "--yes"), 4, "no such VM templates"),
    ):
        ended = call("appliance", *arguments, cloud=bare)
        assert ended.status == status, (arguments, ended)
        assert said in ended.err, (arguments, ended.err)
    assert len(bare.world.vm_templates) == 2


def test_a_template_is_printed_without_a_cloud(call: Call) -> None:
    ended = call("appliance", "render", "supernode", "--image", "7", "--memory", "8G", "--follow")
    assert ended.status == 0, ended.err
    found = read(ended.out)
    assert (found["NAME"], found["MEMORY"]) == ("Flower SuperNode", "8192")
    context = found["CONTEXT"]
    assert isinstance(context, dict)
    assert (context["FL_ROLE"], context["FL_FOLLOW"]) == ("supernode", "YES")
