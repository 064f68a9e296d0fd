"""Review: what will be made, whether it can be deployed, what will be sent, and the word to send it."""

from __future__ import annotations

from collections.abc import Sequence

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, OptionList, TabbedContent, TabPane

from wizard.cloud.errors import CloudError
from wizard.core.plan import rules
from wizard.core.plan.plan import Registration, shell_script
from wizard.core.plan.problem import Kind
from wizard.core.preflight.checks import counted, stands_against
from wizard.core.preflight.review import Item, Verdict, items, summary, verdict
from wizard.core.text import one_line
from wizard.core.views.commands import deploy_command
from wizard.operations.prepare import InvalidPlan, Prepared
from wizard.storage.files import PresetFileError, find_preset, write_atomically
from wizard.tui.background import run_in_thread
from wizard.tui.flows.saving import export_path
from wizard.tui.screens.walking import WalkingScreen
from wizard.tui.steps import Step, step_of_field
from wizard.tui.widgets.dialogs import Confirm, Notice, trouble
from wizard.tui.widgets.json_view import JsonView
from wizard.tui.widgets.lines import QuietLine, title_panel
from wizard.tui.widgets.review_tabs import CHOICES, MARKS, FoundList, RegisteredView, Summary

SLOW = 5.0
"""Seconds without an answer after which the cloud is said to be slow."""
_ASKING = "Preflight is running."
_TABS = ("summary-tab", "template-tab", "merge-tab", "registered-tab")


