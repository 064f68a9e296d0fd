"""Presets: what is written is read back; what is wrong is one error with its line and the nearest name."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.core.plan.plans import PLANS, valid_plans
from wizard.core.plan.contracts import SEED
from wizard.core.plan.plan import Plan
from wizard.core.plan.preset import FORMAT, LARGEST, Preset, PresetError, dumps, loads, parse_assignment

TEXTS = st.text(st.characters(exclude_categories=("Cs",)))


def preset(*lines: str) -> str:
    """A preset file with these lines after the first."""
    return "\n".join(("preset = 1", *lines)) + "\n"


def refusal(text: str) -> PresetError:
    with pytest.raises(PresetError) as caught:
        loads(text)
    return caught.value


@given(st.builds(Preset, st.one_of(valid_plans(), PLANS), TEXTS, TEXTS))
@example(Preset(Plan().with_text("service.name", "\"quoted\" \\ 'and' \\u0041 🌻 \u200fשלום\u202e"), "#[x]", "a = 1"))
@example(Preset(Plan().with_text("service.description", "line\nbreak\r\n\t\x00\x1b\x7f\x85\u2028\ufeff")))
@example(Preset(Plan().with_text("FL_NODE_CONFIG", "a='x' b=\"y\"")))
def test_what_is_written_is_read_back(written: Preset) -> None:
    assert loads(dumps(written)) == written


def test_only_what_differs_is_written_each_with_its_meaning() -> None:
    plan = Plan(
        SEED,
        {
            "service.name": 'The "best"',
            "FL_TLS_ENABLED": "YES",
            "service.network": "3",
            "FL_NUM_ROUNDS": "007",
            "supernode.cardinality": "4",
            "FL_STRATEGY": "FedAvg",
        },
    )
    assert dumps(Preset(plan, "A title", "What it is for")) == (
        "# A preset of flowerneb-wizard. What is not said here has its default.\n"
        "preset = 1\n"
        'title = "A title"\n'
        'about = "What it is for"\n'
        'contract = "seed"\n'
        "\n"
        "[service]\n"
        "# Name of the service; default Flower Federated Learning\n"
        'name = "The \\"best\\""\n'
        "# Enable TLS encryption; default NO\n"
        'FL_TLS_ENABLED = "YES"\n'
        "# Network shared by all cluster VMs; default empty\n"
        'network = "3"\n'
        "\n"
        "[superlink]\n"
        "# Number of federated learning rounds; default 3\n"
        "FL_NUM_ROUNDS = 7\n"
        "\n"
        "[supernode]\n"
        "# Number of SuperNode VMs; default 2\n"
        "cardinality = 4\n"
    )


@pytest.mark.parametrize("text", ["", "x", "-1", "2.5", "9" * 19])
def test_a_number_that_is_none_is_not_written(text: str) -> None:
    with pytest.raises(PresetError, match=r"FL_NUM_ROUNDS is .*expected a whole number"):
        dumps(Preset(Plan().with_text("FL_NUM_ROUNDS", text)))


@pytest.mark.parametrize(
    ("lines", "chosen"),
    [
        ((), {}),
        (("[supernode]", "cardinality = 4"), {"supernode.cardinality": "4"}),
        (("[supernode]", "cardinality = 2"), {}),
        (("[supernode]", "cardinality = -4"), {"supernode.cardinality": "-4"}),
        (("[supernode]", "vm_template = 12"), {"supernode.vm_template": "12"}),
        (("[service]", "network = 3"), {"service.network": "3"}),
        (("[supernode]", 'vm_template = "gpu node"'), {"supernode.vm_template": "gpu node"}),
        (("[service]", "FL_TLS_ENABLED = true"), {"FL_TLS_ENABLED": "YES"}),
        (("[service]", "FL_TLS_ENABLED = false"), {}),
        (("[service]", 'FL_TLS_ENABLED = "maybe"'), {"FL_TLS_ENABLED": "maybe"}),
        (("superlink.FL_NUM_ROUNDS = 9",), {"FL_NUM_ROUNDS": "9"}),
        (("superlink = { FL_NUM_ROUNDS = 9 }",), {"FL_NUM_ROUNDS": "9"}),
    ],
)
def test_a_preset_is_read(lines: tuple[str, ...], chosen: dict[str, str]) -> None:
    assert loads(preset(*lines)).plan.chosen == chosen


def test_title_about_and_contract_are_read() -> None:
    assert loads(preset('contract = "seed"', 'title = "T"', 'about = "A"')) == Preset(Plan(), "T", "A")


def test_a_byte_order_mark_and_windows_line_ends_are_taken() -> None:
    text = "\ufeff" + preset("[supernode]", "cardinality = 4").replace("\n", "\r\n")
    assert loads(text).plan.chosen == {"supernode.cardinality": "4"}


REFUSED = [
    # broken TOML
    ("not TOML", preset("[supernode"), 2, "it is not TOML"),
    ("no value", preset("[supernode]", "cardinality ="), 3, "it is not TOML"),
    ("open quote", preset('title = "x'), 2, "it is not TOML"),
    ("a bare word", preset("title = x"), 2, "it is not TOML"),
    ("a key twice", preset("[service]", "name = 'a'", "name = 'b'", ""), 4, "it is not TOML"),
    ("a table twice", preset("[service]", "[service]"), 3, "it is not TOML"),
    ("a lone return", "preset = 1\rtitle = 'x'\n", 1, "it is not TOML"),
    ("thousands of digits", preset("[supernode]", f"cardinality = {'1' * 5000}"), None, "it is not TOML"),
    ("nested lists", preset(f"x = {'[' * 100_000}"), None, "nested too deeply"),
    ("nested tables", preset(f"x = {'{x=' * 5_000}"), None, "nested too deeply"),
    # the format
    ("empty", "", 1, "no line 'preset = 1'"),
    ("no format", "[service]\nname = 'x'\n", 1, "no line 'preset = 1'"),
    ("newer", "\npreset = 2\n", 2, "format 2, written by a newer version; this version reads up to 1"),
    ("zero", "preset = 0\n", 1, "'preset' is 0; expected 1"),
    ("a text", "preset = '1'\n", 1, "'preset' is '1'; expected 1"),
    ("a float", "preset = 1.0\n", 1, "'preset' is 1.0; expected 1"),
    ("a boolean", "preset = true\n", 1, "'preset' is True; expected 1"),
    ("much newer", f"preset = 0x{'f' * 5000}\n", 1, "format a number of thousands of digits"),
    # unknown names
    ("unknown key", preset("[supernode]", "cardinalty = 3"), 3, "unknown key 'cardinalty' in [supernode]; did you"),
    ("unknown variable", preset("", "[superlink]", "FL_NUM_ROUND = 3"), 4, "did you mean 'FL_NUM_ROUNDS'?"),
    ("other capitals", preset("[superlink]", "fl_num_rounds = 3"), 3, "did you mean 'FL_NUM_ROUNDS'?"),
    ("quoted key", preset("[superlink]", '"FL_NUM_ROUND" = 3'), 3, "did you mean 'FL_NUM_ROUNDS'?"),
    ("nothing like it", preset("[superlink]", "zzz = 3"), 3, "known are vm_template, cardinality, FL_NUM_ROUNDS"),
    ("unknown table", preset("[supernodes]", "cardinality = 3"), 2, "'supernodes'; did you mean 'supernode'?"),
    ("unknown top key", preset("titel = 'x'"), 2, "unknown key 'titel'; did you mean 'title'?"),
    ("unknown contract", preset("contract = 'sed'"), 2, "no contract is called 'sed'; did you mean 'seed'?"),
    ("with odd line ends", preset("# \u2028\x85", "[supernode]", "cardinalty = 3"), 4, "'cardinalty'"),
    ("Windows", preset("[supernode]", "cardinalty = 3").replace("\n", "\r\n"), 3, "'cardinalty'"),
    ("a mark first", "\ufeff" + preset("[supernode]", "cardinalty = 3"), 3, "'cardinalty'"),
    ("no line to blame", preset("supernode.cardinalty = 3"), None, "did you mean 'cardinality'?"),
    # wrong level
    ("other role", preset("[supernode]", "FL_NUM_ROUNDS = 3"), 3, "belongs under [superlink], not [supernode]"),
    ("either role", preset("[service]", "cardinality = 3"), 3, "belongs under [superlink] or [supernode], not"),
    ("no level", preset("FL_NUM_ROUNDS = 3"), 2, "unknown key 'FL_NUM_ROUNDS'"),
    # wrong types
    ("quoted number", preset("[supernode]", "cardinality = '3'"), 3, "the text '3'; expected a whole number, w"),
    ("float", preset("[supernode]", "cardinality = 2.5"), 3, "cardinality is the number 2.5; expected a whole number"),
    ("infinite", preset("[supernode]", "cardinality = inf"), 3, "is the number inf; expected a whole number"),
    ("true", preset("[supernode]", "cardinality = true"), 3, "cardinality is true; expected a whole number"),
    ("huge", preset("[supernode]", f"cardinality = 0x{'f' * 5000}"), 3, "more than 18 digits; expected a whole number"),
    ("version number", preset("[service]", "FLOWER_VERSION = 1.25"), 3, "the number 1.25; expected a text in quotes"),
    ("name a number", preset("[service]", "name = 3"), 3, "name is the number 3; expected a text in quotes"),
    ("list a boolean", preset("[superlink]", "FL_STRATEGY = true"), 3, "is true; expected a text in quotes"),
    ("boolean a number", preset("[service]", "FL_TLS_ENABLED = 1"), 3, "the number 1; expected YES or NO"),
    ("list", preset("[supernode]", "cardinality = [3]"), 3, "cardinality is [3]; expected a text, a number or"),
    ("date", preset("[service]", "name = 2026-02-07"), 3, "name is datetime.date(2026, 2, 7); expected a text"),
    ("nested", preset("[service.name]", "x = 1"), None, "name is {'x': 1}; expected a text, a number"),
    ("table a number", preset("service = 3"), 2, "service is 3; expected a table"),
    ("list of tables", preset("[[supernode]]", "cardinality = 3"), 2, "is [{'cardinality': 3}]; expected a table"),
    ("title a number", preset("title = 3"), 2, "title is 3; expected a text"),
    ("title huge", preset(f"title = 0x{'f' * 5000}"), 2, "title is a number of thousands of digits; expected a text"),
    ("title a long list", preset(f"title = [{'1, ' * 500}]"), 2, "title is [1, 1, 1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "said"), [case[1:] for case in REFUSED], ids=[str(case[0]) for case in REFUSED]
)
def test_a_preset_is_refused(text: str, line: int | None, said: str) -> None:
    error = refusal(text)
    assert said in error.title
    assert error.line == line
    assert str(error) == error.title
    assert len(error.title) < 400


def test_the_first_of_several_mistakes_is_one_error() -> None:
    assert refusal(preset("a = 1", "b = 2", "[supernode]", "cardinalty = 3")).line == 2


def test_a_file_beyond_the_limit_is_not_even_read() -> None:
    assert "larger than 256 KiB" in refusal("[" * (LARGEST + 1)).title
    assert "larger than 256 KiB" in refusal("ü" * (LARGEST // 2 + 1)).title
    padded = preset("#" * (LARGEST - len(preset(""))))
    assert len(padded.encode()) == LARGEST
    assert loads(padded) == Preset(Plan())


@given(st.text())
def test_any_text_is_a_preset_or_one_error(text: str) -> None:
    for candidate in (text, preset(text), preset("[service]", text)):
        with contextlib.suppress(PresetError):
            loads(candidate)


@given(
    st.lists(st.sampled_from(["[service]", "[supernode]", "cardinalty = 3", "name = 'x'", "# c", "", "x = [1,", "]"]))
)
def test_a_line_that_is_blamed_is_there(lines: list[str]) -> None:
    try:
        loads(preset(*lines))
    except PresetError as error:
        line = error.line
    else:
        line = None
    assert line is None or 1 <= line <= len(lines) + 1


def test_the_format_is_what_is_written() -> None:
    assert f"preset = {FORMAT}\n" in dumps(Preset(Plan()))


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("FL_NUM_ROUNDS=5", "FL_NUM_ROUNDS", "5"),
        (" FL_NUM_ROUNDS =5", "FL_NUM_ROUNDS", "5"),
        ("FL_NODE_CONFIG=a=1 b='x=y'", "FL_NODE_CONFIG", "a=1 b='x=y'"),
        ("FL_NODE_CONFIG=", "FL_NODE_CONFIG", ""),
        ("supernode.cardinality=4", "supernode.cardinality", "4"),
        ("superlink.FL_NUM_ROUNDS=5", "FL_NUM_ROUNDS", "5"),
        ("service.name= x ", "service.name", " x "),
    ],
)
def test_an_assignment_is_read(text: str, path: str, value: str) -> None:
    assert parse_assignment(SEED, text) == (path, value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FL_NUM_ROUNDS", "'FL_NUM_ROUNDS' is not KEY=VALUE"),
        ("", "'' is not KEY=VALUE"),
        ("=5", "no setting is called ''"),
        ("FL_ROUNDS=5", "no setting is called 'FL_ROUNDS'; did you mean 'FL_NUM_ROUNDS'?"),
        ("cardinality=5", "no setting is called 'cardinality'; did you mean 'supernode.cardinality'?"),
        ("supernode.FL_NUM_ROUNDS=5", "no setting is called 'supernode.FL_NUM_ROUNDS'"),
        ("fl_num_rounds=5", "did you mean 'FL_NUM_ROUNDS'?"),
    ],
)
def test_an_assignment_is_refused(text: str, said: str) -> None:
    with pytest.raises(PresetError) as caught:
        parse_assignment(SEED, text)
    assert said in caught.value.title
