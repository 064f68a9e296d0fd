"""Many services at a glance: a row each, what is wrong with them first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.core.opennebula.snapshot import ServiceSnapshot


@dataclass(frozen=True)
class ServiceRow:
    """One service. `ready` SuperNodes of `wanted`, None where oned has not told of all of them; `age` in seconds, -1
    where it is not known; `trouble` names what is gravest in a few words; `grave`: it does not pass by itself."""

    id: int
    name: str
    state: str
    ready: int | None
    wanted: int
    age: float
    owner: str
    trouble: str = ""
    grave: bool = False

    @property
    def count(self) -> str:
        """READY of wanted, as text."""
        return f"{'?' if self.ready is None else self.ready}/{self.wanted}"


def service_rows(services: Iterable[ServiceSnapshot], now: float) -> tuple[ServiceRow, ...]:
    """A row for each Flower service, those in grave trouble first, then by id. `now` in Unix seconds."""
    rows = [_row(service, now) for service in services if service.is_flower]
    return tuple(sorted(rows, key=lambda row: (not row.grave, row.id)))


def matching(rows: Sequence[ServiceRow], text: str) -> tuple[ServiceRow, ...]:
    """The rows that have every word of a text, in whatever column; case does not count."""
    words = text.lower().split()
    return tuple(row for row in rows if all(word in _searched(row) for word in words))


def rough(seconds: float) -> str:
    """An age in one unit: `<1 min`, `12 min`, `3 h`, `5 d`; a dash where it is not known."""
    if seconds < 0:
        return "-"
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return "<1 min"


def _row(service: ServiceSnapshot, now: float) -> ServiceRow:
    # Home draws its first picture without a service, and the rules are many.
    from wizard.core.cluster.diagnosis import Severity, diagnose
    from wizard.core.opennebula.snapshot import SUPERNODE

    role = service.role(SUPERNODE)
    nodes = role.nodes if role else ()
    told = all(node.vm is not None and node.vm.user_template is not None for node in nodes)
    found = [item for item in diagnose(service) if item.severity is not Severity.INFO]
    gravest = next((item for item in found if item.severity is Severity.ERROR), found[0] if found else None)
    return ServiceRow(
        service.id,
        service.name,
        service.state_name,
        role.ready_count if role and told else None,
        role.cardinality if role else 0,
        now - service.start_time if service.start_time else -1,
        service.owner,
        gravest.name.replace("-", " ") if gravest else "",
        gravest is not None and gravest.severity is Severity.ERROR,
    )


def _searched(row: ServiceRow) -> str:
    return f"{row.id} {row.name} {row.state} {row.owner} {row.trouble}".lower()
