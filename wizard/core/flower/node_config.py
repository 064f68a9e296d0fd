"""`--node-config` as Flower really reads it.

Flower looks for `key=value` between blanks and reads each as a line of TOML. What it can't read kills the SuperNode
(`name=alice`, `01`, `True`, commas); what does not look like a pair it drops without a word (`partition-id`,
`partition-id = 0`, `partition-id:0`), and the client application then dies on a missing key. So the whole text is
checked here, and only what arrives unharmed passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

PARTITION_ID = "partition-id"
NUM_PARTITIONS = "num-partitions"

_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")
_INTEGER = re.compile(
    r"[+-]?(0|[1-9](_?[0-9])*)\Z|0x[0-9A-Fa-f](_?[0-9A-Fa-f])*\Z|0o[0-7](_?[0-7])*\Z|0b[01](_?[01])*\Z"
)
_FLOAT = re.compile(r"[+-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9](_?[0-9])*)?\Z|[+-]?(inf|nan)\Z")
_QUOTED = re.compile(r"'[^']*'\Z|\"[^\"]*\"\Z")
_TOKEN = re.compile(r"(?:[^\s'\"]|'[^']*'|\"[^\"]*\"|['\"])+")
_LONGEST_NUMBER = 20
METACHARACTERS = frozenset("$`;&|<>\\(){}[]*?!#~")


@dataclass(frozen=True)
class Pair:
    """One `key=value`, the value as it is written."""

    key: str
    value: str


@dataclass(frozen=True)
class Partition:
    """Shard `id` (from 0) of `count`; None where a node config names an id and no number of shards."""

    id: int
    count: int | None

    def __str__(self) -> str:
        return f"{self.id} of {'?' if self.count is None else self.count}"


def parse(text: str) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    """Read a node config: the pairs that Flower would take, and what is wrong with the rest, a sentence each."""
    complaints = []
    if bad := sorted(METACHARACTERS.intersection(text)):
        complaints.append(f"the characters {' '.join(bad)} mean something to a shell or a template; leave them out")
    if not text.isprintable():
        complaints.append("it must be one line without control characters")
    if text and not text.strip():
        complaints.append("it has only blanks; leave it empty, or the guest takes them for your node config")
    pairs: dict[str, Pair] = {}
    for match in _TOKEN.finditer(text):
        token = match.group()
        key, equals, value = token.partition("=")
        if complaint := _complaint(token, key, equals, value):
            complaints.append(complaint)
        elif key in pairs:
            complaints.append(f"{key} stands there twice; Flower refuses that")
        else:
            pairs[key] = Pair(key, value)
    return tuple(pairs.values()), tuple(complaints)


def split(text: str) -> tuple[Pair, ...]:
    """The text as pairs to be edited, in their order; what is no pair is one with an empty value, and is not lost."""
    return tuple(Pair(*match.group().partition("=")[::2]) for match in _TOKEN.finditer(text))


def joined(pairs: Iterable[Pair]) -> str:
    """The text of edited pairs: what `split` reads back to the same pairs, where `pair_complaint` has none."""
    return " ".join(f"{pair.key}={pair.value}" for pair in pairs)


def pair_complaint(pair: Pair) -> str | None:
    """The complaint about one pair by itself; None where Flower reads it."""
    if not pair.key:
        return "the key is missing"
    if not pair.value:
        return f"{pair.key} has no value; Flower would drop it without a word"
    if complaint := _complaint(f"{pair.key}={pair.value}", pair.key, "=", pair.value):
        return complaint
    return next(iter(parse(f"{pair.key}={pair.value}")[1]), None)


@lru_cache(maxsize=1 << 14)
def partition_of(text: str) -> Partition | None:
    """The partition that a node config names; None where it has no partition-id that is a whole number."""
    pairs = {pair.key: pair.value for pair in parse(text)[0]}
    number = _whole(pairs.get(PARTITION_ID, ""))
    return None if number is None else Partition(number, _whole(pairs.get(NUM_PARTITIONS, "")))


def partition_id_of(text: str) -> str | None:
    """The partition-id that a node config names, as it is written, whether or not it has num-partitions."""
    return next((pair.value for pair in parse(text)[0] if pair.key == PARTITION_ID), None)


def written(partition: Partition) -> str:
    """The node config that gives a SuperNode this partition."""
    number = "" if partition.count is None else f" {NUM_PARTITIONS}={partition.count}"
    return f"{PARTITION_ID}={partition.id}{number}"


def _complaint(token: str, key: str, equals: str, value: str) -> str | None:
    if not equals:
        return f"{token} is not key=value; Flower drops it without a word"
    if not key or value == "":
        return f"{token} must be key=value with no blank around '='; Flower drops it without a word"
    if not _KEY.match(key):
        return f"the key {key} may have letters, digits, '_' and '-' only"
    if value.endswith(",") or ("," in value and not _QUOTED.match(value)):
        return f"{token}: pairs are separated by blanks, not commas, and a value is never a list"
    if value in ("true", "false") or any(form.match(value) for form in (_INTEGER, _FLOAT, _QUOTED)):
        return None
    if value in ("True", "False"):
        return f"{key}={value}: write {value.lower()}, in small letters"
    if value.isdigit():
        return f"{key}={value}: a number has no leading zero"
    return f"{key}={value}: expected a number, true, false, or a text in quotes ({key}='{value}')"


def _whole(text: str) -> int | None:
    if len(text) > _LONGEST_NUMBER:
        return None
    try:
        return int(text, 0)
    except ValueError:
        return None
