"""What Down opens on a field: the list of what the cloud has, or the pairs of a node config."""

from __future__ import annotations

from textual.app import App

from wizard.core.flower.node_config import split
from wizard.core.plan.contract import Meaning
from wizard.core.text import one_line
from wizard.tui.form import FieldRow
from wizard.tui.session import Session
from wizard.tui.widgets.node_config_editor import MOST, NodeConfigEditor
from wizard.tui.widgets.picker import Picker


async def choose(app: App[int], session: Session, row: FieldRow) -> str | None:
    """The text that the operator chose for a field, None where it stays as it was.

    To be awaited in a worker, since it waits for an answer.
    """
    meaning = row.field.meaning
    if meaning is Meaning.NODE_CONFIG:
        text = session.plan.text(row.field.path)
        hindrance = ""
        if one_line(text) != text:
            hindrance = "It has characters that can't be seen. Empty the field first."
        elif (count := len(split(text))) > MOST:
            hindrance = f"It has {count} pairs; more than {MOST} are edited as text, in the field."
        if hindrance:
            app.notify(hindrance, title=row.field.label, severity="warning", markup=False)
            return None
        return await app.push_screen_wait(NodeConfigEditor(session.plan, row.field))
    listing = session.listing(meaning)
    if listing is None or not listing.objects:
        if listing is None or not listing.asked:
            detail = "The cloud has not told yet what there is. Type the id, or try again."
        else:
            detail = str(listing.error) if listing.error else "This user can see none. Type the id."
        app.notify(detail, title=row.field.label, severity="warning", markup=False)
        return None
    context = session.plan.contract.context
    picker = Picker(
        row.field.label, listing.objects, wanted=context, ask_again=lambda: session.list_again(row.field.meaning)
    )
    chosen = await app.push_screen_wait(picker)
    return None if chosen is None else str(chosen.id)
