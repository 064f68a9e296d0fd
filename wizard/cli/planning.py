"""From a preset and `--set` to a plan, and what is told about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wizard.cli.output import Teller

if TYPE_CHECKING:
    from wizard.core.plan.dialect import Dialect
    from wizard.core.plan.plan import Plan
    from wizard.core.plan.problem import Kind, Problem


def plan_of(preset: str | None, settings: Iterable[str]) -> Plan:
    """The plan of a preset (by name or path; None: the defaults) with the settings changed.

    Raises PresetFileError for the preset and PresetError for a setting.
    """
    from wizard.core.plan.plan import Plan
    from wizard.core.plan.preset import PresetError, parse_assignment
    from wizard.storage.files import find_preset

    plan = Plan()
    if preset is not None:
        found = find_preset(preset)
        plan = found.preset.plan if found.preset else plan
    for setting in settings:
        try:
            path, text = parse_assignment(plan.contract, setting)
        except PresetError as error:
            raise PresetError(f"--set: {error.title}") from None
        plan = plan.with_text(path, text)
    return plan


def dialect_of(choice: str) -> Dialect | None:
    """The dialect that `--dialect` names, None for `auto`."""
    from wizard.core.plan.dialect import Dialect

    return None if choice == "auto" else Dialect(choice)


def checked(plan: Plan, teller: Teller, dialect: Dialect | None = None) -> tuple[Problem, ...]:
    """The problems of a plan that may be deployed, its warnings told. Raises InvalidPlan where it may not."""
    from wizard.core.plan.dialect import Dialect
    from wizard.core.plan.problem import Kind
    from wizard.operations import prepare

    problems = prepare.checked(plan, dialect or Dialect.V7)
    tell(problems, teller, Kind.WARNING)
    return problems


def tell(problems: Iterable[Problem], teller: Teller, *kinds: Kind) -> None:
    """A line for each problem of those kinds."""
    for problem in problems:
        if problem.kind in kinds:
            teller.say(str(problem))
