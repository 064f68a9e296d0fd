"""`presets edit`: a preset in the operator's editor, checked when the editor ends."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from wizard.commands.asking import agreed, somebody_is_there
from wizard.commands.completing import preset_names
from wizard.commands.options import example
from wizard.commands.output import Teller
from wizard.commands.preset_changes import tell_what_it_hides
from wizard.commands.trouble import FAILED, INVALID, CommandFailed

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
    from wizard.files import locate_preset, save_text

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
    """A line for each error; warnings are told."""
    from wizard.commands.planning import tell
    from wizard.core import rules
    from wizard.core.problem import Kind
    from wizard.files import PresetFileError, read_preset

    try:
        problems = rules.check(read_preset(path).plan)
    except PresetFileError as error:
        return [f"error: {error}"]
    tell(problems, teller, Kind.WARNING)
    return [str(problem) for problem in problems if problem.kind is Kind.ERROR]
