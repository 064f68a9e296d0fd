"""Each finding has a fix; each rule a case that makes it fire and one that does not; a mechanical fix works."""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.plan import test_rules
from tests.core.plan import test_template_rules as test_structure
from tests.core.plan.test_template_rules import template
from tests.core.plan.test_template_rules_v6 import RULES_OF_6, whole
from wizard.core.opennebula.documents import read_template
from wizard.core.opennebula.documents_v6 import to_v6
from wizard.core.plan import dialect, rules
from wizard.core.plan import rules as counting_rules
from wizard.core.plan import template_rules as structure
from wizard.core.plan import template_rules_v6 as structure_v6
from wizard.core.plan.contract import Contract
from wizard.core.plan.contracts import MARKETPLACE, SEED
from wizard.core.plan.dialect import Dialect
from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Fix, Problem
from wizard.core.plan.template_rules import STRUCTURE_RULES, check_template

PLANS: list[Plan] = [
    *(Plan(SEED, texts) for _, texts, *_ in test_rules.FIRES),
    Plan(MARKETPLACE),
]
QUIET_PLANS: list[Plan] = [*(Plan(SEED, texts) for _, texts in test_rules.SILENT), Plan(MARKETPLACE)]
TEMPLATES = [template(*changes) for _, changes, *_ in test_structure.FIRES]
QUIET_TEMPLATES = [template(*changes) for _, changes in test_structure.SILENT]
CASES = Path(__file__).parents[1] / "cases"
FEW_STEPS = 12
"""Findings that may stand at one place at once; each fix takes away one."""


def contents_of_6(role: int, before: str, after: str) -> dict[str, Any]:
    """Our own template as 6.x wants it, with something else in the contents of a role."""
    body = to_v6(Plan().template())
    contents = body["roles"][role]["vm_template_contents"]
    assert before in contents
    body["roles"][role]["vm_template_contents"] = contents.replace(before, after)
    return body


TEMPLATES_OF_6 = [
    contents_of_6(0, "CONTEXT = [", 'APPEND = "CONTEXT"\nCONTEXT = ['),
    contents_of_6(0, "CONTEXT = [", 'APPEND="CONTEXT"\nCONTEXT = ['),
    contents_of_6(1, ', FL_NODE_CONFIG = "$FL_NODE_CONFIG"', ""),
    contents_of_6(1, "CONTEXT = [", "CONTEXT = "),
    contents_of_6(0, 'TOKEN = "YES"', 'TOKEN = "NO"'),
    contents_of_6(1, 'REPORT_READY = "YES", ', ""),
    json.loads((CASES / "02-v6-values-as-vm-attributes.json").read_text(encoding="utf-8")),
    json.loads((CASES / "03-v6-context-complete-without-append.json").read_text(encoding="utf-8")),
]
PLANS_OF_6 = [Plan().with_text("FL_NODE_CONFIG", text) for text in ("a=$HOME", 'a=\\"b', "a='\\", "a]]>")]


def every_finding() -> Iterator[Problem]:
    """What all the cases make the rules say."""
    for plan in PLANS:
        yield from rules.check(plan)
    for plan in PLANS_OF_6:
        yield from dialect.check(plan, Dialect.V6)
        yield from dialect.check_contexts(plan, Dialect.V6, Dialect.V6.template(plan), None)
    for body in (*TEMPLATES, *TEMPLATES_OF_6):
        yield from check_template(body)


def named_in(module: Any) -> set[str]:
    """The names of all rules in a module's findings, read from its source."""
    found = set()
    for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Problem", "_error"):
            rule = node.args[3 if node.func.id == "Problem" else 2]
            found |= {rule.value} if isinstance(rule, ast.Constant) else set()
    return found


@pytest.mark.parametrize("module", [rules, counting_rules, structure, structure_v6, dialect])
def test_every_finding_that_the_source_names_is_made_by_a_case(module: Any) -> None:
    named = named_in(module)
    assert named, "the test reads the source rightly"
    assert named <= {problem.rule for problem in every_finding()} | {
        problem.rule for plan in PLANS for problem in rules.mandatory_is_given(plan)
    }


def test_every_finding_has_a_case_that_does_not_make_it() -> None:
    named = {rule for module in (rules, counting_rules, structure, structure_v6) for rule in named_in(module)}
    quiet = {rule for rule, _ in test_rules.SILENT} | {rule for rule, _ in test_structure.SILENT}
    quiet |= set(RULES_OF_6) - {problem.rule for problem in check_template(whole())}
    # What the marketplace's plan, which has no inputs at the roles, and a filled-in one of it show below.
    assert named - quiet == {"mandatory", "sunstone"}


@pytest.mark.parametrize("rule", rules.RULES)
def test_every_rule_about_a_plan_fires_and_is_silent(rule: Any) -> None:
    filled_in = Plan(MARKETPLACE, {item.path: "x" for item in MARKETPLACE.fields if item.input.mandatory})
    assert any([*rule(plan)] for plan in PLANS)
    assert any(not [*rule(plan)] for plan in (*QUIET_PLANS, filled_in))


