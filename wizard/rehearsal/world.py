"""A world of the sandbox whose VMs have addresses on this machine's loopback."""

from __future__ import annotations

import os
from dataclasses import replace

from wizard.sandbox.blueprint import World


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
