"""OneFlow's REST about services and service templates."""

from __future__ import annotations

import json
from typing import Any

from wizard.sandbox.blueprint import User
from wizard.sandbox.http import Response
from wizard.sandbox.oned.accounts import OneError
from wizard.sandbox.oned.documents import SERVICE, SERVICE_TEMPLATE, Document
from wizard.sandbox.oneflow.deployment import Deployment, Undeployment
from wizard.sandbox.oneflow.flow import Flow
from wizard.sandbox.oneflow.instantiation import service_body
from wizard.sandbox.oneflow.replies import (
    NOTHING,
    Ask,
    Crash,
    Invalid,
    Refusal,
    answer,
    document_id,
    from_oned,
    no_method,
    pool,
    read_action,
    read_json,
    text,
    to_i,
    unexpected,
)
from wizard.sandbox.oneflow.scaling import Recovery, Scaling
from wizard.sandbox.oneflow.schema import convert, validate
from wizard.sandbox.oneflow.service import Role, Service
from wizard.sandbox.world import WorldState


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
            raise Crash(no_method("[]", body, "    role_name = body['role_name']", "['role_name']"))
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


class TemplateRoutes:
    """What can be done with service templates over REST."""

    def __init__(self, world: WorldState, deployment: Deployment) -> None:
        self._world = world
        self._deployment = deployment

    def list(self, ask: Ask) -> Response:
        """GET /service_template"""
        with self._world.lock:
            found = self._world.documents.pool(ask.user, SERVICE_TEMPLATE)
            return answer(200, pool([document.shown(document.body()) for document in found]))

    def show(self, ask: Ask) -> Response:
        """GET /service_template/ID"""
        with self._world.lock:
            return _shown(200, self._template(ask.user, ask.path[0]))

    def create(self, ask: Ask) -> Response:
        """POST /service_template"""
        try:
            body = validate(convert(_parsed(ask.request.body.decode(errors="replace"))))
        except Invalid as error:
            return text(400, str(error))
        with self._world.lock:
            return _shown(201, self.register(ask.user, body))

    def register(self, user: User, body: dict[str, Any]) -> Document:
        """Store a template that has been checked."""
        body["registration_time"] = self._world.seconds()
        return from_oned(
            "one.document.allocate",
            lambda: self._world.documents.allocate(user, SERVICE_TEMPLATE, body["name"], body),
        )

    def update(self, ask: Ask) -> Response:
        """PUT /service_template/ID: the whole body; what it leaves out falls back to the defaults."""
        with self._world.lock:
            document = self._template(ask.user, ask.path[0])
            refused = self._replace(document, ask.request.body.decode(errors="replace"), append=False)
            return refused or _shown(200, document)

    def delete(self, ask: Ask) -> Response:
        """DELETE /service_template/ID"""
        with self._world.lock:
            self._world.documents.remove(self._template(ask.user, ask.path[0]).did)
        return NOTHING

    def act(self, ask: Ask) -> Response:
        """POST /service_template/ID/action; an unknown action is 200 with nothing in it."""
        action, params = read_action(ask.request)
        with self._world.lock:
            if action == "instantiate":
                return self._instantiate(ask.user, ask.path[0], params)
            if action == "clone":
                return self._clone(ask.user, ask.path[0], params)
            if action == "update":
                document = self._template(ask.user, ask.path[0])
                refused = self._replace(document, str(params.get("template_json", "")), bool(params.get("append")))
                return refused or NOTHING
            if action == "rename":
                document = self._template(ask.user, ask.path[0])
                from_oned("one.document.rename", lambda: document.rename(str(params.get("name", ""))))
            return NOTHING if action in ("rename", "chown", "chgrp", "chmod") else text(200, "")

    def _instantiate(self, user: User, segment: str, params: dict[str, Any]) -> Response:
        template = self._template(user, segment)
        body = service_body(template.body(), params.get("merge_template"), self._world.seconds())
        document = from_oned(
            "one.document.allocate", lambda: self._world.documents.allocate(user, SERVICE, body["name"], body)
        )
        self._deployment.begin(document)
        return _shown(201, document)

    def _clone(self, user: User, segment: str, params: dict[str, Any]) -> Response:
        template = self._template(user, segment)
        body = {**template.body(), "registration_time": self._world.seconds()}
        name = str(params.get("name", ""))
        clone = from_oned(
            "one.document.clone", lambda: self._world.documents.allocate(user, SERVICE_TEMPLATE, name, body)
        )
        return _shown(201, clone)

    @staticmethod
    def _replace(document: Document, words: str, append: bool) -> Response | None:
        before = document.body()
        try:
            body = convert(_parsed(words))
            body = {**before, **body} if append else body
            body["registration_time"] = before["registration_time"]
            document.write(validate(body))
        except Invalid as error:
            return text(400, str(error))
        return None

    def _template(self, user: User, segment: str) -> Document:
        number = document_id(segment)
        return from_oned("one.document.info", lambda: self._world.documents.get(user, number, SERVICE_TEMPLATE))


def _parsed(words: str) -> Any:
    try:
        return json.loads(words)
    except ValueError:
        raise Invalid(unexpected(words)) from None


def _shown(status: int, document: Document) -> Response:
    return answer(status, {"DOCUMENT": document.shown(document.body())})