@pytest.mark.parametrize("rule", STRUCTURE_RULES)
def test_every_rule_about_a_template_fires_and_is_silent(rule: Any) -> None:
    assert any([*rule(read_template(body), SEED)] for body in TEMPLATES)
    assert any(not [*rule(read_template(body), SEED)] for body in QUIET_TEMPLATES)


def test_every_rule_in_the_source_is_in_force() -> None:
    for module, known in ((rules, rules.RULES), (counting_rules, rules.RULES), (structure, STRUCTURE_RULES)):
        source = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        returning = {
            node.name
            for node in source.body
            if isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Name) and node.returns.id == "Found"
        }
        assert returning <= {rule.__name__ for rule in known}


def test_no_fix_is_empty() -> None:
    findings = list(every_finding())
    assert findings
    for problem in findings:
        said = problem.fix.said
        assert said.endswith("."), problem
        assert said[0].isupper(), problem
        assert said != problem.message


@pytest.mark.parametrize("plan", PLANS)
def test_a_mechanical_fix_of_a_plan_silences_its_finding(plan: Plan) -> None:
    for problem in rules.check(plan):
        if problem.fix.mechanical:
            assert_settled(plan, problem)


def assert_settled(plan: Plan, problem: Problem) -> None:
    """One after the other, the fixes of this rule at this field leave nothing of it."""
    for _ in range(FEW_STEPS):
        found = [item for item in rules.check(plan) if (item.rule, item.field) == (problem.rule, problem.field)]
        if not found:
            return
        assert isinstance(found[0].fix.value, str), found[0]
        plan = plan.with_text(problem.field, found[0].fix.value)
        assert found[0] not in rules.check(plan)
    raise AssertionError(problem)


@pytest.mark.parametrize("plan", PLANS_OF_6)
def test_a_fix_for_6_silences_its_finding(plan: Plan) -> None:
    for problem in dialect.check(plan, Dialect.V6):
        assert dialect.check(plan.with_text(problem.field, str(problem.fix.value)), Dialect.V6) == ()


@pytest.mark.parametrize("place", range(len(TEMPLATES)))
def test_a_mechanical_fix_of_a_template_silences_its_finding(place: int) -> None:
    assert_settled_in(TEMPLATES[place])


@pytest.mark.parametrize("place", range(len(TEMPLATES)))
def test_the_same_for_the_template_as_6_writes_it(place: int) -> None:
    try:
        body = to_v6(json.loads(json.dumps(TEMPLATES[place])))
    except (TypeError, AttributeError, ValueError):
        pytest.skip("what is so wrong can't be written as 6.x wants it")
    for problem in check_template(body):
        assert exists(body, problem.path.rpartition(".")[0]), problem
    assert_settled_in(body)


@pytest.mark.parametrize("body", TEMPLATES_OF_6)
def test_a_mechanical_fix_of_a_template_of_6_silences_its_finding(body: dict[str, Any]) -> None:
    for problem in check_template(body):
        # What the CONTEXT of a VM template has to have can't be written into this one.
        assert problem.rule not in RULES_OF_6[1:] or problem.fix.mechanical or "VM template" in problem.fix.said
        assert '": "' not in problem.fix.said, "it is written in the syntax of 6.x"
    assert_settled_in(body)


def assert_settled_in(body: dict[str, Any]) -> None:
    """Each mechanical fix, applied to the JSON at its path, takes its own finding away."""
    for problem in check_template(body):
        if problem.fix.mechanical:
            fixed = applied(body, problem.path, problem.fix)
            assert problem not in check_template(fixed), (problem, fixed)


def applied(body: dict[str, Any], path: str, fix: Fix) -> dict[str, Any]:
    """The JSON with a fix at a path; objects that are missing on the way are made."""
    changed: dict[str, Any] = copy.deepcopy(body)
    *way, last = steps(path)
    node: Any = changed
    for step in way:
        node = node[step] if isinstance(step, int) else node.setdefault(step, {})
    if fix.remove:
        del node[last]
    else:
        node[last] = fix.value
    return changed


def exists(body: dict[str, Any], path: str) -> bool:
    """Whether there is something at a path."""
    node: Any = body
    for step in steps(path):
        if not isinstance(node, (dict, list)) or (isinstance(node, dict) and step not in node):
            return False
        node = node[step]
    return True


def steps(path: str) -> list[str | int]:
    """`roles[0].user_inputs.X` as what leads there."""
    return [int(part) if part.isdigit() else part for part in re.split(r"[.\[\]]+", path) if part]


@pytest.mark.parametrize("contract", [SEED, MARKETPLACE])
def test_the_path_of_a_value_leads_to_it(contract: Contract) -> None:
    texts = {item.path: "${x}\n" for item in contract.fields}
    body = Plan(contract, texts).template()
    for problem in check_template(body, contract):
        if problem.rule not in ("parents", "roles", "context", "deployment"):
            assert exists(body, problem.path) or problem.field.endswith("network"), problem
