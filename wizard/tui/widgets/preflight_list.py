"""The preflight as a list: a line a check, with its mark and its word; Enter tells the rest."""

from __future__ import annotations

from textual import work
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from wizard.cloud.errors import CloudError
from wizard.core.plan.plan import Plan
from wizard.core.preflight import Finding, Result, counted, stands_against
from wizard.core.text import one_line
from wizard.operations.deploy import preflight
from wizard.tui.background import away
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
            found = await away(lambda: preflight(plan, self.session.reach()))
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
