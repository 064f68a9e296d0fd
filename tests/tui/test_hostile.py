"""Two hundred hostile values into every kind of field: taken unchanged or refused aloud, and nothing breaks."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from textual.app import App, ComposeResult
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Button, Input, Select

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, line, told, until, wizard_of
from tests.tui.test_fields import editor
from tests.tui.test_forms import opened, row
from wizard.core.plan import preset as presets
from wizard.core.plan import rules
from wizard.core.plan.contracts import SEED
from wizard.core.plan.plan import Plan, to_json
from wizard.core.plan.preset import Preset
from wizard.sandbox.server import Sandbox
from wizard.storage.files import PresetFileError, own_presets, save_preset
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Ask
from wizard.tui.widgets.form import FieldInput, FieldRow
from wizard.tui.widgets.line_input import LONGEST, LineInput

_PIECES = [
    *"\"'`]}){([$\\|;&<>#%~!*?=,:/@^ ",
    *("[b]", "[/b]", "[/", "[red]x", "[@click=app.exit]x[/]", "${x}", "$USER", "$(reboot)", "%s{0}", "{{x}}", "\\n"),
    *("</TEMPLATE>", "]]>", "<![CDATA[", "&amp;", '" ]', "a=1, b=2", "NULL", "True", "-1", "1e999", "0x10", "٣", "²"),
    *(
        "é",
        "e\u0301",
        "名前",
        "🌻",
        "👩\u200d👩\u200d👧",
        "🏳️\u200d🌈",
        "\U0001fae8",
        "\u200b",
        "\ufeff",
        "\xa0",
        "\xad",
        "אב",
        "\uffff",
    ),
    *("\n", "\r", "\r\n", "\t", "\x00", "\x07", "\x08", "\x1b", "\x1b[2J", "\x1b]0;x\x07", "\x7f", "\x85", "\x9b31m"),
    *("\u2028", "\u2029", "\u202e", "\u2066", "\udce9", "\ud800", "\udfff"),
]
_SHAPES: list[Callable[[str], str]] = [lambda piece: piece, lambda piece: f"a{piece}b", lambda piece: piece * 30]
HOSTILE = [
    *dict.fromkeys(shape(piece) for piece in _PIECES for shape in _SHAPES),
    *(
        "x" * LONGEST,
        "x" * (LONGEST + 1),
        "x" * 1_000_000,
        "🌻" * 1_000_000,
        "line\n" * 200_000,
        "[b]" * 1000,
        " " * 500,
    ),
]
REPRESENTATIVE = [
    *("]\"'`${x}", "[/b][@click=app.exit]x[/]", "é\u200d👩\u200d👧", "a\nb", "\x1b[2J", "\udce9", "\u202eexe", "\t"),
    *("x" * LONGEST, "x" * 1_000_000, "line\n"),
]
"""For what is too slow to be done with all."""
KINDS = (
    *("service.name", "FLOWER_VERSION", "service.network", "superlink.vm_template", "FL_NUM_ROUNDS", "FL_NODE_CONFIG"),
    *("FL_STRATEGY", "FL_TLS_ENABLED"),
)
"""A field of each kind: texts, network, VM template, number, node config; a list and a boolean."""


class Form(App[None]):
    """A field of each kind over a plan, without the rest of the wizard."""

    plan = Plan()

    def compose(self) -> ComposeResult:
        for path in KINDS:
            yield FieldRow(SEED.by_path[path], self.plan.text(path))

    def on_field_row_changed(self, message: FieldRow.Changed) -> None:
        self.plan = self.plan.with_text(message.field.path, message.text)


def forget(pilot: Pilot[int]) -> None:
    """Only what is told from now on counts."""
    told(pilot).clear()
    pilot.app.clear_notifications()


def sound(plan: Plan) -> None:
    """Both documents are JSON that reads back to themselves, and the draft reads back to the plan."""
    for document in (plan.template(), plan.merge_template()):
        assert json.loads(to_json(document)) == document
    assert presets.loads(presets.dumps(Preset(plan), unfinished=True), unfinished=True).plan == plan


def test_there_are_two_hundred() -> None:
    assert len(set(HOSTILE)) >= 200


async def test_each_is_taken_unchanged_or_refused_aloud_by_every_kind_of_field() -> None:
    app = Form()
    async with app.run_test(size=(80, 40)) as pilot:
        rows = list(app.query(FieldRow))
        taken = 0
        for value in HOSTILE:
            forget(pilot)
            before = app.plan
            for each in rows:
                if isinstance(each.control, FieldInput):
                    each.control.select_all()
                each.control.post_message(Paste(value))
            await pilot.pause()
            body = value.removesuffix("\n").removesuffix("\r")
            said = len(told(pilot))
            for each in rows:
                now = app.plan.text(each.field.path)
                if isinstance(each.control, FieldInput) and now == value:
                    taken += 1
                    continue
                assert now in (before.text(each.field.path), body), repr(value[:50])
                assert said > 0, f"{value[:50]!r} was neither taken nor refused"
                said -= 1
            sound(app.plan)
            rules.check(app.plan)
        assert taken > 100 * len(rows) / 2


@pytest.mark.parametrize("step", [Step.SERVICE, Step.SUPERNODE])
async def test_the_screens_around_the_fields_stand_it(sandbox: Sandbox, step: Step) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(120, 40)) as pilot:
        app = await opened(pilot, step)
        for value in REPRESENTATIVE:
            forget(pilot)
            for each in app.screen.query(FieldRow):
                if isinstance(each.control, FieldInput) and not each.field.fixed_because:
                    each.control.select_all()
                    each.control.post_message(Paste(value))
            await pilot.press("tab")
            assert "\x1b" not in app.export_screenshot()
            values = {app.session.plan.text(each.field.path) for each in app.screen.query(FieldRow)}
            assert value in values or told(pilot), repr(value[:50])
            sound(app.session.plan)


async def test_a_list_shows_whatever_a_preset_put_there(sandbox: Sandbox) -> None:
    shown = [value for value in HOSTILE if len(value) < 5][::20]
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app = wizard_of(pilot)
        for value in shown:
            texts = {item.path: value for item in SEED.fields if not item.fixed_because}
            app.session.plan = Plan().with_texts(texts)
            app.go(Step.SUPERLINK)
            await at(pilot, Step.SUPERLINK)
            await until(pilot, lambda: bool(app.screen.query("#field-FL_STRATEGY Select")), "the list")
            await pilot.pause()
            found = row(pilot, "FL_STRATEGY").control
            assert isinstance(found, Select)
            assert found.value == value
            drawn = app.export_screenshot()
            assert "\x1b" not in drawn
            assert app.session.plan == Plan().with_texts(texts), "showing a form changes nothing"


@pytest.mark.parametrize("step", [Step.SERVICE, Step.SUPERNODE, Step.REVIEW])
@pytest.mark.parametrize("value", ["]\"'$[b]", "a\x1b[2J\nb", "\udce9\ud800", "x" * 20_000, "👩\u200d👩 \u202e"])
async def test_every_screen_draws_what_a_preset_put_there(sandbox: Sandbox, step: Step, value: str) -> None:
    texts = {item.path: value for item in SEED.fields if not item.fixed_because}
    async with wizard_on(sandbox, plan=Plan().with_texts(texts)).run_test(size=(120, 40)) as pilot:
        await connected(pilot)
        app = wizard_of(pilot)
        app.go(step)
        await at(pilot, step)
        await pilot.press("tab", "tab")
        assert "\x1b" not in app.export_screenshot()
        assert app.session.plan == Plan().with_texts(texts)


def test_a_preset_s_name_is_a_file_s_name_or_refused() -> None:
    for value in HOSTILE:
        try:
            path = save_preset(value, Preset(Plan()))
        except PresetFileError:
            continue
        assert path == own_presets() / f"{value}.toml"
        assert path.is_file()
        path.unlink()


async def test_a_preset_s_name_is_taken_or_refused_aloud(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SERVICE)
        for value in REPRESENTATIVE:
            forget(pilot)
            await pilot.press("ctrl+s")
            await until(pilot, lambda: isinstance(app.screen, Ask), "the question for a name")
            answer = app.screen.query_one(Input)
            answer.value = ""
            answer.post_message(Paste(value))
            await pilot.press("enter")
            await until(pilot, lambda: bool(told(pilot) or line(pilot, "#answer-problem")), "a word about it")
            if isinstance(app.screen, Ask):
                await pilot.press("escape")
            await at(pilot, Step.SERVICE)
        assert [path.name for path in own_presets().glob("*")] == ["line.toml"]


async def test_a_node_config_s_pairs_are_taken_or_refused(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERNODE)
        screen = await editor(pilot)
        for value in REPRESENTATIVE:
            forget(pilot)
            for place in screen.query(LineInput):
                place.select_all()
                place.post_message(Paste(value))
            await pilot.pause()
            body = value.removesuffix("\n")
            assert all(place.value == body for place in screen.query(LineInput)) or told(pilot), repr(value[:50])
            screen.query_one("#take", Button).press()
            await pilot.pause()
            assert app.screen is screen, "what Flower can't read is not taken"
        await pilot.press("escape")
        await at(pilot, Step.SUPERNODE)
        assert app.session.plan.text("FL_NODE_CONFIG") == ""
