"""`render`: the documents that a deployment would send, without sending them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard.commands.completing import preset_names
from wizard.commands.options import Reach, connection_options, dialect_option, example, set_option
from wizard.commands.output import Teller, emit, emit_styled
from wizard.commands.planning import checked, dialect_of, plan_of
from wizard.commands.reach import connecting

if TYPE_CHECKING:
    from wizard.core.plan import Plan

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
    reach = Reach.of(context)
    plan = plan_of(preset, settings)
    spelling = dialect_of(dialect)
    checked(plan, teller, spelling)
    if what == "diff":
        _diff(plan, reach, teller)
        return
    plan = _by_id(plan, reach, teller)
    from wizard.core.dialect import Dialect
    from wizard.core.shell_script import shell_script
    from wizard.deployment import documents

    texts = documents(plan, spelling or Dialect.V7)
    if what == "merge":
        emit(texts.merge_template)
        return
    _tell_placeholders(plan, teller)
    emit(shell_script(plan.name, texts.template, texts.merge_template) if what == "commands" else texts.template)


def _diff(plan: Plan, reach: Reach, teller: Teller) -> None:
    from wizard.core.display import one_line
    from wizard.deployment import resolved
    from wizard.registering import compared

    with connecting(reach, teller) as connector:
        cloud = connector.connect()
        known = compared(resolved(plan, cloud), cloud)
    if not known:
        teller.say(f"no registered template is named {plan.template()['name']!r}")
    for item in known:
        teller.say(f"service template {item.id}: {'differs' if item.differs else 'no difference'}")
        for line in item.differs:
            emit_styled(f"{one_line(line.text)}\n", _COLORS[line.change.value])


def _by_id(plan: Plan, reach: Reach, teller: Teller) -> Plan:
    from wizard.deployment import names_in, resolved

    if not names_in(plan):
        return plan
    with connecting(reach, teller) as connector:
        return resolved(plan, connector.connect(), unchosen=False)


def _tell_placeholders(plan: Plan, teller: Teller) -> None:
    from wizard.core.contract import Meaning

    for role in plan.contract.roles:
        item = plan.contract.meaning(Meaning.VM_TEMPLATE, role.level)
        if item is not None and not plan.text(item.path).strip():
            teller.say(
                f"note: {item.path}: none chosen; template_id {role.vm_template_id} is a placeholder: set {item.path} "
                f"to the id of your {role.vm_template_name!r}"
            )
