"""All recordings, in the order of their numbers, with what happened between them."""

from __future__ import annotations

from .failures import FAILURES, ODDITIES, USERS
from .happy_path import AFTER_GUEST, HAPPY
from .steps import Scenario
from .templates import LEGACY, REGISTRATIONS, UPDATES
from .values import AWKWARD

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
