"""What the hosts of a cloud have, and how much of it is used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wizard.core.preflight.capacity import MONITORED

if TYPE_CHECKING:
    from wizard.core.preflight.facts import Host

_CELLS = 5


@dataclass(frozen=True)
class Capacity:
    """So many hosts, and the shares of their CPU and memory that VMs have, in percent."""

    hosts: int
    cpu: int
    memory: int

    @property
    def brief(self) -> str:
        """The same in short."""
        return f"CPU {self.cpu} %  MEM {self.memory} %"

    def __str__(self) -> str:
        return f"hosts {self.hosts}  CPU {_bar(self.cpu)} {self.cpu} %  MEM {_bar(self.memory)} {self.memory} %"


def capacity(hosts: Iterable[Host]) -> Capacity | None:
    """Capacity of the hosts that take VMs; None where none can be seen, or what they have is not known."""
    found = [host for host in hosts if host.state in MONITORED]
    cpu, memory = sum(host.cpu for host in found), sum(host.memory for host in found)
    if not found or cpu <= 0 or memory <= 0:
        return None
    free_cpu, free_memory = sum(host.free_cpu for host in found), sum(host.free_memory for host in found)
    return Capacity(len(found), _percent(cpu - free_cpu, cpu), _percent(memory - free_memory, memory))


def _percent(used: float, total: float) -> int:
    return max(0, round(100 * used / total))


def _bar(percent: int) -> str:
    full = min(_CELLS, round(_CELLS * percent / 100))
    return "▓" * full + "░" * (_CELLS - full)
