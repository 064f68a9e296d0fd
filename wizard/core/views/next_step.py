"""What an operator can do now: the next thing, the keys that work, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wizard.core.cluster import action_preview
from wizard.core.cluster.diagnosis import Action, Finding, gravest
from wizard.core.cluster.partitions import Assignment
from wizard.core.cluster.underway import Doing, Underway
from wizard.core.flower.superlink import Card
from wizard.core.opennebula.snapshot import SUPERNODE, ServiceSnapshot
from wizard.core.opennebula.states import ServiceState, can_scale
from wizard.core.text import one_line
from wizard.core.views.action_keys import CHANGING, CONNECT, DELETE, KEYS, RECOVER, RESTART, SCALE, SUPERLINK

REMEDIES = {
    Action.SCALE: SCALE,
    Action.RESTART: RESTART,
    Action.RECOVER: RECOVER,
    Action.REMOVE: DELETE,
}
"""The action on a service that each remedy of the diagnosis is."""

BUSY = "SuperNodes are being restarted: press t to stop first."

_REMOVING = (ServiceState.UNDEPLOYING, ServiceState.UNDEPLOYING_NETS)


def refusals(
    snapshot: ServiceSnapshot,
    assigned: Sequence[Assignment],
    card: Card | None,
    underway: Underway | None = None,
    *,
    interrupted: bool = False,
    read_only: str = "",
) -> Mapping[str, str]:
    """Why each action on the service does not apply now, in a line; empty where it does.

    `interrupted`: an earlier session has not ended its restarts, which can then be gone on with. `read_only`: why
    nothing may be changed at all.
    """
    no_card = "" if card else "The SuperLink is not READY: there is nothing to connect to."
    found = {CONNECT: no_card, SUPERLINK: no_card}
    if snapshot.gone:
        return dict.fromkeys(KEYS, "The service is gone.")
    if read_only:
        return found | dict.fromkeys(CHANGING, read_only)
    if underway is not None and underway.kind is Doing.RESTART:
        return found | dict.fromkeys((SCALE, RECOVER, DELETE), BUSY) | {RESTART: ""}
    return found | {
        SCALE: _scale(snapshot),
        RESTART: "" if interrupted else action_preview.restart_stale(snapshot, assigned).refused,
        RECOVER: action_preview.recover(snapshot).refused,
        DELETE: "It is being deleted already." if snapshot.state in _REMOVING else "",
    }


def _scale(snapshot: ServiceSnapshot) -> str:
    if snapshot.role(SUPERNODE) is None:
        return "The service has no SuperNodes."
    if can_scale(snapshot.state):
        return ""
    ends = " A recover (o) ends the COOLDOWN." if snapshot.state == ServiceState.COOLDOWN else ""
    return f"OneFlow scales only in RUNNING, and the service is {snapshot.state_name}.{ends}"


@dataclass(frozen=True)
class NextStep:
    """What to do now, or what is waited for, and the actions that help. `trouble`: something is wrong; `doing` is how
    far an action is that runs."""

    text: str
    actions: tuple[str, ...] = ()
    trouble: bool = False
    doing: str = ""


def next_step(
    snapshot: ServiceSnapshot,
    findings: Sequence[Finding],
    waiting: str,
    refused: Mapping[str, str],
    underway: Underway | None = None,
) -> NextStep:
    """The gravest finding with what helps; else what is waited for; else how to connect.

    While an action runs, how far it is takes the place of what is waited for.
    """
    worst = gravest(findings)
    doing = one_line(underway.progress(snapshot)) if underway is not None and not snapshot.gone else ""
    if worst is not None:
        remedy = REMEDIES.get(worst.action, "")
        return NextStep(waiting, (remedy,) if remedy and not refused.get(remedy) else (), trouble=True, doing=doing)
    if doing:
        return NextStep("", doing=doing)
    if waiting or snapshot.gone:
        return NextStep(waiting)
    if not refused.get(CONNECT):
        return NextStep("All is well. Connect to the SuperLink and start a run.", (CONNECT,))
    return NextStep("Nothing to do.")
