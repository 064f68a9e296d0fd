"""The documents of a deployment, made once: the preview, the diff, the question and the request take their bytes here.

`prepare` asks the cloud and leaves nothing open. `preview` asks nobody: what has no id yet is listed in `unresolved`,
so that whoever shows the documents can mark it. `Lookups` are the questions that both of them may have for a cloud.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wizard.cloud.errors import Ambiguous, CloudError, NotFound
from wizard.core.errors import WizardError
from wizard.core.plan import dialect as dialects
from wizard.core.plan import rules
from wizard.core.plan.contract import Meaning
from wizard.core.plan.dialect import Contexts, Dialect
from wizard.core.plan.plan import (
    Document,
    Plan,
    Registration,
    number_or_text,
    same_content,
    to_json,
    without_servers_own,
)
from wizard.core.plan.problem import Kind, Problem

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.plan.diffs import DiffLine
    from wizard.core.preflight.facts import CloudObject, ServiceTemplate

VM_TEMPLATE = "VM template"
NETWORK = "network"
"""The kinds of objects that a plan refers to."""

Find = Callable[[str, str], "int | None"]
"""Gives the id of an object, by its id or name and its kind; None where it is not known."""


class InvalidPlan(WizardError):
    """The plan has errors; nothing was sent. Its detail is the problems, one a line."""

    exit_status = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        title = "the settings have errors; nothing was sent"
        super().__init__(title, detail="\n".join(str(problem) for problem in problems))
        self.problems = problems

    def as_dict(self) -> dict[str, Any]:
        """The error for `--json`, with the problems that are more than a note."""
        grave = [problem for problem in self.problems if problem.kind is not Kind.NOTE]
        problems = [
            {"kind": item.kind.value, "field": item.field, "message": item.message, "rule": item.rule} for item in grave
        ]
        return {**super().as_dict(), "detail": "", "problems": problems}


@dataclass(frozen=True)
class SameName:
    """A registered template of the plan's name. `same`: it has this very content; else `differs` has the lines."""

    id: int
    same: bool
    differs: tuple[DiffLine, ...]


@dataclass(frozen=True)
class Unresolved:
    """A field that has no id in the documents. `text` is what stands there in its place, `message` says so."""

    field: str
    text: str
    message: str


@dataclass(frozen=True)
class Listings:
    """Answers that the cloud gave already. A list or version that is None was not asked for yet."""

    version: str | None = None
    vm_templates: Sequence[CloudObject] | None = None
    networks: Sequence[CloudObject] | None = None
    service_templates: Sequence[ServiceTemplate] | None = None


