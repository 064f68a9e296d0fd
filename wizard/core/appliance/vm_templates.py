"""The two VM templates of the appliance: what is asked for, and their text as `onetemplate create` takes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from wizard.core.appliance.carrier import Guest
from wizard.core.errors import WizardError
from wizard.core.opennebula.snapshot import SUPERLINK, SUPERNODE
from wizard.core.opennebula.template_text import Attribute, Vector, write

NAMES = {SUPERLINK: "Flower SuperLink", SUPERNODE: "Flower SuperNode"}
"""Names of the VM templates, as the presets look for them; a prefix may stand before."""

APPLIANCE, GUEST_VERSION, GUEST_DIGEST = "FLOWER_APPLIANCE", "FLOWER_GUEST_VERSION", "FLOWER_GUEST_DIGEST"
"""Attributes that mark a VM template as ours, and say which guest it carries."""
OURS = "flowerneb-wizard"

FOLLOW = "FL_FOLLOW"
"""YES in the CONTEXT of a SuperNode whose guest takes up a new partition by itself."""

MEMORY = {SUPERLINK: 2048, SUPERNODE: 4096}
"""MB, unless said otherwise. Flower takes 100 to 250 MB on either; the rest is for the app, which on a SuperNode
holds a model and a batch of data."""
DISK = {SUPERLINK: 10240, SUPERNODE: 20480}
"""MB that the disk has at least. Flower's environment takes 300 MB, with pytorch or tensorflow 1 to 2 GB, twice that
while it is made; images of distributions are as small as 2 GB."""
CPU = 1.0

READY_SCRIPT = "/opt/flower/scripts/health-check.sh"

_SIZE = re.compile(r"([1-9]\d{0,6})(?:\s*([MGT])(?:i?B)?)?", re.IGNORECASE)
_FACTORS = {"M": 1, "G": 1024, "T": 1024 * 1024}
_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#@!&*+,;=%\[\]-]{1,2000}", re.ASCII)
_PACKAGE = r"[A-Za-z0-9][A-Za-z0-9._\[\],=<>!~*+-]{0,199}"
_PACKAGES = re.compile(f"{_PACKAGE}(?: {_PACKAGE}){{0,99}}", re.ASCII)
_PREFIX = re.compile(r"[^\x00-\x1f\x7f\"\\]{1,64}")


class WrongOption(WizardError, ValueError):
    """An option of the appliance's VM templates that can't be meant."""

    exit_status = 2


def megabytes(text: str) -> int:
    """A size such as `2048`, `2G` or `20 GiB` in MB; without a unit it is MB. Raises WrongOption."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise WrongOption(f"{text!r} is no size", hint="Write it as 2048 (MB) or 2G.")
    return int(match[1]) * _FACTORS[(match[2] or "M").upper()]


@dataclass(frozen=True)
class Options:
    """What the operator chose for both VM templates.

    `image` and `network` are ids; without a network the VMs get that of the service. `cpu` in cores, `memory` and
    `disk` in MB, None for the default of each role. `wheels` and `index` are URLs for a cloud without internet.
    `packages`, with a blank between two, are installed on the SuperNodes beside those of the framework.
    `follow`: SuperNodes take up a new partition by themselves. Raises WrongOption for what can't be meant.
    """

    image: int
    network: int | None = None
    cpu: float = CPU
    vcpu: int | None = None
    memory: int | None = None
    disk: int | None = None
    prefix: str = ""
    wheels: str = ""
    index: str = ""
    follow: bool = False
    packages: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.cpu <= 1024:
            raise WrongOption(f"{self.cpu:g} is no number of CPUs", hint="Write it as 1 or 0.5.")
        if self.vcpu is not None and not 1 <= self.vcpu <= 1024:
            raise WrongOption(f"{self.vcpu} is no number of virtual CPUs")
        if self.wheels and self.index:
            raise WrongOption("--wheels and --index exclude each other", hint="Say where Flower comes from once.")
        for option, url in (("--wheels", self.wheels), ("--index", self.index)):
            if url and (_URL.fullmatch(url) is None or not urlsplit(url).hostname):
                raise WrongOption(f"{option} is to be an http or https URL", hint="Without blanks, quotes and $.")
        if self.packages and _PACKAGES.fullmatch(self.packages) is None:
            hint = "Write it as pandas or pandas==2.2.3."
            raise WrongOption(f"--package: {self.packages!r} is no name of a package", hint=hint)
        if self.prefix and (_PREFIX.fullmatch(self.prefix) is None or not self.prefix.strip()):
            raise WrongOption(
                "the prefix has characters that a name can't have", hint="Leave quotes and backslashes out."
            )

    def name(self, role: str) -> str:
        """Name of the VM template of a role."""
        return f"{self.prefix}{NAMES[role]}"


