"""Telling what is wrong with a service template that the cloud has registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Group
from rich.padding import Padding
from rich.text import Text
from textual.app import App

from wizard.core.opennebula.documents import NotATemplate
from wizard.core.plan.problem import Kind
from wizard.core.plan.template_check import NO_FLOWER, Lint, linted
from wizard.core.preflight.facts import ServiceTemplate
from wizard.core.text import one_line
from wizard.tui.ink import ink
from wizard.tui.registered_choice import choose_registered
from wizard.tui.session import Session
from wizard.tui.widgets.dialogs import Notice

TITLE = "Check a registered template"


class Findings(Notice):
    """The findings about one template, each with its severity, its path and its fix."""

    HELP = (
        "What is wrong with a registered service template. Each finding has its severity, the path into the template's "
        "JSON, what is wrong, and what to write instead: `oneflow-template update` takes the corrected JSON."
    )
    WIDE = True

    def __init__(self, title: str, found: Lint, inks: Mapping[Kind, str] | None = None) -> None:
        super().__init__(title, str(found))
        self.body = Group(*_drawn(found, inks or {}))


async def check_registered(app: App[int], session: Session) -> None:
    """Ask the operator for one of the cloud's service templates, and show its findings. To be awaited in a worker."""
    if (chosen := await choose_registered(app, session, TITLE)) is not None:
        await app.push_screen_wait(findings_page(chosen, _inks(app)))


def findings_page(template: ServiceTemplate, inks: Mapping[Kind, str]) -> Notice:
    """What is found in a template, as a page to read; `inks` are Rich styles for the words of severity."""
    title = f"Service template {template.id}, {template.name}"
    try:
        return Findings(title, linted(template.body), inks)
    except NotATemplate as error:
        return Notice(title, f"{NO_FLOWER} {str(error)[:1].upper()}{str(error)[1:]}.")


def _inks(app: App[int]) -> dict[Kind, str]:
    return {Kind.ERROR: ink(app, "error"), Kind.WARNING: ink(app, "warning"), Kind.NOTE: "bold"}


def _drawn(found: Lint, inks: Mapping[Kind, str]) -> Iterator[Text | Padding]:
    if not found.flower:
        yield Text(f"{NO_FLOWER} What follows is what a Flower service would need.\n", style="bold")
    if not found.problems:
        yield Text("No problems.")
    for item in found.problems:
        line = Text(f"{item.kind.value} ", style=inks.get(item.kind, "bold"))
        line.append(one_line(item.place), style="not bold default underline")
        yield line
        yield Padding(Text(one_line(item.message)), (0, 0, 0, 2))
        yield Padding(Text.assemble(("fix: ", "bold"), one_line(item.fix.said)), (0, 0, 1, 2))
