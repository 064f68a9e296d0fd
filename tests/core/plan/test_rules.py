"""Every rule about a plan: a case that makes it fire, one that does not, and what it says."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.core.plan.plans import ANY_TEXTS, valid_plans
from wizard.core.plan.contracts import SEED
from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Kind, Problem
from wizard.core.plan.rules import RULES, blocking, check, whole_number

ERROR, WARNING, NOTE = Kind.ERROR, Kind.WARNING, Kind.NOTE
THREE = {"supernode.cardinality": "3", "FL_MIN_AVAILABLE_CLIENTS": "2"}

FIRES = [
    # the version is X.Y.Z
    ("version", {"FLOWER_VERSION": "1.25"}, ERROR, "FLOWER_VERSION", "'1.25'"),
    ("version", {"FLOWER_VERSION": "latest"}, ERROR, "FLOWER_VERSION", "'latest'"),
    ("version", {"FLOWER_VERSION": ""}, ERROR, "FLOWER_VERSION", "''"),
    ("version", {"FLOWER_VERSION": "1.25.0-rc1"}, ERROR, "FLOWER_VERSION", "'1.25.0-rc1'"),
    ("version", {"FLOWER_VERSION": "v1.25.0"}, ERROR, "FLOWER_VERSION", "'v1.25.0'"),
    ("version", {"FLOWER_VERSION": "1.25.٠"}, ERROR, "FLOWER_VERSION", "'1.25.٠'"),
    ("version", {"FLOWER_VERSION": "1.25.0\n"}, ERROR, "FLOWER_VERSION", r"'1.25.0\n'"),
    # numbers are positive whole numbers
    ("number", {"FL_NUM_ROUNDS": "0"}, ERROR, "FL_NUM_ROUNDS", "'0'"),
    ("number", {"FL_NUM_ROUNDS": "-3"}, ERROR, "FL_NUM_ROUNDS", "'-3'"),
    ("number", {"FL_NUM_ROUNDS": "2.5"}, ERROR, "FL_NUM_ROUNDS", "'2.5'"),
    ("number", {"FL_NUM_ROUNDS": "three"}, ERROR, "FL_NUM_ROUNDS", "'three'"),
    ("number", {"FL_NUM_ROUNDS": "1000000000"}, ERROR, "FL_NUM_ROUNDS", "'1000000000'"),
    ("number", {"FL_MIN_FIT_CLIENTS": "٣"}, ERROR, "FL_MIN_FIT_CLIENTS", "'٣'"),
    ("number", {"supernode.cardinality": ""}, ERROR, "supernode.cardinality", "nothing is entered"),
    ("number", {"supernode.max_vms": "1e3"}, ERROR, "supernode.max_vms", "'1e3'"),
    ("number", {"superlink.cooldown": "0"}, ERROR, "superlink.cooldown", "'0'"),
    # lists and booleans have one of their options
    ("choice", {"FL_LOG_LEVEL": "TRACE"}, ERROR, "FL_LOG_LEVEL", "'TRACE': expected one of DEBUG, INFO"),
    ("choice", {"FL_STRATEGY": "fedavg"}, ERROR, "FL_STRATEGY", "'fedavg'"),
    ("choice", {"FL_STRATEGY": ""}, ERROR, "FL_STRATEGY", "expected FedAvg, FedProx, FedAdam"),
    ("choice", {"ML_FRAMEWORK": "jax"}, ERROR, "ML_FRAMEWORK", "'jax'"),
    ("choice", {"FL_USE_CASE": "chess"}, ERROR, "FL_USE_CASE", "'chess'"),
    ("choice", {"FL_TLS_ENABLED": "yes"}, ERROR, "FL_TLS_ENABLED", "'yes': expected YES or NO"),
    ("choice", {"FL_TLS_ENABLED": ""}, ERROR, "FL_TLS_ENABLED", "expected YES or NO"),
    ("choice", {"service.shutdown_action": "off"}, ERROR, "service.shutdown_action", "'off'"),
    # the node config is what Flower reads
    ("node-config", {"FL_NODE_CONFIG": "name=alice"}, ERROR, "FL_NODE_CONFIG", "name=alice"),
    ("node-config", {"FL_NODE_CONFIG": "a=01"}, ERROR, "FL_NODE_CONFIG", "a=01"),
    ("node-config", {"FL_NODE_CONFIG": "a=1,b=2"}, ERROR, "FL_NODE_CONFIG", "a=1,b=2"),
    ("node-config", {"FL_NODE_CONFIG": "partition-id:0"}, ERROR, "FL_NODE_CONFIG", "partition-id:0"),
    ("node-config", {"FL_NODE_CONFIG": "a=1 a=2"}, ERROR, "FL_NODE_CONFIG", "a stands there twice"),
    ("node-config", {"FL_NODE_CONFIG": "a='$(id)'"}, ERROR, "FL_NODE_CONFIG", "$ ( )"),
    ("node-config", {"FL_NODE_CONFIG": "a=1\nb=2"}, ERROR, "FL_NODE_CONFIG", "one line"),
    ("node-config", {"FL_NODE_CONFIG": "a='|'"}, ERROR, "FL_NODE_CONFIG", "|"),
    ("node-config", {"FL_NODE_CONFIG": "  "}, ERROR, "FL_NODE_CONFIG", "only blanks"),
    # Flower's own minimum is 2
    ("minimum", {"FL_MIN_FIT_CLIENTS": "1"}, ERROR, "FL_MIN_FIT_CLIENTS", "1 is below Flower's own minimum of 2"),
    ("minimum", {"FL_MIN_EVALUATE_CLIENTS": "1"}, ERROR, "FL_MIN_EVALUATE_CLIENTS", "1 is below"),
    ("minimum", {"FL_MIN_AVAILABLE_CLIENTS": "1"}, ERROR, "FL_MIN_AVAILABLE_CLIENTS", "1 is below"),
    (
        "minimum",
        {"supernode.cardinality": "1"},
        ERROR,
        "supernode.cardinality",
        "rounds would never start",
    ),
    # one partition-id for all
    (
        "shared-partition",
        {"FL_NODE_CONFIG": "partition-id=0 num-partitions=3", **THREE},
        WARNING,
        "FL_NODE_CONFIG",
        "partition-id=0 goes to all 3 SuperNodes",
    ),
    ("shared-partition", {"FL_NODE_CONFIG": "partition-id=7"}, WARNING, "FL_NODE_CONFIG", "all 2 SuperNodes"),
    ("shared-partition", {"FL_NODE_CONFIG": "a=1 partition-id='x'"}, WARNING, "FL_NODE_CONFIG", "partition-id='x'"),
    ("no-partition", {"FL_NODE_CONFIG": "site='north'"}, WARNING, "FL_NODE_CONFIG", "no partition-id"),
    # more clients than the run starts with
    (
        "clients-at-start",
        {"FL_MIN_FIT_CLIENTS": "3", **THREE},
        WARNING,
        "FL_MIN_FIT_CLIENTS",
        "3 is above FL_MIN_AVAILABLE_CLIENTS=2",
    ),
    (
        "clients-at-start",
        {"FL_MIN_EVALUATE_CLIENTS": "3", **THREE},
        WARNING,
        "FL_MIN_EVALUATE_CLIENTS",
        "3 is above FL_MIN_AVAILABLE_CLIENTS=2",
    ),
    # more clients than there will ever be
    *(
        ("clients", {field: "3"}, ERROR, field, "3 clients are required, but there are 2 SuperNodes")
        for field in ("FL_MIN_FIT_CLIENTS", "FL_MIN_EVALUATE_CLIENTS", "FL_MIN_AVAILABLE_CLIENTS")
    ),
    # a scale-down could stall
    (
        "clients-after-scale",
        {"FL_MIN_AVAILABLE_CLIENTS": "3", "supernode.cardinality": "3"},
        WARNING,
        "FL_MIN_AVAILABLE_CLIENTS",
        "3 is above supernode.min_vms=2",
    ),
    # texts that do not survive
    ("text", {"service.name": "a\nb"}, ERROR, "service.name", r"'a\nb' contains a line break"),
    ("text", {"service.description": "a\tb"}, ERROR, "service.description", r"'a\tb'"),
    ("text", {"service.description": "a\u2028b"}, ERROR, "service.description", r"'a\u2028b'"),
    ("text", {"service.name": "a\ud800b"}, ERROR, "service.name", r"'a\ud800b'"),
    ("text", {"service.name": "a\x1b[31m"}, ERROR, "service.name", r"'a\x1b[31m'"),
    ("text", {"service.description": "a\uffffb"}, ERROR, "service.description", r"'a\uffffb'"),
    ("text", {"FLOWER_VERSION": "1.2|3"}, ERROR, "FLOWER_VERSION", "'1.2|3' contains '|'"),
    ("text", {"service.description": "C:\\"}, ERROR, "service.description", "ends with a backslash"),
    ("text", {"service.name": "a${b}"}, ERROR, "service.name", "'a${b}' contains '${'"),
    ("text", {"superlink.vm_template": "${x}"}, ERROR, "superlink.vm_template", "'${x}'"),
    ("dollar", {"service.name": "cost $5"}, WARNING, "service.name", "'cost $5' contains '$'"),
    ("dollar", {"service.network": "$net"}, WARNING, "service.network", "'$net'"),
    # names
    ("name", {"service.name": ""}, ERROR, "service.name", "is empty; expected 1 to 128"),
    ("name", {"service.name": "   "}, ERROR, "service.name", "is empty"),
    ("name", {"service.name": "x" * 129}, ERROR, "service.name", "129 characters"),
    ("name", {"service.name": "a & b"}, ERROR, "service.name", "'a & b' contains &"),
    ("name", {"service.name": "<b>"}, ERROR, "service.name", "'<b>' contains < >"),
    # use cases and frameworks
    (
        "use-case",
        {"FL_USE_CASE": "image-classification", "ML_FRAMEWORK": "sklearn"},
        ERROR,
        "FL_USE_CASE",
        "image-classification runs on pytorch or tensorflow, not on sklearn",
    ),
    *(
        ("use-case", {"FL_USE_CASE": case, "ML_FRAMEWORK": framework}, ERROR, "FL_USE_CASE", f"not on {framework}")
        for case, framework in [
            ("anomaly-detection", "pytorch"),
            ("anomaly-detection", "tensorflow"),
            ("llm-fine-tuning", "tensorflow"),
            ("llm-fine-tuning", "sklearn"),
        ]
    ),
    # SuperNodes within their limits
    ("range", {"supernode.cardinality": "11"}, ERROR, "supernode.cardinality", "11 is above max_vms=10"),
    (
        "range",
        {"supernode.min_vms": "3", "supernode.cardinality": "2"},
        ERROR,
        "supernode.cardinality",
        "2 is below min_vms=3",
    ),
    ("range", {"supernode.min_vms": "1"}, ERROR, "supernode.min_vms", "1 is below 2"),
    ("range", {"supernode.min_vms": "11"}, ERROR, "supernode.max_vms", "10 is below min_vms=11"),
    # one SuperLink
    *(
        ("singleton", {f"superlink.{key}": "2"}, ERROR, f"superlink.{key}", "2 is not 1")
        for key in ("cardinality", "min_vms", "max_vms")
    ),
    # a hard shutdown
    (
        "hard-shutdown",
        {"service.shutdown_action": "shutdown-hard"},
        WARNING,
        "service.shutdown_action",
        "shutdown-hard powers the VMs off",
    ),
    (
        "hard-shutdown",
        {"service.shutdown_action": "terminate-hard"},
        WARNING,
        "service.shutdown_action",
        "terminate-hard",
    ),
    # notes
    ("vm-template", {}, NOTE, "superlink.vm_template", "'Flower SuperLink'"),
    ("vm-template", {"supernode.vm_template": " "}, NOTE, "supernode.vm_template", "'Flower SuperNode'"),
    ("sunstone", {}, NOTE, "FL_NUM_ROUNDS", "Sunstone does not show"),
]

SILENT = [
    ("version", {"FLOWER_VERSION": "1.31.0"}),
    ("version", {"FLOWER_VERSION": "10.0.123"}),
    ("number", {"FL_NUM_ROUNDS": "1"}),
    ("number", {"FL_NUM_ROUNDS": " 007 "}),
    ("number", {"FL_NUM_ROUNDS": "999999999"}),
    ("choice", {"FL_LOG_LEVEL": "ERROR", "FL_STRATEGY": "FedAdam", "FL_TLS_ENABLED": "YES"}),
    ("node-config", {"FL_NODE_CONFIG": ""}),
    ("node-config", {"FL_NODE_CONFIG": "partition-id=0 num-partitions=2 rate=0.5 fast=true site='a b'"}),
    ("minimum", {"FL_MIN_FIT_CLIENTS": "2", "supernode.cardinality": "2"}),
    ("shared-partition", {"FL_NODE_CONFIG": ""}),
    ("shared-partition", {"FL_NODE_CONFIG": "site='north'"}),
    ("shared-partition", {"FL_NODE_CONFIG": "partition-id=0", "supernode.cardinality": "1"}),
    ("shared-partition", {"FL_NODE_CONFIG": "num-partitions=2"}),
    ("no-partition", {"FL_NODE_CONFIG": "partition-id=0"}),
    ("no-partition", {"FL_NODE_CONFIG": ""}),
    ("clients-at-start", {"FL_MIN_FIT_CLIENTS": "2", "FL_MIN_AVAILABLE_CLIENTS": "2"}),
    ("clients-at-start", {"FL_MIN_FIT_CLIENTS": "3", "FL_MIN_AVAILABLE_CLIENTS": "3"}),
    ("clients", {"FL_MIN_AVAILABLE_CLIENTS": "3", "supernode.cardinality": "3"}),
    ("clients", {"FL_MIN_AVAILABLE_CLIENTS": "x"}),
    ("clients-after-scale", {"FL_MIN_AVAILABLE_CLIENTS": "2", "supernode.cardinality": "9"}),
    (
        "clients-after-scale",
        {"FL_MIN_AVAILABLE_CLIENTS": "3", "supernode.cardinality": "3", "supernode.min_vms": "3"},
    ),
    ("text", {"service.name": "Flöwer 🌻 شبكة \u200f\xa0"}),
    ("text", {"service.name": "new emoji \U0001fae9"}),
    ("text", {"service.description": "a|b c\\d"}),
    ("dollar", {"service.name": "cost 5"}),
    ("dollar", {"service.name": "${x}"}),
    ("name", {"service.name": "x"}),
    ("name", {"service.name": "x" * 128}),
    ("name", {"service.name": "\"quoted\" 'and' `ticked`"}),
    *(("use-case", {"FL_USE_CASE": "none", "ML_FRAMEWORK": framework}) for framework in ("pytorch", "sklearn")),
    *(
        ("use-case", {"FL_USE_CASE": case, "ML_FRAMEWORK": framework})
        for case, framework in [
            ("image-classification", "pytorch"),
            ("image-classification", "tensorflow"),
            ("anomaly-detection", "sklearn"),
            ("llm-fine-tuning", "pytorch"),
        ]
    ),
    ("range", {"supernode.cardinality": "10"}),
    ("range", {"supernode.cardinality": "3", "supernode.min_vms": "3", "supernode.max_vms": "3"}),
    ("range", {"supernode.cardinality": "x", "supernode.min_vms": "", "supernode.max_vms": "-1"}),
    ("singleton", {"superlink.cardinality": "1"}),
    ("singleton", {"superlink.cardinality": "x"}),
    ("hard-shutdown", {"service.shutdown_action": "terminate"}),
    ("vm-template", {"superlink.vm_template": "3", "supernode.vm_template": "mine"}),
]


def _found(rule: str, texts: dict[str, str]) -> list[Problem]:
    return [problem for problem in check(Plan(SEED, texts)) if problem.rule == rule]


@pytest.mark.parametrize(("rule", "texts", "kind", "field", "said"), FIRES)
def test_a_rule_fires(rule: str, texts: dict[str, str], kind: Kind, field: str, said: str) -> None:
    found = [problem for problem in _found(rule, texts) if problem.field == field]
    assert [problem.kind for problem in found] == [kind] * len(found)
    assert any(said in problem.message for problem in found), found
    assert all(problem.grave == (rule == "shared-partition") for problem in found)


@pytest.mark.parametrize(("rule", "texts"), SILENT)
def test_a_rule_is_silent(rule: str, texts: dict[str, str]) -> None:
    assert _found(rule, texts) == []


def test_every_rule_has_a_case() -> None:
    fired = {rule for rule, *_ in FIRES}
    everything = {problem.rule for _, texts, *_ in FIRES for problem in check(Plan(SEED, texts))}
    assert everything == fired
    assert fired - {rule for rule, _ in SILENT} == {"sunstone"}, "the seed always has inputs at role level"


def test_the_defaults_have_notes_only() -> None:
    problems = check(Plan())
    assert [(problem.kind, problem.field) for problem in problems] == [
        (NOTE, "superlink.vm_template"),
        (NOTE, "FL_NUM_ROUNDS"),
        (NOTE, "supernode.vm_template"),
    ]
    assert not blocking(problems)


def test_all_problems_at_once_errors_first_then_in_the_order_of_the_fields() -> None:
    plan = Plan(
        SEED,
        {
            "FL_USE_CASE": "llm-fine-tuning",
            "ML_FRAMEWORK": "sklearn",
            "FL_NODE_CONFIG": "partition-id=0",
            "FL_NUM_ROUNDS": "0",
            "FLOWER_VERSION": "1",
            "service.name": "$<",
            "supernode.vm_template": "3",
        },
    )
    problems = check(plan)
    assert [(problem.kind, problem.field) for problem in problems] == [
        (ERROR, "service.name"),
        (ERROR, "FLOWER_VERSION"),
        (ERROR, "FL_NUM_ROUNDS"),
        (ERROR, "FL_USE_CASE"),
        (WARNING, "service.name"),
        (WARNING, "FL_NODE_CONFIG"),
        (NOTE, "superlink.vm_template"),
        (NOTE, "FL_NUM_ROUNDS"),
    ]
    assert blocking(problems)


@pytest.mark.parametrize(
    ("kinds", "blocks"), [((), False), ((WARNING, NOTE), False), ((NOTE, ERROR), True), ((ERROR,), True)]
)
def test_only_an_error_blocks(kinds: tuple[Kind, ...], blocks: bool) -> None:
    assert blocking(tuple(Problem(kind, "x", "", "") for kind in kinds)) is blocks


def test_a_problem_as_a_line() -> None:
    assert str(Problem(ERROR, "FL_NUM_ROUNDS", "'0' is wrong", "number")) == "error: FL_NUM_ROUNDS: '0' is wrong"


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), (" 12 ", 12), ("0", None), ("-1", None), ("+1", None), ("1.0", None), ("", None), ("²", None)],
)
def test_a_positive_whole_number(text: str, number: int | None) -> None:
    assert whole_number(text) == number


@given(valid_plans())
def test_a_valid_plan_has_no_errors(plan: Plan) -> None:
    assert [str(problem) for problem in check(plan) if problem.kind is ERROR] == []


@given(ANY_TEXTS)
def test_any_text_is_judged_and_each_problem_said_once(texts: dict[str, str]) -> None:
    plan = Plan(SEED, texts)
    problems = check(plan)
    assert len(set(problems)) == len(problems)
    assert {problem.field for problem in problems} <= set(SEED.by_path)
    assert all(rule.__doc__ for rule in RULES)
