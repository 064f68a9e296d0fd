"""The facts of a preflight, gathered from the sandbox: all of them, and each alone where a call fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.plan.plan import Plan
from wizard.core.preflight.checks import Result, check
from wizard.core.preflight.facts import Access, CloudFacts, Limit, Pool, Reference, Unseen, User, Why
from wizard.sandbox.blueprint import Host, Image, Quota, VmTemplate, World
from wizard.sandbox.blueprint import User as Account
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.guests import ONEGATE
from wizard.sandbox.server import Sandbox
from wizard.sandbox.worlds import DEFAULT, WORLDS

PLAN = Plan().with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1"})
ALICE = Account(4, "alice")
Start = Callable[..., tuple[Sandbox, Cloud]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a world on a clock that stands still, and a client for it."""
    made: list[tuple[Sandbox, Cloud]] = []

    def begin(world: str | World = "default", password: str | None = None) -> tuple[Sandbox, Cloud]:
        sandbox = Sandbox(world, latency=0, clock=ManualClock()).start()
        login = find_login(
            sandbox.environment(),
            Path("/nonexistent"),
            username=sandbox.username,
            password=password or sandbox.password,
        )
        made.append((sandbox, Cloud(login, timeout=1.5, clock=sandbox.clock.now)))
        return made[-1]

    yield begin
    for sandbox, cloud in made:
        cloud.close()
        sandbox.stop()


def results(facts: CloudFacts, plan: Plan = PLAN) -> dict[str, set[str]]:
    """How each check ends."""
    found: dict[str, set[str]] = {}
    for item in check(plan, facts):
        found.setdefault(item.check, set()).add(item.result.value)
    return found


def test_each_pool_is_asked_once(start: Start) -> None:
    sandbox, cloud = start()
    facts = cloud.facts(PLAN)
    assert [item.call for item in sandbox.requests] == [
        "one.system.version",
        "one.user.info",
        "one.templatepool.info",
        "one.imagepool.info",
        "one.vnpool.info",
        "one.hostpool.info",
        "GET /service",
        "GET /service_template",
        "one.group.info",
    ]
    assert facts.version == "7.5.80"
    assert isinstance(facts.user, User)
    assert (facts.user.id, facts.user.name, facts.user.admin, facts.user.token_password) == (0, "oneadmin", True, True)
    assert not isinstance(facts.vm_templates, Unseen)
    superlink = facts.vm_templates[0]
    assert (superlink.id, superlink.cpu, superlink.memory) == (0, 1.0, 2048.0)
    assert (superlink.images, superlink.nics) == ((Reference(0),), (Reference(0),))
    assert (superlink.context["TOKEN"], superlink.context["REPORT_READY"]) == ("YES", "YES")
    assert not isinstance(facts.hosts, Unseen)
    assert [(host.state, host.free_cpu, host.free_memory) for host in facts.hosts] == [(2, 32.0, 131072.0)] * 3
    assert not isinstance(facts.networks, Unseen)
    assert [(net.size, net.used) for net in facts.networks] == [(250, 0), (100, 0), (200, 0)]
    assert facts.out_of_reach is None
    assert {name for name, ended in results(facts).items() if ended != {"ok"}} == {"appliance", "onegate"}


def test_after_a_deployment_the_names_are_taken_and_the_endpoint_is_seen(start: Start) -> None:
    sandbox, cloud = start()
    deploy_plan(PLAN, cloud)
    sandbox.clock.advance(60)
    facts = cloud.facts(PLAN)
    assert not isinstance(facts.onegate, Unseen)
    assert facts.onegate is not None
    assert facts.onegate.endpoint == ONEGATE
    assert facts.running_versions == {0: "1.25.0", 1: "1.25.0"}
    found = results(facts)
    assert (found["template-name"], found["service-name"], found["onegate"]) == ({"ok"}, {"warning"}, {"ok"})
    other = PLAN.with_text("supernode.cardinality", "3")
    assert results(cloud.facts(other), other)["template-name"] == {"warning"}
    assert not isinstance(facts.networks, Unseen)
    assert facts.networks[0].used == 3


def test_no_capacity(start: Start) -> None:
    assert results(start("no-capacity")[1].facts(PLAN))["hosts"] == {"error"}


def test_no_permission(start: Start) -> None:
    _, cloud = start("no-permission")
    plan = PLAN.with_text("service.network", "1")
    facts = cloud.facts(plan)
    assert facts.access == {
        (Pool.VM_TEMPLATE, 0): Access.DENIED,
        (Pool.VM_TEMPLATE, 1): Access.DENIED,
        (Pool.NETWORK, 1): Access.DENIED,
    }
    found = results(facts, plan)
    assert (found["vm-template"], found["network"]) == ({"error"}, {"error"})
    assert (found["image"], found["hosts"], found["context"]) == ({"unknown"}, {"unknown"}, {"unknown"})
    absent = plan.with_text("superlink.vm_template", "99")
    assert cloud.facts(absent).access[Pool.VM_TEMPLATE, 99] is Access.ABSENT


