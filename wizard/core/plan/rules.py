"""Every rule about what an operator may choose, each once.

A rule takes a plan and yields problems, each with its fix; `check` runs them all, so that an operator sees everything
at once. What can only go wrong in a template that someone else wrote is in `template_rules`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from itertools import chain

from wizard.core.flower import node_config
from wizard.core.flower.versions import FlowerVersion
from wizard.core.opennebula.user_inputs import BOOLEANS, InputType
from wizard.core.plan.contract import Field, Level, Meaning
from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Fix, Kind, Problem

SMALLEST_FEDERATION = 2
LARGEST_NUMBER = 999_999_999
_MINIMUMS = (Meaning.MIN_FIT, Meaning.MIN_EVALUATE, Meaning.MIN_AVAILABLE)

Found = Iterator[Problem]


def whole_number(text: str) -> int | None:
    """The positive whole number that a text is, or None."""
    stripped = text.strip()
    if not (stripped.isascii() and stripped.isdigit()):
        return None
    number = int(stripped) if len(stripped) <= 10 else LARGEST_NUMBER + 1
    return number if 1 <= number <= LARGEST_NUMBER else None


def number_of(plan: Plan, meaning: Meaning, level: Level | None = None) -> int | None:
    """The number that the field of this meaning holds; None where it holds none, or the contract has no such field."""
    return whole_number(plan.meant(meaning, level))


def federation_has_two(plan: Plan) -> Found:
    """Flower's own minimum is 2: a single node waits for ever."""
    for meaning in _MINIMUMS:
        item = plan.contract.meaning(meaning)
        if item and whole_number(plan.text(item.path)) == 1:
            message = "1 is below Flower's own minimum of 2: a single client is local training"
            yield _count_error(item, message, "minimum", Fix("Enter 2 or more.", "2"))
    item = plan.contract.meaning(Meaning.CARDINALITY, Level.SUPERNODE)
    if item and whole_number(plan.text(item.path)) == 1:
        message = "with 1 SuperNode rounds would never start: Flower needs at least 2 clients"
        yield _count_error(item, message, "minimum", Fix("Enter 2 or more.", "2"))


def rounds_get_their_clients(plan: Plan) -> Found:
    """No minimum of clients is above the number of SuperNodes, or above what the run starts with."""
    count = number_of(plan, Meaning.CARDINALITY, Level.SUPERNODE)
    available = number_of(plan, Meaning.MIN_AVAILABLE)
    for meaning in _MINIMUMS:
        item = plan.contract.meaning(meaning)
        wanted = whole_number(plan.text(item.path)) if item else None
        if item is None or wanted is None:
            continue
        if count is not None and wanted > count:
            there = "is 1 SuperNode" if count == 1 else f"are {count} SuperNodes"
            message = f"{wanted} clients are required, but there {there}: rounds would never start"
            fix = Fix(f"Enter {count} or less, or raise supernode.cardinality to {wanted}.", str(count))
            yield _count_error(item, message, "clients", fix)
        if meaning is not Meaning.MIN_AVAILABLE and available is not None and wanted > available:
            start = plan.contract.meaning(Meaning.MIN_AVAILABLE)
            named = start.path if start else ""
            message = f"{wanted} is above {named}={available}: a run may start with too few clients"
            fix = Fix(f"Enter {available} or less, or raise {named} to {wanted}.", str(available))
            yield Problem(Kind.WARNING, item.path, message, "clients-at-start", fix=fix)


def scale_down_keeps_clients(plan: Plan) -> Found:
    """A scale-down to min_vms still leaves the clients that a run needs."""
    item = plan.contract.meaning(Meaning.MIN_AVAILABLE)
    wanted = number_of(plan, Meaning.MIN_AVAILABLE)
    smallest = number_of(plan, Meaning.MIN_VMS, Level.SUPERNODE)
    if item and wanted is not None and smallest is not None and wanted > smallest:
        message = f"{wanted} is above supernode.min_vms={smallest}: after a scale-down training could stall"
        fix = Fix(f"Raise supernode.min_vms to {wanted}, or enter {smallest} here.", str(smallest))
        yield Problem(Kind.WARNING, item.path, message, "clients-after-scale", fix=fix)


