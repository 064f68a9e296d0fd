"""Which registered service template a deployment uses: one that is there, one that is written anew, or a new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from wizard.cloud.errors import LOST, Ambiguous, CloudError, NotFound
from wizard.core.dialect import Dialect
from wizard.core.plan import Document, Plan, same_content, to_json

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.cloud.pools import ServiceTemplate
    from wizard.core.template_diff import DiffLine


class Registration(str, Enum):
    """What becomes of a registered template of the same name, where its content is another one."""

    NEW = "new"
    UPDATE = "update"
    AS_IS = "as-is"


@dataclass(frozen=True)
class Namesake:
    """A registered template of the plan's name, and the lines in which it differs from what would be sent."""

    id: int
    differs: tuple[DiffLine, ...]


def compared(plan: Plan, cloud: Cloud) -> tuple[Namesake, ...]:
    """Every registered template of this name, by id, held against the plan. Raises CloudError."""
    from wizard.core.template_diff import template_diff

    template = plan.template()
    return tuple(Namesake(item.id, template_diff(item.body, template)) for item in namesakes(template, cloud))


def registered(template: Document, cloud: Cloud) -> int | None:
    """The id of a registered template with exactly this content, or None."""
    return next((known.id for known in namesakes(template, cloud) if same_content(known.body, template)), None)


def namesakes(template: Document, cloud: Cloud) -> tuple[ServiceTemplate, ...]:
    """The registered templates that have the name of this one, by id."""
    return tuple(known for known in cloud.service_templates() if known.name == template["name"])


def registered_as(
    plan: Plan, cloud: Cloud, dialect: Dialect, choice: Registration, tell: Callable[[str], None]
) -> tuple[int, str]:
    """The id of the template to instantiate, and the text that goes along with the instantiation.

    Where the same content is registered, that one is used whatever was chosen. Raises NotFound or Ambiguous where
    there is not exactly one to update or to use as it is, and CloudError.
    """
    template, merge_template = dialect.written(plan.template()), dialect.written(plan.merge_template())
    known = namesakes(template, cloud)
    same = next((item.id for item in known if same_content(item.body, template)), None)
    if same is not None:
        tell(f"service template {same} is registered already, with the same content")
        return same, to_json(merge_template)
    if choice is Registration.NEW:
        tell(f"registering service template {template['name']}")
        number = _register(template, cloud, tell)
        tell(f"service template {number} registered")
        return number, to_json(merge_template)
    one = _only(known, template["name"])
    if choice is Registration.UPDATE:
        tell(f"updating service template {one.id}")
        cloud.update(one.id, to_json(template))
        return one.id, to_json(merge_template)
    tell(f"using service template {one.id} as it is")
    return one.id, to_json(dialect.written(fitted(plan, one).merge_template()))


def _register(template: Document, cloud: Cloud, tell: Callable[[str], None]) -> int:
    """Register once; where the answer got lost, look whether it is there."""
    try:
        return cloud.register(to_json(template))
    except LOST as error:
        try:
            number = registered(template, cloud)
        except CloudError:
            number = None
        if number is None:
            error.hint = f"{error.hint} Try again: a template that is there already is used, not registered twice."
            raise
        tell(f"the answer was lost ({error.title}), but the template is there")
        return number


def fitted(plan: Plan, template: ServiceTemplate) -> Plan:
    """The settings of a plan as far as a registered template asks for them; what else it asks for has its default.

    Raises CloudError where that template is no Flower cluster.
    """
    from wizard.core.documents import NotATemplate
    from wizard.core.opened import opened

    try:
        there = opened(template.body)
    except NotATemplate as error:
        subject = f"service template {template.id} {template.name!r}"
        raise CloudError(f"it can't be used as it is: {error}", subject, "", "Register a new one instead.") from None
    texts = {item.path: plan.text(item.path) for item in plan.contract.fields if item.path in there.contract.by_path}
    return there.with_texts(texts)


def _only(known: tuple[ServiceTemplate, ...], name: str) -> ServiceTemplate:
    subject = f"service template {name!r}"
    if not known:
        raise NotFound("none of that name is registered", subject, "", "Register a new one instead.")
    if len(known) > 1:
        ids = ", ".join(str(item.id) for item in known)
        raise Ambiguous(f"{len(known)} of that name are registered", subject, "", f"There are {ids}: delete or rename.")
    return known[0]
