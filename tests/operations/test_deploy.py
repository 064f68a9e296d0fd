"""The steps of a deployment: what is sent, what is found again, what stops it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploying import deploy_plan, quiet
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import Ambiguous, CloudError, NotFound, Unreachable
from wizard.cloud.login import find_login
from wizard.core.cluster.outcome import Outcome, outcome
from wizard.core.opennebula.snapshot import Node, Role, ServiceSnapshot
from wizard.core.opennebula.states import RoleState, ServiceState
from wizard.core.plan.dialect import Dialect
from wizard.core.plan.plan import Plan, Registration, to_json
from wizard.operations.deploy import registered_as
from wizard.operations.prepare import InvalidPlan, Lookups, names_in, preview, resolve_references
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox

INFLUENTIAL = ("POST", "PUT", "DELETE")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A cloud on a clock that stands still."""
    with Sandbox(latency=0, clock=ManualClock(1_795_428_900)) as running:
        yield running


@pytest.fixture
def cloud(sandbox: Sandbox) -> Iterator[Cloud]:
    """A client of it."""
    client = Cloud(find_login(sandbox.environment(), Path("/nonexistent")), clock=sandbox.clock.now)
    yield client
    client.close()


def by_id(plan: Plan, cloud: Cloud) -> Plan:
    """The plan with ids in the place of names, as the cloud knows them."""
    return resolve_references(plan, Lookups(cloud).find)[0]


def sent(sandbox: Sandbox) -> list[str]:
    return [item.path for item in sandbox.requests if item.server == "oneflow" and item.method in INFLUENTIAL]


def test_it_registers_and_instantiates(sandbox: Sandbox, cloud: Cloud) -> None:
    steps: list[str] = []
    service = deploy_plan(Plan(), cloud, steps.append)
    assert service.name == "Flower Federated Learning"
    assert sent(sandbox)[0] == "/service_template"
    assert sent(sandbox)[1].endswith("/action")
    assert steps[0].startswith("registering service template")
    assert steps[-1] == f"service {service.id} instantiated"
    sandbox.clock.advance(60)
    assert outcome(cloud.services.poll(service.id).snapshot) is Outcome.RUNNING


def test_what_is_registered_is_what_was_shown(cloud: Cloud) -> None:
    plan = by_id(Plan(), cloud)
    deploy_plan(plan, cloud, quiet)
    known = next(item for item in cloud.templates.list() if item.name == plan.name)
    body = {key: value for key, value in known.body.items() if key != "registration_time"}
    assert to_json(body) == preview(plan).template


def test_the_same_template_is_registered_once(sandbox: Sandbox, cloud: Cloud) -> None:
    first, second = deploy_plan(Plan(), cloud, quiet), deploy_plan(Plan(), cloud, quiet)
    assert first.id != second.id
    assert sent(sandbox).count("/service_template") == 1
    deploy_plan(Plan().with_text("FL_NUM_ROUNDS", "9"), cloud, quiet)
    assert sent(sandbox).count("/service_template") == 2


