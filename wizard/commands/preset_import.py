"""`presets import`: a registered service template, a running service or a JSON file becomes a preset."""

from __future__ import annotations

import click

from wizard.commands.check import read_json
from wizard.commands.completing import sources
from wizard.commands.options import Reach, connection_options, example
from wizard.commands.output import Teller, emit_words
from wizard.commands.preset_changes import tell_what_it_hides
from wizard.commands.reach import connecting
from wizard.commands.trouble import INVALID, CommandFailed

TEMPLATE = "template"
SERVICE = "service"


@click.command(
    "import",
    short_help="Make a preset of a template or a service.",
    epilog=example("flowerneb-wizard presets import service:42 my-cluster"),
)
@click.argument("source", shell_complete=sources)
@click.argument("name")
@click.option("--whole", is_flag=True, help="Keep the template itself, its inputs as they are: nothing is left out.")
@click.option("--force", is_flag=True, help="Write over a preset of that name.")
@connection_options
@click.pass_context
def import_(context: click.Context, source: str, name: str, whole: bool, force: bool) -> None:
    """Make the preset NAME of SOURCE, and print its path.

    SOURCE is template:ID or template:NAME for a service template that is registered, service:ID or service:NAME for
    a service that exists (what it was instantiated with, and its present number of SuperNodes), or a JSON file of
    either, as `oneflow-template show --json` and `oneflow show --json` print it (- reads stdin). What no setting can
    hold is told on stderr.

    With --whole the template becomes a contract of its own: the preset holds it, its own inputs are the settings, and
    what nobody asks for stays in it as it is.
    """
    from wizard.core import rules
    from wizard.core.document import DecodeError
    from wizard.core.documents import NotATemplate
    from wizard.core.importing import Imported, imported
    from wizard.core.opened import opened
    from wizard.core.preset import Preset
    from wizard.core.problem import Kind
    from wizard.files import save_preset

    teller = Teller()
    document, origin = _read(source, Reach.of(context), teller)
    try:
        found = Imported(opened(document)) if whole else imported(document)
    except (NotATemplate, DecodeError) as error:
        raise CommandFailed(INVALID, str(error), source) from None
    path = save_preset(name, Preset(found.plan, found.plan.name, f"Imported from {origin}."), overwrite=force)
    emit_words(f"{path}\n")
    for sentence in found.left_out:
        teller.say(f"not taken over: {sentence}")
    for problem in rules.check(found.plan):
        if problem.kind is not Kind.NOTE:
            teller.say(str(problem))
    tell_what_it_hides(name)


def _read(source: str, reach: Reach, teller: Teller) -> tuple[object, str]:
    """The document, and the words for where it came from."""
    kind, colon, reference = source.partition(":")
    if not colon or kind not in (TEMPLATE, SERVICE):
        return read_json(source), "stdin" if source == "-" else source
    if not reference:
        raise click.UsageError(f"{source} names none: write {kind}:ID or {kind}:NAME.")
    with connecting(reach, teller) as connector:
        cloud = connector.connect()
        if kind == TEMPLATE:
            template = cloud.templates.find(reference)
            return template.body, f"service template {template.id}, {template.name}"
        document = cloud.services.document(reference)
        return document, f"service {document['DOCUMENT']['ID']}"
