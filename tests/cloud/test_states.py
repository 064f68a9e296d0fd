"""The core's state tables against the ones that pyone carries, which come from OpenNebula itself."""

from __future__ import annotations

import pyone
import pytest

from wizard.core.opennebula.states import LCM_STATES, VmState, vm_failed, vm_state_name


def test_the_vm_states_are_pyones() -> None:
    assert {state.name: state.value for state in VmState} == {state.name: state.value for state in pyone.VM_STATE}


def test_the_lcm_states_are_pyones() -> None:
    # OpenNebula appends new ones, and some releases of pyone lack the last.
    ours = {name: number for number, name in enumerate(LCM_STATES)}
    theirs = {state.name: state.value for state in pyone.LCM_STATE}
    assert theirs.items() <= ours.items()
    assert [name for name in ours if name not in theirs] == [*LCM_STATES[len(theirs) :]]


@pytest.mark.parametrize("lcm", list(pyone.LCM_STATE), ids=lambda lcm: lcm.name)
def test_an_active_vm_is_named_and_judged_by_its_lcm_state(lcm: pyone.LCM_STATE) -> None:
    assert vm_state_name(pyone.VM_STATE.ACTIVE, lcm.value) == lcm.name
    assert vm_failed(pyone.VM_STATE.ACTIVE, lcm.value) is lcm.name.endswith("FAILURE")


@pytest.mark.parametrize("state", [state for state in pyone.VM_STATE if state.name != "ACTIVE"], ids=lambda s: s.name)
def test_any_other_vm_is_named_and_judged_by_its_vm_state(state: pyone.VM_STATE) -> None:
    # oned leaves the last LCM state standing: it says nothing any more.
    for lcm in (0, 3, 36):
        assert vm_state_name(state.value, lcm) == state.name
        assert vm_failed(state.value, lcm) is (state.name in ("CLONING_FAILURE", "FAILED"))


@pytest.mark.parametrize(("state", "lcm", "word"), [(3, 999, "999"), (3, -1, "-1"), (77, 3, "77"), (-1, 0, "-1")])
def test_numbers_that_no_table_knows_are_shown_as_numbers(state: int, lcm: int, word: str) -> None:
    assert vm_state_name(state, lcm) == word
    assert vm_failed(state, lcm) is False
