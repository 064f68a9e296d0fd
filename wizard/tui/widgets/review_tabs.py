"""What Review shows: what will be made, everything that was found in one list, and what is registered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wizard.core.plan.diffs import Change
from wizard.core.plan.plan import Registration
from wizard.core.preflight.review import Item
from wizard.core.text import one_line
from wizard.core.views.badges import Tone
from wizard.operations.prepare import Prepared, SameName
from wizard.tui.help import Passage
from wizard.tui.session import Session
from wizard.tui.widgets.lines import TONES, title_panel

MARKS = {
    "error": (Tone.BAD.sign, TONES[Tone.BAD]),
    "warning": (Tone.WARNING.sign, TONES[Tone.WARNING]),
    "unknown": (Tone.UNKNOWN.sign, "$text-accent"),
    "note": ("·", ""),
    "ok": (Tone.GOOD.sign, TONES[Tone.GOOD]),
    "asking": (Tone.MOVING.sign, TONES[Tone.MOVING]),
}
"""Sign and style for how a check ended."""


class FoundList(OptionList):
    """Problems and findings, worst first, each with its cure. Written only where it differs."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False, compact=True, classes="panel")
        self.items: tuple[Item, ...] | None = None

    def show(self, items: Sequence[Item]) -> None:
        """Draw the items. The cursor stays on what it was on; what is new comes from the top."""
        wanted = tuple(items)
        if wanted == self.items:
            return
        marked = self.marked
        moved = self.highlighted not in (None, 0)
        self.items = wanted
        self.clear_options()
        self.add_options(Option(_drawn(item), id=str(place)) for place, item in enumerate(wanted))
        if wanted:
            self.highlighted = wanted.index(marked) if moved and marked in wanted else 0

    @property
    def marked(self) -> Item | None:
        """The item under the cursor."""
        place = self.highlighted
        return self.items[place] if self.items and place is not None and place < len(self.items) else None

    def explained(self) -> Iterable[Passage]:
        """Passages for F1."""
        words = (
            ("error", "OpenNebula refuses it, or the cluster never trains. Fix it before you deploy."),
            ("warning", "It can be deployed; read it first."),
            ("unknown", "The cloud did not tell, or this user may not see it."),
            ("ok", "Checked and in order."),
        )
        return [Passage("Problems and preflight", "Enter opens the field of the line.", words)]


def _drawn(item: Item) -> Content:
    mark, style = MARKS[item.word]
    line = Content.styled(f"{mark} {item.word} ", style) + Content.styled(one_line(item.about), "bold")
    line += Content(f": {one_line(item.said)}")
    if item.cure and item.word != "ok":
        line += Content(f"\n  › {one_line(item.cure)}")
    return line


class Summary(Static):
    """What will be made, a row for each part of it."""

    def __init__(self) -> None:
        super().__init__("", id="summary", markup=False, classes="panel")
        self._shown: tuple[tuple[str, str], ...] = ()

    def show(self, name: str, rows: tuple[tuple[str, str], ...]) -> None:
        """Draw the rows under the name of the service, where they differ."""
        title_panel(self, f"What will be made: {one_line(name)}")
        if rows != self._shown:
            self._shown = rows
            self.update(Content("\n").join(_row(word, text) for word, text in rows))


def _row(word: str, text: str) -> Content:
    return Content.styled(f"{word:<11}", "$text-muted") + Content(one_line(text))


CHOICES = {
    Registration.NEW: "Register another one with the same name",
    Registration.UPDATE: "Update it, then use it",
    Registration.AS_IS: "Use it as it is; send only the values",
}
_STYLES = {
    Change.HUNK: "$text-primary",
    Change.ADDED: "$text-success",
    Change.REMOVED: "$text-error",
    Change.SAME: "",
}


class RegisteredView(Vertical):
    """Draws what a preparation found. The choice is kept in the session."""

    DEFAULT_CSS = """
    RegisteredView {
        #registered-said {
            height: auto;
        }

        #registered-choice {
            height: auto;
            margin: 1 0;
        }

        #registered-diff {
            height: 1fr;
            scrollbar-size-vertical: 1;
        }
    }
    """

    class Chosen(Message):
        """The operator chose what becomes of the registered template; the session has the choice."""

    def __init__(self, session: Session) -> None:
        super().__init__(id="registered")
        self.session = session

    def compose(self) -> ComposeResult:
        """The finding, what may become of it, and the difference."""
        yield Static("", id="registered-said", markup=False)
        yield OptionList(id="registered-choice", markup=False, compact=True)
        with VerticalScroll(id="registered-diff", classes="panel"):
            yield Static("", id="registered-lines", markup=False)

    def on_mount(self) -> None:
        """Nothing is known yet."""
        self.show_unknown("Asking the cloud…")

    def explained(self) -> Iterable[Passage]:
        """Passages for F1."""
        text = (
            "OneFlow keeps any number of templates with the same name. Lines with + are only in what will be sent, "
            "lines with - only in what is registered."
        )
        return [Passage("The registered template", text)]

    def show(self, prepared: Prepared) -> None:
        """Draw what is registered under the name, and the difference."""
        name = one_line(repr(prepared.name))
        same_name = prepared.same_name
        same = [item.id for item in same_name if item.same]
        ids = ", ".join(str(item.id) for item in same_name)
        if not same_name:
            text = f"No registered template is named {name}. Deploying registers it."
        elif same:
            text = f"Identical to registered template {same[0]}; it will be reused."
        elif len(same_name) > 1:
            text = (
                f"{name} is registered {len(same_name)} times ({ids}), each with different content: one more is added."
            )
        else:
            text = f"Template {ids} has the same name {name} and different content. Choose what to do with it:"
        self._draw(text, same_name, choosing=len(same_name) == 1 and not same)

    def show_unknown(self, text: str) -> None:
        """Write why it is not known what is registered. A choice that was made can still be taken back."""
        self._draw(text, (), choosing=self.session.registration is not Registration.NEW)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Keep the choice."""
        event.stop()
        if event.option.id is not None:
            self.session.registration = Registration(event.option.id)
            self.post_message(self.Chosen())

    def _draw(self, text: str, same_name: Iterable[SameName], *, choosing: bool) -> None:
        self.query_one("#registered-said", Static).update(Content(text))
        options = self.query_one("#registered-choice", OptionList)
        chosen = self.session.registration
        options.clear_options()
        if choosing:
            options.add_options(
                Option(Content(f"({'x' if choice is chosen else ' '}) {effect}"), id=choice.value)
                for choice, effect in CHOICES.items()
            )
            options.highlighted = list(CHOICES).index(chosen)
        options.display = choosing
        lines = Content("\n").join(_lines(item for item in same_name if not item.same))
        self.query_one("#registered-lines", Static).update(lines)
        title_panel(self.query_one("#registered-diff"), "Difference", "+ will be sent · - is registered")


def _lines(differing: Iterable[SameName]) -> Iterator[Content]:
    for item in differing:
        yield Content.styled(f"service template {item.id}", "bold")
        yield from (Content.styled(one_line(line.text), _STYLES[line.change]) for line in item.differs)
