"""Guests without Flower: they ask OneGate for their service, compute the partition, and publish, over HTTP."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from wizard.sandbox.clock import Timer
from wizard.sandbox.oned.vm import VirtualMachine
from wizard.sandbox.world import WorldState

_CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nsandbox\n-----END CERTIFICATE-----\n"
_SUPERLINK_CHECKS = 30  # requests for the SuperLink's endpoint before a SuperNode gives up
_BETWEEN_REQUESTS = 0.1
_HEALTH_CHECK_TIMEOUT = 60.0


class HttpGate:
    """Client of OneGate over HTTP, on one kept-alive connection."""

    def __init__(self, port: int, token: Callable[[VirtualMachine], str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self._lock = threading.Lock()
        self._token = token

    def token(self, vm: VirtualMachine) -> str:
        """The token that oned left on the VM's context disk."""
        return self._token(vm)

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer; OSError when there is none."""
        with self._lock:
            try:
                self._connection.request(method, path, body or None, dict(headers))
                reply = self._connection.getresponse()
                return reply.status, reply.read()
            except http.client.HTTPException as error:
                self._connection.close()
                raise ConnectionError(str(error)) from error
            except OSError:
                self._connection.close()
                raise

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()


class Guest:
    """A guest that reports READY=YES and nothing else."""

    def __init__(self, vm: VirtualMachine, world: WorldState) -> None:
        self._vm = vm
        self._world = world
        self._timer: Timer | None = None
        self._alive = False
        self.node_config = ""
        """The node config that Flower was started with; empty for none."""
        self.boots = 0
        """The number of starts of the guest."""

    def start(self) -> None:
        """Start the guest, as after a boot."""
        self.stop()
        self._alive = True
        self.boots += 1
        self.node_config = self._explicit()
        if not self._may_report():
            return
        if self._vm.role in self._world.plan.guests.unhealthy:
            self._later(_HEALTH_CHECK_TIMEOUT, lambda: self._publish(self._unhealthy()))
        else:
            self._begin()

    def stop(self) -> None:
        """Stop reporting, as when the VM goes down."""
        self._alive = False
        if self._timer is not None:
            self._timer.cancel()

    def _begin(self) -> None:
        delay = self._world.hypervisor.spread(self._vm.vid, "ready", self._world.plan.timings.ready)
        self._later(delay, lambda: self._publish(self._report()))

    def _explicit(self) -> str:
        """The node config that the operator gave, if any."""
        return ""

    def _may_report(self) -> bool:
        context = self._vm.context
        # oned takes TOKEN in any case; the guest's own scripts compare REPORT_READY to the letter.
        reports = context.get("REPORT_READY") == "YES" and context.get("TOKEN", "").upper() == "YES"
        return reports and self._vm.role not in self._world.plan.guests.silent

    def _report(self) -> list[str]:
        return ["READY=YES"]

    def _unhealthy(self) -> list[str]:
        return ["ERROR=health_check_timeout"]

    def _context(self, *names: str) -> str:
        """The first of these context values that is not empty."""
        return next((self._vm.context[name] for name in names if self._vm.context.get(name)), "")

    def _later(self, delay: float, step: Callable[[], None]) -> None:
        # Not under the world's lock: the step sends a request to a server that needs it.
        if self._alive:
            self._timer = self._world.clock.call_later(delay, step)

    def _publish(self, lines: list[str]) -> None:
        """Put one line after another, a moment apart, as the appliance's scripts do."""
        if lines and self._ask("PUT", "/vm", lines[0]) is not None and lines[1:]:
            self._later(_BETWEEN_REQUESTS, lambda: self._publish(lines[1:]))

    def _ask(self, method: str, path: str, body: str = "") -> bytes | None:
        gate = self._world.gate
        if gate is None:
            return None
        headers = {"X-ONEGATE-TOKEN": gate.token(self._vm), "X-ONEGATE-VMID": str(self._vm.vid)}
        try:
            status, answer = gate.request(method, path, headers, body.encode())
        except OSError:
            return None
        return answer if status == 200 else None


