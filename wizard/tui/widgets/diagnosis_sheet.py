"""The diagnosis on a page: cause, check and fix of each finding, with the key of the fix as a button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from wizard.core.cluster.diagnosis import Finding, Severity
from wizard.core.text import one_line
from wizard.core.views.action_keys import DELETE, KEYS, RECOVER, RESTART, SCALE
from wizard.core.views.badges import Tone
from wizard.core.views.next_step import REMEDIES
from wizard.tui.widgets.dialogs import Dialog
from wizard.tui.widgets.lines import TONES

WELL = "Nothing is wrong, as far as can be seen from here."

_TONES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.WARNING, Severity.INFO: Tone.MOVING}


class DiagnosisSheet(Dialog[str | None]):
    """Everything that is wrong. It ends with the action that was chosen, by the name of its key's action, or None.

    `refused` are the actions that do not apply now: they are offered nowhere.
    """

    HELP = (
        "What is wrong, the gravest first: its cause, what to check, and what fixes it. A button, or its key, closes "
        "the page and asks about the fix; nothing is sent before that."
    )
    DEFAULT_CSS = """
    DiagnosisSheet {
        .finding {
            height: auto;
        }

        .finding-label {
            width: 8;
        }

        .finding-text {
            width: 1fr;
        }

        .fix {
            margin: 0 0 0 8;
        }
    }
    """
    BINDINGS = [
        Binding("escape,q", "dismiss(None)", "Close"),
        *(
            Binding(KEYS[action][0], f"fix('{action}')", KEYS[action][1])
            for action in (RESTART, RECOVER, SCALE, DELETE)
        ),
        Binding("down,right", "app.focus_next", "Next fix", show=False),
        Binding("up,left", "app.focus_previous", "Previous fix", show=False),
        Binding("c", "copy", "Copy"),
    ]

    SHAPE = "wide reading"
    heading = "Diagnosis"

    def __init__(self, findings: Sequence[Finding], refused: Mapping[str, str]) -> None:
        super().__init__()
        self.findings = tuple(findings)
        wanted = [REMEDIES.get(item.action, "") for item in self.findings]
        self.fixes = ["" if refused.get(action, "") else action for action in wanted]

    @property
    def text(self) -> str:
        """The whole page as plain text."""
        return "\n\n".join(_as_text(item) for item in self.findings) or WELL

    def compose_dialog(self) -> ComposeResult:
        """The findings."""
        with VerticalScroll(classes="dialog-text", can_focus=not any(self.fixes)):
            if not self.findings:
                yield Static(WELL, markup=False)
            for item, action in zip(self.findings, self.fixes, strict=True):
                yield Static(_title(item), markup=False)
                for label, text in _parts(item):
                    with Horizontal(classes="finding"):
                        yield Static(Content.styled(label, "bold"), classes="finding-label", markup=False)
                        yield Static(one_line(text), classes="finding-text", markup=False)
                if action:
                    key, name = KEYS[action]
                    yield Button(f"{key}  {name}", name=action, compact=True, classes="fix")
                yield Static("", markup=False)

    def on_mount(self) -> None:
        """The first fix, or the text, has the focus."""
        self.query(Button).first().focus() if any(self.fixes) else self.query_one(VerticalScroll).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a fix of one of the findings is offered."""
        return parameters[0] in self.fixes if action == "fix" else super().check_action(action, parameters)

    def action_fix(self, action: str) -> None:
        """End with this action."""
        self.dismiss(action)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The same by its button."""
        event.stop()
        self.dismiss(event.button.name)

    def action_copy(self) -> None:
        """Put the text on the terminal's clipboard, where the terminal allows it."""
        self.app.copy_to_clipboard(f"{self.text}\n")
        self.notify("Sent to the terminal's clipboard.", markup=False)


def _title(item: Finding) -> Content:
    tone = _TONES[item.severity]
    return Content.styled(f"{tone.sign} {one_line(item.brief)}", TONES[tone])


def _parts(item: Finding) -> list[tuple[str, str]]:
    return [(label, text) for label, text in (("Cause", item.means), ("Check", item.look), ("Fix", item.helps)) if text]


def _as_text(item: Finding) -> str:
    return "\n".join([_title(item).plain, *(f"{label:7} {one_line(text)}" for label, text in _parts(item))])
