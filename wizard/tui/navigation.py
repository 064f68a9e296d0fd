"""The application as its screens know it: what they share, and the ways from one to another."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from textual.screen import Screen

from wizard.storage.preferences import Look
from wizard.tui.flows.drafts import DraftKeeper
from wizard.tui.key_queue import KeyQueue
from wizard.tui.session import Session
from wizard.tui.steps import Step

if TYPE_CHECKING:
    from wizard.operations.prepare import Prepared


class Wizard(KeyQueue):
    """The application as its screens know it. `notifies`: how a service's news is announced; `wanted_service`: the
    name or id of the service whose dashboard is to be shown first, None once it is.
    """

    session: Session
    drafts: DraftKeeper
    look: Look
    notifies: str
    wanted_service: str | None

    @abstractmethod
    def go(self, step: Step, focus: str = "") -> None:
        """Show a step; where `focus` names a field, with the cursor in it."""

    @abstractmethod
    def attach(self, service_id: int, action: str = "") -> None:
        """Show the dashboard of a service, and begin an action on it once it is seen."""

    @abstractmethod
    def deploy(self, prepared: Prepared) -> None:
        """Deploy what was prepared, on a dashboard."""

    @abstractmethod
    def keep_dashboard(self, service_id: int, screen: Screen[None]) -> None:
        """Keep the dashboard of a service while others are shown."""

    @abstractmethod
    def forget_dashboard(self, service_id: int) -> None:
        """Let go of the dashboard of a service that is gone."""

    @abstractmethod
    def look_up(self) -> object:
        """Ask the cloud who we are and what it has."""

    @abstractmethod
    def switch_service(self) -> object:
        """Let the operator choose another service, and show its dashboard."""

    @abstractmethod
    def open_template(self) -> object:
        """Let the operator open a registered template as a contract of its own."""

    @abstractmethod
    def check_template(self) -> object:
        """Let the operator check a registered template."""

    @abstractmethod
    def take_up_draft(self) -> object:
        """Offer the draft of an earlier session."""

    @abstractmethod
    def show_tour(self) -> None:
        """Show the tour."""

    @abstractmethod
    def action_save(self) -> object:
        """Save the draft as a preset."""

    @abstractmethod
    def action_leave(self) -> object:
        """Quit, after a question where something would be lost."""
