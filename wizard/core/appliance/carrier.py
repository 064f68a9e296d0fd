"""The guest as CONTEXT of a VM template: once as a start script, once as user data for cloud-init.

One-context runs START_SCRIPT_BASE64 at every boot, cloud-init ignores it; user data that only writes a file is done by
both, and put among cloud-init's scripts of every boot, the file is run by cloud-init alone.
"""

from __future__ import annotations

import base64
import hashlib
import lzma
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from wizard.core.errors import WizardError

LARGEST = 64 * 1024
"""Bytes of each of the two: a string of a process's environment, in which one-context exports them, has 128 KiB."""

PER_BOOT = "/var/lib/cloud/scripts/per-boot/flower-guest"
"""Where cloud-init runs what lies there at every boot."""

# Some images have no Python at all: then the shell is the only one that can get it, or say so. The variables are
# those that one-context exports; they are quoted, and never run.
_UNPACKER = """\
#!/bin/sh
export PATH="${{PATH:-/usr/sbin:/usr/bin:/sbin:/bin}}"
if ! command -v python3 >/dev/null 2>&1; then
  if command -v apt-get >/dev/null; then apt-get -q update; apt-get -q -y install python3
  elif command -v dnf >/dev/null; then dnf -q -y install python3
  elif command -v zypper >/dev/null; then zypper --non-interactive install python3
  fi >&2
fi
if ! command -v python3 >/dev/null 2>&1; then
  echo "flower guest: this image has no Python, and none could be installed" >&2
  if [ -n "$ONEGATE_ENDPOINT" ] && [ -r "$MOUNT_DIR/token.txt" ]; then
    curl -s -m 20 -X PUT -H "X-ONEGATE-TOKEN: $(cat "$MOUNT_DIR/token.txt")" -H "X-ONEGATE-VMID: $VMID" \\
      --data 'FL_ERROR="this image has no Python, and none could be installed: take another image"' \\
      "$ONEGATE_ENDPOINT/vm"
  fi
  exit 1
fi
exec python3 - "$@" <<'END_OF_GUEST'
import base64, lzma
SOURCE = lzma.decompress(base64.b85decode("{packed}")).decode("utf-8")
exec(compile(SOURCE, "guest.py", "exec"))
END_OF_GUEST
"""
_VERSION = re.compile(r'^VERSION = "([0-9]{1,6})"$', re.MULTILINE)


class GuestTooLarge(WizardError):
    """The guest does not fit into CONTEXT."""


@dataclass(frozen=True)
class Guest:
    """The program that runs in the VMs: its text, the number of its version, and a digest of the text."""

    source: str

    @property
    def version(self) -> int:
        """Number of the version, from 1 on. ValueError where the text has none."""
        match = _VERSION.search(self.source)
        if match is None:
            raise ValueError("the guest has no line VERSION")
        return int(match[1])

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that no other text has."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]

    @cached_property
    def context(self) -> Mapping[str, str]:
        """Variables of CONTEXT that bring it into a VM and start it there. Raises GuestTooLarge."""
        packed = base64.b85encode(lzma.compress(self.source.encode(), preset=9 | lzma.PRESET_EXTREME)).decode("ascii")
        script = _UNPACKER.format(packed=packed)
        # JSON is YAML, and a base64 text needs no escape in either.
        file = f'{{"path": "{PER_BOOT}", "permissions": "0755", "encoding": "b64", "content": "{_base64(script)}"}}'
        found = {
            "START_SCRIPT_BASE64": _base64(script),
            "USER_DATA": _base64(f"#cloud-config\nwrite_files: [{file}]\n"),
            "USER_DATA_ENCODING": "base64",
        }
        for key, value in found.items():
            if len(value) > LARGEST:
                raise GuestTooLarge("the guest is too large for CONTEXT", key, f"{len(value)} bytes of {LARGEST}")
        return found


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
