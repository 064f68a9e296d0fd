"""`rehearse`: a preset brought up with real Flower on this machine, run, and held against what the dashboard says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.cli.acting import Act
from wizard.cli.completing import preset_names
from wizard.cli.connection import ending_in_order
from wizard.cli.options import example, json_option, set_option
from wizard.cli.output import (
    DEPLOYMENT_FAILED,
    FAILED,
    TIMED_OUT,
    CommandFailed,
    Teller,
    emit_json,
    emit_words,
    is_terminal,
)
from wizard.cli.render import checked, plan_of

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.opennebula.snapshot import ServiceSnapshot
    from wizard.core.plan.plan import Plan
    from wizard.operations.flower_environments import Told
    from wizard.operations.flower_run import Ended
    from wizard.rehearsal.stage import Stage

_PIECES = {(1, 31): 27, (1, 40): 33}
"""About how many packages a version below this one brings; for the bar alone."""
_MOST = 53


def prepare_environment(version: str, teller: Teller) -> None:
    """Make the environment unless it is there, and tell how far it is. Raises CommandFailed where it can't be made."""
    from wizard.operations.flower_environments import NoFlowerEnvironment, prepare

    try:
        if is_terminal(sys.stderr) and not teller.as_json:
            _with_bar(version)
        else:
            prepare(version, _Lines(teller).tell)
    except NoFlowerEnvironment as error:
        raise CommandFailed(FAILED, error.title, f"Flower {version}", error.detail, error.hint) from None
    teller.say(f"the environment of Flower {version} is ready")


