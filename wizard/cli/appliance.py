"""`appliance`: images that can carry it, its two VM templates, and bringing them up to date."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wizard.cli.acting import asking_options
from wizard.cli.connection import ConnectionOptions, connecting
from wizard.cli.options import connection_options, example, json_option
from wizard.cli.output import (
    FAILED,
    CommandFailed,
    Teller,
    agreed,
    emit,
    emit_drawn,
    emit_json,
    emit_words,
    is_terminal,
    somebody_is_there,
)

if TYPE_CHECKING:
    from wizard.core.appliance.vm_templates import Options

F = TypeVar("F", bound=Callable[..., Any])
ROLES = ("superlink", "supernode")


def template_options(command: F) -> F:
    """Options of the VM templates themselves."""
    for option in (
        click.option("--follow", is_flag=True, help="SuperNodes take up a new partition when the list changes."),
        click.option(
            "--package",
            "packages",
            metavar="NAME",
            multiple=True,
            help="A package that the SuperNodes' apps need, such as pandas or pandas==2.2.3. May be repeated.",
        ),
        click.option("--index", metavar="URL", default="", help="Package index that Flower comes from."),
        click.option("--wheels", metavar="URL", default="", help="Folder or archive of wheels that it comes from."),
        click.option("--prefix", metavar="NAME", default="", help="What stands before the two names."),
        click.option("--disk-size", metavar="SIZE", help="Size that the disk has at least, such as 20G."),
        click.option("--memory", metavar="SIZE", help="Memory of each VM, such as 4G."),
        click.option("--vcpu", metavar="N", type=click.IntRange(1, 1024), help="Virtual CPUs of each VM."),
        click.option("--cpu", metavar="N", type=float, default=1.0, show_default=True, help="CPU of each VM."),
    ):
        command = option(command)
    return command


@click.command(
    short_help="List the cloud's images and whether they fit.", epilog=example("flowerneb-wizard appliance images")
)
@json_option
@connection_options
@click.pass_context
def images(context: click.Context, as_json: bool) -> None:
    """List the images of the cloud, and for each whether it can carry the appliance, or why not.

    OpenNebula does not tell what is in an image: where the name does not say it either, it is "unknown".
    """
    from wizard.operations import appliance

    with connecting(ConnectionOptions.of(context), Teller(as_json)) as connector:
        found = appliance.images(connector.connect())
    words = {True: "yes", False: "no", None: "unknown"}
    if as_json:
        emit_json(
            {
                "images": [
                    {
                        "id": item.image.id,
                        "name": item.image.name,
                        "state": item.image.state_name,
                        "size": item.image.size,
                        "fits": item.fitness.fits,
                        "why": item.fitness.why or None,
                    }
                    for item in found
                ]
            }
        )
        return
    from wizard.cli.report import console_of, table_text

    rows = [
        (str(item.image.id), item.image.name, _size(item.image.size), words[item.fitness.fits], item.fitness.why)
        for item in found
    ]
    emit_drawn(table_text(("ID", "NAME", "SIZE", "FITS", "WHY"), rows, console_of(is_terminal(sys.stdout)), wraps=True))


@click.command(
    short_help="Register the two VM templates over an image.",
    epilog=example(
        'flowerneb-wizard appliance create --image ubuntu-24.04 --prefix "test " --dry-run',
        'flowerneb-wizard appliance create --image ubuntu-24.04 --prefix "test " --network flower-net --follow --yes',
    ),
)
@click.option("--image", metavar="REF", required=True, help="Image of a Linux distribution, by name or id.")
@click.option(
    "--network",
    metavar="REF",
    default="",
    help="Network of the VMs, by name or id; else the first with a free address.",
)
@template_options
@asking_options
@click.pass_context
def create(
    context: click.Context,
    /,
    image: str,
    network: str,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Register "Flower SuperLink" and "Flower SuperNode": VM templates over an image, with the guest in their CONTEXT.

    Both are registered or none, and none is written over. The default preset deploys from them.
    """
    from wizard.operations import appliance

    if not yes and not dry_run and (as_json or not somebody_is_there()):
        raise click.UsageError("nobody can be asked here: say --yes to do it, or --dry-run to look first.")
    teller = Teller(as_json)
    with connecting(ConnectionOptions.of(context), teller) as connector:
        if not dry_run:
            connector.refuse_change("VM templates")
        cloud = connector.connect()
        wanted = appliance.wanted(cloud, image, network, functools.partial(_options, chosen))
        teller.say(f"over image {wanted.image.id} {wanted.image.name}, in network {wanted.network or 'of the service'}")
        if wanted.doubt:
            teller.say(f"image {wanted.image.id} {wanted.image.name!r}: {wanted.doubt}")
        if dry_run:
            if as_json:
                emit_json({"vm_templates": [{"role": role, "text": text} for role, text in wanted.texts]})
            else:
                emit_words("\n\n".join(_shortened(text) for _, text in wanted.texts) + "\n")
            return
        if not yes:
            said = " and ".join(f'"{name}"' for name in wanted.names)
            if not agreed(f"Register {said}?", unless_said=False):
                raise CommandFailed(FAILED, "nothing was registered")
        numbers = appliance.create(cloud, wanted, teller.say)
        if as_json:
            made = [{"id": number, "name": name} for number, name in zip(numbers, wanted.names, strict=True)]
            emit_json({"vm_templates": made})
        else:
            emit_words("".join(f"{number}\n" for number in numbers))
            if not chosen["prefix"]:
                teller.say("deploy with `flowerneb-wizard deploy default`")


