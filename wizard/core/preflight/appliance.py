"""Checks of the appliance in the VM templates: is it ours, of which guest, and is there room for what it installs."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.core.appliance.vm_templates import Mark
from wizard.core.plan.contract import Level, Meaning
from wizard.core.preflight.case import TITLES, Case, Finding, Result, summed_up
from wizard.core.preflight.facts import Image, VmTemplate
from wizard.core.preflight.image_fitness import fitness

NEEDS = {"pytorch": (2048, 8192), "tensorflow": (2048, 8192), "sklearn": (1024, 4096)}
"""MB of memory and of disk that a SuperNode needs at least, by ML_FRAMEWORK. Flower takes 250 MB of memory and 300 MB
of disk; pytorch and tensorflow 300 to 500 MB of memory once imported and 1 to 2 GB of disk, twice that while they are
installed; a distribution 1 to 2 GB of disk."""
SUPERLINK_NEEDS = (1024, 4096)
"""The same for a SuperLink, which installs Flower alone."""


def appliance(case: Case) -> Iterator[Finding]:
    """The VM template of each role is made from our appliance. Another one is not known, and not wrong.

    Nothing is said of the marketplace's contract, which has an appliance of its own.
    """
    if case.plan.contract.meaning(Meaning.FLOWER_VERSION) is None:
        return
    for level in case.levels:
        title = f"{TITLES[level]} appliance"
        template = case.templates[level]
        if not isinstance(template, VmTemplate):
            yield Finding("appliance", title, Result.UNKNOWN, "its VM template is not known")
        elif (mark := Mark.of(template.attributes)) is None:
            found = f"VM template {template.id} has another appliance, and what is in it is not known"
            todo = "`flowerneb-wizard appliance create` registers VM templates with one that is known."
            yield Finding("appliance", title, Result.UNKNOWN, found, todo)
        else:
            parts = [_guest(case, template, mark), *_image(case, template), *_room(case, level, template)]
            yield summed_up("appliance", title, parts)


def _guest(case: Case, template: VmTemplate, mark: Mark) -> Finding:
    ours = case.facts.guest_version
    said = f"VM template {template.id} carries guest {mark.version or '?'}"
    if ours and mark.version < ours:
        todo = "Bring it up to date: `flowerneb-wizard appliance update`."
        return _about(Result.WARNING, f"{said}, and this program has {ours}", todo)
    return _about(Result.OK, said)


def _image(case: Case, template: VmTemplate) -> Iterator[Finding]:
    for reference in template.images[:1]:
        found = case.image(reference)
        if isinstance(found, Image) and (judged := fitness(found)).fits is False:
            todo = "`flowerneb-wizard appliance images` shows those that can carry it."
            yield _about(Result.WARNING, f"image {found.id} {found.name} can't carry it: {judged.why}", todo)


def _room(case: Case, level: Level, template: VmTemplate) -> Iterator[Finding]:
    framework = case.plan.meant(Meaning.FRAMEWORK)
    memory, disk = SUPERLINK_NEEDS if level is Level.SUPERLINK else NEEDS.get(framework, (0, 0))
    what = "the SuperLink" if level is Level.SUPERLINK else framework
    if template.memory is not None and template.memory < memory:
        found = f"VM template {template.id} has {template.memory:g} MB of memory, and {what} needs {memory}"
        yield _about(Result.WARNING, found, f"Set its MEMORY to {memory} or more.")
    size = _disk(case, template)
    if size is not None and size < disk:
        found = f"the disk of VM template {template.id} has {size} MB, and {what} needs {disk}"
        yield _about(Result.WARNING, found, f"Set SIZE={disk} or more on its first DISK.")


def _disk(case: Case, template: VmTemplate) -> int | None:
    """Size of the first disk in MB; None where it is not known."""
    if template.disk_sizes and template.disk_sizes[0] is not None:
        return template.disk_sizes[0]
    found = case.image(template.images[0]) if template.images else None
    return found.size if isinstance(found, Image) else None


def _about(result: Result, found: str, todo: str = "") -> Finding:
    return Finding("appliance", "", result, found, todo)
