"""Changing how many VMs a role has."""

from __future__ import annotations

from wizard.sandbox.oned.accounts import OneError
from wizard.sandbox.oned.vm import POWEROFF
from wizard.sandbox.oneflow.deployment import Creation, Deployment, Undeployment, ready_goal
from wizard.sandbox.oneflow.flow import Flow, Goal
from wizard.sandbox.oneflow.replies import Crash, Refusal, unexpected
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
    SCALE_UP,
    SCALING,
    UNDEPLOYING,
    Role,
    Service,
)


class Scaling:
    """OneFlow's steps from RUNNING through SCALING and COOLDOWN back to RUNNING."""

    def __init__(self, flow: Flow, undeployment: Undeployment) -> None:
        self._flow = flow
        self._undeployment = undeployment

    def scale(self, service: Service, role_name: str, wanted: int, force: bool | None) -> float:
        """Begin to scale; Refusal in OneFlow's words. Gives the seconds for which the server's reply waits.

        Without `force` (None) the server writes itself a JSON text that it cannot read: Crash.
        """
        if service.asked_state != RUNNING:
            raise Refusal(f"Service cannot be scaled in state: {NAMES[service.asked_state]}")
        # The server forgets to watch the service again after the two refusals that follow.
        self._flow.watchdog.remove(service)
        role = service.roles.get(role_name)
        if role is None:
            raise Refusal(f"Role {role_name} not found")
        if force is None:
            raise Crash(unexpected(f'{{ "cardinality" : {wanted},\n  "force" :  }}'))
        out_of_bounds = None if force else _out_of_bounds(role, wanted)
        if out_of_bounds is not None:
            self._flow.watchdog.add(service)
            raise Refusal(f"Can't scale service {service.sid}: {out_of_bounds}")
        change = wanted - role.cardinality
        if change == 0:
            raise Refusal(f"Cardinality of {role_name} is already at {wanted}")
        role.set_cardinality(wanted)
        role.state = SCALING
        service.set_state(SCALING)
        return self._up(service, role, change) if change > 0 else self._down(service, role)

    def _up(self, service: Service, role: Role, more: int) -> float:
        role.body["scale_way"] = SCALE_UP
        service.publish()
        creation = Creation(
            self._flow,
            service,
            SCALING,
            FAILED_SCALING,
            lambda role, vids: self.wait_up(service, role, vids),
        )

        def finished(success: bool) -> None:
            if not success:
                service.set_state(FAILED_SCALING)
            service.publish()

        creation.run([role], finished)
        return creation.seconds(more)

    def _down(self, service: Service, role: Role) -> float:
        role.body["scale_way"] = SCALE_DOWN
        vids = role.to_stop() if role.cardinality < len(role.node_ids) else []
        self._undeployment.stop(vids)
        self.wait_down(service, role, vids)
        service.publish()
        return 0.0

    def wait_up(self, service: Service, role: Role, vids: list[int]) -> None:
        """Wait until new VMs are ready, then cool down."""

        def done(failed: bool) -> None:
            step = self._failed if failed else self._cool_down
            service.when_free(lambda: step(service, role))

        self._flow.events.wait(service.sid, vids, ready_goal(service), done)

    def wait_down(self, service: Service, role: Role, vids: list[int]) -> None:
        """Wait until VMs are gone, then cool down."""

        def gone() -> None:
            role.drop_nodes(set(vids))
            self._cool_down(service, role)

        self._flow.events.wait(service.sid, vids, Goal.DONE, lambda _: service.when_free(gone))

    def _cool_down(self, service: Service, role: Role) -> None:
        service.set_state(COOLDOWN)
        role.state = COOLDOWN
        role.body.pop("scale_way", None)
        service.publish()
        seconds = float(role.body.get("cooldown") or 0)
        service.cooling = self._flow.world.after(
            seconds, lambda: service.when_free(lambda: self._cooled(service, role))
        )

    def _cooled(self, service: Service, role: Role) -> None:
        service.set_state(RUNNING)
        role.state = RUNNING
        service.publish()
        self._flow.watchdog.add(service)

    def _failed(self, service: Service, role: Role) -> None:
        self._flow.events.cancel(service.sid)
        service.set_state(FAILED_SCALING)
        role.state = FAILED_SCALING
        service.publish()


def _out_of_bounds(role: Role, wanted: int) -> str | None:
    low, high = int(role.body.get("min_vms") or 0), role.body.get("max_vms")
    if wanted < low:
        return f"Minimum cardinality is {role.body.get('min_vms', '')}"
    if high is not None and wanted > int(high):
        return f"Maximum cardinality is {high}"
    return None


class Autoscaler:
    """Looks at every RUNNING service in rounds."""

    def __init__(self, flow: Flow, scaling: Scaling) -> None:
        self._flow = flow
        self._scaling = scaling

    def start(self) -> None:
        """Plan the first round, if this world has any."""
        if self._flow.world.plan.autoscaler > 0:
            self._flow.world.after(self._flow.world.plan.autoscaler, self._round)

    def _round(self) -> None:
        for service in list(self._flow.services.values()):
            if service.state == RUNNING:
                self._refill(service)
        self.start()

    def _refill(self, service: Service) -> None:
        for role in service.roles.values():
            low = int(role.body.get("min_vms") or 0)
            if role.cardinality >= low:
                continue
            # The server takes the cooldown of every role that it means to refill away for good ...
            role.body["cooldown"] = 0
            service.publish()
            try:
                self._scaling.scale(service, role.name, low, force=False)
            except Refusal:
                # ... but the first refill bars all others until the next round.
                continue


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
