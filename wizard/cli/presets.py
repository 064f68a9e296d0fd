"""`presets`: list, show, make, change, compare and import presets."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.cli.check import read_json
from wizard.cli.completing import own_preset_names, preset_names, sources
from wizard.cli.connection import ConnectionOptions, connecting
from wizard.cli.options import connection_options, example, json_option
from wizard.cli.output import (
    FAILED,
    INVALID,
    CommandFailed,
    Teller,
    agreed,
    emit,
    emit_drawn,
    emit_json,
    emit_words,
    is_terminal,
    somebody_is_there,
)
from wizard.cli.render import plan_of

if TYPE_CHECKING:
    from wizard.core.plan.diffs import Difference


@click.command(short_help="Begin a preset of your own.", epilog=example("flowerneb-wizard presets new my-cluster"))
@click.argument("name")
@click.option("--force", is_flag=True, help="Write over a preset of that name.")
def new(name: str, force: bool) -> None:
    """Begin a preset of your own: a file with every setting and its default, commented out.

    Its path goes to stdout. An editor that knows JSON Schema (taplo, Even Better TOML) completes and checks it.
    """
    from wizard.core.plan.preset_schema import blank
    from wizard.storage.files import save_text

    path = save_text(name, blank(name), overwrite=force)
    emit_words(f"{path}\n")
    tell_what_it_hides(name)
    Teller().say(f"change it with `flowerneb-wizard presets edit {name}`")


@click.command(epilog=example("flowerneb-wizard presets rename my-cluster production"))
@click.argument("name", shell_complete=own_preset_names)
@click.argument("new_name", metavar="NEW")
def rename(name: str, new_name: str) -> None:
    """Give your own preset NAME the name NEW. Nothing is written over."""
    from wizard.storage.files import rename_preset

    emit_words(f"{rename_preset(name, new_name)}\n")
    tell_what_it_hides(new_name)


@click.command(epilog=example("flowerneb-wizard presets delete my-cluster --yes"))
@click.argument("name", shell_complete=own_preset_names)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def delete(name: str, yes: bool) -> None:
    """Delete your own preset NAME. Shipped presets and running services stay as they are."""
    from wizard.storage.files import delete_preset, own_preset

    path = own_preset(name, "deleted")
    if not yes:
        if not somebody_is_there():
            raise click.UsageError("nobody can be asked here: say --yes to delete it.")
        if not agreed(f"Delete {path}?", unless_said=False):
            raise CommandFailed(FAILED, "not deleted")
    Teller().say(f"deleted {delete_preset(name)}")


def tell_what_it_hides(name: str) -> None:
    """Say so where a name of one's own now stands for something else than it did."""
    from wizard.storage.files import shipped_preset

    if shipped_preset(name) is not None:
        Teller().say(f"note: it hides the shipped preset {name!r} until you rename or delete it")


SAME = 0
DIFFERENT = 1


@click.command(
    short_help="Show in which settings two presets differ.",
    epilog=example("flowerneb-wizard presets diff default image-classification"),
)
@click.argument("left", metavar="A", shell_complete=preset_names)
@click.argument("right", metavar="B", shell_complete=preset_names)
@json_option
def diff(left: str, right: str, as_json: bool) -> int:
    """Show in which settings the presets A and B, names or files, differ, and what the defaults are.

    Titles and comments are not compared. The exit status is that of `diff`: 0 where no setting differs, 1 where one
    does; 2 where a preset can't be read, 4 where there is none.
    """
    from wizard.core.plan.diffs import differences

    ours, theirs = plan_of(left, ()), plan_of(right, ())
    found = differences(ours, theirs)
    contracts = (ours.contract.name, theirs.contract.name)
    if as_json:
        emit_json({"left": left, "right": right, "contracts": list(contracts), "differences": _data(found)})
    else:
        if contracts[0] != contracts[1]:
            Teller().say(f"note: their contracts differ: {contracts[0]} and {contracts[1]}")
        if found:
            emit_drawn(_table(found, left, right))
        else:
            Teller().say("no setting differs")
    return DIFFERENT if found or contracts[0] != contracts[1] else SAME


def _data(found: tuple[Difference, ...]) -> list[dict[str, str | None]]:
    return [
        {"setting": item.path, "label": item.label, "left": item.left, "right": item.right, "default": item.default}
        for item in found
    ]


