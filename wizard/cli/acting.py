"""One action on one service: asked about, shown beforehand, agreed to, and followed to its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wizard.cli.options import connection_options, json_option
from wizard.cli.output import (
    DEPLOYMENT_FAILED,
    FAILED,
    INTERRUPTED,
    TIMED_OUT,
    CommandFailed,
    Teller,
    agreed,
    emit_drawn,
    emit_json,
    emit_words,
    is_terminal,
    somebody_is_there,
)

if TYPE_CHECKING:
    from wizard.cli.connection import Connector
    from wizard.cloud.answers import Poll
    from wizard.cloud.cloud import Cloud
    from wizard.core.cluster.action_preview import ActionPreview
    from wizard.core.opennebula.snapshot import ServiceSnapshot
    from wizard.operations.service_actions import Judge
    from wizard.storage.journal import Journal

F = TypeVar("F", bound=Callable[..., Any])
MINUTES_20 = 1200.0


def asking_options(command: F) -> F:
    """Let a command be agreed to beforehand, or only previewed."""
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

    def agreed(self, preview: ActionPreview, question: str) -> bool:
        """Show the preview and ask; False where that is all. Raises CommandFailed where it is refused."""
        if preview.refused:
            raise CommandFailed(DEPLOYMENT_FAILED, "refused; nothing was sent", self.subject, preview.refused)
        if self.dry_run:
            if self.as_json:
                emit_json({"service": self.service.id, "vms": list(preview.touches), "says": list(preview.says)})
            else:
                emit_words("".join(f"{line}\n" for line in preview.says))
            return False
        for line in preview.says:
            self.teller.say(line)
        if self.yes:
            return True
        if not agreed(question, unless_said=False):
            raise CommandFailed(FAILED, "nothing was sent", self.subject)
        return True

    def followed(self, judge: Judge, timeout: float) -> Poll:
        """Follow the service until the action has ended. Raises CommandFailed where it fails or takes too long."""
        from wizard.cli.narrator import Narrator
        from wizard.cloud.answers import Poll
        from wizard.core.cluster.progress import waiting_for
        from wizard.operations.service_actions import Ending
        from wizard.operations.watch import PollResult, Watch, follow_until

        watch = Watch(self.cloud, self.service.id, PollResult(self.service), self.journals)
        known = self.journals(self.service).read() if self.journals else ()
        narrator = Narrator.from_now(self.teller.say, time.monotonic, self.service, known)
        try:
            ended = follow_until(watch, judge, timeout, narrator.see)
        except KeyboardInterrupt:
            hint = f"It goes on in OneFlow: `flowerneb-wizard status {self.service.id}` shows it."
            raise CommandFailed(INTERRUPTED, "interrupted", self.subject, "", hint) from None
        snapshot = watch.latest.snapshot or self.service
        if ended is Ending.DONE:
            return Poll(snapshot, watch.latest.error)
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
        from wizard.cli.report import service_data, service_text

        if self.as_json:
            emit_json(service_data(poll.snapshot, poll.oned_error))
        elif not poll.snapshot.gone:
            emit_drawn(service_text(poll.snapshot, terminal=is_terminal(sys.stdout)))


def looked_at(connector: Connector, service: str, teller: Teller, *, yes: bool, dry_run: bool, as_json: bool) -> Act:
    """The action on a service, given by name or id, as it is now. Raises UsageError where nobody can be asked."""
    if not yes and not dry_run and (as_json or not somebody_is_there()):
        raise click.UsageError("nobody can be asked here: say --yes to do it, or --dry-run to look first.")
    if not dry_run:
        connector.refuse_change(f"service {service}")
    cloud = connector.connect()
    return Act(cloud, cloud.services.look_up(service), teller, yes, dry_run, as_json, connector.journals(cloud))
