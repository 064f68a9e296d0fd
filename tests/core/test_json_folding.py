"""Folding of the JSON that is shown."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from wizard.core.json_folding import depth, folded
from wizard.core.plan.plan import Plan, to_json

TEXT = to_json(Plan().template())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


def test_level_by_level() -> None:
    assert folded(TEXT, 0).startswith("{ ")
    assert folded(TEXT, 0).count("\n") == 1
    first = folded(TEXT, 1)
    assert '  "user_inputs": { 3 lines },\n' in first
    assert '  "name": "Flower Federated Learning",\n' in first
    assert '"superlink"' not in first
    assert '"name": "superlink"' in folded(TEXT, 3)
    assert folded(TEXT, depth(TEXT)) == TEXT


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), st.integers(0, 6))
def test_nothing_above_the_level_is_lost(document: dict[str, object], levels: int) -> None:
    text = to_json(document)
    lines = folded(text, levels).rstrip("\n").split("\n")
    whole = text.rstrip("\n").split("\n")
    kept = [line for line in whole if (len(line) - len(line.lstrip(" "))) // 2 < levels]
    assert [line for line in lines if line in kept] == kept
    if levels > depth(text):
        assert json.loads("\n".join(lines)) == document
