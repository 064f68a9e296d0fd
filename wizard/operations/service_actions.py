"""Sending an action once, and finding out whether it happened where the answer got lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING

from wizard.cloud.errors import LOST, CloudError, Garbled, NotAuthorized, NotFound, Refused, TimedOut
from wizard.core.opennebula.snapshot import ServiceSnapshot, VmFacts
from wizard.core.opennebula.states import ServiceState, Verb
from wizard.core.text import one_line
from wizard.storage.locks import service_lock
from wizard.storage.process_files import PendingScale

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud

_BEING_REMOVED = (ServiceState.UNDEPLOYING, ServiceState.UNDEPLOYING_NETS, ServiceState.DONE)

Tell = Callable[[str], None]
Stop = Callable[[], bool]


def _go_on() -> bool:
    return False


def scale(cloud: Cloud, before: ServiceSnapshot, role: str, wanted: int, tell: Tell, stop: Stop = _go_on) -> None:
    """Ask for so many VMs of a role. Raises CloudError where OneFlow refuses, or where it did not happen.

    Raises Unanswered where it may still happen: until that is over, or some minutes have passed, no other is sent.
    Where another program of this user acts on the service it is waited for, until `stop`: then WaitStopped is raised,
    and nothing was sent. So do `recover` and `remove`.
    """

    def happened(now: ServiceSnapshot | None) -> bool:
        found = now.role(role) if now else None
        return found is not None and found.cardinality == wanted

    def send() -> None:
        if refused := scale_pending(cloud.services.find(str(before.id)) if pending.read() else before):
            raise Refused("refused", f"service {before.id}", refused, "Nothing was sent.")
        cloud.services.scale(before.id, role, wanted)

    pending = PendingScale.of(before.id, before.start_time)
    tell(f"scaling {role} of service {before.id} to {wanted}")
    try:
        _once(send, cloud, before, happened, tell, stop)
    except (TimedOut, Garbled) as error:
        # Also behind a connection that broke off, or a proxy that gave up, OneFlow goes on.
        pending.write(role, wanted)
        hint = f"OneFlow may be making the VMs: it shows them once it has made the last. Look at service {before.id}."
        raise Unanswered(error.title, error.subject, error.detail, hint) from error


class Unanswered(TimedOut):
    """A scale was asked for, and OneFlow, which makes the VMs before it answers, has not answered."""


def scale_pending(now: ServiceSnapshot) -> str:
    """Why the service is not to be scaled now: OneFlow may still make the VMs of an earlier scale. Empty if not.

    An earlier scale that the service shows is over, and forgotten.
    """
    pending = PendingScale.of(now.id, now.start_time)
    earlier = pending.read()
    if earlier is None:
        return ""
    role = now.role(earlier[0])
    if role is None or role.cardinality == earlier[1] or now.state != ServiceState.RUNNING:
        pending.forget()
        return ""
    name = one_line(earlier[0])
    return f"OneFlow may still make the VMs of the scale of {name} to {earlier[1]}: wait until they are listed."


def recover(cloud: Cloud, before: ServiceSnapshot, tell: Tell, stop: Stop = _go_on) -> None:
    """Send recover. Raises CloudError where OneFlow refuses, or where it did not happen."""

    def happened(now: ServiceSnapshot | None) -> bool:
        return now is None or now.state != before.state

    tell(f"recovering service {before.id}")
    again = "Whether OneFlow took it can't be seen; to send recover once more does no harm."
    _once(lambda: cloud.services.recover(before.id), cloud, before, happened, tell, stop, again)


def remove(cloud: Cloud, before: ServiceSnapshot, tell: Tell, stop: Stop = _go_on) -> Verb:
    """Remove a service with the verb that its state accepts; the verb comes back, WAIT where nothing was sent."""
    sent: list[Verb] = []

    def happened(now: ServiceSnapshot | None) -> bool:
        return now is None or now.state in _BEING_REMOVED

    tell(f"removing service {before.id}")
    _once(lambda: sent.append(cloud.services.remove(before.id)), cloud, before, happened, tell, stop)
    return sent[0] if sent else Verb.DELETE


def sweep(cloud: Cloud, left: Iterable[VmFacts], tell: Tell) -> tuple[VmFacts, ...]:
    """Terminate the VMs that a service left behind; those that oned refuses come back, each with the reason.

    Raises CloudError where oned can't be asked, or where it did not happen.
    """
    still = []
    for vm in left:
        try:
            _terminate(cloud, vm, tell)
        except (Refused, NotAuthorized) as error:
            tell(str(error))
            still.append(vm)
    return tuple(still)


def _terminate(cloud: Cloud, left: VmFacts, tell: Tell) -> None:
    try:
        cloud.vms.act(left.id, "terminate")
    except Refused:
        now = cloud.vms.get(left.id)
        if not now.ending:
            raise
        # OneFlow had begun to terminate it, before it lost sight of it.
        tell(f"VM {left.id} is {now.state_name}")
    except LOST as error:
        try:
            now = cloud.vms.get(left.id)
        except CloudError:
            look = f"onevm show {left.id}"
            raise error.with_hint(f"Whether oned began is not known: look at `{look}`.") from error
        if now.state_name == left.state_name:
            raise error.with_hint("It did not happen: try again.") from error
        tell(f"VM {left.id}: the answer was lost ({error.title}), but it is {now.state_name}")
    else:
        tell(f"VM {left.id}: terminate sent")


def _once(
    send: Callable[[], object],
    cloud: Cloud,
    before: ServiceSnapshot,
    happened: Callable[[ServiceSnapshot | None], bool],
    tell: Tell,
    stop: Stop,
    again: str = "It did not happen: try again.",
) -> None:
    """Send it while no other program of this user acts on the service; what sends looks at it right before."""
    with service_lock(cloud.where, before.id, lambda: tell(waiting_for_another(before.id)), stop):
        _send(send, cloud, before, happened, tell, again)


def waiting_for_another(service_id: int) -> str:
    """A line for whoever waits until another program of the same user is done with a service."""
    return f"waiting for another flowerneb-wizard that acts on service {service_id}"


def _send(
    send: Callable[[], object],
    cloud: Cloud,
    before: ServiceSnapshot,
    happened: Callable[[ServiceSnapshot | None], bool],
    tell: Tell,
    again: str,
) -> None:
    try:
        send()
    except LOST as error:
        try:
            now: ServiceSnapshot | None = cloud.services.find(str(before.id))
        except NotFound:
            now = None
        except CloudError:
            look = f"flowerneb-wizard status {before.id}"
            hint = f"Whether OneFlow began is not known: look at `{look}` before you try again."
            raise error.with_hint(hint) from error
        if not happened(now):
            raise error.with_hint(again) from error
        tell(f"the answer was lost ({error.title}), but it happened")


_ON_THE_WAY = (ServiceState.SCALING, ServiceState.COOLDOWN)
_GOING = (ServiceState.UNDEPLOYING, ServiceState.UNDEPLOYING_NETS)


class Ending(str, Enum):
    """Ends of an action."""

    DONE = "done"
    FAILED = "failed"
    GONE = "gone"


Judge = Callable[[ServiceSnapshot], "Ending | None"]
"""Looks at a snapshot; None while the action goes on."""


def of_scale(role_name: str, wanted: int) -> Judge:
    """A scale is done when the COOLDOWN is over and the role has as many VMs as were asked for, all READY."""

    def judge(snapshot: ServiceSnapshot) -> Ending | None:
        if snapshot.gone:
            return Ending.GONE
        if snapshot.failed:
            return Ending.FAILED
        role = snapshot.role(role_name)
        if role is None or snapshot.state in _ON_THE_WAY:
            return None
        there = len(role.nodes) == role.cardinality == wanted and role.ready_count == wanted
        return Ending.DONE if snapshot.state == ServiceState.RUNNING and there else None

    return judge


def of_recover(before: ServiceSnapshot) -> Judge:
    """A recover is done when the service runs with all of its VMs, or, where it was being removed, when it is gone."""
    removing = before.state in (*_GOING, ServiceState.FAILED_UNDEPLOYING, ServiceState.FAILED_UNDEPLOYING_NETS)
    left = False

    def judge(snapshot: ServiceSnapshot) -> Ending | None:
        nonlocal left
        if snapshot.gone:
            return Ending.DONE if removing else Ending.GONE
        # It says FAILED_* until OneFlow has looked again.
        left = left or snapshot.state != before.state
        if snapshot.failed:
            return Ending.FAILED if left else None
        return Ending.DONE if snapshot.running and snapshot.complete else None

    return judge


def of_removal(snapshot: ServiceSnapshot) -> Ending | None:
    """A removal is done when the document is gone."""
    if snapshot.gone:
        return Ending.DONE
    return Ending.FAILED if snapshot.failed and "UNDEPLOYING" in snapshot.state_name else None
