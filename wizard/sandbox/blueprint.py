"""Frozen descriptions of a world: hosts, users, VM templates, networks, guests, timings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Timings:
    """Durations of steps, in seconds of sandbox time."""

    creation: float = 0.3
    """Creating one VM in oned; the next VM of a role waits for it."""
    schedule: float = 1.0
    """From the creation of a VM to the first run of the scheduler for it."""
    reschedule: float = 10.0
    """Between two runs of the scheduler for a VM that fits on no host."""
    prolog: float = 3.0
    boot: float = 4.0
    shutdown: float = 2.0
    epilog: float = 1.0
    configure: float = 1.5
    """From a running VM to the moment its guest asks OneGate for its service."""
    ready: float = 5.0
    """From a running VM to its guest's health check passing."""
    spread: float = 0.3
    """The largest fraction by which a VM deviates from these numbers; the same for the same VM."""
    notice: float = 0.3
    """From an event in oned to OneFlow's reaction."""
    networks: float = 0.3
    """In DEPLOYING_NETS and UNDEPLOYING_NETS."""


@dataclass(frozen=True)
class Quota:
    """The limits of a user or a group; -2 is unlimited. Memory in MB.

    The sandbox shows all of them and enforces `vms` of users.
    """

    vms: int = -2
    cpu: float = -2
    memory: int = -2


@dataclass(frozen=True)
class User:
    """An OpenNebula user. Users of group 0 are administrators."""

    uid: int
    name: str
    gid: int = 1
    group: str = "users"
    password: str | None = None
    """None: a random one, with a colon in it."""
    quota: Quota | None = None
    ssh_public_key: str = ""
    token_password: bool = True
    """TOKEN_PASSWORD in the user's template, without which guests get no OneGate token."""

    @property
    def admin(self) -> bool:
        """True for a user who may see and use everything."""
        return self.gid == 0


@dataclass(frozen=True)
class Host:
    """A hypervisor. CPU in cores, memory in MB."""

    hid: int
    name: str
    cpu: float = 32.0
    memory: int = 131072
    state: int = 2
    """oned's number; only a host that is MONITORED, 2, runs VMs."""


@dataclass(frozen=True)
class VmTemplate:
    """A VM template; `contents` is its TEMPLATE, values as text, nested as OpenNebula nests it."""

    tid: int
    name: str
    contents: Mapping[str, Any]
    owner: int = 0
    public: bool = True
    """Usable by others than the owner."""


@dataclass(frozen=True)
class Network:
    """A virtual network with one IPv4 address range of `size` addresses from `first`."""

    nid: int
    name: str
    first: str
    size: int = 200
    owner: int = 0
    public: bool = True


@dataclass(frozen=True)
class Image:
    """A disk image."""

    iid: int
    name: str
    size: int = 2048
    owner: int = 0
    public: bool = True
    state: int = 1
    """oned's number; 1 is READY."""
    persistent: bool = False
    kind: int = 0
    """oned's number; 0 is an operating system, 2 a data block."""


@dataclass(frozen=True)
class BootFailure:
    """The `number`-th VM (0-based) of `role` does not boot, `times` times; -1 is every time."""

    role: str
    number: int
    error: str = "Error deploying virtual machine: could not create domain from deployment.0"
    times: int = 1


@dataclass(frozen=True)
class Guests:
    """The behaviour of guests."""

    publish_node_config: bool = False
    """SuperNodes publish FL_NODE_CONFIG, as newer appliances do."""
    silent: tuple[str, ...] = ()
    """Roles whose guests never report anything."""
    unhealthy: tuple[str, ...] = ()
    """Roles whose guests report a failed health check instead of READY."""
    boot_failures: tuple[BootFailure, ...] = ()


@dataclass(frozen=True)
class ExistingService:
    """A service that was deployed `age` seconds before the sandbox starts."""

    template: Mapping[str, Any]
    merge: Mapping[str, Any] = field(default_factory=dict)
    age: float = 3600.0
    vm_names: tuple[str, ...] = ()
    """Names given to its VMs since then, oldest VM first."""
    lost_roles: tuple[str, ...] = ()
    """Roles whose VMs were terminated since then in oned, not by OneFlow."""


@dataclass(frozen=True)
class World:
    """The description of a sandbox's cloud."""

    name: str
    summary: str
    vm_templates: tuple[VmTemplate, ...]
    networks: tuple[Network, ...]
    hosts: tuple[Host, ...]
    users: tuple[User, ...] = (User(0, "oneadmin", 0, "oneadmin"),)
    operator: str = "oneadmin"
    """The name of the user in `Sandbox.username`."""
    group_quotas: Mapping[int, Quota] = field(default_factory=dict)
    """The limits of groups, by their ids; shown, not enforced."""
    images: tuple[Image, ...] = (Image(0, "flower-os"),)
    timings: Timings = Timings()
    guests: Guests = Guests()
    cooldown: int = 300
    """The server's default for roles that set none."""
    autoscaler: float = 90.0
    """Seconds between two rounds of OneFlow's autoscaler; 0 switches it off."""
    version: str = "7.5.80"
    """OpenNebula's; with 6.x OneFlow and oned answer as those of 6.10."""
    hypervisor: str = "kvm"
    service_templates: tuple[Mapping[str, Any], ...] = ()
    services: tuple[ExistingService, ...] = ()

    @property
    def is_6(self) -> bool:
        """True for an OpenNebula 6.x."""
        return self.version.startswith("6.")