def _table(found: tuple[Difference, ...], left: str, right: str) -> str:
    from wizard.cli.report import console_of, table_text
    from wizard.core.plan.diffs import in_words

    rows = [(item.path, in_words(item.left), in_words(item.right), in_words(item.default)) for item in found]
    return table_text(("SETTING", left, right, "DEFAULT"), rows, console_of(is_terminal(sys.stdout)))


_WHEN_NONE_IS_SET = "vi"


@click.command(
    short_help="Open a preset in your editor, then check it.",
    epilog=example("EDITOR=nano flowerneb-wizard presets edit my-cluster"),
)
@click.argument("name", metavar="NAME|FILE", shell_complete=preset_names)
def edit(name: str) -> None:
    """Open a preset in $VISUAL, else $EDITOR, else vi, and check it when the editor ends.

    A shipped preset is copied to your own folder first. Where there are errors you may edit again; without a terminal
    to ask on, the exit status is 2. The file stays as you left it.
    """
    from wizard.storage.files import locate_preset, save_text

    item = locate_preset(name)
    path, before = item.path, None
    if item.shipped:
        before = path.read_text(encoding="utf-8")
        path = save_text(item.name, before)
    teller = Teller()
    while True:
        _edited(path)
        if before is not None and _text(path) == before:
            path.unlink(missing_ok=True)
            teller.say(f"nothing was changed; the shipped preset {item.name!r} is used as before")
            return
        errors = _errors(path, teller)
        if not errors:
            break
        for line in errors:
            teller.say(line)
        if not somebody_is_there() or not agreed("Edit again?", unless_said=True):
            raise CommandFailed(INVALID, "it has errors; the file stays as you left it", str(path))
    teller.say(f"{path}: no errors")
    if item.shipped:
        tell_what_it_hides(item.name)


def _edited(path: Path) -> None:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or _WHEN_NONE_IS_SET
    hint = "Set EDITOR to the editor that you want."
    try:
        words = shlex.split(editor) or [_WHEN_NONE_IS_SET]
        with _left_to_the_editor(signal.SIGINT):
            status = subprocess.run([*words, str(path)], check=False).returncode  # noqa: S603 - the operator's own
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CommandFailed(FAILED, f"the editor can't be started: {reason}", editor, hint=hint) from None
    if status:
        raise CommandFailed(FAILED, f"the editor ended with status {status}", editor, f"{path} was not checked", hint)


@contextmanager
def _left_to_the_editor(number: signal.Signals) -> Iterator[None]:
    """Ctrl-C means something in an editor: it must not end us underneath it. The editor itself sees it as ever."""
    before = signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(number, before)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _errors(path: Path, teller: Teller) -> list[str]:
    """A line for each error; warnings are printed."""
    from wizard.cli.render import tell
    from wizard.core.plan import rules
    from wizard.core.plan.problem import Kind
    from wizard.storage.files import PresetFileError, read_preset

    try:
        problems = rules.check(read_preset(path).plan)
    except PresetFileError as error:
        return [f"error: {error}"]
    tell(problems, teller, Kind.WARNING)
    return [str(problem) for problem in problems if problem.kind is Kind.ERROR]


TEMPLATE = "template"
SERVICE = "service"


