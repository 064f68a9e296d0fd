"""`check`: every problem of a preset, or of a service template that someone else wrote."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.completing import preset_names
from wizard.cli.connection import ConnectionOptions, connecting
from wizard.cli.options import connection_options, example, json_option, set_option
from wizard.cli.output import INVALID, NO_SUCH_OBJECT, PREFLIGHT_FAILED, CommandFailed, Teller, emit_json, emit_words
from wizard.cli.render import plan_of
from wizard.core.errors import WizardError

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.plan.plan import Plan
    from wizard.core.plan.problem import Problem
    from wizard.core.preflight.checks import Finding
    from wizard.operations.deploy import Preflight
    from wizard.operations.prepare import Listings


def looked_up(plan: Plan, reach: ConnectionOptions, teller: Teller) -> Preflight:
    """The preflight of a plan. Raises CloudError only where no login is found."""
    from wizard.operations.deploy import preflight

    with connecting(reach, teller) as connector:
        return preflight(plan, connector.connect())


def held_against(plan: Plan, cloud: Cloud, teller: Teller) -> Listings:
    """Print the warnings of the preflight before a deployment; what the cloud answered is returned.

    Raises CommandFailed where an error stands against it, and the CloudError itself where the cloud is out of reach
    or has no such VM template or network.
    """
    from wizard.core.preflight.checks import Result, counted, stands_against
    from wizard.core.text import one_line
    from wizard.operations.deploy import preflight
    from wizard.operations.prepare import Lookups, resolve_references

    found = preflight(plan, cloud)
    if found.out_of_reach is not None and found.out_of_reach.cause is not None:
        raise found.out_of_reach.cause
    errors = stands_against(found.findings)
    if errors:
        resolve_references(plan, Lookups(cloud, found.listings).find)
        lines = "\n".join(one_line(str(item)) for item in errors)
        hint = "`check --cloud` tells all of it. With --no-preflight it is deployed all the same."
        raise CommandFailed(PREFLIGHT_FAILED, "preflight failed; nothing was sent", "", lines, hint)
    teller.say(f"preflight: {counted(found.findings)}")
    for item in found.findings:
        if item.result is Result.WARNING:
            teller.say(one_line(str(item)))
    return found.listings


def findings_data(findings: tuple[Finding, ...]) -> dict[str, Any]:
    """The findings for `--json`; `ready`: no error stands against a deployment."""
    from wizard.core.preflight.checks import stands_against

    return {
        "preflight": [
            {
                "check": item.check,
                "title": item.title,
                "result": item.result.value,
                "found": item.found,
                "todo": item.todo,
            }
            for item in findings
        ],
        "ready": not stands_against(findings),
    }


def findings_text(findings: tuple[Finding, ...]) -> str:
    """The findings for people: a line each, what to do under it, and how many there are of each kind."""
    from wizard.core.preflight.checks import Result, counted
    from wizard.core.text import one_line

    widest = max((len(item.title) for item in findings), default=0)
    lines = []
    for item in findings:
        lines.append(f"{item.result.value:<7}  {item.title:<{widest}}  {one_line(item.found)}")
        if item.todo and item.result is not Result.OK:
            lines.append(f"{'':<{widest + 9}}  -> {one_line(item.todo)}")
    return "\n".join([*lines, "", counted(findings), ""])


def problem_data(item: Problem) -> dict[str, object]:
    """One problem. `write` is what fixes it at its path, null where that is not mechanical; `remove`: take it out."""
    return {
        "kind": item.kind.value,
        "field": item.field,
        "path": item.place,
        "message": item.message,
        "fix": item.fix.said,
        # The former name of `fix`, for scripts that read it, in this release for the last time.
        "mend": item.fix.said,
        "write": item.fix.value,
        "remove": item.fix.remove,
        "rule": item.rule,
        "grave": item.grave,
    }


TEMPLATE_SUFFIXES = (".json", ".yaml", ".yml", ".xml")
"""Endings of files that hold a template, readable or not: whoever names one means no preset."""

_OTHER_FORMATS = (
    (re.compile("<"), "it looks like XML; `oneflow-template show ID --json` prints the JSON"),
    (
        re.compile(r"""(?:-\s+)*(?:"[^"]*"|'[^']*'|:?[A-Za-z_][A-Za-z0-9_ ]*):(?:\s|\Z)"""),
        "it looks like YAML; OneFlow takes JSON: convert it, as with `yq -o json`",
    ),
    (
        re.compile(r"[A-Za-z_][A-Za-z0-9_]*\s*="),
        "it has lines KEY = value: a preset's file is called NAME.toml, and a service template is JSON",
    ),
)
"""What a file that is no JSON may be, by its first line that says something."""

LARGEST = 4 * 1024 * 1024
"""Bytes. OpenNebula's own documents are far smaller."""


