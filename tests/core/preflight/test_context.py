"""What a VM template's CONTEXT lacks of what the contract switches on."""

from __future__ import annotations

import pytest

from wizard.core.plan.contracts import SEED
from wizard.core.preflight.templates import lacking


@pytest.mark.parametrize(
    ("context", "missing"),
    [
        ({"TOKEN": "YES", "REPORT_READY": "YES", "NETWORK": " YES "}, ()),
        ({"TOKEN": "NO", "NETWORK": "YES"}, ("TOKEN=NO", "no REPORT_READY")),
        ({}, ("no TOKEN", "no REPORT_READY", "no NETWORK")),
    ],
)
def test_what_is_missing_or_off_is_named(context: dict[str, str], missing: tuple[str, ...]) -> None:
    assert lacking(SEED.context, context) == missing
