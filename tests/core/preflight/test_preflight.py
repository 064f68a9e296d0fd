"""Every check of the preflight: a cloud that makes it fire, and one that does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wizard.core.opennebula.documents_v6 import to_v6
from wizard.core.plan.contracts import CONTRACTS
from wizard.core.plan.plan import Plan
from wizard.core.preflight.checks import CHECKS, Finding, Result, check, counted, stands_against
from wizard.core.preflight.facts import (
    Access,
    CloudFacts,
    Host,
    Image,
    Limit,
    Member,
    Network,
    OneGate,
    Pool,
    Reference,
    Service,
    ServiceTemplate,
    Unseen,
    User,
    VmTemplate,
    Why,
)

OK, WARNING, ERROR, UNKNOWN = Result.OK, Result.WARNING, Result.ERROR, Result.UNKNOWN
GUARDED = {"TOKEN": "YES", "REPORT_READY": "YES", "NETWORK": "YES"}
LOST = Unseen(Why.FAILED, "it does not answer", "Is it running?")
REFUSED = Unseen(Why.CREDENTIALS, "user or password refused", "Check ONE_AUTH.")
DENIED = Unseen(Why.NOT_PERMITTED, "not permitted", "Ask oneadmin.")
ALICE = User(4, "alice", (), 1, "users")
ADMIN = replace(ALICE, admin=True)
SUPERLINK = VmTemplate(
    *(0, "Flower SuperLink", "oneadmin", 0),
    cpu=1.0,
    memory=2048.0,
    disks=1,
    images=(Reference(0),),
    nics=(Reference(0),),
    context=GUARDED,
    attributes={"FLOWER_APPLIANCE": "flowerneb-wizard", "FLOWER_GUEST_VERSION": "3"},
    disk_sizes=(None,),
)
SUPERNODE = replace(SUPERLINK, id=1, name="Flower SuperNode", cpu=2.0, memory=4096.0)
IMAGE = Image(0, "flower-os", "oneadmin", 0, kind=0, size=10240)
NETWORK = Network(0, "flower-net", "oneadmin", 0, size=200, used=10)
GOOD = CloudFacts(
    oneflow_url="http://flow",
    oned_url="http://oned",
    username="alice",
    version="7.5.80",
    user=ADMIN,
    group=Member(1, "users"),
    vm_templates=(SUPERLINK, SUPERNODE),
    images=(IMAGE,),
    networks=(NETWORK,),
    hosts=(Host(0, "node-a", 2, 8.0, 16384.0), Host(1, "node-b", 2, 8.0, 16384.0)),
    service_templates=(),
    services=(),
    onegate=OneGate(3, "http://192.0.2.1:5030"),
    guest_version=3,
)
PLAN = Plan()
ON_NETWORK = PLAN.with_text("service.network", "flower-net")


def about(name: str, plan: Plan = PLAN, **changed: Any) -> list[Finding]:
    """What a check finds on the good cloud with something changed."""
    return [item for item in check(plan, replace(GOOD, **changed)) if item.check == name]


def results(name: str, plan: Plan = PLAN, **changed: Any) -> list[Result]:
    """How it ends."""
    return [item.result for item in about(name, plan, **changed)]


def both(**changed: Any) -> dict[str, Any]:
    """The two VM templates, both changed."""
    return {"vm_templates": (replace(SUPERLINK, **changed), replace(SUPERNODE, **changed))}


@pytest.mark.parametrize("plan", [PLAN, ON_NETWORK])
def test_a_good_cloud_is_ok_in_everything(plan: Plan) -> None:
    found = check(plan, GOOD)
    assert {item.result for item in found} == {OK}, [str(item) for item in found if item.result is not OK]
    assert len(found) >= len(CHECKS)
    assert stands_against(found) == ()
    assert counted(found) == f"{len(found)} ok"


def test_what_is_not_known_is_never_ok() -> None:
    """Whatever could not be seen, for whatever reason: nothing that depends on it says ok."""
    seen = ("version", "user", "group", "vm_templates", "images", "networks", "hosts", "service_templates", "services")
    for why in (LOST, REFUSED, DENIED):
        found = check(ON_NETWORK, replace(GOOD, onegate=why, **dict.fromkeys(seen, why)))
        assert OK not in {item.result for item in found}
        assert len(found) == len(check(ON_NETWORK, GOOD))


@pytest.mark.parametrize(
    ("field", "checks"),
    [
        ("user", {"credentials"}),
        ("group", {"group-quota"}),
        ("vm_templates", {"vm-template", "image", "context", "appliance", "hosts", "network"}),
        ("images", {"image"}),
        ("networks", {"network"}),
        ("hosts", {"hosts"}),
        ("service_templates", {"template-name"}),
        ("services", {"service-name"}),
        ("onegate", {"onegate"}),
    ],
)
def test_one_thing_that_failed_leaves_the_others_known(field: str, checks: set[str]) -> None:
    changed: dict[str, Any] = {field: DENIED}
    found = check(PLAN, replace(GOOD, **changed))
    assert {item.check for item in found if item.result is UNKNOWN} >= checks
    assert ERROR not in {item.result for item in found}
    assert sum(item.result is OK for item in found) >= len(found) // 3


def test_credentials() -> None:
    assert "alice (4)" in about("credentials")[0].found
    assert results("credentials", user=REFUSED) == [ERROR]
    assert results("credentials", services=REFUSED) == [ERROR]
    assert "OneFlow" in about("credentials", services=REFUSED)[0].found
    assert results("credentials", user=LOST) == [UNKNOWN]


def test_oned() -> None:
    assert "7.5.80" in about("oned")[0].found
    assert results("oned", version="5.12.0") == [WARNING]
    assert results("oned", version="unheard of") == [WARNING]
    assert results("oned", version="6.10.0") == [OK]
    assert results("oned", version=LOST, user=LOST) == [ERROR]
    assert results("oned", version=LOST) == [UNKNOWN]
    assert results("oned", version=REFUSED, user=REFUSED) == [UNKNOWN]


def test_oneflow() -> None:
    assert "http://flow" in about("oneflow")[0].found
    assert results("oneflow", services=LOST, service_templates=LOST) == [ERROR]
    assert results("oneflow", services=LOST) == [UNKNOWN]
    assert results("oneflow", services=REFUSED) == [UNKNOWN]


def test_vm_templates_exist() -> None:
    assert results("vm-template", PLAN.with_text("superlink.vm_template", "1")) == [OK, OK]
    assert results("vm-template", vm_templates=(SUPERNODE,)) == [ERROR, OK]
    twice = (SUPERLINK, SUPERNODE, replace(SUPERNODE, id=7))
    assert "1, 7" in about("vm-template", vm_templates=twice)[1].todo
    assert results("vm-template", vm_templates=twice) == [OK, ERROR]


@pytest.mark.parametrize(
    ("standing", "result", "word"),
    [(Access.DENIED, ERROR, "USE right"), (Access.ABSENT, ERROR, "there is no"), (None, UNKNOWN, "not listed")],
)
def test_an_id_that_is_not_listed(standing: Access | None, result: Result, word: str) -> None:
    plan = PLAN.with_text("supernode.vm_template", "9")
    access = {(Pool.VM_TEMPLATE, 9): standing} if standing else {}
    found = about("vm-template", plan, access=access)[1]
    assert found.result is result
    assert word in found.found
    assert results("image", plan, access=access) == [OK, UNKNOWN]


def test_a_vm_template_of_ones_own_may_be_unusable() -> None:
    assert results("vm-template", **both(usable=False)) == [ERROR, ERROR]


def test_images_exist_and_may_be_used() -> None:
    assert results("image", images=()) == [UNKNOWN, UNKNOWN]
    gone = {"images": (), "access": {(Pool.IMAGE, 0): Access.ABSENT}}
    assert results("image", **gone) == [ERROR, ERROR]
    gone["access"] = {(Pool.IMAGE, 0): Access.DENIED}
    assert results("image", **gone) == [ERROR, ERROR]
    assert results("image", images=(replace(IMAGE, usable=False),)) == [ERROR, ERROR]


@pytest.mark.parametrize(
    ("reference", "result"),
    [
        (Reference(name="flower-os", owner="oneadmin"), OK),
        (Reference(name="flower-os", owner_id=0), OK),
        (Reference(name="flower-os", owner_id=5), ERROR),
        (Reference(name="flower-os"), ERROR),
        (Reference(name="other", owner="oneadmin"), ERROR),
    ],
)
def test_an_image_by_name_is_its_owners(reference: Reference, result: Result) -> None:
    assert results("image", **both(images=(reference,))) == [result, result]


@pytest.mark.parametrize(
    ("state", "result", "word"),
    [
        (1, OK, "READY"),
        (2, OK, "USED"),
        (0, ERROR, "INIT"),
        (3, ERROR, "DISABLED"),
        (4, WARNING, "LOCKED"),
        (5, ERROR, "ERROR"),
        (6, ERROR, "CLONE"),
        (7, ERROR, "DELETE"),
        (9, WARNING, "LOCKED_USED"),
        (77, ERROR, "77"),
    ],
)
def test_states_of_images(state: int, result: Result, word: str) -> None:
    found = about("image", images=(replace(IMAGE, state=state),))
    assert {item.result for item in found} == {result}
    assert word in found[0].found


def test_a_persistent_image_is_for_one_vm() -> None:
    persistent = replace(IMAGE, persistent=True)
    assert results("image", images=(persistent,)) == [ERROR, ERROR]
    assert "3 VMs" in about("image", images=(persistent,))[0].found
    own = (replace(SUPERLINK, images=(Reference(5),)), SUPERNODE)
    link_image = replace(persistent, id=5)
    assert results("image", vm_templates=own, images=(IMAGE, link_image)) == [OK, OK]
    taken = replace(link_image, state=8)
    assert results("image", vm_templates=own, images=(IMAGE, taken)) == [ERROR, OK]
    assert results("image", images=(replace(persistent, shareable=True, state=8),)) == [OK, OK]


def test_a_vm_template_without_an_image() -> None:
    assert results("image", **both(images=(), disks=0)) == [WARNING, WARNING]
    assert "no disk that comes" in about("image", **both(images=(), disks=1))[0].found


@pytest.mark.parametrize("key", ["TOKEN", "REPORT_READY"])
def test_context(key: str) -> None:
    off = both(context={**GUARDED, key: "NO"})
    assert results("context", **off) == [WARNING, WARNING]
    assert key in about("context", **off)[0].found
    contract = replace(PLAN.contract, context={})
    bare = Plan(contract)
    assert results("context", bare) == [OK, OK]
    assert results("context", bare, **off) == [ERROR, ERROR]
    missing = both(context={other: "YES" for other in GUARDED if other != key})
    assert results("context", **missing) == [OK, OK]
    assert results("context", bare, **missing) == [ERROR, ERROR]


def test_network_has_leases_for_all() -> None:
    assert results("network", ON_NETWORK, networks=(replace(NETWORK, size=13),)) == [OK]
    assert results("network", ON_NETWORK, networks=(replace(NETWORK, size=12),)) == [ERROR]
    assert results("network", ON_NETWORK, networks=()) == [ERROR]
    by_id = PLAN.with_text("service.network", "9")
    assert results("network", by_id) == [UNKNOWN]
    assert results("network", by_id, access={(Pool.NETWORK, 9): Access.DENIED}) == [ERROR]
    assert results("network", ON_NETWORK.with_text("supernode.cardinality", "many")) == [UNKNOWN]


def test_without_a_chosen_network_those_of_the_vm_templates_count() -> None:
    assert "3 needed" in about("network")[0].found
    assert results("network", networks=(replace(NETWORK, size=12),)) == [ERROR]
    assert results("network", **both(nics=(Reference(0), Reference(0))), networks=(replace(NETWORK, size=15),)) == [
        ERROR
    ]
    assert results("network", **both(nics=())) == [WARNING]
    assert results("network", ON_NETWORK, **both(nics=())) == [OK]
    assert results("network", **both(nics=(), auto_nics=1)) == [UNKNOWN]


def hosts(*free: tuple[float, float], state: int = 2) -> dict[str, Any]:
    """Hosts with so much free CPU and memory."""
    return {"hosts": tuple(Host(n, f"node-{n}", state, cpu, memory) for n, (cpu, memory) in enumerate(free))}


@pytest.mark.parametrize(
    ("free", "result", "word"),
    [
        ([(5, 10240)], OK, ""),
        ([(4.9, 10240)], ERROR, "not enough CPU"),
        ([(5, 10239)], ERROR, "not enough memory"),
        ([(1, 2048), (2, 4096), (2, 4096)], WARNING, "places the SuperLink well"),
        ([(1, 2048), (3, 6144), (3, 6144)], OK, ""),
        ([(3, 6144), (2, 4096)], WARNING, "places the SuperLink well"),
        ([(1.5, 9999), (1.5, 9999), (1.5, 9999), (1.5, 9999)], ERROR, "no host has room for one VM of SuperNodes"),
        ([(9, 4095), (9, 4095), (9, 4095)], ERROR, "no host has room for one VM of SuperNodes"),
        ([(3, 9999), (1.9, 9999), (1.9, 9999)], ERROR, "1 of 2 SuperNodes"),
        ([(-3, 9999), (5, 10240)], OK, ""),
    ],
)
def test_room_on_hosts(free: list[tuple[float, float]], result: Result, word: str) -> None:
    found = about("hosts", **hosts(*free))[0]
    assert found.result is result, found
    assert word in found.found


def test_only_monitored_hosts_count() -> None:
    assert results("hosts", **hosts((8, 16384), state=4)) == [ERROR]
    assert results("hosts", **hosts((8, 16384), state=1)) == [OK]


def test_hosts_that_may_not_be_seen() -> None:
    assert results("hosts", hosts=(), user=ALICE) == [UNKNOWN]
    assert results("hosts", hosts=()) == [ERROR]
    assert results("hosts", user=ALICE, **hosts((1, 1024))) == [WARNING]
    assert results("hosts", user=ALICE) == [OK]


def test_room_that_can_not_be_worked_out() -> None:
    assert results("hosts", **both(cpu=None)) == [UNKNOWN]
    assert results("hosts", PLAN.with_text("supernode.cardinality", "x")) == [UNKNOWN]
    assert results("hosts", **both(requirements='NAME = "node-a"')) == [UNKNOWN]


@pytest.mark.parametrize("who", ["user", "group"])
@pytest.mark.parametrize(
    ("limit", "result"),
    [
        (Limit("VMS", 5, 2), OK),
        (Limit("VMS", 4, 2), ERROR),
        (Limit("RUNNING_VMS", 4, 2), ERROR),
        (Limit("CPU", 5, 0), OK),
        (Limit("CPU", 4.5, 0), ERROR),
        (Limit("MEMORY", 10240, 0), OK),
        (Limit("MEMORY", 10240, 1), ERROR),
        (Limit("RUNNING_MEMORY", 10239, 0), ERROR),
        (Limit("VMS", 0, 0), ERROR),
        (Limit("CPU", 1, 0, clusters="100"), WARNING),
    ],
)
def test_quotas(who: str, limit: Limit, result: Result) -> None:
    members = {"user": replace(ADMIN, limits=(limit,)), "group": Member(1, "users", (limit,))}
    found = about(f"{who}-quota", **{who: members[who]})[0]
    assert found.result is result, found
    assert limit.metric in found.found


def test_quotas_of_oneadmin_and_of_unknown_vms() -> None:
    tight = (Limit("VMS", 0, 0),)
    assert results("user-quota", user=User(0, "oneadmin", tight, 0, "oneadmin", True)) == [OK]
    assert results("group-quota", group=Member(0, "oneadmin", tight)) == [OK]
    members = {"user": replace(ADMIN, limits=(Limit("CPU", 99, 0), Limit("VMS", 99, 0)))}
    assert results("user-quota", vm_templates=DENIED, **members) == [UNKNOWN]


@pytest.mark.parametrize(
    ("changed", "result", "said"),
    [
        (both(attributes={}), UNKNOWN, "another appliance"),
        (both(attributes={"FLOWER_APPLIANCE": "somebody else's"}), UNKNOWN, "another appliance"),
        ({"guest_version": 4}, WARNING, "carries guest 3, and this program has 4"),
        ({"guest_version": 2}, OK, "carries guest 3"),
        ({"guest_version": 0}, OK, "carries guest 3"),
        (both(memory=1023.0), WARNING, "needs 1024"),
        (both(disk_sizes=(4095,)), WARNING, "needs 4096"),
        (both(disk_sizes=(9000,)), OK, "carries guest"),
        ({"images": (replace(IMAGE, size=3000),)}, WARNING, "has 3000 MB, and the SuperLink needs 4096"),
        ({"images": (replace(IMAGE, name="Alpine 3.20"),)}, WARNING, "Alpine has another C library"),
    ],
)
def test_the_appliance(changed: dict[str, Any], result: Result, said: str) -> None:
    found = about("appliance", **changed)[0]
    assert found.result is result, found
    assert said in found.found
    assert bool(found.todo) == (result is not OK)


def test_the_marketplace_has_an_appliance_of_its_own_and_its_export_is_named() -> None:
    plan = Plan(CONTRACTS["marketplace"])
    assert about("appliance", plan) == []
    assert "onemarketapp export" in about("vm-template", plan, vm_templates=())[0].todo
    assert "appliance create" in about("vm-template", vm_templates=())[0].todo
    named = PLAN.with_text("superlink.vm_template", "mine")
    assert "appliance create" not in about("vm-template", named, vm_templates=())[0].todo


def test_onegate() -> None:
    assert results("onegate", onegate=None) == [UNKNOWN]
    assert results("onegate", onegate=OneGate(3, "")) == [ERROR]
    for address in ("http://127.0.0.1:5030", "http://localhost:5030", "http://[::1]:5030"):
        assert results("onegate", onegate=OneGate(3, address)) == [WARNING]
    assert results("onegate", onegate=OneGate(3, "http://[broken")) == [OK]
    assert results("onegate", user=replace(ADMIN, token_password=False)) == [WARNING]


def test_the_name_of_the_template() -> None:
    ids = {"superlink.vm_template": "0", "supernode.vm_template": "1"}
    same = {**PLAN.with_texts(ids).template(), "registration_time": 1}
    assert results("template-name", service_templates=(ServiceTemplate(3, PLAN.name, "", same),)) == [OK]
    other = ServiceTemplate(4, PLAN.name, "", {**same, "description": "another"})
    assert results("template-name", service_templates=(other,)) == [WARNING]
    assert results("template-name", service_templates=(other, ServiceTemplate(3, PLAN.name, "", same))) == [OK]
    assert results("template-name", service_templates=(replace(other, name="Web shop"),)) == [OK]
    older = ServiceTemplate(3, PLAN.name, "", to_v6(same))
    assert results("template-name", service_templates=(older,), version="6.10.0") == [OK]
    assert results("template-name", service_templates=(older,), version="7.2.0") == [WARNING]
    assert results("template-name", service_templates=(other,), vm_templates=DENIED) == [UNKNOWN]


def test_the_name_of_the_service() -> None:
    assert results("service-name", services=(Service(3, PLAN.name, "RUNNING"),)) == [WARNING]
    assert results("service-name", services=(Service(3, "Web shop", "RUNNING"),)) == [OK]


def test_out_of_reach() -> None:
    assert GOOD.out_of_reach is None
    assert replace(GOOD, version=LOST, images=LOST).out_of_reach is None
    assert replace(GOOD, services=LOST, service_templates=LOST).out_of_reach is LOST
    assert replace(GOOD, services=DENIED, service_templates=DENIED).out_of_reach is None


def test_several_results_in_words() -> None:
    found = check(PLAN, replace(GOOD, images=(), hosts=(), group=DENIED, version="5.0"))
    assert counted(found).startswith("1 error, 1 warning, 3 unknown, ")
    assert [item.check for item in stands_against(found)] == ["hosts"]
    assert str(stands_against(found)[0]) == "error: Hosts: there is no host. oneadmin adds hosts with `onehost create`."


@pytest.mark.parametrize(
    ("offered", "wanted", "level"),
    [
        ("1.31.0", "1.41.0", WARNING),
        ("1.41.0", "1.31.0", WARNING),
        ("1.35.0", "1.36.0", WARNING),
        ("1.36.0", "1.37.0", WARNING),
        ("1.39.0", "1.40.0", WARNING),
        ("1.41.0", "1.38.0", WARNING),
        ("1.41.0", "1.42.0", None),
        ("1.37.0", "1.39.2", None),
        ("1.31.0", "1.25.0", None),
        ("", "1.41.0", None),
        ("latest", "1.41.0", None),
    ],
)
def test_an_appliance_of_another_family(offered: str, wanted: str, level: Result | None) -> None:
    facts = replace(GOOD, vm_templates=(replace(SUPERLINK, flower_version=offered), SUPERNODE))
    found = [
        item for item in check(Plan().with_text("FLOWER_VERSION", wanted), facts) if item.check == "flower-version"
    ]
    assert [item.result for item in found] == ([] if level is None else [level])
    assert all(offered in item.found and wanted in item.found for item in found)


@pytest.mark.parametrize(
    ("offered", "running", "said"),
    [
        ("", "1.41.0", ["VM template 0 runs Flower 1.41.0, and 1.25.0 starts differently"]),
        ("latest", "1.41.0", ["VM template 0 runs Flower 1.41.0, and 1.25.0 starts differently"]),
        ("1.31.0", "1.41.0", []),
        ("", "1.31.0", []),
        ("", "x", []),
    ],
)
def test_a_service_that_runs_tells_the_family_where_its_appliance_does_not(
    offered: str, running: str, said: list[str]
) -> None:
    templates = (replace(SUPERLINK, flower_version=offered), SUPERNODE)
    found = about("flower-version", vm_templates=templates, running_versions={0: running})
    assert [item.found for item in found] == said
