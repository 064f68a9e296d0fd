"""OneFlow's REST about service templates."""

from __future__ import annotations

import json
from typing import Any

from wizard.sandbox.blueprint import User
from wizard.sandbox.http import Response
from wizard.sandbox.oned import templates as template_text
from wizard.sandbox.oned.documents import SERVICE, SERVICE_TEMPLATE, Document
from wizard.sandbox.oneflow import schema as ruby
from wizard.sandbox.oneflow.deployment import Deployment
from wizard.sandbox.oneflow.instantiation import service_body
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
    text,
    validate,
)
from wizard.sandbox.world import WorldState

_OLD_ROLE_KEYS = ("vm_template", "vm_template_contents", "custom_attrs")
_LISTS = ("NIC", "NIC_ALIAS", "DISK")


def convert(body: Any) -> dict[str, Any]:
    """The body in today's format, converted only if every role uses the old one; Crash if it is no object."""
    if not isinstance(body, dict):
        line = "            body.key?('roles') && body['roles'].all? do |role|"
        raise Crash(ruby.no_method("key?", body, line, ".key?"))
    roles = body.get("roles")
    if not isinstance(roles, list) or not all(isinstance(role, dict) and _is_old(role) for role in roles):
        return body
    converted = {key: value for key, value in body.items() if key not in ("custom_attrs", "custom_attrs_values")}
    converted["roles"] = [_role(role) for role in roles]
    for old, new in (("custom_attrs", "user_inputs"), ("custom_attrs_values", "user_inputs_values")):
        if old in body:
            converted[new] = body[old]
    return converted


def _is_old(role: dict[str, Any]) -> bool:
    return any(key in role for key in _OLD_ROLE_KEYS)


def _role(role: dict[str, Any]) -> dict[str, Any]:
    converted = {key: value for key, value in role.items() if key not in _OLD_ROLE_KEYS}
    if "vm_template" in role:
        converted["template_id"] = role["vm_template"]
    converted.setdefault("type", "vm")
    if "vm_template_contents" in role:
        contents = template_text.parse(str(role["vm_template_contents"]))
        converted["template_contents"] = {
            key: [value] if key in _LISTS and not isinstance(value, list) else value for key, value in contents.items()
        }
    if "custom_attrs" in role:
        converted["user_inputs"] = role["custom_attrs"]
    return converted


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
        raise Invalid(ruby.unexpected(words)) from None


def _shown(status: int, document: Document) -> Response:
    return answer(status, {"DOCUMENT": document.shown(document.body())})