@dataclass(frozen=True)
class Prepared:
    """A deployment that is ready to be sent, or (from `preview`) as much of it as is known.

    `draft` is the plan as it was typed, `plan` the same with ids in the place of names. `template` and
    `merge_template` are the very texts that are sent; with `Registration.AS_IS` the first is what is registered, and
    is not sent. `same_name` are the registered templates of that name (empty from `preview`). `template_id` is the
    registered template that is used, or with `updates` is overwritten first; None where a new one is registered.
    """

    draft: Plan
    plan: Plan
    dialect: Dialect
    registration: Registration
    template: str
    merge_template: str
    problems: tuple[Problem, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    same_name: tuple[SameName, ...] = ()
    template_id: int | None = None
    updates: bool = False

    @property
    def is_registered(self) -> bool:
        """True if a template with this very content is registered: it is used again, whatever was chosen."""
        return any(item.id == self.template_id and item.same for item in self.same_name)

    @property
    def name(self) -> str:
        """The name of the service template."""
        return str(json.loads(self.template)["name"])

    @property
    def unresolved_lines(self) -> frozenset[int]:
        """The lines of `template`, from 0, in which something stands in the place of a VM template's id."""
        key = "template_id" if self.dialect is Dialect.V7 else "vm_template"
        lines = [place for place, line in enumerate(self.template.split("\n")) if line.startswith(f'      "{key}": ')]
        without_id = {item.field for item in self.unresolved}
        fields = (self.plan.contract.meaning(Meaning.VM_TEMPLATE, role.level) for role in self.plan.contract.roles)
        return frozenset(
            line for item, line in zip(fields, lines, strict=False) if item is not None and item.path in without_id
        )


class Lookups:
    """Look-ups of a preparation, each done once, and only where `listings` does not have it."""

    def __init__(self, cloud: Cloud, listings: Listings | None = None) -> None:
        self.cloud = cloud
        self.listings = listings or Listings()

    def version(self) -> str:
        """OpenNebula's version."""
        if self.listings.version is None:
            self.listings = replace(self.listings, version=self.cloud.version())
        return self.listings.version or ""

    def service_templates(self) -> Sequence[ServiceTemplate]:
        """The registered service templates."""
        if self.listings.service_templates is None:
            self.listings = replace(self.listings, service_templates=self.cloud.templates.list())
        return self.listings.service_templates or ()

    def find(self, reference: str, kind: str) -> int:
        """The id of a VM template or a network. Raises NotFound, Ambiguous and CloudError."""
        from wizard.cloud.lookup import find

        return find(reference, self._vm_templates if kind == VM_TEMPLATE else self._networks, kind).id

    def contexts(self) -> Contexts:
        """The CONTEXT of every VM template that is listed."""
        return contexts_in(self._vm_templates())

    def _vm_templates(self) -> Sequence[CloudObject]:
        if self.listings.vm_templates is None:
            self.listings = replace(self.listings, vm_templates=self.cloud.pools.vm_templates())
        return self.listings.vm_templates or ()

    def _networks(self) -> Sequence[CloudObject]:
        if self.listings.networks is None:
            self.listings = replace(self.listings, networks=self.cloud.pools.networks())
        return self.listings.networks or ()


def check(plan: Plan, dialect: Dialect = Dialect.V7) -> tuple[Problem, ...]:
    """All problems of a plan, those of the dialect in which it will be sent included; errors of the values first.

    Where its template is someone else's, how that is built is held against the rules as well. Worked out once for a
    plan and a dialect: a plan never changes, so its problems are kept beside it.
    """
    known: dict[Dialect, tuple[Problem, ...]] = vars(plan).setdefault("_problems", {})
    if dialect not in known:
        known[dialect] = (*dialects.check(plan, dialect), *rules.check(plan), *_of_its_template(plan))
    return known[dialect]


def checked(plan: Plan, dialect: Dialect = Dialect.V7) -> tuple[Problem, ...]:
    """The problems of a plan that may be sent in that dialect. Raises InvalidPlan where an error stands against it."""
    return _blocked(check(plan, dialect))


def _blocked(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    if rules.blocking(problems):
        raise InvalidPlan(problems)
    return problems


def names_in(plan: Plan) -> tuple[str, ...]:
    """The paths of the fields that name a VM template or the network, rather than give its id."""
    references = [item for item in plan.contract.fields if item.meaning in (Meaning.VM_TEMPLATE, Meaning.NETWORK)]
    texts = {item.path: plan.text(item.path).strip() for item in references}
    return tuple(path for path, text in texts.items() if text and not isinstance(number_or_text(text), int))


def prepare(
    plan: Plan,
    cloud: Cloud,
    dialect: Dialect | None = None,
    registration: Registration = Registration.NEW,
    listings: Listings | None = None,
) -> Prepared:
    """Look up names, version and registered templates, and write the documents. Nothing changes on the cloud.

    `dialect` None is that of the cloud's version. What `listings` has is not asked again; all else is asked once.
    Raises InvalidPlan before anything is asked, and CloudError: NotFound or Ambiguous name the field to set, or say
    that there is not exactly one registered template to update or to use as it is.
    """
    checked(plan, dialect or Dialect.V7)
    lookups = Lookups(cloud, listings)
    resolved, _ = resolve_references(plan, lookups.find)
    version = None if dialect is Dialect.V7 else lookups.version()
    dialect = dialect or Dialect.of_version(version)
    problems = checked(resolved, dialect)
    document = dialect.template(resolved)
    contexts = lookups.contexts() if dialect is Dialect.V6 else {}
    namesakes = [item for item in lookups.service_templates() if item.name == document["name"]]
    same_name = tuple(_same_name(item, document) for item in namesakes)
    same = next((item.id for item in same_name if item.same), None)
    used, sent = resolved, document
    template = None if same is not None or registration is Registration.NEW else _only(namesakes, document["name"])
    if template is not None and registration is Registration.AS_IS:
        used, sent = _fitted(resolved, template), without_servers_own(template.body)
        problems = (*problems, *dialects.check(used, dialect))
    found = (*dialects.check_contexts(used, dialect, sent, contexts), *dialects.check_server(sent, version))
    return Prepared(
        plan,
        resolved,
        dialect,
        registration,
        to_json(sent),
        to_json(dialect.merge_template(used, sent, contexts)),
        _blocked((*problems, *found)),
        same_name=same_name,
        template_id=same if template is None else template.id,
        updates=template is not None and registration is Registration.UPDATE,
    )


def preview(
    plan: Plan,
    dialect: Dialect = Dialect.V7,
    find: Find | None = None,
    *,
    unchosen: bool = True,
    contexts: Contexts | None = None,
) -> Prepared:
    """The documents of a plan as far as `find` knows the objects that it names; None knows none.

    With `unchosen` a VM template that was not chosen is looked for by the name in the contract. `contexts` is the
    CONTEXT of the VM templates, where the cloud was asked: for 6.x it belongs into the instantiation. Raises what
    `find` raises.
    """
    resolved, unresolved = resolve_references(plan, find or find_in(Listings()), unchosen=unchosen)
    document = dialect.template(resolved)
    return Prepared(
        plan,
        resolved,
        dialect,
        Registration.NEW,
        to_json(document),
        to_json(dialect.merge_template(resolved, document, contexts or {})),
        (*check(plan, dialect), *dialects.check_contexts(resolved, dialect, document, contexts)),
        unresolved,
    )


def contexts_in(vm_templates: Iterable[CloudObject]) -> Contexts:
    """The CONTEXT of VM templates by their ids."""
    from wizard.core.preflight.facts import VmTemplate

    return {item.id: item.context for item in vm_templates if isinstance(item, VmTemplate)}


def find_in(listings: Listings) -> Find:
    """Finds objects in lists that are there already: by id always, by name where exactly one has it."""

    def find_listed(reference: str, kind: str) -> int | None:
        listed = listings.vm_templates if kind == VM_TEMPLATE else listings.networks
        ids = [item.id for item in listed or () if item.name == reference]
        return ids[0] if len(ids) == 1 else None

    return find_listed


def resolve_references(plan: Plan, find: Find, *, unchosen: bool = True) -> tuple[Plan, tuple[Unresolved, ...]]:
    """The plan with names of VM templates and networks replaced by their ids, and the fields that have none.

    With `unchosen` a VM template that was not chosen is looked for by the name in the contract. Raises the CloudError
    of `find`, with the field to set.
    """
    texts: dict[str, str] = {}
    unresolved: list[Unresolved] = []
    for path, wanted, kind, placeholder in _references(plan):
        chosen = plan.text(path).strip()
        try:
            number = find(wanted, kind) if chosen or unchosen else None
        except CloudError as error:
            from wizard.core.preflight.templates import HOW_TO_GET

            hint = f"Set {path} to the name or id of one that exists."
            if kind == VM_TEMPLATE and not chosen and plan.contract.name in HOW_TO_GET:
                hint += f" {HOW_TO_GET[plan.contract.name]}"
            raise error.with_hint(hint) from error
        if number is not None:
            texts[path] = str(number)
        elif not chosen:
            message = f"{path}: none chosen; template_id {placeholder} is a placeholder: set {path} to the id of your"
            unresolved.append(Unresolved(path, placeholder, f"{message} {wanted!r}"))
        elif not isinstance(number_or_text(chosen), int):
            message = f"{path}: {chosen!r} is a name: its id is put in its place once the cloud is asked"
            unresolved.append(Unresolved(path, chosen, message))
    return plan.with_texts(texts), tuple(unresolved)


def _references(plan: Plan) -> Iterator[tuple[str, str, str, str]]:
    """Each field that refers to an object: its path, what is wanted, the kind, and what stands there unchosen."""
    for role in plan.contract.roles:
        item = plan.contract.meaning(Meaning.VM_TEMPLATE, role.level)
        if item is not None:
            wanted = plan.text(item.path).strip() or role.vm_template_name
            yield item.path, wanted, VM_TEMPLATE, str(role.vm_template_id)
    for path in plan.contract.networks:
        if wanted := plan.text(path).strip():
            yield path, wanted, NETWORK, ""


def _of_its_template(plan: Plan) -> tuple[Problem, ...]:
    if plan.contract.body is None:
        return ()
    from wizard.core.plan.template_rules import structural

    return structural(plan.template(), plan.contract)


def _fitted(plan: Plan, template: ServiceTemplate) -> Plan:
    """The settings of a plan as far as a registered template asks for them; what else it asks for has its default.

    Raises CloudError where that template is no Flower cluster.
    """
    from wizard.core.opennebula.documents import NotATemplate
    from wizard.core.plan.plan_from_document import plan_from_template

    try:
        registered = plan_from_template(template.body)
    except NotATemplate as error:
        subject = f"service template {template.id} {template.name!r}"
        raise CloudError(f"it can't be used as it is: {error}", subject, "", "Register a new one instead.") from None
    shared = [item.path for item in plan.contract.fields if item.path in registered.contract.by_path]
    return registered.with_texts({path: plan.text(path) for path in shared})


def _same_name(template: ServiceTemplate, document: Document) -> SameName:
    from wizard.core.plan.diffs import template_diff

    return SameName(template.id, same_content(template.body, document), template_diff(template.body, document))


def _only(namesakes: Sequence[ServiceTemplate], name: str) -> ServiceTemplate:
    subject = f"service template {name!r}"
    if not namesakes:
        raise NotFound("none of that name is registered", subject, "", "Register a new one instead.")
    if len(namesakes) > 1:
        ids = ", ".join(str(item.id) for item in namesakes)
        title = f"{len(namesakes)} of that name are registered"
        raise Ambiguous(title, subject, "", f"There are {ids}: delete or rename.")
    return namesakes[0]
