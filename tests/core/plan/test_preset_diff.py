"""In which settings two plans differ."""

from __future__ import annotations

from dataclasses import replace

from wizard.core.plan.contracts import SEED
from wizard.core.plan.diffs import ABSENT, EMPTY, Difference, as_lines, differences, from_defaults, in_words
from wizard.core.plan.plan import Plan

LEFT = Plan().with_texts({"FL_NUM_ROUNDS": "5", "supernode.cardinality": "4"})
RIGHT = Plan().with_texts({"FL_NUM_ROUNDS": "7", "FL_NODE_CONFIG": "x=1"})


def test_equal_plans_do_not_differ() -> None:
    assert differences(LEFT, LEFT) == differences(Plan(), Plan().with_text("FL_NUM_ROUNDS", "3")) == ()


def test_each_difference_has_both_values_and_the_default() -> None:
    assert differences(LEFT, RIGHT) == (
        Difference("FL_NUM_ROUNDS", "Rounds", "5", "7", "3"),
        Difference("supernode.cardinality", "How many SuperNodes", "4", "2", "2"),
        Difference("FL_NODE_CONFIG", "Node config", "", "x=1", ""),
    )


def test_seen_from_the_other_side() -> None:
    turned = {(item.path, item.right, item.left) for item in differences(RIGHT, LEFT)}
    assert turned == {(item.path, item.left, item.right) for item in differences(LEFT, RIGHT)}


def test_from_defaults() -> None:
    assert from_defaults(Plan()) == ()
    assert [(item.path, item.left, item.right) for item in from_defaults(LEFT)] == [
        ("FL_NUM_ROUNDS", "3", "5"),
        ("supernode.cardinality", "2", "4"),
    ]


def test_a_setting_that_one_contract_does_not_have() -> None:
    other = replace(SEED, name="other", fields=tuple(item for item in SEED.fields if item.key != "FL_STRATEGY"))
    (found,) = differences(Plan(), Plan(other))
    assert found == Difference("FL_STRATEGY", "Strategy", "FedAvg", None, "FedAvg")
    (turned,) = differences(Plan(other), Plan())
    assert (turned.left, turned.right) == (None, "FedAvg")


def test_lines_tell_the_default_only_where_it_is_neither() -> None:
    assert as_lines(differences(LEFT, RIGHT), 80).splitlines() == [
        "FL_NUM_ROUNDS          5 → 7  (default 3)",
        "supernode.cardinality  4 → 2",
        f"FL_NODE_CONFIG         {EMPTY} → x=1",
    ]
    assert as_lines(differences(LEFT, RIGHT), 30).splitlines()[:3] == [
        "FL_NUM_ROUNDS",
        "  5 → 7  (default 3)",
        "supernode.cardinality  4 → 2",
    ]
    assert as_lines((), 30) == ""
    assert in_words(None) == ABSENT
