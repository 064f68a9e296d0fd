"""`presets new`, `rename` and `delete`: what becomes of the operator's own preset files."""

from __future__ import annotations

import click

from wizard.commands.asking import agreed, somebody_is_there
from wizard.commands.completing import own_preset_names
from wizard.commands.options import example
from wizard.commands.output import Teller, emit_words
from wizard.commands.trouble import FAILED, CommandFailed


@click.command(short_help="Begin a preset of your own.", epilog=example("flowerneb-wizard presets new my-cluster"))
@click.argument("name")
@click.option("--force", is_flag=True, help="Write over a preset of that name.")
def new(name: str, force: bool) -> None:
    """Begin a preset of your own: a file with every setting and its default, commented out.

    Its path goes to stdout. An editor that knows JSON Schema (taplo, Even Better TOML) completes and checks it.
    """
    from wizard.core.preset_blank import blank
    from wizard.files import save_text

    path = save_text(name, blank(name), overwrite=force)
    emit_words(f"{path}\n")
    tell_what_it_hides(name)
    Teller().say(f"change it with `flowerneb-wizard presets edit {name}`")


@click.command(epilog=example("flowerneb-wizard presets rename my-cluster production"))
@click.argument("name", shell_complete=own_preset_names)
@click.argument("new_name", metavar="NEW")
def rename(name: str, new_name: str) -> None:
    """Give your own preset NAME the name NEW. Nothing is written over."""
    from wizard.files import rename_preset

    emit_words(f"{rename_preset(name, new_name)}\n")
    tell_what_it_hides(new_name)


@click.command(epilog=example("flowerneb-wizard presets delete my-cluster --yes"))
@click.argument("name", shell_complete=own_preset_names)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def delete(name: str, yes: bool) -> None:
    """Delete your own preset NAME. Shipped presets and running services stay as they are."""
    from wizard.files import delete_preset, own_preset

    path = own_preset(name, "deleted")
    if not yes:
        if not somebody_is_there():
            raise click.UsageError("nobody can be asked here: say --yes to delete it.")
        if not agreed(f"Delete {path}?", unless_said=False):
            raise CommandFailed(FAILED, "not deleted")
    Teller().say(f"deleted {delete_preset(name)}")


def tell_what_it_hides(name: str) -> None:
    """Say so where a name of one's own now stands for something else than it did."""
    from wizard.files import shipped_preset

    if shipped_preset(name) is not None:
        Teller().say(f"note: it hides the shipped preset {name!r} until you rename or delete it")
