"""Real VMs as the sandbox's guests: QEMU, a context CD as OpenNebula makes it, Debian with cloud-init.

Each VM has two NICs: one on a network of all VMs, with the address that the sandbox leased, and one of QEMU's user
network, at whose gateway the loopback of this machine is: OneGate and the wheels.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from pathlib import Path

from wizard.sandbox.guests import Guest
from wizard.sandbox.oned.vm import VirtualMachine
from wizard.sandbox.world import WorldState

GATEWAY = "10.0.2.2"
"""This machine's loopback, as a guest sees it."""
TOOLS = ("qemu-system-x86_64", "qemu-img", "genisoimage")


def missing() -> list[str]:
    """The programs that are not here."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


class Machines:
    """Makes VMs. `image` is a raw disk, booted by `kernel` and `initrd`; `folder` is where everything of them is."""

    def __init__(self, folder: Path, image: Path, kernel: Path, initrd: Path, memory: int = 768) -> None:
        self.folder, self.image, self.kernel, self.initrd, self.memory = folder, image, kernel, initrd, memory
        self.hub = 23_000 + hash(folder) % 2000
        self.made: list[RealVm] = []

    def __call__(self, vm: VirtualMachine, world: WorldState) -> RealVm:
        """The guest of a VM."""
        self.made.append(RealVm(vm, world, self))
        return self.made[-1]

    def ssh_port(self, vm: int) -> int:
        """Port of this machine's loopback behind which the VM's ssh is."""
        return self.hub + 2000 + vm

    def console(self, vm: int) -> str:
        """What a VM printed on its console."""
        try:
            return (self.folder / f"vm-{vm}.console").read_text(errors="replace")
        except OSError:
            return ""

    def stop(self) -> None:
        """End all of them."""
        for vm in self.made:
            vm.stop()


class RealVm(Guest):
    """One VM: booted when the sandbox boots it; its disk stays over a reboot."""

    def __init__(self, vm: VirtualMachine, world: WorldState, machines: Machines) -> None:
        super().__init__(vm, world)
        self._machines = machines
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Boot."""
        self.stop()
        self._alive = True
        self.boots += 1
        threading.Thread(target=self._boot, daemon=True).start()

    def stop(self) -> None:
        """Pull the plug."""
        super().stop()
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _boot(self) -> None:
        number, machines = self._vm.vid, self._machines
        disk = machines.folder / f"vm-{number}.qcow2"
        if not disk.exists():
            given = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(machines.image), str(disk)]
            subprocess.run(given, check=True)
        own, user = f"02:00:0a:4d:00:{number + 2:02x}", f"02:00:0a:00:02:{number + 2:02x}"
        user_net = f"user,id=user,hostfwd=tcp:127.0.0.1:{machines.ssh_port(number)}-:22"
        hub = f"socket,id=hub,mcast=230.0.0.1:{machines.hub},localaddr=127.0.0.1"
        said = (machines.folder / f"vm-{number}.qemu").open("ab")
        self._process = subprocess.Popen(
            [
                "qemu-system-x86_64",
                *(
                    "-accel",
                    "tcg,tb-size=192",
                    "-cpu",
                    "max",
                    "-m",
                    str(machines.memory),
                    "-smp",
                    "1",
                    "-nographic",
                    "-no-reboot",
                ),
                *("-kernel", str(machines.kernel), "-initrd", str(machines.initrd)),
                *("-append", "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet"),
                *("-drive", f"file={disk},if=virtio,format=qcow2"),
                *("-cdrom", str(self._context_cd(own, user))),
                *("-netdev", hub, "-device", f"virtio-net-pci,netdev=hub,mac={own}"),
                *(
                    "-netdev",
                    user_net,
                    "-device",
                    f"virtio-net-pci,netdev=user,mac={user}",
                ),
                *("-serial", f"file:{machines.folder / f'vm-{number}.console'}", "-monitor", "none"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        said.close()

    def _context_cd(self, own: str, user: str) -> Path:
        """A CD with the label CONTEXT, as oned makes it."""
        folder = self._machines.folder / f"vm-{self._vm.vid}.context"
        folder.mkdir(exist_ok=True)
        port = self._world.onegate_url.rpartition(":")[2]
        context = {key: value for key, value in self._vm.context.items() if not key.startswith("ETH0_IP6")} | {
            "VMID": str(self._vm.vid),
            "ONEGATE_ENDPOINT": f"http://{GATEWAY}:{port}",
            "ETH0_MAC": own,
            "ETH0_IP": self._vm.ip,
            "ETH0_MASK": "255.255.255.0",
            "ETH0_GATEWAY": "",
            "ETH1_MAC": user,
            "ETH1_IP": "10.0.2.15",
            "ETH1_MASK": "255.255.255.0",
            "ETH1_GATEWAY": GATEWAY,
        }
        lines = "".join("{}='{}'\n".format(key, value.replace("'", "'\\''")) for key, value in context.items())
        (folder / "context.sh").write_text(f"# Context variables generated by OpenNebula\n{lines}")
        gate = self._world.gate
        (folder / "token.txt").write_text(gate.token(self._vm) if gate else "")
        target = self._machines.folder / f"vm-{self._vm.vid}.iso"
        subprocess.run(
            ["genisoimage", "-quiet", "-o", str(target), "-V", "CONTEXT", "-J", "-R", str(folder)], check=True
        )
        return target


def until(holds: object, seconds: float, what: str) -> None:
    """Wait until a condition holds; seconds, since these VMs are emulated."""
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(1.0)
