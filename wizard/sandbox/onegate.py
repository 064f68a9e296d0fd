"""OneGate: guests read their service there, and publish into their VM."""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from wizard.sandbox.http import Request, Response
from wizard.sandbox.oned import templates
from wizard.sandbox.oned.accounts import OneError
from wizard.sandbox.oned.documents import SERVICE
from wizard.sandbox.oned.vm import DONE, VirtualMachine, full_form
from wizard.sandbox.world import WorldState

_RESTRICTED = frozenset({"SERVICE_ID", "ROLE_NAME", "SCHED_REQUIREMENTS"})
_JSON = "application/json;charset=utf-8"


class OneGate:
    """OneGate as an HTTP app, and as a `Gate` without HTTP for services deployed before the servers run."""

    name = "onegate"

    def __init__(self, world: WorldState) -> None:
        self._world = world
        self._key = secrets.token_bytes(32)

    def token(self, vm: VirtualMachine) -> str:
        """The token of a VM, signed with this sandbox's key."""
        return base64.b64encode(hmac.digest(self._key, f"{vm.vid}:{vm.start}".encode(), "sha256")).decode()

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Respond in this thread, without HTTP."""
        lowered = {key.lower(): value for key, value in headers.items()}
        response = self.respond(Request(method, path, {}, lowered, body))
        return response.status, response.body

    def call(self, request: Request) -> str:
        """`METHOD /path`."""
        return f"{request.method} {request.path}"

    def respond(self, request: Request) -> Response:
        """Check the token and answer."""
        with self._world.lock:
            vm = self._caller(request.headers)
            if vm is None:
                return _text(401, "Not authorized")
            try:
                return self._dispatch(vm, request)
            except OneError as error:
                return _text(500, error.message)

    def _caller(self, headers: Mapping[str, str]) -> VirtualMachine | None:
        number = headers.get("x-onegate-vmid", "")
        if not (number.isascii() and number.isdigit() and len(number) < 10) or int(number) >= len(self._world.vms):
            return None
        vm = self._world.vms[int(number)]
        if vm.state == DONE or vm.context.get("TOKEN", "").upper() != "YES":
            return None
        valid = hmac.compare_digest(self.token(vm).encode(), headers.get("x-onegate-token", "").encode())
        return vm if valid else None

    def _dispatch(self, vm: VirtualMachine, request: Request) -> Response:
        route = (request.method, request.path.rstrip("/") or "/")
        other = re.fullmatch(r"/vms/(\d+)", request.path)
        if route == ("GET", "/"):
            base = self._world.onegate_url
            return _json({"vm_info": f"{base}/vm", "service_info": f"{base}/service"})
        if route == ("GET", "/vm"):
            return _json(_vm(vm))
        if route == ("PUT", "/vm"):
            return self._update(vm, request.body.decode(errors="replace"))
        if route == ("GET", "/service"):
            return self._service(vm, "extended" in request.query)
        if request.method == "GET" and other:
            return self._other(vm, int(other[1]))
        return _text(400, "OneGate server doesn't support this feature")

    def _update(self, vm: VirtualMachine, text: str) -> Response:
        attributes = templates.parse(text)
        for key in attributes:
            if key in _RESTRICTED:
                return _text(403, f"Attribute ({key}) cannot be modified")
        self._world.vms.update(vm, text, attributes, replace=False)
        return _text(200, "")

    def _service_body(self, vm: VirtualMachine) -> tuple[int, str, dict[str, Any]] | None:
        if vm.service is None or not self._world.documents.exists(vm.service):
            return None
        document = self._world.documents.get(self._world.administrator, vm.service, SERVICE)
        return document.did, document.name, document.body()

    def _service(self, vm: VirtualMachine, extended: bool) -> Response:
        service = self._service_body(vm)
        if service is None:
            return _text(400, f"No service available for VM {vm.vid}")
        number, name, body = service
        return _json(
            {
                "SERVICE": {
                    "name": name,
                    "id": str(number),
                    "state": body["state"],
                    "roles": [self._role(role, extended) for role in body["roles"]],
                }
            }
        )

    def _role(self, role: Mapping[str, Any], extended: bool) -> dict[str, Any]:
        def vm_info(node: Mapping[str, Any]) -> object:
            vm, now = self._world.vms[node["deploy_id"]], self._world.seconds()
            return {"VM": full_form(vm, now)} if extended else node["vm_info"]

        nodes = role.get("nodes", [])
        return {
            "name": role["name"],
            "cardinality": role.get("cardinality"),
            "state": role["state"],
            "nodes": [{"deploy_id": node["deploy_id"], "running": None, "vm_info": vm_info(node)} for node in nodes],
        }

    def _other(self, vm: VirtualMachine, number: int) -> Response:
        service = self._service_body(vm)
        if service is None:
            return _text(400, f"No service available for VM {vm.vid}")
        nodes = {node["deploy_id"] for role in service[2]["roles"] for node in role.get("nodes", [])}
        if number not in nodes:
            return _text(400, f"Service {service[0]} does not contain VM {number}.")
        return _json(_vm(self._world.vms[number]))


def _vm(vm: VirtualMachine) -> dict[str, Any]:
    nics = [{key: nic[key] for key in ("IP", "MAC", "NAME", "NETWORK")} for nic in vm.nics]
    return {
        "VM": {
            "NAME": vm.name,
            "ID": str(vm.vid),
            "STATE": str(vm.state),
            "LCM_STATE": str(vm.lcm),
            "USER_TEMPLATE": dict(sorted(vm.user_template.items())),
            "TEMPLATE": {"NIC": nics, "NIC_ALIAS": []},
        }
    }


def _text(status: int, body: str) -> Response:
    return Response(status, body.encode(), _JSON)


def _json(body: object) -> Response:
    return Response(200, json.dumps(body, ensure_ascii=False).encode(), _JSON)
