"""Proof that a deployed cluster trains: a run of the small app on it, held against what the dashboard says."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wizard.core.cluster.partitions import Assignment, assignments
from wizard.core.errors import WizardError
from wizard.core.flower.node_config import Partition
from wizard.core.flower.superlink import Card, card
from wizard.core.flower.versions import Family, family
from wizard.core.opennebula.snapshot import SUPERLINK, SUPERNODE, ServiceSnapshot
from wizard.core.plan.contract import Meaning
from wizard.core.plan.contracts import CONTRACTS
from wizard.core.text import counted
from wizard.operations.flower_environments import python_of
from wizard.operations.flower_run import UNKNOWN, Ended, Row, Run, Word, compared, settings_from
from wizard.operations.machine import NOBODY, WITH_FLOWER
from wizard.operations.processes import Processes
from wizard.operations.ssh_tunnel import Tunnel, reachable

Tell = Callable[[str], None]


class NotVerified(WizardError):
    """Nothing could be verified: the cluster can't be asked, or a run is on."""


class RunIsOn(NotVerified):
    """A run is on, and whoever asked does not want another beside it."""


@dataclass(frozen=True)
class Verified:
    """A run on a deployed cluster: how it ended, and each SuperNode of the service beside what its client was given.

    `unmatched` VMs have published no node id of Flower's, `strangers` are nodes that no VM has published. `together`:
    the partitions of the former are those of the latter.
    """

    ended: Ended
    rows: tuple[Row, ...]
    unmatched: tuple[int, ...] = ()
    strangers: tuple[str, ...] = ()
    together: bool = True

    @property
    def agrees(self) -> bool:
        """True if the run came to its end, and every client was given what the dashboard says.

        Where VMs and nodes can't be kept apart, the partitions of all of them have to be the same together.
        """
        matched = [row for row in self.rows if row.vm_id not in self.unmatched]
        return self.ended.completed and bool(self.rows) and self.together and all(row.agrees for row in matched)


def judged(predicted: Sequence[Assignment], nodes: Mapping[int, str], ended: Ended) -> Verified:
    """Hold what clients reported against the assignments. `nodes` has the node id that each VM has published."""
    rows = compared(predicted, nodes, ended.words)
    reported = {word.node: word.config for word in ended.words if word.node and word.config is not None}
    known = {node for node in nodes.values() if node}
    unmatched = tuple(row.vm_id for row in rows if nodes.get(row.vm_id, "") not in reported and row.reported is None)
    strangers = tuple(sorted(node for node in reported if node not in known))
    there = Counter(_partition(reported[node]) for node in strangers)
    wanted = Counter(row.predicted for row in rows if row.vm_id in unmatched)
    return Verified(ended, rows, unmatched, strangers, there == wanted)


def verify(
    snapshot: ServiceSnapshot,
    tell: Tell,
    hear: Callable[[Word], None],
    seconds: float,
    *,
    rounds: int | None = None,
    ssh: str | None = "",
    may_disturb: Callable[[], bool] = lambda: False,
    stopped: Callable[[], bool] = lambda: False,
) -> Verified:
    """Run the app on the SuperLink of a service, and hold it against the dashboard. Blocks.

    `tell` hears each step, `hear` each report of the app. `ssh` is the target of a tunnel where the Control API is not
    reached directly: by default root at the SuperLink's address, None for none. `may_disturb` is asked where a run is
    on. Raises NotVerified, NoFlowerEnvironment and TunnelError; whatever was begun is ended then.
    """
    found = card(snapshot)
    if found is None or found.version is None:
        raise NotVerified(
            "its SuperLink is not READY, or published no version of Flower",
            f"service {snapshot.id}",
            hint="See `flowerneb-wizard status`: nothing can be run before that.",
        )
    if found.is_simulated:
        raise NotVerified(NOBODY, f"service {snapshot.id}", hint=WITH_FLOWER)
    kind = _family(found)
    python = python_of(str(found.version))
    options = _options(snapshot, rounds, tell)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flower-verify-")))
        processes = stack.enter_context(Processes())
        run, address = _way(found, kind, python, processes, folder, ssh, tell, stack)
        _refuse_a_second(run, address, snapshot, may_disturb)
        tell("running the app: " + ", ".join(f"{name} {value}" for name, value in options.items()))
        try:
            ended = run.follow(options, hear, seconds, stopped)
        except BaseException:
            run.stop()
            raise
        if not ended.status.startswith("finished"):
            run.stop()
    predicted = assignments(snapshot)
    return judged(predicted, _nodes(snapshot), ended)