class SuperLink(Guest):
    """The coordinator's guest: publishes its endpoint."""

    def _report(self) -> list[str]:
        tls = self._tls()
        lines = [
            "FL_READY=YES",
            f"FL_ENDPOINT={self._vm.ip}:9092",
            f"FL_VERSION={self._version()}",
            "FL_ROLE=superlink",
            f"FL_TLS={'YES' if tls else 'NO'}",
        ]
        if tls:
            lines.append(f"FL_CA_CERT={base64.b64encode(_CERTIFICATE).decode()}")
        return [*lines, "READY=YES"]

    def _unhealthy(self) -> list[str]:
        return ["FL_READY=NO", "FL_ERROR=health_check_timeout"]

    def _version(self) -> str:
        return self._context("FLOWER_VERSION", "ONEAPP_FLOWER_VERSION") or "1.31.0"

    def _tls(self) -> bool:
        # The marketplace appliance encrypts unless it is set otherwise.
        return (self._context("FL_TLS_ENABLED", "ONEAPP_FL_TLS_ENABLED") or "YES").upper() == "YES"


class SuperNode(SuperLink):
    """A client's guest: computes its partition from its position in the service."""

    def _begin(self) -> None:
        delay = self._world.hypervisor.spread(self._vm.vid, "configure", self._world.plan.timings.configure)
        self._later(delay, self._configure)

    def _explicit(self) -> str:
        return self._context("FL_NODE_CONFIG", "ONEAPP_FL_NODE_CONFIG")

    def _configure(self) -> None:
        service = self._service()
        self.node_config = self._explicit() or partition(service, self._vm.vid)
        self._find_superlink(service, _SUPERLINK_CHECKS)

    def _find_superlink(self, service: Mapping[str, Any], checks: int) -> None:
        timings = self._world.plan.timings
        if self._context("FL_SUPERLINK_ADDRESS", "ONEAPP_FL_SUPERLINK_ADDRESS") or self._endpoint(service):
            rest = self._world.hypervisor.spread(self._vm.vid, "ready", timings.ready) - timings.configure
            self._later(rest, lambda: self._publish(self._report()))
        elif checks:
            self._later(2.0, lambda: self._find_superlink(self._service(), checks - 1))

    def _service(self) -> Mapping[str, Any]:
        answer = self._ask("GET", "/service")
        service: Mapping[str, Any] = json.loads(answer)["SERVICE"] if answer is not None else {}
        return service

    def _endpoint(self, service: Mapping[str, Any]) -> str:
        return str(self._published_by_superlink(service).get("FL_ENDPOINT", ""))

    def _published_by_superlink(self, service: Mapping[str, Any]) -> Mapping[str, str]:
        """The user template of our service's SuperLink, as OneGate shows it; empty without an answer."""
        for node in _nodes(service, "superlink"):
            answer = self._ask("GET", f"/vms/{node['deploy_id']}")
            if answer is not None:
                published: Mapping[str, str] = json.loads(answer)["VM"]["USER_TEMPLATE"]
                return published
        return {}

    def _report(self) -> list[str]:
        lines = [
            "FL_NODE_READY=YES",
            f"FL_NODE_ID={self._vm.vid}",
            f"FL_VERSION={self._version()}",
            f"FL_FRAMEWORK={self._context('ML_FRAMEWORK', 'ONEAPP_FL_FRAMEWORK') or 'pytorch'}",
        ]
        if self._world.plan.guests.publish_node_config:
            lines.append(f'FL_NODE_CONFIG="{self.node_config}"')
        return [*lines, "READY=YES"]

    def _unhealthy(self) -> list[str]:
        return ["FL_NODE_READY=NO", "FL_ERROR=health_check_timeout"]


def partition(service: Mapping[str, Any], vid: int) -> str:
    """The node config that a SuperNode derives from OneGate's `SERVICE`: position and number of nodes, or nothing."""
    nodes = [int(node["deploy_id"]) for node in _nodes(service, "supernode")]
    return f"partition-id={nodes.index(vid)} num-partitions={len(nodes)}" if vid in nodes else ""


def _nodes(service: Mapping[str, Any], role: str) -> list[Mapping[str, Any]]:
    for candidate in service.get("roles", []):
        if candidate["name"] == role:
            nodes: list[Mapping[str, Any]] = candidate.get("nodes") or []
            return nodes
    return []


ONEGATE = "http://10.77.0.1:5030"
"""Endpoint that a simulated VM is given, as a real one is; its guest reaches the sandbox's OneGate without it."""


def scripted_guest(vm: VirtualMachine, world: WorldState) -> Guest:
    """The guest of a VM by its role; it only reports, and runs no process, which the VM says of itself."""
    vm.user_template["FLOWERNEB_SIMULATED"] = "YES"
    if vm.context.get("ONEGATE_ENDPOINT"):
        # Its own is on loopback, which inside a VM would be the VM itself.
        vm.context["ONEGATE_ENDPOINT"] = ONEGATE
    kinds = {"superlink": SuperLink, "supernode": SuperNode}
    return kinds.get(vm.role, Guest)(vm, world)
