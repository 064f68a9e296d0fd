"""The three settings screens are one: the fields of a level, drawn from the contract."""

from __future__ import annotations

from itertools import groupby

from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.containers import Container, VerticalScroll
from textual.widgets import Button, Static

from wizard.core.flower.node_config import split
from wizard.core.plan.contract import Field, Level, Meaning
from wizard.core.plan.problem import Kind
from wizard.core.text import one_line
from wizard.tui.flows.appliance import MAKE, make_templates
from wizard.tui.screens.step import StepScreen
from wizard.tui.screens.walking import WalkingScreen, problems_of
from wizard.tui.session import Session
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm
from wizard.tui.widgets.form import Advanced, FieldRow
from wizard.tui.widgets.json_view import JsonScreen, JsonView
from wizard.tui.widgets.lines import title_panel
from wizard.tui.widgets.node_config_editor import MOST, NodeConfigEditor, PartitionTable
from wizard.tui.widgets.picker import Picker

_TITLE = "Undo all of this screen"
_HELP = "Put every field of this screen back to its default"


class SettingsCommands(Provider):
    """Undo of all."""

    async def discover(self) -> Hits:
        """Shown before anything is typed."""
        yield DiscoveryHit(_TITLE, self._undo_all, help=_HELP)

    async def search(self, query: str) -> Hits:
        """Shown where it matches what was typed."""
        matcher = self.matcher(query)
        score = matcher.match(_TITLE)
        if score > 0:
            yield Hit(score, matcher.highlight(_TITLE), self._undo_all, help=_HELP)

    def _undo_all(self) -> None:

        if isinstance(self.screen, SettingsScreen):
            self.screen.undo_all()


async def choose(app: App[int], session: Session, row: FieldRow) -> str | None:
    """The text that the operator chose for a field, None where it stays as it was.

    To be awaited in a worker, since it waits for an answer.
    """
    meaning = row.field.meaning
    if meaning is Meaning.NODE_CONFIG:
        text = session.plan.text(row.field.path)
        hindrance = ""
        if one_line(text) != text:
            hindrance = "It has characters that can't be seen. Empty the field first."
        elif (count := len(split(text))) > MOST:
            hindrance = f"It has {count} pairs; more than {MOST} are edited as text, in the field."
        if hindrance:
            app.notify(hindrance, title=row.field.label, severity="warning", markup=False)
            return None
        return await app.push_screen_wait(NodeConfigEditor(session.plan, row.field))
    listing = session.listing(meaning)
    makes = meaning is Meaning.VM_TEMPLATE and session.makes_appliance
    if listing is None or not listing.objects:
        if listing is None or not listing.asked:
            detail = "The cloud has not answered yet what there is. Type the id, or try again."
        else:
            more = ", or press a on Home to make them" if makes else ""
            detail = str(listing.error) if listing.error else f"This user can see none. Type the id{more}."
        app.notify(detail, title=row.field.label, severity="warning", markup=False)
        return None
    context = session.plan.contract.context
    objects = (MAKE, *listing.objects) if makes else listing.objects
    picker = Picker(row.field.label, objects, wanted=context, ask_again=lambda: session.list_again(row.field.meaning))
    chosen = await app.push_screen_wait(picker)
    if chosen is MAKE:
        made = await make_templates(app, session)
        return session.plan.text(row.field.path) if made else None
    return None if chosen is None else str(chosen.id)


_HEADINGS = {Level.SUPERLINK: '"name": "superlink"', Level.SUPERNODE: '"name": "supernode"', Level.SERVICE: '"name"'}


