"""Output of commands: data on stdout as it is, words on stderr with everything harmful made visible."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from wizard.core.errors import WizardError


def is_terminal(stream: object) -> bool:
    """True if a stream is open and a terminal."""
    try:
        return bool(stream is not None and stream.isatty())  # type: ignore[attr-defined]
    except ValueError:
        return False


def emit(text: str) -> None:
    """JSON, TOML or a script on stdout, as UTF-8 whatever the locale is; what could drive a terminal is escaped."""
    from wizard.core.text import escaped

    click.echo(escaped(text).encode("utf-8", "backslashreplace"), nl=False)


def emit_words(text: str) -> None:
    """Words on stdout, in the terminal's own encoding, with everything harmful made visible."""
    from wizard.core.text import harmless

    click.echo(harmless(text), nl=False)


def emit_styled(text: str, color: str | None) -> None:
    """Words on stdout in a colour, where stdout is a terminal and NO_COLOR is not set."""
    from wizard.core.text import harmless

    plain = color is None or bool(os.environ.get("NO_COLOR"))
    click.echo(harmless(text) if plain else click.style(harmless(text), fg=color), nl=False)


def emit_drawn(text: str) -> None:
    """A table on stdout, with its colours."""
    from wizard.core.text import drawn

    click.echo(drawn(text), nl=False)


def emit_json(data: Any) -> None:
    """A document on stdout, indented."""
    emit(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def emit_json_line(data: Any) -> None:
    """A document on stdout, in one line."""
    emit(json.dumps(data, ensure_ascii=False) + "\n")


@dataclass(frozen=True)
class Teller:
    """Words on stderr: a line each, or with `as_json` an object a line, so that all of stderr can be parsed."""

    as_json: bool = False

    def say(self, text: str) -> None:
        """A line for the operator."""
        from wizard.core.text import harmless

        if self.as_json:
            click.echo(json.dumps({"note": text}), err=True)
        else:
            click.echo(harmless(text), err=True)


def prepare_streams() -> None:
    """Let neither a closed stream nor a character that the terminal can't show end the program."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def somebody_is_there() -> bool:
    """True if a question would be seen and could be answered."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def agreed(question: str, *, unless_said: bool) -> bool:
    """Ask on stderr for yes or no; an empty line is `unless_said`, the end of the input is no."""
    from wizard.core.text import harmless

    choice = "[Y/n]" if unless_said else "[y/N]"
    click.echo(f"{harmless(question)} {choice} ", err=True, nl=False)
    answer = sys.stdin.readline()
    if answer.strip() == "":
        return unless_said and answer != ""
    return answer.strip().lower() in ("y", "yes")


FAILED = 1
INVALID = 2
NO_SUCH_OBJECT = 4
PREFLIGHT_FAILED = 5
DEPLOYMENT_FAILED = 6
TIMED_OUT = 7
INTERRUPTED = 130


class CommandFailed(WizardError):
    """A command did not do what it was asked for; it has an exit status of its own."""

    def __init__(self, status: int, title: str, subject: str = "", detail: str = "", hint: str = "") -> None:
        super().__init__(title, subject, detail, hint)
        self.exit_status = status


def report(error: Exception, as_json: bool) -> int | None:
    """Tell an error on stderr and return the exit status; None where it is no error that an operator can cause."""
    if isinstance(error, click.ClickException):
        shown = WizardError(error.format_message())
        status = error.exit_code
    elif isinstance(error, OSError):
        shown = WizardError(error.strerror or str(error), error.filename or "output")
        status = FAILED
    elif isinstance(error, WizardError):
        shown, status = error, error.exit_status
    else:
        return None
    data = shown.as_dict()
    if as_json:
        data.pop("error")
        click.echo(json.dumps({"error": {"type": type(error).__name__, **data}, "exit_status": status}), err=True)
    elif isinstance(error, click.ClickException):
        error.show()
    else:
        from wizard.core.text import harmless

        click.echo(harmless(_as_text(data)), err=True)
    return status


def _as_text(data: dict[str, Any]) -> str:
    head = f"{data['subject']}: {data['title']}" if data["subject"] else data["title"]
    lines = [f"error: {head}"]
    lines += [f"{item['kind']}: {item['field']}: {item['message']}" for item in data.get("problems", ())]
    lines += [f"  {line}" for line in data["detail"].strip("\n").split("\n") if line]
    lines += [f"hint: {line}" for line in data["hint"].split("\n") if line]
    return "\n".join(lines)
