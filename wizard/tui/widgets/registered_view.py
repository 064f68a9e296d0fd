"""What is registered under the name of the draft already, how it differs, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wizard.cloud.errors import CloudError
from wizard.core.display import one_line
from wizard.core.plan import Plan
from wizard.core.template_diff import Change
from wizard.deployment import resolved
from wizard.registering import Namesake, Registration, compared
from wizard.tui.background import away
from wizard.tui.explaining import Passage
from wizard.tui.session import Session

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
    """Asks the cloud when it is first seen, and again with `look`. The choice is kept in the session."""

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

    def __init__(self, session: Session) -> None:
        super().__init__(id="registered")
        self.session = session
        self.known: tuple[Namesake, ...] = ()
        self._plan: Plan | None = None

    def compose(self) -> ComposeResult:
        """What was found, what may become of it, and the difference."""
        yield Static("", id="registered-said", markup=False)
        yield OptionList(id="registered-choice", markup=False, compact=True)
        with VerticalScroll(id="registered-diff"):
            yield Static("", id="registered-lines", markup=False)

    def on_mount(self) -> None:
        """Nothing is known yet."""
        self._fill("Asking the cloud…")

    def on_show(self) -> None:
        """The tab is open: ask, unless that was done for this very plan."""
        if self._plan != self.session.plan:
            self.look()

    def explained(self) -> Iterable[Passage]:
        """What F1 tells about it."""
        text = (
            "OneFlow takes any number of templates of one name. Green lines are in what would be sent and not in what "
            "is registered, red ones the other way round."
        )
        return [Passage("The registered template", text)]

    @work(exclusive=True, group="registered", description="asking for registered templates")
    async def look(self) -> None:
        """Ask the cloud and show the difference. What can't be seen is said to be unknown."""
        plan = self.session.plan
        try:
            self.known = await away(lambda: _found(self.session, plan))
        except CloudError as error:
            self.known = ()
            self._fill(one_line(f"What is registered is not known: {error}"))
            return
        self._plan = plan
        self._fill(self._said(plan))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Keep the choice."""
        event.stop()
        if event.option.id is not None:
            self.session.registration = Registration(event.option.id)
            self._fill(self._said(self.session.plan))

    def _said(self, plan: Plan) -> str:
        name = one_line(repr(plan.template()["name"]))
        if not self.known:
            return f"No registered template is named {name}: deploying registers it."
        same = [item.id for item in self.known if not item.differs]
        if same:
            return f"Registered as {same[0]} with this very content: deploying uses it again."
        ids = ", ".join(str(item.id) for item in self.known)
        if len(self.known) > 1:
            return f"{name} is registered {len(self.known)} times, as {ids}, each with other content: one more is made."
        return f"{name} is registered as {ids}, with other content. Enter chooses what becomes of it:"

    def _fill(self, said: str) -> None:
        self.query_one("#registered-said", Static).update(Content(said))
        options = self.query_one("#registered-choice", OptionList)
        differing = [item for item in self.known if item.differs]
        choosing = len(self.known) == 1 and bool(differing)
        if not choosing:
            self.session.registration = Registration.NEW
        marked = list(CHOICES).index(self.session.registration)
        options.clear_options()
        if choosing:
            options.add_options(
                Option(Content(f"({'x' if choice is self.session.registration else ' '}) {text}"), id=choice.value)
                for choice, text in CHOICES.items()
            )
            options.highlighted = marked
        options.display = choosing
        self.query_one("#registered-lines", Static).update(Content("\n").join(_drawn(differing)))


def _found(session: Session, plan: Plan) -> tuple[Namesake, ...]:
    cloud = session.reach()
    return compared(resolved(plan, cloud), cloud)


def _drawn(found: list[Namesake]) -> list[Content]:
    lines = []
    for item in found:
        lines.append(Content.styled(f"service template {item.id}", "bold"))
        lines += [Content.styled(one_line(line.text), _STYLES[line.change]) for line in item.differs]
    return lines
