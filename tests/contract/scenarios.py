"""The recordings in the order of their numbers, with what happened between them.

A scenario is a world and a list of steps. A text is a recording to send; anything else is a call on the Replay.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wizard.sandbox.blueprint import World

from .recorded_world import BOOT_FAILURES, CLOSED, RECORDED, TALKING
from .replay import RECORDINGS, Replay

Step = Callable[[Replay], None]


@dataclass(frozen=True)
class Scenario:
    """A story told by recordings."""

    name: str
    world: World
    steps: tuple[str | Step, ...]
    vms: frozenset[str] = field(default_factory=frozenset)
    """The recordings of VMs that its steps compare."""

    @property
    def covers(self) -> set[str]:
        """The file names of all recordings that it checks."""
        return {f"{step}.json" for step in self.steps if isinstance(step, str)} | {f"{vm}.xml" for vm in self.vms}


def flower(name: str = "Flower rec", **more: Any) -> dict[str, Any]:
    """The template that most recordings use."""
    return {
        "name": name,
        "deployment": "straight",
        "ready_status_gate": True,
        "description": "Flower federated learning",
        "roles": [
            {"name": "superlink", "type": "vm", "template_id": 0, "cardinality": 1, "min_vms": 1, "max_vms": 1},
            {
                **{"name": "supernode", "type": "vm", "template_id": 1, "cardinality": 2, "min_vms": 2, "max_vms": 10},
                "parents": ["superlink"],
            },
        ],
        **more,
    }


def with_role(place: int, name: str = "Flower rec", **more: Any) -> dict[str, Any]:
    """The same with one role changed."""
    template = flower(name)
    template["roles"][place] |= more
    return template


def register(recorded: int, body: dict[str, Any]) -> Step:
    return lambda replay: replay.register(recorded, body)


def instantiate(template: int, service: int, merge: dict[str, Any] | None = None) -> Step:
    return lambda replay: replay.instantiate(template, service, merge)


def until(service: int, state: int, *roles: int) -> Step:
    return lambda replay: replay.until_state(service, state, roles)


def gone(service: int) -> Step:
    return lambda replay: replay.until_gone(service)


def ready(service: int, role: str) -> Step:
    return lambda replay: replay.ready(service, role)


def run(service: int, supernodes: int = 2) -> Step:
    return lambda replay: replay.run(service, supernodes)


def wait(seconds: float) -> Step:
    return lambda replay: replay.clock.advance(seconds)


def delete(service: int) -> Step:
    return lambda replay: replay.oneflow("DELETE", f"/service/{service}")


def recover(service: int) -> Step:
    return lambda replay: replay.oneflow("POST", f"/service/{service}/action", {"action": {"perform": "recover"}})


def scale(service: int, cardinality: int) -> Step:
    body = {"role_name": "supernode", "cardinality": cardinality, "force": False}
    return lambda replay: replay.oneflow("POST", f"/service/{service}/scale", body)


def vm_action(action: str, service: int, role: str, number: int) -> Step:
    return lambda replay: replay.oned("one.vm.action", action, replay.nodes(service, role)[number])


def vm(name: str, service: int, role: str, number: int = 0, *parts: str) -> Step:
    return lambda replay: replay.vm(name, replay.nodes(service, role)[number], parts)


def started(service: int) -> tuple[Step, ...]:
    """Register and instantiate, under recorded ids of which only the service's matters."""
    return register(service - 1, flower()), instantiate(service - 1, service)


def running(service: int) -> tuple[Step, ...]:
    """Bring a service to RUNNING."""
    return *started(service), run(service)


