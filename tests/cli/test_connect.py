"""`connect`: the card of a service that runs, and its CA as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ended
from wizard.sandbox.server import Sandbox

Call = Callable[..., Ended]


def deployed(call: Call, cloud: Sandbox, preset: str) -> str:
    """The id of a service that is RUNNING."""
    ended = call("deploy", preset, "--yes", "--no-preflight", "--json", cloud=cloud)
    assert ended.status == 0
    return str(ended.data["service"]["id"])


def test_the_card_as_text_and_as_json(call: Call, cloud: Sandbox) -> None:
    number = deployed(call, cloud, "default")
    text = call("connect", number, cloud=cloud)
    assert text.status == 0
    assert text.out.startswith("SuperLink 10.")
    assert f"    flwr run . service-{number} --stream\n" in text.out
    data = call("connect", number, "--json", cloud=cloud).data
    assert (data["flower_version"], data["tls"], data["ca"]) == ("1.25.0", False, "")
    for step in data["steps"]:
        assert all(f"    {line}\n" in text.out for line in step["lines"])


def test_the_ca_as_a_file(call: Call, cloud: Sandbox, tmp_path: Path) -> None:
    number, path = deployed(call, cloud, "llm-fine-tuning"), tmp_path / "ca.crt"
    ended = call("connect", number, "--ca", str(path), cloud=cloud)
    assert (ended.status, ended.out) == (0, f"{path}\n")
    assert path.read_text().startswith("-----BEGIN CERTIFICATE-----\n")
    again = call("connect", number, "--ca", str(path), cloud=cloud)
    assert again.status == 1
    assert "it exists" in again.err
    assert "--force" in again.err
    assert call("connect", number, "--ca", str(path), "--force", cloud=cloud).status == 0
    assert call("connect", number, "--ca", str(tmp_path / "no" / "ca.crt"), cloud=cloud).status == 1


def test_no_ca_without_tls(call: Call, cloud: Sandbox, tmp_path: Path) -> None:
    ended = call("connect", deployed(call, cloud, "default"), "--ca", str(tmp_path / "ca.crt"), cloud=cloud)
    assert ended.status == 1
    assert "TLS is off" in ended.err
    assert not (tmp_path / "ca.crt").exists()


@pytest.mark.parametrize(("service", "status"), [("4711", 4), ("nobody", 4)])
def test_no_such_service(call: Call, cloud: Sandbox, service: str, status: int) -> None:
    assert call("connect", service, cloud=cloud).status == status


def test_a_superlink_that_is_not_ready(call: Call, cloud: Sandbox) -> None:
    call("deploy", "default", "--yes", "--no-preflight", "--no-wait", cloud=cloud)
    ended = call("connect", "Flower Federated Learning", cloud=cloud)
    assert ended.status == 1
    assert "not READY" in ended.err
