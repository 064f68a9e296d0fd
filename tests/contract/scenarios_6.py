"""The scenarios of a real OpenNebula 6.10, for the sandbox as one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tests.contract.recorded_world import BOOT_FAILURES, CLOSED, RECORDED, REPORTING
from tests.contract.replay import RECORDINGS_6, Replay
from tests.contract.steps import (
    Scenario,
    Step,
    gone,
    instantiate,
    ready,
    register,
    run,
    scale,
    until,
    vm,
    vm_action,
    wait,
)
from wizard.sandbox.blueprint import BootFailure, Guests, Host, Network, User, World


def _of_6(world: World) -> World:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILab6OperatorKey operator@lab6"
    users = (User(0, "oneadmin", 0, "oneadmin", ssh_public_key=key), User(2, "alice"), User(3, "bob"))
    hosts = (Host(60, "dummy6-1"), Host(61, "dummy6-2"), Host(62, "dummy6-3"))
    networks = (Network(0, "flower-net", "10.78.0.2", 250),)
    return replace(world, version="6.10.5", users=users, hosts=hosts, networks=networks)


RECORDED_6 = _of_6(RECORDED)
BOOT_FAILURES_6 = replace(
    _of_6(BOOT_FAILURES),
    guests=Guests(
        silent=("superlink", "supernode"),
        boot_failures=(BootFailure("superlink", 0, "dummy6-3:superlink_0_(service_1):dummy"),),
    ),
)


def flower(name: str = "Flower rec", **more: Any) -> dict[str, Any]:
    """The template that most recordings use."""
    return {
        "name": name,
        "deployment": "straight",
        "ready_status_gate": True,
        "description": "Flower federated learning",
        "roles": [
            {"name": "superlink", "vm_template": 0, "cardinality": 1, "min_vms": 1, "max_vms": 1},
            {
                **{"name": "supernode", "vm_template": 1, "cardinality": 2, "min_vms": 2, "max_vms": 10},
                "parents": ["superlink"],
            },
        ],
        **more,
    }


def started(service: int, name: str = "Flower rec", merge: dict[str, Any] | None = None) -> tuple[Step, ...]:
    """Register and instantiate, under recorded ids of which only the service's matters."""
    return register(service - 1, flower(name)), instantiate(service - 1, service, merge or {"name": name})


def running(service: int, name: str = "Flower rec") -> tuple[Step, ...]:
    """Bring a service to RUNNING."""
    return *started(service, name), run(service)


HAPPY = Scenario(
    "6.10: happy path, refusals on a running service, OneGate",
    RECORDED_6,
    (
        "01-service_template-create",
        "02-service_template-show",
        "03-service_template-list",
        "04-instantiate",
        until(79, 11),
        "05-service-DEPLOYING_NETS",
        until(79, 1),
        "05-service-DEPLOYING-superlink-running-not-ready",
        ready(79, "superlink"),
        until(79, 1, 2, 1),
        "05-service-DEPLOYING-supernodes-created",
        "05-service-DEPLOYING",
        ready(79, "supernode"),
        until(79, 2),
        "05-service-RUNNING",
        "06-service-list",
        "07-scale-up-4",
        "90-err-delete-while-SCALING",
        "90-err-scale-while-SCALING",
        wait(2),
        "07-service-scale-up-SCALING",
        ready(79, "supernode"),
        until(79, 10),
        "07-service-scale-up-COOLDOWN",
        "90-err-delete-while-COOLDOWN",
        "90-err-scale-while-COOLDOWN",
        until(79, 2),
        "07-service-scale-up-RUNNING",
        "08-scale-down-3",
        until(79, 10),
        "08-service-scale-down-SCALING",
        "08-service-scale-down-COOLDOWN",
        until(79, 2),
        "08-service-scale-down-RUNNING",
        *sorted({path.stem for path in RECORDINGS_6.glob("91-err-*.json")} - {"91-err-scale-no-force"}),
        *("09-delete", until(79, 3, 3, 5), "09-service-delete-UNDEPLOYING", gone(79), "09-service-after-delete"),
        *("09-service-delete-gone", "09-service-list-after-delete"),
        *("10-service_template-delete", "10-service_template-after-delete"),
    ),
)

_FIRST = "93-template-get-not-a-number"
REGISTRATIONS = Scenario(
    "6.10: registrations",
    RECORDED_6,
    # Requested while no document has the id 0.
    (_FIRST, *sorted({path.stem for path in RECORDINGS_6.glob("93-*.json")} - {_FIRST})),
)

_INSTANTIATIONS = {path.stem for path in RECORDINGS_6.glob("94-instantiate-*.json")}


def _templates_of(*numbers: int) -> tuple[Step, ...]:
    """The recorded template with inputs at both levels, under several ids."""

    def registered(number: int) -> Step:
        def step(replay: Replay) -> None:
            replay.send("94-template-with-custom_attrs")
            replay.documents[number] = max(replay.documents.values())

        return step

    return tuple(registered(number) for number in numbers)


