"""OneFlow's documents as typed values: service template, merge template, and a service with its roles and nodes.

They are read tolerantly and written strictly. Read: names of 6.x or 7.x, a CONTEXT that is a list with one object in
it, numbers as text, null. Of a template everything is kept: what has no field here, or does not fit its field, stands
in `model_extra` and is written back as it was. Of a service only what is used is read; what can't be read is left out
and reported as a `Misfit`. Written: in the names of 7.x, from which `documents_v6` makes those of 6.x.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypeVar

from pydantic import (
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
)

from wizard.core.errors import WizardError
from wizard.core.opennebula.bounds import LATEST, MOST_VMS, read_json
from wizard.core.opennebula.contents_v6 import CONTENTS_V6
from wizard.core.opennebula.documents_v6 import Json, from_v6, names_of_v7

Path: TypeAlias = tuple[str | int, ...]

_EXPECTED = {"string": "a text", "dict": "an object", "model": "an object", "list": "a list", "bool": "true or false"}
_SHOWN = 60

P = TypeVar("P", bound=BaseModel)


class DocumentError(WizardError, ValueError):
    """A document is not what it is read as; the text says why."""

    exit_status = 2


@dataclass(frozen=True)
class Misfit:
    """A value of a document that does not fit, and what was expected there."""

    path: Path
    value: object
    expected: str

    def __str__(self) -> str:
        shown = repr(self.value)
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path).lstrip(".")
        return f"{where} is {shown if len(shown) <= _SHOWN else f'{shown[:_SHOWN]}…'}, not {self.expected}"


def fitted(model: type[P], raw: object) -> tuple[P, dict[Path, Misfit]]:
    """The model of a JSON object, and what had to be taken out of it to read the rest, by the path of that.

    An entry of a list gives way to a null. Where something is missing that an object must have, the whole object is
    taken out. Raises DocumentError where nothing is left.
    """
    misfits: dict[Path, Misfit] = {}
    while True:
        try:
            return model.model_validate(raw), misfits
        except ValidationError as error:
            taken: dict[Path, Misfit] = {}
            for item in error.errors(include_url=False, include_context=False, include_input=False):
                path, value = _existing(raw, item["loc"])
                expected = _EXPECTED.get(item["type"].partition("_")[0], "a whole number")
                misfit = Misfit(path, value, expected)
                if item["type"] == "missing":
                    misfit = misfits.pop(item["loc"], Misfit(item["loc"], None, expected))
                if value is None and path and isinstance(path[-1], int):
                    path = path[:-1]  # A null in the place of an entry does not fit either: the list is taken out.
                if not path:
                    raise DocumentError(str(misfit)) from None
                taken.setdefault(path, misfit)
            for path in sorted(taken, key=len):
                if any(path[:depth] in taken for depth in range(len(path))):
                    continue
                raw = _without(raw, path)
                misfits[path] = taken[path]


def _without(raw: object, path: Path) -> object:
    """A JSON value without what is at a path; an entry of a list becomes null."""
    if not path:
        return None
    step, rest = path[0], path[1:]
    if isinstance(raw, list) and isinstance(step, int):
        return [*raw[:step], _without(raw[step], rest), *raw[step + 1 :]]
    if not isinstance(raw, Mapping):
        return raw
    if not rest:
        return {key: item for key, item in raw.items() if key != step}
    return {**raw, str(step): _without(raw[str(step)], rest)}


def _existing(raw: object, place: Path) -> tuple[Path, object]:
    """As much of a path as leads somewhere in a JSON value, and the value there."""
    path: list[str | int] = []
    for step in place:
        if isinstance(raw, Mapping) and step in raw:
            raw = raw[str(step)]
        elif isinstance(raw, list) and isinstance(step, int):
            raw = raw[step]
        else:
            break
        path.append(step)
    return tuple(path), raw


Number: TypeAlias = StrictInt | StrictStr
"""A number, or the text that was typed for one: rules report a text that is none."""


class NotATemplate(DocumentError):
    """The JSON is no service template."""


class Part(BaseModel):
    """An object of a template. Only what was given is written; what fits no field is kept in `model_extra`."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    def has(self, key: str) -> bool:
        """True if the document has this attribute, readable or not."""
        return key in self.model_fields_set or key in (self.model_extra or {})

    def as_written(self, key: str) -> object:
        """The attribute's value as the document has it, of whatever type; None where it has none."""
        extra = self.model_extra or {}
        return extra.get(key, getattr(self, key) if key in self.model_fields_set - extra.keys() else None)

    def to_v7(self) -> Json:
        """The object as OneFlow 7.x wants it."""
        return self.model_dump(exclude_unset=True)


