"""Review: the JSON searched, copied and written, and what is registered under the same name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static, TabbedContent

from tests.tui.conftest import login_of, wizard_on
from tests.tui.pressing import at, connected, line, typed, until
from wizard.cloud.cloud import Cloud
from wizard.core.plan import rules
from wizard.core.plan.plan import Plan, Registration, to_json
from wizard.sandbox.server import Sandbox
from wizard.tui.app import WizardApp
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Ask, Confirm
from wizard.tui.widgets.json_view import JsonView

PLAN = Plan().with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1"})


async def review(pilot: Pilot[int], app: WizardApp, tab: str) -> None:
    await connected(pilot)
    app.go(Step.REVIEW)
    await at(pilot, Step.REVIEW)
    app.screen.query_one(TabbedContent).active = tab
    await pilot.pause()


async def asked(pilot: Pilot[int], app: WizardApp, text: str) -> None:
    await until(pilot, lambda: isinstance(app.screen, Ask), "the question")
    app.screen.query_one(Input).value = ""
    await typed(pilot, text)
    await pilot.press("enter")
    await at(pilot, Step.REVIEW)


def json_view(app: WizardApp) -> JsonView:
    return app.screen.query_one("#template", JsonView)


async def test_the_problem_under_the_cursor_is_told_with_its_fix(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN.with_texts({"FL_NUM_ROUNDS": "none"}))
    async with app.run_test(size=(80, 24)) as pilot:
        await review(pilot, app, "summary-tab")
        first, *others = app.session.problems
        assert first.field == "FL_NUM_ROUNDS"
        assert first.fix.said
        await until(pilot, lambda: first.fix.said in line(pilot, "#help-line"), "what to write instead")
        assert others
        await pilot.press("down")
        await until(pilot, lambda: first.fix.said not in line(pilot, "#help-line"), "that of the next one")


async def test_search_goes_from_hit_to_hit(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await review(pilot, app, "template-tab")
        view = json_view(app)
        view.focus()
        await pilot.press("slash")
        await asked(pilot, app, "ready_script")
        await pilot.pause(0.2)
        lines = view.text.split("\n")
        places = [place for place, line in enumerate(lines) if "READY_SCRIPT" in line]
        assert view.found_at == places[0]
        view.focus()
        await pilot.press("n")
        assert view.found_at == places[1]
        await pilot.press("n")
        assert view.found_at == places[0]
        await pilot.press("N")
        assert view.found_at == places[1]
        await pilot.pause(0.2)
        top = view.scroll_offset.y
        assert top <= places[1] < top + view.size.height


async def test_copy_and_write(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await review(pilot, app, "template-tab")
        view = json_view(app)
        view.focus()
        await pilot.press("c")
        assert app.clipboard == view.text == to_json(app.session.plan.template())
        await pilot.press("w")
        await asked(pilot, app, "mine.json")
        await until(pilot, (tmp_path / "mine.json").exists, "the file")
        assert (tmp_path / "mine.json").read_text() == view.text
        (tmp_path / "mine.json").write_text("precious")
        view.focus()
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, Ask), "the question")
        app.screen.query_one(Input).value = ""
        await typed(pilot, "mine.json")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the second question")
        await pilot.press("enter")
        await at(pilot, Step.REVIEW)
        assert (tmp_path / "mine.json").read_text() == "precious"


async def test_a_long_json_is_searched_at_once(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await review(pilot, app, "template-tab")
        view = json_view(app)
        body = PLAN.template()
        body["user_inputs"] |= {f"KEY_{number}": "O|text|x||" for number in range(4000)}
        view.show(to_json(body))
        view.focus()
        await pilot.press("slash")
        await asked(pilot, app, "KEY_3999")
        await pilot.pause(0.2)
        assert "KEY_3999" in view.text.split("\n")[view.found_at]


@pytest.fixture
def cloud(sandbox: Sandbox) -> Iterator[Cloud]:
    client = Cloud(login_of(sandbox), clock=sandbox.clock.now)
    yield client
    client.close()


async def registered(pilot: Pilot[int], app: WizardApp) -> str:
    """What the tab says."""
    await connected(pilot)
    app.go(Step.REVIEW)
    await at(pilot, Step.REVIEW)
    await pilot.press("g")
    said = app.screen.query_one("#registered-said", Static)
    await until(pilot, lambda: "Asking" not in str(said.render()), "the answer")
    return str(said.render())


async def test_nothing_of_that_name_is_registered(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "No registered template is named" in await registered(pilot, app)


async def test_the_same_is_registered(sandbox: Sandbox, cloud: Cloud) -> None:
    number = cloud.templates.register(to_json(PLAN.template()))
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        assert f"Identical to registered template {number}; it will be reused." in await registered(pilot, app)
        assert not app.screen.query_one("#registered-choice").display


async def test_the_difference_is_shown_and_the_choice_is_used(sandbox: Sandbox, cloud: Cloud) -> None:
    number = cloud.templates.register(to_json(PLAN.with_text("FL_NUM_ROUNDS", "77").template()))
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "different content" in await registered(pilot, app)
        lines = str(app.screen.query_one("#registered-lines", Static).render())
        assert '-        "FL_NUM_ROUNDS": "O|number|Number of federated learning rounds||77",' in lines
        assert '+        "FL_NUM_ROUNDS": "O|number|Number of federated learning rounds||3",' in lines
        app.screen.query_one("#registered-choice", OptionList).focus()
        await pilot.press("down", "enter")
        assert app.session.registration is Registration.UPDATE
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert "update it" in app.screen.text  # type: ignore[attr-defined]
        await pilot.press("enter")
        await at(pilot, Step.DASHBOARD)
        await until(pilot, lambda: not app.session.sending and app.session.service_id is not None, "the service")
        found = [item for item in cloud.templates.list() if item.name == PLAN.name]
        assert [item.id for item in found] == [number]
        assert "||3" in found[0].body["roles"][0]["user_inputs"]["FL_NUM_ROUNDS"]


async def test_another_name_takes_the_choice_back(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.session.registration = Registration.AS_IS
        app.session.change("FL_NUM_ROUNDS", "4")
        assert app.session.registration is Registration.AS_IS
        app.session.change("service.name", "another")
        assert app.session.registration is Registration.NEW


async def test_what_can_t_be_asked_is_unknown(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        sandbox.faults.plan("oneflow", "close", times=-1)
        assert "are not known" in await registered(pilot, app)


async def test_the_export_has_the_commands_too(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stem = "flower-federated-learning"
    script = tmp_path / f"{stem}.deploy.sh"
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await review(pilot, app, "summary-tab")
        await pilot.press("e")
        await until(pilot, script.exists, "the files")
        assert "oneflow-template create" in script.read_text()
        for kind, text in (("template", PLAN.template()), ("instantiation", PLAN.merge_template())):
            assert (tmp_path / f"{stem}.{kind}.json").read_text() == to_json(text)


async def test_a_choice_outlives_a_way_to_a_form_and_back(sandbox: Sandbox) -> None:
    cloud = Cloud(login_of(sandbox), clock=sandbox.clock.now)
    number = cloud.templates.register(to_json({**PLAN.template(), "description": "by hand"}))
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(120, 40)) as pilot:
        await review(pilot, app, "registered-tab")
        assert "different content" in await registered(pilot, app)
        app.screen.query_one("#registered-choice", OptionList).focus()
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.session.registration is Registration.UPDATE, "the choice")
        app.go(Step.SUPERNODE)
        await at(pilot, Step.SUPERNODE)
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        await until(pilot, lambda: app.session.ready is not None, "the preparation")
        assert app.session.registration is Registration.UPDATE
        app.screen.action_deploy()  # type: ignore[attr-defined]
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await until(pilot, lambda: any(item.is_flower for item in cloud.services.list()), "the service")
    assert [item.id for item in cloud.templates.list() if item.name == PLAN.name] == [number]
    cloud.close()


async def test_the_rules_run_once_for_a_plan(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[Plan] = []
    check = rules.check

    def count(plan: Plan) -> object:
        checked.append(plan)
        return check(plan)

    monkeypatch.setattr(rules, "check", count)
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(120, 40)) as pilot:
        await connected(pilot)
        app.go(Step.SERVICE)
        await at(pilot, Step.SERVICE)
        await pilot.pause()
        checked.clear()
        await pilot.press("x")
        await until(pilot, lambda: app.session.plan != PLAN, "the letter in the plan")
        assert checked == [app.session.plan]
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        await until(pilot, lambda: app.session.ready is not None, "the preparation")
        assert len(checked) == len({id(plan) for plan in checked}) <= 2
