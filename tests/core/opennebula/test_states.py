"""The state tables, typed out, and what may be done in each state."""

from __future__ import annotations

import pytest

from wizard.core.opennebula.states import (
    LCM_RUNNING,
    LCM_STATES,
    LCM_UNKNOWN,
    Verb,
    can_recover,
    can_scale,
    removal_verb,
    role_state_name,
    service_failed,
    service_state_name,
    vm_failed,
    vm_state_name,
)

# number, name, how it is removed, recover, scale
SERVICE_STATES = [
    (0, "PENDING", Verb.DELETE, False, False),
    (1, "DEPLOYING", Verb.RECOVER_DELETE, True, False),
    (2, "RUNNING", Verb.DELETE, False, True),
    (3, "UNDEPLOYING", Verb.WAIT, True, False),
    (4, "WARNING", Verb.DELETE, False, False),
    (5, "DONE", Verb.WAIT, False, False),
    (6, "FAILED_UNDEPLOYING", Verb.RECOVER_DELETE, True, False),
    (7, "FAILED_DEPLOYING", Verb.RECOVER_DELETE, True, False),
    (8, "SCALING", Verb.RECOVER_DELETE, True, False),
    (9, "FAILED_SCALING", Verb.RECOVER_DELETE, True, False),
    (10, "COOLDOWN", Verb.RECOVER_DELETE, True, False),
    (11, "DEPLOYING_NETS", Verb.RECOVER_DELETE, True, False),
    (12, "UNDEPLOYING_NETS", Verb.WAIT, True, False),
    (13, "FAILED_DEPLOYING_NETS", Verb.RECOVER_DELETE, True, False),
    (14, "FAILED_UNDEPLOYING_NETS", Verb.RECOVER_DELETE, True, False),
    (15, "HOLD", Verb.DELETE, False, False),
]

_VM_STATES = """
INIT PENDING HOLD ACTIVE STOPPED SUSPENDED DONE FAILED POWEROFF UNDEPLOYED CLONING CLONING_FAILURE
"""
VM_STATES = _VM_STATES.split()

_LCM = """
LCM_INIT PROLOG BOOT RUNNING MIGRATE SAVE_STOP SAVE_SUSPEND SAVE_MIGRATE PROLOG_MIGRATE PROLOG_RESUME EPILOG_STOP
EPILOG SHUTDOWN CANCEL FAILURE CLEANUP_RESUBMIT UNKNOWN HOTPLUG SHUTDOWN_POWEROFF BOOT_UNKNOWN BOOT_POWEROFF
BOOT_SUSPENDED BOOT_STOPPED CLEANUP_DELETE HOTPLUG_SNAPSHOT HOTPLUG_NIC HOTPLUG_SAVEAS HOTPLUG_SAVEAS_POWEROFF
HOTPLUG_SAVEAS_SUSPENDED SHUTDOWN_UNDEPLOY EPILOG_UNDEPLOY PROLOG_UNDEPLOY BOOT_UNDEPLOY HOTPLUG_PROLOG_POWEROFF
HOTPLUG_EPILOG_POWEROFF BOOT_MIGRATE BOOT_FAILURE BOOT_MIGRATE_FAILURE PROLOG_MIGRATE_FAILURE PROLOG_FAILURE
EPILOG_FAILURE EPILOG_STOP_FAILURE EPILOG_UNDEPLOY_FAILURE PROLOG_MIGRATE_POWEROFF PROLOG_MIGRATE_POWEROFF_FAILURE
PROLOG_MIGRATE_SUSPEND PROLOG_MIGRATE_SUSPEND_FAILURE BOOT_UNDEPLOY_FAILURE BOOT_STOPPED_FAILURE PROLOG_RESUME_FAILURE
PROLOG_UNDEPLOY_FAILURE DISK_SNAPSHOT_POWEROFF DISK_SNAPSHOT_REVERT_POWEROFF DISK_SNAPSHOT_DELETE_POWEROFF
DISK_SNAPSHOT_SUSPENDED DISK_SNAPSHOT_REVERT_SUSPENDED DISK_SNAPSHOT_DELETE_SUSPENDED DISK_SNAPSHOT
DISK_SNAPSHOT_REVERT DISK_SNAPSHOT_DELETE PROLOG_MIGRATE_UNKNOWN PROLOG_MIGRATE_UNKNOWN_FAILURE DISK_RESIZE
DISK_RESIZE_POWEROFF DISK_RESIZE_UNDEPLOYED HOTPLUG_NIC_POWEROFF HOTPLUG_RESIZE HOTPLUG_SAVEAS_UNDEPLOYED
HOTPLUG_SAVEAS_STOPPED BACKUP BACKUP_POWEROFF RESTORE
"""
LCM = _LCM.split()

# the LCM states that OneFlow itself takes for a failure
GIVEN_UP = (36, 37, 38, 39, 40, 41, 42, 44, 46, 61, 47, 48, 49, 50)


@pytest.mark.parametrize(("number", "name", "verb", "recover", "scale"), SERVICE_STATES)
def test_a_state_of_a_service(number: int, name: str, verb: Verb, recover: bool, scale: bool) -> None:
    assert service_state_name(number) == name
    assert removal_verb(number) is verb
    assert can_recover(number) is recover
    assert can_scale(number) is scale
    assert service_failed(number) is name.startswith("FAILED")


def test_a_role_has_the_same_states_up_to_ten_and_holds_in_eleven() -> None:
    names = [name for _, name, *_ in SERVICE_STATES[:11]]
    assert [role_state_name(number) for number in range(12)] == [*names, "HOLD"]


def test_vm_states() -> None:
    named = [vm_state_name(number, 3) for number in range(12)]
    assert named == [name if name != "ACTIVE" else "RUNNING" for name in VM_STATES]


def test_lcm_states() -> None:
    assert list(LCM_STATES) == LCM
    assert [vm_state_name(3, number) for number in range(len(LCM))] == LCM
    assert (LCM_RUNNING, LCM_UNKNOWN) == (3, 16)
    assert (LCM[36], LCM[71]) == ("BOOT_FAILURE", "RESTORE")


@pytest.mark.parametrize("state", [-1, 12, 99])
def test_an_unknown_number_is_shown_as_a_number(state: int) -> None:
    assert vm_state_name(state, 0) == str(state)
    assert role_state_name(state) == str(state)
    assert service_state_name(state + 20) == str(state + 20)
    assert vm_state_name(3, state + 100) == str(state + 100)
    assert vm_state_name(3, -1) == "-1"


def test_what_an_unknown_state_allows() -> None:
    assert (can_scale(99), can_recover(99), service_failed(99)) == (False, False, False)


def test_given_up_vms() -> None:
    assert {number for number in range(len(LCM)) if vm_failed(3, number)} == {*GIVEN_UP, LCM.index("FAILURE")}
    assert [vm_failed(number, 36) for number in range(12)] == [
        name in ("ACTIVE", "FAILED", "CLONING_FAILURE") for name in VM_STATES
    ]
    assert not vm_failed(3, 3)
