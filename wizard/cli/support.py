"""`support`: an archive about a service for somebody who helps, without secrets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.completing import service_names
from wizard.cli.connection import ConnectionOptions, connecting
from wizard.cli.options import connection_options, example, json_option
from wizard.cli.output import FAILED, CommandFailed, Teller, agreed, emit_json, emit_words, somebody_is_there

if TYPE_CHECKING:
    from wizard.core.opennebula.snapshot import VmFacts
    from wizard.operations.support import Support


@click.command(
    short_help="Gather what somebody else needs to help, without secrets.",
    epilog=example("flowerneb-wizard support 42 -o support-42.tar.gz --yes"),
)
@click.argument("service", shell_complete=service_names)
@click.option("--output", "-o", "target", metavar="FILE", type=click.Path(path_type=Path), help="The archive to write.")
@click.option("--force", is_flag=True, help="Write over FILE.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@connection_options
@click.pass_context
def support(
    context: click.Context, service: str, *, target: Path | None, force: bool, yes: bool, as_json: bool
) -> None:
    """Write an archive about SERVICE, given by name or id: documents, VMs, what was seen, the diagnosis, versions.

    Passwords, tokens, keys, start scripts, and values whose name says that they are secret are taken out. Its files are
    listed before it is written; read it before you hand it on. Nothing is changed in the cloud.
    """
    from wizard.cli.report import service_data
    from wizard.operations.support import file_name, gather, write

    if not yes and (as_json or not somebody_is_there()):
        raise click.UsageError("nobody can be asked here: say --yes to write it.")
    teller = Teller(as_json)
    with connecting(ConnectionOptions.of(context), teller) as connector:
        cloud = connector.connect()
        found = gather(cloud, service, connector.clock(), cloud.secrets, service_data, _vm_data)
        path = target or Path(file_name(found.service_id))
        _list(found, path, teller)
        if not yes and not agreed(f"Write {path}?", unless_said=False):
            raise CommandFailed(FAILED, "nothing was written", str(path))
        write(found, path, connector.clock(), overwrite=force)
    if as_json:
        files = [{"name": member.name, "bytes": member.size, "about": member.about} for member in found.members]
        emit_json({"path": str(path), "service": found.service_id, "removed": found.removed, "files": files})
    else:
        emit_words(f"{path}\n")


def _vm_data(vm: VmFacts) -> dict[str, Any]:
    """A VM as `vm --json` gives it, with every value as it is: what is secret goes later, wherever it is repeated."""
    from wizard.cli.report import vm_data

    return vm_data(vm) | {"published": dict(vm.user_template or {}), "context": dict(vm.context or {})}


def _list(found: Support, path: Path, teller: Teller) -> None:
    from wizard.core.text import counted

    width = max(len(member.name) for member in found.members)
    teller.say(f"{path} will hold:")
    for member in found.members:
        teller.say(f"  {member.name:<{width}}  {member.size:>9,} bytes  {member.about}")
    teller.say(f"{counted(found.removed, 'value')} taken out as secret")
