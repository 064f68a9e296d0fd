"""The seed contract, against the tables that it was written from."""

from __future__ import annotations

from collections import Counter

import pytest

from wizard.core.opennebula.user_inputs import InputType, parse
from wizard.core.plan.contract import Field, Level, Meaning
from wizard.core.plan.contracts import CONTRACTS, SEED

DEFINITIONS = {
    Level.SERVICE: {
        "FLOWER_VERSION": "O|text|Flower Docker image version tag||1.25.0",
        "FL_TLS_ENABLED": "O|boolean|Enable TLS encryption||NO",
        "FL_LOG_LEVEL": "O|list|Log verbosity|DEBUG,INFO,WARNING,ERROR|INFO",
    },
    Level.SUPERLINK: {
        "FL_NUM_ROUNDS": "O|number|Number of federated learning rounds||3",
        "FL_STRATEGY": "O|list|Aggregation strategy|FedAvg,FedProx,FedAdam|FedAvg",
        "FL_MIN_FIT_CLIENTS": "O|number|Minimum clients for training round||2",
        "FL_MIN_EVALUATE_CLIENTS": "O|number|Minimum clients for evaluation||2",
        "FL_MIN_AVAILABLE_CLIENTS": "O|number|Minimum available clients to start||2",
    },
    Level.SUPERNODE: {
        "ML_FRAMEWORK": "O|list|ML framework|pytorch,tensorflow,sklearn|pytorch",
        "FL_USE_CASE": "O|list|Pre-built use case|none,image-classification,anomaly-detection,llm-fine-tuning|none",
        "FL_NODE_CONFIG": "O|text|Space-separated key=value node config||",
    },
}


@pytest.mark.parametrize("level", list(Level))
def test_inputs_of_a_level(level: Level) -> None:
    found = {item.key: item.input.definition() for item in SEED.inputs(level)}
    assert found == DEFINITIONS[level]
    assert list(found) == list(DEFINITIONS[level])


def test_each_variable_stands_once() -> None:
    counts = Counter(item.key for item in SEED.fields if item.is_input)
    assert set(counts.values()) == {1}
    assert len(counts) == 11


def test_each_path_stands_once() -> None:
    assert len(SEED.by_path) == len(SEED.fields)
    assert {item.path for item in SEED.fields if not item.is_input} == {
        "service.name",
        "service.network",
        "service.description",
        "service.shutdown_action",
        *(
            f"{role}.{key}"
            for role in ("superlink", "supernode")
            for key in ("vm_template", "cardinality", "min_vms", "max_vms", "cooldown")
        ),
    }


@pytest.mark.parametrize(
    ("path", "default"),
    [
        ("service.name", "Flower Federated Learning"),
        ("service.network", ""),
        ("service.shutdown_action", "shutdown"),
        ("superlink.vm_template", ""),
        ("superlink.cardinality", "1"),
        ("superlink.min_vms", "1"),
        ("superlink.max_vms", "1"),
        ("superlink.cooldown", "60"),
        ("supernode.vm_template", ""),
        ("supernode.cardinality", "2"),
        ("supernode.min_vms", "2"),
        ("supernode.max_vms", "10"),
        ("supernode.cooldown", "30"),
    ],
)
def test_default_of_an_attribute(path: str, default: str) -> None:
    assert SEED.by_path[path].input.default == default


def test_context_is_what_guests_need_and_never_an_input() -> None:
    assert SEED.context == {
        "TOKEN": "YES",
        "REPORT_READY": "YES",
        "READY_SCRIPT_PATH": "/opt/flower/scripts/health-check.sh",
        "NETWORK": "YES",
    }
    assert not set(SEED.context) & {item.key for item in SEED.fields}


def test_only_the_size_of_the_superlink_is_fixed_and_says_why() -> None:
    fixed = {item.path: item.fixed_because for item in SEED.fields if item.fixed_because}
    assert set(fixed) == {"superlink.cardinality", "superlink.min_vms", "superlink.max_vms"}
    assert all("split" in reason for reason in fixed.values())


def test_roles() -> None:
    assert [(role.level, role.parents) for role in SEED.roles] == [
        (Level.SUPERLINK, ()),
        (Level.SUPERNODE, ("superlink",)),
    ]
    assert SEED.role(Level.SUPERNODE).vm_template_name == "Flower SuperNode"


def test_use_cases_are_the_options_and_name_frameworks_that_exist() -> None:
    assert SEED.use_cases == {
        "none": (),
        "image-classification": ("pytorch", "tensorflow"),
        "anomaly-detection": ("sklearn",),
        "llm-fine-tuning": ("pytorch",),
    }
    assert tuple(SEED.use_cases) == SEED.by_path["FL_USE_CASE"].input.options


@pytest.mark.parametrize("meaning", list(Meaning))
def test_every_meaning_is_found(meaning: Meaning) -> None:
    found = SEED.meaning(meaning)
    assert found is not None
    assert found.meaning is meaning


def test_a_meaning_of_both_roles_is_told_apart_by_level() -> None:
    paths = [getattr(SEED.meaning(Meaning.CARDINALITY, level), "path", None) for level in Level]
    assert paths == [None, "superlink.cardinality", "supernode.cardinality"]


@pytest.mark.parametrize("item", SEED.fields, ids=lambda item: item.path)
def test_each_field_is_explained_and_readable(item: Field) -> None:
    assert item.label
    assert item.help.endswith(".")
    assert parse(item.key, item.input.definition()) == item.input
    assert item.unit or item.input.type is not InputType.NUMBER


def test_contracts_are_found_by_name() -> None:
    assert CONTRACTS["seed"] is SEED
