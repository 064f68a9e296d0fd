"""Making the two VM templates of the appliance from an image of the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App

from wizard.core.errors import WizardError
from wizard.core.preflight.facts import CloudObject
from wizard.core.text import one_line
from wizard.tui.background import run_in_thread
from wizard.tui.session import Listing, Session
from wizard.tui.widgets.dialogs import Confirm, trouble
from wizard.tui.widgets.picker import Picker

if TYPE_CHECKING:
    from wizard.operations.appliance import Judged, Wanted

TITLE = "Make the two VM templates from an image"


async def make_templates(app: App[int], session: Session) -> bool:
    """Let the operator choose an image, ask once, and register both; whether they are there now.

    To be awaited in a worker, since it waits for answers.
    """
    from wizard.core.appliance.vm_templates import Options
    from wizard.operations import appliance

    try:
        cloud = await run_in_thread(session.reach)
        found = await run_in_thread(lambda: appliance.images(cloud))
        fitting = tuple(item for item in found if item.fitness.fits is not False)
        if not fitting:
            app.notify("No image of this cloud can carry the appliance.", severity="warning", markup=False)
            return False
        chosen = await app.push_screen_wait(_picker(fitting))
        if chosen is None:
            return False
        wanted = await run_in_thread(
            lambda: appliance.wanted(cloud, str(chosen.id), "", lambda image, network: Options(image, network))
        )
        command = f"flowerneb-wizard appliance create --image {chosen.id}"
        question = Confirm("Register both VM templates?", _text(wanted), "Register", command=command)
        if not await app.push_screen_wait(question):
            app.notify("Nothing was sent.", markup=False)
            return False
        await run_in_thread(lambda: appliance.create(cloud, wanted, lambda _: None))
    except WizardError as error:
        await app.push_screen_wait(trouble(error))
        return False
    await run_in_thread(session.look_up)
    session.fill_in_vm_templates()
    app.notify(f"{' and '.join(wanted.names)} are registered.", markup=False)
    return True


def _picker(fitting: tuple[Judged, ...]) -> Picker:
    said = {item.image.id: item.fitness.why or "by its name it can carry the appliance" for item in fitting}

    def ask() -> Listing:
        return Listing(tuple(item.image for item in fitting), asked=True)

    return Picker(
        "Image of the VMs",
        tuple(item.image for item in fitting),
        ask_again=ask,
        leaving="Esc leaves",
        about=lambda item: said.get(item.id, ""),
    )


def _text(wanted: Wanted) -> str:
    doubt = f"\n\n{one_line(wanted.doubt)}." if wanted.doubt else ""
    return (
        f"{' and '.join(wanted.names)}, over image {wanted.image.id} {one_line(wanted.image.name)}"
        f"{f', in network {one_line(wanted.network)}' if wanted.network else ''}. A guest in their "
        "CONTEXT installs Flower at the first boot of a VM; the VMs need a way to PyPI, or --wheels and --index of "
        f"the command.{doubt}"
    )


MAKE = CloudObject(-1, f"{TITLE}…")
"""The first row of a list of VM templates where none is of the appliance."""
