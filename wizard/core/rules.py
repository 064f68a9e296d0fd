"""Every rule about what an operator may choose, each once.

A rule takes a plan and yields problems; `check` runs them all, so that an operator sees everything at once. What can
only go wrong in a template that someone else wrote is in `structure`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import chain

from wizard.core import node_config
from wizard.core.contract import Field, Level, Meaning
from wizard.core.plan import Plan
from wizard.core.problem import Kind, Problem
from wizard.core.user_input import InputType

NAME_LENGTH = 128
NAME_REFUSED = "&<>"
SMALLEST_FEDERATION = 2
LARGEST_NUMBER = 999_999_999
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\Z")
_MINIMUMS = (Meaning.MIN_FIT, Meaning.MIN_EVALUATE, Meaning.MIN_AVAILABLE)

Found = Iterator[Problem]


def check(plan: Plan) -> tuple[Problem, ...]:
    """All problems of a plan, errors first, then in the order of the fields."""
    order = {path: place for place, path in enumerate(plan.contract.by_path)}
    kinds = list(Kind)
    found = dict.fromkeys(chain.from_iterable(rule(plan) for rule in RULES))
    return tuple(sorted(found, key=lambda item: (kinds.index(item.kind), order.get(item.field, len(order)))))


def blocking(problems: tuple[Problem, ...]) -> bool:
    """Whether one of them is an error."""
    return any(problem.kind is Kind.ERROR for problem in problems)


def whole_number(text: str) -> int | None:
    """The positive whole number that a text is, or None."""
    stripped = text.strip()
    if not (stripped.isascii() and stripped.isdigit()):
        return None
    number = int(stripped) if len(stripped) <= 10 else LARGEST_NUMBER + 1
    return number if 1 <= number <= LARGEST_NUMBER else None


def numbers_are_positive(plan: Plan) -> Found:
    """Every number is a positive whole one."""
    for item in plan.contract.fields:
        text = plan.text(item.path)
        if item.input.type is InputType.NUMBER and not item.is_foreign and whole_number(text) is None:
            said = f"{text!r} is not" if text else "nothing is given: expected"
            yield _error(item, f"{said} a positive whole number", "number")


def choices_are_known(plan: Plan) -> Found:
    """Lists have one of their options, booleans YES or NO, every other type what OpenNebula's grammar wants."""
    for item in plan.contract.fields:
        if item.input.type is InputType.TEXT or (item.input.type is InputType.NUMBER and not item.is_foreign):
            continue
        text = plan.text(item.path)
        if text and (complaint := item.input.complaint(text)):
            yield _error(item, f"{text!r}: {complaint}", "choice")
        elif text == "" and item.input.type in (InputType.LIST, InputType.BOOLEAN):
            options = ", ".join(item.input.options) or "YES or NO"
            yield _error(item, f"nothing chosen: expected {options}", "choice")


def mandatory_is_given(plan: Plan) -> Found:
    """What the appliance can't do without is given. The name has a rule of its own."""
    for item in plan.contract.fields:
        if item.input.mandatory and item.meaning is not Meaning.NAME and not plan.text(item.path).strip():
            yield _error(item, "nothing is given, and it has no default", "mandatory")


def version_is_complete(plan: Plan) -> Found:
    """The Flower version is X.Y.Z in digits."""
    item = plan.contract.meaning(Meaning.FLOWER_VERSION)
    if item and not _VERSION.match(plan.text(item.path)):
        yield _error(item, f"{plan.text(item.path)!r} is not a version like 1.25.0", "version")


def name_is_accepted(plan: Plan) -> Found:
    """1 to 128 characters without & < >: an empty name becomes `document-<id>`, the others are refused."""
    item = plan.contract.meaning(Meaning.NAME)
    if item is None:
        return
    name = plan.text(item.path)
    if not name.strip():
        yield _error(item, "the name is empty; expected 1 to 128 characters", "name")
    elif len(name) > NAME_LENGTH:
        yield _error(item, f"the name has {len(name)} characters; OpenNebula takes at most 128", "name")
    if bad := sorted(set(NAME_REFUSED).intersection(name)):
        yield _error(item, f"{name!r} has {' '.join(bad)}, which OpenNebula refuses in a name", "name")


