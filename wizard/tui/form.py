"""Draws any list of fields as a form: label, value, what it is called, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantBlur, DescendantFocus
from textual.message import Message
from textual.widgets import Input, Label, Select, Static

from wizard.core.contract import Field
from wizard.core.display import one_line
from wizard.core.plan import number_or_text
from wizard.core.problem import Kind, Problem
from wizard.core.user_input import BOOLEANS, InputType
from wizard.tui.session import Listing

_STYLES = {Kind.ERROR: "$text-error", Kind.WARNING: "$text-warning", Kind.NOTE: "$text-muted"}
LONGEST = 4096
"""Characters that a field takes; a longer paste is cut, which the field's problem then tells."""


class FieldInput(Input):
    """A line of text. Enter goes on to the next field; Down opens the list of a field that has one."""

    BINDINGS = [Binding("down", "pick", "List", show=False)]

    def __init__(self, value: str, *, pickable: bool, disabled: bool) -> None:
        super().__init__(value, compact=True, disabled=disabled, max_length=LONGEST, select_on_focus=False)
        self.cursor_blink = False
        self.pickable = pickable

    def action_pick(self) -> None:
        """Ask for the list."""
        row = self.parent.parent if self.parent else None
        if self.pickable and isinstance(row, FieldRow):
            self.post_message(FieldRow.PickWanted(row))


class FieldRow(Vertical):
    """One field: two lines, and a third where there is a problem."""

    class Changed(Message):
        """The operator changed the field's text."""

        def __init__(self, field: Field, text: str) -> None:
            super().__init__()
            self.field, self.text = field, text

    class Left(Message):
        """The field lost the focus: now its problems may be shown."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    class Entered(Message):
        """The field got the focus: now its help is shown."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    class PickWanted(Message):
        """The operator wants to choose from what the cloud has."""

        def __init__(self, row: FieldRow) -> None:
            super().__init__()
            self.row = row

    def __init__(self, field: Field, text: str) -> None:
        super().__init__(id=f"field-{field.path.replace('.', '-')}", classes="field")
        self.field = field
        self.text = text
        self._meta = Static("", classes="field-meta", markup=False)
        self._problem = Static("", classes="field-problem", markup=False)

    def compose(self) -> ComposeResult:
        """Label and control in one line, the name and default under it, then the problem."""
        with Horizontal(classes="field-line"):
            yield Label(self.field.label, classes="field-label", markup=False)
            yield self._control()
        yield self._meta
        yield self._problem

    def on_mount(self) -> None:
        """Say what the field is called before anything else is known."""
        self.describe(None)

    @property
    def control(self) -> FieldInput | Select[str]:
        """The widget that takes the focus."""
        found = self.query_one("FieldInput, Select")
        if not isinstance(found, (FieldInput, Select)):
            raise TypeError(f"{found!r} is no control of a field")
        return found

    def describe(self, listing: Listing | None) -> None:
        """Draw the line under the field: its variable, default and unit, and the name behind a picked id."""
        item = self.field
        parts = [item.key if item.is_input else item.key.replace("_", " ")]
        if item.fixed_because:
            parts = [item.fixed_because]
        else:
            default = item.input.default
            parts.append(f"default {default}" if default else "default empty")
            if item.unit:
                parts.append(item.unit)
        if listing is not None:
            chosen = _picked(listing, self.text) if self.text.strip() else ["empty unless chosen"]
            parts = [parts[0], *chosen, "↓ lists them" if listing.objects else "type its id"]
        self._meta.update(one_line(" · ".join(parts)))

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Draw what is wrong with the field; nothing where all is well."""
        lines = [Content.styled(f"! {problem.kind.value}: {problem.message}", _style(problem)) for problem in problems]
        self._problem.update(Content("\n").join(lines))
        self._problem.display = bool(lines)

    def set_text(self, text: str) -> None:
        """Put a text into the control, as if it had been typed."""
        if isinstance(self.control, FieldInput):
            self.control.value = text

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the new text."""
        event.stop()
        self._tell(event.value)

    def on_select_changed(self, event: Select.Changed) -> None:
        """Tell the new choice."""
        event.stop()
        if isinstance(event.value, str):
            self._tell(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the next field."""
        event.stop()
        self.screen.focus_next()

    def on_descendant_blur(self, _: DescendantBlur) -> None:
        """Tell that the field was left."""
        self.post_message(self.Left(self.field))

    def on_descendant_focus(self, _: DescendantFocus) -> None:
        """Tell that the field was entered."""
        self.post_message(self.Entered(self.field))

    def _tell(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.post_message(self.Changed(self.field, text))

    def _control(self) -> FieldInput | Select[str]:
        item = self.field
        options = BOOLEANS if item.input.type is InputType.BOOLEAN else item.input.options
        if item.input.type not in (InputType.LIST, InputType.BOOLEAN):
            pickable = item.key in ("vm_template", "network")
            return FieldInput(self.text, pickable=pickable, disabled=bool(item.fixed_because))
        if self.text not in options:
            options = (*options, self.text)
        named = [(Content(option or "(nothing)"), option) for option in options]
        return Select(named, value=self.text, allow_blank=False, compact=True)


def _picked(listing: Listing, text: str) -> list[str]:
    name = listing.name_of(text)
    if name is not None:
        return [f"{text.strip()} is {name}"]
    if listing.asked and not listing.error and isinstance(number_or_text(text), int) and listing.objects:
        return [f"the cloud lists no {text.strip()}"]
    return []


def _style(problem: Problem) -> str:
    return "bold $text-error" if problem.grave else _STYLES[problem.kind]
