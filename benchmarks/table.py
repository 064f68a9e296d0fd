"""A row of the table: what was measured, what it ought to be, and whether it is."""

from __future__ import annotations

from dataclasses import dataclass

_NAME, _VALUE, _TARGET = 70, 12, 14
HEADING = f"{'measurement':<{_NAME}} {'measured':>{_VALUE}} {'target':>{_TARGET}}  met"


@dataclass(frozen=True)
class Row:
    """A measured value, a median unless its name says otherwise. Without a target nothing is promised of it."""

    name: str
    value: float
    unit: str = ""
    target: float | None = None
    digits: int = 0

    def __str__(self) -> str:
        """The row as it is printed, with the columns of `HEADING`."""
        target = "-" if self.target is None else f"<= {self._worded(self.target)}"
        met = "" if self.target is None else "  ok" if self.value <= self.target else "  missed"
        return f"{self.name:<{_NAME}} {self._worded(self.value):>{_VALUE}} {target:>{_TARGET}}{met}"

    def _worded(self, value: float) -> str:
        return f"{value:,.{self.digits}f} {self.unit}".rstrip()
