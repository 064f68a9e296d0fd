"""OneFlow's `recover`: go on from where a service stands, or delete it in any state."""

from __future__ import annotations

from wizard.sandbox.oned.accounts import OneError
from wizard.sandbox.oned.vm import POWEROFF
from wizard.sandbox.oneflow.deployment import Creation, Deployment
from wizard.sandbox.oneflow.flow import Flow
from wizard.sandbox.oneflow.scaling import Scaling
from wizard.sandbox.oneflow.service import (
    COOLDOWN,
    DEPLOYING,
    DEPLOYING_NETS,
    FAILED_DEPLOYING,
    FAILED_SCALING,
    FAILED_UNDEPLOYING,
    NAMES,
    PENDING,
    RUNNING,
    SCALE_DOWN,
    SCALING,
    UNDEPLOYING,
    Role,
    Service,
)
from wizard.sandbox.oneflow.undeployment import Refusal, Undeployment

_DEPLOY = (DEPLOYING, FAILED_DEPLOYING)
_UNDEPLOY = (UNDEPLOYING, FAILED_UNDEPLOYING)
_SCALE = (SCALING, FAILED_SCALING)


class Recovery:
    """What `recover` does in each state."""

    def __init__(self, flow: Flow, deployment: Deployment, undeployment: Undeployment, scaling: Scaling) -> None:
        self._flow = flow
        self._deployment = deployment
        self._undeployment = undeployment
        self._scaling = scaling

    def recover(self, service: Service) -> None:
        """Go on; Refusal where there is nothing to recover from. Failed states stay until all roles are well."""
        state = service.asked_state
        if state not in (*_DEPLOY, *_UNDEPLOY, *_SCALE, COOLDOWN, DEPLOYING_NETS):
            raise Refusal(f"Service cannot be recovered in state: {NAMES[state]}")
        service.when_free(lambda: self._recover(service))

    def delete(self, service: Service) -> None:
        """Undeploy in whatever state, as a DELETE does in RUNNING."""

        def step() -> None:
            self._flow.events.cancel(service.sid)
            self._undeployment.undeploy(service)

        service.when_free(step)

    def _recover(self, service: Service) -> None:
        if service.state in (COOLDOWN, DEPLOYING_NETS):
            self._skip(service)
            return
        self._flow.events.cancel(service.sid)
        for role in list(service.roles.values()):
            if service.state in _DEPLOY and self._deployable(service, role):
                self._redeploy(service, role)
            elif service.state in _UNDEPLOY and role.state in _UNDEPLOY:
                self._undeployment.stop(role.node_ids)
                self._undeployment.wait(service, role, role.node_ids)
            elif service.state in _SCALE and role.state in _SCALE:
                self._rescale(service, role)
        service.publish()

    @staticmethod
    def _skip(service: Service) -> None:
        if service.state == COOLDOWN:
            if service.cooling is not None:
                service.cooling.cancel()
            service.set_state(RUNNING)
            for role in service.roles.values():
                role.state = RUNNING
            service.publish()

    @staticmethod
    def _deployable(service: Service, role: Role) -> bool:
        return role in service.roles_to_deploy() if role.state == PENDING else role.state in _DEPLOY

    def _redeploy(self, service: Service, role: Role) -> None:
        """Retry what there is and create what is missing; the role keeps its state until all are well."""
        existing = self._wake(role)
        creation = Creation(
            self._flow,
            service,
            role.state,
            FAILED_DEPLOYING,
            lambda role, vids: self._deployment.wait(service, role, existing + vids),
        )
        creation.run([role], lambda _: service.publish())

    def _rescale(self, service: Service, role: Role) -> None:
        if role.body.get("scale_way") == SCALE_DOWN:
            vids = role.to_stop() if role.cardinality < len(role.node_ids) else []
            self._undeployment.stop(vids)
            self._scaling.wait_down(service, role, vids)
        else:
            self._scaling.wait_up(service, role, self._wake(role))

    def _wake(self, role: Role) -> list[int]:
        """Retry the VMs that failed, resume those that are off; all of the role's VMs are waited for."""
        for vid in role.node_ids:
            vm = self._flow.world.vms[vid]
            if vm.failed:
                self._flow.world.hypervisor.retry(vm)
            elif vm.state == POWEROFF:
                try:
                    self._flow.world.actions.act(vm, "resume")
                except OneError:
                    continue
        return role.node_ids