def supernodes_are_in_range(plan: Plan) -> Found:
    """min_vms ≤ cardinality ≤ max_vms, and min_vms at least 2."""
    contract = plan.contract
    cardinality = contract.meaning(Meaning.CARDINALITY, Level.SUPERNODE)
    minimum = contract.meaning(Meaning.MIN_VMS, Level.SUPERNODE)
    maximum = contract.meaning(Meaning.MAX_VMS, Level.SUPERNODE)
    if cardinality is None or minimum is None or maximum is None:
        return
    count, low, high = (whole_number(plan.text(item.path)) for item in (cardinality, minimum, maximum))
    # Between limits that leave no number there is none to write: they come first.
    room = low is None or high is None or low <= high
    if low is not None and low < SMALLEST_FEDERATION:
        yield _count_error(
            minimum, f"{low} is below 2, the smallest possible federation", "range", Fix("Enter 2 or more.", "2")
        )
    if count is not None and low is not None and count < low:
        fix = Fix(f"Enter {low} or more, or lower {minimum.path} to {count}.", str(low) if room else None)
        yield _count_error(cardinality, f"{count} is below min_vms={low}", "range", fix)
    if count is not None and high is not None and count > high:
        fix = Fix(f"Enter {high} or less, or raise {maximum.path} to {count}.", str(high) if room else None)
        yield _count_error(cardinality, f"{count} is above max_vms={high}; raise max_vms", "range", fix)
    if low is not None and high is not None and low > high:
        fix = Fix(f"Enter {low} or more, or lower {minimum.path} to {high}.", str(low))
        yield _count_error(maximum, f"{high} is below min_vms={low}", "range", fix)


def superlink_is_single(plan: Plan) -> Found:
    """Cardinality, min_vms and max_vms of the SuperLink are 1: a second one is a split brain."""
    for meaning in (Meaning.CARDINALITY, Meaning.MIN_VMS, Meaning.MAX_VMS):
        item = plan.contract.meaning(meaning, Level.SUPERLINK)
        if item and whole_number(plan.text(item.path)) not in (None, 1):
            message = f"{plan.text(item.path)} is not 1: a cluster has exactly one SuperLink"
            yield _count_error(item, message, "singleton", Fix("Enter 1.", "1"))


def _count_error(item: Field, message: str, rule: str, fix: Fix) -> Problem:
    return Problem(Kind.ERROR, item.path, message, rule, fix=fix)


NAME_LENGTH = 128
NAME_REFUSED = "&<>"
_ITS_OWN = "Leave the field empty: each SuperNode then gets its own partition-id."


def check(plan: Plan) -> tuple[Problem, ...]:
    """All problems of a plan, errors first, then in the order of the fields."""
    order = {path: place for place, path in enumerate(plan.contract.by_path)}
    kinds = list(Kind)
    found = dict.fromkeys(chain.from_iterable(rule(plan) for rule in RULES))
    return tuple(sorted(found, key=lambda item: (kinds.index(item.kind), order.get(item.field, len(order)))))


def blocking(problems: tuple[Problem, ...]) -> bool:
    """True if one of them is an error."""
    return any(problem.kind is Kind.ERROR for problem in problems)


def numbers_are_positive(plan: Plan) -> Found:
    """Every number is a positive whole one."""
    for item in plan.contract.fields:
        text = plan.text(item.path)
        if item.input.type is InputType.NUMBER and not item.is_foreign and whole_number(text) is None:
            said = f"{text!r} is not" if text else "nothing is entered: expected"
            fix = Fix(f"Enter a whole number from 1 to {LARGEST_NUMBER}{_such_as(item)}.", item.input.default or None)
            yield _error(item, f"{said} a positive whole number", "number", fix)


def choices_are_known(plan: Plan) -> Found:
    """Lists have one of their options, booleans YES or NO, every other type what OpenNebula's grammar wants."""
    for item in plan.contract.fields:
        if item.input.type is InputType.TEXT or (item.input.type is InputType.NUMBER and not item.is_foreign):
            continue
        text = plan.text(item.path)
        if text and (complaint := item.input.complaint(text)):
            yield _error(item, f"{text!r}: {complaint}", "choice", _choosing(item, text))
        elif text == "" and item.input.type in (InputType.LIST, InputType.BOOLEAN):
            options = ", ".join(item.input.options) or "YES or NO"
            yield _error(item, f"nothing chosen: expected {options}", "choice", _choosing(item, text))


