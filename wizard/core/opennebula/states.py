"""The state tables of OpenNebula, as words.

Numbers and names are those of OneFlow (service, role) and oned (VM); they are the same from 6.8 to 7.5. A number
that no table knows is shown as a number: a newer server must not break an older client.
"""

from __future__ import annotations

from enum import Enum, IntEnum


class ServiceState(IntEnum):
    """`state` in the body of a OneFlow service."""

    PENDING = 0
    DEPLOYING = 1
    RUNNING = 2
    UNDEPLOYING = 3
    WARNING = 4
    DONE = 5
    FAILED_UNDEPLOYING = 6
    FAILED_DEPLOYING = 7
    SCALING = 8
    FAILED_SCALING = 9
    COOLDOWN = 10
    DEPLOYING_NETS = 11
    UNDEPLOYING_NETS = 12
    FAILED_DEPLOYING_NETS = 13
    FAILED_UNDEPLOYING_NETS = 14
    HOLD = 15


SETTLED = frozenset({ServiceState.RUNNING, ServiceState.WARNING, ServiceState.COOLDOWN})
"""States in which the lists of VMs stand still: in any other a position is only a passing one."""

COMING_UP = frozenset({ServiceState.PENDING, ServiceState.DEPLOYING_NETS, ServiceState.DEPLOYING})
"""States of a service that is deployed for the first time."""


class RoleState(IntEnum):
    """`state` of a role. Up to 10 as for a service; 11 is HOLD here, where a service has DEPLOYING_NETS."""

    PENDING = 0
    DEPLOYING = 1
    RUNNING = 2
    UNDEPLOYING = 3
    WARNING = 4
    DONE = 5
    FAILED_UNDEPLOYING = 6
    FAILED_DEPLOYING = 7
    SCALING = 8
    FAILED_SCALING = 9
    COOLDOWN = 10
    HOLD = 11


class VmState(IntEnum):
    """`STATE` of a VM."""

    INIT = 0
    PENDING = 1
    HOLD = 2
    ACTIVE = 3
    STOPPED = 4
    SUSPENDED = 5
    DONE = 6
    FAILED = 7
    POWEROFF = 8
    UNDEPLOYED = 9
    CLONING = 10
    CLONING_FAILURE = 11


LCM_STATES: tuple[str, ...] = (
    "LCM_INIT",
    "PROLOG",
    "BOOT",
    "RUNNING",
    "MIGRATE",
    "SAVE_STOP",
    "SAVE_SUSPEND",
    "SAVE_MIGRATE",
    "PROLOG_MIGRATE",
    "PROLOG_RESUME",
    "EPILOG_STOP",
    "EPILOG",
    "SHUTDOWN",
    "CANCEL",
    "FAILURE",
    "CLEANUP_RESUBMIT",
    "UNKNOWN",
    "HOTPLUG",
    "SHUTDOWN_POWEROFF",
    "BOOT_UNKNOWN",
    "BOOT_POWEROFF",
    "BOOT_SUSPENDED",
    "BOOT_STOPPED",
    "CLEANUP_DELETE",
    "HOTPLUG_SNAPSHOT",
    "HOTPLUG_NIC",
    "HOTPLUG_SAVEAS",
    "HOTPLUG_SAVEAS_POWEROFF",
    "HOTPLUG_SAVEAS_SUSPENDED",
    "SHUTDOWN_UNDEPLOY",
    "EPILOG_UNDEPLOY",
    "PROLOG_UNDEPLOY",
    "BOOT_UNDEPLOY",
    "HOTPLUG_PROLOG_POWEROFF",
    "HOTPLUG_EPILOG_POWEROFF",
    "BOOT_MIGRATE",
    "BOOT_FAILURE",
    "BOOT_MIGRATE_FAILURE",
    "PROLOG_MIGRATE_FAILURE",
    "PROLOG_FAILURE",
    "EPILOG_FAILURE",
    "EPILOG_STOP_FAILURE",
    "EPILOG_UNDEPLOY_FAILURE",
    "PROLOG_MIGRATE_POWEROFF",
    "PROLOG_MIGRATE_POWEROFF_FAILURE",
    "PROLOG_MIGRATE_SUSPEND",
    "PROLOG_MIGRATE_SUSPEND_FAILURE",
    "BOOT_UNDEPLOY_FAILURE",
    "BOOT_STOPPED_FAILURE",
    "PROLOG_RESUME_FAILURE",
    "PROLOG_UNDEPLOY_FAILURE",
    "DISK_SNAPSHOT_POWEROFF",
    "DISK_SNAPSHOT_REVERT_POWEROFF",
    "DISK_SNAPSHOT_DELETE_POWEROFF",
    "DISK_SNAPSHOT_SUSPENDED",
    "DISK_SNAPSHOT_REVERT_SUSPENDED",
    "DISK_SNAPSHOT_DELETE_SUSPENDED",
    "DISK_SNAPSHOT",
    "DISK_SNAPSHOT_REVERT",
    "DISK_SNAPSHOT_DELETE",
    "PROLOG_MIGRATE_UNKNOWN",
    "PROLOG_MIGRATE_UNKNOWN_FAILURE",
    "DISK_RESIZE",
    "DISK_RESIZE_POWEROFF",
    "DISK_RESIZE_UNDEPLOYED",
    "HOTPLUG_NIC_POWEROFF",
    "HOTPLUG_RESIZE",
    "HOTPLUG_SAVEAS_UNDEPLOYED",
    "HOTPLUG_SAVEAS_STOPPED",
    "BACKUP",
    "BACKUP_POWEROFF",
    "RESTORE",
)
"""`LCM_STATE` of a VM by its number; it has a meaning only while `STATE` is ACTIVE."""

