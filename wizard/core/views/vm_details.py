"""A VM in full, fit to be shown: its history, what it was given and what it published; secrets hidden, long values
cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wizard.core.opennebula.snapshot import Run, VmFacts

_SECRET = ("PASSWORD", "TOKEN_", "SECRET", "PRIVATE_KEY")
_LONGEST = 120

_ACTIONS = (
    "", "migrate", "live migrate", "shutdown", "shutdown hard", "undeploy", "undeploy hard", "hold", "release", "stop",
    "suspend", "resume", "boot", "delete", "delete and recreate", "reboot", "reboot hard", "resched", "unresched",
    "poweroff", "poweroff hard", "disk attach", "disk detach", "nic attach", "nic detach", "disk snapshot create",
    "disk snapshot delete", "terminate", "terminate hard",
)  # fmt: skip
"""What ends a history record, by oned's numbers."""
WORDS = ("SCHED_MESSAGE", "ERROR")
"""What the scheduler and the drivers write into the user template."""


def details(values: Mapping[str, str] | None) -> dict[str, str]:
    """Each pair by name; empty where nothing is known."""
    return {key: _shown(key, value) for key, value in sorted((values or {}).items())}


def history(vm: VmFacts, written: Callable[[int], str]) -> tuple[str, ...]:
    """A line for each history record, oldest first; `written` makes text of a Unix time."""
    return tuple(_stay(run, written) for run in vm.runs)


def action_name(number: int) -> str:
    """What ended a history record, in oned's word; empty for nothing."""
    return _ACTIONS[number] if 0 <= number < len(_ACTIONS) else f"action {number}"


def complaints(vm: VmFacts) -> tuple[str, ...]:
    """What the scheduler or a driver says is wrong."""
    return tuple(f"{key}: {(vm.user_template or {})[key]}" for key in WORDS if (vm.user_template or {}).get(key))


def _stay(run: Run, written: Callable[[int], str]) -> str:
    begun = f"runs since {written(run.since)}" if run.since else "has not begun to run"
    if not run.until:
        return f"{run.seq}  {run.host or '-'}  {begun}"
    said = f"{written(run.since)} - {written(run.until)}" if run.since else f"ended {written(run.until)}"
    ended = action_name(run.ended_by)
    return f"{run.seq}  {run.host or '-'}  {said}{f', ended by {ended}' if ended else ''}"


def _shown(key: str, value: str) -> str:
    if any(word in key.upper() for word in _SECRET):
        return "***"
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}… ({len(value)} characters)"
