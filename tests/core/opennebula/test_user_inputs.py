"""OpenNebula's grammar of inputs: what is read, what is written back, what is refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.opennebula.user_inputs import InputType, UserInput, UserInputError, parse

READ = [
    ("O|text|Version||1.25.0", UserInput("K", InputType.TEXT, "Version", default="1.25.0")),
    ("M|text|Version", UserInput("K", InputType.TEXT, "Version", mandatory=True)),
    ("O|text64|Script||aGkK", UserInput("K", InputType.TEXT64, "Script", default="aGkK")),
    ("M|password|Secret||", UserInput("K", InputType.PASSWORD, "Secret", mandatory=True)),
    ("O|number|Rounds||3", UserInput("K", InputType.NUMBER, "Rounds", default="3")),
    ("O|number|Offset||-3", UserInput("K", InputType.NUMBER, "Offset", default="-3")),
    ("O|number-float|Rate||0.5", UserInput("K", InputType.NUMBER_FLOAT, "Rate", default="0.5")),
    ("O|range|Nodes|2..10|4", UserInput("K", InputType.RANGE, "Nodes", options=("2", "10"), default="4")),
    ("O|range|Shift|-5..-1|-2", UserInput("K", InputType.RANGE, "Shift", options=("-5", "-1"), default="-2")),
    (
        "O|range-float|Share|0.1..0.9|.5",
        UserInput("K", InputType.RANGE_FLOAT, "Share", options=("0.1", "0.9"), default=".5"),
    ),
    ("O|list|Level|A,B,C|B", UserInput("K", InputType.LIST, "Level", options=("A", "B", "C"), default="B")),
    (
        "O|list-multiple|Levels|A,B,C|A,C",
        UserInput("K", InputType.LIST_MULTIPLE, "Levels", options=("A", "B", "C"), default="A,C"),
    ),
    ("O|boolean|TLS||NO", UserInput("K", InputType.BOOLEAN, "TLS", default="NO")),
    ("M|fixed|Zone||eu", UserInput("K", InputType.FIXED, "Zone", mandatory=True, default="eu")),
    ("M|network|Net||id:", UserInput("K", InputType.NETWORK, "Net", mandatory=True, default="id:")),
    (" O | list | Level | A , B | B ", UserInput("K", InputType.LIST, "Level", options=("A", "B"), default="B")),
]


@pytest.mark.parametrize(("definition", "expected"), READ, ids=[definition for definition, _ in READ])
def test_a_definition_is_read(definition: str, expected: UserInput) -> None:
    assert parse("K", definition) == expected
    assert parse("K", expected.definition()) == expected


def test_every_type_has_a_case() -> None:
    assert {expected.type for _, expected in READ} == set(InputType)


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        ("", "has 1"),
        ("O|text", "has 2"),
        ("O|text|D|", "has 4"),
        ("O|text|D||a|b", "has 6"),
        ("o|text|D||", "starts with M or O, this with 'o'"),
        ("|text|D||", "starts with M or O"),
        ("O|string|D||", "unknown type 'string'"),
        ("O|Text|D||", "unknown type 'Text'"),
        ("O|list|D||", "needs its options"),
        ("O|list|D|A,,B|A", "needs its options"),
        ("O|list-multiple|D|,|", "needs its options"),
        ("O|range|D||", "min..max"),
        ("O|range|D|5|", "min..max"),
        ("O|range|D|1..2..3|", "min..max"),
        ("O|range|D|1.5..2|", "min..max"),
        ("O|range|D|10..2|", "is empty"),
        ("O|range-float|D|1...5|", "is empty"),
        ("O|range-float|D|1. .. 5|", "min..max"),
        ("O|range-float|D|0..inf|", "min..max"),
        ("O|number|D||x", "the default 'x' does not fit: expected a whole number"),
        ("O|list|D|A,B|C", "the default 'C' does not fit: expected one of A, B"),
        ("O|boolean|D||true", "the default 'true' does not fit: expected YES or NO"),
        ("O|range|D|1..3|4", "the default '4' does not fit: expected a whole number from 1 to 3"),
    ],
)
def test_a_definition_is_refused(definition: str, why: str) -> None:
    with pytest.raises(UserInputError, match=r"^THE_KEY: ") as error:
        parse("THE_KEY", definition)
    assert why in str(error.value)


TAKEN = [
    ("O|text|D", ["", "anything", "two words", "ünï"]),
    ("O|password|D", ["", "a b:c"]),
    ("O|text64|D", ["", "aGVsbG8=", base64.b64encode(bytes(range(256))).decode()]),
    ("O|number|D", ["", "0", "7", "-7", "007"]),
    ("O|number-float|D", ["", "0", "-1.5", ".5", "1e3", "2E-4"]),
    ("O|range|D|-2..10|", ["", "-2", "0", "10"]),
    ("O|range-float|D|0.5..1.5|", ["", "0.5", "1", "1.5"]),
    ("O|list|D|a,b c|", ["", "a", "b c"]),
    ("O|list-multiple|D|a,b,c|", ["", "a", "a,c", "c, a"]),
    ("O|boolean|D", ["", "YES", "NO"]),
    ("O|fixed|D||eu", ["", "eu"]),
    ("M|network|D", ["id:0", "id:", "template_id:3", "reserve_from:7", "reserve_from:7:size=4", "reserve_from:"]),
]

REFUSED = [
    ("O|text64|D", "expected base64", ["a", "aGVs\nbG8=", "ü", "a b="]),
    ("O|number|D", "expected a whole number", ["1.0", "x", " 1", "1 ", "+1", "--1", "١", "1_0", "1\n"]),
    ("O|number-float|D", "expected a number", ["x", "1.", ".", "nan", "inf", "1e999", "1,5", "٫5"]),
    ("O|range|D|-2..10|", "expected a whole number from -2 to 10", ["-3", "11", "1.5", "x"]),
    ("O|range-float|D|0.5..1.5|", "expected a number from 0.5 to 1.5", ["0.4", "1.51", "nan"]),
    ("O|list|D|a,b|", "expected one of a, b", ["A", "a,b", " a", "c"]),
    ("O|list-multiple|D|a,b|", "expected some of a, b, separated by commas", ["c", "a,,b", "a;b"]),
    ("O|boolean|D", "expected YES or NO", ["yes", "no", "true", "1", "Y", "YES "]),
    ("O|fixed|D||eu", "expected eu: it is fixed", ["us", "EU"]),
    ("M|network|D", "expected one of id, reserve_from, template_id, then :N", ["3", "id:x", "id:²", "vnet:3"]),
    ("M|text|D", "expected a value: this input is mandatory", [""]),
    ("M|network|D", "expected a value: this input is mandatory", [""]),
]


@pytest.mark.parametrize(("definition", "values"), TAKEN, ids=[definition for definition, _ in TAKEN])
def test_a_value_fits(definition: str, values: list[str]) -> None:
    declared = parse("K", definition)
    assert {value: declared.complaint(value) for value in values} == dict.fromkeys(values)


@pytest.mark.parametrize(("definition", "complaint", "values"), REFUSED)
def test_a_value_does_not_fit(definition: str, complaint: str, values: list[str]) -> None:
    declared = parse("K", definition)
    assert all((declared.complaint(value) or "").startswith(complaint) for value in values), [
        (value, declared.complaint(value)) for value in values
    ]


@pytest.mark.parametrize(
    ("definition", "bounds"), [("O|range|D|2..10|", (2.0, 10.0)), ("O|range-float|D|-.5..1e1|", (-0.5, 10.0))]
)
def test_bounds_of_a_range(definition: str, bounds: tuple[float, float]) -> None:
    assert parse("K", definition).bounds == bounds


def test_only_a_range_has_bounds() -> None:
    assert parse("K", "O|number|D||3").bounds is None


PART = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="|")).map(str.strip)
OPTION = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="|,"), min_size=1).map(str.strip)
FLOATS = st.floats(-1e9, 1e9).map(repr)


@st.composite
def inputs(draw: st.DrawFn) -> UserInput:
    """Any input that the grammar can express: parts without bars, stripped of blanks at their ends."""
    kind = draw(st.sampled_from(list(InputType)))
    options: tuple[str, ...] = ()
    default: st.SearchStrategy[str] = PART
    if kind in (InputType.LIST, InputType.LIST_MULTIPLE):
        options = tuple(draw(st.lists(OPTION.filter(bool), min_size=1, max_size=5)))
        default = st.sampled_from(options)
    elif kind is InputType.RANGE:
        low = draw(st.integers(-(10**6), 10**6))
        high = draw(st.integers(low, 10**6))
        options, default = (str(low), str(high)), st.integers(low, high).map(str)
    elif kind is InputType.RANGE_FLOAT:
        low, high = sorted(draw(st.tuples(FLOATS, FLOATS)), key=float)
        options, default = (low, high), st.sampled_from([low, high])
    elif kind is InputType.NUMBER:
        default = st.integers().map(str)
    elif kind is InputType.NUMBER_FLOAT:
        default = FLOATS
    elif kind is InputType.BOOLEAN:
        default = st.sampled_from(["YES", "NO"])
    elif kind is InputType.TEXT64:
        default = st.binary().map(lambda raw: base64.b64encode(raw).decode())
    elif kind is InputType.NETWORK:
        default = st.integers(0).map(lambda number: f"id:{number}")
    chosen = draw(st.one_of(st.just(""), default))
    return UserInput("K", kind, draw(PART), draw(st.booleans()), options, chosen)


@given(inputs())
def test_what_is_written_is_read_back_equal(declared: UserInput) -> None:
    assert parse("K", declared.definition()) == declared
