"""Surroundings of a rehearsal: a sandbox whose guests run Flower, and a folder of ours for all that they write."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from wizard.operations.processes import Processes
from wizard.rehearsal.guests import Guests
from wizard.sandbox.blueprint import World
from wizard.sandbox.server import Sandbox
from wizard.sandbox.worlds import WORLDS
from wizard.storage import process_names
from wizard.storage.files import APPLICATION


def on_loopback(world: World, seed: int | None = None) -> World:
    """The same world with its networks in 127.0.0.0/8, another part of it for every process that asks.

    `seed` is the process's number unless given.
    """
    number = os.getpid() if seed is None else seed
    second, third = 64 + number % 64, number // 64 % 250
    networks = tuple(
        replace(network, first=f"127.{second}.{third + place}.10", size=min(network.size, 200))
        for place, network in enumerate(world.networks)
    )
    return replace(world, networks=networks, services=())


KEPT = 3
"""So many folders of ended rehearsals stay, for their logs."""


@dataclass(frozen=True)
class Stage:
    """A sandbox that runs, and its guests."""

    sandbox: Sandbox
    guests: Guests


@contextlib.contextmanager
def staged(world: str = "default", latency: float = 0.05, version: str | None = None) -> Iterator[Stage]:
    """A stage that is torn down at the end, and with it every process. Raises OSError where the folder can't be made.

    Time passes as fast as it does outside: Flower can't be hurried.
    """
    folder = _new_folder()
    try:
        with Processes() as processes:
            guests = Guests(folder, processes)
            with Sandbox(on_loopback(WORLDS[world]), latency=latency, guests=guests, version=version) as sandbox:
                yield Stage(sandbox, guests)
    finally:
        # What is secret or large goes; the logs are for whoever wants to know afterwards.
        for place in folder.iterdir():
            if place.is_dir():
                shutil.rmtree(place, ignore_errors=True)


def folders() -> Path:
    """Folder above those of all rehearsals."""
    return platformdirs.user_state_path(APPLICATION) / "rehearsals"


def _new_folder() -> Path:
    everything = folders()
    everything.mkdir(parents=True, exist_ok=True, mode=0o700)
    ended = sorted(
        (place for place in everything.iterdir() if not process_names.may_live(place)), key=process_names.age
    )
    for place in ended[KEPT:]:
        shutil.rmtree(place, ignore_errors=True)
    folder = everything / process_names.own_name()
    folder.mkdir(mode=0o700)
    return folder
