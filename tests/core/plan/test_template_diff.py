"""What differs between a registered template and the one that is about to be sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wizard.core.opennebula.documents_v6 import to_v6
from wizard.core.plan.diffs import Change, template_diff
from wizard.core.plan.plan import Plan


def changed(before: Plan, after: Plan) -> list[str]:
    found = template_diff({**before.template(), "registration_time": 7}, after.template())
    return [line.text for line in found if line.change in (Change.ADDED, Change.REMOVED)]


def test_the_same_content_is_no_difference() -> None:
    assert changed(Plan(), Plan()) == []
    assert template_diff(to_v6(Plan().template()), Plan().template()) == ()
    reordered = dict(reversed(Plan().template().items()))
    assert template_diff(reordered, Plan().template()) == ()


def test_lines_are_those_of_git_diff() -> None:
    after = Plan().with_texts({"FL_NUM_ROUNDS": "9", "supernode.cardinality": "4"})
    assert changed(Plan(), after) == [
        '-        "FL_NUM_ROUNDS": "O|number|Number of federated learning rounds||3",',
        '+        "FL_NUM_ROUNDS": "O|number|Number of federated learning rounds||9",',
        '-      "cardinality": 2,',
        '+      "cardinality": 4,',
    ]
    found = template_diff(Plan().template(), after.template())
    assert found[0].change is Change.HUNK
    assert found[0].text.startswith("@@ -")
    assert sum(line.change is Change.HUNK for line in found) == 2


def test_what_was_added_by_hand_is_shown_as_removed() -> None:
    body = Plan().template()
    body["roles"][1]["elasticity_policies"] = [{"type": "CHANGE"}]
    assert any("elasticity_policies" in line.text and line.change is Change.REMOVED for line in _all(body))


def _all(body: dict[str, object]) -> tuple[object, ...]:
    return template_diff(body, Plan().template())


def test_a_body_that_can_t_be_read_is_compared_as_it_is() -> None:
    body = to_v6(Plan().template())
    body["roles"][0]["vm_template_contents"] = 'BROKEN = "'
    assert any("BROKEN" in line.text for line in template_diff(body, Plan().template()))


@given(st.dictionaries(st.sampled_from(sorted(Plan().contract.by_path)), st.text(max_size=6), max_size=4))
def test_it_is_empty_only_where_nothing_differs(texts: dict[str, str]) -> None:
    after = Plan().with_texts(texts)
    assert (changed(Plan(), after) == []) is (after.template() == Plan().template())
