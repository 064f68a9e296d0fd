"""The recorded exchanges of a real OpenNebula, as answers that a listener can give again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.cloud.wire_server import http

FOLDER = Path(__file__).parents[1] / "recordings"
ONEFLOW_PORT = 2474


@dataclass(frozen=True)
class Exchange:
    """One recorded request to OneFlow and what it answered."""

    name: str
    method: str
    path: str
    status: int
    content_type: str | None
    body: Any

    @property
    def text(self) -> str:
        """The body as it was on the wire."""
        if self.body is None:
            return ""
        return self.body if isinstance(self.body, str) else json.dumps(self.body)

    @property
    def answer(self) -> bytes:
        """The whole HTTP answer."""
        return http(self.status, self.text, self.content_type)


def _read(path: Path) -> Exchange | None:
    raw = json.loads(path.read_text(encoding="utf-8"))
    url = urlsplit(raw["request"]["url"])
    if url.port != ONEFLOW_PORT:
        return None
    said = raw["response"]
    return Exchange(
        path.stem, raw["request"]["method"], url.path, said["status"], said["content_type"], said.get("body")
    )


EXCHANGES = tuple(found for path in sorted(FOLDER.glob("*.json")) if (found := _read(path)) is not None)
ERRORS = tuple(item for item in EXCHANGES if item.status >= 400)
VM_FILES = tuple(sorted(FOLDER.glob("*.xml")))


def documents(exchange: Exchange) -> list[Any]:
    """Every document in an answer: one, those of a pool, or none."""
    body = exchange.body if isinstance(exchange.body, dict) and exchange.status < 400 else {}
    if "DOCUMENT_POOL" in body:
        return list(body["DOCUMENT_POOL"].get("DOCUMENT", []))
    return [body["DOCUMENT"]] if "DOCUMENT" in body else []


def is_service(document: dict[str, Any]) -> bool:
    """Whether a document is a service, and not a service template: only services have a state."""
    return "state" in document["TEMPLATE"]["BODY"]
