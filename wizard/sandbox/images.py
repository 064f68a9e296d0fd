"""Disk images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wizard.sandbox.blueprint import Image


class Images:
    """All images of a sandbox."""

    def __init__(self, images: Iterable[Image]) -> None:
        self._by_id = {image.iid: image for image in images}

    def all(self) -> list[Image]:
        """Every image in order of id."""
        return [self._by_id[iid] for iid in sorted(self._by_id)]

    def disk(self, wish: Mapping[str, Any]) -> dict[str, str]:
        """The DISK that a wish such as {"IMAGE_ID": "0"} becomes."""
        text = str(wish.get("IMAGE_ID", "0"))
        image = self._by_id.get(int(text) if text.isdigit() else 0)
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
