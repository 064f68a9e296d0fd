"""Leaving the wizard: what is asked where something would be lost. To be awaited in a worker."""

from __future__ import annotations

from textual.app import App

from wizard.tui.draft_keeping import DraftKeeper
from wizard.tui.session import Session
from wizard.tui.widgets.dialogs import Confirm


async def may_quit(app: App[int], session: Session, drafts: DraftKeeper) -> bool:
    """Whether to quit: asks where something typed would be lost, or where nobody knows what will be deployed."""
    title, text = "", ""
    if session.sending:
        title = "Quit while the deployment is sent?"
        text = "OneFlow may or may not make the service; `flowerneb-wizard status` will show it."
    elif session.unsaved and session.service_id is None:
        kept = "kept, and offered at the next start" if drafts.keep() else "saved nowhere"
        title, text = "Quit?", f"The draft has changes that are {kept}. Ctrl+S saves them as a preset."
    return not title or await app.push_screen_wait(Confirm(title, text, "Quit", danger=True))
