"""Reports of a SuperLink about itself, beside what OneFlow says of its service: values and sentences."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wizard.core.appliance.vm_templates import APPLIANCE
from wizard.core.flower.versions import LIKELIEST, Family, FlowerVersion, family
from wizard.core.opennebula.snapshot import SUPERLINK, SUPERNODE, ServiceSnapshot, VmFacts
from wizard.core.text import counted, ip_address, one_line

ONLINE = "online"
_GONE = "unregistered"


@dataclass(frozen=True)
class Joined:
    """A SuperNode as the SuperLink knows it. `status` is Flower's word, `since` when it joined last, ISO 8601."""

    id: str
    status: str
    since: str = ""


@dataclass(frozen=True)
class Run:
    """A run. `status` is Flower's word, such as `running` or `finished:completed`; times are ISO 8601."""

    id: str
    app: str
    status: str
    details: str = ""
    pending_at: str = ""
    finished_at: str = ""


@dataclass(frozen=True)
class SuperLinkReport:
    """Report of the SuperLink at `address`: its SuperNodes, and its runs, the newest first."""

    address: str
    supernodes: tuple[Joined, ...]
    runs: tuple[Run, ...]

    @property
    def online(self) -> int:
        """Number of SuperNodes that are connected."""
        return sum(1 for node in self.supernodes if node.status == ONLINE)


def read(address: str, data: Mapping[str, Any]) -> SuperLinkReport:
    """The word out of the JSON that the reader of the Control API gives. KeyError or TypeError for anything else."""
    return SuperLinkReport(
        address,
        tuple(Joined(str(one["id"]), str(one["status"]), str(one["since"])) for one in data["supernodes"]),
        tuple(
            Run(
                str(one["id"]),
                str(one["app"]),
                str(one["status"]),
                str(one["details"]),
                str(one["pending_at"]),
                str(one["finished_at"]),
            )
            for one in data["runs"]
        ),
    )


def lines(word: SuperLinkReport, snapshot: ServiceSnapshot) -> Iterator[str]:
    """The same as an operator reads it, held against what OneFlow says of the service."""
    others = [node for node in word.supernodes if node.status not in (ONLINE, _GONE)]
    yield f"{counted(word.online, 'SuperNode')} online, as the SuperLink at {word.address} says."
    for node in others:
        yield f"SuperNode {node.id}: {node.status} (joined {node.since or 'never'})."
    role = snapshot.role(SUPERNODE)
    ready = role.ready_count if role else 0
    if ready > word.online:
        yield f"! OneFlow has {ready} READY: {ready - word.online} of them lost the SuperLink, or never joined it."
    elif ready < word.online:
        yield f"! OneFlow has {ready} READY: more are connected than the service knows of, or some are not READY yet."
    yield ""
    if not word.runs:
        yield "No run was submitted yet."
    for run in word.runs:
        when = f", ended {run.finished_at}" if run.finished_at else f", submitted {run.pending_at}"
        yield f"run {run.id}  {run.status}  {run.app}{when if run.finished_at or run.pending_at else ''}"
        if run.details:
            yield f"    {run.details}"


CA_FILE = "flower-ca.crt"
"""What the file with the CA is called in the lines that name it."""

_CERTIFICATES = re.compile(r"(?:-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]*-----END CERTIFICATE-----\s*)+")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_SHOWN = 40
"""Characters of a text that is no version."""
_VERSIONS = ("FLOWER_VERSION", "ONEAPP_FLOWER_VERSION")
_TLS = ("FL_TLS_ENABLED", "ONEAPP_FL_TLS_ENABLED")


@dataclass(frozen=True)
class Step:
    """One thing to do: its title, the lines to type or to put into a file, and a word about them."""

    title: str
    lines: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Card:
    """Steps to connect. `version` and `tls` are None where nothing tells; `ca` is PEM text, empty where there is none.

    What the guest published is in them as far as it is an address, a version, a certificate: no line to type has any
    other text of it. `published_version` is what it published in place of a version. `is_simulated`: there is nobody.
    """

    address: str
    version: FlowerVersion | None
    tls: bool | None
    ca: str
    steps: tuple[Step, ...]
    published_version: str = ""
    is_simulated: bool = False

    @property
    def summary(self) -> str:
        """Address of the SuperLink and how it speaks, in one line."""
        tls = {True: "TLS", False: "no TLS", None: "TLS not known"}[self.tls]
        unknown = "of an unknown version"
        if self.published_version:
            unknown += f" (it published {one_line(self.published_version)[:_SHOWN]!r})"
        return f"SuperLink {self.address}, Flower {self.version or unknown}, {tls}"


def card(snapshot: ServiceSnapshot, through: str = "USER@FRONTEND") -> Card | None:
    """The card of a service whose SuperLink is READY; None while there is none to connect to.

    `through` is what `ssh` is given on the operator's own machine to reach the frontend.
    """
    vm = _superlink(snapshot)
    if vm is None or not vm.ips:
        return None
    published = vm.user_template or {}
    said = published.get("FL_VERSION") or _value(snapshot, vm, _VERSIONS)
    version = FlowerVersion.parse(said)
    kind = family(version)
    tls = _tls(snapshot, vm)
    on_loopback = APPLIANCE in published and version is not None and version < _ONE_PORT
    steps = [_tunnel(vm.ips[0], kind or LIKELIEST, through, known=kind is not None, on_loopback=on_loopback)]
    ca = _pem(published.get("FL_CA_CERT", ""))
    if tls:
        steps.append(_certificate(snapshot, published=bool(ca)))
    name = f"service-{snapshot.id}"
    steps.append(_connection(name, kind or LIKELIEST, tls=bool(tls)))
    run, config = f"flwr run . {name} --stream", _run_config(snapshot)
    if config:
        both = (run, f"{run} --run-config '{config}'")
        steps.append(Step("Run the Flower app, in its folder", both, f"{_RUN_NOTE} {_CONFIG_NOTE}"))
    else:
        steps.append(Step("Run the Flower app, in its folder", (run,), _RUN_NOTE))
    address = endpoint(published.get("FL_ENDPOINT", "")) or vm.ips[0]
    return Card(address, version, tls, ca, tuple(steps), "" if version else said, vm.is_simulated)


