"""All scenarios."""

from __future__ import annotations

from tests.contract.failures import FAILURES, ODDITIES, USERS
from tests.contract.happy_path import AFTER_GUEST, HAPPY
from tests.contract.steps import Scenario
from tests.contract.templates import LEGACY, REGISTRATIONS, UPDATES
from tests.contract.values import AWKWARD

SCENARIOS: tuple[Scenario, ...] = (
    HAPPY,
    AFTER_GUEST,
    REGISTRATIONS,
    UPDATES,
    *FAILURES,
    *AWKWARD,
    USERS,
    *ODDITIES,
    LEGACY,
)
