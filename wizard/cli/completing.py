"""Shell completion: names of presets and services, settings, worlds. Whatever fails completes to nothing.

A name goes onto the command line as it is. One that a shell would read as anything but a word, and services come from
others, is therefore never offered: such a service is offered by its id.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from wizard.cli.output import Teller

if TYPE_CHECKING:
    from wizard.core.plan.contract import Contract

PATIENCE = 1.5
"""Seconds that a server may take: somebody waits at a prompt."""

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_ASSIGNMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*=[A-Za-z0-9._+-]*\Z")
_SOURCE = re.compile(r"(?:template|service):\Z")
_FILE = CompletionItem("", type="file")

Items = list[CompletionItem[str]]


class _Silent(Teller):
    def say(self, text: str) -> None:
        """Nothing: it would stand in the middle of the prompt."""


def preset_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Presets by name with their titles; files where it looks like a path or no name begins so."""
    from wizard.storage.files import list_presets

    found: dict[str, str] = {}
    with contextlib.suppress(Exception):
        found = {item.name: item.preset.title if item.preset else "broken" for item in list_presets()}
    return _beginning(incomplete, found.items()) or [_FILE]


def own_preset_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """The presets that can be renamed and deleted."""
    from wizard.storage.files import list_presets

    with contextlib.suppress(Exception):
        own = [
            (item.name, item.preset.title if item.preset else "broken") for item in list_presets() if not item.shipped
        ]
        return _beginning(incomplete, own)
    return []


def service_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Flower services by name, or by id where the name is no plain word or not the only one."""
    with contextlib.suppress(Exception):
        from wizard.cli.connection import ConnectionOptions, connecting

        reach = ConnectionOptions.of(context)
        if reach.sandbox:
            return []
        with connecting(reach, _Silent()) as connector:
            connector.timeout = PATIENCE
            services = [item for item in connector.connect().services.list() if item.is_flower]
        names = [item.name for item in services]
        found = []
        for item in services:
            by_name = _WORD.match(item.name) and not item.name.isdigit() and names.count(item.name) == 1
            description = f"{item.id} {item.state_name}" if by_name else f"{item.name} {item.state_name}"
            found.append((item.name if by_name else str(item.id), description))
            if by_name and incomplete:
                found.append((str(item.id), f"{item.name} {item.state_name}"))
        return _beginning(incomplete, found)
    return []


def world_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """The worlds of the sandbox."""
    from wizard.sandbox.worlds import WORLDS

    return _beginning(incomplete, ((name, world.summary) for name, world in WORLDS.items()))


def assignments(context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """`KEY=` for `--set`, and after it the values where there are only so many."""
    with contextlib.suppress(Exception):
        # Where the option that is completed stands last, click leaves the arguments before it unparsed.
        words = (context.params.get("preset"), context.params.get("subject"), *context.args)
        contract = _contract(next((word for word in words if word), None))
        key, equals, _ = incomplete.partition("=")
        if not equals:
            items = [item for item in contract.fields if not item.fixed_because]
            return _beginning(incomplete, ((f"{item.path}=", item.label) for item in items), _ASSIGNMENT)
        item = contract.by_path[key]
        values = item.input.options or (("YES", "NO") if item.input.type.value == "boolean" else ())
        return _beginning(incomplete, ((f"{key}={value}", item.label) for value in values), _ASSIGNMENT)
    return []


def sources(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete a source of `presets import`: the two kinds, or a file."""
    kinds = [("template:", "a registered service template"), ("service:", "a service that exists")]
    return _beginning(incomplete, kinds, _SOURCE) or [_FILE]


def _beginning(incomplete: str, found: Iterable[tuple[str, str]], pattern: re.Pattern[str] = _WORD) -> Items:
    from wizard.core.text import one_line

    return [
        CompletionItem(value, help=one_line(description) or None)
        for value, description in found
        if value.startswith(incomplete) and pattern.match(value)
    ]


def _contract(reference: object) -> Contract:
    from wizard.core.plan.contracts import SEED
    from wizard.storage.files import find_preset

    with contextlib.suppress(Exception):
        preset = find_preset(reference).preset if isinstance(reference, str) else None
        return preset.plan.contract if preset else SEED
    return SEED
