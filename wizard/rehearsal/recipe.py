"""Particulars of a version of Flower for whoever submits a run to its SuperLink."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wizard.core.flower.versions import Family, FlowerVersion, family

INSIDE = Path(__file__).parent / "inside"
"""Programs that run with a Flower environment's Python, not with ours."""


@dataclass(frozen=True)
class Recipe:
    """One version of Flower, such as `1.25.0`. ValueError for what is none."""

    version: str

    @property
    def family(self) -> Family:
        """Family of the version: how its `flwr` finds a SuperLink."""
        found = family(FlowerVersion.parse(self.version))
        if found is None:
            raise ValueError(f"{self.version!r} is no version of Flower")
        return found

    @property
    def control_port(self) -> int:
        """Port at which `flwr` reaches a SuperLink."""
        return self.family.control_port
