"""How everything that can go wrong is told, and which exit status it has. Nothing here shows a traceback or a secret.

0 done; 1 failed otherwise; 2 wrong usage or invalid input; 3 credentials refused or cloud out of reach; 4 no such
object; 5 preflight failed; 6 the deployment or action failed; 7 timed out while waiting; 130 interrupted.
"""

from __future__ import annotations

import json
from typing import Any

import click

from wizard.core.errors import WizardError

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
    lines += [f"  {line}" for line in data["detail"].splitlines()]
    lines += [f"hint: {line}" for line in data["hint"].splitlines()]
    return "\n".join(lines)
