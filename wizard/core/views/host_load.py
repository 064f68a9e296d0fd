"""How busy the hosts of a cloud are, in a few words."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.core.preflight.facts import Host

BAR = 5
"""Cells of a bar."""


def host_load(hosts: Iterable[Host], *, bars: bool) -> str:
    """`hosts 3  CPU ▓▓▓░░ 58 %  MEM ▓▓░░░ 41 %`: what is allocated of what there is; empty where nothing is known.

    Hosts that are not monitored have no size, and do not count as room.
    """
    found = tuple(hosts)
    parts = [f"hosts {len(found)}"] if found else []
    for name, whole, free in (
        ("CPU", sum(host.cpu for host in found), sum(host.free_cpu for host in found)),
        ("MEM", sum(host.memory for host in found), sum(host.free_memory for host in found)),
    ):
        if whole > 0:
            share = min(max((whole - free) / whole, 0.0), 1.0)
            full = round(share * BAR)
            bar = f"{'▓' * full}{'░' * (BAR - full)} " if bars else ""
            parts.append(f"{name} {bar}{round(share * 100)} %")
    return "  ".join(parts)
