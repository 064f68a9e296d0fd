"""Checks of the VM templates of both roles, their images and their CONTEXT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wizard.core.flower.versions import STARTED_IN, FlowerVersion, started_alike
from wizard.core.opennebula.guards import is_on, value_of
from wizard.core.plan.contract import Meaning
from wizard.core.preflight.case import TITLES, Case, Finding, Missing, Result, summed_up
from wizard.core.preflight.facts import Image, Reference, Unseen, VmTemplate

_READY = {"READY", "USED"}
_WAITING = {"LOCKED", "LOCKED_USED"}
_TAKEN = {"USED_PERS", "LOCKED_USED_PERS"}

GUARDS = ("TOKEN", "REPORT_READY")
"""What must be YES in the CONTEXT of each VM, or it never reports READY."""


HOW_TO_GET = {
    "seed": "Make both from an image: press a on Home, or run `flowerneb-wizard appliance create --image IMAGE`.",
    "marketplace": 'Export the appliance: `onemarketapp export "Service Flower FL" flower -d DATASTORE`.',
}
"""What to do where the VM templates that a contract names do not exist."""


def vm_templates(case: Case) -> Iterator[Finding]:
    """The VM template of each role exists, and this user may use it."""
    for level in case.levels:
        found = case.templates[level]
        title = f"{TITLES[level]} template"
        if isinstance(found, Missing):
            named = case.plan.meant(Meaning.VM_TEMPLATE, level).strip()
            todo = found.hint if named else f"{HOW_TO_GET.get(case.plan.contract.name, '')} {found.hint}".strip()
            yield Finding("vm-template", title, Result.ERROR, found.reason, todo)
        elif isinstance(found, Unseen):
            yield Finding("vm-template", title, Result.UNKNOWN, found.reason, found.hint)
        else:
            size = f", {found.cpu:g} CPU, {found.memory:g} MB" if found.cpu and found.memory else ""
            yield Finding("vm-template", title, Result.OK, f"{found.id} {found.name} of {found.owner}{size}")


def images(case: Case) -> Iterator[Finding]:
    """The images of each VM template exist, may be used, and are READY for that many VMs."""
    for level in case.levels:
        title = f"{TITLES[level]} image"
        template = case.templates[level]
        if isinstance(template, (Missing, Unseen)):
            yield Finding("image", title, Result.UNKNOWN, "its VM template is not known")
        elif not template.images:
            none = "no disk" if not template.disks else "no disk that comes from an image"
            found = f"VM template {template.id} has {none}"
            todo = "Add the image of the Flower appliance as its first disk."
            yield Finding("image", title, Result.WARNING, found, todo)
        else:
            yield summed_up("image", title, [_image(case, reference) for reference in template.images])


def context(case: Case) -> Iterator[Finding]:
    """The CONTEXT that each role's VMs get has TOKEN and REPORT_READY on."""
    for level in case.levels:
        title = f"{TITLES[level]} CONTEXT"
        template = case.templates[level]
        if isinstance(template, (Missing, Unseen)):
            yield Finding("context", title, Result.UNKNOWN, "its VM template is not known")
        else:
            yield summed_up("context", title, [_guard(case, template, key) for key in GUARDS])


def flower_version(case: Case) -> Iterator[Finding]:
    """An appliance starts Flower as its own version wants it: one of another family dies on the command line, or
    listens where nobody looks for it.

    Nothing is said where the families agree, or neither the appliance nor a service made of it tells.
    """
    wanted = FlowerVersion.parse(case.plan.meant(Meaning.FLOWER_VERSION))
    for level in case.levels:
        template = case.templates[level]
        if not isinstance(template, VmTemplate):
            continue
        offered, verb = FlowerVersion.parse(template.flower_version), "is made for"
        if offered is None:
            offered, verb = FlowerVersion.parse(case.facts.running_versions.get(template.id, "")), "runs"
        if wanted is None or offered is None or started_alike(wanted, offered):
            continue
        found = f"VM template {template.id} {verb} Flower {offered}, and {wanted} starts differently"
        todo = f"Choose a version of the same family ({', '.join(STARTED_IN)}), or another VM template."
        yield Finding("flower-version", f"{TITLES[level]} Flower", Result.WARNING, found, todo)


def _image(case: Case, reference: Reference) -> Finding:
    found = case.image(reference)
    if isinstance(found, Missing):
        return _about_image(Result.ERROR, found.reason, found.hint)
    if isinstance(found, Unseen):
        return _about_image(Result.UNKNOWN, found.reason, found.hint)
    state = found.state_name
    said = f"{found.id} {found.name} is {state}"
    if found.persistent and not found.shareable:
        takers = _takers(case, found)
        if state in _TAKEN:
            todo = "It is persistent and another VM uses it: choose a VM template with a non-persistent image."
            return _about_image(Result.ERROR, said, todo)
        if takers is None or takers > 1:
            count = "" if takers is None else f", {takers} VMs need it"
            todo = f"Make it non-persistent: `oneimage nonpersistent {found.id}`."
            return _about_image(Result.ERROR, f"{said} and persistent, so only one VM can use it{count}", todo)
    if state in _READY or state in _TAKEN:
        return _about_image(Result.OK, said)
    if state in _WAITING:
        todo = "VMs wait in CLONING until it is READY."
        return _about_image(Result.WARNING, said, todo)
    todo = f"`oneimage show {found.id}` tells why; `oneimage enable {found.id}` may help."
    return _about_image(Result.ERROR, said, todo)


def _about_image(result: Result, found: str, todo: str = "") -> Finding:
    return Finding("image", "", result, found, todo)


def _takers(case: Case, image: Image) -> int | None:
    """Number of VMs of the deployment that want this image, None where a cardinality is no number."""
    takers = 0
    for level, template in case.templates.items():
        if isinstance(template, VmTemplate):
            disks = sum(case.image(reference) == image for reference in template.images)
            count = case.count(level)
            if disks and count is None:
                return None
            takers += disks * (count or 0)
    return takers


def _guard(case: Case, template: VmTemplate, key: str) -> Finding:
    own = value_of(template.context, key)
    ours = case.plan.contract.context.get(key)
    shown = "nothing" if own is None else own or "an empty text"
    said = f"VM template {template.id} has {shown} for {key}"
    fix = f"Set {key}=YES in the CONTEXT of VM template {template.id}."
    if not is_on(key, own if ours is None else ours):
        return Finding("context", "", Result.ERROR, f"{said}: its VMs never report READY", fix)
    if own is not None and not is_on(key, own):
        overrides = f"{said}; the service template's {key}=YES overrides it"
        return Finding("context", "", Result.WARNING, overrides, fix)
    return Finding("context", "", Result.OK, f"{' and '.join(GUARDS)} are on")


def lacking(wanted: Mapping[str, str], context: Mapping[str, str]) -> tuple[str, ...]:
    """CONTEXT that a contract needs and a VM template lacks: `no KEY`, or `KEY=value` where it is off.

    What the contract gives a value of its own (a path) no VM template can have.
    """
    values = {key: value_of(context, key) for key, value in wanted.items() if value == "YES"}
    off = {key: value for key, value in values.items() if value is None or not is_on(key, value)}
    return tuple(f"no {key}" if value is None else f"{key}={value}" for key, value in off.items())
