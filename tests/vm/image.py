"""A disk to boot from: Debian by debootstrap with cloud-init, made once and kept in the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import platformdirs

TOOLS = ("debootstrap", "mkfs.ext4", "chroot")
PACKAGES = (
    *("systemd-sysv", "dbus", "udev", "python3", "python3-venv", "ifupdown", "isc-dhcp-client", "openssh-server"),
    *("sudo", "iproute2", "ca-certificates", "curl", "linux-image-cloud-amd64"),
)
CLOUD_CONFIG = """\
datasource_list: [ OpenNebula, None ]
disable_root: false
ssh_deletekeys: false
"""


def folder() -> Path:
    """Where the image is kept."""
    return platformdirs.user_cache_path("flowerneb-wizard") / "vm-image"


def missing() -> list[str]:
    """The programs that are not here, and root where one is not."""
    found = [tool for tool in TOOLS if shutil.which(tool) is None]
    return found if os.getuid() == 0 else [*found, "root"]


def made(key: str) -> tuple[Path, Path, Path]:
    """Disk, kernel and initrd; into the disk root may come with this public key. Minutes, the first time."""
    place = folder()
    disk, kernel, initrd = place / "base.img", place / "vmlinuz", place / "initrd"
    root = place / "root"
    if not initrd.exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        run("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", "bookworm", str(root))
        for name in ("sources.list", "sources.list.d", "apt.conf.d"):
            given = Path("/etc/apt") / name
            if given.exists():
                run("cp", "-rT", str(given), str(root / "etc/apt" / name))
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        # Nothing is started in the chroot.
        policy = root / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        for command in (("update",), ("-y", "install", "cloud-init")):
            run("chroot", str(root), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", *command)
        policy.unlink()
        (root / "etc/cloud/cloud.cfg.d/90.cfg").write_text(CLOUD_CONFIG)
        (root / "etc/hostname").write_text("debian\n")
        (root / "etc/machine-id").write_text("")
        (root / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
        shutil.copy(next((root / "boot").glob("vmlinuz-*")), kernel)
        shutil.copy(next((root / "boot").glob("initrd.img-*")), initrd)
    (root / "root/.ssh/authorized_keys").write_text(key)
    disk.unlink(missing_ok=True)
    run("truncate", "-s", "4G", str(disk))
    run("mkfs.ext4", "-q", "-F", "-L", "root", "-d", str(root), str(disk))
    return disk, kernel, initrd


def host_key() -> str:
    """The public host key of every VM: type and key."""
    return " ".join((folder() / "root/etc/ssh/ssh_host_ed25519_key.pub").read_text().split()[:2])


def run(*command: str) -> None:
    """Run a step."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
