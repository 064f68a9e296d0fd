"""Scaling of roles, by request and by the autoscaler, and recovery of services."""

from __future__ import annotations

from contextlib import suppress

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
    """The steps from RUNNING through SCALING and COOLDOWN back to RUNNING."""

    def __init__(self, flow: Flow, undeployment: Undeployment) -> None:
        self._flow = flow
        self._undeployment = undeployment

    def scale(self, service: Service, role_name: str, wanted: int, force: bool | None) -> float:
        """Begin to scale; Refusal with the server's text. Returns the seconds for which the server's reply waits.

        Without `force` (None) the server builds a JSON text that it cannot parse: Crash.
        """
        if service.effective_state != RUNNING:
            raise Refusal(f"Service cannot be scaled in state: {NAMES[service.effective_state]}")
        # The server does not watch the service again after the two refusals that follow.
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
        vids = role.vms_to_stop() if role.cardinality < len(role.node_ids) else []
        self._undeployment.stop(vids)
        self.wait_down(service, role, vids)
        service.publish()
        return 0.0

    def wait_up(self, service: Service, role: Role, vids: list[int]) -> None:
        """Wait until new VMs are ready, then begin the cooldown."""

        def done(failed: bool) -> None:
            step = self._failed if failed else self._begin_cooldown
            service.when_unlocked(lambda: step(service, role))

        self._flow.events.wait(service.sid, vids, ready_goal(service), done)

    def wait_down(self, service: Service, role: Role, vids: list[int]) -> None:
        """Wait until VMs are gone, then begin the cooldown."""

        def gone() -> None:
            role.drop_nodes(set(vids))
            self._begin_cooldown(service, role)

        self._flow.events.wait(service.sid, vids, Goal.DONE, lambda _: service.when_unlocked(gone))

    def _begin_cooldown(self, service: Service, role: Role) -> None:
        service.set_state(COOLDOWN)
        role.state = COOLDOWN
        role.body.pop("scale_way", None)
        service.publish()
        seconds = float(role.body.get("cooldown") or 0)
        service.cooldown_timer = self._flow.world.after(
            seconds, lambda: service.when_unlocked(lambda: self._end_cooldown(service, role))
        )

    def _end_cooldown(self, service: Service, role: Role) -> None:
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
    """Refills the roles of all RUNNING services below their minimum, in rounds."""

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
            # The server sets the cooldown of every role that it is to refill to 0 for good ...
            role.body["cooldown"] = 0
            service.publish()
            # ... but the first refill prevents all others until the next round.
            with suppress(Refusal):
                self._scaling.scale(service, role.name, low, force=False)


_DEPLOY = (DEPLOYING, FAILED_DEPLOYING)
_UNDEPLOY = (UNDEPLOYING, FAILED_UNDEPLOYING)
_SCALE = (SCALING, FAILED_SCALING)


class Recovery:
    """The steps of `recover` in each state."""

    def __init__(self, flow: Flow, deployment: Deployment, undeployment: Undeployment, scaling: Scaling) -> None:
        self._flow = flow
        self._deployment = deployment
        self._undeployment = undeployment
        self._scaling = scaling

    def recover(self, service: Service) -> None:
        """Recover; Refusal in a state without recovery. Failed states stay until all roles are RUNNING."""
        state = service.effective_state
        if state not in (*_DEPLOY, *_UNDEPLOY, *_SCALE, COOLDOWN, DEPLOYING_NETS):
            raise Refusal(f"Service cannot be recovered in state: {NAMES[state]}")
        service.when_unlocked(lambda: self._recover(service))

    def delete(self, service: Service) -> None:
        """Undeploy in any state, as a DELETE does in RUNNING."""

        def step() -> None:
            self._flow.events.cancel(service.sid)
            self._undeployment.undeploy(service)

        service.when_unlocked(step)

    def _recover(self, service: Service) -> None:
        if service.state in (COOLDOWN, DEPLOYING_NETS):
            self._end_waiting_state(service)
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
    def _end_waiting_state(service: Service) -> None:
        if service.state == COOLDOWN:
            if service.cooldown_timer is not None:
                service.cooldown_timer.cancel()
            service.set_state(RUNNING)
            for role in service.roles.values():
                role.state = RUNNING
            service.publish()

    @staticmethod
    def _deployable(service: Service, role: Role) -> bool:
        return role in service.roles_to_deploy() if role.state == PENDING else role.state in _DEPLOY

    def _redeploy(self, service: Service, role: Role) -> None:
        """Retry existing VMs and create missing ones; the role keeps its state until all are RUNNING."""
        existing = self._retry_vms(role)
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
            vids = role.vms_to_stop() if role.cardinality < len(role.node_ids) else []
            self._undeployment.stop(vids)
            self._scaling.wait_down(service, role, vids)
        else:
            self._scaling.wait_up(service, role, self._retry_vms(role))

    def _retry_vms(self, role: Role) -> list[int]:
        """Retry failed VMs, resume powered-off ones; the ids of all VMs of the role."""
        for vid in role.node_ids:
            vm = self._flow.world.vms[vid]
            if vm.failed:
                self._flow.world.hypervisor.retry(vm)
            elif vm.state == POWEROFF:
                with suppress(OneError):
                    self._flow.world.actions.act(vm, "resume")
        return role.node_ids
