"""How everything that can go wrong is told, and which exit status it has. Nothing here shows a traceback or a secret.

0 done; 1 failed otherwise; 2 wrong usage or invalid input; 3 credentials refused or cloud out of reach; 4 no such
object; 5 preflight failed; 6 the deployment or action failed; 7 timed out while waiting; 130 interrupted.
"""

from __future__ import annotations

import json
from typing import Any

import click

FAILED = 1
INVALID = 2
NO_SUCH_OBJECT = 4
PREFLIGHT_FAILED = 5
DEPLOYMENT_FAILED = 6
TIMED_OUT = 7
INTERRUPTED = 130


class CommandFailed(Exception):
    """A command did not do what it was asked for: told like an error of the cloud, with an exit status of its own."""

    def __init__(self, status: int, title: str, subject: str = "", detail: str = "", hint: str = "") -> None:
        super().__init__(status, title, subject, detail, hint)
        self.status = status
        self.title = title
        self.subject = subject
        self.detail = detail
        self.hint = hint


def report(error: Exception, as_json: bool) -> int | None:
    """Tell an error on stderr and return the exit status; None where it is no error that an operator can cause."""
    told = _told(error)
    if told is None:
        return None
    status, data = told
    if as_json:
        click.echo(json.dumps({"error": data, "exit_status": status}), err=True)
    elif isinstance(error, click.ClickException):
        error.show()
    else:
        from wizard.core.display import harmless

        click.echo(harmless(_as_text(data)), err=True)
    return status


def _told(error: Exception) -> tuple[int, dict[str, Any]] | None:
    if isinstance(error, CommandFailed):
        return error.status, _data(error, error.title, error.subject, error.detail, error.hint)
    if isinstance(error, click.ClickException):
        return error.exit_code, _data(error, error.format_message())
    from wizard.cloud.errors import CloudError
    from wizard.core.preset import PresetError
    from wizard.deployment import InvalidPlan
    from wizard.files import PresetFileError

    if isinstance(error, CloudError):
        found = error.as_dict()
        kind = found.pop("error", type(error).__name__)
        return error.exit_status, {"type": kind, **found}
    if isinstance(error, InvalidPlan):
        return INVALID, _data(error, "the settings have errors; nothing was sent") | {
            "problems": [
                {"kind": item.kind.value, "field": item.field, "message": item.message, "rule": item.rule}
                for item in error.problems
                if item.kind.value != "note"
            ]
        }
    if isinstance(error, PresetFileError):
        place = f"{error.where}:{error.line}" if error.line else error.where
        return NO_SUCH_OBJECT if error.missing else INVALID, _data(error, error.message, place)
    if isinstance(error, PresetError):
        return INVALID, _data(error, error.message)
    if isinstance(error, OSError):
        return FAILED, _data(error, error.strerror or str(error), error.filename or "output")
    return None


def _data(error: Exception, title: str, subject: str = "", detail: str = "", hint: str = "") -> dict[str, Any]:
    return {"type": type(error).__name__, "title": title, "subject": subject, "detail": detail, "hint": hint}


def _as_text(data: dict[str, Any]) -> str:
    head = f"{data['subject']}: {data['title']}" if data["subject"] else data["title"]
    lines = [f"error: {head}"]
    lines += [f"{item['kind']}: {item['field']}: {item['message']}" for item in data.get("problems", ())]
    lines += [f"  {line}" for line in data["detail"].splitlines()]
    lines += [f"hint: {line}" for line in data["hint"].splitlines()]
    return "\n".join(lines)
