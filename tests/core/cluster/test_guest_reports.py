"""Reports of a guest: parsed before they are used, one clean line, of bounded length."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.core.services import NOW, vm
from wizard.core.cluster.guest_reports import doing, error, published, stage, stage_for


@given(st.text(max_size=400), st.text(max_size=30))
def test_whatever_a_guest_says_is_one_clean_line(text: str, since: str) -> None:
    found = vm(2, ready=None, template={"FL_STAGE": text, "FL_STAGE_SINCE": since, "FL_ERROR": text})
    for said in (stage(found), error(found), doing(found), stage_for(found, float(NOW))):
        assert len(said) < 200
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in said)


def test_a_stage_ends_with_ready_and_its_time_is_believed_only_where_it_can_be() -> None:
    steps = {"FL_STAGE": "installing Flower 1.25.0", "FL_STAGE_SINCE": str(NOW - 42)}
    assert stage_for(vm(2, ready=None, template=steps), NOW) == "installing Flower 1.25.0 for 00:42"
    assert stage_for(vm(2, template=steps), NOW) == ""
    for since in (str(NOW + 1), "0", "-5", "soon", "9" * 40, "١٢"):
        later = {**steps, "FL_STAGE_SINCE": since}
        assert stage_for(vm(2, ready=None, template=later), NOW) == "installing Flower 1.25.0", since


def test_what_the_service_is_asked_for_is_no_word_of_the_guest() -> None:
    """OneFlow writes the inputs into the same template: a guest that only has those has said nothing."""
    inputs = {"FL_LOG_LEVEL": "INFO", "FL_NUM_ROUNDS": "3", "FL_TLS_ENABLED": "NO", "ONEAPP_FL_FRAMEWORK": "pytorch"}
    assert published(vm(2, ready=None, template=inputs)) == {}
    assert published(vm(2, template={**inputs, "FL_READY": "YES"})) == {"FL_READY": "YES", "READY": "YES"}
