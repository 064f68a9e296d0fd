"""OneFlow's REST about services and service templates."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from wizard.sandbox.blueprint import User
from wizard.sandbox.http import Response
from wizard.sandbox.oned.accounts import OneError
from wizard.sandbox.oned.documents import SERVICE, SERVICE_TEMPLATE, Document
from wizard.sandbox.oneflow.deployment import Deployment, Undeployment
from wizard.sandbox.oneflow.flow import Flow
from wizard.sandbox.oneflow.replies import (
    NOTHING,
    Crash,
    Invalid,
    Refusal,
    UserRequest,
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
from wizard.sandbox.oneflow.service import Role, Service


class ServiceRoutes:
    """The routes of `/service` and `/service_pool`."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.deployment = Deployment(flow)
        self._undeployment = Undeployment(flow)
        self.scaling = Scaling(flow, self._undeployment)
        self._recovery = Recovery(flow, self.deployment, self._undeployment, self.scaling)

    def list(self, request: UserRequest) -> Response:
        """GET /service"""
        with self._flow.world.lock:
            return answer(
                200, pool([item.shown(item.body()) for item in self._flow.world.documents.pool(request.user, SERVICE)])
            )

    def show(self, request: UserRequest) -> Response:
        """GET /service/ID"""
        with self._flow.world.lock:
            document = self._service(request.user, request.path[0]).document
            return answer(200, {"DOCUMENT": document.shown(document.body())})

    def update(self, request: UserRequest) -> Response:
        """PUT /service/ID: the sandbox checks the body and changes nothing."""
        body = read_json(request.http)
        try:
            self._flow.release.template(body)
        except Invalid as error:
            return text(400, str(error))
        with self._flow.world.lock:
            self._service(request.user, request.path[0])
        return NOTHING

    def delete(self, request: UserRequest) -> Response:
        """DELETE /service/ID"""
        with self._flow.world.lock:
            self._undeployment.delete(self._service(request.user, request.path[0]))
        return NOTHING

    def scale(self, request: UserRequest) -> Response:
        """POST /service/ID/scale: answers when the new VMs exist, on a clock that runs by itself."""
        body = read_json(request.http)
        if not isinstance(body, dict):
            raise Crash(no_method("[]", body, "    role_name = body['role_name']", "['role_name']"))
        with self._flow.world.lock:
            seconds = self.scaling.scale(
                self._service(request.user, request.path[0]),
                str(body.get("role_name") or ""),
                to_i(body.get("cardinality")),
                body.get("force"),
            )
        self._flow.world.clock.sleep(seconds)
        return NOTHING

    def act(self, request: UserRequest) -> Response:
        """POST /service/ID/action"""
        action, params = read_action(request.http)
        if action not in ("recover", "rename", "release", "chown", "chgrp", "chmod"):
            raise Refusal(f"Action {action} not supported")
        with self._flow.world.lock:
            service = self._service(request.user, request.path[0])
            if action == "recover" and params.get("delete"):
                self._recovery.delete(service)
            elif action == "recover":
                self._recovery.recover(service)
            elif action == "rename":
                self._rename(service, str(params.get("name", "")))
            elif action == "release":
                raise Refusal("Service has no roles in HOLD")
        return NOTHING

    def act_on_role(self, request: UserRequest) -> Response:
        """POST /service/ID/role/NAME/action: a scheduled action for each of its VMs."""
        action, params = read_action(request.http, needs_params=True)
        with self._flow.world.lock:
            role = self._service(request.user, request.path[0]).roles.get(request.path[1])
            if role is None:
                raise Refusal(f"Role '{request.path[1]}' not found")
            self._schedule(role, action, params)
        return NOTHING

    def purge(self, _: UserRequest) -> Response:
        """POST /service_pool/purge_done: nothing to purge, as no service stays DONE."""
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
        # A failed scheduled action is reported in the VM's log only.
        with suppress(OneError):
            self._flow.world.actions.act(self._flow.world.vms[vid], action)


class TemplateRoutes:
    """The routes of `/service_template`."""

    def __init__(self, flow: Flow, deployment: Deployment) -> None:
        self._world = flow.world
        self._release = flow.release
        self._deployment = deployment

    def list(self, request: UserRequest) -> Response:
        """GET /service_template"""
        with self._world.lock:
            documents = self._world.documents.pool(request.user, SERVICE_TEMPLATE)
            return answer(200, pool([document.shown(document.body()) for document in documents]))

    def show(self, request: UserRequest) -> Response:
        """GET /service_template/ID"""
        with self._world.lock:
            return _shown(200, self._template(request.user, request.path[0]))

    def create(self, request: UserRequest) -> Response:
        """POST /service_template"""
        try:
            body = self._release.template(_parsed(request.http.body.decode(errors="replace")))
        except Invalid as error:
            return text(400, str(error))
        with self._world.lock:
            return _shown(201, self.register(request.user, body))

    def register(self, user: User, body: dict[str, Any]) -> Document:
        """Store a valid template, with the time of its registration."""
        body["registration_time"] = self._world.seconds()
        return from_oned(
            "one.document.allocate",
            lambda: self._world.documents.allocate(user, SERVICE_TEMPLATE, body["name"], body),
        )

    def update(self, request: UserRequest) -> Response:
        """PUT /service_template/ID: the whole body; missing keys fall back to the defaults."""
        with self._world.lock:
            document = self._template(request.user, request.path[0])
            error = self._replace(document, request.http.body.decode(errors="replace"), append=False)
            return error or _shown(200, document)

    def delete(self, request: UserRequest) -> Response:
        """DELETE /service_template/ID"""
        with self._world.lock:
            self._world.documents.remove(self._template(request.user, request.path[0]).did)
        return NOTHING

    def act(self, request: UserRequest) -> Response:
        """POST /service_template/ID/action; an unknown action is 200 with an empty body."""
        action, params = read_action(request.http)
        with self._world.lock:
            if action == "instantiate":
                return self._instantiate(request.user, request.path[0], params)
            if action == "clone":
                return self._clone(request.user, request.path[0], params)
            if action == "update":
                document = self._template(request.user, request.path[0])
                error = self._replace(document, str(params.get("template_json", "")), bool(params.get("append")))
                return error or NOTHING
            if action == "rename":
                document = self._template(request.user, request.path[0])
                from_oned("one.document.rename", lambda: document.rename(str(params.get("name", ""))))
            return NOTHING if action in ("rename", "chown", "chgrp", "chmod") else text(200, "")

    def _instantiate(self, user: User, segment: str, params: dict[str, Any]) -> Response:
        template = self._template(user, segment)
        body = self._release.service(template.body(), params.get("merge_template"), self._world.seconds())
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

    def _replace(self, document: Document, body_text: str, append: bool) -> Response | None:
        before = document.body()
        try:
            body = _parsed(body_text)
            body = {**before, **body} if append and isinstance(body, dict) else body
            document.write(self._release.changed_template(before, body))
        except Invalid as error:
            return text(400, str(error))
        return None

    def _template(self, user: User, segment: str) -> Document:
        number = document_id(segment)
        return from_oned("one.document.info", lambda: self._world.documents.get(user, number, SERVICE_TEMPLATE))


def _parsed(body_text: str) -> object:
    try:
        return json.loads(body_text)
    except (ValueError, RecursionError):
        raise Invalid(unexpected(body_text)) from None


def _shown(status: int, document: Document) -> Response:
    return answer(status, {"DOCUMENT": document.shown(document.body())})
