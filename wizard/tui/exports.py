"""Names for exported files: the service's own name, made harmless, and never one that is taken."""

from __future__ import annotations

import re
from pathlib import Path


def export_path(name: str, kind: str, folder: Path | None = None) -> Path:
    """A path in the current folder (or the given one) that does not exist yet.

    For the kind `template.json` it is such as `flower-prod.template.json`.
    """
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.").lower()[:80] or "service"
    place = folder or Path.cwd()
    path = place / f"{stem}.{kind}"
    number = 2
    while path.exists():
        path = place / f"{stem}.{number}.{kind}"
        number += 1
    return path