HAPPY = Scenario(
    "happy path, refusals on a running service, OneGate",
    RECORDED,
    (
        "01-service_template-create",
        "02-service_template-show",
        "03-service_template-list",
        "04-instantiate",
        until(72, 11),
        "05-service-DEPLOYING_NETS",
        until(72, 1),
        "05-service-DEPLOYING-superlink-running-not-ready",
        ready(72, "superlink"),
        until(72, 1, 2, 1),
        "05-service-DEPLOYING-supernodes-created",
        ready(72, "supernode"),
        until(72, 2),
        "05-service-DEPLOYING",
        "05-service-RUNNING",
        "06-service-list",
        "07-scale-up-4",
        "90-err-delete-while-SCALING",
        "90-err-scale-while-SCALING",
        wait(2),
        ready(72, "supernode"),
        until(72, 10),
        "07-service-scale-up-SCALING",
        "07-service-scale-up-COOLDOWN",
        "90-err-delete-while-COOLDOWN",
        "90-err-scale-while-COOLDOWN",
        until(72, 2),
        "07-service-scale-up-RUNNING",
        "08-scale-down-3",
        until(72, 10),
        "08-service-scale-down-SCALING",
        "08-service-scale-down-COOLDOWN",
        until(72, 2),
        "08-service-scale-down-RUNNING",
        "91-err-delete-unknown-service",
        "91-err-recover-while-RUNNING",
        "91-err-scale-below-min",
        "91-err-scale-malformed-json",
        "91-err-scale-negative",
        "91-err-scale-no-cardinality",
        "91-err-scale-no-force",
        "91-err-scale-no-role",
        "91-err-scale-past-max",
        "91-err-scale-same",
        "91-err-scale-superlink-2",
        "91-err-scale-text-cardinality",
        "91-err-scale-unknown-role",
        "91-err-scale-unknown-service",
        "91-err-service-action-malformed",
        "91-err-service-action-unknown",
        "91-err-service-unknown",
        "91-scale-numeric-string",
        wait(2),
        ready(72, "supernode"),
        until(72, 2),
        "20-onegate-root",
        "20-onegate-service",
        "20-onegate-service-extended",
        "20-onegate-vm",
        "20-onegate-vms-other",
        "92-err-onegate-bad-token",
        "92-err-onegate-foreign-vm",
        "92-err-onegate-no-token",
        "92-err-onegate-restricted-attr",
        "92-err-onegate-unknown-path",
        "20-onegate-put-vm",
        vm("30-vm-superlink", 72, "superlink"),
        vm("30-vm-supernode", 72, "supernode"),
        "09-delete",
        gone(72),
        "09-service-after-delete",
        "09-service-delete-UNDEPLOYING",
        "09-service-delete-gone",
        "09-service-list-after-delete",
        "10-service_template-delete",
        "10-service_template-after-delete",
    ),
    frozenset({"30-vm-superlink", "30-vm-supernode"}),
)

AFTER_GUEST = Scenario(
    "what guests publish",
    TALKING,
    (
        *started(211),
        until(211, 2),
        wait(2),
        vm("31-vm-superlink-after-guest", 211, "superlink"),
        vm("31-vm-supernode-after-guest", 211, "supernode"),
        "20-onegate-vm-superlink-after-guest",
    ),
    frozenset({"31-vm-superlink-after-guest", "31-vm-supernode-after-guest"}),
)

_FIRST, _LAST = "93-template-get-not-a-number", "93-template-empty-name"

REGISTRATIONS = Scenario(
    "registrations",
    RECORDED,
    (
        # Asked while no document has the id 0.
        _FIRST,
        *sorted({path.stem for path in RECORDINGS.glob("93-*.json")} - {_FIRST, _LAST}),
        _LAST,
    ),
)

_TWO_INPUTS = {"A": "M|text|Mandatory||", "B": "O|text|Optional||dflt"}
_LISTED_INPUTS = {"N": "M|number|A number||3", "L": "M|list|x|a,b|a", "R": "M|range|x|1..5|3"}


def _networks(default: str) -> dict[str, Any]:
    return flower("Flower err", networks={"Private": f"M|network|Private network| |{default}"})


def _role_inputs() -> dict[str, Any]:
    return with_role(1, "Flower err", user_inputs=_TWO_INPUTS)


