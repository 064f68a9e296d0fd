"""`render`: the documents that a deployment would send, without sending them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from wizard.cli.completing import preset_names
from wizard.cli.connection import ConnectionOptions, connecting
from wizard.cli.options import connection_options, dialect_option, example, set_option
from wizard.cli.output import Teller, emit, emit_styled

if TYPE_CHECKING:
    from wizard.core.plan.dialect import Dialect
    from wizard.core.plan.plan import Plan
    from wizard.core.plan.problem import Kind, Problem
    from wizard.operations.prepare import Prepared


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
    """The problems of a plan that may be deployed, its warnings printed. Raises InvalidPlan where it may not."""
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


_COLORS = {"@": "cyan", "+": "green", "-": "red", " ": None}


@click.command(epilog=example("flowerneb-wizard render default > flower.json && oneflow-template create flower.json"))
@click.argument("preset", shell_complete=preset_names)
@set_option
@click.option(
    "--merge-template", "what", flag_value="merge", help="Print what goes along with the instantiation instead."
)
@click.option(
    "--commands", "what", flag_value="commands", help="Print a script of `oneflow-template` commands instead."
)
@click.option(
    "--diff", "what", flag_value="diff", help="Print what differs from the registered template of that name instead."
)
@dialect_option(auto=False)
@connection_options
@click.pass_context
def render(context: click.Context, preset: str, settings: tuple[str, ...], what: str | None, dialect: str) -> None:
    """Print the service template that follows from PRESET, a name or a file.

    No cloud is asked, unless a VM template or the network is given by name, or for --diff.
    """
    teller = Teller()
    reach = ConnectionOptions.of(context)
    plan = plan_of(preset, settings)
    spelling = dialect_of(dialect)
    checked(plan, teller, spelling)
    if what == "diff":
        _diff(plan, spelling, reach, teller)
        return
    from wizard.core.plan.dialect import NOT_WHOLE
    from wizard.core.plan.problem import Kind

    prepared = _prepared(plan, spelling, reach, teller)
    tell((item for item in prepared.problems if item.rule == NOT_WHOLE), teller, Kind.WARNING)
    if what == "merge":
        emit(prepared.merge_template)
        return
    from wizard.core.plan.plan import shell_script

    for item in prepared.unresolved:
        teller.say(f"note: {item.message}")
    template, merge_template = prepared.template, prepared.merge_template
    emit(shell_script(plan.name, template, merge_template) if what == "commands" else template)


def _prepared(plan: Plan, dialect: Dialect | None, reach: ConnectionOptions, teller: Teller) -> Prepared:
    """The documents; the cloud is asked only for the ids of what is named."""
    from wizard.core.plan.dialect import Dialect
    from wizard.operations.prepare import Lookups, names_in, preview

    dialect = dialect or Dialect.V7
    if not names_in(plan):
        return preview(plan, dialect)
    with connecting(reach, teller) as connector:
        lookups = Lookups(connector.connect())
        contexts = lookups.contexts() if dialect is Dialect.V6 else None
        return preview(plan, dialect, lookups.find, unchosen=False, contexts=contexts)


def _diff(plan: Plan, dialect: Dialect | None, reach: ConnectionOptions, teller: Teller) -> None:
    from wizard.core.text import one_line
    from wizard.operations.prepare import prepare

    with connecting(reach, teller) as connector:
        prepared = prepare(plan, connector.connect(), dialect)
    if not prepared.same_name:
        teller.say(f"no registered template is named {prepared.name!r}")
    for item in prepared.same_name:
        teller.say(f"service template {item.id}: {'differs' if item.differs else 'no difference'}")
        for line in item.differs:
            emit_styled(f"{one_line(line.text)}\n", _COLORS[line.change.value])
