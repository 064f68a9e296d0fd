"""Commands that are imported when they are asked for: a call pays for its own alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module

import click


class LateCommands(MutableMapping[str, click.Command]):
    """Commands by name, in the order given; `restart-stale` is the function `restart_stale`."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        """`modules` has the module of `wizard.commands` that each command stands in."""
        self._modules = modules
        self._found: dict[str, click.Command | None] = dict.fromkeys(modules)

    def __getitem__(self, name: str) -> click.Command:
        found = self._found[name]
        if found is None:
            module = import_module(f"wizard.commands.{self._modules[name]}")
            found = self._found[name] = getattr(module, name.replace("-", "_"))
        return found

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._found[name] = command

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