@click.command(
    "import",
    short_help="Make a preset of a template or a service.",
    epilog=example("flowerneb-wizard presets import service:42 my-cluster"),
)
@click.argument("source", shell_complete=sources)
@click.argument("name")
@click.option("--whole", is_flag=True, help="Keep the template itself, its inputs as they are: nothing is left out.")
@click.option("--force", is_flag=True, help="Write over a preset of that name.")
@connection_options
@click.pass_context
def import_(context: click.Context, source: str, name: str, whole: bool, force: bool) -> None:
    """Make the preset NAME of SOURCE, and print its path.

    SOURCE is template:ID or template:NAME for a service template that is registered, service:ID or service:NAME for
    a service that exists (what it was instantiated with, and its present number of SuperNodes), or a JSON file of
    either, as `oneflow-template show --json` and `oneflow show --json` print it (- reads stdin). What no setting can
    hold is reported on stderr.

    With --whole the template becomes a contract of its own: the preset holds it, its own inputs are the settings, and
    what nobody asks for stays in it as it is.
    """
    from wizard.core.opennebula.documents import NotATemplate
    from wizard.core.opennebula.service_document import DecodeError
    from wizard.core.plan import rules
    from wizard.core.plan.plan_from_document import ImportedPlan, plan_from_document, plan_from_template
    from wizard.core.plan.preset import Preset
    from wizard.core.plan.problem import Kind
    from wizard.storage.files import save_preset

    teller = Teller()
    document, origin = _read(source, ConnectionOptions.of(context), teller)
    try:
        found = ImportedPlan(plan_from_template(document)) if whole else plan_from_document(document)
    except (NotATemplate, DecodeError) as error:
        raise CommandFailed(INVALID, str(error), source) from None
    path = save_preset(name, Preset(found.plan, found.plan.name, f"Imported from {origin}."), overwrite=force)
    emit_words(f"{path}\n")
    for sentence in found.left_out:
        teller.say(f"not taken over: {sentence}")
    for problem in rules.check(found.plan):
        if problem.kind is not Kind.NOTE:
            teller.say(str(problem))
    tell_what_it_hides(name)


def _read(source: str, reach: ConnectionOptions, teller: Teller) -> tuple[object, str]:
    """The document, and the words for where it came from."""
    kind, colon, reference = source.partition(":")
    if not colon or kind not in (TEMPLATE, SERVICE):
        return read_json(source), "stdin" if source == "-" else source
    if not reference:
        raise click.UsageError(f"{source} names none: write {kind}:ID or {kind}:NAME.")
    with connecting(reach, teller) as connector:
        cloud = connector.connect()
        if kind == TEMPLATE:
            template = cloud.templates.find(reference)
            return template.body, f"service template {template.id}, {template.name}"
        document = cloud.services.document(reference)
        return document, f"service {document['DOCUMENT']['ID']}"


@click.group(invoke_without_command=True, epilog=example("flowerneb-wizard presets show default"))
@click.pass_context
def presets(context: click.Context) -> None:
    """List, compare and change presets. Without a command they are listed."""
    if context.invoked_subcommand is None:
        context.invoke(listed, as_json=False)


@presets.command("list", epilog=example("flowerneb-wizard presets list --json"))
@json_option
def listed(as_json: bool) -> None:
    """List the shipped presets, then your own."""
    from wizard.cli.report import console_of, table_text
    from wizard.storage.files import list_presets

    found = list_presets()
    if as_json:
        emit_json(
            {
                "presets": [
                    {
                        "name": item.name,
                        "shipped": item.shipped,
                        "path": str(item.path),
                        "title": item.preset.title if item.preset else None,
                        "about": item.preset.about if item.preset else None,
                        "problem": str(item.error) if item.error else None,
                    }
                    for item in found
                ]
            }
        )
        return
    own = {item.name for item in found if not item.shipped}
    rows = []
    for item in found:
        origin = "shipped" if item.shipped else "your own"
        if item.shipped and item.name in own:
            origin = "shipped, hidden by your own"
        rows.append((item.name, origin, item.preset.title if item.preset else f"broken: {item.error}"))
    emit_drawn(table_text(("NAME", "ORIGIN", "TITLE"), rows, console_of(is_terminal(sys.stdout))))


@presets.command("show", epilog=example("flowerneb-wizard presets show image-classification > my-cluster.toml"))
@click.argument("name", shell_complete=preset_names)
def show(name: str) -> None:
    """Print the preset NAME as it stands in its file."""
    from wizard.storage.files import find_preset

    emit(find_preset(name).path.read_text(encoding="utf-8-sig"))


@presets.command("path", epilog=example("flowerneb-wizard presets path"))
@click.argument("name", required=False, shell_complete=preset_names)
def path(name: str | None) -> None:
    """Print where the preset NAME lies; without it, the folder in which your own are saved."""
    from wizard.storage.files import find_preset, own_presets

    folder = own_presets()
    if name is None and not folder.is_dir():
        Teller().say("the folder is made when the first preset is saved")
    emit_words(f"{folder if name is None else find_preset(name).path}\n")


for _command in (diff, new, edit, rename, delete, import_):
    presets.add_command(_command)
