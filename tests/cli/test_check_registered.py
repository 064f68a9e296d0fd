"""`check --template`: what is wrong with a service template that the cloud has."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Ended
from wizard.cloud.cloud import Cloud
from wizard.core.plan.plan import Plan, to_json
from wizard.sandbox.server import Sandbox


def register(cloud: Sandbox, **changes: Any) -> int:
    """A template of ours, changed, in the cloud; its id."""
    from tests.tui.conftest import login_of

    client = Cloud(login_of(cloud))
    try:
        return client.templates.register(to_json({**Plan().template(), **changes}))
    finally:
        client.close()


def test_by_name_and_by_id(call: Callable[..., Ended], cloud: Sandbox) -> None:
    number = register(cloud, name="mine", deployment="none", ready_status_gate=False)
    by_name, by_id = (call("check", "--template", word, cloud=cloud) for word in ("mine", str(number)))
    assert by_name == by_id
    assert by_id.status == 2
    assert "error: deployment: none: expected straight" in by_id.out
    assert '\n  fix: Write "straight".\n' in by_id.out


def test_json(call: Callable[..., Ended], cloud: Sandbox) -> None:
    number = register(cloud, name="mine")
    ended = call("check", "--json", "--template", str(number), cloud=cloud)
    assert ended.status == 0
    assert ended.data | {"problems": []} == {"problems": [], "valid": True, "flower": True, "contract": "seed"}
    assert all(item["fix"] and item["path"] for item in ended.data["problems"])


def test_what_is_no_flower_service_says_so(call: Callable[..., Ended], cloud: Sandbox) -> None:
    ended = call("check", "--template", "Web shop", cloud=cloud)
    assert ended.status == 2
    assert ended.out.startswith("Not a Flower service: ")
    assert call("check", "--json", "--template", "Web shop", cloud=cloud).data["flower"] is False


def test_what_is_not_there(call: Callable[..., Ended], cloud: Sandbox) -> None:
    ended = call("check", "--template", "Web shoq", cloud=cloud)
    assert ended.status == 4
    assert "Did you mean 'Web shop'?" in ended.err


def test_the_cloud_out_of_reach(call: Callable[..., Ended]) -> None:
    ended = call(
        "check", "--template", "x", "--server", "http://127.0.0.1:1", "--username", "a", "--password", "b", "--json"
    )
    assert ended.status == 3
    assert json.loads(ended.err.splitlines()[-1])["exit_status"] == 3


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("default", "--template", "x"),
        ("--template", "x", "--set", "FL_NUM_ROUNDS=3"),
        ("--template", "x", "--cloud"),
    ],
)
def test_wrong_usage(call: Callable[..., Ended], arguments: tuple[str, ...]) -> None:
    assert call("check", *arguments).status == 2


def test_a_sandbox_is_a_cloud_too(call: Callable[..., Ended]) -> None:
    ended = call("check", "--sandbox", "--template", "0")
    assert (ended.status, "Not a Flower service" in ended.out) == (2, True), ended


def test_hostile_names_drive_no_terminal(call: Callable[..., Ended], cloud_of: Callable[..., Sandbox]) -> None:
    ended = call("check", "--template", "0", cloud=cloud_of("hostile-names"))
    assert "\x1b" not in ended.out + ended.err
    assert "\u202e" not in ended.out
