"""A node config as pairs: keys and values in fields of their own, and under them what each SuperNode will receive."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Label, Static

from wizard.core.cluster.partitions import PLANNED_MOST, planned
from wizard.core.flower import node_config
from wizard.core.flower.node_config import Pair
from wizard.core.plan import rules
from wizard.core.plan.contract import Field, Meaning
from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Kind, Problem
from wizard.core.text import one_line
from wizard.tui.widgets.dialogs import Dialog
from wizard.tui.widgets.line_input import LineInput

_LONGEST = 300
SHOWN = 8
"""SuperNodes listed one by one; of more, the first ones and the last."""


class PartitionTable(Static):
    """A line a SuperNode: its index and the node config it will be started with."""

    def __init__(self) -> None:
        super().__init__("", markup=False, id="partitions")

    def show(self, plan: Plan) -> None:
        """Work the table out for a plan."""
        self.update(table(plan))


def table(plan: Plan) -> Content:
    """The table as text: a heading, the lines, and in red what is wrong with them."""
    lines = rows(plan, SHOWN)
    configs = planned(plan)
    shared = node_config.partition_id_of(configs[0]) if configs and plan.meant(Meaning.NODE_CONFIG).strip() else None
    if shared is not None and len(configs) > 1:
        lines.append(Content.styled(one_line(f"! all {len(configs)} train on shard {shared}"), "bold $text-error"))
    return Content("\n").join(lines)


def rows(plan: Plan, most: int) -> list[Content]:
    """A heading and a line a SuperNode with what it will receive; of more than `most`, the first ones and the last."""
    configs = planned(plan)
    if not configs:
        return [Content.styled("The partitions follow from the number of SuperNodes.", "$text-muted")]
    every = list(enumerate(configs))
    shown = [*every[: most - 2], None, every[-1]] if len(every) > most else [*every]
    lines = [Content.styled("idx  node config of each SuperNode", "$text-muted")]
    lines += [Content("  …") if row is None else Content(f"{row[0]:>3}  {_brief(row[1])}") for row in shown]
    if len(configs) == PLANNED_MOST:
        lines.append(Content.styled(f"only the first {PLANNED_MOST} are worked out", "$text-muted"))
    return lines


def _brief(text: str) -> str:
    return one_line(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


MOST = 40
"""Pairs that are edited in fields; a text of more is edited as text."""


class PairRow(Horizontal):
    """One pair: key, value, and a button that removes it."""

    def __init__(self, pair: Pair) -> None:
        super().__init__(classes="pair")
        self._pair = pair

    def compose(self) -> ComposeResult:
        """Three things to reach with Tab."""
        yield LineInput(self._pair.key, placeholder="key", classes="pair-key")
        yield Label("=", markup=False)
        yield LineInput(self._pair.value, placeholder="number, true, false or 'text'", classes="pair-value")
        yield Button("Remove", classes="remove", compact=True)

    @property
    def pair(self) -> Pair:
        """The pair in it now."""
        key, value = self.query(Input)
        return Pair(key.value.strip(), value.value.strip())


class NodeConfigEditor(Dialog[str | None]):
    """Gives the text of the edited pairs, None where it stays as it was."""

    CSS_PATH = "node_config_editor.tcss"
    SHAPE = "tall wide"
    HELP = (
        "The node config as pairs. Tab goes from field to field; below stands what each SuperNode will receive. "
        "Apply puts the pairs into the field, Esc leaves the field as it was. Without any pair each SuperNode takes a "
        "partition-id of its own."
    )
    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, plan: Plan, item: Field) -> None:
        super().__init__()
        self._plan, self._item = plan, item
        self.heading = f"{item.label} · {item.key}"
        self._before = node_config.split(plan.text(item.path))

    def compose_dialog(self) -> ComposeResult:
        """The pairs, what is wrong with them, what they lead to."""
        with VerticalScroll(id="pairs", can_focus=False):
            yield from (PairRow(pair) for pair in self._before or (Pair("", ""),))
        yield Button("Add a pair", id="add", compact=True)
        yield Static("", id="pair-problems", markup=False)
        with VerticalScroll(id="receives"):
            yield Static("", markup=False)
        with Horizontal(classes="dialog-buttons"):
            yield Button("Apply", id="take", variant="primary", compact=True)
            yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Type at once."""
        self._follow()
        self.query(LineInput).first().focus()

    def on_input_changed(self) -> None:
        """Show what the pairs lead to."""
        self._follow()

    def on_input_submitted(self) -> None:
        """Go on."""
        self.focus_next()

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """Add, remove, take or leave."""
        event.stop()
        if event.button.id == "add":
            await self._add()
        elif event.button.id == "take":
            self._take()
        elif event.button.id == "cancel":
            self.dismiss(None)
        elif isinstance(event.button.parent, PairRow):
            await event.button.parent.remove()
            self._follow()
            left = self.query(PairRow)
            (left.last().query(LineInput).first() if left else self.query_one("#add")).focus()

    async def _add(self) -> None:
        if len(self.query(PairRow)) >= MOST:
            self.notify(f"More than {MOST} pairs are edited as text, in the field.", severity="warning", markup=False)
            return
        row = PairRow(Pair("", ""))
        await self.query_one("#pairs").mount(row)
        row.query(LineInput).first().focus()

    def _take(self) -> None:
        for row in self._rows():
            if complaint := node_config.pair_complaint(row.pair):
                self.notify(one_line(complaint), title="Not taken yet", severity="error", markup=False)
                (row.query(LineInput).first() if not row.pair.key else row.query(LineInput).last()).focus()
                return
        errors = [problem for problem in self._problems() if problem.kind is Kind.ERROR]
        if errors:
            self.notify(one_line(errors[0].message), title="Not taken yet", severity="error", markup=False)
            return
        pairs = tuple(row.pair for row in self._rows())
        self.dismiss(None if pairs == self._before else node_config.joined(pairs))

    def _rows(self) -> list[PairRow]:
        return [row for row in self.query(PairRow) if row.pair != Pair("", "")]

    @property
    def _edited(self) -> Plan:
        return self._plan.with_text(self._item.path, node_config.joined(row.pair for row in self._rows()))

    def _problems(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in rules.check(self._edited) if problem.field == self._item.path)

    def _follow(self) -> None:
        plan = self._edited
        lines = [
            Content.styled(
                one_line(f"! {problem.kind.value}: {problem.message}"),
                "bold $text-error" if problem.grave or problem.kind is Kind.ERROR else "$text-warning",
            )
            for problem in self._problems()
        ]
        if not plan.text(self._item.path):
            lines = [Content.styled("No pairs: each SuperNode takes a partition-id of its own.", "$text-success")]
        self.query_one("#pair-problems", Static).update(Content("\n").join(lines))
        self.query_one("#receives Static", Static).update(Content("\n").join(rows(plan, PLANNED_MOST)))
