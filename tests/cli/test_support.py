"""`support`: what is in the archive, and that no secret is, wherever somebody put one."""

from __future__ import annotations

import base64
import json
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ended
from tests.deploying import deploy_plan
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox

SECRETS = ("s3cret-in-published", "s3cret-in-json", "s3cret-in-a-url", "s3cret-in-settings", "s3cret-in-the-log")


@pytest.fixture
def service(cloud: Sandbox) -> int:
    """The id of a service whose VMs say secrets."""
    client = Cloud(find_login(cloud.environment(), Path("/nonexistent")))
    made = deploy_plan(Plan().with_texts({"service.name": "../[b]x/"}), client)
    client.close()
    cloud.clock.advance(100)
    with cloud.world.lock:
        vm = cloud.world.vms[0]
        vm.user_template["DB_PASSWORD"] = SECRETS[0]
        vm.user_template["REMARK"] = f"it said {SECRETS[0]} again"
        vm.user_template["NOTE"] = json.dumps({"deep": [{"api_token": SECRETS[1]}]})
        vm.user_template["FL_ERROR"] = f"pip: https://eva:{SECRETS[2]}@host/simple refused, {cloud.password}"
    return made.id


def read(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        members = [(item, archive.extractfile(item)) for item in archive.getmembers()]
        return {item.name.partition("/")[2]: file.read().decode() for item, file in members if file is not None}


def test_it_holds_what_helps_and_no_secret(
    call: Callable[..., Ended], cloud: Sandbox, service: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    settings = tmp_path / "config" / "flowerneb-wizard" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f'theme = "dark"\nproxy_password = "{SECRETS[3]}"\n')
    target = tmp_path / "a.tar.gz"
    since = len(cloud.requests)
    ended = call("support", str(service), "-o", str(target), "--yes", cloud=cloud)
    assert (ended.status, ended.out) == (0, f"{target}\n")
    asked = [item.call for item in cloud.requests[since:] if item.server != "onegate"]
    assert [name for name in asked if not (name.startswith("GET ") or ".info" in name or "version" in name)] == []
    found = read(target)
    assert set(found) == {
        *("service.json", "service-templates.json", "status.json", "events.jsonl", "settings.toml", "versions.json"),
        *(f"vms/{vm.vid}.json" for vm in cloud.world.vms),
    }
    assert all(name in ended.err for name in found), "each is listed"
    assert ended.err.index("vms/0.json") < ended.err.index("taken out as secret")
    whole = "\n".join(found.values())
    wired = base64.b64encode(f"{cloud.username}:{cloud.password}".encode()).decode()
    for secret in (*SECRETS, cloud.password, wired, cloud.password.split(":")[0]):
        assert secret not in whole, secret
    assert "DB_PASSWORD" in found["vms/0.json"], "names stay"
    assert json.loads(found["status.json"])["service"]["id"] == service
    assert json.loads(found["versions.json"])["opennebula"] == "7.5.80"
    assert "New state" in found["events.jsonl"]
    assert 'theme = "dark"' in found["settings.toml"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_it_is_not_written_over_and_nobody_is_not_asked(
    call: Callable[..., Ended], cloud: Sandbox, service: int, tmp_path: Path
) -> None:
    target = tmp_path / "a.tar.gz"
    target.write_text("mine")
    assert call("support", str(service), "-o", str(target), cloud=cloud).status == 2
    ended = call("support", str(service), "-o", str(target), "--yes", cloud=cloud)
    assert (ended.status, target.read_text()) == (1, "mine")
    assert "--force" in ended.err
    assert call("support", str(service), "-o", str(target), "--yes", "--force", cloud=cloud).status == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    ended = call("support", str(service), "-o", str(tmp_path), "--yes", cloud=cloud)
    assert (ended.status, "Traceback" in ended.err) == (1, False)


@pytest.mark.parametrize("server", ["oned", "oneflow"])
def test_what_could_not_be_had_says_why(
    server: str, call: Callable[..., Ended], cloud: Sandbox, service: int, tmp_path: Path
) -> None:
    target = tmp_path / "a.tar.gz"
    call("status", str(service), cloud=cloud)
    match = "/service_template" if server == "oneflow" else ""
    cloud.faults.plan(server, "error", match=match, times=50)
    ended = call("support", str(service), "-o", str(target), "--yes", "--json", cloud=cloud)
    assert ended.status == 0
    found = read(target)
    why = found["service-templates.json"] if server == "oneflow" else found["status.json"]
    assert "error" in json.loads(why) or json.loads(why)["oned_error"]["title"]
    assert ended.data["files"][0]["name"] == "service.json"


def test_of_a_service_that_is_gone_the_journal_speaks(
    call: Callable[..., Ended], cloud: Sandbox, tmp_path: Path
) -> None:
    made = call("deploy", "default", "--yes", "--json", cloud=cloud).data["service"]["id"]
    assert call("delete", str(made), "--yes", cloud=cloud).status == 0
    target = tmp_path / "a.tar.gz"
    assert call("support", str(made), "-o", str(target), "--yes", cloud=cloud).status == 0
    found = read(target)
    assert "READY=YES" in found["events.jsonl"]
    assert "error" in json.loads(found["service.json"])
    assert call("support", "99", "-o", str(tmp_path / "b"), "--yes", cloud=cloud).status == 4