@click.command(
    short_help="Bring the registered VM templates up to date.",
    epilog=example("flowerneb-wizard appliance update --yes"),
)
@click.option("--prefix", metavar="NAME", default="", help="What stands before the two names.")
@asking_options
@click.pass_context
def update(context: click.Context, prefix: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Write this program's guest into the registered VM templates, where theirs is older.

    Whatever else was changed in them stays. VMs that run keep the guest that they booted with.
    """
    from wizard.operations import appliance

    if not yes and not dry_run and (as_json or not somebody_is_there()):
        raise click.UsageError("nobody can be asked here: say --yes to do it, or --dry-run to look first.")
    teller = Teller(as_json)
    with connecting(ConnectionOptions.of(context), teller) as connector:
        if not dry_run:
            connector.refuse_change("VM templates")
        cloud = connector.connect()
        found = appliance.updates(cloud, prefix)
        for item in found:
            teller.say(f"VM template {item.template.id} {item.template.name}: {item.why}")
        due = [item for item in found if item.text]
        if due and not dry_run:
            if not yes and not agreed(f"Write {len(due)} of them anew?", unless_said=False):
                raise CommandFailed(FAILED, "nothing was written")
            for item in due:
                appliance.renew(cloud, item)
                teller.say(f"VM template {item.template.id} is up to date")
        if as_json:
            emit_json(
                {
                    "vm_templates": [
                        {"id": item.template.id, "name": item.template.name, "due": bool(item.text), "why": item.why}
                        for item in found
                    ]
                }
            )


@click.command(
    short_help="Print a VM template as text.",
    epilog=example("flowerneb-wizard appliance render supernode --image 7 > supernode.tmpl"),
)
@click.argument("role", type=click.Choice(ROLES))
@click.option(
    "--image", metavar="ID", type=click.IntRange(0), default=0, help="Id of the image; 0 where you do not say."
)
@click.option("--network", metavar="ID", type=click.IntRange(0), help="Id of the network of the VMs.")
@template_options
def render(role: str, image: int, network: int | None, **chosen: Any) -> None:
    """Print the VM template of ROLE as text for `onetemplate create`. No cloud is asked."""
    from wizard.core.appliance import vm_templates
    from wizard.operations.appliance import guest

    emit(vm_templates.text(role, _options(chosen, image, network), guest()) + "\n")


@click.group(
    short_help="Make the VM templates that become a SuperLink and SuperNodes.",
    epilog=example("flowerneb-wizard appliance images"),
    commands={"images": images, "create": create, "update": update, "render": render},
)
def appliance() -> None:
    """Make the VM templates of a Flower cluster over any image of a Linux distribution.

    A guest in their CONTEXT installs Flower when a VM boots, and starts it as a SuperLink or a SuperNode.
    """


def _options(chosen: dict[str, Any], image: int, network: int | None) -> Options:
    from wizard.core.appliance.vm_templates import Options, megabytes

    return Options(
        image,
        network,
        chosen["cpu"],
        chosen["vcpu"],
        megabytes(chosen["memory"]) if chosen["memory"] else None,
        megabytes(chosen["disk_size"]) if chosen["disk_size"] else None,
        chosen["prefix"],
        chosen["wheels"],
        chosen["index"],
        chosen["follow"],
        " ".join(chosen["packages"]),
    )


_SHOWN = 40


def _shortened(text: str) -> str:
    """The text with the guest itself left out."""
    return re.sub(r'"([A-Za-z0-9+/=]{200,})"', lambda match: f'"{match[1][:_SHOWN]}… ({len(match[1])} bytes)"', text)


def _size(megabytes: int | None) -> str:
    return "-" if megabytes is None else f"{megabytes / 1024:.1f} GB" if megabytes >= 1024 else f"{megabytes} MB"
