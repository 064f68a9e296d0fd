"""F1 on every screen and every dialog: it names each key that the footer shows, and what the words mean."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.screen import Screen

import wizard.tui
from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, dashboard_shows, until, wizard_of
from wizard.core.cluster.diagnosis import Action, Finding, Severity
from wizard.core.cluster.partitions import Source, Sync
from wizard.core.cluster.progress import Mark
from wizard.core.flower.superlink import Card
from wizard.core.flower.superlink import Step as CardStep
from wizard.core.flower.versions import FlowerVersion
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.opennebula.states import ServiceState
from wizard.core.opennebula.user_inputs import InputType
from wizard.core.plan.contracts import CONTRACTS
from wizard.core.plan.field_help import allowed, described
from wizard.core.plan.plan import Plan
from wizard.core.plan.template_check import linted
from wizard.core.views.glossary import PHASES, SERVICE_STATES, SOURCES, SYNCS
from wizard.sandbox.server import Sandbox
from wizard.storage.files import list_presets
from wizard.tui.flows.registered import Findings
from wizard.tui.flows.saving import PresetChooser
from wizard.tui.help import HelpPage
from wizard.tui.screens.dashboard import DashboardScreen
from wizard.tui.screens.home import HomeScreen
from wizard.tui.screens.review import ReviewScreen
from wizard.tui.screens.service_actions import ServiceActions
from wizard.tui.screens.settings import SettingsScreen
from wizard.tui.screens.step import StepScreen, TooSmallScreen
from wizard.tui.screens.walking import WalkingScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.diagnosis_sheet import DiagnosisSheet
from wizard.tui.widgets.dialogs import Ask, Confirm, Dialog, DraftOffer, Notice
from wizard.tui.widgets.form import FieldRow
from wizard.tui.widgets.journal_sheet import JournalSheet
from wizard.tui.widgets.json_view import JsonScreen
from wizard.tui.widgets.lines import KeyLine
from wizard.tui.widgets.node_config_editor import NodeConfigEditor
from wizard.tui.widgets.picker import Picker
from wizard.tui.widgets.service_switch import ServiceSwitch
from wizard.tui.widgets.superlink_sheets import ConnectionSheet, SuperLinkSheet
from wizard.tui.widgets.tour import Tour, pages
from wizard.tui.widgets.verify_sheet import VerifySheet
from wizard.tui.widgets.vm_sheet import VmSheet
from wizard.tui.widgets.vm_table import COLUMNS

Reached = Callable[[Pilot[int]], Awaitable[None]]
CARD = Card("10.0.0.1:9092", FlowerVersion(1, 25, 0), True, "", (CardStep("Run it", ("flwr run",), "A note."),))
STALE = [Finding("x", Severity.WARNING, "VM 2", "It is stale.", "The table.", "Restart it.", Action.RESTART, (2,), "1")]
NODE_CONFIG = Plan().contract.by_path["FL_NODE_CONFIG"]


def step(wanted: Step) -> Reached:
    """Go to a step."""

    async def go(pilot: Pilot[int]) -> None:
        app = wizard_of(pilot)
        if wanted is Step.DASHBOARD:
            app.deploy(await asyncio.to_thread(app.session.prepare))
        else:
            app.go(wanted)
        await at(pilot, wanted)

    return go


def dialog(make: Callable[[Pilot[int]], Screen[object]]) -> Reached:
    """Show a dialog."""

    async def push(pilot: Pilot[int]) -> None:
        shown = make(pilot)
        pilot.app.push_screen(shown)
        await until(pilot, lambda: pilot.app.screen is shown and shown.is_mounted, "the dialog")

    return push


PLACES: list[tuple[type[Screen[object]], Reached]] = [
    (HomeScreen, step(Step.HOME)),
    (SettingsScreen, step(Step.SERVICE)),
    (SettingsScreen, step(Step.SUPERLINK)),
    (SettingsScreen, step(Step.SUPERNODE)),
    (ReviewScreen, step(Step.REVIEW)),
    (DashboardScreen, step(Step.DASHBOARD)),
    (JsonScreen, dialog(lambda pilot: JsonScreen(wizard_of(pilot).session.preview()))),
    (Confirm, dialog(lambda _: Confirm("Sure?", "text", "Yes"))),
    (Ask, dialog(lambda _: Ask("Name?", "text", "value"))),
    (Notice, dialog(lambda _: Notice("Read", "text"))),
    (Findings, dialog(lambda _: Findings("Service template 3", linted(Plan().template())))),
    (DiagnosisSheet, dialog(lambda _: DiagnosisSheet(STALE, {}))),
    (Tour, dialog(lambda pilot: Tour(pages(wizard_of(pilot), Path("presets"), Path("drafts"))))),
    (DraftOffer, dialog(lambda _: DraftOffer("text"))),
    (NodeConfigEditor, dialog(lambda _: NodeConfigEditor(Plan(), NODE_CONFIG))),
    (Picker, dialog(lambda pilot: Picker("VM template", wizard_of(pilot).session.vm_templates.objects))),
    (PresetChooser, dialog(lambda _: PresetChooser("Compare", list_presets()))),
    (ServiceSwitch, dialog(lambda pilot: ServiceSwitch(wizard_of(pilot).session))),
    (VmSheet, dialog(lambda _: VmSheet(ServiceSnapshot(1, "one", 2), 7, None))),
    (JournalSheet, dialog(lambda _: JournalSheet(7, ""))),
    (VerifySheet, dialog(lambda _: VerifySheet(ServiceSnapshot(1, "one", 2)))),
    (ConnectionSheet, dialog(lambda _: ConnectionSheet(CARD))),
    (SuperLinkSheet, dialog(lambda _: SuperLinkSheet(ServiceSnapshot(1, "one", 2), CARD))),
    (CommandPalette, dialog(lambda _: CommandPalette())),
]
WITHOUT = {StepScreen, WalkingScreen, ServiceActions, TooSmallScreen, HelpPage, Dialog}
"""What is never shown itself, says one sentence, or is the help."""


def every_screen() -> set[type[Screen[object]]]:
    """All classes of screens that the wizard has."""
    for found in pkgutil.walk_packages(wizard.tui.__path__, "wizard.tui."):
        importlib.import_module(found.name)

    def below(kind: type[Screen[object]]) -> set[type[Screen[object]]]:
        return {kind}.union(*(below(one) for one in kind.__subclasses__()))

    return {kind for kind in below(Screen) if kind.__module__.startswith("wizard.")}


def test_every_screen_and_dialog_is_walked() -> None:
    assert every_screen() - WITHOUT == {kind for kind, _ in PLACES} - {CommandPalette}


@pytest.mark.parametrize(
    ("kind", "reach", "size"),
    [
        *((kind, reach, (80, 24)) for kind, reach in PLACES),
        *((kind, reach, (120, 40)) for kind, reach in PLACES if issubclass(kind, StepScreen)),
    ],
)
async def test_f1_helps_everywhere(
    sandbox: Sandbox, kind: type[Screen[object]], reach: Reached, size: tuple[int, int]
) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=size) as pilot:
        await connected(pilot)
        await until(pilot, lambda: app.session.vm_templates.asked, "the VM templates")
        await reach(pilot)
        below = app.screen
        assert isinstance(below, kind)
        footer = [(key.name, key.does) for line in below.query(KeyLine) for key in line.keys]
        assert bool(footer) == (not isinstance(below, CommandPalette))
        shown = [active.binding.description for active in below.active_bindings.values() if active.binding.show]
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpPage), "the help")
        page = app.screen
        assert isinstance(page, HelpPage)
        lines = page.text.splitlines()
        for key, description in footer:
            assert any(key in line.split() and line.endswith(description) for line in lines), (key, description)
        assert not [word for word in shown if not any(line.endswith(word) for line in lines)]
        assert any(line.split()[:1] == ["f1"] for line in lines)
        assert len(lines[0]) > 20, "what it is for comes first"
        scroll = page.query_one("VerticalScroll")
        assert page.query_one(".dialog").region.contains_region(scroll.region)
        headings = [line for line in lines if line and "  " not in line]
        assert len(headings) == len(set(headings)), "nothing is said twice"
        if scroll.max_scroll_y:
            await pilot.press("end")
            await until(pilot, lambda: scroll.scroll_y == scroll.max_scroll_y, "the end of the page")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is below, "the screen below")


async def test_f1_closes_the_help_too(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test() as pilot:
        await connected(pilot)
        for _ in range(2):
            await pilot.press("f1")
            await until(pilot, lambda: isinstance(app.screen, HelpPage), "the help")
            await pilot.press("f1")
            await until(pilot, lambda: isinstance(app.screen, HomeScreen), "Home")


@pytest.mark.parametrize("wanted", [Step.SERVICE, Step.SUPERLINK, Step.SUPERNODE])
async def test_the_help_tells_about_the_field_under_the_cursor(sandbox: Sandbox, wanted: Step) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(wanted)
        await at(pilot, wanted)
        rows = [row for row in app.screen.query(FieldRow) if not row.field.fixed_because and not row.field.advanced]
        for row in rows:
            row.control.focus()
            await until(pilot, lambda row=row: app.focused is row.control, "the focus")  # type: ignore[misc]
            await pilot.press("f1")
            await until(pilot, lambda: isinstance(app.screen, HelpPage), "the help")
            text = app.screen.text  # type: ignore[attr-defined]
            item = row.field
            assert f"The field {item.label}" in text
            assert item.help in text
            for word, said in described(item):
                assert any(line.split()[0] == word and said in line for line in text.splitlines() if line.strip())
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, HelpPage), "the form")


async def test_the_help_tells_a_value_that_was_changed_and_what_is_wrong_with_it(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan().with_text("FL_NUM_ROUNDS", "[b]x"))
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.SUPERLINK, focus="FL_NUM_ROUNDS")
        await at(pilot, Step.SUPERLINK)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpPage), "the help")
        text = app.screen.text  # type: ignore[attr-defined]
        assert "now         [b]x" in text
        assert "problem     '[b]x' is not a positive whole number" in text


async def test_the_dashboard_explains_its_columns_and_words(sandbox: Sandbox) -> None:
    plan = Plan().with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1"})
    app = wizard_on(sandbox, plan=plan)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.deploy(await asyncio.to_thread(app.session.prepare))
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "RUNNING")
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpPage), "the help")
        text = app.screen.text  # type: ignore[attr-defined]
        for word in (
            *(column.heading for column in COLUMNS),
            *(item.value for item in Sync),
            *(item.value for item in Source),
            *(item.name for item in ServiceState),
            "YES",
        ):
            assert any(line.startswith(f"{word} ") for line in text.splitlines()), word


def test_every_word_has_a_meaning() -> None:
    for kind, table in ((Sync, SYNCS), (Source, SOURCES), (ServiceState, SERVICE_STATES), (Mark, PHASES)):
        assert set(table) == set(kind)
        assert all(table.values())


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.name)
def test_every_field_says_what_is_allowed(contract: object) -> None:
    for item in contract.fields:  # type: ignore[attr-defined]
        said = allowed(item)
        assert said
        if item.input.type in (InputType.LIST, InputType.LIST_MULTIPLE) and not item.fixed_because:
            assert all(option in said for option in item.input.options)
