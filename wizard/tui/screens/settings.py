"""The three settings screens are one: the fields of a level, drawn from the contract."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Button

from wizard.core.contract import Field, Level
from wizard.core.problem import Kind
from wizard.tui.form import FieldInput, FieldRow
from wizard.tui.screens.json_screen import JsonScreen
from wizard.tui.screens.step import StepScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.json_view import JsonView
from wizard.tui.widgets.partition_table import PartitionTable
from wizard.tui.widgets.picker import Picker

_HEADINGS = {Level.SUPERLINK: '"name": "superlink"', Level.SUPERNODE: '"name": "supernode"', Level.SERVICE: '"name"'}


class SettingsScreen(StepScreen):
    """The form of one level, its problems, the JSON beside it, and under the SuperNodes their partitions."""

    CSS_PATH = ["step.tcss", "settings.tcss"]
    BINDINGS = [Binding("f7", "json", "JSON")]
    HELP = "Tab and Shift+Tab move between fields, Enter goes on. A field that has a list opens it with Down."

    def __init__(self, step: Step, focus: str = "") -> None:
        super().__init__()
        self.step = step
        self.level = step.level or Level.SERVICE
        self.wanted_focus = focus

    def compose_content(self) -> ComposeResult:
        """The fields, then the way on."""
        with VerticalScroll(id="form", can_focus=False):
            fields = self.session.plan.contract.at(self.level)
            yield from (self._new_row(item) for item in fields if not item.advanced)
            if self.level is Level.SUPERNODE:
                yield PartitionTable()
            yield from (self._new_row(item) for item in fields if item.advanced and not item.fixed_because)
            yield Button(f"Next: {self.step.following.title}", id="next", compact=True)

    def compose_aside(self) -> ComposeResult:
        """The template that results, where there is room for it."""
        yield JsonView(id="json")

    def on_mount(self) -> None:
        """Show what is known, and focus the field that was asked for, or the first."""
        self.cloud_answered()
        self._show_problems()
        self._follow()
        row = next((row for row in self._rows() if row.field.path == self.wanted_focus), None)
        first = next(row for row in self._rows() if not row.field.fixed_because)
        (row or first).control.focus()

    def cloud_answered(self) -> None:
        """Show the names behind ids, and the VM templates that were found by name."""
        super().cloud_answered()
        for row in self._rows():
            chosen = self.session.plan.text(row.field.path)
            if row.text == "" and chosen:
                row.set_text(chosen)
            row.describe(self.session.listing(row.field.meaning))

    def on_field_row_changed(self, message: FieldRow.Changed) -> None:
        """Keep every keystroke; what is wrong is told once the field is left."""
        if self.session.change(message.field.path, message.text):
            self._follow()
            self.refresh_frame()
        self._row(message.field).describe(self.session.listing(message.field.meaning))
        if not isinstance(self._row(message.field).control, FieldInput):
            self._show_problems()

    def on_field_row_entered(self, message: FieldRow.Entered) -> None:
        """Say what the field is about."""
        self.help_text(message.field.help)

    def on_field_row_left(self, _: FieldRow.Left) -> None:
        """A field was left: now its problems stand under it."""
        self._show_problems()

    @work(description="picking from a list")
    async def on_field_row_pick_wanted(self, message: FieldRow.PickWanted) -> None:
        """Let the operator choose from what the cloud has."""
        listing = self.session.listing(message.row.field.meaning)
        if listing is None or not listing.objects:
            if listing is None or not listing.asked:
                detail = "The cloud has not told yet what there is. Type the id, or try again."
            else:
                detail = str(listing.error) if listing.error else "This user can see none. Type the id."
            self.notify(detail, title=message.row.field.label, severity="warning", markup=False)
            return
        chosen = await self.wizard.push_screen_wait(Picker(message.row.field.label, listing.objects))
        if chosen is not None:
            message.row.set_text(str(chosen.id))
            message.row.control.focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Go on to the next step."""
        event.stop()
        self.wizard.go(self.step.following)

    def action_json(self) -> None:
        """Show the JSON on a screen of its own; beside the form there may be no room."""
        self.wizard.push_screen(JsonScreen(self.session.documents()))

    def _follow(self) -> None:
        plan = self.session.plan
        self.query_one(JsonView).show(self.session.documents().template, heading=_HEADINGS[self.level])
        for table in self.query(PartitionTable):
            table.show(plan)

    def _show_problems(self) -> None:
        found = self.session.problems
        for row in self._rows():
            here = (problem for problem in found if problem.field == row.field.path)
            row.show_problems(problem for problem in here if problem.kind is not Kind.NOTE)

    def _new_row(self, item: Field) -> FieldRow:
        return FieldRow(item, self.session.plan.text(item.path))

    def _rows(self) -> list[FieldRow]:
        return list(self.query(FieldRow))

    def _row(self, item: Field) -> FieldRow:
        return next(row for row in self._rows() if row.field is item)