UPDATES = Scenario(
    "updates and instantiations",
    RECORDED,
    (
        register(19, flower("Upd")),
        "94-update-no-roles",
        "94-update-name-in-body",
        "94-rename",
        "94-after-rename",
        "94-clone",
        "94-action-empty",
        "94-action-no-action",
        "94-action-unknown",
        *(register(number, flower("Flower err", user_inputs=_TWO_INPUTS)) for number in (21, 22, 23, 25)),
        "94-instantiate-inputs-no-values",
        "94-instantiate-inputs-empty-values",
        "94-instantiate-inputs-missing-mandatory",
        "94-instantiate-inputs-values-not-object",
        register(26, flower("Flower err", user_inputs=_LISTED_INPUTS)),
        "94-instantiate-inputs-wrong-values",
        *(register(number, _role_inputs()) for number in (28, 29, 30, 31, 33)),
        "94-instantiate-role-inputs-no-merge",
        "94-instantiate-role-inputs-no-roles",
        "94-instantiate-role-inputs-empty-roles",
        "94-instantiate-role-inputs-other-role",
        "94-instantiate-role-inputs-missing",
        *(register(number, flower("Flower err")) for number in (36, 37, 38, 39, 41, 43)),
        "94-instantiate-cardinality-below-min",
        "94-instantiate-cardinality-text",
        "94-instantiate-superlink-2",
        "94-instantiate-unknown-role-in-merge",
        "94-instantiate-unknown-field-in-merge",
        "94-instantiate-merge-not-object",
        register(45, _networks("id:")),
        "94-instantiate-networks-no-values",
        register(47, _networks("id:0")),
        "94-instantiate-networks-default-id",
        *(register(number, _networks("id:")) for number in (50, 51)),
        "94-instantiate-networks-values-not-list",
        "94-instantiate-networks-unknown-id",
        register(228, flower("put")),
        "94-update-without-deployment",
        "94-update-append",
    ),
)

FAILURES = (
    Scenario(
        "a boot failure in DEPLOYING and one in SCALING, with recovery",
        BOOT_FAILURES,
        (
            *started(66),
            until(66, 1),
            "95-service-bootfail-DEPLOYING",
            until(66, 7),
            "95-service-bootfail-FAILED_DEPLOYING",
            vm("95-vm-boot-failure", 66, "superlink"),
            "95-delete-while-FAILED_DEPLOYING",
            "95-scale-while-FAILED_DEPLOYING",
            recover(66),
            ready(66, "superlink"),
            wait(2),
            ready(66, "supernode"),
            until(66, 2),
            scale(66, 3),
            wait(2),
            "95-service-scalefail-SCALING",
            until(66, 9),
            "95-service-scalefail-FAILED_SCALING",
            "95-delete-while-FAILED_SCALING",
            "95-scale-while-FAILED_SCALING",
            "95-recover-while-FAILED_SCALING",
            ready(66, "supernode"),
            until(66, 10),
            "95-service-scalefail-recover-COOLDOWN",
            until(66, 2),
            "95-service-scalefail-recover-RUNNING",
            vm_action("poweroff", 66, "supernode", 0),
            until(66, 4),
            vm_action("resume", 66, "supernode", 0),
            until(66, 2),
            vm_action("terminate-hard", 66, "supernode", 0),
            wait(2),
            vm_action("terminate-hard", 66, "supernode", 0),
            wait(2),
            "95-service-below-min",
        ),
        frozenset({"95-vm-boot-failure"}),
    ),
    Scenario(
        "a service that recovers",
        BOOT_FAILURES,
        (
            *started(58),
            until(58, 7),
            recover(58),
            ready(58, "superlink"),
            wait(2),
            ready(58, "supernode"),
            until(58, 2),
            "95-service-recovering-FAILED_DEPLOYING",
            "95-service-recovering-RUNNING",
        ),
    ),
    Scenario(
        "DEPLOYING can only be recovered or deleted by force",
        RECORDED,
        (
            *started(27),
            until(27, 1),
            "95-delete-while-DEPLOYING",
            "95-recover-delete-while-DEPLOYING",
            gone(27),
        ),
    ),
    Scenario(
        "a second DELETE",
        RECORDED,
        (
            *started(60),
            until(60, 1),
            "95-recover-while-DEPLOYING",
            run(60),
            "95-delete",
            delete(60),
            "95-service-after-second-delete",
        ),
    ),
    Scenario(
        "undeploying",
        RECORDED,
        (
            *running(62),
            delete(62),
            until(62, 3),
            "95-service-undeploy-UNDEPLOYING",
            "95-scale-while-UNDEPLOYING",
            gone(62),
            "95-service-undeploy-gone",
            *running(64),
            "95-recover-delete-while-RUNNING",
            until(64, 3),
            "95-service-recover-delete-UNDEPLOYING",
            gone(64),
            "95-service-recover-delete-gone",
        ),
    ),
    Scenario(
        "VM templates that do not exist",
        RECORDED,
        (
            register(67, with_role(0, template_id=4711)),
            instantiate(67, 68),
            until(68, 7),
            "95-service-unknown-vmtemplate-FAILED_DEPLOYING",
            register(69, with_role(1, template_id=4711)),
            instantiate(69, 70),
            until(70, 1),
            ready(70, "superlink"),
            until(70, 1, 2, 7),
            "95-service-unknown-vmtemplate-child-DEPLOYING",
        ),
    ),
)

