"""Registering the appliance: two VM templates over an image, both or none, and bringing them up to date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, TypeVar

from wizard.cloud.errors import LOST, Ambiguous, CloudError, NotFound
from wizard.core.appliance import vm_templates
from wizard.core.appliance.carrier import Guest
from wizard.core.appliance.vm_templates import NAMES, Mark, Options
from wizard.core.errors import WizardError
from wizard.core.preflight.image_fitness import Fitness, fitness
from wizard.core.text import one_line

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.preflight.facts import CloudObject, Image, Network, VmTemplate

Tell = Callable[[str], None]


def guest() -> Guest:
    """The guest that this program brings along."""
    return Guest(resources.files("wizard.appliance").joinpath("guest.py").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Judged:
    """An image of the cloud, and whether it can carry the appliance."""

    image: Image
    fitness: Fitness


class Unfit(WizardError):
    """The image can't carry the appliance."""

    exit_status = 2


class Taken(WizardError):
    """VM templates of these names exist, and are not written over."""


class HalfMade(WizardError):
    """One VM template was registered and could not be taken away again; the other was not, or nobody knows."""


@dataclass(frozen=True)
class Wanted:
    """The two VM templates before they are registered: names and texts by role, in order."""

    options: Options
    image: Image
    texts: tuple[tuple[str, str], ...]
    doubt: str = ""
    network: str = ""
    """Id and name of the network of the VMs; empty where there is none."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of both."""
        return tuple(self.options.name(role) for role, _ in self.texts)


def images(cloud: Cloud) -> tuple[Judged, ...]:
    """Every image that this user may see: those that fit first, then by id. Raises CloudError."""
    order = {True: 0, None: 1, False: 2}
    found = [Judged(image, fitness(image)) for image in cloud.pools.images()]
    return tuple(sorted(found, key=lambda item: (order[item.fitness.fits], item.image.id)))


def wanted(cloud: Cloud, image: str, network: str, make: Callable[[int, int | None], Options]) -> Wanted:
    """The two VM templates over an image and in a network, each given by name or id. Where the network is empty, it is
    the first that has a free address: without a NIC a VM reaches no OneGate.

    `make` gives the options for their ids. Raises CloudError where there is no such image or network, Unfit, Taken and
    WrongOption. Nothing is changed.
    """
    found = _one(cloud.pools.images(), image, "image", "flowerneb-wizard appliance images")
    judged = fitness(found)
    if judged.fits is False:
        hint = "`flowerneb-wizard appliance images` shows those that can."
        raise Unfit("it can't carry the appliance", f"image {found.id} {found.name!r}", judged.why, hint)
    networks = cloud.pools.networks()
    if network:
        chosen: Network | None = _one(networks, network, "network", "onevnet list")
    else:
        chosen = next((item for item in networks if item.usable and item.free != 0), None)
    options = make(found.id, chosen.id if chosen else None)
    names = {options.name(role) for role in NAMES}
    taken = [item for item in cloud.pools.vm_templates() if item.name in names]
    if taken:
        listed = ", ".join(f"{item.id} {one_line(item.name)}" for item in taken)
        hint = "Bring them up to date with `flowerneb-wizard appliance update`, or choose a --prefix."
        raise Taken("VM templates of these names are registered already", listed, "nothing was written over", hint)
    ours = guest()
    texts = tuple((role, vm_templates.text(role, options, ours, found.size)) for role in NAMES)
    doubt = judged.why if judged.fits is None else ""
    return Wanted(options, found, texts, doubt, f"{chosen.id} {chosen.name}" if chosen else "")


def create(cloud: Cloud, wanted: Wanted, tell: Tell) -> tuple[int, ...]:
    """Register both; their ids, the SuperLink's first. Where an answer got lost, the pool tells whether it happened.

    Raises CloudError where one can't be registered, with a hint that says what is left, and HalfMade.
    """
    made: list[int] = []
    try:
        _register(cloud, wanted, tell, made)
    except KeyboardInterrupt:
        _give_up(cloud, wanted, tell)
        raise
    return tuple(made)


def _give_up(cloud: Cloud, wanted: Wanted, tell: Tell) -> None:
    """Delete what an interrupted `create` made: no VM template had these names before it."""
    digest = guest().digest
    try:
        for item in cloud.pools.vm_templates():
            if item.name in wanted.names and (mark := Mark.of(item.attributes)) and mark.digest == digest:
                cloud.pools.delete_vm_template(item.id)
                tell(f"VM template {item.id} {item.name} deleted again")
    except CloudError as error:
        tell(f"what is left over is not known: look at `onetemplate list` ({error.title})")


