"""Objects of oned, read through pyone's classes into plain values.

pyone's classes say nothing of what lies inside a TEMPLATE: it is a mapping of texts, mappings, or lists of those.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from wizard.core.preflight.facts import Host, Image, Limit, Member, Network, Reference, User, VmTemplate

Bound: TypeAlias = Any
"""An object of one of the classes that pyone generates; an attribute of what is missing in the answer is None."""

_METRICS = ("VMS", "CPU", "MEMORY", "RUNNING_VMS", "RUNNING_CPU", "RUNNING_MEMORY")
_DEFAULT = -1


def user(item: Bound) -> User:
    """A user, with the limits of the quotas."""
    return User(
        item.ID,
        item.NAME or "",
        _limits(item, item.DEFAULT_USER_QUOTAS),
        -1 if item.GID is None else item.GID,
        item.GNAME or "",
        0 in (item.ID, item.GID, *_each(item.GROUPS, "ID")),
        bool((item.TEMPLATE or {}).get("TOKEN_PASSWORD")),
    )


def group(item: Bound) -> Member:
    """A group, with the limits of its quotas."""
    return Member(item.ID, item.NAME or "", _limits(item, item.DEFAULT_GROUP_QUOTAS))


def vm_template(item: Bound, who: User | None = None) -> VmTemplate:
    """A VM template, as `who` may use it."""
    template = item.TEMPLATE or {}
    disks = _mappings(template, "DISK")
    nics = [_reference(nic, "NETWORK") for nic in _mappings(template, "NIC")]
    context = template.get("CONTEXT")
    return VmTemplate(
        **_of_all(item, who),
        cpu=_amount(template.get("CPU")),
        memory=_amount(template.get("MEMORY")),
        disks=len(disks),
        images=tuple(image for disk in disks if (image := _reference(disk, "IMAGE"))),
        nics=tuple(nic for nic in nics if nic),
        auto_nics=sum(nic is None for nic in nics),
        # An empty one comes as None; whoever writes CONTEXT anew must not lose it.
        context={key: value or "" for key, value in context.items() if value is None or isinstance(value, str)}
        if isinstance(context, Mapping)
        else {},
        requirements=_text(template, "SCHED_REQUIREMENTS"),
        attributes={key: value for key, value in template.items() if isinstance(value, str)},
        disk_sizes=tuple(_whole(disk.get("SIZE")) for disk in disks),
        flower_version=_offered(template),
    )


def _offered(template: Mapping[str, Any]) -> str:
    """The version of Flower that an appliance is made for: what its CONTEXT says, or the default of its input."""
    for place, read in (("CONTEXT", str), ("USER_INPUTS", lambda text: str(text).rpartition("|")[2])):
        part = template.get(place)
        said = read(part.get("ONEAPP_FLOWER_VERSION", "")) if isinstance(part, Mapping) else ""
        if said and not said.startswith("$"):
            return said
    return ""


def image(item: Bound, who: User | None = None) -> Image:
    """A disk image, as `who` may use it."""
    return Image(
        **_of_all(item, who),
        state=-1 if item.STATE is None else item.STATE,
        persistent=item.PERSISTENT == 1,
        shareable=_text(item.TEMPLATE or {}, "PERSISTENT_TYPE").upper() == "SHAREABLE",
        kind=item.TYPE,
        size=item.SIZE,
    )


def network(item: Bound, who: User | None = None) -> Network:
    """A network, as `who` may use it: its address ranges say how many addresses there are."""
    sizes = [part.SIZE for part in _each(item.AR_POOL, "AR")]
    known = item.AR_POOL is not None and None not in sizes
    return Network(**_of_all(item, who), size=sum(sizes) if known else None, used=item.USED_LEASES)


def host(item: Bound) -> Host:
    """A host: oned counts CPU in percent of a core, memory in KB."""
    share = item.HOST_SHARE
    cpu = memory = used_cpu = used_memory = 0.0
    if share is not None:
        cpu, used_cpu = _number(share.MAX_CPU) / 100, _number(share.CPU_USAGE) / 100
        memory, used_memory = _number(share.MAX_MEM) / 1024, _number(share.MEM_USAGE) / 1024
    state = -1 if item.STATE is None else item.STATE
    return Host(item.ID, item.NAME or "", state, cpu - used_cpu, memory - used_memory, cpu, memory)


def _of_all(item: Bound, who: User | None) -> dict[str, Any]:
    """oned lists what one has the USE right on, and also what one owns, even where the owner has taken it away."""
    taken_away = item.PERMISSIONS is not None and item.PERMISSIONS.OWNER_U == 0
    return {
        "id": item.ID,
        "name": item.NAME or "",
        "owner": item.UNAME or "",
        "owner_id": item.UID,
        "usable": not (taken_away and who is not None and who.id == item.UID and not who.admin),
        "group": item.GNAME or "",
    }


def _each(item: Bound, name: str) -> list[Any]:
    """The values of an attribute that may be missing, one, or many."""
    value = getattr(item, name, None)
    return [] if value is None else value if isinstance(value, list) else [value]


def _mappings(template: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = template.get(name)
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, Mapping)]


def _text(template: Mapping[str, Any], name: str) -> str:
    value = template.get(name)
    return value if isinstance(value, str) else ""


def _reference(vector: Mapping[str, Any], kind: str) -> Reference | None:
    number, name = _whole(vector.get(f"{kind}_ID")), _text(vector, kind)
    if number is None and not name:
        return None
    return Reference(number, name, _text(vector, f"{kind}_UNAME"), _whole(vector.get(f"{kind}_UID")))


def _limits(item: Bound, defaults: Bound) -> tuple[Limit, ...]:
    """The limits that hold: -1 stands for the default, another negative number for none."""
    fallback = next(iter(_each(getattr(defaults, "VM_QUOTA", None), "VM")), None)
    quotas = _each(item.VM_QUOTA, "VM")
    limits: list[Limit] = []
    if all(_clusters(quota) for quota in quotas):
        limits += _held(None, fallback)
    for quota in quotas:
        limits += _held(quota, None if _clusters(quota) else fallback)
    return tuple(limits)


def _held(quota: Bound, fallback: Bound) -> Iterator[Limit]:
    for metric in _METRICS:
        limit = _number(getattr(quota, metric, None), _DEFAULT)
        if limit == _DEFAULT:
            limit = _number(getattr(fallback, metric, None), _DEFAULT)
        if limit >= 0:
            yield Limit(metric, limit, _number(getattr(quota, f"{metric}_USED", None)), _clusters(quota))


def _clusters(quota: Bound) -> str:
    """The clusters for which alone a quota holds; pyone knows of them since 7.0."""
    return str(getattr(quota, "CLUSTER_IDS", None) or "")


def _whole(text: object) -> int | None:
    known = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 18
    return int(str(text)) if known else None


def _number(value: object, otherwise: float = 0.0) -> float:
    try:
        number = float(str(value))
    except ValueError:
        return otherwise
    return number if math.isfinite(number) else otherwise


def _amount(value: object) -> float | None:
    """A size as a VM template gives it, None where it is none."""
    number = _number(value, -1.0)
    return number if number >= 0 else None
