"""`check`: every problem of a preset, or of a service template that someone else wrote."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.commands.options import example, json_option, set_option
from wizard.commands.output import emit_json, emit_words
from wizard.commands.planning import plan_of
from wizard.commands.trouble import INVALID, NO_SUCH_OBJECT, CommandFailed

if TYPE_CHECKING:
    from wizard.core.problem import Problem

LARGEST = 4 * 1024 * 1024
"""Bytes. OpenNebula's own documents are far smaller."""


@click.command(
    short_help="Tell every problem of a preset or a template.", epilog=example("flowerneb-wizard check my-cluster.toml")
)
@click.argument("subject", metavar="PRESET|TEMPLATE.json")
@set_option
@json_option
def check(subject: str, settings: tuple[str, ...], as_json: bool) -> int:
    """Tell all problems of a preset, or of a service template in a JSON file (- reads it from stdin).

    The exit status is 2 where there is an error, 0 where there are only warnings and notes.
    """
    from wizard.core import rules

    problems = _found(subject, settings)
    if as_json:
        emit_json({"problems": [_data(item) for item in problems], "valid": not rules.blocking(problems)})
    elif problems:
        emit_words("".join(f"{item}\n" for item in problems))
    else:
        emit_words("no problems\n")
    return INVALID if rules.blocking(problems) else 0


def _found(subject: str, settings: tuple[str, ...]) -> tuple[Problem, ...]:
    from wizard.core import rules
    from wizard.core.structure import NotATemplate, check_template

    if subject != "-" and not subject.endswith(".json"):
        return rules.check(plan_of(subject, settings))
    if settings:
        raise click.UsageError("--set changes a preset; a template is checked as it is.")
    try:
        return check_template(_parsed(subject))
    except NotATemplate as error:
        raise CommandFailed(INVALID, str(error), subject) from None


def _parsed(subject: str) -> object:
    try:
        if subject == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(subject).open("rb") as stream:
                data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise CommandFailed(NO_SUCH_OBJECT, "there is no such file", subject) from None
    except OSError as error:
        raise CommandFailed(INVALID, f"it can't be read: {error.strerror}", subject) from None
    if len(data) > LARGEST:
        raise CommandFailed(INVALID, f"it is larger than {LARGEST // 1024} KiB, so it is no template", subject)
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        raise CommandFailed(INVALID, "it is not UTF-8 text", subject) from None
    except json.JSONDecodeError as error:
        raise CommandFailed(INVALID, f"it is not JSON: {error.msg}", f"{subject}:{error.lineno}") from None
    except (ValueError, RecursionError):
        raise CommandFailed(INVALID, "it is not a JSON document that can be read", subject) from None


def _data(item: Problem) -> dict[str, object]:
    return {
        "kind": item.kind.value,
        "field": item.field,
        "message": item.message,
        "rule": item.rule,
        "grave": item.grave,
    }