class SettingsScreen(WalkingScreen):
    """The form of one level, its problems, the JSON beside it, and under the SuperNodes their partitions."""

    CSS_PATH = ["step.tcss", "settings.tcss"]
    # At the last, two columns of fields leave room for the JSON.
    HORIZONTAL_BREAKPOINTS = [*StepScreen.HORIZONTAL_BREAKPOINTS, (190, "-huge")]
    BINDINGS = [Binding("f7", "json", "JSON"), Binding("f9", "undo_field", "Default")]
    COMMANDS = {SettingsCommands}
    # The field that was asked for gets the focus, and not the first one before it.
    AUTO_FOCUS = ""
    HELP = (
        "Tab and Shift+Tab move between fields, Enter goes on. A field that has a list opens it with Down. "
        "* stands before what differs from its default; F9 puts the default back, F8 leads to the next problem."
    )

    def __init__(self, step: Step, focus: str = "") -> None:
        super().__init__()
        self.step = step
        self.level = step.level or Level.SERVICE
        self.wanted_focus = focus
        self._walked, self._landed = "", ""

    def compose_content(self) -> ComposeResult:
        """The fields, then the way on."""
        with VerticalScroll(id="form", classes="panel", can_focus=False) as form:
            fields = self.session.plan.contract.at(self.level)
            for group, items in groupby((item for item in fields if not item.advanced), lambda item: item.group):
                if group:
                    yield Static(group, classes="field-group", markup=False)
                # In two columns, where the terminal has the width.
                yield Container(*map(self._new_row, items), classes="fields")
            if self.level is Level.SUPERNODE:
                yield PartitionTable()
            if advanced := [item for item in fields if item.advanced and not item.fixed_because]:
                yield Advanced(map(self._new_row, advanced))
            yield Button(f"Next: {self.step.following.title}", id="next", compact=True)
        title_panel(form, self.step.title, "F9 default · F7 JSON")

    def compose_aside(self) -> ComposeResult:
        """The template that results, where there is room for it."""
        yield JsonView(id="json", title="Service template")

    def on_mount(self) -> None:
        """Show what is known, and focus the field that was asked for, or the first."""
        self.cloud_answered()
        self._show_problems()
        self._follow()
        if not self.wanted_focus or not self._go_to(self.wanted_focus):
            first = next(row for row in self._rows() if not row.field.fixed_because)
            self._landed = first.field.path
            first.control.focus()

    def cloud_answered(self) -> None:
        """Show the names behind ids, and the VM templates that were found by name."""
        super().cloud_answered()
        for row in self._rows():
            chosen = self.session.plan.text(row.field.path)
            if row.text == "" and chosen:
                row.set_text(chosen)
            row.describe(self.session.listing(row.field.meaning))

    def on_field_row_changed(self, message: FieldRow.Changed) -> None:
        """Keep every keystroke; what is wrong is shown once the field is left."""
        if self.session.change(message.field.path, message.text):
            self._follow()
            self.refresh_frame()
        self._row(message.field).describe(self.session.listing(message.field.meaning))
        if message.settled:
            self._show_problems()

    def on_field_row_entered(self, message: FieldRow.Entered) -> None:
        """Say what the field is about, or, where the cursor was led to a problem, what is wrong."""
        if message.field.path != self._landed:
            self._walked = self._landed = ""
        wrong = problems_of(self.session.problems, self._walked)
        self.help_text(wrong or f"{self._row(message.field).about}\n{message.field.help}")

    @property
    def walked_from(self) -> str:
        """The field with the cursor, or the one that was just shown and can't have it."""
        row = self._focused_row
        return self._walked or (row.field.path if row else "")

    def show_problem(self, path: str) -> None:
        """Put the cursor into the field where it is on this screen; go to its screen where it is not."""
        if self.session.plan.contract.by_path[path].level is not self.level:
            super().show_problem(path)
        else:
            self._go_to(path)
            self.help_text(problems_of(self.session.problems, path))

    def on_field_row_left(self, _: FieldRow.Left) -> None:
        """A field was left: now its problems stand under it."""
        self._show_problems()

    @work(description="choosing")
    async def on_field_row_pick_wanted(self, message: FieldRow.PickWanted) -> None:
        """Let the operator choose from what the cloud has, or edit the text in parts."""
        chosen = await choose(self.wizard, self.session, message.row)
        if chosen is not None:
            message.row.set_text(chosen)
        message.row.describe(self.session.listing(message.row.field.meaning))
        message.row.control.focus()

    def on_advanced_entered(self, _: Advanced.Entered) -> None:
        """Say what is under the heading."""
        self.help_text("What is seldom changed. It opens by itself where something in it is changed or wrong.")

    def action_undo_field(self) -> None:
        """Put the default back into the field that has the focus."""
        row = self._focused_row
        if row is None:
            self.notify("The cursor is in no field.", markup=False)
        elif not row.is_changed:
            self.notify("It has its default already.", title=row.field.label, markup=False)
        else:
            before = one_line(row.text)
            row.set_text(row.field.input.default)
            self.notify(f"It was {before[:80]}{'…' if len(before) > 80 else ''}", title=row.field.label, markup=False)

    @work(exclusive=True, group="undo", description="undoing")
    async def undo_all(self) -> None:
        """Put the defaults back into every field of this screen, on the operator's word."""
        changed = [row for row in self._rows() if row.is_changed]
        if not changed:
            self.notify("Every field of this screen has its default already.", markup=False)
            return
        names = ", ".join(row.field.label for row in changed)
        question = Confirm("Undo all of this screen?", f"Back to their defaults: {names}.", "Undo all", danger=True)
        if await self.wizard.push_screen_wait(question):
            for row in changed:
                row.set_text(row.field.input.default)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Go on to the next step."""
        event.stop()
        self.wizard.go(self.step.following)

    def action_json(self) -> None:
        """Show the JSON on a screen of its own; beside the form there may be no room."""
        self.wizard.push_screen(JsonScreen(self.session.preview()))

    @property
    def _focused_row(self) -> FieldRow | None:
        focused = self.focused.ancestors_with_self if self.focused else ()
        return next((node for node in focused if isinstance(node, FieldRow)), None)

    def _go_to(self, path: str) -> bool:
        """Lead the cursor to a field; whether it goes there. To one that is fixed it can't."""
        self._walked = path
        row = next((row for row in self._rows() if row.field.path == path and not row.field.fixed_because), None)
        here = self._focused_row
        self._landed = path if row else here.field.path if here else ""
        if row is None:
            return False
        if row.field.advanced:
            self.query_one(Advanced).collapsed = False
        row.control.focus()
        return True

    def _follow(self) -> None:
        plan = self.session.plan
        self.query_one(JsonView).show_template(self.session.preview(), heading=_HEADINGS[self.level])
        for table in self.query(PartitionTable):
            table.show(plan)

    def _show_problems(self) -> None:
        found = self.session.problems
        for row in self._rows():
            here = (problem for problem in found if problem.field == row.field.path)
            row.show_problems(problem for problem in here if problem.kind is not Kind.NOTE)
        if (focused := self._focused_row) is not None:
            # What was found may have pushed it out of sight.
            self.call_after_refresh(focused.scroll_visible, animate=False)
        advanced = [row for row in self._rows() if row.field.advanced]
        wrong = {problem.field for problem in found if problem.kind is not Kind.NOTE}
        for section in self.query(Advanced):
            changed = frozenset(row.field.path for row in advanced if row.is_changed)
            section.look(changed, frozenset(row.field.path for row in advanced if row.field.path in wrong))

    def _new_row(self, item: Field) -> FieldRow:
        return FieldRow(item, self.session.plan.text(item.path))

    def _rows(self) -> list[FieldRow]:
        return list(self.query(FieldRow))

    def _row(self, item: Field) -> FieldRow:
        return next(row for row in self._rows() if row.field is item)
