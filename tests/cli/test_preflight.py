"""The preflight in the commands: `check --cloud`, and before `deploy`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.cli.conftest import Ended
from wizard.sandbox.blueprint import Image
from wizard.sandbox.server import Sandbox
from wizard.sandbox.worlds import DEFAULT

IDS = ("--set", "superlink.vm_template=0", "--set", "supernode.vm_template=1")
Call = Callable[..., Ended]
Clouds = Callable[..., Sandbox]


def sent(cloud: Sandbox) -> list[str]:
    """What changed anything."""
    return [item.call for item in cloud.requests if item.server == "oneflow" and item.method != "GET"]


def test_a_good_cloud(call: Call, cloud: Sandbox) -> None:
    ended = call("check", "default", "--cloud", cloud=cloud)
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert any(line.split() == ["ok", "SuperLink", "image", "0", "flower-os", "is", "READY"] for line in lines)
    assert lines[-1] == "3 unknown, 15 ok"
    assert sent(cloud) == []


def test_without_the_word_no_cloud_is_asked(call: Call, cloud: Sandbox) -> None:
    ended = call("check", "default", cloud=cloud)
    assert (ended.status, cloud.requests) == (0, [])
    assert "Hosts" not in ended.out
    assert "preflight" not in call("check", "default", "--json", cloud=cloud).data


def test_an_error_is_5(call: Call, cloud_of: Clouds) -> None:
    cloud = cloud_of("no-capacity")
    ended = call("check", "default", "--cloud", cloud=cloud)
    assert ended.status == 5
    assert "error    Hosts" in ended.out
    assert "-> Choose fewer SuperNodes" in ended.out
    ended = call("check", "default", "--cloud", "--json", cloud=cloud)
    assert (ended.status, ended.data["valid"], ended.data["ready"]) == (5, True, False)
    against = [item for item in ended.data["preflight"] if item["result"] == "error"]
    assert [(item["check"], item["title"]) for item in against] == [("hosts", "Hosts")]
    assert against[0]["found"]
    assert against[0]["todo"]


def test_an_error_of_the_plan_comes_first(call: Call, cloud_of: Clouds) -> None:
    ended = call("check", "default", "--cloud", "--set", "supernode.cardinality=1", cloud=cloud_of("no-capacity"))
    assert ended.status == 2
    assert "error: supernode.cardinality: " in ended.out
    assert "Hosts" in ended.out


def test_no_permission_is_told_as_such(call: Call, cloud_of: Clouds) -> None:
    ended = call("check", "default", "--cloud", "--json", *IDS, cloud=cloud_of("no-permission"))
    assert ended.status == 5
    found = {item["title"]: item["result"] for item in ended.data["preflight"]}
    assert (found["SuperLink template"], found["Hosts"], found["SuperLink image"]) == ("error", "unknown", "unknown")


def test_nobody_listens(call: Call, cloud: Sandbox) -> None:
    nowhere = ("--server", "http://127.0.0.1:9", "--endpoint", "http://127.0.0.1:9/RPC2")
    ended = call("check", "default", "--cloud", "--json", *nowhere, cloud=cloud)
    assert ended.status == 3
    found = {item["check"]: item["result"] for item in ended.data["preflight"]}
    assert (found["oned"], found["oneflow"]) == ("error", "error")
    assert "ok" not in found.values()


def test_no_credentials_is_3(call: Call) -> None:
    ended = call("check", "default", "--cloud")
    assert (ended.status, ended.out) == (3, "")


def test_a_wrong_password_is_never_shown(call: Call, cloud: Sandbox) -> None:
    ended = call("check", "default", "--cloud", "--username", cloud.username, "--password", "wr:ong", cloud=cloud)
    assert ended.status == 3
    assert "error    Credentials" in ended.out
    assert "wr:ong" not in ended.out + ended.err


@pytest.mark.parametrize(
    "arguments", [("--template", "x", "--cloud"), ("default", "--sandbox"), ("default", "-s", "x")]
)
def test_wrong_usage(call: Call, arguments: tuple[str, ...]) -> None:
    ended = call("check", *arguments)
    assert ended.status == 2
    assert "--cloud" in ended.err


def test_hostile_names_stay_in_their_line(call: Call, cloud_of: Clouds) -> None:
    ended = call("check", "default", "--cloud", *IDS, cloud=cloud_of("hostile-names"))
    assert ended.status == 0
    assert "[/vm] [b]Flower[/b]" in ended.out
    other = ("--set", "superlink.vm_template=2", "--set", "supernode.vm_template=1")
    ended = call("check", "default", "--cloud", *other, cloud=cloud_of("hostile-names"))
    assert "\u202e" not in ended.out
    assert "\\u202e" in ended.out


def test_deploy_is_kept_back(call: Call, cloud_of: Clouds) -> None:
    cloud = cloud_of("no-capacity")
    ended = call("deploy", "default", "--yes", "--json", cloud=cloud)
    assert (ended.status, ended.out) == (5, "")
    assert ended.error["exit_status"] == 5
    assert "not enough CPU" in ended.error["error"]["detail"]
    assert "--no-preflight" in ended.error["error"]["hint"]
    assert sent(cloud) == []
    assert call("deploy", "default", "--yes", "--no-wait", "--no-preflight", cloud=cloud).status == 0
    assert len(sent(cloud)) == 2


def test_deploy_tells_the_warnings_and_goes_on(call: Call, cloud_of: Clouds) -> None:
    image = replace(DEFAULT.images[0], state=4)
    cloud = cloud_of(replace(DEFAULT, images=(image,)))
    ended = call("deploy", "default", "--yes", "--no-wait", cloud=cloud)
    assert ended.status == 0
    assert "preflight: 2 warnings, 3 unknown, 13 ok" in ended.err
    assert "warning: SuperLink image: 0 flower-os is LOCKED" in ended.err


def test_deploy_with_a_bad_image(call: Call, cloud_of: Clouds) -> None:
    cloud = cloud_of(replace(DEFAULT, images=(Image(0, "flower-os", state=5),)))
    ended = call("deploy", "default", "--yes", cloud=cloud)
    assert ended.status == 5
    assert "0 flower-os is ERROR" in ended.err
    assert "Traceback" not in ended.err
    assert sent(cloud) == []


@pytest.mark.parametrize("server", ["oned", "oneflow"])
def test_deploy_out_of_reach_is_3(call: Call, cloud: Sandbox, server: str) -> None:
    cloud.faults.plan(server, "close", times=-1)  # type: ignore[arg-type]
    ended = call("deploy", "default", "--yes", cloud=cloud)
    assert ended.status == 3
    assert sent(cloud) == []


def test_deploy_goes_on_where_the_cloud_does_not_tell_all(call: Call, cloud: Sandbox) -> None:
    cloud.faults.plan("oned", "error", match="one.hostpool.info", times=-1)
    ended = call("deploy", "default", "--yes", "--no-wait", cloud=cloud)
    assert ended.status == 0
    assert "preflight: 4 unknown, 14 ok" in ended.err


def test_a_dry_run_needs_no_preflight(call: Call, cloud_of: Clouds) -> None:
    assert call("deploy", "default", "--dry-run", cloud=cloud_of("no-capacity")).status == 0
