"""`render`: the documents that a deployment would send, without sending them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard.commands.completing import preset_names
from wizard.commands.options import Reach, connection_options, dialect_option, example, set_option
from wizard.commands.output import Teller, emit
from wizard.commands.planning import checked, dialect_of, plan_of
from wizard.commands.reach import connecting

if TYPE_CHECKING:
    from wizard.core.plan import Plan


@click.command(epilog=example("flowerneb-wizard render default > flower.json && oneflow-template create flower.json"))
@click.argument("preset", shell_complete=preset_names)
@set_option
@click.option("--merge-template", is_flag=True, help="Print what goes along with the instantiation instead.")
@dialect_option(auto=False)
@connection_options
@click.pass_context
def render(context: click.Context, preset: str, settings: tuple[str, ...], merge_template: bool, dialect: str) -> None:
    """Print the service template that follows from PRESET, a name or a file.

    No cloud is asked, unless a VM template or the network is given by name.
    """
    teller = Teller()
    reach = Reach.of(context)
    plan = plan_of(preset, settings)
    spelling = dialect_of(dialect)
    checked(plan, teller, spelling)
    plan = _by_id(plan, reach, teller)
    from wizard.core.dialect import Dialect
    from wizard.deployment import documents

    texts = documents(plan, spelling or Dialect.V7)
    if not merge_template:
        _tell_placeholders(plan, teller)
    emit(texts.merge_template if merge_template else texts.template)


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
