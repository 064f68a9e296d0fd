"""`presets`: which there are, where they lie, what is in them, and the commands that change them."""

from __future__ import annotations

import sys

import click

from wizard.commands.completing import preset_names
from wizard.commands.options import example, json_option
from wizard.commands.output import Teller, emit, emit_drawn, emit_json, emit_words, is_terminal
from wizard.commands.preset_changes import delete, new, rename
from wizard.commands.preset_diff import diff
from wizard.commands.preset_edit import edit
from wizard.commands.preset_import import import_


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
    from wizard.files import list_presets
    from wizard.report import console_of, table_text

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
    from wizard.files import find_preset

    emit(find_preset(name).path.read_text(encoding="utf-8-sig"))


@presets.command("path", epilog=example("flowerneb-wizard presets path"))
@click.argument("name", required=False, shell_complete=preset_names)
def path(name: str | None) -> None:
    """Print where the preset NAME lies; without it, the folder in which your own are saved."""
    from wizard.files import find_preset, own_presets

    folder = own_presets()
    if name is None and not folder.is_dir():
        Teller().say("the folder is made when the first preset is saved")
    emit_words(f"{folder if name is None else find_preset(name).path}\n")


for _command in (diff, new, edit, rename, delete, import_):
    presets.add_command(_command)
