"""The diagnosis on a page: cause, check and fix of each finding, with the key of the fix as a button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from wizard.core.cluster.diagnosis import Action, Finding, Severity
from wizard.core.text import one_line
from wizard.core.views.action_keys import DELETE, KEYS, RECOVER, RESTART, SCALE
from wizard.core.views.badges import Tone
from wizard.core.views.next_step import REMEDIES
from wizard.tui.widgets.dialogs import Dialog
from wizard.tui.widgets.lines import TONES

WELL = "Nothing is wrong, as far as can be seen from here."
SO_FAR = "Nothing is wrong so far."

_TONES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.WARNING, Severity.INFO: Tone.MOVING}


class DiagnosisSheet(Dialog[str | int | None]):
    """Everything that is wrong. It ends with the action that was chosen, by the name of its key's action, with the id
    of a VM whose page is wanted, or with None.

    `refused` are the actions that do not apply now: they are offered nowhere. `waiting` is what the service waits for.
    """

    HELP = (
        "What is wrong, the gravest first: its cause, what to check, and what fixes it. A button, or its key, closes "
        "the page and asks about the fix, or opens the page of the VM; nothing is sent before that."
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
            content-align-horizontal: left;
        }
    }
    """
    BINDINGS = [
        Binding("escape,q", "dismiss(None)", "Close"),
        *(
            Binding(KEYS[action][0], f"fix('{action}')", KEYS[action][1])
            for action in (RESTART, RECOVER, SCALE, DELETE)
        ),
        Binding("p", "open_vm", "VM's page"),
        Binding("down,right", "app.focus_next", "Next fix", show=False),
        Binding("up,left", "app.focus_previous", "Previous fix", show=False),
        Binding("c", "copy", "Copy"),
    ]

    SHAPE = "wide reading"
    heading = "Diagnosis"

    def __init__(self, findings: Sequence[Finding], refused: Mapping[str, str], waiting: str = "") -> None:
        super().__init__()
        self.findings = tuple(findings)
        self.well = f"{SO_FAR} {waiting}" if waiting else WELL
        self.fixes = [self._fixes(item, refused) for item in self.findings]

    @staticmethod
    def _fixes(item: Finding, refused: Mapping[str, str]) -> tuple[str | int, ...]:
        """Actions that fix it, and the VM to look into where only something in it does."""
        looks = [vm_id for vm_id in item.vm_ids[:1] if item.action is Action.FIX and vm_id >= 0]
        actions = [REMEDIES[one] for one in (item.action, item.instead) if one in REMEDIES]
        return (*looks, *(action for action in actions if not refused.get(action, "")))

    @property
    def text(self) -> str:
        """The whole page as plain text."""
        return "\n\n".join(_as_text(item) for item in self.findings) or self.well

    def compose_dialog(self) -> ComposeResult:
        """The findings."""
        with VerticalScroll(classes="dialog-text", can_focus=not any(self.fixes)):
            if not self.findings:
                yield Static(one_line(self.well), markup=False)
            for item, fixes in zip(self.findings, self.fixes, strict=True):
                yield Static(_title(item), markup=False)
                for label, text in _parts(item):
                    with Horizontal(classes="finding"):
                        yield Static(Content.styled(label, "bold"), classes="finding-label", markup=False)
                        yield Static(one_line(text), classes="finding-text", markup=False)
                for fix in fixes:
                    key, name = ("p", f"Open VM {fix}") if isinstance(fix, int) else KEYS[fix]
                    yield Button(f"{key}  {name}", name=str(fix), compact=True, classes="fix")
                yield Static("", markup=False)

    def on_mount(self) -> None:
        """The first fix, or the text, has the focus."""
        self.query(Button).first().focus() if any(self.fixes) else self.query_one(VerticalScroll).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a fix of one of the findings is offered."""
        offered = [fix for fixes in self.fixes for fix in fixes]
        if action == "open_vm":
            return any(isinstance(fix, int) for fix in offered)
        return parameters[0] in offered if action == "fix" else super().check_action(action, parameters)

    def action_fix(self, action: str) -> None:
        """End with this action."""
        self.dismiss(action)

    def action_open_vm(self) -> None:
        """End with the VM of the gravest finding that has one."""
        self.dismiss(next(fix for fixes in self.fixes for fix in fixes if isinstance(fix, int)))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The same by its button."""
        event.stop()
        name = event.button.name or ""
        self.dismiss(int(name) if name.isdigit() else name)

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
