"""`--node-config`: what Flower takes, kills itself on, or drops without a word; and that we agree."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.flower import node_config
from wizard.core.flower.node_config import (
    METACHARACTERS,
    Pair,
    Partition,
    parse,
    partition_id_of,
    partition_of,
    written,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def flower(text: str) -> dict[str, object]:
    """Flower's own reading: each match of the pattern is a line of TOML; tables are flattened."""
    lines = [f"{key} = {value}" for key, value in re.findall(r"(\S+?)=('[^']*'|\"[^\"]*\"|\S+)", text)]
    return _flat(tomllib.loads("\n".join(lines)))


def _flat(table: dict[str, object], prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        elif not isinstance(value, (bool, int, float, str)):
            raise ValueError(f"{value!r} is neither a number, a boolean nor a text")  # noqa: TRY004 - as Flower does
        else:
            found[f"{prefix}{key}"] = value
    return found


TAKEN = [
    ("", {}),
    ("partition-id=0 num-partitions=2", {"partition-id": 0, "num-partitions": 2}),
    ('partition-id="0"', {"partition-id": "0"}),
    ("rate=1.5", {"rate": 1.5}),
    ("rate=1e-3", {"rate": 0.001}),
    ("rate=-0.5E+2", {"rate": -50.0}),
    ("on=true off=false", {"on": True, "off": False}),
    ("n=-1", {"n": -1}),
    ("n=+1", {"n": 1}),
    ("n=0x10", {"n": 16}),
    ("n=0o17 m=0b101", {"n": 15, "m": 5}),
    ("n=1_000", {"n": 1000}),
    ("n=inf", {"n": float("inf")}),
    ("name='two words'", {"name": "two words"}),
    ('name="two words"', {"name": "two words"}),
    ('name="it\'s"', {"name": "it's"}),
    ("name='say \"hi\"'", {"name": 'say "hi"'}),
    ("name=''", {"name": ""}),
    ("name='a=b, c'", {"name": "a=b, c"}),
    ("name='ünï 🌻'", {"name": "ünï 🌻"}),
    ("  a=1   b=2  ", {"a": 1, "b": 2}),
    ("Some_Key-1=1", {"Some_Key-1": 1}),
    ("1=2", {"1": 2}),
]

KILLS = [
    "a=0,b=2",
    "a=0, b=2",
    "a=0;b=2",
    "name=alice",
    "n=01",
    "n=00",
    "n=-01",
    "n=.5",
    "n=5.",
    "on=True",
    "on=FALSE",
    "a=1 a=2",
    "a=1 a='2'",
    "url=http://x",
    'path="C:\\data"',
    "'a=1 b=2'",
    '"a=1"',
    "a=[1,2]",
    "a=2024-01-01",
    "a=x.toml",
    "a==1",
    "a='b",
    "a=0X10",
    "a=1__0",
    "a=1e",
    "a=nul",
    "a=1=2",
    "a=0xg",
]

DROPS = [
    ("partition-id", "partition-id is not key=value"),
    ("partition-id=", "partition-id= must be key=value with no blank around '='"),
    ("partition-id = 0", "partition-id is not key=value"),
    ("partition-id =0", "=0 must be key=value with no blank around '='"),
    ("partition-id:0", "partition-id:0 is not key=value"),
    ("stray a=1", "stray is not key=value"),
    ("a=1 word", "word is not key=value"),
    ("#c", "#c is not key=value"),
    ("   ", "only blanks"),
]

OURS = [
    "a.b=1",
    "a='b'c",
    "a=''''",
    "a=1\tb=2",
    "a=1\nb=2",
    "a=1\rb=2",
    "a='x\ty'",
    "a='$HOME'",
    "a='`id`'",
    "a='x|y'",
    "a='x;y'",
    "ü=1",
]
"""Flower takes these, we do not: a dot makes a table, what follows a quote is dropped, the rest means something to a
shell, a template or a line."""


@pytest.mark.parametrize(("text", "values"), TAKEN)
def test_flower_takes_it_and_so_do_we(text: str, values: dict[str, object]) -> None:
    pairs, complaints = parse(text)
    assert complaints == ()
    assert [pair.key for pair in pairs] == list(values)
    assert flower(text) == values


@pytest.mark.parametrize("text", KILLS)
def test_flower_dies_of_it_and_we_refuse(text: str) -> None:
    assert parse(text)[1]
    with pytest.raises(ValueError):
        flower(text)


@pytest.mark.parametrize(("text", "said"), DROPS)
def test_flower_drops_it_without_a_word_and_we_say_so(text: str, said: str) -> None:
    complaints = parse(text)[1]
    assert any(said in complaint for complaint in complaints), complaints
    assert "partition-id" not in flower(text)


@pytest.mark.parametrize("text", OURS)
def test_what_we_refuse_beyond_flower(text: str) -> None:
    assert parse(text)[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name=alice", "name=alice: expected a number, true, false, or a text in quotes (name='alice')"),
        ("on=True", "on=True: write true, in small letters"),
        ("n=01", "n=01: a number has no leading zero"),
        ("a=0,b=2", "a=0,b=2: pairs are separated by blanks, not commas"),
        ("a=1 a=2", "a stands there twice"),
        ("a.b=1", "the key a.b may have letters, digits, '_' and '-' only"),
        ("a='$HOME' b='|'", "the characters $ | mean something to a shell"),
        ("a=1\nb=2", "it must be one line"),
    ],
)
def test_a_complaint_names_the_value_and_what_is_expected(text: str, said: str) -> None:
    assert any(complaint.startswith(said) for complaint in parse(text)[1]), parse(text)[1]