def _register(cloud: Cloud, wanted: Wanted, tell: Tell, made: list[int]) -> None:
    for role, text in wanted.texts:
        name = wanted.options.name(role)
        try:
            made.append(cloud.pools.register_vm_template(text))
        except CloudError as error:
            number, known = _after_all(cloud, name, error)
            if number is None:
                said = f"{name} was not registered" if known else f"whether {name} was registered is not known"
                _take_back(cloud, made, error, said)
                look = f"{said[0].upper()}{said[1:]}: look at `onetemplate list` before you try again."
                raise error.with_hint("Neither of the two is registered." if known else look) from error
            made.append(number)
            tell(f"the answer was lost ({error.title}), but VM template {number} {name} is there")
        else:
            tell(f"VM template {made[-1]} {name} registered")


def _after_all(cloud: Cloud, name: str, error: CloudError) -> tuple[int | None, bool]:
    """The VM template that a registration without an answer made, or None; and whether that is known. No other had its
    name before."""
    if not isinstance(error, LOST):
        return None, True
    try:
        named = [item for item in cloud.pools.vm_templates() if item.name == name]
    except CloudError:
        return None, False
    digest = guest().digest
    ours = [item.id for item in named if (mark := Mark.of(item.attributes)) and mark.digest == digest]
    return (ours[0], True) if len(ours) == 1 else (None, not named)


def _take_back(cloud: Cloud, made: list[int], error: CloudError, said: str) -> None:
    for number in made:
        try:
            cloud.pools.delete_vm_template(number)
        except NotFound:
            continue
        except CloudError as second:
            hint = f"Delete it by hand: `onetemplate delete {number}`. {second}"
            raise HalfMade(f"{said}, VM template {number} was", detail=str(error), hint=hint) from error


@dataclass(frozen=True)
class Update:
    """One registered VM template: `text` is what brings it up to date, empty where `why` says that nothing does."""

    template: VmTemplate
    text: str
    why: str


def updates(cloud: Cloud, prefix: str = "") -> tuple[Update, ...]:
    """What is to be done to the registered VM templates of both roles. Raises CloudError, NotFound where there is none.

    A guest that is newer than this program's stays, and so does whatever is not ours.
    """
    ours = guest()
    names = [f"{prefix}{name}" for name in NAMES.values()]
    found = [item for item in cloud.pools.vm_templates() if item.name in names]
    if not found:
        hint = "Make them: `flowerneb-wizard appliance create --image IMAGE`."
        raise NotFound("there are no such VM templates", ", ".join(names), hint=hint)
    return tuple(_update(item, ours) for item in found)


def _update(template: VmTemplate, ours: Guest) -> Update:
    mark = Mark.of(template.attributes)
    if mark is None:
        return Update(template, "", "it is not this program's appliance, and stays as it is")
    if mark.version > ours.version:
        return Update(template, "", f"its guest, {mark.version}, is newer than this program's, {ours.version}")
    if mark.digest == ours.digest:
        return Update(template, "", f"its guest is this program's, {ours.version}")
    why = f"its guest, version {mark.version} ({mark.digest}), becomes version {ours.version} ({ours.digest})"
    return Update(template, vm_templates.renewed(template.context, ours), why)


def renew(cloud: Cloud, update: Update) -> None:
    """Write a registered VM template anew. VMs that run keep their guest. Raises CloudError."""
    if update.text:
        cloud.pools.update_vm_template(update.template.id, update.text)


Object = TypeVar("Object", bound="CloudObject")


def _one(objects: tuple[Object, ...], reference: str, kind: str, command: str) -> Object:
    by_id = [item for item in objects if str(item.id) == reference.strip()]
    found = by_id or [item for item in objects if item.name == reference.strip()]
    subject = f"{kind} {one_line(reference)!r}"
    if not found:
        raise NotFound("there is no such object", subject, hint=f"`{command}` shows what is there.")
    if len(found) > 1:
        ids = ", ".join(str(item.id) for item in found)
        raise Ambiguous("the name is not unique", subject, hint=f"Give the id of one: {ids}.")
    return found[0]
