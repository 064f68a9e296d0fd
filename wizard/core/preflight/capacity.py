"""Checks of whether all VMs fit: leases of the networks, room on the hosts, quotas of the user and the group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.core.plan.contract import ROLES, Level
from wizard.core.preflight.case import TITLES, Case, Finding, Found, Missing, Result, summed_up
from wizard.core.preflight.facts import Host, Limit, Member, Network, Seen, Unseen, VmTemplate

MONITORED = (1, 2)
"""oned's numbers for hosts that take VMs: MONITORED, and MONITORED while they are being monitored."""
_SLACK = 1e-6


@dataclass(frozen=True)
class Demand:
    """So many VMs of one size; CPU in cores, memory in MB."""

    title: str
    count: int
    cpu: float
    memory: float

    def on(self, cpu: float, memory: float) -> int:
        """Number of VMs, at most all, that so much room takes."""
        by_cpu = int((cpu + _SLACK) / self.cpu) if self.cpu > 0 else self.count
        by_memory = int((memory + _SLACK) / self.memory) if self.memory > 0 else self.count
        return max(0, min(by_cpu, by_memory, self.count))


def leases(case: Case) -> Iterator[Finding]:
    """The network that is chosen, or those of the VM templates, have a free lease for every VM."""
    title = "Network"
    wanted: list[tuple[Found[Network], int | None]] = []
    if case.network is not None:
        wanted.append((case.network, case.total))
    else:
        for level, template in case.templates.items():
            if not isinstance(template, VmTemplate):
                yield Finding("network", title, Result.UNKNOWN, "none is chosen, and a VM template is not known")
                return
            if not template.nics and not template.auto_nics:
                said = f"VM template {template.id} has no NIC, and no network is chosen"
                todo = "Choose a network: without one SuperNodes cannot reach the SuperLink."
                yield Finding("network", title, Result.WARNING, said, todo)
                return
            wanted += [(case.nic_network(nic), case.count(level)) for nic in template.nics]
    if not wanted:
        yield Finding("network", title, Result.UNKNOWN, "the scheduler chooses it when it places a VM")
        return
    parts = [_unusable(found) for found, _ in wanted if isinstance(found, (Missing, Unseen))]
    counts: dict[int, int | None] = {}
    networks = {found.id: found for found, _ in wanted if isinstance(found, Network)}
    for found, count in wanted:
        if isinstance(found, Network):
            before = counts.get(found.id, 0)
            counts[found.id] = None if count is None or before is None else before + count
    parts += [_leases(networks[number], count) for number, count in counts.items()]
    yield summed_up("network", title, parts)


def _unusable(found: Missing | Unseen) -> Finding:
    result = Result.ERROR if isinstance(found, Missing) else Result.UNKNOWN
    return Finding("network", "", result, found.reason, found.hint)


def _leases(network: Network, wanted: int | None) -> Finding:
    free = network.free
    if free is None:
        said = f"how many leases {network.id} {network.name} has free is not known"
        return Finding("network", "", Result.UNKNOWN, said)
    said = f"{network.id} {network.name} has {free} of {network.size} leases free"
    if wanted is None:
        return Finding("network", "", Result.UNKNOWN, f"{said}; how many are needed is not known")
    if wanted > free:
        todo = "Choose another network or fewer SuperNodes, or ask its owner to add an address range."
        return Finding("network", "", Result.ERROR, f"{said}, {wanted} needed: each VM needs one lease", todo)
    return Finding("network", "", Result.OK, f"{said}, {wanted} needed: each VM needs one lease")


def hosts(case: Case) -> Iterator[Finding]:
    """The hosts have room for all VMs, each VM on one of them.

    All SuperNodes are alike and there is one SuperLink, so that trying it on each host tells exactly whether all fit.
    """
    yield _room(case)


def _room(case: Case) -> Finding:
    title, seen, user = "Hosts", case.facts.hosts, case.facts.user
    if isinstance(seen, Unseen):
        return Finding("hosts", title, Result.UNKNOWN, seen.reason, seen.hint)
    sees_all = not isinstance(user, Unseen) and user.admin
    if not seen:
        if sees_all:
            todo = "oneadmin adds hosts with `onehost create`."
            return Finding("hosts", title, Result.ERROR, "there is no host", todo)
        todo = "Ask oneadmin whether there is room, or ask for the USE right on hosts."
        return Finding("hosts", title, Result.UNKNOWN, "this user may see no host", todo)
    demands = _demands(case)
    if demands is None:
        return Finding("hosts", title, Result.UNKNOWN, "CPU, MEMORY or number of the VMs is not known")
    alive = [host for host in seen if host.state in MONITORED]
    said = f"{_wanted(demands)} wanted; {len(alive)} of {len(seen)} hosts MONITORED with {size(*_free(alive))} free"
    short, perhaps = _shortage(demands, alive)
    if short and not sees_all:
        return Finding(
            "hosts",
            title,
            Result.WARNING,
            f"{short}: {said}",
            "Other hosts, which this user cannot see, may have room.",
        )
    if short:
        todo = "Choose fewer SuperNodes or smaller VM templates, or free a host. Otherwise VMs stay PENDING."
        return Finding("hosts", title, Result.ERROR, f"{short}: {said}", todo)
    used = [template for template in case.templates.values() if isinstance(template, VmTemplate)]
    limiting = [template.id for template in used if template.requirements]
    if limiting:
        ids = " and ".join(str(number) for number in dict.fromkeys(limiting))
        found = f"{said}; SCHED_REQUIREMENTS of VM template {ids} may leave fewer hosts"
        return Finding("hosts", title, Result.UNKNOWN, found, "Compare them with `onehost list`.")
    if perhaps:
        return Finding("hosts", title, Result.WARNING, f"{perhaps}: {said}", "Free some room, or start fewer VMs.")
    return Finding("hosts", title, Result.OK, said)


