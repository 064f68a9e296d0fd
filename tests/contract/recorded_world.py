"""The worlds of the recordings, as far as the recordings show them."""

from __future__ import annotations

from dataclasses import replace

from wizard.sandbox.blueprint import BootFailure, Guests, Host, Image, Network, Timings, User, VmTemplate, World
from wizard.sandbox.worlds import DEFAULT


def _small(template: VmTemplate) -> VmTemplate:
    return replace(template, contents={**template.contents, "CPU": "0.1", "MEMORY": "64"})


RECORDED = World(
    name="recorded",
    summary="One network, three hosts, VMs that boot at once and report only what a test sends for them",
    vm_templates=tuple(_small(template) for template in DEFAULT.vm_templates[:2]),
    networks=(Network(0, "flower-net", "10.77.0.2", 250),),
    hosts=(Host(0, "localhost"), Host(1, "dummy-2"), Host(2, "dummy-3")),
    users=(User(0, "oneadmin", 0, "oneadmin"), User(4, "alice"), User(5, "bob")),
    images=(Image(0, "flower-os", 1024),),
    timings=Timings(schedule=0.2, prolog=0.1, boot=0.1, shutdown=0.3, epilog=0.1, configure=0.1, ready=0.3),
    guests=Guests(silent=("superlink", "supernode")),
    cooldown=5,
    hypervisor="dummy",
)
REPORTING = replace(RECORDED, guests=Guests())
BOOT_FAILURES = replace(
    RECORDED,
    guests=Guests(
        silent=("superlink", "supernode"),
        boot_failures=(
            BootFailure("superlink", 0, "dummy-3:superlink_0_(service_1):dummy"),
            BootFailure("supernode", 2, "dummy-3:supernode_2_(service_1):dummy"),
        ),
    ),
)
CLOSED = replace(RECORDED, vm_templates=tuple(replace(template, public=False) for template in RECORDED.vm_templates))
