"""OneFlow's REST about services."""

from __future__ import annotations

from typing import Any

from wizard.sandbox.blueprint import User
from wizard.sandbox.http import Response
from wizard.sandbox.oned.accounts import OneError
from wizard.sandbox.oned.documents import SERVICE
from wizard.sandbox.oneflow import schema as ruby
from wizard.sandbox.oneflow.deployment import Deployment, Refusal, Undeployment
from wizard.sandbox.oneflow.flow import Flow
from wizard.sandbox.oneflow.scaling import Recovery, Scaling
from wizard.sandbox.oneflow.schema import (
    NOTHING,
    Ask,
    Crash,
    Invalid,
    answer,
    document_id,
    from_oned,
    pool,
    read_action,
    read_json,
    text,
    to_i,
    validate,
)
from wizard.sandbox.oneflow.service import Role, Service


class ServiceRoutes:
    """What can be done with services over REST."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.deployment = Deployment(flow)
        self._undeployment = Undeployment(flow)
        self.scaling = Scaling(flow, self._undeployment)
        self._recovery = Recovery(flow, self.deployment, self._undeployment, self.scaling)

    def list(self, ask: Ask) -> Response:
        """GET /service"""
        with self._flow.world.lock:
            return answer(
                200, pool([found.shown(found.body()) for found in self._flow.world.documents.pool(ask.user, SERVICE)])
            )

    def show(self, ask: Ask) -> Response:
        """GET /service/ID"""
        with self._flow.world.lock:
            document = self._service(ask.user, ask.path[0]).document
            return answer(200, {"DOCUMENT": document.shown(document.body())})

    def update(self, ask: Ask) -> Response:
        """PUT /service/ID: the sandbox checks the body and changes nothing."""
        body = read_json(ask.request)
        try:
            validate(body)
        except Invalid as error:
            return text(400, str(error))
        with self._flow.world.lock:
            self._service(ask.user, ask.path[0])
        return NOTHING

    def delete(self, ask: Ask) -> Response:
        """DELETE /service/ID"""
        with self._flow.world.lock:
            self._undeployment.delete(self._service(ask.user, ask.path[0]))
        return NOTHING

    def scale(self, ask: Ask) -> Response:
        """POST /service/ID/scale: answers when the new VMs exist, on a clock that runs by itself."""
        body = read_json(ask.request)
        if not isinstance(body, dict):
            raise Crash(ruby.no_method("[]", body, "    role_name = body['role_name']", "['role_name']"))
        with self._flow.world.lock:
            seconds = self.scaling.scale(
                self._service(ask.user, ask.path[0]),
                str(body.get("role_name") or ""),
                to_i(body.get("cardinality")),
                body.get("force"),
            )
        self._flow.world.clock.sleep(seconds)
        return NOTHING

    def act(self, ask: Ask) -> Response:
        """POST /service/ID/action"""
        action, params = read_action(ask.request)
        if action not in ("recover", "rename", "release", "chown", "chgrp", "chmod"):
            raise Refusal(f"Action {action} not supported")
        with self._flow.world.lock:
            service = self._service(ask.user, ask.path[0])
            if action == "recover" and params.get("delete"):
                self._recovery.delete(service)
            elif action == "recover":
                self._recovery.recover(service)
            elif action == "rename":
                self._rename(service, str(params.get("name", "")))
            elif action == "release":
                raise Refusal("Service has no roles in HOLD")
        return NOTHING

    def act_on_role(self, ask: Ask) -> Response:
        """POST /service/ID/role/NAME/action: a scheduled action for each of its VMs."""
        action, params = read_action(ask.request, needs_params=True)
        with self._flow.world.lock:
            role = self._service(ask.user, ask.path[0]).roles.get(ask.path[1])
            if role is None:
                raise Refusal(f"Role '{ask.path[1]}' not found")
            self._schedule(role, action, params)
        return NOTHING

    def purge(self, _: Ask) -> Response:
        """POST /service_pool/purge_done: there is never anything to purge, DONE is never seen."""
        return NOTHING

    def _service(self, user: User, segment: str) -> Service:
        number = document_id(segment)
        from_oned("one.document.info", lambda: self._flow.world.documents.get(user, number, SERVICE))
        return self._flow.services[number]

    @staticmethod
    def _rename(service: Service, name: str) -> None:
        from_oned("one.document.rename", lambda: service.document.rename(name))

    def _schedule(self, role: Role, action: str, params: dict[str, Any]) -> None:
        period, number = to_i(params.get("period")), to_i(params.get("number"))
        if bool(period) != bool(number):
            period, number = period or 60, number or 1
        world = self._flow.world
        for place, vid in enumerate(role.node_ids):
            delay = (place // number) * period if number else 0
            world.after(1.0 + delay, lambda vid=vid: self._perform(vid, action))  # type: ignore[misc]

    def _perform(self, vid: int, action: str) -> None:
        try:
            self._flow.world.actions.act(self._flow.world.vms[vid], action)
        except OneError:
            return  # A scheduled action that fails leaves a mark in the VM's log only.
