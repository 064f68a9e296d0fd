"""Support archives: documents, VMs, events and versions of a service, without secrets, in one file."""

from __future__ import annotations

import io
import json
import os
import platform
import sys
import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard import __version__
from wizard.cloud.errors import CloudError
from wizard.cloud.reading import service
from wizard.core.cluster.events import as_json, merged
from wizard.core.errors import WizardError
from wizard.core.redaction import Redaction, secret_inputs
from wizard.operations.watch import changes
from wizard.storage.files import AlreadyThere, write_atomically
from wizard.storage.journal import Journal, earlier
from wizard.storage.preferences import path as settings_path

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.opennebula.snapshot import ServiceSnapshot, VmFacts

PACKAGES = ("textual", "rich", "pyone", "pydantic", "requests", "lxml", "click", "pyzmq")
_LARGEST_SETTINGS = 64 * 1024


class NotWritten(WizardError):
    """The archive can't be written."""


@dataclass(frozen=True)
class Member:
    """One file of the archive: its name, which is ours, its text, and what it is in a few words."""

    name: str
    text: str
    about: str

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.text.encode("utf-8", "replace"))


@dataclass(frozen=True)
class Support:
    """Files about a service, without secrets; `removed` is how many values were taken out of them."""

    service_id: int
    members: tuple[Member, ...]
    removed: int


Describe = Callable[["ServiceSnapshot", "CloudError | None"], object]
DescribeVm = Callable[["VmFacts"], object]


def gather(cloud: Cloud, reference: str, now: float, known: Iterable[str], status: Describe, vm: DescribeVm) -> Support:
    """Everything about a service, given by name or id. Nothing but reads is sent.

    `now` is the time of the cloud, in Unix seconds. `known` are secrets by their text, such as the password that we
    logged in with; `status` and `vm` make data of a snapshot and of a VM. What could not be had is a file that says
    why. Raises CloudError where nothing is known of the service, here or there.
    """
    number = int(reference) if reference.isascii() and reference.isdecimal() else None
    try:
        document: Mapping[str, Any] = cloud.services.document(reference)
    except CloudError as error:
        kept = earlier(cloud.where, number) if number is not None else None
        if kept is None or number is None:
            raise
        redaction = Redaction(known)
        members = [_failed("service.json", "the document of the service", error, redaction)]
        members.append(_events(kept.read(), redaction))
        return _finished(cloud, number, members, redaction)
    snapshot = replace(service(document), taken_at=now)
    redaction = Redaction(known, _secret_names(_body(document)))
    members = [_json("service.json", "the document of the service, as OneFlow has it", document, redaction)]
    members.append(_template(cloud, snapshot, redaction))
    oned_error = None
    try:
        snapshot = snapshot.with_vms(cloud.vms.read(snapshot.vm_ids, {}))
    except CloudError as error:
        oned_error = error
    said = status(snapshot, oned_error)
    members.append(_json("status.json", "roles, VMs, partitions and the diagnosis", said, redaction))
    about = "state, history, CONTEXT and what it published"
    facts = sorted(snapshot.facts, key=lambda item: item.id)
    members += [_json(f"vms/{item.id}.json", about, vm(item), redaction) for item in facts]
    seen = Journal.of(cloud.where, snapshot.id, snapshot.start_time).read()
    members.append(_events(merged(seen, changes(None, snapshot)), redaction))
    return _finished(cloud, snapshot.id, members, redaction)


def file_name(service_id: int) -> str:
    """The name of the archive, unless another is wanted."""
    return f"flowerneb-support-{service_id}.tar.gz"


def write(support: Support, path: Path, now: float, *, overwrite: bool = False) -> None:
    """Write the archive, for its owner alone; `now` in Unix seconds is the time of its files.

    Raises NotWritten where it exists, and PresetFileError where it can't be written.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for member in support.members:
            content = member.text.encode("utf-8", "replace")
            entry = tarfile.TarInfo(f"flowerneb-support-{support.service_id}/{member.name}")
            entry.size, entry.mtime, entry.mode = len(content), int(now), 0o600
            archive.addfile(entry, io.BytesIO(content))
    try:
        write_atomically(path, packed.getvalue(), is_new=not overwrite)
    except AlreadyThere:
        raise NotWritten("it exists", str(path), hint="Name another file with -o, or say --force.") from None


def _finished(cloud: Cloud, number: int, members: list[Member], redaction: Redaction) -> Support:
    members.append(_settings(redaction))
    members.append(_json("versions.json", "versions, and the addresses of the servers", _versions(cloud), redaction))
    # What one document names as secret, another may repeat without a name.
    whole = tuple(replace(member, text=redaction.again(member.text)) for member in members)
    return Support(number, whole, redaction.removed)


def _template(cloud: Cloud, snapshot: ServiceSnapshot, redaction: Redaction) -> Member:
    name, about = "service-templates.json", "the registered service templates of its name"
    try:
        found = [item for item in cloud.templates.list() if item.name == snapshot.name]
    except CloudError as error:
        return _failed(name, about, error, redaction)
    return _json(name, about, [{"id": item.id, "name": item.name, "body": item.body} for item in found], redaction)


def _events(events: Iterable[Any], redaction: Redaction) -> Member:
    lines = "".join(f"{json.dumps(redaction.document(json.loads(as_json(event))))}\n" for event in events)
    return Member("events.jsonl", lines, "what was seen of it, and OneFlow's log")


def _settings(redaction: Redaction) -> Member:
    path, about = settings_path(), "the settings of this program"
    try:
        with path.open("rb") as stream:
            text = stream.read(_LARGEST_SETTINGS).decode("utf-8", "replace")
    except FileNotFoundError:
        text = "# there is none\n"
    except OSError as error:
        text = f"# it can't be read: {error.strerror}\n"
    return Member("settings.toml", redaction.text(text), about)


def _versions(cloud: Cloud) -> dict[str, object]:
    packages: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = None
    try:
        opennebula: object = cloud.version()
    except CloudError as error:
        opennebula = {"error": error.as_dict()}
    return {
        "flowerneb-wizard": __version__,
        "opennebula": opennebula,
        "oneflow_url": cloud.oneflow_url,
        "oned_url": cloud.oned_url,
        "python": sys.version,
        "platform": platform.platform(),
        "packages": packages,
        "terminal": {name: os.environ.get(name, "") for name in ("TERM", "COLORTERM", "LANG", "LC_ALL", "NO_COLOR")},
    }


def _body(document: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = document.get("DOCUMENT")
    template = inner.get("TEMPLATE") if isinstance(inner, Mapping) else None
    body = template.get("BODY") if isinstance(template, Mapping) else None
    return body if isinstance(body, Mapping) else {}


def _secret_names(body: Mapping[str, Any]) -> frozenset[str]:
    """Names of the inputs of the service and of its roles whose type is a password."""
    roles = body.get("roles")
    places = [body, *(role for role in (roles if isinstance(roles, list) else []) if isinstance(role, Mapping))]
    return frozenset().union(*(secret_inputs(place.get("user_inputs")) for place in places))


def _json(name: str, about: str, value: object, redaction: Redaction) -> Member:
    text = json.dumps(redaction.document(value), indent=2, ensure_ascii=False, default=str)
    return Member(name, f"{text}\n", about)


def _failed(name: str, about: str, error: CloudError, redaction: Redaction) -> Member:
    return _json(name, f"why there is not {about}", {"error": error.as_dict()}, redaction)
