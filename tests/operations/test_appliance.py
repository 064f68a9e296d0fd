"""The appliance on a cloud that has none: both VM templates or none, never written over, brought up to date."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CloudError, NotFound
from wizard.cloud.login import find_login
from wizard.core.appliance.vm_templates import Options
from wizard.core.plan.plan import Plan
from wizard.operations import appliance
from wizard.operations.appliance import HalfMade, Taken, Unfit
from wizard.operations.deploy import preflight
from wizard.sandbox.http import Kind
from wizard.sandbox.server import Sandbox
from wizard.sandbox.worlds import WORLDS

Told = list[str]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A cloud without VM templates of Flower."""
    with Sandbox("no-appliance", latency=0, speed=200) as running:
        yield running


@pytest.fixture
def cloud(sandbox: Sandbox) -> Iterator[Cloud]:
    found = Cloud(find_login(sandbox.environment(), Path("/nonexistent")), clock=sandbox.clock.now)
    yield found
    found.close()


def make(prefix: str = "") -> Callable[[int, int | None], Options]:
    return lambda image, network: Options(image, network, prefix=prefix)


def test_what_was_made_deploys_without_another_word(cloud: Cloud, sandbox: Sandbox) -> None:
    plan = Plan()
    assert [item.check for item in preflight(plan, cloud).findings if item.result.value == "error"] == [
        "vm-template"
    ] * 2
    told: Told = []
    numbers = appliance.create(cloud, appliance.wanted(cloud, "Debian 12", "flower-net", make()), told.append)
    assert [sandbox.world.vm_templates[number].name for number in numbers] == ["Flower SuperLink", "Flower SuperNode"]
    assert len(told) == 2
    found = preflight(plan, cloud).findings
    assert not [item for item in found if item.result.value == "error"]
    assert {item.result.value for item in found if item.check == "appliance"} == {"ok"}
    service = deploy_plan(plan, cloud)
    end = time.monotonic() + 20
    while not (made := [vm for vm in sandbox.world.vms if vm.service == service.id]):
        assert time.monotonic() < end
        time.sleep(0.05)
    vm = made[0]
    assert vm.context["FL_ROLE"] == "superlink"
    assert vm.context["FLOWER_VERSION"] == "1.25.0"
    assert vm.context["START_SCRIPT_BASE64"] == appliance.guest().context["START_SCRIPT_BASE64"]
    assert vm.user_template["FLOWER_APPLIANCE"] == "flowerneb-wizard"


def test_nothing_is_written_over(cloud: Cloud, sandbox: Sandbox) -> None:
    appliance.create(cloud, appliance.wanted(cloud, "0", "", make()), lambda _: None)
    before = dict(sandbox.world.vm_templates)
    with pytest.raises(Taken, match="Flower SuperNode") as caught:
        appliance.wanted(cloud, "0", "", make())
    assert "appliance update" in caught.value.hint
    assert dict(sandbox.world.vm_templates) == before
    appliance.create(cloud, appliance.wanted(cloud, "0", "", make("test ")), lambda _: None)
    assert len(sandbox.world.vm_templates) == len(before) + 2


@pytest.mark.parametrize("loses", [False, True])
def test_both_or_none(cloud: Cloud, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, *, loses: bool) -> None:
    """The second registration is refused by the server, which has that name by now."""
    before = dict(sandbox.world.vm_templates)
    wanted = appliance.wanted(cloud, "0", "", make())
    second = wanted.texts[1]
    broken = replace(wanted, texts=(wanted.texts[0], (second[0], second[1].replace("NAME =", "NO_NAME =", 1))))
    if loses:

        def refuse(_: int) -> None:
            raise CloudError("the server is gone")

        monkeypatch.setattr(cloud.pools, "delete_vm_template", refuse)
        with pytest.raises(HalfMade) as half:
            appliance.create(cloud, broken, lambda _: None)
        assert f"onetemplate delete {max(sandbox.world.vm_templates)}" in half.value.hint
    else:
        with pytest.raises(CloudError) as caught:
            appliance.create(cloud, broken, lambda _: None)
        assert "Neither of the two is registered" in caught.value.hint
        assert dict(sandbox.world.vm_templates) == before


def test_an_interruption_between_the_two_leaves_none(cloud: Cloud, sandbox: Sandbox) -> None:
    before = dict(sandbox.world.vm_templates)
    wanted = appliance.wanted(cloud, "0", "", make())
    told: Told = []

    def interrupt(line: str) -> None:
        told.append(line)
        if "registered" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        appliance.create(cloud, wanted, interrupt)
    assert dict(sandbox.world.vm_templates) == before
    assert "deleted again" in told[-1]