def texts_survive(plan: Plan) -> Found:
    """No text has a character that OneFlow cuts, evaluates or can't store. A node config has a rule of its own."""
    node_config_field = plan.contract.meaning(Meaning.NODE_CONFIG)
    for item in plan.contract.fields:
        text = plan.text(item.path)
        if item.input.type is not InputType.TEXT or item is node_config_field:
            continue
        if any(_control(char) for char in text):
            message = f"{text!r} has a line break or another control character; write it in one line"
            yield _error(item, message, "text")
        if text.endswith("\\"):
            yield _error(item, f"{text!r} ends with a backslash, which breaks the quoting of the VM's CONTEXT", "text")
        if item.is_input and "|" in text:
            yield _error(item, f"{text!r} has '|', which separates the parts of an input's definition", "text")
        if "${" in text:
            yield _error(item, f"{text!r} has '${{', which OneFlow evaluates or cuts out", "text")
        elif "$" in text:
            message = f"{text!r} has '$': OpenNebula expands $NAME to an attribute of the VM"
            yield Problem(Kind.WARNING, item.path, message, "dollar")


def node_config_is_read(plan: Plan) -> Found:
    """The node config is what Flower reads, whole and unharmed."""
    item = plan.contract.meaning(Meaning.NODE_CONFIG)
    if item is None:
        return
    for complaint in node_config.parse(plan.text(item.path))[1]:
        yield _error(item, complaint, "node-config")


def partition_is_not_shared(plan: Plan) -> Found:
    """OneFlow gives all VMs of a role the same value, so a partition-id in it puts all on one shard."""
    item = plan.contract.meaning(Meaning.NODE_CONFIG)
    count = _number(plan, Meaning.CARDINALITY, Level.SUPERNODE)
    if item is None or not plan.text(item.path).strip() or count is None or count < SMALLEST_FEDERATION:
        return
    shared = node_config.partition_id_of(plan.text(item.path))
    if shared is not None:
        message = (
            f"partition-id={shared} goes to all {count} SuperNodes alike: every one of them would train on the same "
            "shard. Leave it out, or leave the whole field empty, and each takes its own"
        )
        yield Problem(Kind.WARNING, item.path, message, "shared-partition", grave=True)
    else:
        message = (
            "it has no partition-id, and the guest adds none to a given node config: the client application must "
            "partition the data by itself"
        )
        yield Problem(Kind.WARNING, item.path, message, "no-partition")


def federation_has_two(plan: Plan) -> Found:
    """Flower's own minimum is 2: a single node waits for ever."""
    for meaning in _MINIMUMS:
        item = plan.contract.meaning(meaning)
        if item and whole_number(plan.text(item.path)) == 1:
            yield _error(item, "1 is below Flower's own minimum of 2: a single client is local training", "minimum")
    item = plan.contract.meaning(Meaning.CARDINALITY, Level.SUPERNODE)
    if item and whole_number(plan.text(item.path)) == 1:
        yield _error(item, "1 SuperNode waits for ever: Flower wants at least 2 clients", "minimum")


def rounds_get_their_clients(plan: Plan) -> Found:
    """No minimum of clients is above the number of SuperNodes, or above what the run starts with."""
    count = _number(plan, Meaning.CARDINALITY, Level.SUPERNODE)
    available = _number(plan, Meaning.MIN_AVAILABLE)
    for meaning in _MINIMUMS:
        item = plan.contract.meaning(meaning)
        wanted = whole_number(plan.text(item.path)) if item else None
        if item is None or wanted is None:
            continue
        if count is not None and wanted > count:
            message = f"{wanted} clients are wanted of {count} SuperNodes: rounds would wait for ever"
            yield _error(item, message, "clients")
        if meaning is not Meaning.MIN_AVAILABLE and available is not None and wanted > available:
            start = plan.contract.meaning(Meaning.MIN_AVAILABLE)
            message = f"{wanted} is above {start.path if start else ''}={available}: a run may start with too few"
            yield Problem(Kind.WARNING, item.path, message, "clients-at-start")


def scale_down_keeps_clients(plan: Plan) -> Found:
    """A scale-down to min_vms still leaves the clients that a run needs."""
    item = plan.contract.meaning(Meaning.MIN_AVAILABLE)
    wanted = _number(plan, Meaning.MIN_AVAILABLE)
    smallest = _number(plan, Meaning.MIN_VMS, Level.SUPERNODE)
    if item and wanted is not None and smallest is not None and wanted > smallest:
        message = f"{wanted} is above supernode.min_vms={smallest}: a scale-down could stall the training"
        yield Problem(Kind.WARNING, item.path, message, "clients-after-scale")


