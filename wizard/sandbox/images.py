"""Disk images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wizard.sandbox.blueprint import Image
from wizard.sandbox.errors import INTERNAL, OneError, no_such

_STATES = ("INIT", "READY", "USED", "DISABLED", "LOCKED", "ERROR", "CLONE", "DELETE")
_ACQUIRED = (1, 2, 4)
"""READY, USED, and LOCKED: a VM waits for the last."""


class Images:
    """All images of a sandbox."""

    def __init__(self, images: Iterable[Image]) -> None:
        self._by_id = {image.iid: image for image in images}

    def all(self) -> list[Image]:
        """Every image in order of id."""
        return [self._by_id[iid] for iid in sorted(self._by_id)]

    def get(self, iid: int) -> Image:
        """The image with this id, or a refusal."""
        if iid not in self._by_id:
            raise no_such("image", iid)
        return self._by_id[iid]

    def disk(self, wish: Mapping[str, Any]) -> dict[str, str]:
        """The DISK that a wish such as {"IMAGE_ID": "0"} becomes; an error where its image can't be had."""
        text = str(wish.get("IMAGE_ID", "0"))
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