class ReviewScreen(WalkingScreen):
    """What will be made, problems and preflight in one list, both documents; save, export, deploy.

    The preflight runs when the screen opens and before each deployment. `deploy`: whether to deploy is asked at once.
    """

    CSS_PATH = ["step.tcss", "review.tcss"]
    BINDINGS = [
        Binding("d", "deploy", "Deploy"),
        Binding("e", "export", "Export"),
        Binding("p", "preflight", "Preflight"),
        Binding("g", "registered", "Compare with the registered template", show=False),
        Binding("1", "tab(0)", "Summary", show=False),
        Binding("2", "tab(1)", "Service template", show=False),
        Binding("3", "tab(2)", "Merge template", show=False),
        Binding("4", "tab(3)", "Diff", show=False),
    ]
    HELP = (
        "Check what will be made, then deploy it. Enter opens the field of a problem. Both documents are sent byte for "
        "byte as shown."
    )
    step = Step.REVIEW
    CHANGES = ("d",)
    _waiting = ""

    def __init__(self, *, deploy: bool = False) -> None:
        super().__init__()
        self._deploys = deploy

    def compose_content(self) -> ComposeResult:
        """The verdict, four tabs, and the buttons under them."""
        yield QuietLine(id="verdict")
        with TabbedContent(id="tabs"):
            with TabPane("1 Summary", id="summary-tab"), Vertical(id="page"):
                yield Summary()
                yield FoundList(id="problems")
            with TabPane("2 Template", id="template-tab"):
                yield JsonView(id="template", file_name="template.json", title="Service template")
            with TabPane("3 Merge template", id="merge-tab"):
                yield JsonView(id="merge-template", file_name="instantiation.json", title="Merge template")
            with TabPane("4 Diff", id="registered-tab"):
                yield RegisteredView(self.session)
        with Horizontal(id="buttons"):
            yield Button("Deploy", id="deploy", variant="primary", compact=True)
            yield Button("Save preset", id="save", compact=True)
            yield Button("Export", id="export", compact=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Deploying is not offered where nothing may be changed."""
        return not (action == "deploy" and self.session.read_only_reason) and super().check_action(action, parameters)

    def action_back(self) -> None:
        """One step back; to Home where the preset was to be deployed from there."""
        if self._deploys:
            self.wizard.go(Step.HOME)
        else:
            super().action_back()

    def on_mount(self) -> None:
        """Show problems and documents, and ask the cloud; the focus is on Deploy where the settings have no error."""
        self.query_one("#deploy").display = not self.session.read_only_reason
        self._show()
        self.look_up()
        self.look()
        if rules.blocking(self.session.problems) or self.session.read_only_reason:
            self.query_one("#problems").focus()
        else:
            self.query_one("#deploy").focus()
        if self._deploys and not self.session.read_only_reason:
            self.action_deploy()

    def cloud_answered(self) -> None:
        """The cloud may have answered which VM templates there are."""
        super().cloud_answered()
        self._show()
        self.look_up()
        self.look()

    @work(exclusive=True, group="prepare", description="preparing the deployment")
    async def look_up(self) -> None:
        """Prepare the deployment, so that the documents here are those that will be sent."""
        if self.session.error is not None:
            self._show_documents(str(self.session.error))
            return
        try:
            await run_in_thread(self.session.prepare)
        except InvalidPlan:
            self._show_documents("the settings have errors")
        except CloudError as error:
            self._show_documents(str(error))
        else:
            self._show_documents()

    @work(exclusive=True, group="preflight", description="running the preflight")
    async def look(self, *, anew: bool = False, tell: bool = False) -> None:
        """Hold the draft against the cloud; with `tell` a dialog says why that failed."""
        try:
            await self._hold(anew=anew)
        except CloudError as error:
            if tell:
                self.app.push_screen(trouble(error))

    async def _hold(self, *, anew: bool = False) -> None:
        if self.session.is_fresh and not anew:
            self._show()
            return
        self._wait(_ASKING)
        slow = self.set_timer(SLOW, lambda: self._wait("Preflight is running; the cloud is slow to answer."))
        try:
            await run_in_thread(lambda: self.session.hold_against_cloud(anew=anew))
        except CloudError as error:
            self._wait(one_line(f"Not ready: {error.title}. Press p to try again."))
            raise
        else:
            self._wait("")
        finally:
            slow.stop()

    def _wait(self, why: str) -> None:
        self._waiting = why
        self._show()

    def on_registered_view_chosen(self) -> None:
        """Another choice for the registered template makes other documents."""
        self._show_documents()
        self.look_up()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Lead to the field of a problem; a line without one is shown in full."""
        item = self.query_one(FoundList).marked
        if event.option_list.id != "problems" or item is None:
            return
        if item.word != "ok" and self._step_of(item) is not Step.REVIEW:
            self.wizard.go(self._step_of(item), focus=item.field)
        else:
            todo = f"\n\nWhat to do: {item.cure}" if item.cure else ""
            self.wizard.push_screen(Notice(f"{item.about}: {item.word}", f"{one_line(item.said)}{todo}"))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Tell what to write instead, where the cursor is on a problem."""
        if event.option_list.id == "problems":
            self._show_help()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        event.stop()
        if event.button.id == "deploy":
            self.action_deploy()
        elif event.button.id == "save":
            self.wizard.action_save()
        else:
            self.action_export()

    @work(exclusive=True, group="deploy", description="asking before a deployment")
    async def action_deploy(self) -> None:
        """Run the preflight, ask with everything that was found in view, then deploy."""
        session = self.session
        errors = [problem for problem in session.problems if problem.kind is Kind.ERROR]
        if errors:
            said = f"{errors[0].field}: {errors[0].message}"
            self.notify(said, title=self._verdict().said, severity="error", markup=False)
            self.action_tab(0)
            self.query_one("#problems").focus()
            return
        if session.error is not None:
            await self.wizard.push_screen_wait(trouble(session.error))
            return
        try:
            await self._hold()
            prepared = await run_in_thread(session.prepare)
        except (InvalidPlan, CloudError) as error:
            await self.wizard.push_screen_wait(trouble(error))
            return
        self._show()
        command = await run_in_thread(self._command)
        found = self._items(prepared)
        refused = bool(stands_against(session.findings or ()))
        grave = refused or any(item.grave for item in found)
        yes = "Deploy anyway" if any(item.word in ("error", "warning") for item in found) else "Deploy"
        text = self._question(prepared, found)
        question = Confirm("Deploy this service?", text, yes, danger=grave, command=command)
        if await self.wizard.push_screen_wait(question):
            self.wizard.deploy(prepared)
        else:
            self.notify("Nothing was sent.", markup=False)

    def _question(self, prepared: Prepared, found: Sequence[Item]) -> str:
        session = self.session
        judged = self._verdict()
        lines = [f"{MARKS[judged.word][0]} {judged.said}"]
        lines += [
            f"{MARKS[item.word][0]} {item.word}: {item.about}: {one_line(item.said)}"
            for item in found
            if item.word in ("error", "warning")
        ]
        lines += ["", f"{'Service':<11}{one_line(prepared.plan.name)}"]
        lines += [f"{word:<11}{one_line(text)}" for word, text in self._summary()]
        if prepared.registration is not Registration.NEW and not prepared.is_registered:
            lines.append(f"Registered {CHOICES[prepared.registration].lower()}.")
        if session.connection is not None:
            lines.append(f"Cloud      {session.connection.oneflow_url} as {session.connection.username}")
        return "\n".join(lines)

    def action_preflight(self) -> None:
        """Hold the draft against the cloud once more, and show what is found."""
        self.action_tab(0)
        self.query_one("#problems").focus()
        self.look(anew=True, tell=True)

    def action_registered(self) -> None:
        """Hold the draft against the registered template of its name."""
        self.action_tab(3)
        self.session.prepared = None
        self.look_up()

    def action_tab(self, place: int) -> None:
        """Show a tab, with the focus on what it holds."""
        self.query_one(TabbedContent).active = _TABS[place]
        self.query_one(("#problems", "#template", "#merge-template", "#registered-diff")[place]).focus()

    def action_export(self) -> None:
        """Write both documents, and a script of the tools' commands, here, without overwriting anything."""
        prepared, name = self.session.preview(), self.session.plan.name
        script = shell_script(name, prepared.template, prepared.merge_template)
        written = []
        try:
            for kind, text in (
                ("template.json", prepared.template),
                ("instantiation.json", prepared.merge_template),
                ("deploy.sh", script),
            ):
                written.append(export_path(name, kind))
                write_atomically(written[-1], text)
        except PresetFileError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        lines = [*map(str, written), *(f"! {item.message}" for item in prepared.unresolved)]
        self.notify("\n".join(lines), title="Written", markup=False)

    @property
    def _standing_help(self) -> str:
        return f"{self.HELP} Written for OneFlow {self.session.dialect.value}.x."

    def _items(self, prepared: Prepared | None = None) -> tuple[Item, ...]:
        session = self.session
        problems = session.problems if prepared is None else prepared.problems
        return items(session.plan.contract, problems, session.findings or ())

    def _summary(self) -> tuple[tuple[str, str], ...]:
        session = self.session
        return summary(session.plan, session.vm_templates.known, session.networks.known)

    def _verdict(self) -> Verdict:
        findings = None if self._waiting else self.session.findings
        return verdict(self.session.problems, findings, self._waiting or _ASKING)

    def _step_of(self, item: Item) -> Step:
        return step_of_field(self.session.plan.contract, item.field)

    def _command(self) -> str:
        """The command that does the same; empty where the draft comes from no preset."""
        session = self.session
        if not session.preset_name:
            return ""
        try:
            preset = find_preset(session.preset_name).preset
        except PresetFileError:
            return ""
        if preset is None or preset.plan.contract != session.plan.contract:
            return ""
        return deploy_command(session.plan, session.preset_name, preset.plan, session.registration.value)

    def _show(self) -> None:
        shown = self._verdict()
        sign, style = MARKS[shown.word]
        self.query_one("#verdict", QuietLine).show(Content.styled(f"{sign} {shown.said}", style))
        self._show_documents()
        self.query_one(Summary).show(self.session.plan.name, self._summary())
        found = self.query_one(FoundList)
        found.show(self._items())
        findings = self.session.findings
        title_panel(found, "Problems and preflight", "p runs it again" if findings is None else counted(findings))
        self._show_help()

    def on_descendant_focus(self) -> None:
        """Say what to do about the problem under the cursor, where the list of them has the focus."""
        self._show_help()

    def _show_help(self) -> None:
        found = self.query_one(FoundList)
        item = found.marked
        if item is None or item.word == "ok" or not item.cure or not found.has_focus:
            self.help_text(self._standing_help)
            return
        step = self._step_of(item)
        leads = f" Enter opens {step.title} at {item.field}." if step is not Step.REVIEW else ""
        self.help_text(f"{one_line(item.cure)}{leads}")

    def _show_documents(self, reason: str = "asking the cloud…") -> None:
        """Draw the documents; where they are not yet what will be sent, `reason` is noted beside them."""
        prepared = self.session.preview()
        ready = self.session.ready is not None
        note = "" if ready else f"? May still change before it is sent: {one_line(reason)}"
        self.query_one("#merge-template", JsonView).show(prepared.merge_template)
        self.query_one("#merge-template", JsonView).note(note)
        if ready and prepared.registration is Registration.AS_IS and not prepared.is_registered:
            note = f"Registered template {prepared.template_id}; only the merge template is sent."
        self.query_one("#template", JsonView).show_template(prepared, note=note)
        if ready:
            self.query_one(RegisteredView).show(prepared)
        else:
            self.query_one(RegisteredView).show_unknown(one_line(f"Registered templates are not known: {reason}"))
