"""VM templates and networks, as oned lists them, into plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.cloud.pools import Network, VmTemplate


def vm_template(item: Any) -> VmTemplate:
    """One VMTEMPLATE of `templatepool.info`, which carries the whole TEMPLATE."""
    return VmTemplate(
        **_who(item),
        cpu=item.findtext("TEMPLATE/CPU") or "",
        memory=item.findtext("TEMPLATE/MEMORY") or "",
        images=tuple(filter(None, (_image(disk) for disk in item.iterfind("TEMPLATE/DISK")))),
        context=_flat(item.find("TEMPLATE/CONTEXT")),
    )


def network(item: Any) -> Network:
    """One VNET of `vnpool.info`: its address ranges say how many addresses there are, USED_LEASES how many are gone."""
    sizes = [_number(text) for text in (each.findtext("SIZE") for each in item.iterfind("AR_POOL/AR"))]
    used = _number(item.findtext("USED_LEASES"))
    if item.find("AR_POOL") is None or None in sizes:
        return Network(**_who(item))
    size = sum(number for number in sizes if number is not None)
    return Network(**_who(item), size=size, free=None if used is None else max(size - used, 0))


def _who(item: Any) -> dict[str, Any]:
    number = _number(item.findtext("ID"))
    return {
        "id": -1 if number is None else number,
        "name": item.findtext("NAME") or "",
        "owner": item.findtext("UNAME") or "",
        "group": item.findtext("GNAME") or "",
    }


def _image(disk: Any) -> str:
    number = disk.findtext("IMAGE_ID")
    return disk.findtext("IMAGE") or (f"image {number}" if number else "")


def _flat(element: Any) -> Mapping[str, str]:
    if element is None:
        return {}
    return {child.tag: child.text or "" for child in element if isinstance(child.tag, str) and not len(child)}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 18 else None
