"""The guest from its CONTEXT to READY, step by step, and everything that may keep it from there.

Flower is played by scripts, OneGate by a server of the test; all between is the guest itself, in a folder of its own.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import json
import os
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.appliance.conftest import TOKEN, Gate, Machine, quoted, until
from wizard.appliance import guest as program
from wizard.appliance.guest import Failure, Places, Settings, health, one_line, partition, read_context
from wizard.core.flower import node_config
from wizard.core.plan.contracts import SEED

BASE = {"FL_ROLE": "supernode", "VMID": "3", "ONEGATE_ENDPOINT": "http://10.0.0.1:5030"}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def test_it_starts_on_python_3_6_with_nothing_but_the_standard_library() -> None:
    source = Path(program.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 6))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    others = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
    assert others == {"cryptography"}, "that is in Flower's environment"


NAMES = st.from_regex(r"\A[A-Z_][A-Z0-9_]{0,20}\Z")


@given(st.dictionaries(NAMES, st.text(max_size=200)))
def test_what_stands_in_context_arrives_as_it_is(values: dict[str, str]) -> None:
    assert read_context(f"# Context variables\nnonsense\n{quoted(values)}\n") == values


@pytest.mark.parametrize(
    "value", ["'", "$(reboot)", "`id`", "a'\n\nVMID='9", "x" * 60_000, "\\", "'\\''", "\x00\x1b[2J"]
)
def test_a_hostile_value_is_one_value(value: str) -> None:
    found = read_context(quoted({"FL_NODE_CONFIG": value, "VMID": "3"}))
    assert found == {"FL_NODE_CONFIG": value, "VMID": "3"}
    with pytest.raises(Failure, match="FL_NODE_CONFIG"):
        Settings({**BASE, **found})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("FL_ROLE", ""),
        ("FL_ROLE", "web"),
        ("FLOWER_VERSION", "latest"),
        ("FLOWER_VERSION", "1.25"),
        ("FL_TLS_ENABLED", "perhaps"),
        ("FL_LOG_LEVEL", "LOUD"),
        ("FL_NUM_ROUNDS", "0"),
        ("FL_NUM_ROUNDS", "٣"),
        ("FL_STRATEGY", "FedMagic"),
        ("ML_FRAMEWORK", "torch; reboot"),
        ("FL_USE_CASE", "../x"),
        ("FL_NODE_CONFIG", "partition-id"),
        ("FL_NODE_CONFIG", "a=1,b=2"),
        ("FL_NODE_CONFIG", "name=alice"),
        ("FL_SUPERLINK_ADDRESS", "host"),
        ("FL_SUPERLINK_ADDRESS", "-oProxyCommand=x:1"),
        ("FL_WHEELS_URL", "file:///etc/passwd"),
        ("FL_WHEELS_URL", "--target=/etc http://x"),
        ("FL_INDEX_URL", "http://x/ y"),
        ("FL_EXTRA_PACKAGES", "--target=/"),
        ("FL_EXTRA_PACKAGES", "git+https://x/y"),
        ("FL_EXTRA_PACKAGES", "pandas; reboot"),
        ("FL_FOLLOW", "1"),
        ("VMID", "3;4"),
        ("ONEGATE_ENDPOINT", "gopher://x"),
        ("FL_LOG_LEVEL", "x" * 5000),
    ],
)
def test_values_are_checked_again(key: str, value: str) -> None:
    with pytest.raises(Failure, match=key):
        Settings({**BASE, key: value})


def test_values_that_are_fine() -> None:
    settings = Settings(
        {
            **BASE,
            "FLOWER_VERSION": "1.31.0",
            "FL_TLS_ENABLED": "yes",
            "FL_NODE_CONFIG": "partition-id=1 num-partitions=2 site='north hall' rate=1e-3",
            "FL_SUPERLINK_ADDRESS": "superlink.example:9092",
            "FL_EXTRA_PACKAGES": "pandas==2.2.3 scikit-learn>=1.4,<2",
            "FL_USE_CASE": "image-classification",
            "ETH0_IP": "10.0.0.5",
            "ETH1_IP": "$(reboot)",
            "ETH10_IP6": "fd00::5",
        }
    )
    assert settings.tls
    assert settings.addresses == ["10.0.0.5", "fd00::5"]
    assert settings.packages[0] == "flwr==1.31.0"
    assert {"torch", "flwr-datasets[vision]", "pandas==2.2.3"} <= set(settings.packages)
    assert Settings({**BASE, "FL_ROLE": "superlink"}).packages == ["flwr==1.25.0"]


@given(st.text(max_size=500))
def test_whatever_is_reported_is_one_printable_line(text: str) -> None:
    said = one_line(text)
    assert said.isprintable()
    assert len(said) <= 200
    assert '"' not in said
    assert "\\" not in said


GATE = st.text(alphabet="READYS =\"'x", max_size=30)


@given(st.text(), st.sampled_from(["READY=YES", 'READY="YES"', "R EADY = 'YES'", "FL_READY=YES"]), GATE)
def test_no_sentence_opens_the_ready_gate(before: str, opening: str, after: str) -> None:
    for text in (before + opening + after, after):
        bare = "".join(character for character in one_line(text) if character not in "\"' ")
        assert "READY=YES" not in bare


PIECES = st.sampled_from(
    [*"a-_=1 0.xebof,'\"+$", "a=", "b=", " c=", "1_0", "0x1F", "0o7", "0b1", "inf", "nan", "true", "1e-3"]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_node_config_passes_here_where_the_contract_lets_it_pass(text: str) -> None:
    """What the program lets an operator deploy, no guest refuses, and the other way round."""
    try:
        Settings({**BASE, "FL_NODE_CONFIG": text})
    except Failure:
        passes = False
    else:
        passes = True
    assert passes == (not node_config.parse(text)[1])


def test_lists_of_choices_are_the_contract_s() -> None:
    options = {item.key: item.input.options for item in SEED.fields if item.input.options}
    for key, values in program._CHOICES.items():
        assert key == "FL_ROLE" or set(values) == set(options[key])


def test_a_file_is_never_written_through_a_link(tmp_path: Path) -> None:
    """The user flower runs the code of others: it could have root write anywhere."""
    other = tmp_path / "other"
    other.write_text("kept")
    (tmp_path / f"ca.crt.{os.getpid()}").symlink_to(other)
    program.write(str(tmp_path / "ca.crt"), "new", 0o600)
    assert other.read_text() == "kept"
    assert (tmp_path / "ca.crt").read_text() == "new"
    assert not (tmp_path / "ca.crt").is_symlink()
    assert (tmp_path / "ca.crt").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("context", "address"),
    [
        ({"ETH0_IP": "10.0.0.5"}, "10.0.0.5"),
        ({"ETH0_IP6": "fd00::5", "ETH1_IP": "10.0.1.5"}, "10.0.1.5"),
        # Without an address in CONTEXT, as after DHCP, the one that faces OneGate.
        ({"ETH0_IP6": "fd00::5", "ONEGATE_ENDPOINT": "http://127.0.0.1:5030"}, "127.0.0.1"),
    ],
)
def test_the_address_that_is_published_is_one_that_others_can_reach(context: dict[str, str], address: str) -> None:
    assert program.first_address(Settings({**BASE, **context})) == address


@given(st.lists(st.integers(0, 50), unique=True), st.integers(0, 50))
def test_the_partition_is_the_place_in_the_list(nodes: list[int], vm: int) -> None:
    found = partition(nodes, vm)
    assert found == (f"partition-id={nodes.index(vm)} num-partitions={len(nodes)}" if vm in nodes else "")


ODD = [
    {},
    {"SERVICE": None},
    {"SERVICE": {"roles": 7}},
    {"SERVICE": {"roles": [None, {"name": "supernode"}]}},
    {"SERVICE": {"roles": [{"name": "supernode", "nodes": 7}]}},
    {"SERVICE": {"roles": [{"name": "supernode", "nodes": [None, 7, {"deploy_id": float("inf")}]}]}},
]


@pytest.mark.parametrize("service", ODD)
def test_an_odd_answer_about_the_service_lists_nobody(service: dict[str, object]) -> None:
    assert program.nodes_of(service, "supernode") == []


def test_a_superlink_publishes_where_it_is_before_it_opens_the_gate(machine: Machine, gate: Gate) -> None:
    machine.boot()
    until(lambda: gate.now.get("READY") == "YES")
    order = [key for values in gate.told for key, value in values.items() if "YES" in value or key == "FL_ENDPOINT"]
    assert order.index("FL_ENDPOINT") < order.index("FL_READY") < order.index("READY")
    assert gate.now["FL_ENDPOINT"] == f"{machine.address}:9092"
    assert (gate.now["FL_VERSION"], gate.now["FL_TLS"], gate.now["FL_ERROR"]) == ("1.25.0", "NO", "")
    stages = [values["FL_STAGE"] for values in gate.told if "FL_STAGE" in values]
    assert stages == ["starting Flower 1.25.0", "running"]
    assert all("READY=YES" not in stage for stage in stages)
    assert gate.told[0]["READY"] == gate.told[0]["FL_READY"] == "NO", "what was said before a reboot is taken back"
    assert health(Places(str(machine.folder))) == 0
    machine.shut_down()
    assert TOKEN not in (machine.folder / "var/log/flower.log").read_text()


def test_a_supernode_takes_its_place_in_the_list(machine: Machine, gate: Gate) -> None:
    gate.lists(superlink=[1], supernode=[9, 3, 4])
    gate.vms[1] = {"FL_ENDPOINT": "127.0.0.1:9092", "FL_READY": "YES"}
    machine.boot(FL_ROLE="supernode", FL_LOG_LEVEL="ERROR")
    until(lambda: gate.now.get("READY") == "YES")
    assert gate.now["FL_NODE_CONFIG"] == "partition-id=1 num-partitions=3"
    assert gate.now["FL_NODE_ID"].isdigit()
    assert gate.now["FL_NODE_READY"] == "YES"
    said = (machine.folder / "var/log/flower.log").read_text()
    assert "'--superlink', '127.0.0.1:9092'" in said
    assert "'--insecure'" in said


def test_what_the_operator_gave_wins_and_without_a_service_there_is_none(machine: Machine, gate: Gate) -> None:
    context = {"FL_ROLE": "supernode", "FL_SUPERLINK_ADDRESS": "127.0.0.1:9092"}
    machine.boot(**context, FL_NODE_CONFIG="site='north hall'")
    until(lambda: gate.now.get("READY") == "YES")
    assert gate.now["FL_NODE_CONFIG"] == "site='north hall'"
    machine.shut_down()
    gate.told.clear()
    machine.boot(**context)
    until(lambda: gate.now.get("READY") == "YES")
    assert gate.now["FL_NODE_CONFIG"] == ""


def test_whoever_does_not_report_ready_never_says_it(machine: Machine, gate: Gate) -> None:
    machine.boot(REPORT_READY="NO")
    until(lambda: gate.now.get("FL_READY") == "YES")
    assert "READY" not in gate.now


def failing(gate: Gate) -> str:
    """The error, once there is one."""
    until(lambda: gate.now.get("FL_ERROR"))
    return gate.now["FL_ERROR"]


def test_nobody_lists_it(machine: Machine, gate: Gate) -> None:
    gate.lists(superlink=[1], supernode=[9])
    gate.vms[1] = {"FL_ENDPOINT": "127.0.0.1:9092"}
    machine.boot(FL_ROLE="supernode")
    assert "has not listed this VM" in failing(gate)
    assert gate.now["FL_NODE_READY"] == "NO"
    assert gate.now["READY"] == "NO"
    assert health(Places(str(machine.folder))) == 1
    gate.lists(superlink=[1], supernode=[9, 3])
    until(lambda: gate.now.get("READY") == "YES")
    assert gate.now["FL_ERROR"] == "", "the next try succeeds, and takes the error back"


def test_two_supernodes_of_one_name_are_told_apart_by_their_ids(machine: Machine, gate: Gate) -> None:
    nodes = [{"deploy_id": vm, "vm_info": {"VM": {"NAME": "the same"}}} for vm in (8, 3)]
    roles = [{"name": "superlink", "nodes": [{"deploy_id": 1}]}, {"name": "supernode", "nodes": nodes}]
    gate.service = {"SERVICE": {"roles": roles}}
    gate.vms[1] = {"FL_ENDPOINT": "127.0.0.1:9092"}
    machine.boot(FL_ROLE="supernode")
    until(lambda: gate.now.get("READY") == "YES")
    assert gate.now["FL_NODE_CONFIG"] == "partition-id=1 num-partitions=2"


@pytest.mark.parametrize(
    ("published", "tls", "said"),
    [
        ({}, "NO", "no SuperLink has published where it is"),
        ({"FL_ENDPOINT": "127.0.0.1:9092", "FL_READY": "NO"}, "NO", "no SuperLink has published"),
        ({"FL_ENDPOINT": "$(reboot):1"}, "NO", "no SuperLink has published"),
        ({"FL_ENDPOINT": "127.0.0.1:9092"}, "YES", "published no CA"),
        ({"FL_ENDPOINT": "127.0.0.1:9092", "FL_CA_CERT": "no base64!"}, "YES", "published no CA"),
        ({"FL_ENDPOINT": "127.0.0.1:9092", "FL_CA_CERT": base64.b64encode(b"x").decode()}, "YES", "published no CA"),
    ],
)
def test_no_superlink_to_join(machine: Machine, gate: Gate, published: dict[str, str], tls: str, said: str) -> None:
    gate.lists(superlink=[1], supernode=[3])
    gate.vms[1] = published
    machine.boot(FL_ROLE="supernode", FL_TLS_ENABLED=tls)
    assert said in failing(gate)


def test_a_ca_that_is_published_is_trusted(machine: Machine, gate: Gate) -> None:
    gate.lists(superlink=[1], supernode=[3])
    gate.vms[1] = {"FL_ENDPOINT": "127.0.0.1:9092", "FL_CA_CERT": base64.b64encode(PEM.encode()).decode()}
    machine.boot(FL_ROLE="supernode", FL_TLS_ENABLED="YES")
    until(lambda: gate.now.get("READY") == "YES")
    assert (machine.folder / "var/lib/flower/ca.crt").read_text() == PEM
    assert "'--root-certificates'" in (machine.folder / "var/log/flower.log").read_text()


def test_a_superlink_that_is_gone_while_a_supernode_boots(machine: Machine, gate: Gate) -> None:
    """Flower ends at once; the next try finds where the SuperLink is by then."""
    gate.lists(superlink=[1], supernode=[3])
    gate.vms[1] = {"FL_ENDPOINT": "127.0.0.1:1"}
    script = machine.venv / "bin" / "flower-supernode"
    working = script.read_text()
    script.write_text("#!/bin/sh\necho 'error: connection refused'; exit 1\n")
    machine.boot(FL_ROLE="supernode")
    assert failing(gate) == "it is not connected to the SuperLink at 127.0.0.1:1: error: connection refused"
    gate.vms[1] = {"FL_ENDPOINT": "127.0.0.2:9092"}
    script.write_text(working)
    until(lambda: gate.now.get("READY") == "YES")
    assert "127.0.0.2:9092" in (machine.folder / "var/log/flower.log").read_text()


def test_flower_that_dies_is_reported_and_comes_back(machine: Machine, gate: Gate) -> None:
    found = machine.boot()
    until(lambda: gate.now.get("READY") == "YES")
    found._flower.stop()
    assert "Flower is down" in failing(gate)
    assert gate.now["FL_READY"] == "NO"
    until(lambda: gate.now["FL_READY"] == "YES")
    assert gate.now["FL_ERROR"] == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda gate: setattr(gate, "status", 401), "refuse"),
        (lambda gate: setattr(gate, "status", 503), "does not answer: status 503"),
        (lambda gate: (setattr(gate, "status", 503), setattr(gate, "said", b"503 Service Unavailable")), "status 503"),
        (lambda gate: setattr(gate, "body", b"<html>"), "answers no JSON"),
        (lambda gate: setattr(gate, "body", b"[" * 100_000), "answers no JSON"),
        (lambda gate: setattr(gate, "body", b"7"), "something else than an object"),
    ],
)
def test_onegate_that_is_not_what_it_should_be(
    machine: Machine, gate: Gate, capfd: pytest.CaptureFixture[str], change: Callable[[Gate], object], said: str
) -> None:
    change(gate)
    machine.boot(FL_ROLE="supernode")
    result = machine.folder / "run/flower-guest/result"
    until(result.exists)
    assert result.read_text() == "failed\n"
    why = json.loads((machine.folder / "run/flower-guest/health.json").read_text())["why"]
    err = capfd.readouterr().err
    assert said in why, (why, err)
    assert TOKEN not in err


def test_an_absent_onegate_and_no_token(machine: Machine, gate: Gate) -> None:
    machine.boot(FL_ROLE="supernode", ONEGATE_ENDPOINT="http://127.0.0.1:9")
    result = machine.folder / "run/flower-guest/result"
    until(result.exists)
    assert "does not answer" in (machine.folder / "run/flower-guest/health.json").read_text()
    machine.shut_down()
    found = machine.boot(FL_ROLE="supernode", ONEGATE_ENDPOINT="")
    health = machine.folder / "run/flower-guest/health.json"
    until(lambda: health.exists() and "TOKEN=YES" in health.read_text())
    assert found.settings is not None


def test_a_value_that_is_refused_is_what_it_reports(machine: Machine, gate: Gate) -> None:
    machine.boot(FLOWER_VERSION='1.25.0"; reboot\n')
    assert failing(gate).startswith("FLOWER_VERSION is '1.25.0'; reboot")


def test_following_takes_up_a_new_partition_but_not_while_a_task_is_worked_on(
    machine: Machine, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.lists(superlink=[1], supernode=[3, 4])
    gate.vms[1] = {"FL_ENDPOINT": gate.address}
    busy = [True]
    monkeypatch.setattr(program, "trains_now", lambda _: busy[0])
    machine.boot(FL_ROLE="supernode", FL_FOLLOW="YES")
    until(lambda: gate.now.get("READY") == "YES")
    gate.lists(superlink=[1], supernode=[4, 3, 5])
    log = machine.folder / "var/log/flower.log"
    with pytest.raises(AssertionError, match="never came"):
        until(lambda: log.read_text().count("Starting Flower SuperNode") > 1, 0.6)
    busy[0] = False
    until(lambda: gate.now["FL_NODE_CONFIG"] == "partition-id=1 num-partitions=3")
    assert log.read_text().count("Starting Flower SuperNode") == 2
    until(lambda: gate.now["FL_STAGE"] == "running")


def test_following_goes_on_where_the_list_can_t_be_read(machine: Machine, gate: Gate) -> None:
    """Flower, which may be training, is neither ended nor started anew for that."""
    gate.lists(superlink=[1], supernode=[3, 4])
    gate.vms[1] = {"FL_ENDPOINT": gate.address}
    machine.boot(FL_ROLE="supernode", FL_FOLLOW="YES")
    until(lambda: gate.now.get("READY") == "YES")
    gate.status, gate.refused = 503, 0
    until(lambda: gate.refused > 8)
    gate.status = 0
    gate.lists(superlink=[1], supernode=[4, 3])
    until(lambda: gate.now["FL_NODE_CONFIG"] == "partition-id=1 num-partitions=2")
    assert not any(values.get("FL_ERROR") for values in gate.told)
    assert (machine.folder / "var/log/flower.log").read_text().count("Starting Flower SuperNode") == 2


def test_a_superlink_that_goes_away_is_reported_and_a_new_one_is_joined(
    machine: Machine, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "DOWN", 0.2)
    gate.lists(superlink=[1], supernode=[3])
    log = machine.folder / "var/log/flower.log"
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as superlink:
        endpoint = f"127.0.0.1:{superlink.getsockname()[1]}"
        gate.vms[1] = {"FL_ENDPOINT": endpoint, "FL_READY": "YES"}
        machine.boot(FL_ROLE="supernode")
        until(lambda: gate.now.get("READY") == "YES")
    assert f"the SuperLink at {endpoint} does not answer" in failing(gate)
    assert gate.now["FL_NODE_READY"] == "NO"
    assert health(Places(str(machine.folder))) == 1
    assert log.read_text().count("Starting Flower SuperNode") == 1, "it may have work that is not handed in"
    with contextlib.closing(socket.create_server(("127.0.0.1", int(endpoint.rpartition(":")[2])))):
        until(lambda: gate.now["FL_NODE_READY"] == "YES")
        assert gate.now["FL_ERROR"] == ""
        assert log.read_text().count("Starting Flower SuperNode") == 1
    failing(gate)
    gate.vms[1] = {"FL_ENDPOINT": gate.address, "FL_READY": "YES"}
    until(lambda: gate.now["FL_NODE_READY"] == "YES")
    assert f"'--superlink', '{gate.address}'" in log.read_text()


def test_what_stood_there_before_a_reboot_is_taken_back_though_onegate_is_late(machine: Machine, gate: Gate) -> None:
    gate.status, gate.refused = 503, 0
    machine.boot()
    until(lambda: gate.refused > 4)
    gate.status = 0
    until(lambda: gate.now.get("READY") == "YES")
    assert gate.told[0].get("READY") == "NO"
    assert [values["READY"] for values in gate.told if "READY" in values] == ["NO", "YES"]


def test_without_following_it_keeps_what_it_booted_with(machine: Machine, gate: Gate) -> None:
    gate.lists(superlink=[1], supernode=[3, 4])
    gate.vms[1] = {"FL_ENDPOINT": "127.0.0.1:9092"}
    machine.boot(FL_ROLE="supernode")
    until(lambda: gate.now.get("READY") == "YES")
    gate.lists(superlink=[1], supernode=[3, 4, 5])
    with pytest.raises(AssertionError, match="never came"):
        until(lambda: gate.now["FL_NODE_CONFIG"] != "partition-id=0 num-partitions=2", 0.6)


def test_a_cpu_that_is_too_old_is_named(machine: Machine, gate: Gate) -> None:
    """What libvirt gives a VM by default has no SSE 4.2, and the wheels of numpy end with an illegal instruction."""
    (machine.venv / "bin" / "flower-superlink").write_text("#!/bin/sh\nkill -ILL $$\n")
    machine.boot()
    assert "host-passthrough" in failing(gate)


@pytest.mark.parametrize("url", ["https://me:s3cr:t@host/simple", "http://me@host/x", "git+https://t0ken@host/x"])
def test_no_report_has_the_password_of_a_url(url: str) -> None:
    said = one_line(f"pip: Could not fetch {url}: 401; looking in indexes: {url}")
    assert not {"s3cr", "t0ken", "me"} & set(re.split(r"[^a-z0-9]", said))
    assert said.count("://…@host/") == 2