INSTANTIATIONS = Scenario(
    "6.10: updates, and instantiations with values of every kind",
    RECORDED_6,
    (
        "94-template-with-custom_attrs",
        *_templates_of(93, 94),
        "94-action-unknown",
        "94-update-registration-time",
        "94-rename",
        *sorted(_INSTANTIATIONS),
    ),
)
UPDATED = Scenario(
    "6.10: an update without the deployment",
    RECORDED_6,
    (register(93, flower("Flower upd")), "94-update-without-deployment"),
)

_TWO = {"FL_LOG_LEVEL": "O|text|x||", "FL_NODE_CONFIG": "O|text|x||"}
_CONTENTS = (
    'FL_NODE_CONFIG = "$FL_NODE_CONFIG"\n'
    'CONTEXT = [ TOKEN = "YES", REPORT_READY = "YES", NETWORK = "YES", FL_LOG_LEVEL = "$FL_LOG_LEVEL", '
    'FL_NODE_CONFIG = "$FL_NODE_CONFIG" ]'
)


def _one_text(name: str, contents: str, inputs: dict[str, str]) -> dict[str, Any]:
    template = flower(name, custom_attrs=inputs)
    template["roles"][0]["vm_template_contents"] = contents
    return template


def _vm_of(name: str, service: int) -> Step:
    return vm(f"96-{name}-vm-superlink", service, "superlink", 0, "TEMPLATE/CONTEXT", "TEMPLATE/NIC", "USER_TEMPLATE")


def _awkward(name: str, service: int, *, fails: bool = False) -> Scenario:
    """How a value arrives in the SuperLink's VM, or how the service fails."""
    last: tuple[str | Step, ...] = (
        (until(service, 7), f"96-{name}-service") if fails else (until(service, 1), _vm_of(name, service))
    )
    return Scenario(
        f"6.10: values: {name}",
        RECORDED_6,
        (register(141, _one_text("awk", _CONTENTS, _TWO)), f"96-{name}-instantiate", *last),
        frozenset() if fails else frozenset({f"96-{name}-vm-superlink"}),
    )


def _context(name: str, template: int) -> Scenario:
    """What becomes of the VM template's CONTEXT."""
    service = template + 1
    return Scenario(
        f"6.10: CONTEXT: {name}",
        RECORDED_6,
        (
            f"96-{name}-register",
            instantiate(template, service, {"name": name}),
            until(service, 1),
            _vm_of(name, service),
        ),
        frozenset({f"96-{name}-vm-superlink"}),
    )


AWKWARD = (
    *(
        _awkward(name, service)
        for name, service in (
            *(("amp", 153), ("backslash", 144), ("backslash-digit", 145), ("dollar", 148), ("dollar-key", 149)),
            *(("dollar-brace", 150), ("double-quote-escaped", 143), ("newline", 147), ("semicolons", 151)),
            ("utf8", 152),
        )
    ),
    _awkward("double-quote", 142, fails=True),
    _awkward("backslash-end", 146, fails=True),
    _context("append-no-blanks", 154),
    _context("append-with-blanks", 156),
    _context("append-none", 158),
    _context("append-none-but-copied", 160),
    Scenario(
        "6.10: contents by the merge template",
        RECORDED_6,
        (
            register(162, flower("mc", custom_attrs={"FL_LOG_LEVEL": "O|text|x||"})),
            "96-contents-by-merge-instantiate",
            until(163, 1),
            _vm_of("contents-by-merge", 163),
        ),
        frozenset({"96-contents-by-merge-vm-superlink"}),
    ),
    Scenario(
        "6.10: networks",
        RECORDED_6,
        (
            "96-networks-register",
            "96-networks-instantiate",
            until(100, 1),
            _vm_of("networks", 100),
            "96-networks-no-values",
            until(101, 1),
            "96-networks-no-values-service",
        ),
        frozenset({"96-networks-vm-superlink"}),
    ),
    Scenario(
        "6.10: values at both levels, and those of a VM template",
        RECORDED_6,
        (
            *_templates_of(97, 133),
            "04-instantiate-with-values",
            run(98),
            "96-values-service-RUNNING",
            "95-recover-delete-while-RUNNING",
            until(98, 3),
            "95-service-recover-delete-UNDEPLOYING",
            gone(98),
            "95-service-recover-delete-gone",
            "96-role-user_inputs_values-instantiate",
            run(134),
            "96-role-user_inputs_values-service",
        ),
    ),
)


def _with_child(vm_template: int, name: str = "unknown-child", **more: Any) -> dict[str, Any]:
    template = flower(name)
    template["roles"][1] |= {"vm_template": vm_template, **more}
    return template


