"""A relay in front of a server, which keeps every request byte for byte, and a sandbox behind one."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.plan.dialect import Dialect
from wizard.core.plan.plan import Plan, to_json
from wizard.sandbox.server import Sandbox

NAMED = {
    "superlink.vm_template": "Flower SuperLink",
    "supernode.vm_template": "Alpine 3.20",
    "service.network": "storage",
}
"""Objects of the default world by name."""
IDS = {"superlink.vm_template": "0", "supernode.vm_template": "3", "service.network": "2"}
"""The same by id."""


@dataclass
class Relay:
    """Listens on loopback and hands on to `target`, a URL. `requests` are (method, path, body), in their order."""

    target: str
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)
    alter: Callable[[str, str, int, bytes], tuple[int, bytes]] = lambda _method, _path, status, text: (status, text)
    """Changes the status and the body of an answer."""

    def __enter__(self) -> Relay:
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def hand_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                relay.requests.append((self.command, self.path, body))
                there = http.client.HTTPConnection(urlsplit(relay.target).netloc, timeout=10)
                there.request(self.command, self.path, body, dict(self.headers))
                answer = there.getresponse()
                text = answer.read()
                there.close()
                status, text = relay.alter(self.command, self.path, answer.status, text)
                self.send_response_only(status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_DELETE = hand_on  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def bodies(self, method: str, path: str) -> list[str]:
        """The bodies of all requests of that method whose path begins so."""
        return [body.decode() for verb, where, body in self.requests if verb == method and where.startswith(path)]


@dataclass
class Behind:
    """A sandbox of which OneFlow is reached through a relay."""

    sandbox: Sandbox
    relay: Relay

    def environment(self) -> dict[str, str]:
        """The variables that lead there."""
        return {**self.sandbox.environment(), "ONEFLOW_URL": self.relay.url}

    def cloud(self) -> Cloud:
        """A client, through the relay."""
        return Cloud(find_login(self.environment(), Path("/nonexistent")), clock=self.sandbox.clock.now)

    @property
    def template(self) -> str:
        """The service template that was registered or updated last."""
        sent = [*self.relay.bodies("POST", "/service_template"), *self.relay.bodies("PUT", "/service_template")]
        return [text for text in sent if '"action"' not in text][-1]

    @property
    def instantiations(self) -> list[str]:
        """The bodies of all instantiations."""
        return [
            body.decode() for verb, path, body in self.relay.requests if path.endswith("/action") and verb == "POST"
        ]


def register_another(behind: Behind, **texts: str) -> int:
    """A registered template of the same name and other content; its id."""
    cloud = behind.cloud()
    plan = Plan().with_texts({**IDS, **texts})
    dialect = Dialect.V6 if behind.sandbox.world.plan.is_6 else Dialect.V7
    number = cloud.templates.register(to_json({**dialect.template(plan), "description": "by hand"}))
    cloud.close()
    behind.relay.requests.clear()
    return number


def merge_template_of(request: str) -> str:
    """The merge template in the request of an instantiation, as the text that stands there."""
    head = '{"action":{"perform":"instantiate","params":{"merge_template":'
    assert request.startswith(head), request[:200]
    return request[len(head) :].removesuffix("}}}")
