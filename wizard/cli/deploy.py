"""`deploy`: the same deployment as in the wizard, without a screen."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from wizard.cli.check import held_against
from wizard.cli.completing import preset_names
from wizard.cli.connection import ConnectionOptions, connecting
from wizard.cli.options import connection_options, dialect_option, example, json_option, set_option
from wizard.cli.output import (
    DEPLOYMENT_FAILED,
    FAILED,
    INTERRUPTED,
    TIMED_OUT,
    CommandFailed,
    Teller,
    emit,
    emit_drawn,
    emit_json,
    is_terminal,
)
from wizard.cli.render import checked, dialect_of, plan_of

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.opennebula.snapshot import ServiceSnapshot
    from wizard.operations.prepare import Prepared
    from wizard.operations.watch import PollResult, Watch
    from wizard.storage.journal import Journal
    from wizard.storage.process_files import DeploymentRecord

MINUTES_20 = 1200.0


@click.command(
    epilog=example("flowerneb-wizard deploy image-classification --set supernode.cardinality=6 --yes --json")
)
@click.argument("preset", shell_complete=preset_names)
@set_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Print both documents that would be sent, and send neither.")
@click.option(
    "--preflight/--no-preflight", default=True, help="Whether to hold it against the cloud first.", show_default=True
)
@click.option(
    "--registered",
    type=click.Choice(["new", "update", "as-is"]),
    default="new",
    show_default=True,
    help="Where a template of that name has other content: register one more, update it, or use it as it is.",
)
@click.option("--anew", is_flag=True, help="Make another service, even where an earlier run was cut short.")
@click.option("--wait/--no-wait", default=True, help="Whether to wait until it is RUNNING.", show_default=True)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=MINUTES_20,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait; OneFlow itself waits for ever.",
)
@dialect_option(auto=True)
@json_option
@connection_options
@click.pass_context
def deploy(
    context: click.Context,
    preset: str,
    settings: tuple[str, ...],
    *,
    yes: bool,
    dry_run: bool,
    preflight: bool,
    wait: bool,
    registered: str,
    anew: bool,
    timeout: float,
    dialect: str,
    as_json: bool,
) -> int:
    """Deploy PRESET, a name or a file, and wait until it is RUNNING.

    The deployment runs in OneFlow: it goes on if this program ends. Where this program was killed, the same command
    goes on with the service that it had begun.
    """
    teller = Teller(as_json)
    reach = ConnectionOptions.of(context)
    plan = plan_of(preset, settings)
    spelling = dialect_of(dialect)
    checked(plan, teller, spelling)
    if not yes and not dry_run and (as_json or not (is_terminal(sys.stdin) and is_terminal(sys.stderr))):
        raise click.UsageError("nobody can be asked here: say --yes to deploy, or --dry-run to look first.")
    from wizard.core.plan.plan import Registration
    from wizard.operations.deploy import LOOKING_UP
    from wizard.operations.prepare import prepare
    from wizard.storage.process_files import DeploymentRecord

    with connecting(reach, teller) as connector:
        if not dry_run:
            connector.refuse_change(f"preset {preset}")
        cloud = connector.connect()
        listings = None
        if not dry_run:
            listings = held_against(plan, cloud, teller) if preflight else None
            teller.say(LOOKING_UP)
        prepared = prepare(plan, cloud, spelling, Registration(registered), listings)
        if dry_run:
            return _show_documents(prepared, teller, as_json)
        if not yes and not _agreed(prepared, cloud):
            raise CommandFailed(FAILED, "not deployed; nothing was sent")
        record = None if reach.sandbox else DeploymentRecord(cloud.where, anew)
        deployment = _Deployment(cloud, teller, as_json, record)
        deployment.journals = connector.journals(cloud)
        return deployment.run(prepared, timeout if wait else None)


class _Deployment:
    """One deployment, and what to say when it ends in whatever way."""

    def __init__(
        self,
        cloud: Cloud,
        teller: Teller,
        as_json: bool,
        record: DeploymentRecord | None,
    ) -> None:
        self.record = record
        self.journals: Callable[[ServiceSnapshot], Journal] | None = None
        self.cloud = cloud
        self.teller = teller
        self.as_json = as_json
        self.in_sandbox = record is None
        self.gated = False
        """Whether the template has the VMs say that they are READY."""
        self.steps: list[str] = []
        self.service: ServiceSnapshot | None = None

    def run(self, prepared: Prepared, timeout: float | None) -> int:
        """Deploy, and wait at most so many seconds (None: not at all)."""
        self.gated = bool(json.loads(prepared.template).get("ready_status_gate"))
        try:
            self.service = self._started(prepared)
            if timeout is None:
                self._show(self.service)
                self.teller.say(self._where_it_stands())
                return 0
            return self._awaited(self.service, timeout)
        except KeyboardInterrupt:
            if self.record is not None:
                self.record.leave()
            raise CommandFailed(INTERRUPTED, "interrupted", hint=self._where_it_stands()) from None
        finally:
            if self.record is not None:
                self.record.done()

    def _started(self, prepared: Prepared) -> ServiceSnapshot:
        from wizard.cloud.errors import NotAuthorized, Refused, ServerFault
        from wizard.operations.deploy import send

        try:
            return send(prepared, self.cloud, self._tell_step, self.record)
        except (Refused, NotAuthorized, ServerFault) as error:
            if not self.steps:
                raise
            title = f"{error.title}, while {self.steps[-1]}"
            raise CommandFailed(DEPLOYMENT_FAILED, title, error.subject, error.detail, error.hint) from None

    def _awaited(self, service: ServiceSnapshot, timeout: float) -> int:
        from wizard.cli.narrator import Narrator
        from wizard.core.cluster.outcome import READY_GRACE, Outcome, outcome, outcome_when_ready
        from wizard.operations.watch import PollResult, Watch, changes, follow_until

        watch = Watch(self.cloud, service.id, PollResult(service, changes(None, service)), self.journals)
        narrator = Narrator(self.teller.say, time.monotonic)
        begun = time.monotonic()
        ended = follow_until(watch, outcome, timeout, narrator.see)
        late = self._late(watch) if ended is Outcome.RUNNING else ()
        if late:
            # OneFlow's gate may open before the guests are READY.
            grace = min(READY_GRACE, timeout - (time.monotonic() - begun))
            ended = follow_until(watch, outcome_when_ready, grace, narrator.see) or Outcome.RUNNING
            late = self._late(watch) if ended is Outcome.RUNNING else ()
        self.service = watch.latest.snapshot or service
        self._show(self.service, watch.latest)
        if late:
            title = f"it is RUNNING, but not READY: {', '.join(f'VM {number}' for number in late)}"
            raise self._failure(TIMED_OUT, title, f"Look at one: `flowerneb-wizard vm {late[0]}`.")
        if ended is Outcome.RUNNING:
            return 0
        if ended is None:
            title = f"not RUNNING after {timeout:g} s; it is {self.service.state_name}"
            raise self._failure(TIMED_OUT, title, self._where_it_stands())
        if ended is Outcome.GONE:
            raise self._failure(DEPLOYMENT_FAILED, "somebody deleted the service while it was deployed", "")
        hint = "" if self.in_sandbox else f"Look closer with `flowerneb-wizard attach {service.id}`."
        raise self._failure(DEPLOYMENT_FAILED, "the deployment failed", hint)

    def _late(self, watch: Watch) -> tuple[int, ...]:
        """The VMs that are to say READY and have not."""
        from wizard.core.cluster.outcome import not_ready

        snapshot = watch.latest.snapshot
        return not_ready(snapshot) if self.gated and snapshot is not None else ()

    def _failure(self, status: int, title: str, hint: str) -> CommandFailed:
        from wizard.core.cluster.progress import waiting_for

        service = self.service
        if service is None:
            return CommandFailed(status, title, hint=hint)
        return CommandFailed(status, title, f"service {service.id} {service.name!r}", waiting_for(service), hint)

    def _tell_step(self, step: str) -> None:
        self.steps.append(step)
        self.teller.say(step)

    def _show(self, service: ServiceSnapshot, result: PollResult | None = None) -> None:
        from wizard.cli.report import service_data, service_text

        if self.as_json:
            emit_json(service_data(service, result.error if result else None))
        else:
            emit_drawn(service_text(service, terminal=is_terminal(sys.stdout)))

    def _where_it_stands(self) -> str:
        from wizard.operations.deploy import INSTANTIATING

        if self.in_sandbox:
            return "The sandbox ends with this program, and the deployment with it."
        if self.service is not None:
            number = self.service.id
            return (
                f"The deployment of service {number} goes on in OneFlow: `flowerneb-wizard attach {number}` shows it, "
                "and so does the same command."
            )
        if any(step.startswith(INSTANTIATING) for step in self.steps):
            return "OneFlow may have begun to deploy: the same command finds out, and goes on with it."
        return "Nothing is deployed."


def _show_documents(prepared: Prepared, teller: Teller, as_json: bool) -> int:
    if as_json:
        texts = {"template": prepared.template, "merge_template": prepared.merge_template}
        documents = {name: json.loads(text) for name, text in texts.items()}
        emit_json({**documents, "registered_as": prepared.template_id})
        return 0
    number = prepared.template_id
    if prepared.is_registered:
        effect = f" (registered already, as {number}: it would be used)"
    elif prepared.updates:
        effect = f" (registered as {number}, with other content: it would be updated)"
    else:
        effect = "" if number is None else f" (registered as {number}: it would be used as it is)"
    teller.say(f"the service template{effect}, then what goes along with its instantiation; nothing was sent")
    emit(prepared.template)
    emit(prepared.merge_template)
    return 0


def _agreed(prepared: Prepared, cloud: Cloud) -> bool:
    """Show what will be made, and ask."""
    from wizard.core.plan.contract import Level, Meaning
    from wizard.core.text import one_line

    plan = prepared.plan
    network = plan.meant(Meaning.NETWORK)
    lines = [f"service {plan.name!r} on {cloud.oneflow_url}"]
    for level in (Level.SUPERLINK, Level.SUPERNODE):
        count, template = plan.meant(Meaning.CARDINALITY, level), plan.meant(Meaning.VM_TEMPLATE, level)
        lines.append(f"{count} VM{'' if count == '1' else 's'} {level.value} from VM template {template}")
    lines.append(f"all on network {network}" if network else "on the networks of their VM templates")
    click.echo("This will be made:", err=True)
    for line in lines:
        click.echo(f"  {one_line(line)}", err=True)
    click.echo("Deploy? [y/N] ", err=True, nl=False)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