_ONE_PORT = FlowerVersion(1, 40, 0)
"""From here on the Control API is at the port for SuperNodes; before, our guest keeps it on the VM's own loopback."""

_CONFIG_NOTE = (
    "The second line carries the service's rounds, strategy and minima, for an app that has these keys in its "
    "pyproject.toml: Flower refuses a key that an app has not."
)
_RUN_CONFIG = {
    "num-server-rounds": "FL_NUM_ROUNDS",
    "strategy": "FL_STRATEGY",
    "min-train-nodes": "FL_MIN_FIT_CLIENTS",
    "min-evaluate-nodes": "FL_MIN_EVALUATE_CLIENTS",
    "min-available-nodes": "FL_MIN_AVAILABLE_CLIENTS",
}
"""Keys of a run, in the words of Flower's own apps, and the inputs that they come from."""
_NUMBER, _WORD = re.compile(r"[1-9][0-9]{0,8}"), re.compile(r"[A-Za-z][A-Za-z0-9]{0,40}")


def _run_config(snapshot: ServiceSnapshot) -> str:
    """What the service asks of a run, as `--run-config` takes it; a value that can't be meant is left out."""
    parts = []
    for key, name in _RUN_CONFIG.items():
        value = (snapshot.role_value(SUPERLINK, name) or "").strip()
        if _NUMBER.fullmatch(value):
            parts.append(f"{key}={value}")
        elif key == "strategy" and _WORD.fullmatch(value):
            parts.append(f'{key}="{value}"')
    return " ".join(parts)


_RUN_NOTE = "Its exit status may be 0 though the run failed: `flwr ls` tells its status."


def endpoint(text: str) -> str:
    """The address and port in a text such as `10.0.0.7:9092` or `[fd00::7]:9092`; empty for every other text."""
    host, _, port = text.strip().rpartition(":")
    address = ip_address(host.removeprefix("[").removesuffix("]"))
    if not (address and _PORT.fullmatch(port) and int(port) < 65536):
        return ""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _superlink(snapshot: ServiceSnapshot) -> VmFacts | None:
    role = snapshot.role(SUPERLINK)
    ready = [node.vm for node in role.nodes if node.vm is not None and node.vm.is_ready] if role else []
    return ready[0] if ready else None


def _value(snapshot: ServiceSnapshot, vm: VmFacts, keys: tuple[str, ...]) -> str:
    places = (vm.context or {}, vm.user_template or {}, snapshot.values)
    return next((place[key] for key in keys for place in places if place.get(key)), "")


def _tls(snapshot: ServiceSnapshot, vm: VmFacts) -> bool | None:
    said = (vm.user_template or {}).get("FL_TLS") or _value(snapshot, vm, _TLS)
    return said.upper() == "YES" if said else None


def _pem(encoded: str) -> str:
    try:
        text = base64.b64decode(encoded, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return text if _CERTIFICATES.fullmatch(text) else ""


def _tunnel(ip: str, kind: Family, through: str, *, known: bool, on_loopback: bool) -> Step:
    port = kind.control_port
    host = f"[{ip}]" if ":" in ip else ip
    if on_loopback:
        title = "On your own machine, a tunnel to the Control API, which listens on the VM alone"
        note = "Leave it open. On the frontend itself leave -J and what follows it out."
        return Step(title, (f"ssh -N -L {port}:127.0.0.1:{port} -J {through} root@{ip}",), note)
    note = "Leave it open. On the frontend itself no tunnel is needed: there the address is " + f"{host}:{port}."
    if not known:
        note += " The Flower version is not known: from 1.37 the port is 8000."
    if kind.http_control or not known:
        note += " From 1.37 a SuperLink listens on its own loopback alone unless it was started with --host 0.0.0.0."
    return Step(
        "On your own machine, a tunnel to the Control API", (f"ssh -N -L {port}:{host}:{port} {through}",), note
    )


def _certificate(snapshot: ServiceSnapshot, *, published: bool) -> Step:
    if not published:
        return Step(
            "The CA of the SuperLink", (), "TLS is on, and the SuperLink published no CA (FL_CA_CERT) to trust."
        )
    note = (
        "A SuperLink that is made anew has a new CA. If Flower complains of the host name, the certificate names "
        "only the VM's address: run `flwr` on the frontend."
    )
    return Step("The CA of the SuperLink, as a file", (f"flowerneb-wizard connect {snapshot.id} --ca {CA_FILE}",), note)


def connection(name: str, kind: Family, address: str, ca: str | None) -> tuple[str, ...]:
    """The lines that tell `flwr` of a SuperLink whose Control API is at `address`; `ca` is the CA's file, None where
    it does not encrypt."""
    heading = f"[tool.flwr.federations.{name}]" if kind.in_app else f"[superlink.{name}]"
    secure = "insecure = true" if ca is None else f"root-certificates = {json.dumps(ca)}"
    return heading, f'address = "{address}"', secure


def _connection(name: str, kind: Family, *, tls: bool) -> Step:
    where = "the app's pyproject.toml" if kind.in_app else "~/.flwr/config.toml"
    lines = connection(name, kind, f"127.0.0.1:{kind.control_port}", CA_FILE if tls else None)
    note = "" if not tls else "A relative path is looked for from where `flwr` runs."
    return Step(f"The connection, in {where}", lines, note)