def _family(found: Card) -> Family:
    kind = family(found.version)
    if kind is None:
        raise NotVerified("its version of Flower is not known")
    return kind


def _way(
    found: Card,
    kind: Family,
    python: Path,
    processes: Processes,
    folder: Path,
    ssh: str | None,
    tell: Tell,
    stack: contextlib.ExitStack,
) -> tuple[Run, str]:
    """The way to the Control API: directly, else through a tunnel; and the address that is asked."""
    host = found.address.rpartition(":")[0].strip("[]")
    port = kind.control_port
    ca = found.ca if found.tls else ""
    if reachable(host, port):
        run = Run(processes, folder, python, kind, f"{host}:{port}", ca)
        # That something accepts a connection there says little: a proxy may.
        if ssh is None or run.status() != UNKNOWN:
            return run, f"{host}:{port}"
    elif ssh is None:
        hint = "It listens on the VM itself alone: leave --no-ssh out, or open a tunnel."
        raise NotVerified("its Control API is not reached from here", f"{host}:{port}", hint=hint)
    target = ssh or f"root@{host}"
    tell(f"opening an SSH tunnel to {target}")
    environment = {key: value for key, value in os.environ.items() if key in _FOR_SSH}
    tunnel = Tunnel(processes, target, port, folder / "tunnel.log", environment)
    stack.callback(tunnel.close)
    address = f"127.0.0.1:{tunnel.port}"
    return Run(processes, folder, python, kind, address, ca), address


_FOR_SSH = ("HOME", "PATH", "USER", "LOGNAME", "SSH_AUTH_SOCK", "LANG", "LC_ALL", "XDG_CONFIG_HOME")


def _refuse_a_second(run: Run, address: str, snapshot: ServiceSnapshot, may_disturb: Callable[[], bool]) -> None:
    status = run.status()
    if status == UNKNOWN:
        hint = "See its log on the VM: `journalctl -u flower`. With TLS, its certificate has to be for this address."
        raise NotVerified("the SuperLink does not answer", address, run.last_lines, hint)
    if not status.startswith("finished") and status != "not submitted" and not may_disturb():
        hint = f"Wait for its end: `flowerneb-wizard superlink {snapshot.id}` shows it."
        raise RunIsOn("a run is on", f"service {snapshot.id}", f"it is {status}", hint)


def _options(snapshot: ServiceSnapshot, rounds: int | None, tell: Tell) -> dict[str, str]:
    """Settings of the app, from the service's own inputs; minima that can't be reached would make it wait forever."""
    texts: dict[Meaning, str] = {}
    for contract in CONTRACTS.values():
        for item in contract.fields:
            value = snapshot.role_value(SUPERLINK, item.key) if item.meaning is not None else None
            if value and item.meaning is not None:
                texts.setdefault(item.meaning, value)
    found = settings_from(lambda meaning: texts.get(meaning, ""))
    if rounds is not None:
        found["rounds"] = str(rounds)
    role = snapshot.role(SUPERNODE)
    there = role.ready_count if role else 0
    capped = {key: str(there) for key, value in found.items() if key.startswith("min-") and int(value) > there}
    for key in ("min-fit-clients", "min-evaluate-clients", "min-available-clients"):
        # What the service does not say, the app has 2 for.
        if key not in found and there < 2:
            capped[key] = str(there)
    if capped:
        tell(f"only {counted(there, 'SuperNode')} READY: the app begins with that many")
    return {**found, **capped}


def _nodes(snapshot: ServiceSnapshot) -> dict[int, str]:
    role = snapshot.role(SUPERNODE)
    found = {}
    for node in role.nodes if role else ():
        said = (node.vm.user_template or {}).get("FL_NODE_ID", "") if node.vm else ""
        # Some appliances publish the VM's id under that name.
        is_own = said.isascii() and said.isdigit() and len(said) <= 20 and said != str(node.vm_id)
        found[node.vm_id] = said if is_own else ""
    return found


def _partition(config: Mapping[str, object] | None) -> Partition | None:
    number, count = (config or {}).get("partition-id"), (config or {}).get("num-partitions")
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return Partition(number, count if isinstance(count, int) else None)
