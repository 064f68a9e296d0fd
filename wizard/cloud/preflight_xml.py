"""oned's XML into the facts of a preflight: VM templates, images, networks, hosts, users and groups."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from wizard.core.preflight.facts import Host, Image, Limit, Member, Network, Reference, User, VmTemplate

_METRICS = ("VMS", "CPU", "MEMORY", "RUNNING_VMS", "RUNNING_CPU", "RUNNING_MEMORY")
_DEFAULT = -1


def user(element: Any) -> User:
    """USER, with its limits."""
    groups = {text.text for text in element.iterfind("GROUPS/ID")} | {element.findtext("GID")}
    number = _int(element, "ID", -1)
    return User(
        number,
        element.findtext("NAME") or "",
        _limits(element, "DEFAULT_USER_QUOTAS"),
        _int(element, "GID", -1),
        element.findtext("GNAME") or "",
        number == 0 or "0" in groups,
        bool(element.findtext("TEMPLATE/TOKEN_PASSWORD")),
    )


def group(element: Any) -> Member:
    """GROUP, with its limits."""
    name = element.findtext("NAME") or ""
    return Member(_int(element, "ID", -1), name, _limits(element, "DEFAULT_GROUP_QUOTAS"))


def vm_template(element: Any, who: User | None) -> VmTemplate:
    """VMTEMPLATE, as `who` may use it."""
    disks = element.findall("TEMPLATE/DISK")
    nics = [_reference(nic, "NETWORK") for nic in element.iterfind("TEMPLATE/NIC")]
    return VmTemplate(
        **_listed(element, who),
        cpu=_amount(element, "TEMPLATE/CPU"),
        memory=_amount(element, "TEMPLATE/MEMORY"),
        disks=len(disks),
        images=tuple(image for disk in disks if (image := _reference(disk, "IMAGE"))),
        nics=tuple(nic for nic in nics if nic),
        auto_nics=sum(nic is None for nic in nics),
        context={item.tag: item.text or "" for item in element.iterfind("TEMPLATE/CONTEXT/*") if not len(item)},
        requirements=element.findtext("TEMPLATE/SCHED_REQUIREMENTS") or "",
    )


def image(element: Any, who: User | None) -> Image:
    """IMAGE, as `who` may use it."""
    return Image(
        **_listed(element, who),
        state=_int(element, "STATE", -1),
        persistent=element.findtext("PERSISTENT") == "1",
        shareable=(element.findtext("TEMPLATE/PERSISTENT_TYPE") or "").upper() == "SHAREABLE",
    )


def network(element: Any, who: User | None) -> Network:
    """VNET, as `who` may use it."""
    size = sum(_int(part, "SIZE", 0) for part in element.iterfind("AR_POOL/AR"))
    return Network(**_listed(element, who), size=size, used=_int(element, "USED_LEASES", 0))


def host(element: Any) -> Host:
    """HOST: oned counts CPU in percent of a core, memory in KB."""
    share = element.find("HOST_SHARE")
    cpu = memory = 0.0
    if share is not None:
        cpu = (_number(share, "MAX_CPU") - _number(share, "CPU_USAGE")) / 100
        memory = (_number(share, "MAX_MEM") - _number(share, "MEM_USAGE")) / 1024
    return Host(_int(element, "ID", -1), element.findtext("NAME") or "", _int(element, "STATE", -1), cpu, memory)


def _listed(element: Any, who: User | None) -> dict[str, Any]:
    """oned lists what one has the USE right on, and also what one owns, even where the owner has taken it away."""
    owner = _int(element, "UID", -1)
    taken_away = element.findtext("PERMISSIONS/OWNER_U") == "0"
    return {
        "id": _int(element, "ID", -1),
        "name": element.findtext("NAME") or "",
        "owner": element.findtext("UNAME") or "",
        "owner_id": owner,
        "usable": not (taken_away and who is not None and who.id == owner and not who.admin),
    }


def _reference(element: Any, kind: str) -> Reference | None:
    number = _int(element, f"{kind}_ID", -1)
    name = element.findtext(kind) or ""
    if number < 0 and not name:
        return None
    owner_id = _int(element, f"{kind}_UID", -1)
    return Reference(
        number if number >= 0 else None,
        name,
        element.findtext(f"{kind}_UNAME") or "",
        owner_id if owner_id >= 0 else None,
    )


def _limits(element: Any, defaults: str) -> tuple[Limit, ...]:
    """The limits that hold: -1 stands for the default, another negative number for none."""
    fallback = element.find(f"{defaults}/VM_QUOTA/VM")
    quotas = element.findall("VM_QUOTA/VM")
    found: list[Limit] = []
    if not any(not quota.findtext("CLUSTER_IDS") for quota in quotas):
        found += _held(None, fallback)
    for quota in quotas:
        found += _held(quota, None if quota.findtext("CLUSTER_IDS") else fallback)
    return tuple(found)


def _held(quota: Any, fallback: Any) -> Iterator[Limit]:
    for metric in _METRICS:
        limit = _number(quota, metric, _DEFAULT) if quota is not None else _DEFAULT
        if limit == _DEFAULT and fallback is not None:
            limit = _number(fallback, metric, _DEFAULT)
        if limit >= 0:
            used = _number(quota, f"{metric}_USED") if quota is not None else 0.0
            clusters = (quota.findtext("CLUSTER_IDS") or "") if quota is not None else ""
            yield Limit(metric, limit, used, clusters)


def _int(element: Any, tag: str, otherwise: int) -> int:
    text = (element.findtext(tag) or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else otherwise


def _number(element: Any, tag: str, otherwise: float = 0.0) -> float:
    try:
        number = float(element.findtext(tag) or "")
    except ValueError:
        return otherwise
    return number if math.isfinite(number) else otherwise


def _amount(element: Any, tag: str) -> float | None:
    """A size as a VM template gives it, None where it is none."""
    number = _number(element, tag, -1.0)
    return number if number >= 0 else None
