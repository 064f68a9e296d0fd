"""Deployments on an OpenNebula 6.10, up to what the guests get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.opennebula.documents import read_service, unwrapped
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.plan.dialect import Dialect
from wizard.core.plan.plan import Plan, Registration, to_json
from wizard.core.plan.plan_from_document import plan_from_document, plan_from_template
from wizard.operations.prepare import InvalidPlan, prepare
from wizard.sandbox.blueprint import User, VmTemplate
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.sandbox.worlds import DEFAULT

KEY = "ssh-ed25519 AAAA operator@home"
SCRIPT = 'echo "hello" >> /etc/motd\n# $5 a day, C:\\temp, ${x}\n'
OWN = {"TIMEZONE": "Europe/Madrid", "START_SCRIPT": SCRIPT.replace("$5", "5").replace("${x}", "x")}


def quiet(_: str) -> None:
    """Say nothing."""


def world(**more: str) -> Sandbox:
    superlink, *others = DEFAULT.vm_templates
    context = {**superlink.contents["CONTEXT"], **more}
    templates = (VmTemplate(0, superlink.name, {**superlink.contents, "CONTEXT": context}), *others)
    users = (User(0, "oneadmin", 0, "oneadmin", ssh_public_key=KEY),)
    plan = replace(DEFAULT, vm_templates=templates, users=users)
    return Sandbox(plan, latency=0, clock=ManualClock(1_795_428_900), version="6.10")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with world(**OWN) as running:
        yield running


@pytest.fixture
def cloud(sandbox: Sandbox) -> Iterator[Cloud]:
    client = client_of(sandbox)
    yield client
    client.close()


def client_of(sandbox: Sandbox) -> Cloud:
    return Cloud(find_login(sandbox.environment(), Path("/nonexistent")), timeout=2.0, clock=sandbox.clock.now)


def contexts(sandbox: Sandbox) -> dict[str, dict[str, str]]:
    """What the last guest of each role was given."""
    return {vm.role: vm.context for vm in sandbox.world.vms}


def running(sandbox: Sandbox, cloud: Cloud, plan: Plan) -> ServiceSnapshot:
    service = deploy_plan(plan, cloud, quiet)
    sandbox.clock.advance(180)
    snapshot = cloud.services.poll(service.id).snapshot
    assert (snapshot.state_name, snapshot.complete) == ("RUNNING", True)
    return snapshot


def test_nothing_of_the_vm_template_is_lost_and_ours_wins(sandbox: Sandbox, cloud: Cloud) -> None:
    plan = Plan().with_texts({"service.network": "0", "FL_NUM_ROUNDS": "9"})
    service = running(sandbox, cloud, plan)
    superlink, supernode = (contexts(sandbox)[role] for role in ("superlink", "supernode"))
    assert {key: superlink[key] for key in OWN} == OWN
    assert superlink["SSH_PUBLIC_KEY"] == supernode["SSH_PUBLIC_KEY"] == KEY
    assert (superlink["FL_NUM_ROUNDS"], superlink["READY_SCRIPT_PATH"]) == (
        "9",
        "/opt/flower/scripts/health-check.sh",
    )
    assert "FL_NUM_ROUNDS" not in supernode
    # What is registered is for every VM template, and is used again.
    (registered,) = [item for item in cloud.templates.list() if item.name == plan.name]
    assert "TIMEZONE" not in str(registered.body)
    again = prepare(plan, cloud)
    assert (again.is_registered, again.template_id) == (True, registered.id)
    assert "TIMEZONE" in again.merge_template
    imported = plan_from_document(cloud.services.document(str(service.id)))
    assert imported.plan == plan.with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1"})


def by_hand() -> dict[str, object]:
    """SuperNodes first, a role between, APPEND as many write it."""
    one = {"cardinality": 1, "min_vms": 1, "max_vms": 1}
    parents = ["superlink"]
    several = {"cardinality": 2, "min_vms": 2, "max_vms": 3}
    context = 'CONTEXT = [ TOKEN = "YES", REPORT_READY = "YES", NETWORK = "YES", FL_X = "$FL_X" ]\nAPPEND="CONTEXT"'
    return {
        "name": Plan().name,
        "deployment": "straight",
        "ready_status_gate": True,
        "custom_attrs": {"FL_X": "O|text|x||default"},
        "roles": [
            {
                "name": "supernode",
                "vm_template": 1,
                "parents": ["superlink"],
                "vm_template_contents": context,
                **several,
            },
            {
                "name": "logger",
                "vm_template": 0,
                "parents": parents,
                "custom_attrs": {"LOG_LEVEL": "O|text|How much||warn"},
                "vm_template_contents": 'LOG_LEVEL = "$LOG_LEVEL"',
                **one,
            },
            {"name": "superlink", "vm_template": 0, "vm_template_contents": context, **one},
        ],
    }


AWKWARD = ['name="alice"', "a\\b c=1", "a & b < c; x=[1, 2] # 'q'", "ä €", "k=v\\0 \\1", "a\\\\b"]


@pytest.mark.parametrize("value", AWKWARD)
def test_what_is_typed_is_what_the_guest_gets(sandbox: Sandbox, cloud: Cloud, value: str) -> None:
    service = deploy_plan(plan_from_template(by_hand()).with_text("FL_X", value), cloud, quiet)
    sandbox.clock.advance(240)
    assert cloud.services.poll(service.id).snapshot.state_name == "RUNNING"
    given = contexts(sandbox)
    assert [given[role]["FL_X"] for role in ("superlink", "supernode")] == [value, value]
    assert read_service(unwrapped(cloud.services.document(str(service.id)))[1])[0].user_inputs_values["FL_X"] == value


@pytest.mark.parametrize("value", ["a=$HOME", "a=${x}", "a\\", 'a=\\"'])
def test_what_would_not_arrive_is_refused_before_anything_is_sent(sandbox: Sandbox, cloud: Cloud, value: str) -> None:
    with pytest.raises(InvalidPlan, match="FL_NODE_CONFIG"):
        deploy_plan(Plan().with_text("FL_NODE_CONFIG", value), cloud, quiet)
    assert not [item for item in sandbox.requests if item.method == "POST" and item.server == "oneflow"]


def test_a_vm_template_whose_context_can_not_be_handed_on_is_named() -> None:
    with world(START_SCRIPT='say \\"hi\\"') as sandbox:
        cloud = client_of(sandbox)
        with pytest.raises(InvalidPlan, match=r"VM template 0.*START_SCRIPT"):
            deploy_plan(Plan(), cloud, quiet)
        cloud.close()


@pytest.mark.parametrize("whole", [False, True], ids=["as it is", "imported whole"])
def test_a_template_of_others_with_its_roles_in_another_order(sandbox: Sandbox, cloud: Cloud, whole: bool) -> None:
    number = cloud.templates.register(to_json(by_hand()))
    if whole:
        plan = plan_from_template(cloud.templates.find(str(number)).body).with_text("FL_X", "mine")
        prepared = prepare(plan, cloud)
    else:
        plan = Plan().with_text("supernode.cardinality", "2")
        prepared = prepare(plan, cloud, registration=Registration.AS_IS)
    assert prepared.template_id == number
    service = cloud.templates.instantiate(number, prepared.merge_template)
    sandbox.clock.advance(240)
    snapshot = cloud.services.poll(service.id).snapshot
    assert snapshot.state_name == "RUNNING"
    assert [(role.name, len(role.nodes)) for role in snapshot.roles] == [
        ("supernode", 2),
        ("logger", 1),
        ("superlink", 1),
    ]
    given = contexts(sandbox)
    assert {context["SSH_PUBLIC_KEY"] for context in given.values()} == {KEY}
    assert given["superlink"]["FL_X"] == ("mine" if whole else "default")
    assert given["superlink"]["TIMEZONE"] == "Europe/Madrid"


def test_what_an_earlier_version_registered_is_another_template_and_its_difference_is_shown(
    sandbox: Sandbox, cloud: Cloud
) -> None:
    document = Dialect.V6.template(Plan())
    for role in document["roles"]:
        role["vm_template_contents"] += '\nAPPEND = "CONTEXT"'
    cloud.templates.register(to_json(document))
    (found,) = prepare(Plan(), cloud).same_name
    assert not found.same
    assert any(line.text.startswith("-") and "APPEND" in line.text for line in found.differs)


def test_a_document_of_7_is_no_document_for_6(cloud: Cloud) -> None:
    assert prepare(Plan(), cloud).dialect is Dialect.V6
