"""Choosing one of the service templates that the cloud has registered, and telling what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group
from rich.padding import Padding
from rich.text import Text
from textual.app import App

from wizard.cloud.errors import CloudError
from wizard.cloud.pools import CloudObject, ServiceTemplate
from wizard.core.display import one_line
from wizard.core.lint import NO_FLOWER, Lint, linted
from wizard.core.problem import Kind
from wizard.core.structure import NotATemplate
from wizard.tui.background import away
from wizard.tui.session import Listing, Session
from wizard.tui.widgets.dialogs import Notice, trouble
from wizard.tui.widgets.picker import Picker

TITLE = "Check a registered template"
_STYLES = {Kind.ERROR: "bold red", Kind.WARNING: "bold yellow", Kind.NOTE: "bold"}


class Findings(Notice):
    """The findings about one template, each with its severity, its path and its mend."""

    HELP = (
        "What is wrong with a registered service template. Each finding has its severity, the path into the template's "
        "JSON, what is wrong, and what to write instead: `oneflow-template update` takes the corrected JSON."
    )
    WIDE = True

    def __init__(self, title: str, found: Lint) -> None:
        super().__init__(title, str(found))
        self.body = Group(*_drawn(found))


async def check_registered(app: App[int], session: Session) -> None:
    """Ask the cloud for its service templates, the operator for one of them, and show its findings.

    To be awaited in a worker, since it waits for answers.
    """
    known: dict[int, ServiceTemplate] = {}

    def ask() -> Listing:
        try:
            found = session.reach().service_templates()
        except CloudError as error:
            return Listing(error=error, asked=True)
        known.update({item.id: item for item in found})
        return Listing(tuple(CloudObject(item.id, item.name, item.owner) for item in found), asked=True)

    listing = await away(ask)
    if listing.error is not None:
        await app.push_screen_wait(trouble(listing.error))
        return
    if not listing.objects:
        app.notify("No service template is registered that this user may see.", title=TITLE, markup=False)
        return
    chosen = await app.push_screen_wait(Picker(TITLE, listing.objects, ask_again=ask, leaving="Esc leaves"))
    if chosen is not None:
        await app.push_screen_wait(findings_page(known[chosen.id]))


def findings_page(template: ServiceTemplate) -> Notice:
    """What is found in a template, as a page to read."""
    title = f"Service template {template.id}, {template.name}"
    try:
        return Findings(title, linted(template.body))
    except NotATemplate as error:
        return Notice(title, f"{NO_FLOWER} {str(error)[:1].upper()}{str(error)[1:]}.")


def _drawn(found: Lint) -> Iterator[Text | Padding]:
    if not found.flower:
        yield Text(f"{NO_FLOWER} What follows is what a Flower service would need.\n", style="bold")
    if not found.problems:
        yield Text("No problems.", style="green")
    for item in found.problems:
        line = Text(f"{item.kind.value} ", style=_STYLES[item.kind])
        line.append(one_line(item.place), style="not bold default underline")
        yield line
        yield Padding(Text(one_line(item.message)), (0, 0, 0, 2))
        yield Padding(Text.assemble(("mend: ", "bold"), one_line(item.mend.said)), (0, 0, 1, 2))