@pytest.mark.parametrize("kind", ["cut", "gateway"])
@pytest.mark.parametrize("skip", [0, 1])
def test_a_lost_answer_is_looked_after(cloud: Cloud, sandbox: Sandbox, kind: Kind, skip: int) -> None:
    """The server did it: what is there is gone on with, and not said to be missing."""
    before = set(sandbox.world.vm_templates)
    wanted = appliance.wanted(cloud, "0", "", make())
    sandbox.faults.plan("oned", kind, match="one.template.allocate", skip=skip)
    told: Told = []
    numbers = appliance.create(cloud, wanted, told.append)
    assert set(numbers) == set(sandbox.world.vm_templates) - before
    assert [sandbox.world.vm_templates[number].name for number in numbers] == list(wanted.names)
    assert ["the answer was lost" in line for line in told] == [skip == 0, skip == 1]


@pytest.mark.parametrize("skip", [0, 1])
def test_a_request_that_never_arrived_leaves_none(cloud: Cloud, sandbox: Sandbox, skip: int) -> None:
    before = dict(sandbox.world.vm_templates)
    wanted = appliance.wanted(cloud, "0", "", make())
    sandbox.faults.plan("oned", "close", match="one.template.allocate", skip=skip)
    with pytest.raises(CloudError) as caught:
        appliance.create(cloud, wanted, lambda _: None)
    assert "Neither of the two is registered" in caught.value.hint
    assert dict(sandbox.world.vm_templates) == before


@pytest.mark.parametrize("skip", [0, 1])
def test_where_nobody_can_look_nothing_is_claimed(cloud: Cloud, sandbox: Sandbox, skip: int) -> None:
    """The server registers it, and is gone from then on."""
    before = set(sandbox.world.vm_templates)
    wanted = appliance.wanted(cloud, "0", "", make())
    sandbox.faults.plan("oned", "cut", match="one.template.allocate", skip=skip, lasting=True)
    with pytest.raises(HalfMade if skip else CloudError) as caught:
        appliance.create(cloud, wanted, lambda _: None)
    said = str(caught.value)
    assert "Neither" not in said
    assert f"hether {wanted.names[skip]} was registered is not known" in said
    made = sorted(set(sandbox.world.vm_templates) - before)
    assert len(made) == skip + 1
    assert f"onetemplate {f'delete {made[0]}' if skip else 'list'}`" in said


def test_what_is_no_image_for_it_is_refused_with_the_reason(cloud: Cloud) -> None:
    for reference, error in (
        ("Alpine 3.20", Unfit),
        ("4", Unfit),
        ("5", Unfit),
        ("nothing", NotFound),
        ("99", NotFound),
    ):
        with pytest.raises(error):
            appliance.wanted(cloud, reference, "", make())
    with pytest.raises(NotFound, match="network"):
        appliance.wanted(cloud, "0", "no such", make())
    assert appliance.wanted(cloud, "golden-2026-10", "", make()).doubt
    listed = appliance.images(cloud)
    assert [item.image.id for item in listed] == [0, 1, 6, 2, 3, 4, 5]


def test_an_update_writes_what_is_older_and_leaves_the_rest(cloud: Cloud, sandbox: Sandbox) -> None:
    with pytest.raises(NotFound, match="no such VM templates"):
        appliance.updates(cloud)
    link, node = appliance.create(cloud, appliance.wanted(cloud, "0", "", make()), lambda _: None)
    assert [item.text for item in appliance.updates(cloud)] == ["", ""]
    templates = sandbox.world.vm_templates
    old = dict(templates[link].contents)
    old["CONTEXT"] = {**old["CONTEXT"], "START_SCRIPT_BASE64": "b2xk", "MINE": "kept", "EMPTY": ""}
    templates[link] = replace(
        templates[link], contents={**old, "FLOWER_GUEST_VERSION": "0", "FLOWER_GUEST_DIGEST": "x"}
    )
    newer = {**templates[node].contents, "FLOWER_GUEST_VERSION": "999", "FLOWER_GUEST_DIGEST": "y"}
    templates[node] = replace(templates[node], contents=newer)
    first, second = appliance.updates(cloud)
    assert "becomes version" in first.why
    assert (second.text, "is newer than this program's" in second.why) == ("", True)
    for item in (first, second):
        appliance.renew(cloud, item)
    now = templates[link].contents
    assert (now["CONTEXT"]["MINE"], now["CONTEXT"]["EMPTY"]) == ("kept", "")
    assert now["CONTEXT"]["START_SCRIPT_BASE64"] == appliance.guest().context["START_SCRIPT_BASE64"]
    assert now["MEMORY"] == old["MEMORY"]
    assert templates[node].contents == newer
    assert "this program's" in appliance.updates(cloud)[0].why


def test_another_appliance_stays_as_it_is() -> None:
    with Sandbox("default", latency=0) as sandbox:
        cloud = Cloud(find_login(sandbox.environment(), Path("/nonexistent")))
        assert {item.text for item in appliance.updates(cloud)} == {""}
        assert "not this program's appliance" in appliance.updates(cloud)[0].why
        cloud.close()
    assert WORLDS["default"].vm_templates[0].name == "Flower SuperLink"