def test_images_that_may_not_be_used(start: Start) -> None:
    images = (replace(DEFAULT.images[0], public=False), DEFAULT.images[1])
    _, cloud = start(replace(DEFAULT, images=images, operator="alice"))
    facts = cloud.facts(PLAN)
    assert facts.access == {(Pool.IMAGE, 0): Access.DENIED}
    assert results(facts)["image"] == {"error"}


def test_images_in_a_bad_state(start: Start) -> None:
    sandbox, cloud = start(replace(DEFAULT, images=(Image(0, "flower-os", state=5),)))
    assert results(cloud.facts(PLAN))["image"] == {"error"}
    service = deploy_plan(PLAN, cloud)
    sandbox.clock.advance(30)
    log = " ".join(line.message for line in cloud.services.poll(service.id).snapshot.log)
    assert "Cannot acquire image 0, it is in state: ERROR" in log
    _, cloud = start(replace(DEFAULT, images=(Image(0, "flower-os", persistent=True),)))
    assert results(cloud.facts(PLAN))["image"] == {"error"}


def test_hosts_that_are_not_monitored(start: Start) -> None:
    sandbox, cloud = start(replace(DEFAULT, hosts=(Host(0, "node-a", state=4),)))
    assert results(cloud.facts(PLAN))["hosts"] == {"error"}
    service = deploy_plan(PLAN, cloud)
    sandbox.clock.advance(30)
    assert cloud.services.poll(service.id).snapshot.roles[0].nodes[0].vm.state_name == "PENDING"  # type: ignore[union-attr]


def test_context_of_a_vm_template(start: Start) -> None:
    superlink, *others = DEFAULT.vm_templates
    contents = {**superlink.contents, "CONTEXT": {"TOKEN": "NO"}}
    _, cloud = start(replace(DEFAULT, vm_templates=(VmTemplate(0, "Flower SuperLink", contents), *others)))
    assert results(cloud.facts(PLAN))["context"] == {"warning", "ok"}


@pytest.mark.parametrize(("vms", "ended"), [(3, "ok"), (2, "error")])
def test_quotas_of_user_and_group(start: Start, vms: int, ended: str) -> None:
    quota = Quota(vms=vms)
    users = (DEFAULT.users[0], replace(ALICE, quota=quota))
    _, cloud = start(replace(DEFAULT, users=users, operator="alice", group_quotas={1: quota}))
    facts = cloud.facts(PLAN)
    assert not isinstance(facts.group, Unseen)
    assert facts.group.limits == (Limit("VMS", vms, 0),)
    found = results(facts)
    assert (found["user-quota"], found["group-quota"]) == ({ended}, {ended})


def test_a_user_without_a_token_password(start: Start) -> None:
    users = (DEFAULT.users[0], replace(ALICE, token_password=False))
    _, cloud = start(replace(DEFAULT, users=users, operator="alice"))
    assert results(cloud.facts(PLAN))["onegate"] == {"warning"}


CALLS = {
    ("oned", "one.system.version"): "oned",
    ("oned", "one.user.info"): "credentials",
    ("oned", "one.templatepool.info"): "vm-template",
    ("oned", "one.imagepool.info"): "image",
    ("oned", "one.vnpool.info"): "network",
    ("oned", "one.hostpool.info"): "hosts",
    ("oned", "one.group.info"): "group-quota",
    ("oneflow", "GET /service_template"): "template-name",
}


@pytest.mark.parametrize("kind", ["close", "error", "html", "half"])
@pytest.mark.parametrize(("server", "call"), CALLS)
def test_a_call_that_fails_leaves_the_others(start: Start, server: str, call: str, kind: str) -> None:
    sandbox, cloud = start()
    sandbox.faults.plan(server, kind, match=call, times=-1)  # type: ignore[arg-type]
    found = results(cloud.facts(PLAN))
    assert found[CALLS[server, call]] == {"unknown"}
    assert "error" not in set().union(*found.values())
    assert sum(ended == {"ok"} for ended in found.values()) >= 7


@pytest.mark.parametrize("server", ["oned", "oneflow"])
def test_a_silent_server_is_asked_once(start: Start, server: str) -> None:
    sandbox, cloud = start()
    fault = sandbox.faults.plan(server, "silent", times=9)  # type: ignore[arg-type]
    facts = cloud.facts(PLAN)
    assert results(facts)[server] == {"error"}
    assert fault.times == 8
    assert facts.out_of_reach is not None
    other = {"oned": "oneflow", "oneflow": "oned"}[server]
    assert results(facts)[other] == {"ok"}


def test_a_wrong_password(start: Start) -> None:
    sandbox, cloud = start(password="wrong")
    facts = cloud.facts(PLAN)
    assert results(facts)["credentials"] == {"error"}
    assert isinstance(facts.version, Unseen)
    assert facts.version.why is Why.CREDENTIALS
    assert "wrong" not in str(check(PLAN, facts))
    assert len(sandbox.requests) == 2


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_every_world_has_findings(start: Start, name: str) -> None:
    found = check(PLAN, start(name)[1].facts(PLAN))
    against = {item.check for item in found if item.result is Result.ERROR}
    expected = {"no-appliance": {"vm-template"}, "no-capacity": {"hosts"}, "no-permission": {"vm-template"}}
    assert against == expected.get(name, set())