LCM_RUNNING = LCM_STATES.index("RUNNING")
LCM_UNKNOWN = LCM_STATES.index("UNKNOWN")


class Verb(str, Enum):
    """Requests of OneFlow that remove a service."""

    DELETE = "delete"
    RECOVER_DELETE = "recover-delete"
    WAIT = "wait"


_DELETE_STATES = frozenset({ServiceState.PENDING, ServiceState.RUNNING, ServiceState.WARNING, ServiceState.HOLD})
_WAIT_STATES = frozenset({ServiceState.UNDEPLOYING, ServiceState.UNDEPLOYING_NETS, ServiceState.DONE})

_RECOVERABLE = frozenset(
    {
        ServiceState.DEPLOYING,
        ServiceState.SCALING,
        ServiceState.UNDEPLOYING,
        ServiceState.COOLDOWN,
        ServiceState.DEPLOYING_NETS,
        ServiceState.UNDEPLOYING_NETS,
        ServiceState.FAILED_DEPLOYING,
        ServiceState.FAILED_UNDEPLOYING,
        ServiceState.FAILED_SCALING,
        ServiceState.FAILED_DEPLOYING_NETS,
        ServiceState.FAILED_UNDEPLOYING_NETS,
    }
)


def service_state_name(state: int) -> str:
    """The word for a service's state, or the number itself where no table knows it."""
    return _name(ServiceState, state)


def role_state_name(state: int) -> str:
    """The word for a role's state, or the number itself where no table knows it."""
    return _name(RoleState, state)


def vm_state_name(state: int, lcm_state: int) -> str:
    """A VM's state as `onevm` names it: the LCM state while the VM is ACTIVE, else the VM state."""
    if state == VmState.ACTIVE:
        return LCM_STATES[lcm_state] if 0 <= lcm_state < len(LCM_STATES) else str(lcm_state)
    return _name(VmState, state)


def vm_failed(state: int, lcm_state: int) -> bool:
    """True if oned has given up on the VM: any LCM state that ends in FAILURE, CLONING_FAILURE, or the old FAILED."""
    return is_failure(vm_state_name(state, lcm_state))


def service_failed(state: int) -> bool:
    """True if a service's (or, below 11, a role's) state is one of FAILED_*."""
    return is_failure(service_state_name(state))


def is_failure(name: str) -> bool:
    """True if OpenNebula's word for a state of a VM, a role or a service is one of failure."""
    return name.startswith("FAILED") or name.endswith("FAILURE")


def removal_verb(state: int) -> Verb:
    """The request that removes a service in this state.

    OneFlow refuses DELETE while it works on the service and after a failure; there only `recover` with `delete`
    helps. While it is being removed nothing may be sent at all: a second DELETE, or a recover-delete, drops the
    document and leaves the SuperLink's VM running with no owner.
    """
    if state in _DELETE_STATES:
        return Verb.DELETE
    if state in _WAIT_STATES:
        return Verb.WAIT
    return Verb.RECOVER_DELETE


def can_recover(state: int) -> bool:
    """True if OneFlow accepts a plain `recover`. Not in WARNING: there the VM itself must be fixed."""
    return state in _RECOVERABLE


def can_scale(state: int) -> bool:
    """True if OneFlow accepts a scale: in RUNNING only."""
    return state == ServiceState.RUNNING


def _name(table: type[IntEnum], state: int) -> str:
    try:
        return table(state).name
    except ValueError:
        return str(state)
