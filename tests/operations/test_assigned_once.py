"""The assignments of a snapshot are worked out once, whatever is made of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from tests.core.services import service, vm
from wizard.cli.report import service_data, service_text
from wizard.core.cluster.partitions import assignments
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.views.rows import board


@pytest.mark.parametrize(
    "make",
    [lambda seen: board(seen, ""), service_data, lambda seen: service_text(seen, terminal=False)],
    ids=["board", "data", "text"],
)
def test_assignments_are_worked_out_once(make: Callable[[ServiceSnapshot], object]) -> None:
    calls = 0

    def count(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code is assignments.__code__

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        make(service([vm(2), vm(3)]))
    finally:
        sys.setprofile(before)
    assert calls == 1