def test_everything_wrong_is_said_at_once_and_the_rest_is_read() -> None:
    pairs, complaints = parse("good=1 name=alice stray on=True good=2")
    assert pairs == (Pair("good", "1"),)
    assert len(complaints) == 4


KEYS = st.text("abzAZ019_-", min_size=1, max_size=4)
INSIDE = st.characters(
    exclude_categories=("C", "Z"), exclude_characters="".join(METACHARACTERS), include_characters=" "
)
TAKEN_VALUES = st.one_of(
    st.integers().map(str),
    st.integers(0).map(hex),
    st.floats().map(repr),
    st.sampled_from(["true", "false", "-0", "+0", "1_0", "1e5", "0o17", "0b1_1", "+inf", "1.5E-07"]),
    st.text(INSIDE).filter(lambda text: "'" not in text).map(lambda text: f"'{text}'"),
    st.text(INSIDE).filter(lambda text: '"' not in text).map(lambda text: f'"{text}"'),
)
CONFIGS = st.dictionaries(KEYS, TAKEN_VALUES, max_size=4)
NEARLY = st.lists(
    st.one_of(
        st.builds(
            "{}={}".format, KEYS, st.one_of(TAKEN_VALUES, st.sampled_from(["True", "01", "x", "", "1,", "'a'b"]))
        ),
        st.text("a=1'\" ,.:", max_size=6),
    ),
    max_size=4,
).map(" ".join)


@given(CONFIGS)
def test_what_flower_takes_is_accepted(values: dict[str, str]) -> None:
    text = " ".join(f"{key}={value}" for key, value in values.items())
    assert parse(text) == (tuple(Pair(key, value) for key, value in values.items()), ())


@given(
    st.one_of(
        CONFIGS.map(lambda values: "  ".join(f"{key}={value}" for key, value in values.items())),
        NEARLY,
        st.text("ab01=-_.,'\"+exT \t", max_size=16),
        st.text(max_size=12),
    )
)
def test_what_is_accepted_flower_reads_as_exactly_those_pairs(text: str) -> None:
    pairs, complaints = parse(text)
    if complaints:
        return
    read = flower(text)
    assert list(read) == [pair.key for pair in pairs]
    for pair in pairs:
        assert repr(read[pair.key]) == repr(tomllib.loads(f"x = {pair.value}")["x"])


@given(st.text())
def test_any_text_is_read_without_falling_over(text: str) -> None:
    pairs, complaints = parse(text)
    assert all(pair.key and pair.value for pair in pairs)
    assert all(complaints)
    assert pairs or complaints or not text


@pytest.mark.parametrize(
    ("text", "partition"),
    [
        ("partition-id=3 num-partitions=10", Partition(3, 10)),
        ("num-partitions=10 a=1 partition-id=0x3", Partition(3, 10)),
        ("partition-id=3", Partition(3, None)),
        ("partition-id='3' num-partitions=10", None),
        ("partition-id=3.0", None),
        ("partition-id=true", None),
        ("num-partitions=10", None),
        ("", None),
        ("partition-id=3 num-partitions='x'", Partition(3, None)),
        ("partition-id=3 broken", Partition(3, None)),
        (f"partition-id={'9' * 5000}", None),
        (f"partition-id=0x{'f' * 5000}", None),
        (f"partition-id=1 num-partitions=0x{'f' * 5000}", Partition(1, None)),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_partition_that_a_node_config_names(text: str, partition: Partition | None) -> None:
    assert partition_of(text) == partition


@pytest.mark.parametrize(
    ("text", "number"),
    [("a=1 partition-id='x'", "'x'"), ("partition-id=7", "7"), ("a=1", None), ("partition-id:7", None)],
)
def test_the_partition_id_as_it_is_written(text: str, number: str | None) -> None:
    assert partition_id_of(text) == number


@given(st.integers(0, 10**6), st.one_of(st.none(), st.integers(1, 10**6)))
def test_a_partition_written_is_read_back_and_flower_takes_it(number: int, count: int | None) -> None:
    text = written(Partition(number, count))
    assert partition_of(text) == Partition(number, count)
    expected = {"partition-id": number} | ({} if count is None else {"num-partitions": count})
    assert flower(text) == expected


def test_a_partition_in_words() -> None:
    assert str(Partition(2, 4)) == "2 of 4"
    assert str(Partition(2, None)) == "2 of ?"


@pytest.mark.parametrize("text", ["", "a=1", "partition-id=0 num-partitions=2", "a='x y' b=\"z\"", "a=b=c"])
def test_a_text_of_pairs_is_split_and_joined_again(text: str) -> None:
    assert node_config.joined(node_config.split(text)) == text


def test_what_is_no_pair_is_not_lost_by_splitting() -> None:
    assert node_config.split("partition-id  a= =1") == (
        node_config.Pair("partition-id", ""),
        node_config.Pair("a", ""),
        node_config.Pair("", "1"),
    )


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("a", "1", None),
        ("a", "'x y'", None),
        ("", "1", "key is missing"),
        ("a", "", "no value"),
        ("a", "x y", "in quotes"),
        ("a b", "1", "may have letters"),
        ("a", "'$x'", "mean something to a shell"),
        ("a", "1 b=2", "in quotes"),
        ("a", "01", "leading zero"),
    ],
)
def test_one_pair_is_judged_by_itself(key: str, value: str, said: str | None) -> None:
    complaint = node_config.pair_complaint(node_config.Pair(key, value))
    assert complaint is None if said is None else said in (complaint or "")
