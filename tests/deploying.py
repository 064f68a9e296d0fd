"""A deployment as the commands and the screens do it: prepare, then send."""

from __future__ import annotations

from collections.abc import Callable

from wizard.cloud.cloud import Cloud
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.plan.dialect import Dialect
from wizard.core.plan.plan import Plan, Registration
from wizard.operations.deploy import Record, send
from wizard.operations.prepare import prepare


def quiet(_: str) -> None:
    """Takes the lines of a deployment that nobody reads."""


def deploy_plan(
    plan: Plan,
    cloud: Cloud,
    report: Callable[[str], None] = quiet,
    dialect: Dialect | None = None,
    registration: Registration = Registration.NEW,
    record: Record | None = None,
) -> ServiceSnapshot:
    """The service that comes of a plan."""
    return send(prepare(plan, cloud, dialect, registration), cloud, report, record)
