"""What the cloud has, in short, and how it is connected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.cloud.errors import CloudError
from wizard.core.snapshot import ServiceSnapshot


@dataclass(frozen=True)
class CloudObject:
    """A VM template or a network. `name` is empty where it could not be looked up."""

    id: int
    name: str
    owner: str = ""
    group: str = ""


@dataclass(frozen=True)
class VmTemplate(CloudObject):
    """A VM template with what its VMs will be: CPU and MEMORY as written, its images, and its CONTEXT."""

    cpu: str = ""
    memory: str = ""
    images: tuple[str, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Network(CloudObject):
    """A network with its addresses: how many there are and how many are free, None where oned does not tell."""

    size: int | None = None
    free: int | None = None


@dataclass(frozen=True)
class ServiceTemplate:
    """A registered service template with its body."""

    id: int
    name: str
    owner: str
    body: Mapping[str, Any]


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
    """Where both servers are, who we are to them, and exactly why one does not answer.

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
        """Whether both servers answer us."""
        return self.oneflow_error is None and self.oned_error is None
