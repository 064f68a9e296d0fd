"""Virtual networks with their leases, and disk images."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.sandbox.blueprint import Image, Network, User
from wizard.sandbox.oned.accounts import INTERNAL, OneError, may_use, no_such, not_authorized


@dataclass
class VirtualNetwork:
    """The state of a network: its description, and the VM that holds each leased address."""

    plan: Network
    parent: int | None = None
    leases: dict[str, int] = field(default_factory=dict)
    _next: int = 0

    def lease(self, vm: int) -> str:
        """Lease the next free address, in turn, to a VM; OneError when the network is full."""
        first = int(ipaddress.IPv4Address(self.plan.first))
        for step in range(self.plan.size):
            offset = (self._next + step) % self.plan.size
            address = str(ipaddress.IPv4Address(first + offset))
            if address not in self.leases:
                self.leases[address] = vm
                self._next = offset + 1
                return address
        raise OneError(INTERNAL, f"Cannot get IP/MAC lease from virtual network {self.plan.nid}.")

    def release(self, vm: int) -> None:
        """Release all addresses of a VM."""
        self.leases = {address: holder for address, holder in self.leases.items() if holder != vm}


class Networks:
    """All networks of a sandbox."""

    def __init__(self, plans: Iterable[Network]) -> None:
        self._by_id = {plan.nid: VirtualNetwork(plan) for plan in plans}

    def all(self) -> list[VirtualNetwork]:
        """Every network in order of id."""
        return [self._by_id[nid] for nid in sorted(self._by_id)]

    def get(self, nid: int) -> VirtualNetwork:
        """The network with this id; OneError when there is none."""
        if nid not in self._by_id:
            raise no_such("virtual network", nid)
        return self._by_id[nid]

    def reserve(self, parent: int, owner: int, name: str, size: int) -> int:
        """Reserve `size` addresses of a network as a network of its own; its id."""
        source = self.get(parent)
        nid = max(self._by_id) + 1
        first = ipaddress.IPv4Address(source.plan.first) + source._next
        self._by_id[nid] = VirtualNetwork(Network(nid, name, str(first), size, owner, False), parent)
        source._next = (source._next + size) % source.plan.size
        return nid

    def remove(self, nid: int) -> None:
        """Delete a network, if there is one with this id."""
        self._by_id.pop(nid, None)

    def attach(self, user: User, vm: int, index: int, template: Mapping[str, Any]) -> dict[str, Any]:
        """The NIC of a VM for a template's NIC such as {"NETWORK_ID": "0"}, with a leased address."""
        network = self._network_of(user, template)
        address = network.lease(vm)
        packed = ipaddress.IPv4Address(address).packed
        gateway = str(ipaddress.IPv4Network(f"{address}/24", strict=False).network_address + 1)
        nic = {
            "AR_ID": "0",
            "BRIDGE": f"br{network.plan.nid if network.parent is None else network.parent}",
            "BRIDGE_TYPE": "linux",
            "CLUSTER_ID": "0",
            "DNS": gateway,
            "GATEWAY": gateway,
            "IP": address,
            "MAC": "02:00:" + ":".join(f"{byte:02x}" for byte in packed),
            "NAME": str(template.get("NAME", f"NIC{index}")),
            "NETWORK": network.plan.name,
            "NETWORK_ID": str(network.plan.nid),
            "NIC_ID": str(index),
            "SECURITY_GROUPS": "0",
            "TARGET": f"one-{vm}-{index}",
            "VN_MAD": "dummy",
        }
        if network.parent is not None:
            nic["PARENT_NETWORK_ID"] = str(network.parent)
        return dict(sorted(nic.items()))

    def _network_of(self, user: User, template: Mapping[str, Any]) -> VirtualNetwork:
        if "NETWORK_ID" in template:
            text = str(template["NETWORK_ID"])
            network = self.get(int(text) if text.isdigit() else -1)
        else:
            name = str(template.get("NETWORK", ""))
            named = [candidate for candidate in self._by_id.values() if candidate.plan.name == name]
            if not named:
                raise OneError(
                    INTERNAL,
                    f"User {user.uid} does not own a network with name: {name} . "
                    "Set NETWORK_UNAME or NETWORK_UID of owner in NIC.",
                )
            network = named[0]
        if not may_use(user, network.plan.owner, network.plan.public):
            raise not_authorized(user.uid, "USE", "NET", network.plan.nid)
        return network


_STATES = ("INIT", "READY", "USED", "DISABLED", "LOCKED", "ERROR", "CLONE", "DELETE")
_ACQUIRED = (1, 2, 4)
"""READY, USED, and LOCKED, for which a VM waits."""


class Images:
    """All images of a sandbox."""

    def __init__(self, images: Iterable[Image]) -> None:
        self._by_id = {image.iid: image for image in images}

    def all(self) -> list[Image]:
        """Every image in order of id."""
        return [self._by_id[iid] for iid in sorted(self._by_id)]

    def get(self, iid: int) -> Image:
        """The image with this id; OneError when there is none."""
        if iid not in self._by_id:
            raise no_such("image", iid)
        return self._by_id[iid]

    def disk(self, template: Mapping[str, Any]) -> dict[str, str]:
        """The DISK of a VM for a template's DISK such as {"IMAGE_ID": "0"}; OneError where its image is unusable."""
        text = str(template.get("IMAGE_ID", "0"))
        image = self._by_id.get(int(text) if text.isdigit() else 0)
        if image is not None and image.state not in _ACQUIRED:
            raise OneError(INTERNAL, f"Cannot acquire image {image.iid}, it is in state: {_STATES[image.state]}")
        size = str(image.size if image else 0)
        return {
            "ALLOW_ORPHANS": "NO",
            "CLONE": "YES",
            "CLONE_TARGET": "SYSTEM",
            "CLUSTER_ID": "0",
            "DATASTORE": "default",
            "DATASTORE_ID": "1",
            "DEV_PREFIX": "sd",
            "DISK_ID": "0",
            "DISK_SNAPSHOT_TOTAL_SIZE": "0",
            "DISK_TYPE": "FILE",
            "DRIVER": "dummy_format",
            "FORMAT": "dummy_format",
            "IMAGE": image.name if image else "",
            "IMAGE_ID": text,
            "IMAGE_STATE": "2",
            "LN_TARGET": "NONE",
            "ORIGINAL_SIZE": size,
            "PERSISTENT_SNAPSHOTS": "YES",
            "READONLY": "NO",
            "SAVE": "NO",
            "SIZE": size,
            "SOURCE": "dummy_path",
            "TARGET": "sda",
            "TM_MAD": "dummy",
            "TYPE": "FILE",
        }
