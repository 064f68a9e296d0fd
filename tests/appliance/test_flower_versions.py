"""Command lines for each family of Flower, as they were measured."""

from __future__ import annotations

from itertools import pairwise

import pytest

from wizard.appliance.guest import Flower
from wizard.core.flower.versions import FlowerVersion, family

FILES = ("/d/ca.crt", "/d/server.crt", "/d/server.key")
DATABASE = ("--database", "/d/superlink.db")
CONFIG = "partition-id=0 num-partitions=2"


@pytest.mark.parametrize("version", ["1.24.0", "1.25.0", "1.31.0", "1.35.0"])
def test_a_superlink_of_the_grpc_family_has_three_ports(version: str) -> None:
    flower = Flower(version)
    command = flower.superlink("127.0.0.9", "127.0.0.9", None, "/d/superlink.db")
    assert command[:4] == ["flower-superlink", *DATABASE, "--insecure"]
    assert command[command.index("--fleet-api-address") + 1] == "127.0.0.9:9092"
    assert command[command.index("--control-api-address") + 1] == "127.0.0.9:9093"
    assert command[command.index("--serverappio-api-address") + 1] == "127.0.0.9:9091"
    assert "--host" not in command
    assert flower.fleet_port == 9092


@pytest.mark.parametrize(
    ("version", "control"), [("1.36.0", ["--control-api-address", "127.0.0.9:9093"]), ("1.37.0", []), ("1.39.2", [])]
)
def test_between_the_families_one_api_after_the_other_moves_to_http(version: str, control: list[str]) -> None:
    command = Flower(version).superlink("127.0.0.9", "127.0.0.9", None, "/d/superlink.db")
    fleet, http = ["--fleet-api-address", "127.0.0.9:9092"], ["--host", "127.0.0.9", "--port", "8000"]
    assert command == ["flower-superlink", *DATABASE, "--insecure", *fleet, *control, *http]


@pytest.mark.parametrize("version", ["1.40.0", "1.41.0", "1.42.0"])
def test_a_superlink_of_the_http_family_has_one(version: str) -> None:
    flower = Flower(version)
    assert flower.superlink("127.0.0.9", "127.0.0.9", None, "/d/superlink.db") == [
        *("flower-superlink", *DATABASE, "--insecure", "--host", "127.0.0.9", "--port", "8000"),
        "--disable-runtime-dependency-installation",
    ]
    assert flower.fleet_port == 8000


@pytest.mark.parametrize("version", ["1.25.0", "1.41.0"])
def test_with_certificates_nothing_is_insecure(version: str) -> None:
    superlink = Flower(version).superlink("127.0.0.9", "127.0.0.9", FILES, "/d/superlink.db")
    assert "--insecure" not in superlink
    assert superlink[3:9] == [
        *("--ssl-ca-certfile", "/d/ca.crt", "--ssl-certfile", "/d/server.crt"),
        *("--ssl-keyfile", "/d/server.key"),
    ]
    supernode = Flower(version).supernode("127.0.0.10", "127.0.0.9:9092", FILES[0], CONFIG)
    assert "--insecure" not in supernode
    assert supernode[supernode.index("--root-certificates") + 1] == "/d/ca.crt"


@pytest.mark.parametrize(
    ("version", "port"),
    [
        ("1.25.0", ["--clientappio-api-address", "127.0.0.10:9094"]),
        ("1.31.0", ["--clientappio-api-address", "127.0.0.10:9094"]),
        ("1.36.0", ["--host", "127.0.0.10", "--port", "9094"]),
        ("1.41.0", ["--host", "127.0.0.10", "--port", "9094"]),
    ],
)
def test_a_supernode_is_told_its_port_in_the_words_of_its_version(version: str, port: list[str]) -> None:
    command = Flower(version).supernode("127.0.0.10", "127.0.0.9:9092", None, CONFIG)
    at = command.index(port[0])
    assert command[at : at + len(port)] == port
    assert command[-2:] == ["--node-config", CONFIG]


def test_no_partition_is_no_option() -> None:
    assert "--node-config" not in Flower("1.25.0").supernode("127.0.0.10", "127.0.0.9:9092", None, "")


def test_what_is_no_version_has_no_recipe() -> None:
    with pytest.raises(ValueError, match="no version"):
        Flower("latest")


@pytest.mark.parametrize("version", ["1.25.0", "1.36.0", "1.37.0", "1.39.2", "1.40.0", "1.42.0"])
def test_the_way_to_a_superlink_is_where_it_listens(version: str) -> None:
    """The guest is one file of its own: what it starts is held against what the operator is told of the way there."""
    known = family(FlowerVersion.parse(version))
    assert known is not None
    command = Flower(version).superlink("0.0.0.0", "127.0.0.1", None, "/d/superlink.db")
    given = dict(pairwise(command))
    control = given.get("--control-api-address", f"{given.get('--host')}:{given.get('--port')}")
    assert control.endswith(f":{known.control_port}")
    # All but the Fleet API stays on the VM, where the family has them apart.
    assert control.startswith("0.0.0.0" if Flower(version).http else "127.0.0.1")


def test_the_python_that_a_version_needs() -> None:
    assert [Flower(version).least_python for version in ("1.25.0", "1.30.9", "1.31.0", "1.42.0")] == [
        *((3, 10), (3, 10)),
        *((3, 11), (3, 11)),
    ]
