"""Answers of the cloud as values: objects in short, services, and how both servers are reached."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.cloud.errors import CloudError
from wizard.core.opennebula.snapshot import ServiceSnapshot


@dataclass(frozen=True)
class Poll:
    """The answer to one poll of a service. `oned_error` is why oned brought no news of its VMs, None where it did."""

    snapshot: ServiceSnapshot
    oned_error: CloudError | None = None


@dataclass(frozen=True)
class ServicesPoll:
    """The answer to one poll of all Flower services, by id. `oned_error` is why oned brought no news of their VMs."""

    services: tuple[ServiceSnapshot, ...]
    oned_error: CloudError | None = None


@dataclass(frozen=True)
class Connection:
    """Addresses of both servers, the user, and exactly why one of them does not answer.

    `services` are those that OneFlow listed when it was asked whether it answers, without what oned knows of them.
    """

    oneflow_url: str
    oned_url: str
    username: str
    version: str | None = None
    user_id: int | None = None
    oneflow_error: CloudError | None = None
    oned_error: CloudError | None = None
    services: tuple[ServiceSnapshot, ...] = ()

    @property
    def ok(self) -> bool:
        """True if both servers answer us."""
        return self.oneflow_error is None and self.oned_error is None