_WITH_NETWORK = {"NIC": [{"NAME": "NIC_0", "NETWORK_ID": "$Private"}]}


def _private() -> dict[str, Any]:
    template = flower(networks={"Private": "M|network|Private network| |id:0"})
    for role in template["roles"]:
        role["template_contents"] = _WITH_NETWORK
    return template


def _stored_values(service_recording: str) -> dict[str, Any]:
    """What a recorded service was given, where the request itself was not recorded."""
    body = json.loads((RECORDINGS / f"{service_recording}.json").read_text())["response"]["body"]
    return {"user_inputs_values": body["DOCUMENT"]["TEMPLATE"]["BODY"]["user_inputs_values"]}


def awkward(
    name: str, template: int, service: int, body: dict[str, Any] | None = None, merge: dict[str, Any] | None = None
) -> Scenario:
    """How some values arrive: registered, instantiated, and the VMs that came of it."""
    kinds = ("register", "instantiate", "service")
    recorded = {kind: f"96-{name}-{kind}" for kind in kinds if (RECORDINGS / f"96-{name}-{kind}.json").exists()}
    superlink, supernode = f"96-{name}-vm-superlink", f"96-{name}-vm-supernode"
    parts = ("TEMPLATE/CONTEXT", "TEMPLATE/CPU", "TEMPLATE/MEMORY", "TEMPLATE/NIC", "USER_TEMPLATE")
    steps: list[str | Step] = [
        recorded.get("register") or register(template, body or flower()),
        recorded.get("instantiate") or instantiate(template, service, merge),
        until(service, 1),
        vm(superlink, service, "superlink", 0, *parts),
        ready(service, "superlink"),
        until(service, 1, 2, 1),
        vm(supernode, service, "supernode", 0, *parts),
    ]
    if "service" in recorded:
        steps.append(recorded["service"])
    return Scenario(f"values: {name}", RECORDED, tuple(steps), frozenset({superlink, supernode}))


AWKWARD = (
    awkward("service-level", 73, 74),
    awkward("role-level", 75, 76),
    awkward(
        "same-key-both-levels",
        77,
        78,
        with_role(1, user_inputs={"ONEAPP_FL_LOG_LEVEL": "O|text|l||DEBUG"})
        | {"user_inputs": {"ONEAPP_FL_LOG_LEVEL": "O|text|l||INFO"}},
    ),
    awkward("undeclared-values", 79, 80),
    awkward("values-in-template-and-merge", 82, 83),
    awkward("undeclared-values-in-template", 84, 85),
    awkward("empty-value", 86, 87, merge={"user_inputs_values": {"ONEAPP_FL_FRAMEWORK": ""}}),
    awkward("non-string-values", 88, 89, merge=_stored_values("96-non-string-values-service")),
    awkward("special-characters", 90, 91, merge=_stored_values("96-special-characters-service")),
    awkward("double-quote", 92, 93),
    awkward("double-quote-escaped", 94, 95),
    awkward("lower-case-key", 96, 97),
    awkward("context-key-clash", 100, 101),
    awkward("template_contents", 102, 103),
    awkward("networks-id", 104, 105, _private()),
    awkward("networks-default", 106, 107),
    awkward("networks-reserve", 108, 109),
    Scenario(
        "values: those that are refused, or break the deployment",
        RECORDED,
        ("96-values-in-template-only-register", "96-odd-key-register", "96-odd-key-instantiate", until(99, 7)),
    ),
)

