"""A deployment in review: what will be made, all that was found about it, worst first, and whether it is ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wizard.core.flower.node_config import partition_id_of
from wizard.core.plan.contract import Contract, Level, Meaning
from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Kind, Problem
from wizard.core.plan.rules import whole_number
from wizard.core.preflight.capacity import size
from wizard.core.preflight.case import TITLES, Finding, Result
from wizard.core.preflight.facts import CloudObject, VmTemplate
from wizard.core.text import counted

_ORDER = ("error", "warning", "unknown", "note", "ok")


@dataclass(frozen=True)
class Item:
    """A problem of the plan or a finding of the preflight. `word` is how it ended, `about` what it is about, `cure`
    what to do, `field` the path of the setting that it can be corrected in, empty where there is none.
    """

    word: str
    about: str
    said: str
    cure: str = ""
    field: str = ""
    grave: bool = False


@dataclass(frozen=True)
class Verdict:
    """Whether it can be deployed: `word` is the worst that was found, or `asking` while the cloud has not answered."""

    ready: bool
    word: str
    said: str


def items(contract: Contract, problems: Sequence[Problem], findings: Sequence[Finding]) -> tuple[Item, ...]:
    """Problems and findings in one list: errors, warnings, what is unknown, notes, and what is in order."""
    found = [
        Item(item.kind.value, item.field, item.message, item.fix.said, item.field, item.grave) for item in problems
    ]
    found += [
        Item(item.result.value, item.title, item.found, item.todo, field_of(contract, item), False) for item in findings
    ]
    return tuple(sorted(found, key=lambda item: (_ORDER.index(item.word), not item.grave)))


def field_of(contract: Contract, finding: Finding) -> str:
    """Path of the setting that decides on what a check found; empty where no setting does."""
    if finding.result is Result.OK:
        return ""
    meaning = _MEANINGS.get(finding.check)
    if meaning is None:
        return ""
    level = None
    if meaning is Meaning.CARDINALITY:
        level = Level.SUPERNODE
    elif meaning is Meaning.VM_TEMPLATE:
        level = next((level for level, title in TITLES.items() if finding.title.startswith(title)), None)
    item = contract.meaning(meaning, level)
    return item.path if item is not None else ""


_MEANINGS = {
    "vm-template": Meaning.VM_TEMPLATE,
    "image": Meaning.VM_TEMPLATE,
    "context": Meaning.VM_TEMPLATE,
    "flower-version": Meaning.FLOWER_VERSION,
    "network": Meaning.NETWORK,
    "hosts": Meaning.CARDINALITY,
    "user-quota": Meaning.CARDINALITY,
    "group-quota": Meaning.CARDINALITY,
    "template-name": Meaning.NAME,
    "service-name": Meaning.NAME,
}


def verdict(problems: Sequence[Problem], findings: Sequence[Finding] | None, waiting: str = "") -> Verdict:
    """The verdict. `findings` None: the preflight has no answer for this plan, and `waiting` says why."""
    errors = sum(item.kind is Kind.ERROR for item in problems)
    if errors:
        return Verdict(False, "error", f"{counted(errors, 'error')} in the settings. Fix {_them(errors)} first.")
    if findings is None:
        return Verdict(False, "asking", waiting or "Preflight is running.")
    refused = sum(item.result is Result.ERROR for item in findings)
    if refused:
        return Verdict(False, "error", f"Preflight found {counted(refused, 'error')}. Fix {_them(refused)} first.")
    warnings = sum(item.kind is Kind.WARNING for item in problems)
    warnings += sum(item.result is Result.WARNING for item in findings)
    if warnings:
        return Verdict(True, "warning", f"Ready to deploy, with {counted(warnings, 'warning')}.")
    return Verdict(True, "ok", "Ready to deploy.")


def summary(
    plan: Plan, vm_templates: Sequence[CloudObject] | None = None, networks: Sequence[CloudObject] | None = None
) -> tuple[tuple[str, str], ...]:
    """What will be made for the service of the plan, as pairs of a word and a text.

    The listings are what the cloud answered, None without one.
    """
    rows: list[tuple[str, str]] = []
    sizes: list[tuple[int | None, VmTemplate | None]] = []
    for role in plan.contract.roles:
        count = whole_number(plan.meant(Meaning.CARDINALITY, role.level))
        wanted = plan.meant(Meaning.VM_TEMPLATE, role.level).strip() or role.vm_template_name
        found = _object(wanted, vm_templates)
        template = found if isinstance(found, VmTemplate) else None
        sizes.append((count, template))
        each = "" if count == 1 else " each"
        shown = wanted if found is None else f"{found.name} ({found.id})"
        rows.append((TITLES[role.level], f"{'?' if count is None else count} × {shown}{_size_of(template, each)}"))
    rows.append(("Wanted", _in_all(sizes)))
    network = plan.meant(Meaning.NETWORK).strip()
    rows.append(("Network", _named(network, _object(network, networks)) if network else "as in the VM templates"))
    rows.append(("Partitions", _partitions(plan)))
    return tuple(rows)


def _partitions(plan: Plan) -> str:
    config = plan.meant(Meaning.NODE_CONFIG).strip()
    count = whole_number(plan.meant(Meaning.CARDINALITY, Level.SUPERNODE))
    if not config:
        return f"{'?' if count is None else count}, one for each SuperNode"
    shared = partition_id_of(config)
    return f"partition {shared} for all SuperNodes" if shared is not None else "set by the client application"


def _object(wanted: str, listed: Sequence[CloudObject] | None) -> CloudObject | None:
    named = [item for item in listed or () if wanted in (str(item.id), item.name)]
    return next((item for item in named if str(item.id) == wanted), named[0] if len(named) == 1 else None)


def _named(wanted: str, found: CloudObject | None) -> str:
    return wanted if found is None else f"{found.id} · {found.name}"


def _size_of(template: VmTemplate | None, each: str) -> str:
    if template is None or template.cpu is None or template.memory is None:
        return ""
    return f", {size(template.cpu, template.memory)}{each}"


def _in_all(sizes: Sequence[tuple[int | None, VmTemplate | None]]) -> str:
    cpu = memory = 0.0
    total = 0
    for count, template in sizes:
        if count is None:
            return "not known yet"
        total += count
        if template is None or template.cpu is None or template.memory is None:
            cpu = -1.0
        elif cpu >= 0:
            cpu, memory = cpu + count * template.cpu, memory + count * template.memory
    return f"{counted(total, 'VM')}, {size(cpu, memory) if cpu >= 0 else 'CPU and memory not known yet'} in all"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"