def _demands(case: Case) -> tuple[Demand, ...] | None:
    found = []
    for level in ROLES:
        template, count = case.templates[level], case.count(level)
        if not isinstance(template, VmTemplate) or count is None or template.cpu is None or template.memory is None:
            return None
        found.append(Demand(TITLES[level], count, template.cpu, template.memory))
    return tuple(found)


def _shortage(demands: tuple[Demand, ...], alive: list[Host]) -> tuple[str, str]:
    """Why they can't fit however they are placed; else why they might not, as the scheduler places them."""
    superlink, supernodes = demands
    for demand in sorted(demands, key=lambda item: (item.memory, item.cpu), reverse=True):
        if not any(demand.on(host.free_cpu, host.free_memory) for host in alive):
            return f"no host has room for one VM of {demand.title} ({size(demand.cpu, demand.memory)})", ""
    cpu = sum(item.count * item.cpu for item in demands)
    memory = sum(item.count * item.memory for item in demands)
    free_cpu, free_memory = _free(alive)
    if cpu > free_cpu + _SLACK:
        return "not enough CPU", ""
    if memory > free_memory + _SLACK:
        return "not enough memory", ""
    fitting = []
    for host in alive:
        if superlink.on(host.free_cpu, host.free_memory) >= superlink.count:
            rest = {other.id: (other.free_cpu, other.free_memory) for other in alive}
            rest[host.id] = (
                host.free_cpu - superlink.count * superlink.cpu,
                host.free_memory - superlink.count * superlink.memory,
            )
            fitting.append(sum(supernodes.on(*free) for free in rest.values()))
    most = max(fitting, default=0)
    if most < supernodes.count:
        return f"beside the SuperLink, {most} of {supernodes.count} SuperNodes find a host with room", ""
    if min(fitting) < supernodes.count:
        return "", "they fit only if the scheduler places the SuperLink well"
    return "", ""


def _wanted(demands: tuple[Demand, ...]) -> str:
    cpu = sum(item.count * item.cpu for item in demands)
    memory = sum(item.count * item.memory for item in demands)
    return size(cpu, memory)


def _free(alive: list[Host]) -> tuple[float, float]:
    """Free capacity in all; a host with more given away than it has gives nothing, and takes nothing from others."""
    return sum(max(0.0, host.free_cpu) for host in alive), sum(max(0.0, host.free_memory) for host in alive)


def size(cpu: float, memory: float) -> str:
    """CPU in cores and memory in MB, for people."""
    amount = f"{memory / 1024:.4g} GB" if memory >= 1024 else f"{memory:g} MB"
    return f"{cpu:.4g} CPU and {amount}"


def user_quota(case: Case) -> Iterator[Finding]:
    """The quotas of the user allow all VMs. oned applies none to oneadmin."""
    yield _quota(case, "user-quota", "User quota", case.facts.user, "oneuser")


def group_quota(case: Case) -> Iterator[Finding]:
    """The quotas of the group allow all VMs. oned applies none to group oneadmin."""
    yield _quota(case, "group-quota", "Group quota", case.facts.group, "onegroup")


def _quota(case: Case, check: str, title: str, seen: Seen[Member], tool: str) -> Finding:
    if isinstance(seen, Unseen):
        return Finding(check, title, Result.UNKNOWN, seen.reason, seen.hint)
    if seen.id == 0:
        return Finding(check, title, Result.OK, f"{seen.name} has no limits")
    if not seen.limits:
        return Finding(check, title, Result.OK, f"{seen.name} has no limits on VMS, CPU and MEMORY")
    parts = [_limit(case, check, limit, seen, tool) for limit in seen.limits]
    return summed_up(check, title, parts)


def _limit(case: Case, check: str, limit: Limit, seen: Member, tool: str) -> Finding:
    wanted = _asked(case, limit.metric.removeprefix("RUNNING_"))
    where = f" in clusters {limit.clusters}" if limit.clusters else ""
    said = f"{limit.metric} {limit.used:g} of {limit.limit:g} used{where}"
    if wanted is None:
        return Finding(check, "", Result.UNKNOWN, f"{said}, how much is wanted is not known")
    said = f"{said}, {wanted:g} wanted"
    if limit.used + wanted <= limit.limit + _SLACK:
        return Finding(check, "", Result.OK, said)
    if limit.clusters:
        return Finding(check, "", Result.WARNING, said, "Only other clusters can take all VMs.")
    todo = f"Choose fewer SuperNodes, or ask oneadmin to raise it: `{tool} quota {seen.id}`."
    return Finding(check, "", Result.ERROR, said, todo)


def _asked(case: Case, metric: str) -> float | None:
    if metric == "VMS":
        return case.total
    total = 0.0
    for level in ROLES:
        size, count = _metric(case, level, metric), case.count(level)
        if size is None or count is None:
            return None
        total += size * count
    return total


def _metric(case: Case, level: Level, metric: str) -> float | None:
    template = case.templates[level]
    if not isinstance(template, VmTemplate):
        return None
    return template.cpu if metric == "CPU" else template.memory
