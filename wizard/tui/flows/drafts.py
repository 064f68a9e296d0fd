"""The draft while the wizard runs: kept on every change of screen and on leaving, offered again at the next start.

The dialogs are imported when there is a question: Home is painted before that.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from textual.app import App

from wizard.storage import drafts
from wizard.storage.drafts import Draft
from wizard.storage.files import PresetFileError
from wizard.tui.session import Session

_NAME_SHOWN = 60


class DraftKeeper:
    """Keeps the draft of one session in its file. `now` gives Unix seconds for people to read; `practice`: the session
    is on the sandbox, whose drafts are kept apart."""

    def __init__(
        self, app: App[int], session: Session, now: Callable[[], float] = time.time, *, practice: bool = False
    ) -> None:
        self._app, self._session, self._now, self._practice = app, session, now, practice
        self._file = drafts.own_file(practice=practice)
        self._complained = False

    @property
    def folder(self) -> Path:
        """Folder of the drafts of such sessions."""
        return drafts.folder(practice=self._practice)

    def keep(self) -> bool:
        """Write what would be lost, or remove the file where nothing would be; whether the draft is safe now."""
        session = self._session
        if not session.unsaved or session.plan == session.deployed:
            self._file.drop()
            return True
        try:
            self._file.keep(session.preset(), session.preset_name, self._now())
        except PresetFileError as error:
            if not self._complained:
                self._complained = True
                self._app.notify(str(error), title="The draft can't be kept", severity="warning", markup=False)
            return False
        return True

    async def offer(self) -> bool:
        """Offer what earlier sessions left behind, newest first; whether one of them was taken up.

        To be awaited in a worker, since it waits for answers.
        """
        return await self._offer(self._found())

    async def take_up(self) -> bool:
        """The same on the operator's word: it says so where there is none, and asks before what is typed is lost.

        To be awaited in a worker.
        """
        found = self._found()
        if not found:
            self._app.notify("No earlier session has left a draft.", title="Take up the kept draft", markup=False)
            return False
        return await may_leave(self._app, self._session) and await self._offer(found)

    def _found(self) -> tuple[Draft, ...]:
        found, broken = drafts.left_behind(practice=self._practice)
        for error in broken:
            said = f"{error}. It was moved aside, and is not looked at again."
            self._app.notify(said, title="A draft can't be read", severity="warning", markup=False)
        return found

    async def _offer(self, found: tuple[Draft, ...]) -> bool:
        if not found:
            return False
        from wizard.tui.widgets.dialogs import DraftOffer

        for place, draft in enumerate(found):
            wanted = await self._app.push_screen_wait(DraftOffer(_said(draft, len(found) - place - 1)))
            if wanted is None:
                return False
            if wanted:
                self._session.take_up(draft.preset, draft.preset_name)
                # The own file first, then the old one: there is no moment with neither.
                if self.keep():
                    drafts.remove(draft.path)
                return True
            drafts.remove(draft.path)
        return False


async def may_leave(app: App[int], session: Session) -> bool:
    """True if the present draft may be replaced; asks where something that was typed would be lost."""
    if not session.unsaved:
        return True
    from wizard.tui.widgets.dialogs import Confirm

    question = Confirm(
        "Discard your changes?", "Unsaved changes will be lost.", "Discard", no="Keep editing", danger=True
    )
    return await app.push_screen_wait(question)


def _said(draft: Draft, more: int) -> str:
    moment = datetime.fromtimestamp(draft.saved_at).strftime("%Y-%m-%d %H:%M")
    origin = f", which began as the preset {draft.preset_name}" if draft.preset_name else ""
    name = draft.preset.plan.name
    name = name if len(name) <= _NAME_SHOWN else f"{name[:_NAME_SHOWN]}…"
    count = len(draft.preset.plan.chosen)
    changed = f"{count} settings differ" if count != 1 else "1 setting differs"
    rest = f" {more} older ones wait behind it." if more > 1 else " An older one waits behind it." if more else ""
    return f"You were editing {name!r}{origin}. It was kept on {moment}; {changed} from the defaults.{rest}"


async def may_quit(app: App[int], session: Session, drafts: DraftKeeper) -> bool:
    """True if to quit: asks where something typed would be lost, or where nobody knows what will be deployed."""
    title, text = "", ""
    if session.sending:
        title = "Quit while the deployment is sent?"
        text = "OneFlow may or may not make the service; `flowerneb-wizard status` will show it."
    elif session.unsaved and session.service_id is None:
        kept = "kept, and offered at the next start" if drafts.keep() else "saved nowhere"
        title, text = "Quit?", f"The draft has changes that are {kept}. Ctrl+S saves them as a preset."
    if not title:
        return True
    from wizard.tui.widgets.dialogs import Confirm

    again = "" if session.sending else "ctrl+q"
    return await app.push_screen_wait(Confirm(title, text, "Quit", no="Stay", danger=True, again=again))
