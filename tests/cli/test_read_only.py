"""`--read-only`, and the line in the settings: what looks works, what changes something is refused unsent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Ended
from wizard.cloud import oned, oneflow
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import ReadOnly
from wizard.cloud.login import find_login
from wizard.sandbox.server import Sandbox
from wizard.storage.preferences import path, remember

CHANGING = [
    "deploy default --yes",
    "scale {id} 3 --yes",
    "restart-stale {id} --yes",
    "recover {id} --yes",
    "delete {id} --yes",
    "delete 9 --sweep --yes",
    "verify {id}",
    "appliance create --image 0 --yes",
    "appliance update --yes",
]
LOOKING = [
    "status",
    "status {id}",
    "vm 0",
    "connect {id}",
    "check default --cloud",
    "render default",
    "deploy default --dry-run",
    "scale {id} 3 --dry-run",
    "delete {id} --dry-run",
    "appliance images",
    "appliance update --dry-run",
]
LOOKS = re.compile(r"(GET /.*|one\.\w+\.(info|infoset|infoextended|version|monitoring))")


@pytest.fixture
def service(call: Callable[..., Ended], cloud: Sandbox) -> int:
    """The id of a service that runs."""
    ended = call("deploy", "default", "--yes", "--json", cloud=cloud)
    assert ended.status == 0, ended.err
    return int(ended.data["service"]["id"])


def asked(cloud: Sandbox, since: int) -> list[str]:
    """What clients asked meanwhile; guests ask OneGate."""
    return [f"{item.call}" for item in cloud.requests[since:] if item.server != "onegate"]


@pytest.mark.parametrize("command", CHANGING)
def test_what_changes_something_is_refused(
    command: str, call: Callable[..., Ended], cloud: Sandbox, service: int
) -> None:
    since = len(cloud.requests)
    ended = call("--read-only", *command.format(id=service).split(), cloud=cloud)
    assert ended.status == 2
    assert "read-only: nothing was sent" in ended.err
    assert "--read-only was given" in ended.err
    assert [item for item in asked(cloud, since) if not LOOKS.fullmatch(item)] == []


@pytest.mark.parametrize("command", LOOKING)
def test_what_looks_works(command: str, call: Callable[..., Ended], cloud: Sandbox, service: int) -> None:
    words = command.format(id=service).split()
    since = len(cloud.requests)
    assert call(*words, "--read-only", cloud=cloud).status == 0
    assert [item for item in asked(cloud, since) if not LOOKS.fullmatch(item)] == []


def test_the_settings_say_it_and_keep_it(
    call: Callable[..., Ended], cloud: Sandbox, service: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path().parent.mkdir(parents=True)
    path().write_text("read_only = true\n")
    remember("theme", "light")
    ended = call("scale", str(service), "3", "--yes", "--json", cloud=cloud)
    assert ended.status == 2
    error = json.loads(ended.err.splitlines()[-1])["error"]
    assert (error["type"], error["title"]) == ("ReadOnly", "read-only: nothing was sent")
    assert f"{path()} says read_only = true." in error["detail"]
    path().write_text("read_only = false\n")
    assert call("scale", str(service), "3", "--dry-run", cloud=cloud).status == 0
    assert "read-only" not in call("recover", str(service), "--yes", cloud=cloud).err


@pytest.mark.parametrize("text", ["read_only = ", 'read_only = "no"', "read_only = 0", "\xff"])
def test_settings_that_may_have_meant_it_forbid(
    text: str, call: Callable[..., Ended], cloud: Sandbox, service: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path().parent.mkdir(parents=True)
    path().write_bytes(text.encode("latin-1"))
    ended = call("scale", str(service), "3", "--yes", cloud=cloud)
    assert ended.status == 2
    assert str(path()) in ended.err


def test_the_client_itself_sends_nothing_that_changes(cloud: Sandbox, service: int) -> None:
    login = replace(find_login(cloud.environment(), Path("/nonexistent")), read_only_reason="Nobody may.")
    client = Cloud(login)
    since = len(cloud.requests)
    changes: list[Callable[[], object]] = [
        lambda: client.services.scale(service, "supernode", 3),
        lambda: client.services.remove(service),
        lambda: client.services.recover(service),
        lambda: client.templates.register("{}"),
        lambda: client.templates.update(0, "{}"),
        lambda: client.templates.instantiate(0, "{}"),
        lambda: client.pools.register_vm_template('NAME="x"'),
        lambda: client.pools.update_vm_template(0, 'X="x"'),
        lambda: client.pools.delete_vm_template(0),
        lambda: client.vms.act(0, "terminate"),
    ]
    for change in changes:
        with pytest.raises(ReadOnly, match="nothing was sent"):
            change()
    client.close()
    assert [item for item in asked(cloud, since) if not LOOKS.fullmatch(item)] == []


def test_each_call_that_changes_something_goes_through_the_guard() -> None:
    lines = Path(oned.__file__).read_text(encoding="utf-8").splitlines()
    calls = [(name, line) for line in lines for name in re.findall(r"\bone\.(\w+\.\w+)\(", line)]
    changing = [(name, line) for name, line in calls if not LOOKS.fullmatch(f"one.{name}")]
    assert len(changing) >= 5
    assert [name for name, line in changing if "self._change(" not in line] == []
    sends = re.findall(r"_http\.\w+", Path(oneflow.__file__).read_text(encoding="utf-8"))
    assert sorted(set(sends)) == ["_http.close", "_http.exchange"], "one way out, and it has the guard"
