"""What is wrong with a service template that someone else wrote: each rule firing, and not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.core.plan.plans import valid_plans
from wizard.core.opennebula.documents import NotATemplate, read_template
from wizard.core.opennebula.user_inputs import VM_ATTRIBUTES
from wizard.core.plan.contract import Level
from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Kind, Problem
from wizard.core.plan.rules import check
from wizard.core.plan.server_rules import REFUSED
from wizard.core.plan.template_rules import STRUCTURE_RULES, check_template, plan_of

ERROR, WARNING = Kind.ERROR, Kind.WARNING
RECORDINGS = Path(__file__).parents[2] / "recordings"

Change = Callable[[dict[str, Any]], object]


def template(*changes: Change) -> dict[str, Any]:
    """Our own default template, changed."""
    body = copy.deepcopy(Plan().template())
    for change in changes:
        change(body)
    return body


def put(path: str, value: object) -> Change:
    """Set what stands at `roles/0/name`; a missing object on the way is made."""
    *way, last = path.split("/")

    def change(body: Any) -> None:
        for part in way:
            body = body[int(part)] if part.isdigit() else body.setdefault(part, {})
        body[last] = value

    return change


def drop(path: str) -> Change:
    """Remove what stands there."""
    *way, last = path.split("/")

    def change(body: Any) -> None:
        for part in way:
            body = body[int(part) if part.isdigit() else part]
        del body[int(last) if last.isdigit() else last]

    return change


def third(name: str, *parents: str) -> Change:
    """A third role."""
    role = {"name": name, "type": "vm", "template_id": 3, "cardinality": 1, "parents": list(parents)}
    context = {"CONTEXT": Plan().template()["roles"][0]["template_contents"]["CONTEXT"]}
    return lambda body: body["roles"].append(role | {"template_contents": context})


FIRES: list[tuple[str, tuple[Change, ...], Kind, str, str]] = [
    ("deployment", (put("deployment", "none"),), ERROR, "deployment", "none: expected straight"),
    ("deployment", (drop("deployment"),), ERROR, "deployment", "nothing, which OneFlow reads as none"),
    ("ready-gate", (put("ready_status_gate", False),), ERROR, "ready_status_gate", "False: expected true"),
    ("ready-gate", (put("ready_status_gate", "true"),), ERROR, "ready_status_gate", "'true': expected true"),
    ("ready-gate", (put("ready_status_gate", 1),), ERROR, "ready_status_gate", "1: expected true"),
    ("ready-gate", (drop("ready_status_gate"),), ERROR, "ready_status_gate", "None: expected true"),
    ("roles", (drop("roles/1"),), ERROR, "roles", "no role supernode"),
    ("roles", (put("roles/0/name", "coordinator"),), ERROR, "roles", "no role superlink"),
    ("role-name", (third("super-node", "superlink"),), ERROR, "roles[2].name", "'super-node'"),
    ("role-name", (third("", "superlink"),), ERROR, "roles[2].name", "''"),
    ("role-name", (third("knöten", "superlink"),), ERROR, "roles[2].name", "'knöten'"),
    ("role-name", (third("a\n", "superlink"),), ERROR, "roles[2].name", r"'a\n'"),
    ("role-name", (put("roles/0/name", ["superlink"]),), ERROR, "roles[0].name", "['superlink']"),
    ("role-name", (drop("roles/0/name"),), ERROR, "roles[0].name", "None"),
    ("role", (lambda body: body["roles"].append(3),), ERROR, "roles[2]", "a role is a JSON object"),
    ("parents", (drop("roles/1/parents"),), ERROR, "roles[1].parents", "supernode has no parents"),
    ("parents", (put("roles/1/parents", []),), ERROR, "roles[1].parents", "supernode has no parents"),
    ("parents", (put("roles/1/parents", "superlink"),), ERROR, "roles[1].parents", "supernode has no parents"),
    ("parents", (put("roles/1/parents", ["boss"]),), ERROR, "roles[1].parents", "waits for boss"),
    ("parents", (third("logger"),), ERROR, "roles[2].parents", "logger has no parents"),
    ("cycle", (put("roles/1/parents", ["supernode"]),), ERROR, "roles[1].parents", "supernode waits for itself"),
    ("cycle", (put("roles/0/parents", ["supernode"]),), ERROR, "roles[0].parents", "superlink waits for itself"),
    (
        "cycle",
        (third("logger", "supernode"), put("roles/1/parents", ["logger"])),
        ERROR,
        "roles[2].parents",
        "logger waits for itself",
    ),
    (
        "policies",
        (put("roles/0/elasticity_policies", [{"expression": "CPU > 50"}]),),
        ERROR,
        "roles[0].elasticity_policies",
        "role superlink scales by itself",
    ),
    (
        "policies",
        (put("roles/1/scheduled_policies", [{"recurrence": "0 9 * * *"}]),),
        ERROR,
        "roles[1].scheduled_policies",
        "role supernode scales by itself",
    ),
    ("definition", (put("user_inputs/X", "O|text|a|b"),), ERROR, "user_inputs.X", "has 4"),
    ("definition", (put("user_inputs/X", "O|text|with a || bar|b|c"),), ERROR, "user_inputs.X", "has 7"),
    ("definition", (put("roles/0/user_inputs/X", 3),), ERROR, "roles[0].user_inputs.X", "'3'"),
    ("definition", (put("user_inputs/X", None),), ERROR, "user_inputs.X", "None"),
    (
        "two-levels",
        (put("roles/1/user_inputs/FL_LOG_LEVEL", "O|list|x|DEBUG,INFO|DEBUG"),),
        ERROR,
        "roles[1].user_inputs.FL_LOG_LEVEL",
        "FL_LOG_LEVEL is also set at service level: role supernode",
    ),
    (
        "two-levels",
        (put("roles/0/user_inputs/flower_version", "O|text|x||1.31.0"),),
        ERROR,
        "roles[0].user_inputs.flower_version",
        "flower_version is also set at service level: role superlink",
    ),
    (
        "two-levels",
        (
            drop("user_inputs/FLOWER_VERSION"),
            put("roles/0/user_inputs/FLOWER_VERSION", "O|text|x||1.25.0"),
            put("roles/1/user_inputs/FLOWER_VERSION", "O|text|x||1.31.0"),
        ),
        ERROR,
        "roles[1].user_inputs.FLOWER_VERSION",
        "is also set at role superlink",
    ),
    *(
        ("infrastructure", (put(f"user_inputs/{key}", "O|boolean|x||YES"),), ERROR, f"user_inputs.{key}", key)
        for key in ("TOKEN", "REPORT_READY", "NETWORK", "token")
    ),
    (
        "infrastructure",
        (put("roles/1/user_inputs/READY_SCRIPT_PATH", "O|text|x||/bin/true"),),
        ERROR,
        "roles[1].user_inputs.READY_SCRIPT_PATH",
        "READY_SCRIPT_PATH is infrastructure",
    ),
    *(
        ("vm-attribute", (put(f"user_inputs/{key}", "O|text|x||1"),), ERROR, f"user_inputs.{key}", f"{key} is an attr")
        for key in ("CPU", "MEMORY", "VCPU", "NIC", "DISK", "Memory", "READY")
    ),
    (
        "vm-attribute",
        (put("roles/1/user_inputs/CPU", "O|text|x||1"),),
        ERROR,
        "roles[1].user_inputs.CPU",
        "CPU is an attribute",
    ),
    (
        "context",
        (put("roles/1/template_contents/CONTEXT/TOKEN", "NO"),),
        ERROR,
        "roles[1].template_contents.CONTEXT.TOKEN",
        "'NO' switches off",
    ),
    (
        "context",
        (drop("roles/0/template_contents/CONTEXT/REPORT_READY"),),
        WARNING,
        "roles[0].template_contents.CONTEXT",
        "superlink must have REPORT_READY=YES",
    ),
    (
        "context",
        (drop("roles/0/template_contents"),),
        WARNING,
        "roles[0].template_contents.CONTEXT",
        "superlink must have TOKEN=YES",
    ),
    # rules about values, on what a template says
    ("singleton", (put("roles/0/cardinality", 2),), ERROR, "superlink.cardinality", "2 is not 1"),
    ("singleton", (put("roles/0/max_vms", 3),), ERROR, "superlink.max_vms", "3 is not 1"),
    ("number", (drop("roles/0/max_vms"),), ERROR, "superlink.max_vms", "nothing is entered"),
    ("number", (drop("roles/1/min_vms"),), ERROR, "supernode.min_vms", "nothing is entered"),
    ("number", (drop("roles/1/cardinality"),), ERROR, "supernode.cardinality", "nothing is entered"),
    ("number", (put("roles/1/cardinality", None),), ERROR, "supernode.cardinality", "'None'"),
    ("range", (put("roles/1/cardinality", 12),), ERROR, "supernode.cardinality", "12 is above max_vms=10"),
    ("name", (drop("name"),), ERROR, "service.name", "is empty"),
    ("name", (put("name", "a<b"),), ERROR, "service.name", "'a<b'"),
    ("version", (put("user_inputs/FLOWER_VERSION", "O|text|x||latest"),), ERROR, "FLOWER_VERSION", "'latest'"),
    (
        "shared-partition",
        (put("roles/1/user_inputs/FL_NODE_CONFIG", "O|text|x||partition-id=0"),),
        WARNING,
        "FL_NODE_CONFIG",
        "all 2 SuperNodes",
    ),
    ("hard-shutdown", (put("shutdown_action", "terminate-hard"),), WARNING, "service.shutdown_action", "terminate"),
]

SILENT: list[tuple[str, tuple[Change, ...]]] = [
    ("deployment", ()),
    ("ready-gate", (put("ready_status_gate", True),)),
    ("roles", (third("logger", "superlink"),)),
    ("role-name", (third("A_9", "superlink"),)),
    ("role", ()),
    ("parents", (third("logger", "supernode", "superlink"),)),
    ("parents", (drop("roles/0"), put("roles/0/parents", ["supernode"]))),
    ("cycle", (third("logger", "supernode", "superlink"),)),
    ("cycle", (third("a", "b"), third("b", "superlink"))),
    ("policies", (put("roles/1/elasticity_policies", []), put("roles/1/scheduled_policies", None))),
    ("definition", (put("user_inputs/X", "M|text|x"), put("roles/0/user_inputs/Y", "O|range|x|1..3|2"))),
    ("two-levels", (put("user_inputs/X", "O|text|x||"), put("roles/0/user_inputs/Y", "O|text|x||"))),
    ("infrastructure", (put("user_inputs/TOKEN_NAME", "O|text|x||"),)),
    ("vm-attribute", (put("user_inputs/MY_MEMORY", "O|text|x||"),)),
    ("context", (put("roles/0/template_contents/CONTEXT/EXTRA", "1"),)),
    ("singleton", ()),
    ("number", ()),
    ("range", (put("roles/1/cardinality", 10),)),
    ("name", ()),
    ("version", (put("user_inputs/FLOWER_VERSION", "O|text|x||1.31.0"),)),
    ("shared-partition", ()),
    ("hard-shutdown", ()),
]


def _found(rule: str, changes: tuple[Change, ...]) -> list[Problem]:
    return [problem for problem in check_template(template(*changes)) if problem.rule == rule]


@pytest.mark.parametrize(("rule", "changes", "kind", "field", "said"), FIRES)
def test_a_rule_fires(rule: str, changes: tuple[Change, ...], kind: Kind, field: str, said: str) -> None:
    found = [problem for problem in _found(rule, changes) if problem.field == field]
    assert any(problem.kind is kind and said in problem.message for problem in found), found


@pytest.mark.parametrize(("rule", "changes"), SILENT)
def test_a_rule_is_silent(rule: str, changes: tuple[Change, ...]) -> None:
    assert _found(rule, changes) == []


def test_every_rule_of_the_structure_has_both_cases() -> None:
    everything = {
        problem.rule
        for _, changes, *_ in FIRES
        for rule in STRUCTURE_RULES
        for problem in rule(read_template(template(*changes)), Plan().contract)
    }
    assert everything <= {rule for rule, *_ in FIRES}
    assert everything <= {rule for rule, _ in SILENT}


def test_all_problems_at_once_the_structure_first() -> None:
    body = template(
        put("deployment", "none"),
        put("user_inputs/CPU", "O|number|x||1"),
        drop("roles/1/parents"),
        put("roles/1/cardinality", 11),
        put("roles/0/user_inputs/FL_NUM_ROUNDS", "O|number|x||0"),
    )
    problems = check_template(body)
    assert [problem.rule for problem in problems if problem.kind is ERROR] == [
        "deployment",
        "parents",
        "vm-attribute",
        "number",
        "range",
    ]


def test_values_are_judged_only_where_both_roles_are_there() -> None:
    problems = check_template(template(drop("roles/1"), put("roles/0/cardinality", 2)))
    assert [problem.rule for problem in problems] == ["roles", REFUSED]


@given(valid_plans())
def test_our_own_templates_have_no_error_and_say_the_same_as_the_plan(plan: Plan) -> None:
    """But for the name of a VM template that stands where an id belongs, until the cloud is asked."""
    problems = [item for item in check_template(plan.template()) if not item.path.endswith("template_id")]
    assert [str(problem) for problem in problems if problem.kind is ERROR] == []
    of_the_plan = [problem for problem in check(plan) if problem.rule not in ("vm-template", "dollar")]
    assert [problem for problem in problems if problem.rule not in ("vm-template", "dollar")] == of_the_plan


@given(valid_plans())
def test_a_template_amounts_to_the_plan_it_was_made_of(plan: Plan) -> None:
    again = plan_of(read_template(plan.template()))
    for item in plan.contract.fields:
        if item.key not in ("vm_template", "network"):
            wanted = plan.text(item.path)
            assert again.text(item.path) == (wanted.strip() if item.is_input else wanted)
    for level in (Level.SUPERLINK, Level.SUPERNODE):
        role = next(role for role in plan.template()["roles"] if role["name"] == level.value)
        assert again.text(f"{level.value}.vm_template") == str(role["template_id"])


def test_a_whole_document_is_unwrapped() -> None:
    body = template()
    assert read_template({"DOCUMENT": {"ID": "3", "TEMPLATE": {"BODY": body}}}).to_v7() == body
    assert check_template({"DOCUMENT": {"TEMPLATE": {"BODY": body}}}) == check_template(body)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (None, "JSON object"),
        ([], "JSON object"),
        ("{}", "JSON object"),
        ({}, "list of roles"),
        ({"roles": {}}, "list of roles"),
        ({"DOCUMENT": {}}, "JSON object"),
        ({"DOCUMENT": {"TEMPLATE": {"BODY": "text"}}}, "JSON object"),
        ({"DOCUMENT": {"TEMPLATE": []}}, "JSON object"),
    ],
)
def test_what_is_no_template(document: object, why: str) -> None:
    with pytest.raises(NotATemplate, match=why):
        check_template(document)


@pytest.mark.parametrize("path", ["name", "user_inputs", "roles/0", "roles/0/user_inputs", "roles/1/template_contents"])
@pytest.mark.parametrize("value", [None, 3, "x", [], [[]], {"x": {}}, {"X": []}, True])
def test_odd_values_are_judged_not_fallen_over(path: str, value: object) -> None:
    if path == "roles/0":
        body = template(lambda found: found["roles"].__setitem__(0, value))
    else:
        body = template(put(path, value))
    assert all(problem.message and problem.field for problem in check_template(body))


@pytest.mark.parametrize("role", [3, None, "superlink", [], [[{}]]])
def test_a_role_that_is_none_is_one_finding_and_spoils_nothing_else(role: object) -> None:
    body = template(put("ready_status_gate", False), lambda body: body["roles"].insert(0, role))
    alone = check_template(template(put("ready_status_gate", False)))
    found = check_template(body)
    assert [problem.place for problem in found if problem.rule == "role"] == ["roles[0]"]
    assert len(found) == len(alone) + 1
    assert all(problem in found for problem in alone if not problem.field.startswith("roles["))


@pytest.mark.parametrize(
    ("recording", "rules"),
    [
        ("93-template-parents-cycle.json", {"cycle"}),
        ("93-template-parents-unknown.json", {"parents"}),
        ("93-template-empty-name.json", {"name"}),
        ("93-template-role-name-duplicate.json", {"roles"}),
        ("93-template-cardinality-negative.json", {"number"}),
        ("94-update-without-deployment.json", {"deployment"}),
    ],
)
def test_what_a_real_server_was_sent(recording: str, rules: set[str]) -> None:
    body = json.loads((RECORDINGS / recording).read_text())["request"]["body"]
    assert rules <= {problem.rule for problem in check_template(body) if problem.kind is ERROR}


def test_vm_attributes_are_in_capitals_and_hold_the_sizes() -> None:
    assert {name.upper() for name in VM_ATTRIBUTES} == VM_ATTRIBUTES
    assert {"CPU", "VCPU", "MEMORY", "NIC", "DISK", "CONTEXT", "SERVICE_ID", "ROLE_NAME"} <= VM_ATTRIBUTES
    assert not VM_ATTRIBUTES & set(Plan().contract.by_path)