def _single(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


class Contents(Part):
    """A role's part of the VM template. Where a server of 7.x converted a 6.x text, CONTEXT is a list of one object."""

    CONTEXT: Annotated[dict[str, object], BeforeValidator(_single)] = Field(default_factory=dict)


class Role(Part):
    """A role of a service template."""

    name: StrictStr = ""
    type: StrictStr = ""
    template_id: Number | None = None
    cardinality: Number | None = None
    min_vms: Number | None = None
    max_vms: Number | None = None
    parents: list[object] = Field(default_factory=list)
    shutdown_action: StrictStr = ""
    cooldown: Number | None = None
    user_inputs: dict[str, object] = Field(default_factory=dict)
    user_inputs_values: dict[str, object] = Field(default_factory=dict)
    template_contents: Contents = Field(default_factory=Contents)

    @property
    def unread_contents(self) -> str | None:
        """The contents as a text of 6.x, where it can't be read."""
        text = self.as_written(CONTENTS_V6)
        return text if isinstance(text, str) and not self.has("template_contents") else None

    @property
    def parent_names(self) -> tuple[str, ...]:
        """The names of the roles that it waits for."""
        return tuple(str(parent) for parent in self.parents)


class ServiceTemplate(Part):
    """A service template, or the same part of a service. A role that is no object is None in `roles`."""

    name: StrictStr = ""
    description: StrictStr = ""
    deployment: StrictStr = ""
    ready_status_gate: StrictBool = False
    shutdown_action: StrictStr = ""
    user_inputs: dict[str, object] = Field(default_factory=dict)
    user_inputs_values: dict[str, object] = Field(default_factory=dict)
    networks: dict[str, object] = Field(default_factory=dict)
    networks_values: list[object] = Field(default_factory=list)
    roles: list[Role | None] = Field(default_factory=list)

    def placed(self, name: str | None = None) -> list[tuple[int, Role]]:
        """The roles that can be read, each with its place in the list; with `name` those that are called so."""
        return [(place, role) for place, role in enumerate(self.roles) if role and (name is None or role.name == name)]


class MergeRole(Part):
    """A role's part of the merge template."""

    name: StrictStr
    cardinality: Number
    user_inputs_values: dict[str, StrictStr]


class MergeTemplate(Part):
    """Body of an instantiation: the service's name, its networks, and a value for every input.

    A plan writes it, and the service template, without these models: `render` would wait longest for their library.
    Tests read every document that a plan writes with them.
    """

    name: StrictStr
    user_inputs_values: dict[str, StrictStr]
    networks_values: list[dict[str, dict[str, str]]] = Field(default_factory=list)
    roles: list[MergeRole]


Count: TypeAlias = Annotated[int, Field(ge=0, le=MOST_VMS)]
Moment: TypeAlias = Annotated[int, Field(ge=0, le=LATEST)]
Id: TypeAlias = Annotated[int, Field(ge=0, lt=2**31)]


class _State(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, defer_build=True)


class NodeState(_State):
    """A VM that a role of a service lists."""

    deploy_id: Id
    name: Annotated[str, Field(validation_alias=AliasPath("vm_info", "VM", "NAME"))] = ""


class LogEntry(_State):
    """A line of a service's log; `timestamp` in Unix seconds."""

    timestamp: Moment = 0
    severity: str = ""
    message: str = ""


class RoleState(_State):
    """A role of a service; `last_vmname` is the number of the next VM. A node that can't be read is None."""

    name: str = ""
    state: int = 0
    cardinality: Count = 0
    min_vms: Count | None = None
    max_vms: Count | None = None
    cooldown: Moment | None = None
    parents: list[object] = Field(default_factory=list)
    template_id: Id | None = None
    user_inputs_values: dict[str, object] = Field(default_factory=dict)
    nodes: list[NodeState | None] = Field(default_factory=list)
    last_vmname: Moment = 0


class Service(_State):
    """A service as OneFlow tells of it. A role or a line of the log that can't be read is None."""

    state: int
    start_time: Moment = 0
    roles: list[RoleState | None] = Field(default_factory=list)
    log: list[LogEntry | None] = Field(default_factory=list)
    user_inputs_values: dict[str, object] = Field(default_factory=dict)
    ready_status_gate: bool | None = None


class Envelope(_State):
    """A document of oned around its body."""

    ID: Id
    NAME: str = ""
    UNAME: str = ""
    GNAME: str = ""


def unwrapped(document: object) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """The attributes of a DOCUMENT and its body, which OneFlow gives as an object and oned as a text.

    Takes it with or without the outer `DOCUMENT`. Raises DocumentError where it is none.
    """
    outer = _mapping(document, "the answer")
    attributes = _mapping(outer.get("DOCUMENT", outer), "DOCUMENT")
    body = _mapping(attributes.get("TEMPLATE"), "DOCUMENT.TEMPLATE").get("BODY")
    if isinstance(body, str):
        try:
            body = read_json(body)
        except (ValueError, RecursionError) as error:
            raise DocumentError(f"DOCUMENT.TEMPLATE.BODY is not JSON: {error}") from None
    return attributes, _mapping(body, "DOCUMENT.TEMPLATE.BODY")


def template_body(document: object) -> Mapping[str, object]:
    """The body of a service template as it was written, whether or not it is wrapped in a DOCUMENT.

    Raises NotATemplate.
    """
    if isinstance(document, Mapping) and "roles" not in document and "DOCUMENT_POOL" in document:
        raise NotATemplate("this is a list of documents: take one, as `oneflow-template show ID --json` prints it")
    if isinstance(document, Mapping) and "roles" not in document and "BODY" in document:
        document = {"TEMPLATE": document}
    if isinstance(document, Mapping) and "roles" not in document and ("DOCUMENT" in document or "TEMPLATE" in document):
        try:
            _, document = unwrapped(document)
        except DocumentError as error:
            raise NotATemplate(f"a service template is a JSON object: {error}") from None
    if not isinstance(document, Mapping):
        raise NotATemplate("a service template is a JSON object")
    if not isinstance(document.get("roles"), list):
        raise NotATemplate("a service template has a list of roles")
    return document


def read_template(document: object) -> ServiceTemplate:
    """A service template, its body alone or as a whole DOCUMENT, in the names of 6.x or 7.x. Raises NotATemplate.

    Contents of a role that are a text of 6.x which can't be read stay that text, in the role's `model_extra`.
    """
    return read_body(template_body(document))


def read_service(body: Mapping[str, object]) -> tuple[Service, tuple[Misfit, ...]]:
    """The body of a service, and what of it can't be read. Raises DocumentError where it is no service at all."""
    if "state" not in body:
        raise DocumentError("the document has no state: it is a service template, not a service")
    renamed = names_of_v7(body)
    if isinstance(roles := renamed.get("roles"), list):
        renamed["roles"] = [names_of_v7(role) if isinstance(role, Mapping) else role for role in roles]
    service, misfits = fitted(Service, renamed)
    # A null says nothing; that a whole entry of a list is left out because of it does.
    misread = {path: misfit for path, misfit in misfits.items() if misfit.value is not None or path != misfit.path}
    for path in _nulls(service):
        misread.setdefault(path, Misfit(path, None, "an object"))
    return service, tuple(misread.values())


def read_envelope(attributes: Mapping[str, object]) -> Envelope:
    """The attributes of a DOCUMENT. Raises DocumentError where it has no id."""
    try:
        return fitted(Envelope, attributes)[0]
    except DocumentError as error:
        raise DocumentError(f"DOCUMENT.{error}") from None


def read_body(document: Mapping[str, object]) -> ServiceTemplate:
    """The body of a service template, or of a merge template, in the names of 6.x or 7.x. Raises NotATemplate."""
    try:
        template, misfits = fitted(ServiceTemplate, from_v6(document))
    except DocumentError as error:
        raise NotATemplate(f"the service template can't be read: {error}") from None
    for (*way, last), misfit in misfits.items():
        part: object = template
        for step in way:
            part = part[step] if isinstance(part, list) and isinstance(step, int) else getattr(part, str(step))
        if isinstance(part, Part) and part.model_extra is not None and isinstance(last, str):
            part.model_extra[last] = misfit.value
    return template


def _nulls(service: Service) -> Iterator[Path]:
    """The places of what stands in a list of a service and is no object."""
    for line, entry in enumerate(service.log):
        if entry is None:
            yield ("log", line)
    for place, role in enumerate(service.roles):
        if role is None:
            yield ("roles", place)
        else:
            yield from (("roles", place, "nodes", number) for number, node in enumerate(role.nodes) if node is None)


def _mapping(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise DocumentError(f"{what} is not an object")
    return value
