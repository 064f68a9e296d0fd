"""Real VMs become a cluster: deploy, verify, scale with `--follow`, and a reboot of each kind. `make test-vm` runs it.

Debian 12 with cloud-init in QEMU, emulated: half an hour on two cores.
"""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from tests.vm import image, machines
from tests.vm.machines import GATEWAY, Machines, until
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.appliance.vm_templates import Options
from wizard.core.cluster.guest_reports import doing
from wizard.core.cluster.partitions import Sync, assignments
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.plan.plan import Plan
from wizard.operations import appliance
from wizard.operations.flower_environments import python_of
from wizard.operations.verify import verify
from wizard.operations.watch import settled
from wizard.sandbox.server import Sandbox

HALF_AN_HOUR = 1800.0

pytestmark = pytest.mark.skipif(os.environ.get("TEST_VM") != "1", reason="`make test-vm` runs it")


@dataclass
class Stage:
    """A cloud whose VMs are real, and where its wheels are."""

    cloud: Cloud
    sandbox: Sandbox
    machines: Machines
    wheels: str
    target: Callable[[int], str]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Built once."""
    if lacking := [*machines.missing(), *image.missing()]:
        pytest.fail(f"missing: {', '.join(lacking)}. Debian has qemu-system-x86, genisoimage, debootstrap.")
    folder = tmp_path_factory.mktemp("vm")
    home = folder / "home" / ".ssh"
    home.mkdir(parents=True, mode=0o700)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / "id_ed25519")], check=True)
    disk, kernel, initrd = image.made((home / "id_ed25519.pub").read_text())
    wheels = folder / "wheels"
    python = python_of("1.25.0")
    fetched = [str(python), "-m", "pip", "download", "-q", "-d", str(wheels), "flwr==1.25.0", "scikit-learn"]
    subprocess.run(fetched, check=True)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(wheels)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = Machines(folder, disk, kernel, initrd)
    with Sandbox("no-appliance", latency=0, guests=made) as sandbox:
        cloud = Cloud(find_login(sandbox.environment(), Path("/nonexistent")), clock=sandbox.clock.now)

        def target(vm: int) -> str:
            """ssh to a VM, and what makes it known and let in."""
            port = made.ssh_port(vm)
            (home / "known_hosts").write_text(f"[127.0.0.1]:{port} {image.host_key()}\n")
            files = f"IdentityFile {home}/id_ed25519\nUserKnownHostsFile {home}/known_hosts\n"
            (home / "config").write_text(f"{files}HostKeyAlgorithms ssh-ed25519\n")
            return f"ssh://root@127.0.0.1:{port}"

        tools = folder / "tools"
        tools.mkdir()
        (tools / "ssh").write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {home}/config "$@"\n')
        (tools / "ssh").chmod(0o755)
        os.environ["PATH"] = f"{tools}:{os.environ['PATH']}"
        try:
            yield Stage(cloud, sandbox, made, f"http://{GATEWAY}:{server.server_address[1]}/", target)
        finally:
            made.stop()
            cloud.close()
            server.shutdown()
            server.server_close()


def told(snapshot: ServiceSnapshot) -> str:
    """What each VM does, for whoever watches."""
    parts = [
        f"{node.vm_id} {node.vm.state_name} {node.vm.ready or '-'} {doing(node.vm)}".rstrip()
        for role in snapshot.roles
        for node in role.nodes
        if node.vm is not None
    ]
    return f"{snapshot.state_name}: {'; '.join(parts)}"


def followed(stage: Stage, service: int, holds: Callable[[ServiceSnapshot], bool], what: str) -> ServiceSnapshot:
    """Look until it holds, aloud."""
    latest: list[ServiceSnapshot] = []
    said = [""]

    def look() -> bool:
        latest[:] = [stage.cloud.services.poll(service).snapshot]
        now = told(latest[0])
        if now != said[0]:
            print(f"{stage.sandbox.clock.now():.0f} {now}", file=sys.stderr, flush=True)
            said[0] = now
        return holds(latest[0])

    until(look, HALF_AN_HOUR, what)
    return latest[0]


def in_sync(snapshot: ServiceSnapshot) -> bool:
    """All READY, and every SuperNode with the partition of its place."""
    found = assignments(snapshot)
    return settled(snapshot) and {item.sync for item in found} == {Sync.IN_SYNC}


def proved(stage: Stage, snapshot: ServiceSnapshot) -> None:
    """A run through an SSH tunnel agrees with the dashboard."""
    link = snapshot.roles[0].nodes[0].vm_id
    found = verify(snapshot, print, print, HALF_AN_HOUR, rounds=1, ssh=stage.target(link))
    assert found.agrees, found
    assert not found.unmatched


def test_a_cluster_of_real_vms(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    cloud = stage.cloud
    with capsys.disabled():
        options = functools.partial(Options, wheels=stage.wheels, follow=True)
        wanted = appliance.wanted(cloud, "Debian 12", "flower-net", options)
        appliance.create(cloud, wanted, print)
        plan = Plan().with_texts({"ML_FRAMEWORK": "sklearn", "supernode.cooldown": "5"})
        service = deploy_plan(plan, cloud).id
        proved(stage, followed(stage, service, in_sync, "RUNNING and in sync"))
        cloud.services.scale(service, "supernode", 3)
        wider = followed(
            stage, service, lambda seen: len(seen.roles[1].nodes) == 3 and in_sync(seen), "three in sync by themselves"
        )
        proved(stage, wider)
        for vm in (wider.roles[0].nodes[0].vm_id, wider.roles[1].nodes[0].vm_id):
            with stage.sandbox.world.lock:
                stage.sandbox.world.actions.act(stage.sandbox.world.vms[vm], "reboot-hard")
            followed(stage, service, lambda seen: not settled(seen), f"VM {vm} took READY back")
            back = followed(stage, service, in_sync, f"VM {vm} is back")
        proved(stage, back)
        print(stage.machines.console(wider.roles[1].nodes[0].vm_id)[-3000:])
