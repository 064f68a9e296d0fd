"""Deployment and undeployment of services, and the creation of their VMs."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from wizard.sandbox.oned import templates
from wizard.sandbox.oned.accounts import INTERNAL, OneError
from wizard.sandbox.oned.documents import Document
from wizard.sandbox.oned.vm import full_form
from wizard.sandbox.oneflow.flow import Flow, Goal
from wizard.sandbox.oneflow.replies import Refusal, to_i
from wizard.sandbox.oneflow.service import (
    DEPLOYING,
    DEPLOYING_NETS,
    DONE,
    FAILED_DEPLOYING,
    NAMES,
    PENDING,
    RUNNING,
    UNDEPLOYING,
    UNDEPLOYING_NETS,
    WARNING,
    Role,
    Service,
)

_EXPRESSION = re.compile(r"\$\{([^}]*)\}")


class Creation:
    """The creation of the missing VMs of some roles.

    The service is locked meanwhile: its document shows the new nodes only when the LAST VM exists.
    """

    def __init__(
        self,
        flow: Flow,
        service: Service,
        success_state: int,
        failure_state: int,
        created: Callable[[Role, list[int]], None],
    ) -> None:
        self._flow = flow
        self._service = service
        self._success_state = success_state
        self._failure_state = failure_state
        self._created = created
        self._finished: Callable[[bool], None] = lambda _: None

    def run(self, roles: list[Role], finished: Callable[[bool], None]) -> None:
        """Create the VMs; `created(role, vids)` per role, then `finished(success)`, then unlock the service."""
        self._finished = finished
        self._service.lock(self._success_state)
        self._next_role(list(roles))

    def seconds(self, count: int) -> float:
        """The estimated duration of the creation of `count` VMs."""
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
            role.state = self._success_state
            self._created(role, vids)
            self._next_role(roles)
            return
        world = self._flow.world
        delay = world.hypervisor.spread(len(world.vms), "creation", world.plan.timings.creation)
        world.after(delay, lambda: self._create(role, missing, vids, roles))

    def _create(self, role: Role, missing: int, vids: list[int], roles: list[Role]) -> None:
        if self._service.gone:
            return
        name = role.next_vm_name()
        template_id = self._flow.release.template_id(role)
        try:
            request = self._flow.release.vm_request(role)
            mark = {"SERVICE_ID": str(self._service.sid), "ROLE_NAME": role.name}
            vm = self._flow.world.vms.instantiate(
                self._service.document.owner,
                template_id,
                name,
                self._evaluate({**request.contents, **mark}),
                request.replaced,
            )
        except (OneError, TypeError, ValueError, AttributeError) as error:
            message = getattr(error, "message", None) or f"{type(error).__name__}: {error}"
            self._service.log(
                f"Role {role.name} : Instantiate failed for template {template_id}; "
                f"[one.template.instantiate] {message}",
                "E",
            )
            role.state = self._failure_state
            self._end(False)
            return
        role.add_node(vm)
        self._next_vm(role, missing - 1, [*vids, vm.vid], roles)

    def _end(self, success: bool) -> None:
        self._finished(success)
        self._service.unlock()

    def _evaluate(self, value: Any) -> Any:
        """Replace `${role.template.context.eth0_ip}` by that value of the role's first VM, or by nothing."""
        if isinstance(value, dict):
            return {key: self._evaluate(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._evaluate(item) for item in value]
        return _EXPRESSION.sub(self._expression_value, value) if isinstance(value, str) else value

    def _expression_value(self, match: re.Match[str]) -> str:
        name, *path = match[1].split(".")
        role = self._service.roles.get(name)
        if role is None or not role.node_ids:
            return ""
        value: Any = full_form(self._flow.world.vms[role.node_ids[0]], self._flow.world.seconds())
        for step in path:
            value = value.get(step.upper(), "") if isinstance(value, dict) else ""
        return value if isinstance(value, str) else ""


def ready_goal(service: Service) -> Goal:
    """The goal of a wait for new VMs: READY with `ready_status_gate`, RUNNING without."""
    return Goal.READY if service.body.get("ready_status_gate") else Goal.RUNNING


class Deployment:
    """The steps from PENDING to RUNNING."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def begin(self, document: Document) -> None:
        """Deploy the service of a PENDING document."""
        service = self._flow.add(document)
        timings = self._flow.world.plan.timings
        self._flow.world.after(timings.notice, lambda: service.when_unlocked(lambda: self._networks(service)))

    def _networks(self, service: Service) -> None:
        if service.state != PENDING:
            return  # Deleted before it began.
        for role in service.roles.values():
            role.body.setdefault("nodes", [])
            role.body.setdefault("on_hold", False)
            role.body.setdefault("cooldown", self._flow.world.plan.cooldown)
        try:
            self._make_networks(service)
        except OneError as error:
            service.log(error.message, "E")
            service.set_state(FAILED_DEPLOYING)
            service.publish()
            return
        service.set_state(DEPLOYING_NETS)
        service.publish()
        self._flow.world.after(
            self._flow.world.plan.timings.networks, lambda: service.when_unlocked(lambda: self.deploy(service))
        )

    def _make_networks(self, service: Service) -> None:
        for values in service.body.get("networks_values") or []:
            for name, value in _network_values(values):
                if "reserve_from" in value:
                    self._reserve(service, name, value)
                for role in service.roles.values():
                    self._flow.release.set_network(role, name, value.get("id"))

    def _reserve(self, service: Service, name: str, value: dict[str, Any]) -> None:
        full_name = f"{name}-{service.sid}"
        extra = str(value.get("extra", ""))
        size = templates.parse(extra).get("SIZE", "1") if extra else "1"
        value["extra"] = f'{extra}\nNAME="{full_name}"\n'
        value["id"] = self._flow.world.networks.reserve(
            to_i(value["reserve_from"]), service.document.owner.uid, full_name, to_i(size)
        )

    def deploy(self, service: Service) -> None:
        """Create the VMs of all roles that are not to wait for a parent, once the networks exist."""
        if service.state != DEPLOYING_NETS:
            return
        try:
            for role in service.roles.values():
                self._flow.release.set_values(service, role)
        except TypeError:
            # What a 7.x does with a CONTEXT that it has made a list of itself.
            service.log("TypeError: no implicit conversion of String into Integer", "E")
            service.set_state(FAILED_DEPLOYING)
            service.publish()
            return
        roles = service.roles_to_deploy()
        if not roles:
            # With a cycle of parents the service stays in DEPLOYING_NETS for ever.
            if service.all_in(RUNNING):
                self._running(service)
            return

        def finished(success: bool) -> None:
            service.set_state(DEPLOYING if success else FAILED_DEPLOYING)
            service.publish()

        self.creation(service).run(roles, finished)

    def creation(self, service: Service) -> Creation:
        """A creation of VMs, followed by a wait for them."""
        return Creation(
            self._flow,
            service,
            DEPLOYING,
            FAILED_DEPLOYING,
            lambda role, vids: self.wait(service, role, vids),
        )

    def wait(self, service: Service, role: Role, vids: list[int]) -> None:
        """Wait for VMs of a role, then deploy its children."""

        def done(failed: bool) -> None:
            step = self._failed if failed else self._role_ready
            service.when_unlocked(lambda: step(service, role))

        self._flow.events.wait(service.sid, vids, ready_goal(service), done)

    def _role_ready(self, service: Service, role: Role) -> None:
        role.state = RUNNING
        if service.all_in(RUNNING):
            self._running(service)
            return
        roles = service.roles_to_deploy() if service.body.get("deployment") == "straight" else []
        if roles:
            # Only the role of a child that cannot be created fails: the service stays DEPLOYING.
            self.creation(service).run(roles, lambda _: service.publish())
        else:
            service.publish()

    def _running(self, service: Service) -> None:
        service.set_state(RUNNING)
        service.publish()
        self._flow.watchdog.add(service)

    def _failed(self, service: Service, role: Role) -> None:
        self._flow.events.cancel(service.sid)
        service.set_state(FAILED_DEPLOYING)
        role.state = FAILED_DEPLOYING
        service.publish()


def _network_values(values: object) -> list[tuple[str, dict[str, Any]]]:
    """The networks of one entry of `networks_values`; OneError unless all are objects."""
    if not isinstance(values, dict) or not all(isinstance(value, dict) for value in values.values()):
        raise OneError(INTERNAL, "Wrong networks_values format")
    return list(values.items())


_HOLD = 15


class Undeployment:
    """The steps from UNDEPLOYING to the end of a service."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def delete(self, service: Service) -> None:
        """Undeploy; Refusal in the wrong state. A second time, while UNDEPLOYING, the document is deleted at once."""
        if service.effective_state not in (PENDING, RUNNING, WARNING, UNDEPLOYING, _HOLD):
            raise Refusal(f"Service cannot be undeployed in state: {NAMES[service.effective_state]}")
        service.when_unlocked(lambda: self.undeploy(service))

    def undeploy(self, service: Service) -> None:
        """Terminate the VMs of the last roles; delete the document when there are none."""
        self._flow.watchdog.remove(service)
        roles = service.roles_to_shut_down()
        if not roles:
            self._flow.remove(service)
            return
        self._stop_roles(service, roles)
        service.set_state(UNDEPLOYING)
        service.publish()

    def _stop_roles(self, service: Service, roles: list[Role]) -> None:
        for role in roles:
            vids = role.vms_to_stop()
            self.stop(vids)
            role.state = UNDEPLOYING
            self.wait(service, role, vids)

    def stop(self, vids: list[int]) -> None:
        """Terminate VMs; those that are gone already are skipped."""
        for vid in vids:
            with suppress(OneError):
                self._flow.world.actions.act(self._flow.world.vms[vid], "terminate")

    def wait(self, service: Service, role: Role, vids: list[int]) -> None:
        """Wait until the VMs are gone, then undeploy the parents."""
        self._flow.events.wait(
            service.sid,
            vids,
            Goal.DONE,
            lambda _: service.when_unlocked(lambda: self._role_gone(service, role, set(vids))),
        )

    def _role_gone(self, service: Service, role: Role, vids: set[int]) -> None:
        role.state = DONE
        role.drop_nodes(vids)
        if service.all_in(DONE):
            self._networks(service)
            return
        if service.body.get("deployment") == "straight":
            self._stop_roles(service, service.roles_to_shut_down())
        service.publish()

    def _networks(self, service: Service) -> None:
        for values in service.body.get("networks_values") or []:
            for value in values.values() if isinstance(values, dict) else ():
                if isinstance(value, dict) and "reserve_from" in value and "id" in value:
                    self._flow.world.networks.remove(int(value["id"]))
        service.set_state(UNDEPLOYING_NETS)
        service.publish()
        self._flow.world.after(self._flow.world.plan.timings.networks, lambda: self._flow.remove(service))
