"""The named worlds, as data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wizard.sandbox.blueprint import (
    BootFailure,
    ExistingService,
    Guests,
    Host,
    Image,
    Network,
    Timings,
    User,
    VmTemplate,
    World,
)


def _context(*keys: str) -> dict[str, Any]:
    fixed = {"NETWORK": "YES", "REPORT_READY": "YES", "SSH_PUBLIC_KEY": "$USER[SSH_PUBLIC_KEY]", "TOKEN": "YES"}
    return fixed | {key: f"${key}" for key in keys}


_SUPERLINK: dict[str, Any] = {
    "CONTEXT": _context("ONEAPP_FLOWER_VERSION", "ONEAPP_FL_LOG_LEVEL", "ONEAPP_FL_TLS_ENABLED"),
    "CPU": "1",
    "DISK": {"IMAGE_ID": "0"},
    "GRAPHICS": {"LISTEN": "127.0.0.1", "TYPE": "VNC"},
    "MEMORY": "2048",
    "NIC": {"NETWORK_ID": "0"},
    "OS": {"ARCH": "x86_64"},
    "USER_INPUTS": {
        "ONEAPP_FLOWER_VERSION": "O|text|Flower Docker image version tag||1.31.0",
        "ONEAPP_FL_LOG_LEVEL": "O|list|Log verbosity|DEBUG,INFO,WARNING,ERROR|INFO",
        "ONEAPP_FL_TLS_ENABLED": "O|boolean|Enable TLS encryption||YES",
    },
}
_SUPERNODE: dict[str, Any] = {
    **_SUPERLINK,
    "CONTEXT": _context(
        "ONEAPP_FL_FRAMEWORK",
        "ONEAPP_FL_LOG_LEVEL",
        "ONEAPP_FL_NODE_CONFIG",
        "ONEAPP_FL_SUPERLINK_ADDRESS",
        "ONEAPP_FL_TLS_ENABLED",
    ),
    "CPU": "2",
    "MEMORY": "4096",
    "USER_INPUTS": {
        "ONEAPP_FL_FRAMEWORK": "O|list|ML framework for training|pytorch,tensorflow,sklearn|pytorch",
        "ONEAPP_FL_LOG_LEVEL": "O|list|Log verbosity|DEBUG,INFO,WARNING,ERROR|INFO",
        "ONEAPP_FL_NODE_CONFIG": "O|text|Space-separated key=value node config||",
        "ONEAPP_FL_SUPERLINK_ADDRESS": "O|text|SuperLink Fleet API address (host:port)||",
        "ONEAPP_FL_TLS_ENABLED": "O|boolean|Enable TLS encryption||YES",
    },
}
_PLAIN: dict[str, Any] = {
    "CONTEXT": {"NETWORK": "YES", "SSH_PUBLIC_KEY": "$USER[SSH_PUBLIC_KEY]"},
    "CPU": "1",
    "DISK": {"IMAGE_ID": "1"},
    "MEMORY": "1024",
    "NIC": {"NETWORK_ID": "1"},
    "OS": {"ARCH": "x86_64"},
}


def _flower(name: str, supernodes: int, max_vms: int = 10) -> dict[str, Any]:
    context = {
        "TOKEN": "YES",
        "REPORT_READY": "YES",
        "READY_SCRIPT_PATH": "/opt/flower/scripts/health-check.sh",
        "NETWORK": "YES",
    }
    superlink = {
        "name": "superlink",
        "type": "vm",
        "template_id": 0,
        "cardinality": 1,
        "min_vms": 1,
        "max_vms": 1,
        "cooldown": 60,
        "shutdown_action": "shutdown",
        "template_contents": {"CONTEXT": context},
    }
    supernode = {
        **superlink,
        "name": "supernode",
        "template_id": 1,
        "cardinality": supernodes,
        "min_vms": 2,
        "max_vms": max_vms,
        "cooldown": 30,
        "parents": ["superlink"],
    }
    return {
        "name": name,
        "description": "Flower federated learning cluster",
        "deployment": "straight",
        "ready_status_gate": True,
        "shutdown_action": "shutdown",
        "roles": [superlink, supernode],
    }


def _web_shop(name: str = "Web shop") -> dict[str, Any]:
    return {
        "name": name,
        "description": "A load balancer before two web servers",
        "deployment": "straight",
        "roles": [
            {"name": "balancer", "type": "vm", "template_id": 2, "cardinality": 1},
            {"name": "web", "type": "vm", "template_id": 2, "cardinality": 2, "parents": ["balancer"]},
        ],
    }


DEFAULT = World(
    name="default",
    summary="A healthy cloud with room for some forty VMs",
    vm_templates=(
        VmTemplate(0, "Flower SuperLink", _SUPERLINK),
        VmTemplate(1, "Flower SuperNode", _SUPERNODE),
        VmTemplate(2, "Ubuntu 24.04", _PLAIN),
        VmTemplate(3, "Alpine 3.20", {**_PLAIN, "MEMORY": "256"}),
    ),
    networks=(
        Network(0, "flower-net", "10.77.0.2", 250),
        Network(1, "public", "192.0.2.10", 100),
        Network(2, "storage", "10.78.0.2", 200),
    ),
    hosts=(Host(0, "node-a"), Host(1, "node-b"), Host(2, "node-c")),
    users=(User(0, "oneadmin", 0, "oneadmin"), User(4, "alice"), User(5, "bob")),
    images=(Image(0, "flower-os", 10240), Image(1, "ubuntu-24.04")),
    service_templates=(_web_shop(),),
)

_RIGHT_TO_LEFT = "שלום \u202eexe.tfosorcim\u202c مرحبا"
_LONG = "n" * 128

WORLDS: dict[str, World] = {
    world.name: world
    for world in (
        DEFAULT,
        replace(
            DEFAULT,
            name="slow-boot",
            summary="VMs take minutes to boot",
            timings=Timings(prolog=45, boot=60, ready=40, configure=10),
        ),
        replace(
            DEFAULT,
            name="superlink-never-ready",
            summary="The SuperLink boots, but its health check never passes",
            guests=Guests(unhealthy=("superlink",)),
        ),
        replace(
            DEFAULT,
            name="supernode-boot-failure",
            summary="The second SuperNode does not boot; a recover brings it up",
            guests=Guests(boot_failures=(BootFailure("supernode", 1),)),
        ),
        replace(
            DEFAULT,
            name="no-capacity",
            summary="The hosts are full after a SuperLink and one SuperNode",
            hosts=(Host(0, "node-a", cpu=3.0, memory=8192), Host(1, "node-b", cpu=1.0, memory=2048)),
        ),
        replace(
            DEFAULT,
            name="no-permission",
            summary="alice may neither see nor use the VM templates and networks",
            vm_templates=tuple(replace(template, public=False) for template in DEFAULT.vm_templates),
            networks=tuple(replace(network, public=False) for network in DEFAULT.networks),
            images=tuple(replace(image, public=False) for image in DEFAULT.images),
            operator="alice",
        ),
        replace(
            DEFAULT,
            name="hostile-names",
            summary="Names that break careless programs",
            vm_templates=(
                VmTemplate(0, "[/vm] [b]Flower[/b] \"SuperLink\" 'x'", _SUPERLINK),
                VmTemplate(1, "[red]Node [link=x]<&>]]>", _SUPERNODE),
                VmTemplate(2, _RIGHT_TO_LEFT, _PLAIN),
                VmTemplate(3, _LONG, _PLAIN),
            ),
            networks=(
                Network(0, "[/] [bold]net & <net> \\[", "10.77.0.2", 250),
                Network(1, _RIGHT_TO_LEFT, "192.0.2.10", 100),
                Network(2, _LONG, "10.78.0.2", 200),
            ),
            hosts=(Host(0, "[/host] [b"), Host(1, 'node"b"\''), Host(2, "h" * 128)),
            service_templates=(_web_shop("[/] [blink]\"shop\" 'x' \u202egpj"),),
            services=(
                ExistingService(_flower("[/vm] [b", 2), vm_names=("[/] [b]vm", '<&"]]>', _RIGHT_TO_LEFT)),
                ExistingService(_flower(_LONG, 2)),
                ExistingService(_flower(_RIGHT_TO_LEFT, 2)),
            ),
        ),
        replace(
            DEFAULT,
            name="no-appliance",
            summary="A cloud with images of distributions, and no VM template of Flower",
            vm_templates=DEFAULT.vm_templates[2:],
            images=(
                Image(0, "Debian 12", 3072),
                Image(1, "Ubuntu 24.04", 3584),
                Image(2, "Alpine 3.20", 256),
                Image(3, "Debian 12 of the database", 20480, persistent=True),
                Image(4, "backup disk", 102400, kind=2),
                Image(5, "Rocky 9", 10240, state=5),
                Image(6, "golden-2026-10", 4096),
            ),
        ),
        replace(
            DEFAULT,
            name="dead-superlink",
            summary="A service that says RUNNING, though its SuperLink VM was terminated",
            services=(ExistingService(_flower("flower-lost", 3), lost_roles=("superlink",)),),
            autoscaler=0.0,
        ),
        replace(
            DEFAULT,
            name="large",
            summary="A running cluster of 1 SuperLink and 299 SuperNodes that publish FL_NODE_CONFIG",
            networks=(Network(0, "flower-net", "10.77.0.2", 2000), *DEFAULT.networks[1:]),
            hosts=tuple(Host(number, f"node-{number:02}", 64.0, 262144) for number in range(24)),
            # Slower to boot than to create, or the first guests would find the list of nodes still empty.
            timings=Timings(creation=0.12, prolog=25, boot=25, configure=5, ready=15),
            guests=Guests(publish_node_config=True),
            services=(ExistingService(_flower("flower-large", 299, 300)),),
        ),
    )
}
"""Every named world by its name."""

VERSIONS = {"7.5": "7.5.80", "6.10": "6.10.5"}
"""The versions of OpenNebula that a sandbox can be."""