def mandatory_is_given(plan: Plan) -> Found:
    """Mandatory values are given. The name has a rule of its own."""
    for item in plan.contract.fields:
        if item.input.mandatory and item.meaning is not Meaning.NAME and not plan.text(item.path).strip():
            fix = Fix(f"Enter a value: {item.label}{f' ({item.unit})' if item.unit else ''}.")
            yield _error(item, "a value is required, there is no default", "mandatory", fix)


def version_is_complete(plan: Plan) -> Found:
    """The Flower version is X.Y.Z in digits."""
    item = plan.contract.meaning(Meaning.FLOWER_VERSION)
    if item and str(FlowerVersion.parse(plan.text(item.path))) != plan.text(item.path):
        fix = Fix(f"Enter three numbers separated by dots{_such_as(item)}.", item.input.default or None)
        yield _error(item, f"{plan.text(item.path)!r} is not a version like 1.25.0", "version", fix)


def name_is_accepted(plan: Plan) -> Found:
    """1 to 128 characters without & < >: an empty name becomes `document-<id>`, the others are refused."""
    item = plan.contract.meaning(Meaning.NAME)
    if item is None:
        return
    name = plan.text(item.path)
    if not name.strip():
        fix = Fix(f"Enter a name{_such_as(item)}.", item.input.default or None)
        yield _error(item, "the name is empty; expected 1 to 128 characters", "name", fix)
    elif len(name) > NAME_LENGTH:
        fix = Fix(f"Shorten it to {NAME_LENGTH} characters.", name[:NAME_LENGTH])
        yield _error(item, f"the name has {len(name)} characters; OpenNebula allows at most 128", "name", fix)
    if bad := sorted(set(NAME_REFUSED).intersection(name)):
        fix = Fix(f"Remove {' '.join(bad)}.", _without(name, NAME_REFUSED).strip() or item.input.default)
        yield _error(item, f"{name!r} contains {' '.join(bad)}, which OpenNebula does not allow in a name", "name", fix)


def texts_survive(plan: Plan) -> Found:
    """No text has a character that OneFlow cuts, evaluates or can't store. A node config has a rule of its own."""
    node_config_field = plan.contract.meaning(Meaning.NODE_CONFIG)
    for item in plan.contract.fields:
        text = plan.text(item.path)
        if item.input.type is not InputType.TEXT or item is node_config_field:
            continue
        if any(_control(char) for char in text):
            message = f"{text!r} contains a line break or another control character"
            in_line = "".join(" " if _control(char) else char for char in text)
            yield _error(item, message, "text", Fix("Enter one line without control characters.", in_line))
        if text.endswith("\\"):
            message = f"{text!r} ends with a backslash, which breaks the quoting of the VM's CONTEXT"
            yield _error(item, message, "text", Fix("Remove the backslash at the end.", text.rstrip("\\")))
        if item.is_input and "|" in text:
            message = f"{text!r} contains '|', which separates the parts of an input's definition"
            yield _error(item, message, "text", Fix("Remove '|'.", _without(text, "|")))
        if "${" in text:
            message = f"{text!r} contains '${{', which OneFlow evaluates or removes"
            yield _error(item, message, "text", Fix("Remove '$'.", _without(text, "$")))
        elif "$" in text:
            message = f"{text!r} contains '$': OpenNebula expands $NAME to an attribute of the VM"
            fix = Fix("Remove '$', unless you mean an attribute of the VM.", _without(text, "$"))
            yield Problem(Kind.WARNING, item.path, message, "dollar", fix=fix)


def node_config_is_read(plan: Plan) -> Found:
    """The node config is what Flower reads, whole and unharmed."""
    item = plan.contract.meaning(Meaning.NODE_CONFIG)
    if item is None:
        return
    for complaint in node_config.parse(plan.text(item.path))[1]:
        fix = Fix(
            "Enter pairs key=value separated by spaces; a value is a number, true, false or 'text'. Or leave it empty: "
            "each SuperNode then gets its own partition-id.",
            "",
        )
        yield _error(item, complaint, "node-config", fix)