def supernodes_are_in_range(plan: Plan) -> Found:
    """min_vms ≤ cardinality ≤ max_vms, and min_vms at least 2."""
    contract = plan.contract
    cardinality = contract.meaning(Meaning.CARDINALITY, Level.SUPERNODE)
    minimum = contract.meaning(Meaning.MIN_VMS, Level.SUPERNODE)
    maximum = contract.meaning(Meaning.MAX_VMS, Level.SUPERNODE)
    if cardinality is None or minimum is None or maximum is None:
        return
    count, low, high = (whole_number(plan.text(item.path)) for item in (cardinality, minimum, maximum))
    if low is not None and low < SMALLEST_FEDERATION:
        yield _error(minimum, f"{low} is below 2, the smallest federation", "range")
    if count is not None and low is not None and count < low:
        yield _error(cardinality, f"{count} is below min_vms={low}", "range")
    if count is not None and high is not None and count > high:
        yield _error(cardinality, f"{count} is above max_vms={high}; raise max_vms", "range")
    if low is not None and high is not None and low > high:
        yield _error(maximum, f"{high} is below min_vms={low}", "range")


def superlink_is_single(plan: Plan) -> Found:
    """Cardinality, min_vms and max_vms of the SuperLink are 1: a second one is a split brain."""
    for meaning in (Meaning.CARDINALITY, Meaning.MIN_VMS, Meaning.MAX_VMS):
        item = plan.contract.meaning(meaning, Level.SUPERLINK)
        if item and whole_number(plan.text(item.path)) not in (None, 1):
            yield _error(item, f"{plan.text(item.path)} is not 1: a second SuperLink is a split brain", "singleton")


def use_case_fits_framework(plan: Plan) -> Found:
    """A pre-built use case runs on the frameworks it was built for."""
    item = plan.contract.meaning(Meaning.USE_CASE)
    framework = plan.meant(Meaning.FRAMEWORK)
    if item is None:
        return
    wanted = plan.contract.use_cases.get(plan.text(item.path), ())
    if wanted and framework not in wanted:
        message = f"{plan.text(item.path)} runs on {' or '.join(wanted)}, not on {framework}"
        yield _error(item, message, "use-case")


def shutdown_is_gentle(plan: Plan) -> Found:
    """A hard shutdown may corrupt the SuperLink's SQLite state."""
    path = f"{Level.SERVICE.value}.shutdown_action"
    if plan.text(path).endswith("-hard"):
        message = f"{plan.text(path)} cuts the power: the SuperLink's SQLite state may be corrupted"
        yield Problem(Kind.WARNING, path, message, "hard-shutdown")


def vm_templates_are_chosen(plan: Plan) -> Found:
    """Where no VM template is chosen, say which one will be looked for."""
    for role in plan.contract.roles:
        item = plan.contract.meaning(Meaning.VM_TEMPLATE, role.level)
        if item and not plan.text(item.path).strip():
            message = f"none chosen: deploying looks for a VM template named {role.vm_template_name!r}"
            yield Problem(Kind.NOTE, item.path, message, "vm-template")


def role_inputs_are_hidden(plan: Plan) -> Found:
    """Sunstone does not show inputs at role level, and drops them when it saves."""
    for level in (Level.SUPERLINK, Level.SUPERNODE):
        if plan.contract.inputs(level):
            message = (
                f"Sunstone does not show the inputs of role {level.value}, and an edit in Sunstone drops them: "
                "instantiate from here or with oneflow-template"
            )
            yield Problem(Kind.NOTE, plan.contract.inputs(level)[0].path, message, "sunstone")
            return


RULES: tuple[Callable[[Plan], Found], ...] = (
    name_is_accepted,
    mandatory_is_given,
    numbers_are_positive,
    choices_are_known,
    version_is_complete,
    texts_survive,
    node_config_is_read,
    partition_is_not_shared,
    federation_has_two,
    rounds_get_their_clients,
    scale_down_keeps_clients,
    supernodes_are_in_range,
    superlink_is_single,
    use_case_fits_framework,
    shutdown_is_gentle,
    vm_templates_are_chosen,
    role_inputs_are_hidden,
)


def _error(item: Field, message: str, rule: str) -> Problem:
    return Problem(Kind.ERROR, item.path, message, rule)


def _number(plan: Plan, meaning: Meaning, level: Level | None = None) -> int | None:
    return whole_number(plan.meant(meaning, level))


def _control(char: str) -> bool:
    """Whether a line, or the XML that oned keeps, can't hold it. An emoji that this Python does not know yet can be."""
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in "\ufffe\uffff"
