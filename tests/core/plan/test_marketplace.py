"""The marketplace contract: its inputs as they were published, and every rule at home in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wizard.core.opennebula.documents import read_template
from wizard.core.opennebula.documents_v6 import from_v6
from wizard.core.plan import preset as presets
from wizard.core.plan import rules
from wizard.core.plan.contract import Level
from wizard.core.plan.contracts import MARKETPLACE
from wizard.core.plan.dialect import Dialect
from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Kind
from wizard.core.plan.template_rules import check_template, plan_of

CHOSEN = Plan(MARKETPLACE).with_text("service.network", "0")


def test_the_inputs_are_the_published_ones() -> None:
    assert CHOSEN.template()["user_inputs"] == {
        "ONEAPP_FL_FRAMEWORK": "O|list|Machine learning framework|pytorch,tensorflow,sklearn|pytorch",
        "ONEAPP_FL_TLS_ENABLED": "O|boolean|Encrypt communication between SuperLink and SuperNodes||YES",
    }
    assert all(role["user_inputs"] == {} for role in CHOSEN.template()["roles"])
    assert [role["cooldown"] for role in CHOSEN.template()["roles"]] == [60, 30]
    assert MARKETPLACE.inputs(Level.SUPERLINK) == MARKETPLACE.inputs(Level.SUPERNODE) == ()


def test_the_network_is_mandatory() -> None:
    found = [problem for problem in rules.check(Plan(MARKETPLACE)) if problem.kind is Kind.ERROR]
    assert [(problem.field, problem.rule) for problem in found] == [("service.network", "mandatory")]
    assert not rules.blocking(rules.check(CHOSEN))
    assert CHOSEN.merge_template()["networks_values"] == [{"Private": {"id": "0"}}]


def test_a_preset_names_the_contract() -> None:
    read = presets.loads(
        'preset = 1\ncontract = "marketplace"\n[service]\nnetwork = 0\nONEAPP_FL_FRAMEWORK = "sklearn"\n'
    )
    assert read.plan == CHOSEN.with_text("ONEAPP_FL_FRAMEWORK", "sklearn")
    assert presets.loads(presets.dumps(read)).plan == read.plan


@given(st.dictionaries(st.sampled_from([*MARKETPLACE.by_path]), st.text(max_size=12)))
def test_no_rule_needs_an_input_that_this_contract_lacks(texts: dict[str, str]) -> None:
    rules.check(Plan(MARKETPLACE, texts))


def test_its_template_is_linted_and_read_back_in_both_dialects() -> None:
    for dialect in Dialect:
        written = dialect.template(CHOSEN)
        assert from_v6(written) == CHOSEN.template()
        assert not rules.blocking(check_template(written, MARKETPLACE))
    read = plan_of(read_template(CHOSEN.template()), MARKETPLACE).with_text("service.network", "0")
    assert read.template() == CHOSEN.template()
