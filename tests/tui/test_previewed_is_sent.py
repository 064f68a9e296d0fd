"""The documents on Review are, byte for byte, what a relay in front of OneFlow receives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.widgets import Static, TabbedContent

from tests.relay import IDS, NAMED, Behind, Relay, merge_template_of, register_another
from tests.tui.conftest import START
from tests.tui.pressing import at, connected, until
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import Unreachable
from wizard.core.plan.plan import Plan, Registration
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.tui.app import WizardApp
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm
from wizard.tui.widgets.json_view import JsonView

ALIKE = {"supernode.cardinality": "3"}


@pytest.fixture
def behind() -> Iterator[Behind]:
    """The default world, on a clock that stands still."""
    with Sandbox(latency=0, clock=ManualClock(START)) as sandbox, Relay(sandbox.oneflow_url) as relay:
        yield Behind(sandbox, relay)


@pytest.mark.parametrize("registration", list(Registration))
@pytest.mark.parametrize("texts", [NAMED, {}, IDS], ids=["named", "not chosen", "ids"])
async def test_review_shows_what_is_sent(behind: Behind, texts: dict[str, str], registration: Registration) -> None:
    number = register_another(behind) if registration is not Registration.NEW else None
    clock = behind.sandbox.clock.now
    app = WizardApp(behind.cloud, clock=clock, plan=Plan().with_texts({**texts, **ALIKE}))
    async with app.run_test(size=(120, 40)) as pilot:
        await connected(pilot)
        # What is not chosen stays so, as it does where the cloud answers late.
        app.session.plan = Plan().with_texts({**texts, **ALIKE})
        app.session.registration = registration
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        await until(pilot, lambda: app.session.ready is not None, "the preparation")
        view, merge = (app.screen.query_one(f"#{name}", JsonView) for name in ("template", "merge-template"))
        await until(pilot, lambda: "asking" not in str(merge._note.content), "what will be sent on the screen")
        shown, shown_merge = view.text, merge.text
        app.screen.action_deploy()  # type: ignore[attr-defined]
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await until(pilot, lambda: bool(behind.instantiations), "the instantiation")
    assert merge_template_of(behind.instantiations[-1]) == shown_merge
    sent = [
        body for verb, path, body in behind.relay.requests if verb in ("POST", "PUT") and not path.endswith("/action")
    ]
    if registration is Registration.AS_IS:
        assert sent == []
        assert '"description": "by hand"' in shown
    else:
        assert [body.decode() for body in sent] == [shown]
    updated = [path for verb, path, _ in behind.relay.requests if verb == "PUT"]
    assert updated == ([f"/service_template/{number}"] if registration is Registration.UPDATE else [])


async def test_without_a_cloud_the_preview_marks_the_placeholders() -> None:
    def nowhere() -> Cloud:
        raise Unreachable("it does not answer", "oned", "", "")

    app = WizardApp(nowhere, clock=lambda: START, plan=Plan().with_text("supernode.vm_template", "mine"))
    async with app.run_test(size=(120, 40)) as pilot:
        await connected(pilot)
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        view = app.screen.query_one("#template", JsonView)
        app.screen.query_one(TabbedContent).active = "template-tab"
        await pilot.pause()
        rows = str(view.query(Static).last().content).split("\n")
        assert [row for row in rows if row.startswith("?")] == [
            '?      "template_id": 0,',
            '?      "template_id": "mine",',
        ]
        note = str(view.query(Static).first().content)
        assert "superlink.vm_template: none chosen; template_id 0 is a placeholder" in note
        assert "supernode.vm_template: 'mine' is a name" in note
