"""Draws any list of fields as a form: label, value, what it is called, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantBlur, DescendantFocus, Paste
from textual.message import Message
from textual.widgets import Collapsible, Input, Label, Select, Static

from wizard.core.opennebula.user_inputs import BOOLEANS, InputType
from wizard.core.plan.contract import Field, Meaning
from wizard.core.plan.field_help import described
from wizard.core.plan.plan import number_or_text
from wizard.core.plan.problem import Kind, Problem
from wizard.core.text import one_line
from wizard.tui.help import Passage
from wizard.tui.session import Listing
from wizard.tui.widgets.line_input import LineInput

_STYLES = {Kind.ERROR: "$text-error", Kind.WARNING: "$text-warning", Kind.NOTE: "$text-muted"}
_SAID_MOST = 400
"""Characters of a problem that stand under a field: it may quote a value of any length."""
CHANGED = "*"
"""Stands before the label of a field that differs from its default."""
_ODD = re.compile(r"[^A-Za-z0-9_-]")
_LISTS = {Meaning.VM_TEMPLATE: "↓ lists them", Meaning.NETWORK: "↓ lists them", Meaning.NODE_CONFIG: "↓ edits pairs"}


class FieldInput(LineInput):
    """A line of text. Enter goes on to the next field; Down opens the list of a field that has one."""

    BINDINGS = [Binding("down", "pick", "List", show=False)]

    def __init__(self, value: str, *, pickable: bool, disabled: bool) -> None:
        super().__init__(value, disabled=disabled, select_on_focus=True)
        self.pickable = pickable

    def action_pick(self) -> None:
        """Ask for the list."""
        row = self.parent.parent if self.parent else None
        if self.pickable and isinstance(row, FieldRow):
            self.post_message(FieldRow.PickWanted(row))


class FieldRow(Vertical):
    """One field: a line, and another one where there is a problem."""

    class Changed(Message):
        """The operator changed the field's text; `settled` where it was chosen or undone, not typed so far."""

        def __init__(self, field: Field, text: str, settled: bool) -> None:
            super().__init__()
            self.field, self.text, self.settled = field, text, settled

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
        super().__init__(id=f"field-{_ODD.sub('-', field.path)}", classes="field")
        self.field = field
        self.text = text
        self.about = ""
        """Its variable, default and unit, or what its id stands for."""
        self._given, self._spelled = text, one_line(text)
        self._label = Label("", classes="field-label", markup=False)
        named = field.meaning in (Meaning.VM_TEMPLATE, Meaning.NETWORK)
        self._meta = Static("", classes="field-meta -named" if named else "field-meta", markup=False)
        self._problem = Static("", classes="field-problem", markup=False)
        self._problems: tuple[Problem, ...] = ()

    def compose(self) -> ComposeResult:
        """Label, control, and its name and default in one line, then the problem.

        On a narrow terminal the line of help has name and default; what an id stands for is in the row.
        """
        with Horizontal(classes="field-line"):
            yield self._label
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
        """Draw the mark of a change, and under the field its variable, default and unit, or the name behind an id."""
        item = self.field
        if self.is_changed:
            self._label.update(Content.styled(f"{CHANGED} {item.label}", "bold $text-primary"))
        else:
            self._label.update(Content(f"  {item.label}"))
        parts = [item.key if item.is_input else item.key.replace("_", " ")]
        if item.fixed_because:
            parts = [item.fixed_because]
        else:
            default = item.input.default
            parts.append(f"default {default}" if default else "default empty")
            if item.meaning is Meaning.NODE_CONFIG:
                parts.append(_LISTS[item.meaning])
            elif item.unit:
                parts.append(item.unit)
        if listing is not None:
            chosen = _picked(listing, self.text) if self.text.strip() else ["empty unless chosen"]
            parts = [*chosen, "↓ lists them" if listing.objects else "type its id", parts[0]]
        if self.text == self._given != self._spelled:
            parts.append("what can't be seen is spelled out")
        self.about = one_line(" · ".join(parts))
        self._meta.update(self.about)

    def explained(self) -> tuple[Passage, ...]:
        """The field under the cursor: what it is in OpenNebula, what is allowed, what follows, what is wrong now."""
        item = self.field
        now = [("now", one_line(self.text) or "empty")] if self.is_changed else []
        wrong = [
            pair
            for problem in self._problems
            for pair in (("problem", _said(problem)), ("fix", one_line(problem.fix.said)))
        ]
        return (Passage(f"The field {item.label}", item.help, (*described(item), *now, *wrong)),)

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Draw what is wrong with the field; nothing where all is well."""
        self._problems = tuple(problems)
        lines = [
            Content.styled(f"! {problem.kind.value}: {_said(problem)}", _style(problem)) for problem in self._problems
        ]
        self._problem.update(Content("\n").join(lines))
        self._problem.display = bool(lines)

    def set_text(self, text: str) -> None:
        """Put a text into the control, as if it had been typed; into a list, what it held or its default."""
        self._given, self._spelled = text, one_line(text)
        control = self.control
        if isinstance(control, FieldInput):
            control.value = self._spelled
            control.cursor_position = len(self._spelled)
        else:
            control.value = text

    @property
    def is_changed(self) -> bool:
        """True if the field differs from its default."""
        return not self.field.fixed_because and self.text != self.field.input.default

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the new text. What a field can't show is spelled out in it, and stays what it is until it is edited."""
        event.stop()
        self._tell(self._given if event.value == self._spelled else event.value)

    def on_select_changed(self, event: Select.Changed) -> None:
        """Tell the new choice."""
        event.stop()
        if isinstance(event.value, str):
            self._tell(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the next field."""
        event.stop()
        self.screen.focus_next()

    def on_paste(self, event: Paste) -> None:
        """A list takes no paste; a line has taken or refused it before it came here."""
        event.stop()
        self.app.notify(
            "Enter opens the list; nothing was changed.",
            title="A list takes no paste",
            severity="warning",
            markup=False,
        )

    def on_descendant_blur(self, _: DescendantBlur) -> None:
        """Tell that the field was left."""
        self.post_message(self.Left(self.field))

    def on_descendant_focus(self, _: DescendantFocus) -> None:
        """Tell that the field was entered."""
        self.post_message(self.Entered(self.field))

    def _tell(self, text: str) -> None:
        if text != self.text:
            self.text = text
            settled = text == self._given or not isinstance(self.control, FieldInput)
            self.post_message(self.Changed(self.field, text, settled))

    @property
    def _options(self) -> tuple[str, ...]:
        """Entries of a list, and whatever else stands there by a preset or by default."""
        item = self.field.input
        known = BOOLEANS if item.type is InputType.BOOLEAN else item.options
        return tuple(dict.fromkeys((*known, item.default, self._given)))

    def _control(self) -> FieldInput | Select[str]:
        item = self.field
        if item.input.type not in (InputType.LIST, InputType.BOOLEAN):
            fixed = bool(item.fixed_because)
            return FieldInput(self._spelled, pickable=item.meaning in _LISTS, disabled=fixed)
        named = [(Content(one_line(option) or "(nothing)"), option) for option in self._options]
        return Select(named, value=self.text, allow_blank=False, compact=True)


def _picked(listing: Listing, text: str) -> list[str]:
    name = listing.name_of(text)
    if name is not None:
        return [name]
    if listing.asked and not listing.error and isinstance(number_or_text(text), int) and listing.objects:
        return [f"the cloud lists no {text.strip()}"]
    return []


def _said(problem: Problem) -> str:
    message = one_line(problem.message)
    return message if len(message) <= _SAID_MOST else f"{message[: _SAID_MOST // 2]} … {message[-_SAID_MOST // 2 :]}"


def _style(problem: Problem) -> str:
    return "bold $text-error" if problem.grave else _STYLES[problem.kind]


class Advanced(Collapsible):
    """Fields that are seldom needed, under a heading. It opens by itself for each new reason.

    The heading has how many fields there are, how many differ from their default and how many have a problem.
    """

    BINDINGS = [Binding("space", "open_or_close", "Open or close", show=False)]

    class Entered(Message):
        """The heading got the focus."""

    def __init__(self, rows: Iterable[FieldRow]) -> None:
        self._rows = list(rows)
        self._reasons: frozenset[str] = frozenset()
        self._note = ""
        super().__init__(*self._rows, title=self._heading(collapsed=True), collapsed_symbol="+", expanded_symbol="-")

    def action_open_or_close(self) -> None:
        """Open or close."""
        self.collapsed = not self.collapsed

    def look(self, changed: frozenset[str], wrong: frozenset[str]) -> None:
        """Note which fields differ from their default and which have a problem; new ones open it."""
        reasons = frozenset(f"* {name}" for name in changed) | frozenset(f"! {name}" for name in wrong)
        if reasons - self._reasons:
            self.collapsed = False
        self._reasons = reasons
        notes = [f"{len(changed)} changed" if changed else "", f"!{len(wrong)}" if wrong else ""]
        self._note = "".join(f" · {note}" for note in notes if note)
        self.title = self._heading(collapsed=self.collapsed)

    def scroll_visible(self, *options: Any, **named: Any) -> None:
        """Come into sight for whoever opens it; where it opens by itself, the field with the cursor stays in sight."""
        if self.screen.focused is not None and self.screen.focused.parent is self:
            super().scroll_visible(*options, **named)

    @on(Collapsible.Toggled)
    def _toggled(self) -> None:
        self.title = self._heading(collapsed=self.collapsed)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say that the heading was entered."""
        if event.widget.parent is self:
            self.post_message(self.Entered())

    def _heading(self, *, collapsed: bool) -> str:
        return f"Advanced ({len(self._rows)}){self._note} · Enter {'opens' if collapsed else 'closes'}"