USERS = Scenario(
    "another user's rights",
    CLOSED,
    (
        register(195, flower("oneadmins")),
        "97-user-list-empty",
        "97-user-get-foreign-template",
        "97-user-delete-foreign-template",
        "97-user-instantiate-foreign-template",
        "97-user-create",
        "97-user-instantiate",
        until(197, 7),
        "97-user-service-not-authorized",
        "97-user-delete-foreign-service",
    ),
)

ODDITIES = (
    Scenario(
        "a VM that powers off while it is waited for",
        RECORDED,
        (
            *started(205),
            until(205, 1),
            ready(205, "superlink"),
            until(205, 1, 2, 1),
            wait(2),
            vm_action("poweroff", 205, "supernode", 0),
            lambda replay: replay.oned("one.vm.update", replay.nodes(205, "supernode")[1], "READY=YES", 1),
            until(205, 2),
            wait(2),
            "97-poweroff-while-deploying-DEPLOYING",
            "97-poweroff-while-deploying-RUNNING",
        ),
    ),
    Scenario(
        "scaling by force, past the bounds",
        RECORDED,
        (
            *running(183),
            "97-scale-superlink-2-force",
            wait(2),
            ready(183, "superlink"),
            until(183, 10),
            until(183, 2),
            "97-scale-supernode-0-force",
            until(183, 10),
            until(183, 2),
            "97-service-supernode-0",
        ),
    ),
    Scenario(
        "a scaling that hangs",
        RECORDED,
        (
            *running(187),
            scale(187, 3),
            wait(60),
            "97-recover-while-SCALING",
            *running(185),
            scale(185, 4),
            wait(4),
            ready(185, "supernode"),
            until(185, 10),
            "97-stuck-scale-SCALING",
            "97-stuck-scale-COOLDOWN",
        ),
    ),
    Scenario(
        "the autoscaler refills roles that somebody emptied",
        RECORDED,
        (
            *running(181),
            vm_action("terminate-hard", 181, "supernode", 0),
            wait(2),
            vm_action("terminate-hard", 181, "superlink", 0),
            wait(2),
            "97-autoscaler-0s",
            until(181, 8, 8, 2),
            wait(1),
            "97-autoscaler-85s",
            ready(181, "superlink"),
            until(181, 2),
            "97-autoscaler-86s",
            until(181, 8, 2, 8),
            wait(1),
            "97-autoscaler-175s",
        ),
    ),
    Scenario(
        "62 SuperNodes",
        RECORDED,
        (register(193, with_role(1, max_vms=100)), instantiate(193, 194), run(194), "97-scale-to-62"),
    ),
    Scenario(
        "small things about a service",
        RECORDED,
        (*running(199), "97-service-put-immutable", "97-service-rename", "97-role-batch-action-unknown-role"),
    ),
    Scenario(
        "no room on any host",
        RECORDED,
        (
            register(188, with_role(0, template_contents={"CPU": "900"})),
            instantiate(188, 189),
            until(189, 1),
            wait(1),
            vm("97-vm-pending-no-capacity", 189, "superlink"),
        ),
        frozenset({"97-vm-pending-no-capacity"}),
    ),
)

LEGACY = Scenario(
    "a 6.x template",
    RECORDED,
    (
        "98-v6-register",
        "98-v6-instantiate-custom_attrs_values",
        "98-v6-instantiate-user_inputs_values",
        until(233, 1),
        "98-v6-service-user_inputs_values",
    ),
)

SCENARIOS = (HAPPY, AFTER_GUEST, REGISTRATIONS, UPDATES, *FAILURES, *AWKWARD, USERS, *ODDITIES, LEGACY)