def partition_is_not_shared(plan: Plan) -> Found:
    """OneFlow gives all VMs of a role the same value, so a partition-id in it puts all on one shard."""
    item = plan.contract.meaning(Meaning.NODE_CONFIG)
    count = number_of(plan, Meaning.CARDINALITY, Level.SUPERNODE)
    if item is None or not plan.text(item.path).strip() or count is None or count < SMALLEST_FEDERATION:
        return
    shared = node_config.partition_id_of(plan.text(item.path))
    if shared is not None:
        message = (
            f"partition-id={shared} goes to all {count} SuperNodes: every one of them would train on the same partition"
        )
        yield Problem(Kind.WARNING, item.path, message, "shared-partition", grave=True, fix=Fix(_ITS_OWN, ""))
    else:
        message = "it has no partition-id, and the VM adds none: the client application must partition the data itself"
        fix = Fix(f"{_ITS_OWN} Or keep it if the client application partitions the data.", "")
        yield Problem(Kind.WARNING, item.path, message, "no-partition", fix=fix)


def use_case_fits_framework(plan: Plan) -> Found:
    """A pre-built use case runs on the frameworks it was built for."""
    item = plan.contract.meaning(Meaning.USE_CASE)
    framework = plan.meant(Meaning.FRAMEWORK)
    if item is None:
        return
    wanted = plan.contract.use_cases.get(plan.text(item.path), ())
    if wanted and framework not in wanted:
        message = f"{plan.text(item.path)} runs on {' or '.join(wanted)}, not on {framework}"
        named = plan.contract.meaning(Meaning.FRAMEWORK)
        fix = Fix(f"Set {named.path if named else 'the framework'} to {wanted[0]}, or choose none here.", "none")
        yield _error(item, message, "use-case", fix)


def shutdown_is_gentle(plan: Plan) -> Found:
    """A hard shutdown may corrupt the SuperLink's SQLite state."""
    path = f"{Level.SERVICE.value}.shutdown_action"
    if plan.text(path).endswith("-hard"):
        message = f"{plan.text(path)} powers the VMs off: the SuperLink's SQLite state may be corrupted"
        gentle = plan.text(path).removesuffix("-hard")
        yield Problem(Kind.WARNING, path, message, "hard-shutdown", fix=Fix(f"Write {gentle}.", gentle))


def vm_templates_are_chosen(plan: Plan) -> Found:
    """A note for each role without a VM template: which one will be looked for."""
    for role in plan.contract.roles:
        item = plan.contract.meaning(Meaning.VM_TEMPLATE, role.level)
        if item and not plan.text(item.path).strip():
            message = f"none chosen: deploying looks for a VM template named {role.vm_template_name!r}"
            fix = Fix("Choose one by id or name, or keep it if the cloud has one with that name.")
            yield Problem(Kind.NOTE, item.path, message, "vm-template", fix=fix)


def role_inputs_are_hidden(plan: Plan) -> Found:
    """Sunstone does not show inputs at role level, and drops them when it saves."""
    for level in (Level.SUPERLINK, Level.SUPERNODE):
        if plan.contract.inputs(level):
            message = (
                f"Sunstone does not show the inputs of role {level.value}, and drops them when it saves the template"
            )
            path = plan.contract.inputs(level)[0].path
            fix = Fix("Deploy from here, or with `oneflow-template instantiate`.")
            yield Problem(Kind.NOTE, path, message, "sunstone", fix=fix)
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


def _error(item: Field, message: str, rule: str, fix: Fix) -> Problem:
    return Problem(Kind.ERROR, item.path, message, rule, fix=fix)


def _such_as(item: Field) -> str:
    return f", such as {item.input.default}" if item.input.default else ""


def _choosing(item: Field, text: str) -> Fix:
    """The value that was meant, where only the letters' case is wrong; else the default."""
    known = BOOLEANS if item.input.type is InputType.BOOLEAN else item.input.options
    meant = next((option for option in known if option.lower() == text.strip().lower()), item.input.default)
    fits = bool(meant) and item.input.complaint(meant) is None
    listed = f"Write one of {', '.join(known)}" if known else "Write what is expected"
    return Fix(f"{listed}{f', such as {meant}' if fits else ''}.", meant if fits else None)


def _without(text: str, refused: str) -> str:
    return "".join(char for char in text if char not in refused)


def _control(char: str) -> bool:
    """True if a line, or the XML that oned keeps, can't hold it. An emoji that this Python does not know yet can be."""
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in "\ufffe\uffff"
