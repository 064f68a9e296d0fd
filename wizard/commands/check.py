"""`check`: every problem of a preset, or of a service template that someone else wrote."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from wizard.commands.completing import preset_names
from wizard.commands.options import Reach, connection_options, example, json_option, set_option
from wizard.commands.output import Teller, emit_json, emit_words
from wizard.commands.planning import plan_of
from wizard.commands.preflight import findings_data, findings_text, looked_up
from wizard.commands.problems import problem_data
from wizard.commands.reach import connecting
from wizard.commands.trouble import INVALID, NO_SUCH_OBJECT, PREFLIGHT_FAILED, CommandFailed

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
@click.option("--cloud", "with_cloud", is_flag=True, help="Hold a preset against the cloud too; nothing is changed.")
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
    and notes; with --cloud it is 5 where an error of the cloud stands against a deployment.
    """
    reach = Reach.of(context)
    if (subject is None) == (template is None):
        raise click.UsageError("name one thing: a preset, a JSON file, or with --template one that is registered.")
    if settings and (subject is None or _is_template(subject)):
        raise click.UsageError("--set changes a preset; a template is checked as it is.")
    if with_cloud and (subject is None or _is_template(subject)):
        raise click.UsageError("--cloud holds a preset against the cloud; a template is checked as it is.")
    if subject is None:
        return _tell_of_template(_registered(template or "", reach, Teller(as_json)), template or "", as_json)
    if not with_cloud and reach != Reach():
        raise click.UsageError("nothing is asked of a cloud without --cloud: say --cloud, or leave those options out.")
    if _is_template(subject):
        return _tell_of_template(read_json(subject), subject, as_json)
    return _tell_of_preset(subject, settings, reach if with_cloud else None, as_json)


def _tell_of_preset(subject: str, settings: tuple[str, ...], reach: Reach | None, as_json: bool) -> int:
    from wizard.core.plan import rules
    from wizard.core.plan.template_check import as_text
    from wizard.core.preflight import stands_against

    plan = plan_of(subject, settings)
    problems = rules.check(plan)
    found = looked_up(plan, reach, Teller(as_json)) if reach is not None else ()
    if as_json:
        data: dict[str, object] = {"problems": [problem_data(item) for item in problems]}
        data["valid"] = not rules.blocking(problems)
        emit_json(data | (findings_data(found) if reach is not None else {}))
    else:
        emit_words(as_text(problems) or "no problems\n")
        emit_words(f"\n{findings_text(found)}" if reach is not None else "")
    if rules.blocking(problems):
        return INVALID
    return PREFLIGHT_FAILED if stands_against(found) else 0


def _tell_of_template(document: object, subject: str, as_json: bool) -> int:
    from wizard.core.opennebula.documents import NotATemplate
    from wizard.core.plan.template_check import linted

    try:
        found = linted(document)
    except NotATemplate as error:
        raise CommandFailed(INVALID, str(error), subject) from None
    if as_json:
        problems = [problem_data(item) for item in found.problems]
        emit_json({"problems": problems, "valid": found.valid, "flower": found.flower, "contract": found.contract.name})
    else:
        emit_words(str(found))
    return 0 if found.valid else INVALID


def _registered(reference: str, reach: Reach, teller: Teller) -> object:
    with connecting(reach, teller) as connector:
        return connector.connect().templates.find(reference).body


def _is_template(subject: str) -> bool:
    return subject == "-" or subject.endswith(".json")


def read_json(subject: str) -> object:
    """The JSON of a file, or of stdin for `-`. Raises CommandFailed."""
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
