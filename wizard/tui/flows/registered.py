"""Choosing one of the service templates that the cloud has registered, to open it or to check it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Group
from rich.padding import Padding
from rich.text import Text
from textual.app import App

from wizard.cloud.errors import CloudError
from wizard.core.opennebula.documents import NotATemplate
from wizard.core.plan.plan_from_document import plan_from_template
from wizard.core.plan.preset import Preset
from wizard.core.plan.problem import Kind
from wizard.core.plan.template_check import NO_FLOWER, Lint, linted
from wizard.core.preflight.facts import CloudObject, ServiceTemplate
from wizard.core.text import one_line
from wizard.tui.background import run_in_thread
from wizard.tui.flows.drafts import may_leave
from wizard.tui.session import Listing, Session
from wizard.tui.themes import theme_color
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

    listing = await run_in_thread(ask)
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
        message = f"It can't be filled in here: {error}."
        await app.push_screen_wait(Notice(f"Service template {chosen.id}, {chosen.name}", message))
        return False
    if not await may_leave(app, session):
        return False
    session.open(Preset(plan, chosen.name, f"Opened from service template {chosen.id}."), "")
    return True


TITLE = "Check a registered template"


class Findings(Notice):
    """The findings about one template, each with its severity, its path and its fix."""

    HELP = (
        "What is wrong with a registered service template. Each finding has its severity, the path into the template's "
        "JSON, what is wrong, and what to write instead: `oneflow-template update` takes the corrected JSON."
    )
    SHAPE = "wide reading"

    def __init__(self, title: str, found: Lint, colors: Mapping[Kind, str] | None = None) -> None:
        super().__init__(title, str(found))
        self.body = Group(*_drawn(found, colors or {}))


async def check_registered(app: App[int], session: Session) -> None:
    """Ask the operator for one of the cloud's service templates, and show its findings. To be awaited in a worker."""
    if (chosen := await choose_registered(app, session, TITLE)) is not None:
        await app.push_screen_wait(findings_page(chosen, _colors(app)))


def findings_page(template: ServiceTemplate, colors: Mapping[Kind, str]) -> Notice:
    """Findings about a template, as a page to read; `colors` are Rich styles for the words of severity."""
    title = f"Service template {template.id}, {template.name}"
    try:
        return Findings(title, linted(template.body), colors)
    except NotATemplate as error:
        return Notice(title, f"{NO_FLOWER} {str(error)[:1].upper()}{str(error)[1:]}.")


def _colors(app: App[int]) -> dict[Kind, str]:
    return {Kind.ERROR: theme_color(app, "error"), Kind.WARNING: theme_color(app, "warning"), Kind.NOTE: "bold"}


def _drawn(found: Lint, colors: Mapping[Kind, str]) -> Iterator[Text | Padding]:
    if not found.flower:
        yield Text(NO_FLOWER, style="bold")
    elif not found.problems:
        yield Text("No problems.")
    for item in found.problems:
        line = Text(f"{item.kind.value} ", style=colors.get(item.kind, "bold"))
        line.append(one_line(item.place), style="not bold default underline")
        yield line
        yield Padding(Text(one_line(item.message)), (0, 0, 0, 2))
        yield Padding(Text.assemble(("fix: ", "bold"), one_line(item.fix.said)), (0, 0, 1, 2))
