"""What differs between versions of Flower, as far as an operator meets it."""

from __future__ import annotations

import re
from dataclasses import dataclass


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


def family(version: str) -> Family | None:
    """The family of a version such as `1.25.0`; None for a text that is no version."""
    found = re.match(r"\s*(\d+)\.(\d+)", version)
    if found is None:
        return None
    number = int(found[1]), int(found[2])
    if number < (1, 26):
        return _GRPC_IN_APP
    return _GRPC if number < (1, 37) else _HTTP
