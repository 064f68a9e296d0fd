"""A plain client for tests of the sandbox; not the wizard's, so that the two share no mistakes."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from xmlrpc.client import ServerProxy

from wizard.sandbox.blueprint import World
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox


def flower(supernodes: int = 2, **role: Any) -> dict[str, Any]:
    """A service template with short cooldowns; `role` changes the supernode role."""
    superlink = {"name": "superlink", "type": "vm", "template_id": 0, "cardinality": 1, "min_vms": 1, "max_vms": 1}
    supernode = {"name": "supernode", "type": "vm", "template_id": 1, "cardinality": supernodes, "min_vms": 1}
    return {
        "name": "Flower",
        "deployment": "straight",
        "ready_status_gate": True,
        "roles": [
            {**superlink, "cooldown": 5},
            {**supernode, "max_vms": 500, "cooldown": 5, "parents": ["superlink"], **role},
        ],
    }


class Cloud:
    """A sandbox on a manual clock, and the calls that tests need."""

    def __init__(self, world: str | World = "default", sandbox: Sandbox | None = None) -> None:
        self.clock = ManualClock()
        self.sandbox = sandbox or Sandbox(world, latency=0, clock=self.clock)
        # Reused in the test's own thread: most of a test's time would go into new connections.
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Cloud:
        self.sandbox.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()
        self.sandbox.stop()
        assert self.sandbox._shared.failures == []

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", urlsplit(self.sandbox.oneflow_url).port, timeout=10)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body of a OneFlow request; the body as JSON if it is, else as text."""
        reused = threading.current_thread() is threading.main_thread()
        connection = self._connection if reused and self._connection is not None else self._connect()
        session = f"{self.sandbox.username}:{self.sandbox.password}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(session).decode()}"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            reply = connection.getresponse()
            text = reply.read().decode()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        if reused:
            self._connection = connection
        else:
            connection.close()
        try:
            return reply.status, json.loads(text)
        except ValueError:
            return reply.status, text

    def oned(self, call: str, *params: Any) -> Any:
        """The whole answer of an XML-RPC call."""
        with ServerProxy(self.sandbox.oned_url) as proxy:
            method: Callable[..., Any] = getattr(proxy, call)
            return method(f"{self.sandbox.username}:{self.sandbox.password}", *params)

    def instantiate(self, template: dict[str, Any], merge: dict[str, Any] | None = None) -> int:
        """Register and instantiate; the service's id."""
        status, made = self.ask("POST", "/service_template", template)
        assert status == 201, made
        action = {"action": {"perform": "instantiate", "params": {"merge_template": merge or {}}}}
        status, made = self.ask("POST", f"/service_template/{made['DOCUMENT']['ID']}/action", action)
        assert status == 201, made
        return int(made["DOCUMENT"]["ID"])

    def running(self, template: dict[str, Any] | None = None, merge: dict[str, Any] | None = None) -> int:
        """A RUNNING service whose guests have published everything."""
        service = self.instantiate(template or flower(), merge)
        self.until(service, 2)
        self.clock.advance(3)
        return service

    def body(self, service: int) -> dict[str, Any]:
        """The present body of a service; {} once it is gone."""
        status, answer = self.ask("GET", f"/service/{service}")
        return answer["DOCUMENT"]["TEMPLATE"]["BODY"] if status == 200 else {}

    def role(self, service: int, name: str = "supernode") -> dict[str, Any]:
        """One role of a service."""
        return next(role for role in self.body(service)["roles"] if role["name"] == name)

    def nodes(self, service: int, role: str = "supernode") -> list[int]:
        """The VM ids of a role in the service's document."""
        return [node["deploy_id"] for node in self.role(service, role).get("nodes", [])]

    def until(self, service: int, state: int | None, limit: int = 400) -> None:
        """Advance the clock until the service is in a state, or gone (None)."""
        for _ in range(limit * 2):
            if self.body(service).get("state") == state:
                return
            self.clock.advance(0.5)
        raise AssertionError(f"service {service} never reached {state}: {self.body(service)}")

    def scale(self, service: int, cardinality: int) -> tuple[int, Any]:
        """Scale the supernodes."""
        return self.ask(
            "POST",
            f"/service/{service}/scale",
            {"role_name": "supernode", "cardinality": cardinality, "force": False},
        )

    def recover(self, service: int, delete: bool = False) -> tuple[int, Any]:
        """Recover, or delete by force."""
        params = {"delete": True} if delete else {}
        return self.ask("POST", f"/service/{service}/action", {"action": {"perform": "recover", "params": params}})

    def vm_action(self, action: str, vid: int) -> None:
        """Perform an action on a VM in oned, not by OneFlow."""
        answer = self.oned("one.vm.action", action, vid)
        assert answer[0], answer

    def vm(self, vid: int) -> Any:
        """A VM in the sandbox's own state, with its guest."""
        return self.sandbox.world.vms[vid]

    def alive(self, service: int) -> list[int]:
        """The ids of the service's VMs that are not DONE."""
        return [vm.vid for vm in self.sandbox.world.vms if vm.service == service and vm.state != 6]

    def messages(self, service: int) -> list[str]:
        """The lines of the service's log."""
        return [line["message"] for line in self.body(service).get("log", [])]
