"""`completion`: the script that lets a shell complete this program's words."""

from __future__ import annotations

import click

from wizard.cli.options import example
from wizard.cli.output import emit

_NO_SPACE = """\
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=:] ]] && compopt -o nospace 2>/dev/null

    return 0
"""
"""Behind `KEY=` something follows: bash is told to put no blank there."""


@click.command(
    short_help="Print the completion script of a shell.",
    epilog=example(
        'eval "$(flowerneb-wizard completion bash)"',
        "flowerneb-wizard completion zsh > ~/.zfunc/_flowerneb-wizard",
        "flowerneb-wizard completion fish > ~/.config/fish/completions/flowerneb-wizard.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands, presets, services, settings and worlds.

    Put the line of the example into ~/.bashrc, or write the file where zsh (a folder in its fpath) or fish looks.
    bash 4.4 or newer is needed. Services are asked for in the cloud, for a second and a half at most.
    """
    from click.shell_completion import get_completion_class

    root = context.find_root()
    program = root.info_name or ""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"this version of click knows no completion for {shell}.")
    script = kind(root.command, {}, program, f"_{program.replace('-', '_').upper()}_COMPLETE").source()
    emit(script.replace("    return 0\n", _NO_SPACE, 1) if shell == "bash" else script)