def text(role: str, options: Options, guest: Guest, image_size: int | None = None) -> str:
    """The VM template of a role, in OpenNebula's syntax. `image_size` in MB, None where it is not known.

    What a service is asked for (`FLOWER_VERSION` and the like) needs no line in it: OneFlow puts it into CONTEXT.
    """
    disk: Vector = {"IMAGE_ID": str(options.image)}
    least = options.disk if options.disk is not None else DISK[role]
    if image_size is None or least > image_size:
        disk["SIZE"] = str(least)
    attributes: dict[str, Attribute] = {
        "NAME": options.name(role),
        "DESCRIPTION": f"{NAMES[role]} for Flower clusters, made by {OURS}",
        "CPU": f"{options.cpu:g}",
        "VCPU": str(options.vcpu or max(1, round(options.cpu))),
        "MEMORY": str(options.memory or MEMORY[role]),
        # What libvirt takes otherwise lacks SSE 4.2, and Flower's packages end with an illegal instruction.
        "CPU_MODEL": {"MODEL": "host-passthrough"},
        "DISK": disk,
        "GRAPHICS": {"TYPE": "VNC", "LISTEN": "0.0.0.0"},  # noqa: S104 (the host's, as OpenNebula's own templates have it)
    }
    if options.network is not None:
        attributes["NIC"] = {"NETWORK_ID": str(options.network)}
    attributes["CONTEXT"] = context(role, options, guest)
    return write({**attributes, **marks(guest)})


def context(role: str, options: Options, guest: Guest) -> Vector:
    """CONTEXT of the VM template of a role."""
    found: Vector = {
        "NETWORK": "YES",
        "TOKEN": "YES",
        "REPORT_READY": "YES",
        "READY_SCRIPT_PATH": READY_SCRIPT,
        "SSH_PUBLIC_KEY": "$USER[SSH_PUBLIC_KEY]",
        "FL_ROLE": role,
    }
    chosen = {"FL_WHEELS_URL": options.wheels, "FL_INDEX_URL": options.index}
    found |= {key: value for key, value in chosen.items() if value}
    if role == SUPERNODE:
        found |= {FOLLOW: "YES"} if options.follow else {}
        found |= {"FL_EXTRA_PACKAGES": options.packages} if options.packages else {}
    return {**found, **guest.context}


def marks(guest: Guest) -> dict[str, str]:
    """Attributes that say which guest a VM template carries."""
    return {APPLIANCE: OURS, GUEST_VERSION: str(guest.version), GUEST_DIGEST: guest.digest}


@dataclass(frozen=True)
class Mark:
    """What a VM template says of the guest that it carries; `version` is 0 where that can't be read."""

    version: int
    digest: str

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Mark | None:
        """The mark among the attributes of a VM template; None where it is not ours."""
        if attributes.get(APPLIANCE) != OURS:
            return None
        version = attributes.get(GUEST_VERSION, "")
        known = version.isascii() and version.isdigit() and len(version) <= 6
        return cls(int(version) if known else 0, attributes.get(GUEST_DIGEST, "")[:64])


def renewed(before: Mapping[str, str], guest: Guest) -> str:
    """What is added to a registered VM template so that it carries this guest. `before` is its CONTEXT, which stays as
    it is but for the guest itself. Raises TemplateTextError for a CONTEXT that can't be written again."""
    return write({"CONTEXT": {**before, **guest.context}, **marks(guest)})
