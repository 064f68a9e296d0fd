"""Network faults: whatever the network or a server does, one clear error and the right exit status."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest

from tests.cli.conftest import Ended, Program
from wizard.cli import connection as reach
from wizard.sandbox import http as faults
from wizard.sandbox.server import Sandbox

ASKING = (("status",), ("status", "1"), ("deploy", "default", "--yes"), ("deploy", "default", "--dry-run"))


def told(ended: Ended) -> None:
    """One error in words that an operator can use."""
    assert ended.out == ""
    assert ended.err.count("error: ") == 1
    assert "hint: " in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("arguments", ASKING, ids=" ".join)
def test_no_credentials(program: Program, arguments: tuple[str, ...]) -> None:
    ended = program(*arguments)
    assert ended.status == 3
    told(ended)
    assert "one_auth" in ended.err
    ended = program(*arguments, "--json") if "--dry-run" not in arguments else ended
    assert ended.status == 3


def test_a_wrong_password(program: Program, cloud: Sandbox) -> None:
    for arguments in ASKING:
        ended = program.at(cloud)(*arguments, ONEFLOW_PASSWORD="wrong")
        assert ended.status == 3
        told(ended)
        assert cloud.password not in ended.err
        assert "wrong" not in ended.err


def test_the_file_of_the_user_is_found(program: Program, cloud: Sandbox) -> None:
    folder = Path(program.environment["HOME"]) / ".one"
    folder.mkdir()
    (folder / "one_auth").write_text(f"{cloud.username}:{cloud.password}\n")
    (folder / "oneflow_endpoint").write_text(f"{cloud.oneflow_url}\n")
    assert program("status").status == 0


@pytest.mark.parametrize("arguments", ASKING, ids=" ".join)
def test_nobody_listens(call: Callable[..., Ended], cloud: Sandbox, arguments: tuple[str, ...]) -> None:
    nowhere = ("--server", "http://127.0.0.1:9", "--endpoint", "http://127.0.0.1:9/RPC2")
    ended = call(*arguments, *nowhere, cloud=cloud)
    assert ended.status == 3
    told(ended)
    assert "127.0.0.1:9" in ended.err


@pytest.mark.parametrize("url", ["localhost:2474", "ftp://x", "http://", "http://[", "http://x:0"])
def test_what_is_no_url_is_2(call: Callable[..., Ended], cloud: Sandbox, url: str) -> None:
    ended = call("status", "--server", url, cloud=cloud)
    assert ended.status == 2
    told(ended)


def test_a_host_that_does_not_exist(call: Callable[..., Ended], cloud: Sandbox) -> None:
    ended = call("status", "--server", "http://no-such-host.invalid:2474", cloud=cloud)
    assert ended.status == 3
    told(ended)


@pytest.fixture
def quick_to_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "TIMEOUT", 0.2)


@pytest.mark.usefixtures("quick_to_give_up")
@pytest.mark.parametrize("kind", [kind for kind in get_args(faults.Kind) if kind != "slow"])
def test_network_faults_on_the_way_to_oneflow(call: Callable[..., Ended], cloud: Sandbox, kind: faults.Kind) -> None:
    cloud.faults.plan("oneflow", kind, times=-1)
    for arguments in ASKING:
        ended = call(*arguments, cloud=cloud)
        assert ended.status == (1 if kind == "error" else 3)
        told(ended)
        for internal in (".rb", "/usr/", "<html"):
            assert internal not in ended.err
    ended = call("status", "--json")
    assert ended.error["exit_status"] == ended.status != 0


@pytest.mark.usefixtures("quick_to_give_up")
@pytest.mark.parametrize("kind", [kind for kind in get_args(faults.Kind) if kind != "slow"])
def test_network_faults_on_the_way_to_oned(call: Callable[..., Ended], cloud: Sandbox, kind: faults.Kind) -> None:
    cloud.faults.plan("oned", kind, times=-1)
    ended = call("deploy", "default", "--yes", cloud=cloud)
    assert ended.status in (1, 3)
    told(ended)
    assert call("status").status == 0


@pytest.fixture
def mute() -> Iterator[str]:
    """An address where something listens and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.usefixtures("quick_to_give_up")
def test_a_mute_listener(call: Callable[..., Ended], cloud: Sandbox, mute: str) -> None:
    ended = call("status", "--server", mute, cloud=cloud)
    assert ended.status == 3
    told(ended)
    assert "no answer within 0.2 s" in ended.err


def test_a_proxy_in_the_environment_is_left_alone(program: Program, cloud: Sandbox) -> None:
    proxies = {
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
    }
    assert program.at(cloud)("deploy", "default", "--dry-run", **proxies).status == 0
