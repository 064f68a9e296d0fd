"""Versions of Flower, and the ways in which `flwr` of each finds a SuperLink."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})", re.ASCII)


@dataclass(frozen=True, order=True)
class FlowerVersion:
    """A version of Flower, X.Y.Z. A guest, a file or an operator says one as text: nothing is made of it unparsed."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> FlowerVersion | None:
        """The version in a text such as `1.25.0`; None for every other text."""
        match = _VERSION.fullmatch(text.strip(" "))
        return cls(int(match[1]), int(match[2]), int(match[3])) if match else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


STARTED_IN = ("up to 1.35", "1.36", "1.37 to 1.39", "from 1.40")
"""The versions of which SuperLink and SuperNode are started with the same options, in words."""

_STARTED_ANEW = (FlowerVersion(1, 36, 0), FlowerVersion(1, 37, 0), FlowerVersion(1, 40, 0))


def started_alike(one: FlowerVersion, other: FlowerVersion) -> bool:
    """True if what starts one version of SuperLink and SuperNode starts the other too, on the ports that it means."""
    first, second = (sum(version >= begin for begin in _STARTED_ANEW) for version in (one, other))
    return first == second


@dataclass(frozen=True)
class Family:
    """One way in which `flwr` finds a SuperLink.

    `control_port` is that of the Control API; `in_app` whether the connection stands in the Flower app's own
    `pyproject.toml` (up to 1.25) or in `config.toml` below `FLWR_HOME` (from 1.26). `http_control`: the API is HTTP/1.1
    (from 1.37), else gRPC.
    """

    control_port: int
    in_app: bool
    http_control: bool = False


_GRPC_IN_APP = Family(9093, in_app=True)
_GRPC = Family(9093, in_app=False)
_HTTP = Family(8000, in_app=False, http_control=True)

LIKELIEST = _GRPC
"""The family to speak of where nothing tells the version."""


def family(version: FlowerVersion | None) -> Family | None:
    """The family of a version; None where it is not known."""
    if version is None:
        return None
    if version < FlowerVersion(1, 26, 0):
        return _GRPC_IN_APP
    return _GRPC if version < FlowerVersion(1, 37, 0) else _HTTP