class _Lines:
    """A line for each step, none for each package."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._collecting = False

    def tell(self, step: str) -> None:
        """Tell a step once."""
        if step.startswith("collecting "):
            if not self._collecting:
                self._teller.say("collecting Flower and what it needs")
            self._collecting = True
        else:
            self._teller.say(step)


def _with_bar(version: str) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from wizard.operations.flower_environments import prepare

    number = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    pieces = next((count for below, count in _PIECES.items() if number < below), _MOST)
    columns = (TextColumn(f"Flower {version}"), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=2 * pieces)

        def tell(step: str) -> None:
            # Collecting is about half of the time, putting it on the disk the other.
            done = pieces if step.startswith("installing") else None
            bar.update(task, description=step, completed=done, advance=None if done else 1)

        report: Told = tell
        prepare(version, report)
        bar.update(task, completed=2 * pieces, description="done")


MINUTES_20 = 1200.0


@click.command(
    short_help="Rehearse a preset with real Flower on this machine.",
    epilog=example(
        "flowerneb-wizard rehearse --prepare 1.25.0",
        "flowerneb-wizard rehearse default --scale 4 --scale 3",
    ),
)
@click.argument("preset", required=False, shell_complete=preset_names)
@click.option(
    "--prepare",
    "versions",
    multiple=True,
    metavar="X.Y.Z",
    help="Make the environment with this version of Flower first.",
)
@set_option
@click.option(
    "--scale",
    "counts",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="N",
    help="Scale to N SuperNodes before the run. May be repeated.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=MINUTES_20,
    show_default=True,
    metavar="SECONDS",
    help="How long each step may take.",
)
@json_option
def rehearse(
    preset: str | None,
    versions: tuple[str, ...],
    settings: tuple[str, ...],
    counts: tuple[int, ...],
    *,
    timeout: float,
    as_json: bool,
) -> int:
    """Bring PRESET up with real Flower on this machine, run a small app, and compare the partitions.

    The VMs are processes of this machine. What each client was given as its partition stands beside what the
    dashboard says of its VM. Flower comes from an environment that --prepare makes once; after that nothing needs the
    internet.
    """
    teller = Teller(as_json)
    if preset is None and not versions:
        raise click.UsageError("name a preset to rehearse, or a version to --prepare.")
    for version in versions:
        prepare_environment(version, teller)
    if preset is None:
        return 0
    plan = plan_of(preset, settings)
    checked(plan, teller)
    _refuse_without_environment(plan)
    from wizard.rehearsal.stage import staged

    with ending_in_order(), staged() as stage:
        return _Rehearsal(stage, plan, teller, timeout, as_json).play(counts)


def _refuse_without_environment(plan: Plan) -> None:
    """Told before anything is started, where the plan tells the version; else the guest tells."""
    from wizard.core.plan.contract import Meaning
    from wizard.operations.flower_environments import NoFlowerEnvironment, python_of

    version = plan.meant(Meaning.FLOWER_VERSION).strip()
    try:
        if version:
            python_of(version)
    except NoFlowerEnvironment as error:
        raise CommandFailed(DEPLOYMENT_FAILED, error.title, f"Flower {version}", error.detail, error.hint) from None


class _Rehearsal:
    """One rehearsal on a stage."""

    def __init__(self, stage: Stage, plan: Plan, teller: Teller, timeout: float, as_json: bool) -> None:
        self.stage = stage
        self.plan = plan
        self.teller = teller
        self.timeout = timeout
        self.as_json = as_json

    def play(self, counts: tuple[int, ...]) -> int:
        """Bring it up, scale it, run the app, compare. The exit status."""
        from wizard.cloud.cloud import Cloud
        from wizard.cloud.login import find_login
        from wizard.core.cluster import action_preview
        from wizard.core.opennebula.snapshot import SUPERNODE
        from wizard.operations import service_actions

        sandbox = self.stage.sandbox
        cloud = Cloud(find_login(sandbox.environment(), Path("/nonexistent")), clock=sandbox.clock.now)
        try:
            service = self._brought_up(cloud)
            for count in counts:
                act = self._act(cloud, service)
                act.agreed(action_preview.scale(service, count), "")
                service_actions.scale(cloud, service, SUPERNODE, count, self.teller.say)
                service = act.followed(service_actions.of_scale(SUPERNODE, count), self.timeout).snapshot
            return self._told(service, self._run(service))
        finally:
            cloud.close()

    def _act(self, cloud: Cloud, service: ServiceSnapshot) -> Act:
        from wizard.cloud.answers import Poll

        return Act(cloud, Poll(service), self.teller, yes=True, dry_run=False, as_json=self.as_json)

    def _brought_up(self, cloud: Cloud) -> ServiceSnapshot:
        from wizard.core.cluster.outcome import Outcome, outcome
        from wizard.operations.deploy import send
        from wizard.operations.prepare import prepare
        from wizard.operations.service_actions import Ending

        service = send(prepare(self.plan, cloud), cloud, self.teller.say)

        def judge(snapshot: ServiceSnapshot) -> Ending | None:
            said = _unhealthy(snapshot)
            if said:
                raise CommandFailed(DEPLOYMENT_FAILED, "a VM does not come up", said, self._logs(snapshot))
            found = outcome(snapshot)
            if found is None:
                return None
            return Ending.DONE if found is Outcome.RUNNING else Ending.FAILED

        return self._act(cloud, service).followed(judge, self.timeout).snapshot

    def _run(self, service: ServiceSnapshot) -> Ended:
        from wizard.cli.run_report import RoundsBar
        from wizard.core.flower.superlink import card
        from wizard.core.flower.versions import LIKELIEST, family
        from wizard.operations.flower_run import Run, Word, settings

        found = card(service)
        if found is None:
            raise CommandFailed(DEPLOYMENT_FAILED, "the SuperLink is not READY, so there is nothing to run on")
        ip = found.address.rpartition(":")[0]
        guests, kind = self.stage.guests, family(found.version) or LIKELIEST
        python, address = guests.environment(str(found.version)), f"{ip}:{kind.control_port}"
        run = Run(guests.processes, guests.folder, python, kind, address, found.ca if found.tls else "")
        options = settings(self.plan)
        options_text = ", ".join(f"{name} {value}" for name, value in options.items())
        self.teller.say(f"running the app: {options_text or 'as it comes'}")
        with RoundsBar(self.teller) as bar:

            def hear(word: Word) -> None:
                bar.hear(word)

            return run.follow(options, hear, self.timeout)

    def _told(self, service: ServiceSnapshot, ended: Ended) -> int:
        from wizard.cli.run_report import run_data, run_table
        from wizard.core.cluster.coverage import coverage, summary
        from wizard.core.cluster.partitions import assignments
        from wizard.core.text import counted
        from wizard.operations.flower_run import compared

        if not ended.completed:
            status = DEPLOYMENT_FAILED if ended.status.startswith("finished") else TIMED_OUT
            raise CommandFailed(status, f"the run is {ended.status}", "the app", ended.last_lines)
        predicted = assignments(service)
        nodes = {item.vm_id: self.stage.guests.node_id(item.vm_id) for item in predicted}
        rows = compared(predicted, nodes, ended.words)
        agree = bool(rows) and all(row.agrees for row in rows)
        if self.as_json:
            emit_json(run_data(service.id, ended, rows, agree=agree))
        else:
            emit_words(run_table(rows))
            emit_words(f"{summary(coverage(service))}\n")
            done = max((word.round for word in ended.words), default=0)
            emit_words(f"{counted(done, 'round')}, {ended.status}: " + (_AGREE if agree else _DISAGREE) + "\n")
        return 0 if agree else DEPLOYMENT_FAILED

    def _logs(self, snapshot: ServiceSnapshot) -> str:
        texts = (self.stage.guests.text(node.vm_id) for role in snapshot.roles for node in role.nodes)
        return "\n".join("\n".join(text.splitlines()[-8:]) for text in texts if text)


_AGREE = "every client was given what the dashboard says."
_DISAGREE = "NOT what the dashboard says."


def _unhealthy(snapshot: ServiceSnapshot) -> str:
    for role in snapshot.roles:
        for node in role.nodes:
            published = (node.vm.user_template if node.vm else None) or {}
            if published.get("FL_ERROR"):
                return f"{role.name} VM {node.vm_id}: {published['FL_ERROR']}"
    return ""
