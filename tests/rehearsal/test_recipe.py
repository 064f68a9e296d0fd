"""Command lines for each family of Flower, as they were measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.rehearsal.recipe import Certificates, Recipe

FILES = Certificates(Path("/d/ca.crt"), Path("/d/server.crt"), Path("/d/server.key"))
CONFIG = "partition-id=0 num-partitions=2"


@pytest.mark.parametrize("version", ["1.24.0", "1.25.0", "1.31.0", "1.35.0"])
def test_a_superlink_of_the_grpc_family_has_three_ports(version: str) -> None:
    recipe = Recipe(version)
    command = recipe.superlink("127.0.0.9", None)
    assert command[:2] == ["flower-superlink", "--insecure"]
    assert command[command.index("--fleet-api-address") + 1] == "127.0.0.9:9092"
    assert command[command.index("--control-api-address") + 1] == f"127.0.0.9:{recipe.control_port}"
    assert command[command.index("--serverappio-api-address") + 1] == "127.0.0.9:9091"
    assert "--host" not in command
    assert recipe.fleet_port == 9092


@pytest.mark.parametrize(
    ("version", "control"), [("1.36.0", ["--control-api-address", "127.0.0.9:9093"]), ("1.37.0", []), ("1.39.2", [])]
)
def test_between_the_families_one_api_after_the_other_moves_to_http(version: str, control: list[str]) -> None:
    command = Recipe(version).superlink("127.0.0.9", None)
    http = ["--host", "127.0.0.9", "--port", "8000"]
    assert command == ["flower-superlink", "--insecure", "--fleet-api-address", "127.0.0.9:9092", *control, *http]


@pytest.mark.parametrize("version", ["1.40.0", "1.41.0", "1.42.0"])
def test_a_superlink_of_the_http_family_has_one(version: str) -> None:
    recipe = Recipe(version)
    assert recipe.superlink("127.0.0.9", None) == [
        *("flower-superlink", "--insecure", "--host", "127.0.0.9", "--port", "8000"),
        "--disable-runtime-dependency-installation",
    ]
    assert (recipe.fleet_port, recipe.control_port) == (8000, 8000)


@pytest.mark.parametrize("version", ["1.25.0", "1.41.0"])
def test_with_certificates_nothing_is_insecure(version: str) -> None:
    superlink = Recipe(version).superlink("127.0.0.9", FILES)
    assert "--insecure" not in superlink
    assert superlink[1:7] == [
        *("--ssl-ca-certfile", "/d/ca.crt", "--ssl-certfile", "/d/server.crt"),
        *("--ssl-keyfile", "/d/server.key"),
    ]
    supernode = Recipe(version).supernode("127.0.0.10", "127.0.0.9:9092", FILES.ca, CONFIG)
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
    command = Recipe(version).supernode("127.0.0.10", "127.0.0.9:9092", None, CONFIG)
    at = command.index(port[0])
    assert command[at : at + len(port)] == port
    assert command[-2:] == ["--node-config", CONFIG]


def test_no_partition_is_no_option() -> None:
    assert "--node-config" not in Recipe("1.25.0").supernode("127.0.0.10", "127.0.0.9:9092", None, "")


def test_what_is_no_version_has_no_recipe() -> None:
    with pytest.raises(ValueError, match="no version"):
        _ = Recipe("latest").family
