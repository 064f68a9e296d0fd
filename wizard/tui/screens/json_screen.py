"""Both documents of a plan on a screen of their own."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import TabbedContent, TabPane

from wizard.operations.prepare import Prepared
from wizard.tui.widgets.json_view import JsonView
from wizard.tui.widgets.key_line import KeyLine


class JsonScreen(Screen[None]):
    """The service template, and what goes along when it is instantiated."""

    TITLE = "JSON"
    HELP = (
        "Both documents, byte for byte as they will be sent; ? marks what has no id yet. The arrow keys scroll; "
        "Shift+Tab, then Left and Right, change to the other one."
    )
    BINDINGS = [Binding("escape,f7", "app.pop_screen", "Back")]

    def __init__(self, prepared: Prepared) -> None:
        super().__init__()
        self.prepared = prepared

    def compose(self) -> ComposeResult:
        """A tab a document."""
        with TabbedContent():
            with TabPane("Template"):
                yield JsonView(id="template", file_name="template.json")
            with TabPane("Instantiation"):
                yield JsonView(id="merge-template", file_name="instantiation.json")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show both."""
        self.query_one("#template", JsonView).show_template(self.prepared)
        self.query_one("#merge-template", JsonView).show(self.prepared.merge_template)
        self.query_one("#template", JsonView).focus()
