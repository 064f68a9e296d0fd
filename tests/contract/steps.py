"""The steps of a scenario: recordings to send, unrecorded requests between them, and advances of the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.contract.replay import Replay
from wizard.sandbox.blueprint import World

Step = Callable[[Replay], None]


@dataclass(frozen=True)
class Scenario:
    """A sequence of recordings in one world."""

    name: str
    world: World
    steps: tuple[str | Step, ...]
    vms: frozenset[str] = field(default_factory=frozenset)
    """The recordings of VMs that its steps compare."""

    @property
    def covers(self) -> set[str]:
        """The file names of all recordings that it checks."""
        return {f"{step}.json" for step in self.steps if isinstance(step, str)} | {f"{vm}.xml" for vm in self.vms}


def flower(name: str = "Flower rec", **more: Any) -> dict[str, Any]:
    """The template that most recordings use."""
    return {
        "name": name,
        "deployment": "straight",
        "ready_status_gate": True,
        "description": "Flower federated learning",
        "roles": [
            {"name": "superlink", "type": "vm", "template_id": 0, "cardinality": 1, "min_vms": 1, "max_vms": 1},
            {
                **{"name": "supernode", "type": "vm", "template_id": 1, "cardinality": 2, "min_vms": 2, "max_vms": 10},
                "parents": ["superlink"],
            },
        ],
        **more,
    }


def with_role(place: int, name: str = "Flower rec", **more: Any) -> dict[str, Any]:
    """The same with one role changed."""
    template = flower(name)
    template["roles"][place] |= more
    return template


def register(recorded: int, body: dict[str, Any]) -> Step:
    return lambda replay: replay.register(recorded, body)


def instantiate(template: int, service: int, merge: dict[str, Any] | None = None) -> Step:
    return lambda replay: replay.instantiate(template, service, merge)


def until(service: int, state: int, *roles: int) -> Step:
    return lambda replay: replay.until_state(service, state, roles)


def gone(service: int) -> Step:
    return lambda replay: replay.until_gone(service)


def ready(service: int, role: str) -> Step:
    return lambda replay: replay.ready(service, role)


def run(service: int, supernodes: int = 2) -> Step:
    return lambda replay: replay.run(service, supernodes)


def wait(seconds: float) -> Step:
    return lambda replay: replay.clock.advance(seconds)


def delete(service: int) -> Step:
    return lambda replay: replay.oneflow("DELETE", f"/service/{service}")


def recover(service: int) -> Step:
    return lambda replay: replay.oneflow("POST", f"/service/{service}/action", {"action": {"perform": "recover"}})


def scale(service: int, cardinality: int) -> Step:
    body = {"role_name": "supernode", "cardinality": cardinality, "force": False}
    return lambda replay: replay.oneflow("POST", f"/service/{service}/scale", body)


def vm_action(action: str, service: int, role: str, number: int) -> Step:
    return lambda replay: replay.oned("one.vm.action", action, replay.nodes(service, role)[number])


def vm(name: str, service: int, role: str, number: int = 0, *parts: str) -> Step:
    return lambda replay: replay.vm(name, replay.nodes(service, role)[number], parts)


def started(service: int) -> tuple[Step, ...]:
    """Register and instantiate, under recorded ids of which only the service's matters."""
    return register(service - 1, flower()), instantiate(service - 1, service)


def running(service: int) -> tuple[Step, ...]:
    """Bring a service to RUNNING."""
    return *started(service), run(service)
