"""A service and its roles: OneFlow's working copy of a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wizard.sandbox.clock import Timer
from wizard.sandbox.oned.documents import Document
from wizard.sandbox.oned.vm import VirtualMachine

PENDING, DEPLOYING, RUNNING, UNDEPLOYING, WARNING, DONE, FAILED_UNDEPLOYING, FAILED_DEPLOYING = range(8)
SCALING, FAILED_SCALING, COOLDOWN, DEPLOYING_NETS, UNDEPLOYING_NETS = range(8, 13)
NAMES = (
    *("PENDING", "DEPLOYING", "RUNNING", "UNDEPLOYING", "WARNING", "DONE", "FAILED_UNDEPLOYING", "FAILED_DEPLOYING"),
    *("SCALING", "FAILED_SCALING", "COOLDOWN", "DEPLOYING_NETS", "UNDEPLOYING_NETS"),
    *("FAILED_DEPLOYING_NETS", "FAILED_UNDEPLOYING_NETS", "HOLD"),
)
"""The states of a service by number. Roles have the same up to COOLDOWN."""
SCALE_UP, SCALE_DOWN = 0, 1
_LOG_LINES = 50


class Role:
    """One role of a service, over its part of the service's body."""

    def __init__(self, service: Service, body: dict[str, Any]) -> None:
        self._service = service
        self.body = body

    @property
    def name(self) -> str:
        """Its name, unique in the service."""
        return str(self.body["name"])

    @property
    def state(self) -> int:
        """Its state's number."""
        return int(self.body["state"])

    @state.setter
    def state(self, state: int) -> None:
        self.body["state"] = state

    @property
    def parents(self) -> list[str]:
        """The names of the roles that are deployed first."""
        return self.body.get("parents") or []

    @property
    def node_ids(self) -> list[int]:
        """The ids of its VMs, oldest first."""
        return [int(node["deploy_id"]) for node in self.body.get("nodes", [])]

    @property
    def cardinality(self) -> int:
        """The wanted number of VMs."""
        return int(self.body.get("cardinality") or 0)

    def set_cardinality(self, wanted: int) -> None:
        """Change the wanted number of VMs, with a line in the log."""
        before = self.cardinality
        if wanted != before:
            way = "up" if wanted > before else "down"
            self._service.log(f"Role {self.name} scaling {way} from {before} to {wanted} nodes")
        self.body["cardinality"] = wanted

    def add_node(self, vm: VirtualMachine) -> None:
        """Append a new VM to the nodes."""
        self.body["nodes"].append({"deploy_id": vm.vid, "vm_info": {"VM": vm.identity()}})

    def drop_nodes(self, vids: set[int]) -> None:
        """Remove VMs from the nodes."""
        self.body["nodes"] = [node for node in self.body.get("nodes", []) if node["deploy_id"] not in vids]

    def next_vm_name(self) -> str:
        """The name of the next VM; numbers are never used twice."""
        number = int(self.body.get("last_vmname", 0))
        self.body["last_vmname"] = number + 1
        return f"{self.name}_{number}_(service_{self._service.sid})"

    def vms_to_stop(self) -> list[int]:
        """The VMs that a shutdown terminates: all, or those above the cardinality, the OLDEST first.

        With fewer nodes than the cardinality the difference is negative, and the slice takes too few:
        the server leaves those VMs behind when a service is deleted by force.
        """
        ids = self.node_ids
        surplus = len(ids) - self.cardinality or len(ids)
        return ids[:surplus]


class Service:
    """A service. Changes are made to `body` and seen by others after `publish`."""

    def __init__(self, document: Document, now: Callable[[], int], changed: Callable[[Service], None]) -> None:
        """`now` returns the present in whole seconds; `changed` is called when others see another state."""
        self.document = document
        self.body = document.body()
        self.roles = {role["name"]: Role(self, role) for role in self.body["roles"]}
        self._now = now
        self._changed = changed
        self._seen = self._states()
        self.watched = False
        """True while the watchdog follows its VMs."""
        self.gone = False
        self._creations = 0
        self._deferred: list[Callable[[], None]] = []
        self.cooldown_timer: Timer | None = None
        """Ends the cooldown."""
        self.next_state: int | None = None
        """While VMs are created, the state that follows."""

    @property
    def sid(self) -> int:
        """Its id."""
        return self.document.did

    @property
    def state(self) -> int:
        """Its state's number."""
        return int(self.body["state"])

    def set_state(self, state: int) -> None:
        """Change its state, with a line in the log."""
        self.body["state"] = state
        self.log(f"New state: {NAMES[state]}")

    @property
    def effective_state(self) -> int:
        """The state that decides which operations are allowed: a creation in progress counts as finished."""
        return self.state if self.next_state is None else self.next_state

    def log(self, message: str, severity: str = "I") -> None:
        """Add a line to the log; the last 50 are kept."""
        line = {"timestamp": self._now(), "severity": severity, "message": message}
        self.body["log"] = [*self.body.get("log", []), line][-_LOG_LINES:]

    def publish(self) -> None:
        """Write the document, unless it was deleted."""
        if self.gone:
            return
        self.document.write(self.body)
        before, self._seen = self._seen, self._states()
        if self._seen != before:
            self._changed(self)

    def _states(self) -> tuple[int, ...]:
        return self.state, *(role.state for role in self.roles.values())

    def all_in(self, state: int) -> bool:
        """True if every role is in `state`."""
        return all(role.state == state for role in self.roles.values())

    def lock(self, next_state: int) -> None:
        """Defer steps while VMs are created, after which the service is in `next_state`."""
        self._creations += 1
        self.next_state = next_state

    def unlock(self) -> None:
        """Run the deferred steps, once no creation is in progress."""
        self._creations -= 1
        if not self._creations:
            self.next_state = None
            deferred, self._deferred = self._deferred, []
            for step in deferred:
                self.when_unlocked(step)

    def when_unlocked(self, step: Callable[[], None]) -> None:
        """Run a step now, or after the creation in progress; never once the service is deleted."""
        if self._creations:
            self._deferred.append(step)
        elif not self.gone:
            step()

    def roles_to_deploy(self) -> list[Role]:
        """PENDING roles whose parents all run, or all PENDING roles without the straight strategy."""
        pending = [role for role in self.roles.values() if role.state == PENDING]
        if self.body.get("deployment") != "straight":
            return pending
        return [role for role in pending if all(self._runs(parent) for parent in role.parents)]

    def roles_to_shut_down(self) -> list[Role]:
        """Roles that are still up and no parent of another; those that are undeploying are left out."""
        remaining = {name: role for name, role in self.roles.items() if role.state != DONE}
        if self.body.get("deployment") == "straight":
            parents = {parent for role in remaining.values() for parent in role.parents}
            remaining = {name: role for name, role in remaining.items() if name not in parents}
        return [role for role in remaining.values() if role.state not in (UNDEPLOYING, FAILED_UNDEPLOYING)]

    def _runs(self, name: str) -> bool:
        return name not in self.roles or self.roles[name].state == RUNNING
