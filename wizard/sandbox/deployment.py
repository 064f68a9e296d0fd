"""From an instantiated template to a RUNNING service."""

from __future__ import annotations

from typing import Any

from wizard.sandbox import template_text
from wizard.sandbox.creation import Creation
from wizard.sandbox.documents import Document
from wizard.sandbox.errors import INTERNAL, OneError
from wizard.sandbox.flow import Flow
from wizard.sandbox.ruby import to_i
from wizard.sandbox.service import DEPLOYING, DEPLOYING_NETS, FAILED_DEPLOYING, PENDING, RUNNING, Role, Service
from wizard.sandbox.waiting import Goal


def ready_goal(service: Service) -> Goal:
    """What OneFlow waits for in a new VM: READY with the gate, RUNNING without."""
    return Goal.READY if service.body.get("ready_status_gate") else Goal.RUNNING


class Deployment:
    """OneFlow's steps towards RUNNING."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def begin(self, document: Document) -> None:
        """Take a PENDING service document and deploy it."""
        service = self._flow.adopt(document)
        timings = self._flow.world.plan.timings
        self._flow.world.after(timings.notice, lambda: service.when_free(lambda: self._networks(service)))

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
            self._flow.world.plan.timings.networks, lambda: service.when_free(lambda: self.deploy(service))
        )

    def _make_networks(self, service: Service) -> None:
        for values in service.body.get("networks_values") or []:
            for name, value in _objects(values):
                if "reserve_from" in value:
                    self._reserve(service, name, value)
                for role in service.roles.values():
                    if "template_contents" in role.body:
                        contents = role.body["template_contents"]
                        role.body["template_contents"] = _replaced(contents, f"${name}", value.get("id"))

    def _reserve(self, service: Service, name: str, value: dict[str, Any]) -> None:
        full_name = f"{name}-{service.sid}"
        extra = str(value.get("extra", ""))
        size = template_text.parse(extra).get("SIZE", "1") if extra else "1"
        value["extra"] = f'{extra}\nNAME="{full_name}"\n'
        value["id"] = self._flow.world.networks.reserve(
            to_i(value["reserve_from"]), service.document.owner.uid, full_name, to_i(size)
        )

    def deploy(self, service: Service) -> None:
        """Create the VMs of all roles that may come now, once the networks are there."""
        if service.state != DEPLOYING_NETS:
            return
        for role in service.roles.values():
            _fill_in_values(service, role)
        roles = service.roles_to_deploy()
        if not roles:
            # A cycle of parents stays where it is for ever.
            if service.all_in(RUNNING):
                self._running(service)
            return

        def finished(success: bool) -> None:
            service.set_state(DEPLOYING if success else FAILED_DEPLOYING)
            service.publish()

        self.creation(service).run(roles, finished)

    def creation(self, service: Service) -> Creation:
        """A creation of VMs that will then be waited for."""
        return Creation(
            self._flow,
            service,
            DEPLOYING,
            FAILED_DEPLOYING,
            lambda role, vids: self.wait(service, role, vids),
        )

    def wait(self, service: Service, role: Role, vids: list[int]) -> None:
        """Wait for VMs of a role, then go on to its children."""

        def done(failed: bool) -> None:
            step = self._failed if failed else self._role_ready
            service.when_free(lambda: step(service, role))

        self._flow.events.wait(service.sid, vids, ready_goal(service), done)

    def _role_ready(self, service: Service, role: Role) -> None:
        role.state = RUNNING
        if service.all_in(RUNNING):
            self._running(service)
            return
        roles = service.roles_to_deploy() if service.body.get("deployment") == "straight" else []
        if roles:
            # A child that cannot be created marks its role only: the service stays DEPLOYING.
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


def _fill_in_values(service: Service, role: Role) -> None:
    """Each value stands in the VM as KEY, and in its CONTEXT as $KEY. The role's value wins."""
    contents: dict[str, Any] = role.body.setdefault("template_contents", {})
    values = {**(service.body.get("user_inputs_values") or {}), **(role.body.get("user_inputs_values") or {})}
    if not values:
        return
    context = contents.setdefault("CONTEXT", {})
    for key, value in values.items():
        context[key] = f"${key}"
        contents[key] = value


def _objects(values: Any) -> list[tuple[str, dict[str, Any]]]:
    """The networks of one entry of `networks_values`; what is no object fails the deployment."""
    if not isinstance(values, dict) or not all(isinstance(value, dict) for value in values.values()):
        raise OneError(INTERNAL, "Wrong networks_values format")
    return list(values.items())


def _replaced(contents: Any, variable: str, value: Any) -> Any:
    if isinstance(contents, dict):
        return {key: _replaced(item, variable, value) for key, item in contents.items()}
    if isinstance(contents, list):
        return [_replaced(item, variable, value) for item in contents]
    if contents == variable:
        return "" if value is None else value
    return contents
