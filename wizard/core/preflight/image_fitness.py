"""Images that can carry the appliance: what OpenNebula tells of an image, and what of it can't be right."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wizard.core.preflight.facts import Image

OS = 0
"""TYPE of an image that a VM boots from."""
_KINDS = {1: "a CD", 2: "a data block", 3: "a kernel", 4: "a RAM disk", 5: "a file of CONTEXT", 6: "a backup"}
_STATES = {1: "", 2: "", 4: "it is LOCKED: wait until it is READY"}

_UNFIT = (
    (r"alpine", "Alpine has another C library: Flower's packages do not run there"),
    (r"windows|win(?:10|11|20\d\d)", "the guest needs Linux"),
    (r"centos.?[67]|debian.?(?:[6-9]|10|11)\b|ubuntu.?(?:1\d|20)\b|rhel.?[67]", "its Python is too old for Flower"),
    (r"free.?bsd|open.?bsd|opnsense|pfsense", "the guest needs Linux"),
)


@dataclass(frozen=True)
class Fitness:
    """Whether an image can carry the appliance: True, False, or None where nothing tells; and why."""

    fits: bool | None
    why: str


def fitness(image: Image) -> Fitness:
    """Judge an image by what oned tells of it. What is inside can't be seen: only its name speaks of that."""
    if not image.usable:
        return Fitness(False, "no USE right on it")
    if image.kind is not None and image.kind != OS:
        return Fitness(False, f"it is {_KINDS.get(image.kind, 'no disk to boot from')}, not an operating system")
    if image.state not in _STATES:
        return Fitness(False, f"it is in state {image.state_name}")
    if image.persistent and not image.shareable:
        return Fitness(False, "it is persistent: only one VM can use it")
    for pattern, why in _UNFIT:
        if re.search(pattern, image.name, re.IGNORECASE):
            return Fitness(False, f"by its name: {why}")
    if waits := _STATES[image.state]:
        return Fitness(None, waits)
    known = re.search(r"debian|ubuntu|rocky|alma|fedora|rhel|suse|centos", image.name, re.IGNORECASE)
    if known:
        return Fitness(True, "")
    return Fitness(None, "what is in it is not known: it must be a Linux with systemd and Python 3.10 or newer")