FAILURES = (
    Scenario(
        "6.10: a boot failure, recovered, and a SuperLink that is lost",
        BOOT_FAILURES_6,
        (
            *started(106, "bootfail"),
            until(106, 1),
            "95-service-bootfail-DEPLOYING",
            "95-service-bootfail-DEPLOYING_NETS",
            until(106, 7),
            vm("95-vm-boot-failure", 106, "superlink"),
            "95-delete-while-FAILED_DEPLOYING",
            "95-scale-while-FAILED_DEPLOYING",
            "95-service-recovering-FAILED_DEPLOYING",
            "95-recover-while-FAILED_DEPLOYING",
            "95-service-recovering",
            ready(106, "superlink"),
            wait(2),
            ready(106, "supernode"),
            until(106, 2),
            "95-service-recovering-RUNNING",
            vm_action("poweroff", 106, "supernode", 0),
            until(106, 4),
            "95-service-RUNNING",
            "95-service-WARNING",
            "95-recover-while-WARNING",
            "95-scale-while-WARNING",
            vm_action("resume", 106, "supernode", 0),
            until(106, 2),
            vm_action("terminate-hard", 106, "superlink", 0),
            wait(2),
            "95-service-superlink-terminated",
        ),
        frozenset({"95-vm-boot-failure"}),
    ),
    Scenario(
        "6.10: a recover while DEPLOYING",
        RECORDED_6,
        (*started(107), until(107, 1), "95-recover-while-DEPLOYING"),
    ),
    Scenario(
        "6.10: a child whose VM template does not exist",
        RECORDED_6,
        (
            lambda replay: replay.register(108, _with_child(4711)),
            instantiate(108, 109),
            until(109, 1),
            ready(109, "superlink"),
            until(109, 1, 2, 7),
            "95-service-unknown-vmtemplate-child",
        ),
    ),
    Scenario(
        "6.10: a second DELETE",
        RECORDED_6,
        (*running(132), "95-delete", until(132, 3), "95-delete-while-UNDEPLOYING"),
    ),
    Scenario(
        "6.10: scaling by force, and a recover in COOLDOWN",
        RECORDED_6,
        (
            *running(128),
            "91-err-scale-no-force",
            "91-scale-numeric-string",
            wait(2),
            ready(128, "supernode"),
            until(128, 10),
            until(128, 2),
            "97-scale-superlink-2-force",
            lambda replay: replay.register(129, _with_child(1, "cool", cooldown=20)),
            instantiate(129, 130, {"name": "cool"}),
            run(130),
            scale(130, 3),
            wait(2),
            ready(130, "supernode"),
            until(130, 10),
            "97-recover-while-COOLDOWN",
            until(130, 2),
            "97-service-recovered-COOLDOWN",
        ),
    ),
)


def _guests_published(replay: Replay) -> None:
    """What the guest of the recording had told by then, beside READY."""
    text = 'FL_ENDPOINT="10.78.0.2:9092"\nFL_READY="YES"\nFL_ROLE="superlink"\nFL_VERSION="1.25.0"'
    replay.oned("one.vm.update", replay.nodes(79, "superlink")[0], text, 1)
    for vid in replay.nodes(79, "supernode"):
        replay.oned("one.vm.update", vid, f'FL_NODE_ID="{vid}"\nFL_NODE_READY="YES"', 1)


ONEGATE = Scenario(
    "6.10: OneGate, and VMs as oned shows them",
    RECORDED_6,
    (
        *started(79, "fl-1"),
        until(79, 1),
        wait(1),
        vm("30-vm-superlink", 79, "superlink"),
        "20-onegate-root",
        "20-onegate-vm",
        "20-onegate-service",
        ready(79, "superlink"),
        until(79, 1, 2, 1),
        wait(1),
        vm("30-vm-supernode", 79, "supernode"),
        ready(79, "supernode"),
        until(79, 2),
        _guests_published,
        "20-onegate-service-RUNNING",
        "20-onegate-service-extended",
    ),
    frozenset({"30-vm-superlink", "30-vm-supernode"}),
)
AFTER_GUEST = Scenario(
    "6.10: what guests publish",
    _of_6(REPORTING),
    (
        *started(79),
        until(79, 2),
        wait(2),
        # The guest of the recording published less than those of the sandbox do.
        vm("31-vm-superlink-after-guest", 79, "superlink", 0, "TEMPLATE", "HISTORY_RECORDS"),
        vm("31-vm-supernode-after-guest", 79, "supernode", 0, "TEMPLATE", "HISTORY_RECORDS"),
    ),
    frozenset({"31-vm-superlink-after-guest", "31-vm-supernode-after-guest"}),
)


def _instantiated_by_bob(replay: Replay) -> None:
    merge = {"perform": "instantiate", "params": {"merge_template": {"name": "bobs"}}}
    url = "http://127.0.0.1:3474/service_template/103/action"
    body = json.dumps({"action": merge}).encode()
    status, _, text = replay.ask("POST", url, body, {"Authorization": "bob:"})
    assert status == 201, text
    replay.documents[104] = int(json.loads(text)["DOCUMENT"]["ID"])


USERS = Scenario(
    "6.10: another user's rights",
    _of_6(CLOSED),
    (
        "97-user-create",
        _instantiated_by_bob,
        until(104, 7),
        "97-user-service-not-authorized",
        "97-user-list-empty",
        "97-user-get-foreign-service",
    ),
)


SCENARIOS_6: tuple[Scenario, ...] = (
    HAPPY,
    ONEGATE,
    AFTER_GUEST,
    REGISTRATIONS,
    INSTANTIATIONS,
    UPDATED,
    *AWKWARD,
    *FAILURES,
    USERS,
)
