"""A cluster whose every guest is played: it asks for its place in the list once after each boot, and remembers it.

Time passes in whole seconds. What OneFlow and the guests do is planned, and happens when the clock gets there.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wizard.core.flower.node_config import Partition, written
from wizard.core.opennebula.snapshot import SUPERNODE, LogLine, Node, Role, Run, ServiceSnapshot, VmFacts
from wizard.core.opennebula.states import LCM_RUNNING, LCM_STATES, VmState

POWEROFF, LIVE_MIGRATE, SUSPEND = 19, 2, 10
BOOT, BOOT_FAILURE = LCM_STATES.index("BOOT"), LCM_STATES.index("BOOT_FAILURE")
CONFIGURED = 4
"""The first second after a start at which a guest may ask."""
LATEST = 118


@dataclass
class Guest:
    """A VM of the role. `got` is what it was told, `has_asked` whether it was since its latest boot."""

    vm_id: int
    made: int
    runs: list[Run] = field(default_factory=list)
    state: tuple[int, int] = (VmState.ACTIVE, BOOT)
    ended: int = 0
    got: Partition | None = None
    has_asked: bool = False
    ready: bool = False
    boot: int = 0

    @property
    def alive(self) -> bool:
        return not self.ended


@dataclass
class Cluster:
    """OneFlow, oned and the guests of one role."""

    clock: int = 1000
    listed: list[Guest] = field(default_factory=list)
    ever: list[Guest] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)
    state: str = "RUNNING"
    cooldown: int = 15
    lag: int = 0
    """Seconds until OneFlow writes what it hears."""
    history: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    leaving: list[Guest] = field(default_factory=list)
    _waited_for: list[Guest] = field(default_factory=list)
    _plans: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _planned: int = 0

    def pass_time(self, seconds: int) -> None:
        """Let everything happen that is planned for the next seconds."""
        end = self.clock + seconds
        while self._plans and self._plans[0][0] <= end:
            self.clock, _, step = heapq.heappop(self._plans)
            step()
        self.clock = end

    def settle(self) -> None:
        """Let time pass until OneFlow is RUNNING again."""
        while self._plans and self.state != "RUNNING":
            self.pass_time(self._plans[0][0] - self.clock)

    def create(self, spacings: Sequence[int], starts: Sequence[int], asks: Sequence[int], failing: int | None) -> None:
        """Make VMs so many seconds apart; each starts and asks after its time. One of them may fail to boot."""
        self.state = "SCALING" if self.ever else "DEPLOYING"
        self.log.append(LogLine(self.clock, "I", f"New state: {self.state}"))
        moment, made = self.clock, []
        for place, spacing in enumerate(spacings):
            moment += spacing
            guest = Guest(2 + len(self.ever), moment)
            self.ever.append(guest)
            made.append(guest)
            fails = place == failing
            self._plan(moment + starts[place], lambda guest=guest, ask=asks[place], fails=fails: (
                self._start(guest, ask, fails)
            ))  # fmt: skip
        self._waited_for = made
        self._plan(moment + self.lag, lambda: self._list(made))

    def scale_down(self, ends: Sequence[int]) -> None:
        """Terminate the oldest; the list loses them together, when the last has ended."""
        self.state = "SCALING"
        leaving, moment = self.listed[: len(ends)], self.clock
        self.leaving += leaving
        for guest, seconds in zip(leaving, ends, strict=True):
            moment += seconds
            self._plan(moment, lambda guest=guest: self._end(guest))
        self._plan(moment + self.lag, lambda: (self._unlist(leaving), self._cool_down()))

    def lose(self, guest: Guest) -> None:
        """Terminate behind OneFlow's back."""
        self._end(guest)
        self._plan(self.clock + self.lag, lambda: (self._unlist([guest]), self._look()))
        self.pass_time(0)

    def restart(self, guest: Guest, off: int, ask: int) -> None:
        """Power off and resume."""
        self._close_run(guest, POWEROFF)
        guest.state, guest.ready, guest.boot = (VmState.POWEROFF, 0), False, guest.boot + 1
        self._look()
        self._plan(self.clock + off, lambda: self._resume(guest, ask))

    def migrate(self, guest: Guest, how: int) -> None:
        """Move to another host: the guest notices nothing."""
        self._close_run(guest, how)
        guest.runs.append(Run(len(guest.runs), self.clock))

    def recover(self, ask: int) -> None:
        """Retry what failed to boot."""
        for guest in self.ever:
            if guest.alive and guest.state == (VmState.ACTIVE, BOOT_FAILURE):
                self._boot(guest, ask)

    def _plan(self, moment: int, step: Callable[[], object]) -> None:
        self._planned += 1
        heapq.heappush(self._plans, (moment, self._planned, step))

    def _start(self, guest: Guest, ask: int, fails: bool) -> None:
        if guest.alive:
            guest.runs.append(Run(0, self.clock))
            if fails:
                guest.state = (VmState.ACTIVE, BOOT_FAILURE)
            else:
                self._boot(guest, ask)

    def _resume(self, guest: Guest, ask: int) -> None:
        if guest.alive:
            guest.runs.append(Run(len(guest.runs), self.clock))
            self._boot(guest, ask)

    def _boot(self, guest: Guest, ask: int) -> None:
        guest.state, guest.has_asked, guest.ready = (VmState.ACTIVE, LCM_RUNNING), False, False
        guest.boot += 1
        self._plan(self.clock + ask, lambda boot=guest.boot: self._ask(guest, boot))

    def _ask(self, guest: Guest, boot: int) -> None:
        if guest.alive and guest.boot == boot and guest.state == (VmState.ACTIVE, LCM_RUNNING):
            guest.got = self.position(guest)
            guest.has_asked = True
            self._plan(self.clock + 2, lambda: self._be_ready(guest, boot))

    def _be_ready(self, guest: Guest, boot: int) -> None:
        if guest.alive and guest.boot == boot and guest.has_asked:
            guest.ready = True
            self._look()

    def _look(self) -> None:
        """OneFlow's look at what it waits for: READY, off, or gone, all count."""
        waited = [guest for guest in self._waited_for if guest.alive and guest.state[0] == VmState.ACTIVE]
        if self._waited_for and all(guest.ready for guest in waited):
            self._waited_for = []
            self._cool_down()

    def _cool_down(self) -> None:
        if self.state == "DEPLOYING":
            # Only a scale is followed by a COOLDOWN.
            self._run()
            return
        self.log.append(LogLine(self.clock, "I", "New state: COOLDOWN"))
        self._plan(self.clock + self.cooldown, self._run)

    def _run(self) -> None:
        self.state = "RUNNING"
        self.log.append(LogLine(self.clock, "I", "New state: RUNNING"))

    def _list(self, made: Sequence[Guest]) -> None:
        self.listed += made
        self._note()

    def _unlist(self, gone: Sequence[Guest]) -> None:
        self.listed = [guest for guest in self.listed if guest not in gone]
        self._note()

    def _note(self) -> None:
        self.history.append((self.clock, tuple(guest.vm_id for guest in self.listed)))

    def _end(self, guest: Guest) -> None:
        if guest.alive:
            self._close_run(guest, 0)
            guest.ended, guest.state = self.clock, (VmState.DONE, 0)

    def _close_run(self, guest: Guest, action: int) -> None:
        if guest.runs:
            last = guest.runs.pop()
            guest.runs.append(Run(last.seq, last.since, action))

    def position(self, guest: Guest) -> Partition | None:
        """What the list says of a guest now."""
        return Partition(self.listed.index(guest), len(self.listed)) if guest in self.listed else None

    def was_told(self, guest: Guest, first: int, last: int) -> set[Partition | None]:
        """What the list really said of a guest between two moments."""
        before = [ids for moment, ids in self.history if moment <= first][-1:] or [()]
        during = [ids for moment, ids in self.history if first < moment <= last]
        return {
            Partition(ids.index(guest.vm_id), len(ids)) if guest.vm_id in ids else None for ids in (*before, *during)
        }

    def snapshot(self, *, logged: bool = True, all_runs: bool = True, reported: bool = False) -> ServiceSnapshot:
        """What the cloud tells now; months later OneFlow's log has forgotten it, and pools give one run of each VM."""
        facts = {guest.vm_id: self._facts(guest, all_runs, reported) for guest in self.ever if guest.made <= self.clock}
        nodes = tuple(Node(guest.vm_id, "", facts[guest.vm_id]) for guest in self.listed)
        living = {guest.vm_id for guest in self.listed}
        return ServiceSnapshot(
            42,
            "flower",
            2,
            roles=(Role(SUPERNODE, 2, len(nodes), nodes=nodes, last_vmname=len(facts)),),
            log=tuple(self.log) if logged else (),
            taken_at=float(self.clock),
            former=tuple(item for vm_id, item in facts.items() if vm_id not in living),
        )

    def _facts(self, guest: Guest, all_runs: bool, reported: bool) -> VmFacts:
        config = {"FL_NODE_CONFIG": written(guest.got)} if reported and guest.got else {}
        ready = {"READY": "YES"} if guest.ready else {}
        return VmFacts(
            guest.vm_id,
            f"supernode_{guest.vm_id}_(service_42)",
            *guest.state,
            stime=guest.made,
            etime=guest.ended,
            running_since=guest.runs[-1].since if guest.runs else 0,
            user_template={"ROLE_NAME": SUPERNODE, **ready, **config},
            runs=tuple(guest.runs if all_runs else guest.runs[-1:]),
        )
