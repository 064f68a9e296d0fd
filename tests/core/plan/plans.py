"""Plans as an operator could make them, for properties."""

from __future__ import annotations

from hypothesis import strategies as st

from wizard.core.opennebula.user_inputs import InputType
from wizard.core.plan.contract import Field
from wizard.core.plan.contracts import SEED
from wizard.core.plan.plan import Plan

LINES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn"), exclude_characters="|$&<>\\"))
"""What may stand in a line, in any script and direction, without what a rule refuses."""

NAMES = LINES.filter(lambda text: text.strip() and len(text) <= 128)
VERSIONS = st.tuples(*[st.integers(0, 99)] * 3).map(lambda parts: ".".join(map(str, parts)))
NODE_CONFIGS = st.sampled_from(["", "site='north'", "partition-id=0 num-partitions=2", "rate=0.5 fast=true"])
USE_CASES = [(case, framework) for case, frameworks in SEED.use_cases.items() for framework in frameworks]


@st.composite
def valid_plans(draw: st.DrawFn) -> Plan:
    """A plan without errors; warnings it may have."""
    low = draw(st.integers(2, 50))
    count = draw(st.integers(low, 80))
    case, framework = draw(st.sampled_from([*USE_CASES, ("none", "tensorflow"), ("none", "sklearn")]))
    clients = st.integers(2, count).map(str)
    positive = st.integers(1, 999_999_999).map(str)
    texts = {
        "service.name": draw(NAMES),
        "service.description": draw(LINES),
        "service.network": draw(st.one_of(st.just(""), st.integers(0, 999).map(str), NAMES)),
        "service.shutdown_action": draw(st.sampled_from(["shutdown", "terminate", "shutdown-hard"])),
        "FLOWER_VERSION": draw(VERSIONS),
        "FL_TLS_ENABLED": draw(st.sampled_from(["YES", "NO"])),
        "FL_LOG_LEVEL": draw(st.sampled_from(SEED.by_path["FL_LOG_LEVEL"].input.options)),
        "superlink.vm_template": draw(st.one_of(st.just(""), st.integers(0, 999).map(str), NAMES)),
        "superlink.cooldown": draw(positive),
        "FL_NUM_ROUNDS": draw(positive),
        "FL_STRATEGY": draw(st.sampled_from(SEED.by_path["FL_STRATEGY"].input.options)),
        "FL_MIN_FIT_CLIENTS": draw(clients),
        "FL_MIN_EVALUATE_CLIENTS": draw(clients),
        "FL_MIN_AVAILABLE_CLIENTS": draw(clients),
        "supernode.cardinality": str(count),
        "supernode.min_vms": str(low),
        "supernode.max_vms": draw(st.integers(count, 999).map(str)),
        "supernode.cooldown": draw(positive),
        "ML_FRAMEWORK": framework,
        "FL_USE_CASE": case,
        "FL_NODE_CONFIG": draw(NODE_CONFIGS),
    }
    return Plan(SEED, texts)


def _any_text(item: Field) -> st.SearchStrategy[str]:
    if item.input.type is InputType.NUMBER:
        return st.integers(0, 10**18 - 1).map(str)
    return st.text()


PLANS = st.fixed_dictionaries({}, optional={item.path: _any_text(item) for item in SEED.fields}).map(
    lambda texts: Plan(SEED, texts)
)
"""Any text in any field, right or wrong; numbers where a number is asked for."""

ANY_TEXTS = st.dictionaries(st.sampled_from(sorted(SEED.by_path)), st.text(), max_size=8)
"""Any text in any field, numbers too."""
