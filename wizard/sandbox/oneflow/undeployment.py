"""From any state to nothing."""

from __future__ import annotations

from wizard.sandbox.oned.accounts import OneError
from wizard.sandbox.oneflow.flow import Flow, Goal
from wizard.sandbox.oneflow.service import (
    DONE,
    NAMES,
    PENDING,
    RUNNING,
    UNDEPLOYING,
    UNDEPLOYING_NETS,
    WARNING,
    Role,
    Service,
)

_HOLD = 15


class Refusal(Exception):
    """OneFlow's refusal of an operation, in its words."""


class Undeployment:
    """OneFlow's steps towards the end of a service."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def delete(self, service: Service) -> None:
        """Undeploy; Refusal in the wrong state. A second time, while UNDEPLOYING, the document goes at once."""
        if service.asked_state not in (PENDING, RUNNING, WARNING, UNDEPLOYING, _HOLD):
            raise Refusal(f"Service cannot be undeployed in state: {NAMES[service.asked_state]}")
        service.when_free(lambda: self.undeploy(service))

    def undeploy(self, service: Service) -> None:
        """Tell the VMs of the last roles to stop; when there are none to tell, the document goes."""
        self._flow.watchdog.remove(service)
        roles = service.roles_to_shut_down()
        if not roles:
            self._flow.forget(service)
            return
        self._stop_roles(service, roles)
        service.set_state(UNDEPLOYING)
        service.publish()

    def _stop_roles(self, service: Service, roles: list[Role]) -> None:
        for role in roles:
            vids = role.to_stop()
            self.stop(vids)
            role.state = UNDEPLOYING
            self.wait(service, role, vids)

    def stop(self, vids: list[int]) -> None:
        """Tell VMs to stop; those that are gone already do not mind."""
        for vid in vids:
            try:
                self._flow.world.actions.act(self._flow.world.vms[vid], "terminate")
            except OneError:
                continue

    def wait(self, service: Service, role: Role, vids: list[int]) -> None:
        """Wait until the VMs are gone, then go on to the parents."""
        self._flow.events.wait(
            service.sid,
            vids,
            Goal.DONE,
            lambda _: service.when_free(lambda: self._role_gone(service, role, set(vids))),
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
        self._flow.world.after(self._flow.world.plan.timings.networks, lambda: self._flow.forget(service))
