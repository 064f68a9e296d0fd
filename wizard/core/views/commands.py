"""The command that does the same as a key."""

from __future__ import annotations

import shlex

from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.plan.plan import Plan
from wizard.core.views.action_keys import DELETE, RECOVER, RESTART, SCALE

PROGRAM = "flowerneb-wizard"

_COMMANDS = {SCALE: "scale", RESTART: "restart-stale", RECOVER: "recover", DELETE: "delete"}


def command_of(action: str, service: ServiceSnapshot, *arguments: object) -> str:
    """`flowerneb-wizard scale 42 4`: the command line of an action on a service, by the name of its key's action."""
    words = (PROGRAM, _COMMANDS[action], service.id, *arguments)
    return shlex.join(str(word) for word in words)


def deploy_command(plan: Plan, preset: str, base: Plan, registered: str = "new") -> str:
    """The command that deploys this plan: its preset, and the settings in which it differs from `base`."""
    words = [PROGRAM, "deploy", preset]
    for item in plan.contract.fields:
        text = plan.text(item.path)
        if text != base.text(item.path):
            words += ["--set", f"{item.path}={text}"]
    if registered != "new":
        words += ["--registered", registered]
    return shlex.join(words)
