"""A deployment in review: what will be made, the order of what was found, the verdict, and the command."""

from __future__ import annotations

import shlex

from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Fix, Kind, Problem
from wizard.core.preflight.case import Finding, Result
from wizard.core.preflight.facts import Network, VmTemplate
from wizard.core.preflight.review import field_of, items, summary, verdict
from wizard.core.views.commands import deploy_command

PLAN = Plan().with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1"})
TEMPLATES = (VmTemplate(0, "link", cpu=1, memory=2048), VmTemplate(1, "node", cpu=2, memory=4096))


def problem(kind: Kind, *, grave: bool = False) -> Problem:
    """A problem of a kind."""
    return Problem(kind, "FL_NUM_ROUNDS", f"a {kind.value}", "rule", grave, Fix("Enter 3."))


def finding(result: Result, check: str = "hosts", title: str = "Hosts") -> Finding:
    """A finding with a result."""
    return Finding(check, title, result, "found", "Do it.")


def test_the_worst_comes_first_wherever_it_was_found() -> None:
    found = items(
        PLAN.contract,
        (problem(Kind.WARNING), problem(Kind.WARNING, grave=True), problem(Kind.NOTE)),
        (finding(Result.OK), finding(Result.UNKNOWN), finding(Result.ERROR)),
    )
    assert [item.word for item in found] == ["error", "warning", "warning", "unknown", "note", "ok"]
    assert found[1].grave
    assert found[0].field == "supernode.cardinality"
    assert found[1].cure == "Enter 3."


def test_a_finding_leads_to_the_setting_that_decides() -> None:
    def field(check: str, title: str, result: Result = Result.ERROR) -> str:
        return field_of(PLAN.contract, finding(result, check, title))

    assert field("vm-template", "SuperLink template") == "superlink.vm_template"
    assert field("image", "SuperNodes image") == "supernode.vm_template"
    assert field("service-name", "Service name") == "service.name"
    assert field("flower-version", "SuperNodes Flower") == "FLOWER_VERSION"
    assert field("oned", "oned") == ""
    assert field("hosts", "Hosts", Result.OK) == ""


def test_ready_is_said_only_with_an_answer_and_without_errors() -> None:
    assert verdict((), ()).said == "Ready to deploy."
    assert not verdict((), None).ready
    assert verdict((), None, "The cloud is slow.").said == "The cloud is slow."
    assert verdict((problem(Kind.WARNING),), (finding(Result.WARNING),)).said == "Ready to deploy, with 2 warnings."
    refused = verdict((), (finding(Result.ERROR), finding(Result.ERROR)))
    assert (refused.ready, refused.said) == (False, "Preflight found 2 errors. Fix them first.")
    assert verdict((problem(Kind.ERROR),), ()).said == "1 error in the settings. Fix it first."


def test_what_will_be_made() -> None:
    told = dict(summary(PLAN.with_text("supernode.cardinality", "3"), TEMPLATES, (Network(1, "public"),)))
    assert told["SuperLink"] == "1 × link (0), 1 CPU and 2 GB"
    assert told["SuperNodes"] == "3 × node (1), 2 CPU and 4 GB each"
    assert told["Wanted"] == "4 VMs, 7 CPU and 14 GB in all"
    assert told["Partitions"] == "3, one for each SuperNode"
    assert dict(summary(PLAN))["Wanted"] == "3 VMs, CPU and memory not known yet in all"
    shared = PLAN.with_text("FL_NODE_CONFIG", "partition-id=0 num-partitions=2")
    assert dict(summary(shared))["Partitions"] == "partition 0 for all SuperNodes"
    unknown = dict(summary(PLAN.with_text("supernode.cardinality", "many")))
    assert (unknown["SuperNodes"], unknown["Wanted"]) == ("? × 1", "not known yet")


def test_the_command_has_the_settings_that_differ_and_survives_a_shell() -> None:
    plan = Plan().with_texts({"service.name": "it's mine", "supernode.cardinality": "4"})
    command = deploy_command(plan, "default", Plan(), "update")
    words = shlex.split(command)
    assert words[:3] == ["flowerneb-wizard", "deploy", "default"]
    assert {"service.name=it's mine", "supernode.cardinality=4"} <= set(words)
    assert words.count("--set") == 2
    assert words[-2:] == ["--registered", "update"]
    assert deploy_command(Plan(), "default", Plan()) == "flowerneb-wizard deploy default"
