"""The preflight as a list: a line a check, with its mark and its word; Enter tells the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wizard.cloud.errors import CloudError
from wizard.core.plan.diffs import Change
from wizard.core.plan.plan import Plan
from wizard.core.preflight import Finding, Result, counted, stands_against
from wizard.core.text import one_line
from wizard.operations.deploy import preflight
from wizard.operations.prepare import Prepared, Registration, SameName
from wizard.tui.background import run_in_thread
from wizard.tui.help import Passage
from wizard.tui.session import Session
from wizard.tui.widgets.dialogs import Notice, trouble

_MARKS = {
    Result.OK: ("✓", "$text-success"),
    Result.WARNING: ("!", "$text-warning"),
    Result.ERROR: ("×", "bold $text-error"),
    Result.UNKNOWN: ("?", "$text-accent"),
}
_WORD = max(len(result.value) for result in Result)


class PreflightList(OptionList):
    """Asks the cloud when it is first seen, and again with `look`. Knows nothing until then."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False, compact=True)
        self.session = session
        self.findings: tuple[Finding, ...] = ()
        self._plan: Plan | None = None
        self._asking = False

    def on_show(self) -> None:
        """The tab is open: ask, unless that was done for this very plan."""
        if self._plan != self.session.plan:
            self.look()

    def look(self) -> None:
        """Ask the cloud, unless that is going on already."""
        if not self._asking:
            self._asking = True
            self._ask(self.session.plan)

    @work(description="asking the cloud before a deployment")
    async def _ask(self, plan: Plan) -> None:
        self._say("Asking the cloud…")
        try:
            found = await run_in_thread(lambda: preflight(plan, self.session.reach()))
        except CloudError as error:
            self._say(one_line(f"{error.title}. p asks again."))
            self.app.push_screen(trouble(error))
            return
        finally:
            self._asking = False
        self.findings, self._plan = found.findings, plan
        self._fill()

    def against(self) -> tuple[Finding, ...] | None:
        """The errors that stand against deploying; None where this plan was not held against the cloud."""
        return stands_against(self.findings) if self._plan == self.session.plan else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tell one check in full; it is no problem with a field to go to."""
        event.stop()
        if event.option.id is not None:
            item = self.findings[int(event.option.id)]
            todo = f"\n\nWhat to do: {item.todo}" if item.todo else ""
            self.app.push_screen(Notice(f"{item.title}: {item.result.value}", f"{one_line(item.found)}{todo}"))

    def _say(self, text: str) -> None:
        self.clear_options()
        self.add_option(Option(Content.styled(text, "$text-muted"), disabled=True))

    def _fill(self) -> None:
        self.clear_options()
        title = max(len(item.title) for item in self.findings)
        self.add_option(
            Option(Content.styled(f"{counted(self.findings)} · p asks again", "$text-muted"), disabled=True)
        )
        for place, item in enumerate(self.findings):
            mark, style = _MARKS[item.result]
            words = f"{item.result.value:<{_WORD}}  {item.title:<{title}}  {one_line(item.found)}"
            self.add_option(Option(Content.styled(f"{mark} ", style) + Content(words), id=str(place)))
        against = [place for place, item in enumerate(self.findings) if item.result is Result.ERROR]
        self.highlighted = 1 + (against[0] if against else 0)


CHOICES = {
    Registration.NEW: "Register one more of that name",
    Registration.UPDATE: "Update it, then use it",
    Registration.AS_IS: "Use it as it is: only the values are sent",
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
        with VerticalScroll(id="registered-diff"):
            yield Static("", id="registered-lines", markup=False)

    def on_mount(self) -> None:
        """Nothing is known yet."""
        self.show_unknown("Asking the cloud…")

    def explained(self) -> Iterable[Passage]:
        """Passages for F1."""
        text = (
            "OneFlow takes any number of templates of one name. Green lines are in what would be sent and not in what "
            "is registered, red ones the other way round."
        )
        return [Passage("The registered template", text)]

    def show(self, prepared: Prepared) -> None:
        """Draw what is registered under the name, and the difference."""
        name = one_line(repr(prepared.name))
        same_name = prepared.same_name
        same = [item.id for item in same_name if item.same]
        ids = ", ".join(str(item.id) for item in same_name)
        if not same_name:
            text = f"No registered template is named {name}: deploying registers it."
        elif same:
            text = f"Registered as {same[0]} with this very content: deploying uses it again."
        elif len(same_name) > 1:
            text = f"{name} is registered {len(same_name)} times, as {ids}, each with other content: one more is made."
        else:
            text = f"{name} is registered as {ids}, with other content. Enter chooses what becomes of it:"
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


def _lines(differing: Iterable[SameName]) -> Iterator[Content]:
    for item in differing:
        yield Content.styled(f"service template {item.id}", "bold")
        yield from (Content.styled(one_line(line.text), _STYLES[line.change]) for line in item.differs)
