"""The facts of a cloud before a deployment. A fact that could not be seen differs from an empty one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")


class Why(str, Enum):
    """Why something is not known."""

    NOT_PERMITTED = "not permitted"
    CREDENTIALS = "credentials refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Unseen:
    """Something that is not known: why, in whose words, and what to do. `cause` is the error behind it."""

    why: Why
    reason: str
    hint: str = ""
    cause: Exception | None = field(default=None, compare=False, repr=False)


Seen: TypeAlias = T | Unseen


class Pool(str, Enum):
    """Pool that an id belongs to, in oned's words."""

    VM_TEMPLATE = "VM template"
    IMAGE = "image"
    NETWORK = "network"


class Access(str, Enum):
    """Answer of oned about an id that it does not list for this user."""

    DENIED = "denied"
    ABSENT = "absent"


@dataclass(frozen=True)
class Reference:
    """Reference of a VM template to an image or a network: an id, or a name and perhaps whose it is."""

    id: int | None = None
    name: str = ""
    owner: str = ""
    owner_id: int | None = None

    def __str__(self) -> str:
        return self.name or f"image {self.id}"


@dataclass(frozen=True)
class CloudObject:
    """An object that oned lists for this user. `usable`: whether its permissions give the USE right.

    `name` is empty where only the id is known.
    """

    id: int
    name: str
    owner: str = ""
    owner_id: int | None = None
    usable: bool = True
    group: str = ""


@dataclass(frozen=True)
class VmTemplate(CloudObject):
    """A VM template. CPU in cores and memory in MB, None where it gives none that can be read.

    `disks` counts all disks, `images` are those of them that come from an image. `auto_nics` are NICs whose network
    the scheduler chooses. `flower_version` is what its appliance offers for ONEAPP_FLOWER_VERSION, as it is written.
    `attributes` are those at the top that are texts, `disk_sizes` what each disk is enlarged to, in MB, or None.
    """

    cpu: float | None = None
    memory: float | None = None
    disks: int = 0
    images: tuple[Reference, ...] = ()
    nics: tuple[Reference, ...] = ()
    auto_nics: int = 0
    context: Mapping[str, str] = field(default_factory=dict)
    requirements: str = ""
    flower_version: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    disk_sizes: tuple[int | None, ...] = ()


@dataclass(frozen=True)
class Image(CloudObject):
    """A disk image; `state` is oned's number, `shareable` a persistent image that several VMs may use. `kind` is oned's
    number for its type, 0 an operating system, and `size` is in MB; None where they are not known."""

    state: int = 1
    persistent: bool = False
    shareable: bool = False
    kind: int | None = None
    size: int | None = None

    @property
    def state_name(self) -> str:
        """oned's name of the state."""
        return IMAGE_STATES[self.state] if 0 <= self.state < len(IMAGE_STATES) else str(self.state)


IMAGE_STATES = (
    *("INIT", "READY", "USED", "DISABLED", "LOCKED", "ERROR", "CLONE", "DELETE"),
    *("USED_PERS", "LOCKED_USED", "LOCKED_USED_PERS"),
)
"""oned's names by their numbers."""


@dataclass(frozen=True)
class Network(CloudObject):
    """A network: the addresses of its ranges, and how many of them are leased; None where oned does not tell."""

    size: int | None = None
    used: int | None = None

    @property
    def free(self) -> int | None:
        """Number of addresses that are left, None where that is not known."""
        return None if self.size is None or self.used is None else max(self.size - self.used, 0)


@dataclass(frozen=True)
class Host:
    """A hypervisor: oned's number for its state, and what is free and what it has in all, in cores and MB."""

    id: int
    name: str
    state: int
    free_cpu: float
    free_memory: float
    cpu: float = 0.0
    memory: float = 0.0


@dataclass(frozen=True)
class Limit:
    """One limit of a quota and what counts against it: VMS, CPU in cores, MEMORY in MB, and each as RUNNING_.

    `clusters` is not empty where it holds for these clusters only.
    """

    metric: str
    limit: float
    used: float
    clusters: str = ""


@dataclass(frozen=True)
class Member:
    """The user or the group: its limits, those that it takes from the defaults among them."""

    id: int
    name: str
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True)
class User(Member):
    """The user. `admin`: sees and uses everything. `token_password`: whether OneGate tokens can be made."""

    group_id: int = -1
    group: str = ""
    admin: bool = False
    token_password: bool = True


@dataclass(frozen=True)
class ServiceTemplate:
    """A registered service template with its body."""

    id: int
    name: str
    owner: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Service:
    """A service that exists; `vm_ids` are those of its VMs."""

    id: int
    name: str
    state: str
    vm_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class OneGate:
    """ONEGATE_ENDPOINT as a VM with TOKEN=YES gets it, empty where it has none."""

    vm_id: int
    endpoint: str


@dataclass(frozen=True)
class CloudFacts:
    """Everything that preflight looks at, as it was at one moment.

    `onegate` is None where there is no VM to look at. `access` is what oned said about ids that are named and not
    listed. `running_versions` has the FL_VERSION that a READY guest published, by the id of its VM template.
    `guest_version` is that of the guest that this program would put into a VM template, 0 where nobody asked.
    """

    oneflow_url: str
    oned_url: str
    username: str
    version: Seen[str]
    user: Seen[User]
    group: Seen[Member]
    vm_templates: Seen[tuple[VmTemplate, ...]]
    images: Seen[tuple[Image, ...]]
    networks: Seen[tuple[Network, ...]]
    hosts: Seen[tuple[Host, ...]]
    service_templates: Seen[tuple[ServiceTemplate, ...]]
    services: Seen[tuple[Service, ...]]
    onegate: Seen[OneGate | None]
    access: Mapping[tuple[Pool, int], Access] = field(default_factory=dict)
    running_versions: Mapping[int, str] = field(default_factory=dict)
    guest_version: int = 0

    @property
    def out_of_reach(self) -> Unseen | None:
        """Why one of the two servers tells us nothing, None where both answer."""
        oned = (self.version, self.user, self.vm_templates, self.networks, self.images, self.hosts)
        for server in (oned, (self.services, self.service_templates)):
            unseen = [seen for seen in server if isinstance(seen, Unseen) and seen.why is not Why.NOT_PERMITTED]
            if len(unseen) == len(server):
                return unseen[0]
        return None