def test_the_dialect_is_that_of_the_cloud_unless_said(
    sandbox: Sandbox, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def register(text: str) -> int:
        sent.append(text)
        raise Unreachable("no further", "", "", "")

    monkeypatch.setattr(cloud.templates, "register", register)
    for version, said in (("7.5.80", None), ("6.10.0", None), ("6.8.3", Dialect.V6), ("6.10.0", Dialect.V7)):
        monkeypatch.setattr(cloud, "version", lambda version=version: version)
        with pytest.raises(Unreachable):
            deploy_plan(Plan(), cloud, quiet, said)
    assert ["custom_attrs" in text for text in sent] == [False, True, True, False]
    monkeypatch.setattr(cloud, "version", lambda: "7.5.80")
    with pytest.raises(InvalidPlan, match="can't make a service of it"):
        deploy_plan(Plan(), cloud, quiet, Dialect.V6)
    assert len(sent) == 4


def test_what_a_dialect_can_t_carry_stops_it_before_anything_is_sent(sandbox: Sandbox, cloud: Cloud) -> None:
    plan = Plan().with_text("FL_NODE_CONFIG", "site=$HOME")
    with pytest.raises(InvalidPlan, match="FL_NODE_CONFIG"):
        deploy_plan(plan, cloud, quiet, Dialect.V6)
    assert sandbox.requests == []


def test_errors_stop_it_before_anything_is_sent(sandbox: Sandbox, cloud: Cloud) -> None:
    with pytest.raises(InvalidPlan, match="FL_NUM_ROUNDS") as caught:
        deploy_plan(Plan().with_text("FL_NUM_ROUNDS", "0"), cloud, quiet)
    assert any(problem.field == "FL_NUM_ROUNDS" for problem in caught.value.problems)
    assert sandbox.requests == []


def test_names_become_ids(cloud: Cloud) -> None:
    plan = Plan().with_texts({"superlink.vm_template": "Alpine 3.20", "service.network": "storage"})
    assert names_in(plan) == ("service.network", "superlink.vm_template")
    found = by_id(plan, cloud)
    assert [found.text(path) for path in ("superlink.vm_template", "supernode.vm_template", "service.network")] == [
        "3",
        "1",
        "2",
    ]
    assert names_in(found) == ()
    typed_alone, unresolved = resolve_references(plan, Lookups(cloud).find, unchosen=False)
    assert typed_alone.text("supernode.vm_template") == ""
    assert [(item.field, item.text) for item in unresolved] == [("supernode.vm_template", "1")]


def test_a_name_that_is_not_there_names_the_field(sandbox: Sandbox, cloud: Cloud) -> None:
    with pytest.raises(NotFound) as caught:
        deploy_plan(Plan().with_text("supernode.vm_template", "Flower SuperNod"), cloud, quiet)
    assert "Did you mean 'Flower SuperNode'?" in caught.value.hint
    assert "supernode.vm_template" in caught.value.hint
    assert sent(sandbox) == []


def test_a_template_of_that_name_with_other_content_does_not_count(cloud: Cloud) -> None:
    plan = by_id(Plan(), cloud)
    other = plan.template() | {"description": "by hand"}
    cloud.templates.register(to_json(other))
    assert registered_as(to_json(plan.template()), cloud) is None
    number = cloud.templates.register(to_json(plan.template()))
    assert registered_as(to_json(plan.template()), cloud) == number


def test_a_lost_answer_is_looked_up(sandbox: Sandbox, cloud: Cloud) -> None:
    deploy_plan(Plan(), cloud, quiet)
    sandbox.faults.plan("oneflow", "cut", match="POST /service_template/")
    steps: list[str] = []
    service = deploy_plan(Plan(), cloud, steps.append)
    assert [item.id for item in cloud.services.list() if item.is_flower][-1] == service.id
    assert "the answer was lost" in " ".join(steps)
    assert len([item for item in cloud.services.list() if item.is_flower]) == 2


def test_a_request_that_never_arrived_is_an_error(sandbox: Sandbox, cloud: Cloud) -> None:
    sandbox.faults.plan("oneflow", "close", match="POST /service_template/")
    with pytest.raises(CloudError) as caught:
        deploy_plan(Plan(), cloud, quiet)
    assert "before you deploy again" in caught.value.hint
    assert not any(item.is_flower for item in cloud.services.list())


def test_when_everything_is_out_of_reach_afterwards(sandbox: Sandbox, cloud: Cloud) -> None:
    def cut_off(step: str) -> None:
        if step.startswith("instantiating"):
            sandbox.stop()

    with pytest.raises(CloudError) as caught:
        deploy_plan(Plan(), cloud, cut_off)
    assert caught.value.exit_status == Unreachable.exit_status
    assert "before you deploy again" in caught.value.hint


def snapshot(state: int, *, roles: tuple[int, int] = (RoleState.RUNNING, RoleState.RUNNING)) -> ServiceSnapshot:
    nodes = (Node(1, "a"), Node(2, "b"))
    return ServiceSnapshot(
        1,
        "x",
        state,
        roles=(Role("superlink", roles[0], 1, nodes=nodes[:1]), Role("supernode", roles[1], 2, nodes=nodes)),
    )


def test_outcomes() -> None:
    running = snapshot(ServiceState.RUNNING)
    assert outcome(running) is Outcome.RUNNING
    assert outcome(replace(running, gone=True)) is Outcome.GONE
    assert outcome(snapshot(ServiceState.FAILED_DEPLOYING)) is Outcome.FAILED
    for state in (ServiceState.PENDING, ServiceState.DEPLOYING_NETS, ServiceState.DEPLOYING, ServiceState.WARNING):
        assert outcome(snapshot(state)) is None


def test_a_failed_role_ends_it_though_the_service_says_deploying() -> None:
    stuck = snapshot(ServiceState.DEPLOYING, roles=(RoleState.RUNNING, RoleState.FAILED_DEPLOYING))
    assert outcome(stuck) is Outcome.FAILED


def test_running_without_its_vms_is_no_success() -> None:
    running = snapshot(ServiceState.RUNNING)
    lost = replace(running, roles=(replace(running.roles[0], nodes=()), running.roles[1]))
    assert outcome(lost) is Outcome.FAILED


def with_another(cloud: Cloud, **texts: str) -> tuple[Plan, int]:
    """A plan, and the id of a registered template that has its name and other content."""
    plan = Plan().with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1", **texts})
    other = plan.with_text("FL_NUM_ROUNDS", "77").template()
    other["roles"][1]["max_vms"] = 33
    return plan, cloud.templates.register(to_json(other))


def test_a_template_of_that_name_is_updated(sandbox: Sandbox, cloud: Cloud) -> None:
    plan, number = with_another(cloud)
    told: list[str] = []
    service = deploy_plan(plan, cloud, told.append, registration=Registration.UPDATE)
    assert f"updating service template {number}" in told
    assert [item.id for item in cloud.templates.list() if item.name == plan.name] == [number]
    assert registered_as(to_json(plan.template()), cloud) == number
    assert service.role_value("superlink", "FL_NUM_ROUNDS") == "3"


def test_a_template_of_that_name_is_used_as_it_is(sandbox: Sandbox, cloud: Cloud) -> None:
    plan, number = with_another(cloud, FL_NUM_ROUNDS="5", **{"supernode.cardinality": "3"})
    service = deploy_plan(plan, cloud, quiet, registration=Registration.AS_IS)
    assert [item.id for item in cloud.templates.list() if item.name == plan.name] == [number]
    assert service.role_value("superlink", "FL_NUM_ROUNDS") == "5"
    role = service.role("supernode")
    assert role is not None
    assert (role.cardinality, role.max_vms) == (3, 33)


def test_as_it_is_gives_what_that_template_asks_for(cloud: Cloud) -> None:
    plan = Plan().with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1"})
    other = plan.template()
    other["user_inputs"] = {"SITE": "M|text|Where it runs||lab"}
    cloud.templates.register(to_json(other))
    service = deploy_plan(plan, cloud, quiet, registration=Registration.AS_IS)
    assert service.values == {"SITE": "lab"}


@pytest.mark.parametrize("choice", [Registration.UPDATE, Registration.AS_IS])
def test_there_must_be_exactly_one(sandbox: Sandbox, cloud: Cloud, choice: Registration) -> None:
    plan = Plan()
    with pytest.raises(NotFound, match="none of that name"):
        deploy_plan(plan, cloud, quiet, registration=choice)
    for _ in range(2):
        with_another(cloud)
    before = len(sent(sandbox))
    with pytest.raises(Ambiguous, match="2 of that name"):
        deploy_plan(plan, cloud, quiet, registration=choice)
    assert len(sent(sandbox)) == before


def test_a_template_that_is_no_cluster_is_not_used_as_it_is(cloud: Cloud) -> None:
    body = {"name": Plan().name, "deployment": "straight", "roles": [{"name": "web", "type": "vm", "template_id": 0}]}
    cloud.templates.register(to_json(body))
    with pytest.raises(CloudError, match="can't be used as it is"):
        deploy_plan(Plan(), cloud, quiet, registration=Registration.AS_IS)


@pytest.mark.parametrize("choice", list(Registration))
def test_the_same_content_is_used_whatever_was_chosen(cloud: Cloud, choice: Registration) -> None:
    first = deploy_plan(Plan(), cloud, quiet)
    second = deploy_plan(Plan(), cloud, quiet, registration=choice)
    assert first.id != second.id
    assert len([item for item in cloud.templates.list() if item.name == Plan().name]) == 1
