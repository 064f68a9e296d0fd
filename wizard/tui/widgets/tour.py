"""The tour: a few pages for whoever starts the wizard for the first time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Static

from wizard.core.text import harmless
from wizard.tui.steps import Step
from wizard.tui.terminal.textual_internals import bindings_of
from wizard.tui.widgets.dialogs import Dialog
from wizard.tui.widgets.lines import title_panel


@dataclass(frozen=True)
class Page:
    """One page: what it is about, and a text of a few lines."""

    title: str
    text: str


class Tour(Dialog[None]):
    """Pages one after the other. Enter goes on and closes the last one, Esc closes at once."""

    HELP = "A first look, in a few pages. The palette shows it again: Ctrl+P, then `Show the tour`."
    BINDINGS = [
        Binding("enter,space,right", "turn(1)", "Next page"),
        Binding("left,backspace", "turn(-1)", "Page before"),
        Binding("escape", "dismiss", "Skip the tour"),
    ]

    def __init__(self, pages: tuple[Page, ...]) -> None:
        super().__init__()
        self.pages, self.place = pages, 0

    def compose_dialog(self) -> ComposeResult:
        """The text of the page."""
        with VerticalScroll(classes="dialog-text", can_focus=False):
            yield Static("", id="tour-text", markup=False)

    def on_mount(self) -> None:
        """The first page."""
        self._show()

    def action_turn(self, by: int) -> None:
        """Turn the page; after the last one it is over."""
        if self.place + by >= len(self.pages):
            self.dismiss()
            return
        self.place = max(self.place + by, 0)
        self._show()

    def _show(self) -> None:
        page = self.pages[self.place]
        self.heading = f"{page.title} · {self.place + 1} of {len(self.pages)}"
        title_panel(self.query_one(".dialog"), self.heading)
        self.query_one("#tour-text", Static).update(harmless(page.text))


def pages(app: App[int], presets: Path, drafts: Path) -> tuple[Page, ...]:
    """The pages: the keys from the application's own bindings, the folders as they are on this machine."""
    steps = ", ".join(f"F{step.number} {step.title}" for step in Step if step is not Step.HOME)
    return (
        Page(
            "Welcome",
            "This brings up a Flower federated-learning cluster on OpenNebula: a SuperLink, and SuperNodes that each "
            "train on a part of the data.\n\n"
            "Open a preset or press n, answer what Service, SuperLink and SuperNodes ask, and deploy on Review. Before "
            "that nothing is sent that changes anything in the cloud. The Dashboard then shows each VM, whether it is "
            "READY, and which part of the data it trains on.",
        ),
        Page("The keys", f"{steps}.\n\n{_keys(app)}\n\nIn a form Tab and Enter go on, Down opens a field's list."),
        Page(
            "The sandbox",
            "`flowerneb-wizard --sandbox` is an OpenNebula look-alike inside this very process. Deploy there, break "
            "things and delete them: it reaches no cloud, and it is gone when the wizard ends.\n\n"
            "`flowerneb-wizard sandbox --list-worlds` lists worlds with something wrong in them.",
        ),
        Page(
            "Where things are kept",
            f"Presets that you save:\n  {presets}\n"
            f"What you typed and did not save, until the next start:\n  {drafts}\n"
            "JSON that Review exports: in the folder that you started from.\n\n"
            "A deployment runs in OneFlow. Closing this terminal never harms it; "
            "`flowerneb-wizard attach SERVICE` shows it again.",
        ),
    )


def _keys(app: App[int]) -> str:
    shown: Iterable[Binding] = (binding for _, binding in bindings_of(app) if binding.show and not binding.system)
    lines = [
        f"  {app.get_key_display(binding):<5} {_SAID.get(binding.action, binding.description)}" for binding in shown
    ]
    palette = Binding(app.COMMAND_PALETTE_BINDING, "command_palette")
    return "\n".join([*lines, f"  {app.get_key_display(palette):<5} The palette: everything by its name"])


_SAID = {"help": "Help, on every screen and in every dialog", "save": "Save as a preset of your own"}
