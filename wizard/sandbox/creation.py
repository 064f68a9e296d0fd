"""Creating the VMs of roles, one after another, as OneFlow does."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from wizard.sandbox.errors import OneError
from wizard.sandbox.flow import Flow
from wizard.sandbox.service import Role, Service
from wizard.sandbox.vm import full

_EXPRESSION = re.compile(r"\$\{([^}]*)\}")


class Creation:
    """One run of creating what is missing in some roles.

    The service is locked meanwhile: its document shows the new nodes only when the LAST VM exists.
    """

    def __init__(
        self, flow: Flow, service: Service, good: int, bad: int, created: Callable[[Role, list[int]], None]
    ) -> None:
        self._flow = flow
        self._service = service
        self._good = good
        self._bad = bad
        self._created = created
        self._finished: Callable[[bool], None] = lambda _: None

    def run(self, roles: list[Role], finished: Callable[[bool], None]) -> None:
        """Create the VMs; `created(role, vids)` per role, then `finished(success)`, then free the service."""
        self._finished = finished
        self._service.hold(self._good)
        self._next_role(list(roles))

    def seconds(self, count: int) -> float:
        """About how long `count` VMs take."""
        return count * self._flow.world.plan.timings.creation

    def _next_role(self, roles: list[Role]) -> None:
        if not roles:
            self._end(True)
            return
        role = roles.pop(0)
        missing = max(0, role.cardinality - len(role.node_ids))
        self._next_vm(role, missing, [], roles)

    def _next_vm(self, role: Role, missing: int, vids: list[int], roles: list[Role]) -> None:
        if missing == 0:
            role.state = self._good
            self._created(role, vids)
            self._next_role(roles)
            return
        world = self._flow.world
        delay = world.hypervisor.spread(len(world.vms), "creation", world.plan.timings.creation)
        world.after(delay, lambda: self._create(role, missing, vids, roles))

    def _create(self, role: Role, missing: int, vids: list[int], roles: list[Role]) -> None:
        if self._service.gone:
            return
        template_id = int(role.body["template_id"])
        name = role.next_vm_name()
        contents = {
            **role.body.get("template_contents", {}),
            "SERVICE_ID": str(self._service.sid),
            "ROLE_NAME": role.name,
        }
        try:
            vm = self._flow.world.vms.instantiate(
                self._service.document.owner, template_id, name, self._evaluated(contents)
            )
        except OneError as error:
            self._service.log(
                f"Role {role.name} : Instantiate failed for template {template_id}; "
                f"[one.template.instantiate] {error.message}",
                "E",
            )
            role.state = self._bad
            self._end(False)
            return
        role.add_node(vm)
        self._next_vm(role, missing - 1, [*vids, vm.vid], roles)

    def _end(self, success: bool) -> None:
        self._finished(success)
        self._service.release()

    def _evaluated(self, value: Any) -> Any:
        """`${role.template.context.eth0_ip}` is what the first VM of that role has there, or nothing."""
        if isinstance(value, dict):
            return {key: self._evaluated(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._evaluated(item) for item in value]
        return _EXPRESSION.sub(self._looked_up, value) if isinstance(value, str) else value

    def _looked_up(self, match: re.Match[str]) -> str:
        name, *path = match[1].split(".")
        role = self._service.roles.get(name)
        if role is None or not role.node_ids:
            return ""
        found: Any = full(self._flow.world.vms[role.node_ids[0]], self._flow.world.seconds())
        for step in path:
            found = found.get(step.upper(), "") if isinstance(found, dict) else ""
        return found if isinstance(found, str) else ""
