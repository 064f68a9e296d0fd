"""OneFlow's REST, call by call. Bodies go out as the very text that was given."""

from __future__ import annotations

import json
from typing import Any

from wizard.cloud import http_errors as wire
from wizard.cloud.errors import ReadOnly
from wizard.cloud.http_client import HttpClient
from wizard.cloud.login import Login

SLOW = 9
"""How many times longer instantiating and scaling may take: OneFlow makes the VMs before it answers."""

LARGEST = 64 << 20
"""Bytes of an answer that are read: a service of 10,000 VMs is 2 MB."""

_SERVER = "OneFlow"


class OneFlow:
    """A client for one server. Every method raises a CloudError for whatever goes wrong.

    `timeout` is in seconds, for each call that only asks.
    """

    def __init__(self, login: Login, timeout: float) -> None:
        self._url = login.oneflow_url
        self._timeout = timeout
        self._read_only_reason = login.read_only_reason
        self._http = HttpClient(
            _SERVER,
            self._url,
            timeout,
            LARGEST,
            verify=login.verify,
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            login=(login.username, login.password.get_secret_value()),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def templates(self) -> list[Any]:
        """Every registered service template, as documents."""
        return self._pool("/service_template", "service templates")

    def register(self, text: str) -> Any:
        """Register a service template; the new document comes back."""
        return self._document("POST", "/service_template", "service template", text, expected=201)

    def update(self, template_id: int, text: str) -> Any:
        """Write a registered service template anew, whole; the new document comes back."""
        path = f"/service_template/{template_id}"
        return self._document("PUT", path, f"service template {template_id}", text)

    def unregister(self, template_id: int) -> None:
        """Remove a service template, and nothing that it names."""
        subject = f"service template {template_id}"
        self._done("DELETE", f"/service_template/{template_id}", subject, '{"delete_type":"none"}')

    def instantiate(self, template_id: int, merge_template: str) -> Any:
        """Make a service. `merge_template` is the JSON text that is merged in; the service's document comes back."""
        body = f'{{"action":{{"perform":"instantiate","params":{{"merge_template":{merge_template}}}}}}}'
        path, subject = f"/service_template/{template_id}/action", f"service template {template_id}"
        return self._document("POST", path, subject, body, expected=201, patience=SLOW)

    def services(self) -> list[Any]:
        """Every service, as documents."""
        return self._pool("/service", "services")

    def service(self, service_id: int) -> Any:
        """One service's document."""
        return self._document("GET", f"/service/{service_id}", f"service {service_id}", None)

    def scale(self, service_id: int, role: str, cardinality: int) -> None:
        """Ask for so many VMs of a role, within its limits. `force` is always said: without it OneFlow fails."""
        body = json.dumps({"role_name": role, "cardinality": cardinality, "force": False})
        self._done("POST", f"/service/{service_id}/scale", f"service {service_id}", body, patience=SLOW)

    def delete(self, service_id: int) -> None:
        """Send DELETE, once."""
        self._done("DELETE", f"/service/{service_id}", f"service {service_id}", None)

    def recover(self, service_id: int, *, delete: bool = False) -> None:
        """Send `recover`; with `delete` it removes the service from any state."""
        action: dict[str, Any] = {"perform": "recover"}
        if delete:
            action["params"] = {"delete": True}
        body = json.dumps({"action": action})
        self._done("POST", f"/service/{service_id}/action", f"service {service_id}", body)

    def _pool(self, path: str, subject: str) -> list[Any]:
        raw = wire.parsed(self._call("GET", path, subject, None), _SERVER, self._url)
        pool = raw.get("DOCUMENT_POOL") if isinstance(raw, dict) else None
        if not isinstance(pool, dict):
            raise wire.garbled(_SERVER, self._url, "there is no DOCUMENT_POOL in it")
        found = pool.get("DOCUMENT", [])
        return found if isinstance(found, list) else [found]

    def _document(
        self, method: str, path: str, subject: str, body: str | None, *, expected: int = 200, patience: float = 1
    ) -> Any:
        text = self._call(method, path, subject, body, expected=expected, patience=patience)
        raw = wire.parsed(text, _SERVER, self._url)
        if not isinstance(raw, dict) or not isinstance(raw.get("DOCUMENT"), dict):
            raise wire.garbled(_SERVER, self._url, "there is no DOCUMENT in it")
        if not str(raw["DOCUMENT"].get("ID", "")).isdecimal():
            raise wire.garbled(_SERVER, self._url, "its DOCUMENT has no ID")
        return raw

    def _done(self, method: str, path: str, subject: str, body: str | None, *, patience: float = 1) -> None:
        """Ask for what OneFlow acknowledges without a word."""
        self._call(method, path, subject, body, expected=204, patience=patience)

    def _call(
        self, method: str, path: str, subject: str, body: str | None, *, expected: int = 200, patience: float = 1
    ) -> str:
        """The text of an answer; any status but the expected one is an error."""
        if self._read_only_reason and method != "GET":
            raise ReadOnly.because(self._read_only_reason, subject)
        content = None if body is None else body.encode("utf-8", "replace")
        with self._http.exchange(method, path, content, seconds=self._timeout * patience) as answer:
            # JSON is UTF-8, whatever a header says.
            text = b"".join(answer.pieces).decode("utf-8", "replace")
        if answer.status >= 400:
            raise wire.refusal(answer.status, text, subject, _SERVER, self._url)
        if answer.status >= 300:
            raise wire.redirected(_SERVER, self._url, answer.status, answer.location)
        if answer.status != expected:
            raise wire.garbled(_SERVER, self._url, f"HTTP {answer.status} where {expected} was expected")
        return text