@click.command(
    short_help="Tell every problem of a preset or a template.",
    epilog=example(
        "flowerneb-wizard check my-cluster.toml", "flowerneb-wizard check --template 'Flower Federated Learning'"
    ),
)
@click.argument("subject", metavar="[PRESET|TEMPLATE.json]", required=False, shell_complete=preset_names)
@click.option("--template", metavar="NAME|ID", help="A service template that is registered in the cloud, instead.")
@set_option
@click.option("--cloud", "with_cloud", is_flag=True, help="Hold it against the cloud too; nothing is changed.")
@json_option
@connection_options
@click.pass_context
def check(
    context: click.Context,
    subject: str | None,
    template: str | None,
    settings: tuple[str, ...],
    *,
    with_cloud: bool,
    as_json: bool,
) -> int:
    """Tell all problems of a preset, or of a service template in a JSON file (- reads it from stdin).

    With --template it is one that is registered in the cloud. Each problem comes with what to write instead; the paths
    of a template count from its body. The exit status is 2 where there is an error, 0 where there are only warnings
    and notes; with --cloud it is 5 where an error of the cloud stands against a deployment, 3 where the cloud is out of
    reach.
    """
    reach = ConnectionOptions.of(context)
    if (subject is None) == (template is None):
        raise click.UsageError("name one thing: a preset, a JSON file, or with --template one that is registered.")
    if settings and (subject is None or _is_template(subject)):
        raise click.UsageError("--set changes a preset; a template is checked as it is.")
    if with_cloud and subject is None:
        raise click.UsageError("--template asks the cloud already: leave --cloud out.")
    if subject is None:
        return _tell_of_template(_registered(template or "", reach, Teller(as_json)), template or "", as_json)
    if not with_cloud and reach != ConnectionOptions():
        raise click.UsageError("nothing is asked of a cloud without --cloud: say --cloud, or leave those options out.")
    if _is_template(subject):
        version = _version(reach, Teller(as_json)) if with_cloud else None
        return _tell_of_template(read_json(subject), subject, as_json, version)
    return _tell_of_preset(subject, settings, reach if with_cloud else None, as_json)


def _tell_of_preset(subject: str, settings: tuple[str, ...], reach: ConnectionOptions | None, as_json: bool) -> int:
    from wizard.core.plan import rules
    from wizard.core.plan.template_check import as_text
    from wizard.core.preflight.checks import stands_against

    plan = plan_of(subject, settings)
    seen = looked_up(plan, reach, Teller(as_json)) if reach is not None else None
    problems = rules.check(plan) if seen is None else _as_deployed(plan, seen.listings)
    found = seen.findings if seen else ()
    if as_json:
        data: dict[str, object] = {"problems": [problem_data(item) for item in problems]}
        data["valid"] = not rules.blocking(problems)
        emit_json(data | (findings_data(found) if reach is not None else {}))
    else:
        emit_words(as_text(problems) or "no problems\n")
        emit_words(f"\n{findings_text(found)}" if reach is not None else "")
    if rules.blocking(problems):
        return INVALID
    if seen is not None and seen.out_of_reach is not None and isinstance(seen.out_of_reach.cause, WizardError):
        return seen.out_of_reach.cause.exit_status
    return PREFLIGHT_FAILED if stands_against(found) else 0


def _as_deployed(plan: Plan, listings: Listings) -> tuple[Problem, ...]:
    """The problems of a plan in the documents that the cloud would be sent."""
    from wizard.core.plan.dialect import Dialect
    from wizard.operations.prepare import contexts_in, find_in, preview

    contexts = None if listings.vm_templates is None else contexts_in(listings.vm_templates)
    return preview(plan, Dialect.of_version(listings.version), find_in(listings), contexts=contexts).problems


def _version(reach: ConnectionOptions, teller: Teller) -> str:
    with connecting(reach, teller) as connector:
        return connector.connect().version()


def _tell_of_template(document: object, subject: str, as_json: bool, version: str | None = None) -> int:
    """`version` is that of the OpenNebula that is to take it, where one was asked."""
    from wizard.core.opennebula.documents import NotATemplate
    from wizard.core.plan.template_check import linted

    try:
        found = linted(document, version)
    except NotATemplate as error:
        raise CommandFailed(INVALID, str(error), subject) from None
    if as_json:
        problems = [problem_data(item) for item in found.problems]
        emit_json({"problems": problems, "valid": found.valid, "flower": found.flower, "contract": found.contract.name})
    else:
        emit_words(str(found))
    return 0 if found.valid else INVALID


def _registered(reference: str, reach: ConnectionOptions, teller: Teller) -> object:
    with connecting(reach, teller) as connector:
        return connector.connect().templates.find(reference).body


def _is_template(subject: str) -> bool:
    return subject == "-" or subject.lower().endswith(TEMPLATE_SUFFIXES)


def _other_format(text: str) -> str:
    """A sentence about the format of a text that is no JSON; empty where it is not known."""
    lines = (line.strip() for line in text.removeprefix("\ufeff").splitlines())
    first = next((line for line in lines if line and not line.startswith(("#", "---", "%"))), "")
    return next((said for pattern, said in _OTHER_FORMATS if pattern.match(first)), "")


def read_json(subject: str) -> object:
    """The JSON of a file, or of stdin for `-`. Raises CommandFailed."""
    try:
        if subject == "-":
            if sys.stdin is None:
                raise CommandFailed(INVALID, "standard input is closed", subject)
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
    from wizard.core.opennebula import bounds

    try:
        return bounds.read_json(data.decode(json.detect_encoding(data)))
    except bounds.OutOfBounds as error:
        raise CommandFailed(INVALID, str(error), subject) from None
    except UnicodeDecodeError:
        raise CommandFailed(INVALID, "it is not UTF-8 text", subject) from None
    except json.JSONDecodeError as error:
        if other := _other_format(data.decode(json.detect_encoding(data), "replace")):
            raise CommandFailed(INVALID, other, subject) from None
        raise CommandFailed(INVALID, f"it is not JSON: {error.msg}", f"{subject}:{error.lineno}") from None
    except (ValueError, RecursionError):
        raise CommandFailed(INVALID, "it is not a JSON document that can be read", subject) from None
