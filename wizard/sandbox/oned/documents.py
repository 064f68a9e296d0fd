"""oned's documents, in which OneFlow stores services and service templates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from wizard.sandbox.blueprint import User
from wizard.sandbox.oned.accounts import INTERNAL, OneError, may_use, no_such, not_authorized
from wizard.sandbox.oned.vm import PERMISSIONS

SERVICE, SERVICE_TEMPLATE = 100, 101


@dataclass
class Document:
    """A document; OneFlow, OneGate and oned's clients all read its text."""

    did: int
    kind: int
    owner: User
    name: str
    text: str

    def body(self) -> dict[str, Any]:
        """The text as JSON, parsed anew."""
        body: dict[str, Any] = json.loads(self.text)
        return body

    def write(self, body: dict[str, Any]) -> None:
        """Replace the text."""
        self.text = json.dumps(body, ensure_ascii=False)

    def rename(self, name: str) -> None:
        """Change the name; the text keeps the old one, as on the server."""
        Documents.check_name(name)
        self.name = name

    def shown(self, body: object) -> dict[str, Any]:
        """The document with its attributes, around `body` as text or as JSON."""
        return {
            "ID": str(self.did),
            "UID": str(self.owner.uid),
            "GID": str(self.owner.gid),
            "UNAME": self.owner.name,
            "GNAME": self.owner.group,
            "NAME": self.name,
            "TYPE": str(self.kind),
            "PERMISSIONS": PERMISSIONS,
            "TEMPLATE": {"BODY": body},
        }


class Documents:
    """All documents of a sandbox. Services and templates draw from one sequence of ids."""

    def __init__(self) -> None:
        self._by_id: dict[int, Document] = {}
        self._next = 0

    def allocate(self, user: User, kind: int, name: str, body: dict[str, Any]) -> Document:
        """Store a new document; OneError when oned refuses its name."""
        self.check_name(name)
        document = Document(self._next, kind, user, name or f"document-{self._next}", "")
        document.write(body)
        self._by_id[self._next] = document
        self._next += 1
        return document

    @staticmethod
    def check_name(name: str) -> None:
        """OneError for a name that oned cannot put into its XML, or that is too long."""
        if any(character in name for character in "&<"):
            raise OneError(INTERNAL, "Parse error: XML Template malformed.")
        if len(name) > 128:
            raise OneError(INTERNAL, "NAME is too long; max length is 128 chars.")

    def get(self, user: User, did: int, kind: int | None = None) -> Document:
        """The document with this id; OneError when there is none, or it is another user's."""
        document = self._by_id.get(did)
        if document is None or (kind is not None and document.kind != kind):
            raise no_such("document", did)
        if not may_use(user, document.owner.uid, False):
            raise not_authorized(user.uid, "USE", "DOCUMENT", did)
        return document

    def pool(self, user: User, kind: int) -> list[Document]:
        """All documents of a kind that the user may see, in order of id."""
        documents = [self._by_id[did] for did in sorted(self._by_id) if self._by_id[did].kind == kind]
        return [document for document in documents if may_use(user, document.owner.uid, False)]

    def exists(self, did: int) -> bool:
        """True if a document has this id."""
        return did in self._by_id

    def remove(self, did: int) -> None:
        """Delete a document, if there is one with this id."""
        self._by_id.pop(did, None)
