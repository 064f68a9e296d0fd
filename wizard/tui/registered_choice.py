"""Choosing one of the service templates that the cloud has registered, and opening one."""

from __future__ import annotations

from textual.app import App

from wizard.cloud.errors import CloudError
from wizard.core.opennebula.documents import NotATemplate
from wizard.core.plan.contract_from_template import plan_from_template
from wizard.core.plan.preset import Preset
from wizard.core.preflight.facts import CloudObject, ServiceTemplate
from wizard.tui.background import away
from wizard.tui.draft_keeping import may_leave
from wizard.tui.session import Listing, Session
from wizard.tui.widgets.dialogs import Notice, trouble
from wizard.tui.widgets.picker import Picker

OPEN = "Open a registered template"


async def choose_registered(app: App[int], session: Session, title: str) -> ServiceTemplate | None:
    """The template that the operator chose of those that the cloud has, None where there is none or none was chosen.

    To be awaited in a worker, since it waits for answers.
    """
    known: dict[int, ServiceTemplate] = {}

    def ask() -> Listing:
        try:
            found = session.reach().templates.list()
        except CloudError as error:
            return Listing(error=error, asked=True)
        known.update({item.id: item for item in found})
        return Listing(tuple(CloudObject(item.id, item.name, item.owner) for item in found), asked=True)

    listing = await away(ask)
    if listing.error is not None:
        await app.push_screen_wait(trouble(listing.error))
        return None
    if not listing.objects:
        app.notify("No service template is registered that this user may see.", title=title, markup=False)
        return None
    chosen = await app.push_screen_wait(Picker(title, listing.objects, ask_again=ask, leaving="Esc leaves"))
    return known[chosen.id] if chosen is not None else None


async def open_registered(app: App[int], session: Session) -> bool:
    """Open a registered template as a contract of its own: its inputs become the forms. Whether one was opened.

    To be awaited in a worker.
    """
    chosen = await choose_registered(app, session, OPEN)
    if chosen is None:
        return False
    try:
        plan = plan_from_template(chosen.body)
    except NotATemplate as error:
        told = f"It can't be filled in here: {error}."
        await app.push_screen_wait(Notice(f"Service template {chosen.id}, {chosen.name}", told))
        return False
    if not await may_leave(app, session):
        return False
    session.open(Preset(plan, chosen.name, f"Opened from service template {chosen.id}."), "")
    return True
