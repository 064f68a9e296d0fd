"""What the commands share that do something to a service: tell beforehand, ask once, send once, follow."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wizard.commands.asking import agreed, somebody_is_there
from wizard.commands.options import connection_options, json_option
from wizard.commands.output import Teller, emit_drawn, emit_json, emit_words, is_terminal
from wizard.commands.trouble import DEPLOYMENT_FAILED, FAILED, INTERRUPTED, TIMED_OUT, CommandFailed

if TYPE_CHECKING:
    from wizard.cloud.answers import Poll
    from wizard.cloud.cloud import Cloud
    from wizard.commands.reach import Connector
    from wizard.core.cluster.action_preview import Foresight
    from wizard.core.opennebula.snapshot import ServiceSnapshot
    from wizard.operations.service_actions import Judge
    from wizard.storage.journal import Journal

F = TypeVar("F", bound=Callable[..., Any])
MINUTES_20 = 1200.0


def asking_options(command: F) -> F:
    """Let a command be agreed to beforehand, or only told."""
    for option in (
        connection_options,
        json_option,
        click.option("--dry-run", is_flag=True, help="Tell what would be done, and do nothing."),
        click.option("--yes", "-y", is_flag=True, help="Do not ask."),
    ):
        command = option(command)
    return command


def waiting_options(command: F) -> F:
    """Let a command wait for its end, or not."""
    for option in (
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            default=MINUTES_20,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait; OneFlow itself waits for ever.",
        ),
        click.option("--wait/--no-wait", default=True, help="Whether to wait for the end.", show_default=True),
    ):
        command = option(command)
    return command


@dataclass(frozen=True)
class Act:
    """One action on one service, as the operator asked for it. `poll` is the service before it."""

    cloud: Cloud
    poll: Poll
    teller: Teller
    yes: bool
    dry_run: bool
    as_json: bool
    journals: Callable[[ServiceSnapshot], Journal] | None = None

    @property
    def service(self) -> ServiceSnapshot:
        """The service before the action."""
        return self.poll.snapshot

    @property
    def subject(self) -> str:
        """The service, for a message."""
        return f"service {self.service.id} {self.service.name!r}"

    def agreed(self, foresight: Foresight, question: str) -> bool:
        """Tell what will be done and ask; False where it is only told. Raises CommandFailed where it is refused."""
        if foresight.refused:
            raise CommandFailed(DEPLOYMENT_FAILED, "refused; nothing was sent", self.subject, foresight.refused)
        if self.dry_run:
            if self.as_json:
                emit_json({"service": self.service.id, "vms": list(foresight.touches), "says": list(foresight.says)})
            else:
                emit_words("".join(f"{line}\n" for line in foresight.says))
            return False
        for line in foresight.says:
            self.teller.say(line)
        if self.yes:
            return True
        if not agreed(question, unless_said=False):
            raise CommandFailed(FAILED, "nothing was sent", self.subject)
        return True

    def followed(self, judge: Judge, timeout: float) -> Poll:
        """Follow the service until the action has ended. Raises CommandFailed where it fails or takes too long."""
        from wizard.cloud.answers import Poll
        from wizard.commands.narration import Narrator
        from wizard.core.cluster.progress import waiting_for
        from wizard.operations.service_actions import Ending
        from wizard.operations.watch import Sight, Watch, follow

        watch = Watch(self.cloud, self.service.id, Sight(self.service), self.journals)
        narrator = Narrator(self.teller.say, time.monotonic)
        narrator.see(watch.sight)
        ended: Ending | None = None
        try:
            for sight in follow(watch, timeout):
                narrator.see(sight)
                ended = judge(sight.snapshot) if sight.snapshot and not sight.stale else None
                if ended is not None:
                    break
        except KeyboardInterrupt:
            hint = f"It goes on in OneFlow: `flowerneb-wizard status {self.service.id}` shows it."
            raise CommandFailed(INTERRUPTED, "interrupted", self.subject, "", hint) from None
        snapshot = watch.sight.snapshot or self.service
        if ended is Ending.DONE:
            return Poll(snapshot, watch.sight.error)
        if ended is None:
            hint = f"It goes on in OneFlow: `flowerneb-wizard status {self.service.id}` shows it."
            raise CommandFailed(
                TIMED_OUT, f"not done after {timeout:g} s; it is {snapshot.state_name}", self.subject,
                waiting_for(snapshot), hint,
            )  # fmt: skip
        title = "the service is gone" if ended is Ending.GONE else f"it failed: {snapshot.state_name}"
        raise CommandFailed(DEPLOYMENT_FAILED, title, self.subject, waiting_for(snapshot))

    def show(self, poll: Poll) -> None:
        """The service as it is now, on stdout."""
        from wizard.report import service_data, service_text

        if self.as_json:
            emit_json(service_data(poll.snapshot, poll.oned_error))
        elif not poll.snapshot.gone:
            emit_drawn(service_text(poll.snapshot, terminal=is_terminal(sys.stdout)))


def looked_at(connector: Connector, service: str, teller: Teller, *, yes: bool, dry_run: bool, as_json: bool) -> Act:
    """The action on a service, given by name or id, as it is now. Raises UsageError where nobody can be asked."""
    if not yes and not dry_run and (as_json or not somebody_is_there()):
        raise click.UsageError("nobody can be asked here: say --yes to do it, or --dry-run to look first.")
    cloud = connector.connect()
    return Act(cloud, cloud.services.look_up(service), teller, yes, dry_run, as_json, connector.journals(cloud))
