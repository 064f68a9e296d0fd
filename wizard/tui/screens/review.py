"""Review: what is wrong, what will be sent, and the word to send it."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, OptionList, TabbedContent, TabPane
from textual.widgets.option_list import Option

from wizard.cloud.errors import CloudError
from wizard.core.plan import rules
from wizard.core.plan.plan import shell_script
from wizard.core.plan.problem import Kind, Problem
from wizard.core.text import one_line
from wizard.operations.prepare import InvalidPlan, Registration
from wizard.storage.files import PresetFileError, write_atomically
from wizard.tui.background import run_in_thread
from wizard.tui.flows.saving import export_path
from wizard.tui.screens.step import WalkingScreen
from wizard.tui.steps import Step, step_of
from wizard.tui.widgets.dialogs import Confirm, trouble
from wizard.tui.widgets.json_view import JsonView
from wizard.tui.widgets.review_tabs import CHOICES, PreflightList, RegisteredView

_STYLES = {Kind.ERROR: "$text-error", Kind.WARNING: "$text-warning", Kind.NOTE: "$text-muted"}


class ReviewScreen(WalkingScreen):
    """Problems, each a link to its field; both documents; save, export, deploy."""

    CSS_PATH = ["step.tcss", "review.tcss"]
    BINDINGS = [
        Binding("d", "deploy", "Deploy"),
        Binding("e", "export", "Export"),
        Binding("g", "registered", "Diff", show=False),
        Binding("p", "preflight", "Preflight"),
    ]
    HELP = (
        "Template and instantiation are sent byte for byte. Enter on a problem leads to its field; p asks the cloud, "
        "g what is registered."
    )
    step = Step.REVIEW

    def compose_content(self) -> ComposeResult:
        """Five tabs, and the buttons under them."""
        with TabbedContent(id="tabs"):
            with TabPane("Problems", id="problems-tab"):
                yield OptionList(id="problems", markup=False, compact=True)
            with TabPane("Template", id="template-tab"):
                yield JsonView(id="template", file_name="template.json")
            with TabPane("Instantiation", id="merge-tab"):
                yield JsonView(id="merge-template", file_name="instantiation.json")
            with TabPane("Diff", id="registered-tab"):
                yield RegisteredView(self.session)
            with TabPane("Preflight", id="preflight-tab"):
                yield PreflightList(self.session, id="preflight")
        with Horizontal(id="buttons"):
            yield Button("Deploy", id="deploy", variant="primary", compact=True)
            yield Button("Save preset", id="save", compact=True)
            yield Button("Export", id="export", compact=True)

    def compose_aside(self) -> ComposeResult:
        """The template beside its problems, where there is room for both."""
        yield JsonView(id="json")

    def on_mount(self) -> None:
        """Show problems and documents; the focus is on Deploy where nothing stands against it."""
        self._show()
        self.look_up()
        if rules.blocking(self.session.problems):
            self.query_one("#problems").focus()
        else:
            self.query_one("#deploy").focus()

    def cloud_answered(self) -> None:
        """The cloud may have answered which VM templates there are."""
        super().cloud_answered()
        self._show()
        self.look_up()

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

    def on_registered_view_chosen(self) -> None:
        """Another choice for the registered template makes other documents."""
        self._show_documents()
        self.look_up()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Lead to the field of a problem."""
        problem = self._problem(event.option)
        if problem is not None:
            step = step_of(self.session.plan.contract, problem)
            if step is not Step.REVIEW:
                self.wizard.go(step, focus=problem.field)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Tell what to write instead, where the cursor is on a problem."""
        if event.option_list.id == "problems":
            problem = self._problem(event.option)
            self.help_text((problem and problem.fix.said) or self._standing_help)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        event.stop()
        if event.button.id == "deploy":
            self.action_deploy()
        elif event.button.id == "save":
            self.wizard.action_save()
        else:
            self.action_export()

    @work(exclusive=True, description="asking before a deployment")
    async def action_deploy(self) -> None:
        """Ask, with every warning in view, then deploy."""
        session = self.session
        problems = session.problems
        errors = [problem for problem in problems if problem.kind is Kind.ERROR]
        if errors:
            count = "an error is" if len(errors) == 1 else f"{len(errors)} errors are"
            self.notify(_said(errors[0]), title=f"Nothing sent: {count} in the way", severity="error", markup=False)
            self.query_one(TabbedContent).active = "problems-tab"
            self.query_one("#problems").focus()
            return
        if session.error is not None:
            await self.wizard.push_screen_wait(trouble(session.error))
            return
        try:
            prepared = await run_in_thread(session.prepare)
        except (InvalidPlan, CloudError) as error:
            await self.wizard.push_screen_wait(trouble(error))
            return
        self._show_documents()
        warnings = [problem for problem in prepared.problems if problem.kind is Kind.WARNING]
        text = f"{prepared.plan.name}: {session.role_count()} VMs, one of them the SuperLink.\n"
        if session.connection is not None:
            text += f"On {session.connection.oneflow_url} as {session.connection.username}.\n"
        if prepared.registration is not Registration.NEW and not prepared.is_registered:
            text += f"The registered template of that name: {CHOICES[prepared.registration].lower()}.\n"
        if warnings:
            text += "\nWarnings:\n" + "\n".join(f"! {_said(problem)}" for problem in warnings)
        against = self.query_one(PreflightList).against()
        if against is None:
            text += "\nPreflight was not run: Esc, then p, asks the cloud first."
        elif against:
            text += "\nPreflight:\n" + "\n".join(f"× {one_line(str(item))}" for item in against)
        grave = bool(against) or any(problem.grave for problem in warnings)
        yes = "Deploy all the same" if warnings or against else "Deploy"
        if await self.wizard.push_screen_wait(Confirm("Deploy this service?", text, yes, danger=grave)):
            self.wizard.deploy(prepared)

    def action_preflight(self) -> None:
        """Hold the draft against the cloud once more, and show what is found."""
        self.query_one(TabbedContent).active = "preflight-tab"
        self.query_one(PreflightList).look()
        self.query_one(PreflightList).focus()

    def action_registered(self) -> None:
        """Hold the draft against the registered template of its name."""
        self.query_one(TabbedContent).active = "registered-tab"
        self.session.prepared = None
        self.look_up()
        self.query_one("#registered-diff").focus()

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

    def _problem(self, option: Option) -> Problem | None:
        """The problem of a line; None where it has none, or where it is solved while the key was on its way."""
        found = self.session.problems
        return found[int(option.id)] if option.id is not None and int(option.id) < len(found) else None

    @property
    def _standing_help(self) -> str:
        return f"{self.HELP} Written for OneFlow {self.session.dialect.value}.x."

    def _show(self) -> None:
        self.help_text(self._standing_help)
        self._show_documents()
        options = self.query_one("#problems", OptionList)
        options.clear_options()
        found = self.session.problems
        if not any(problem.kind is not Kind.NOTE for problem in found):
            options.add_option(Option(Content.styled("Nothing stands against deploying.", "$text-success")))
        for place, problem in enumerate(found):
            line = Content.styled(f"{problem.kind.value}: ", _STYLES[problem.kind]) + Content(_said(problem))
            options.add_option(Option(line, id=str(place)))
        options.highlighted = 0

    def _show_documents(self, reason: str = "asking the cloud…") -> None:
        """Draw the documents; where they are not yet what will be sent, `reason` is noted beside them."""
        prepared = self.session.preview()
        ready = self.session.ready is not None
        note = "" if ready else f"? not yet as it will be sent: {one_line(reason)}"
        self.query_one("#merge-template", JsonView).show(prepared.merge_template)
        self.query_one("#merge-template", JsonView).note(note)
        if ready and prepared.registration is Registration.AS_IS and not prepared.is_registered:
            note = f"Service template {prepared.template_id} as it is registered; only the instantiation is sent."
        for selector in ("#template", "#json"):
            self.query_one(selector, JsonView).show_template(prepared, note=note)
        if ready:
            self.query_one(RegisteredView).show(prepared)
        else:
            self.query_one(RegisteredView).show_unknown(one_line(f"What is registered is not known: {reason}"))


def _said(problem: Problem) -> str:
    return f"{problem.field}: {problem.message}"
