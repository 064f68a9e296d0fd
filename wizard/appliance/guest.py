#!/usr/bin/env python3
"""The guest of the Flower appliance: makes a SuperLink or a SuperNode of a VM with a stock Linux image.

    guest.py              at every boot, called by one-context or cloud-init: starts the service below
    guest.py serve        the service: from the CONTEXT to READY, and the watch over Flower afterwards
    guest.py flower       Flower itself, as an unprivileged user
    guest.py health       exit status 0 while Flower answers, and on a SuperNode while it is connected
    guest.py certificates makes the SuperLink's certificates, with the Python of Flower's environment

One file and the standard library alone. It starts on Python 3.6, so that it can say that a Python is too old; hence no
newer syntax here. Nothing from CONTEXT or OneGate is ever given to a shell: it is checked, and passed as an argument.
"""

import argparse
import base64
import binascii
import contextlib
import hashlib
import http.client
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from functools import partial
from types import FrameType
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple, Union

VERSION = "1"

SUPERLINK, SUPERNODE = "superlink", "supernode"
OWN_READY = {SUPERLINK: "FL_READY", SUPERNODE: "FL_NODE_READY"}
"""What each says of Flower, beside READY."""

FLOWER_ENVIRONMENT = {
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
    # What is printed is read while it is written.
    "PYTHONUNBUFFERED": "1",
}
"""Without these Flower speaks to the internet, and hangs where it can't reach it."""

FRAMEWORKS = {"pytorch": ["torch", "torchvision"], "tensorflow": ["tensorflow"], "sklearn": ["scikit-learn"]}
"""Packages of each ML_FRAMEWORK."""

USE_CASES: Dict[str, List[str]] = {
    "none": [],
    "image-classification": ["flwr-datasets[vision]"],
    "anomaly-detection": ["pandas"],
    "llm-fine-tuning": ["transformers", "peft", "datasets"],
}
"""Packages of each FL_USE_CASE, beside its framework's."""

CPU_TORCH = "https://download.pytorch.org/whl/cpu"
"""Where PyPI is the source, torch comes from here: PyPI's own is built for GPUs, and takes gigabytes."""

TRIES = (5.0, 15.0, 45.0)
"""Seconds between the tries of a download."""
AGAIN = (15.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds after a failure until everything is tried again; the last one from then on."""
LISTED_WITHIN = 120.0
"""Seconds in which OneFlow lists a SuperNode: it writes new VMs into the list when the last of them exists."""
SUPERLINK_WITHIN = 600.0
"""Seconds in which the SuperLink publishes where it is."""
UP_WITHIN = 180.0
"""Seconds in which Flower answers, or is connected."""
BOOT_WAITS = 1800.0
"""Seconds for which the boot script waits, so that one-context asks for the health once there is something to see."""
LOOK = 2.0
"""Seconds between two looks at Flower."""
FOLLOW = 30.0
"""Seconds between two looks at the list of SuperNodes."""
DOWN = 60.0
"""Seconds for which Flower may be down before it is reported: systemd restarts it meanwhile."""

OLD_CPU = (
    "the CPU of this VM lacks instructions that Flower's packages use: set CPU_MODEL=[MODEL='host-passthrough'] in the "
    "VM template."
)

_LONGEST_VALUE = 4096
_LONGEST_REPORT = 200
_LARGEST_ANSWER = 8 * 1024 * 1024
_LARGEST_WHEELS = 8 * 1024 * 1024 * 1024


class Failure(Exception):
    """What keeps this VM from being a SuperLink or a SuperNode, in a sentence that says what to do."""


class Places:
    """Paths, all of them below `root`."""

    def __init__(self, root: str = "/") -> None:
        def below(*parts: str) -> str:
            return os.path.join(root, *parts)

        self.opt = below("opt", "flower")
        self.program = below("opt", "flower", "guest.py")
        self.health_check = below("opt", "flower", "scripts", "health-check.sh")
        self.baked = below("opt", "flower", "venv")
        # What is in `state` is root's own; `home` is that of the user flower.
        self.state = below("var", "lib", "flower")
        self.home = below("var", "lib", "flower", "home")
        self.tls = below("var", "lib", "flower", "tls")
        self.run = below("run", "flower-guest")
        self.booted = below("run", "flower-guest", "booted")
        self.boot_waits = below("run", "flower-guest", "boot-waits")
        self.result = below("run", "flower-guest", "result")
        self.health = below("run", "flower-guest", "health.json")
        self.arguments = below("run", "flower-guest", "flower.json")
        self.context = below("run", "flower-guest", "context")
        self.units = below("etc", "systemd", "system")
        self.log = below("var", "log", "flower.log")


def write(path: str, text: str, mode: int = 0o644) -> None:
    """Write a file whole or not at all.

    A link that lies where the new text is written is never followed.
    """
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    half = "{}.{}".format(path, os.getpid())
    with contextlib.suppress(FileNotFoundError):
        os.remove(half)
    number = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        os.fchmod(number, mode)
        file.write(text)
    os.replace(half, path)


_OPENS_GATE = re.compile("[ ']*".join("READY") + "[ ']*=(?=[ ']*" + "[ ']*".join("YES") + ")")


_CREDENTIALS = re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]{0,20}://)[^/@\s]{1,500}@")


def one_line(text: str) -> str:
    """A text as one printable line of bounded length, as OpenNebula's templates and a console can take it.

    OneFlow takes a VM for ready where its attributes hold READY=YES in any text: no sentence does. Nor has one the user
    and password of a URL.
    """
    clean = "".join(character if character.isprintable() else " " for character in text)
    clean = " ".join(clean.replace('"', "'").replace("\\", "/").split())
    clean = _OPENS_GATE.sub("READY: ", _CREDENTIALS.sub(r"\1…@", clean))
    return clean if len(clean) <= _LONGEST_REPORT else clean[: _LONGEST_REPORT - 1] + "…"


# The CONTEXT


_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)='([^']*(?:'\\''[^']*)*)'[ \t]*(?=\n|\Z)")


def read_context(text: str) -> Dict[str, str]:
    r"""The variables in a `context.sh`: lines `KEY='VALUE'`, a quote in a value as `'\''`; a value may have many lines.

    Anything else is passed over. Nothing is run.
    """
    found: Dict[str, str] = {}
    place = 0
    while place < len(text):
        match = _ASSIGNMENT.match(text, place)
        if match:
            found[match.group(1)] = match.group(2).replace("'\\''", "'")
            place = match.end()
        end = text.find("\n", place)
        place = len(text) if end < 0 else end + 1
    return found


_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})\Z", re.ASCII)
_ADDRESS = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250})|\[[0-9A-Fa-f:]{2,39}\]):(\d{1,5})\Z", re.ASCII)
_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#@!&*+,;=%\[\]-]{1,2000}\Z", re.ASCII)
_PACKAGE = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?(?:\[[A-Za-z0-9,._-]{1,99}\])?"
    r"(?:(?:===|[<>=!~]=|[<>])[A-Za-z0-9.*+!_-]{1,64}(?:,(?:[<>=!~]=|[<>])[A-Za-z0-9.*+!_-]{1,64}){0,4})?\Z",
    re.ASCII,
)
_PAIR = re.compile(
    r"([A-Za-z0-9_-]+)=(?:[+-]?(?:0|[1-9](?:_?[0-9])*)(?:\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?"
    r"|0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*|[+-]?(?:inf|nan)"
    r"|true|false|'[^']*'|\"[^\"]*\")\Z",
    re.ASCII,
)
_TOKEN = re.compile(r"(?:[^\s'\"]|'[^']*'|\"[^\"]*\"|['\"])+")
_METACHARACTERS = frozenset("$`;&|<>\\(){}[]*?!#~")
_COUNTS = (
    "FL_NUM_ROUNDS",
    "FL_MIN_FIT_CLIENTS",
    "FL_MIN_EVALUATE_CLIENTS",
    "FL_MIN_AVAILABLE_CLIENTS",
)
_CHOICES = {
    "FL_LOG_LEVEL": ("DEBUG", "INFO", "WARNING", "ERROR"),
    "FL_STRATEGY": ("FedAvg", "FedProx", "FedAdam"),
    "ML_FRAMEWORK": tuple(FRAMEWORKS),
    "FL_USE_CASE": tuple(USE_CASES),
    "FL_ROLE": (SUPERLINK, SUPERNODE),
}


class Settings:
    """What CONTEXT asks for, checked: it arrives from whoever may instantiate. Raises Failure."""

    def __init__(self, context: Mapping[str, str]) -> None:
        self._context = context
        self.role = self._choice("FL_ROLE", "")
        self.vm_id = self._matching("VMID", re.compile(r"\d{1,9}\Z", re.ASCII), "", "a number")
        self.onegate = self._matching("ONEGATE_ENDPOINT", _URL, "", "a URL").rstrip("/")
        self.version = self._matching("FLOWER_VERSION", _VERSION, "1.25.0", "X.Y.Z, such as 1.25.0")
        self.tls = self._yes("FL_TLS_ENABLED")
        self.follow = self._yes("FL_FOLLOW")
        self.says_ready = self._value("REPORT_READY").upper() == "YES"
        self.log_level = self._choice("FL_LOG_LEVEL", "INFO")
        self.framework = self._choice("ML_FRAMEWORK", "pytorch")
        self.use_case = self._choice("FL_USE_CASE", "none")
        self._choice("FL_STRATEGY", "FedAvg")
        for key in _COUNTS:
            self._matching(key, re.compile(r"[1-9]\d{0,8}\Z", re.ASCII), "1", "a whole number from 1 on")
        self.node_config = self._node_config()
        self.superlink = self._matching("FL_SUPERLINK_ADDRESS", _ADDRESS, "", "host:port")
        self.wheels = self._matching("FL_WHEELS_URL", _URL, "", "an http or https URL")
        self.index = self._matching("FL_INDEX_URL", _URL, "", "an http or https URL")
        self.extra = self._value("FL_EXTRA_PACKAGES").split()
        for name in self.extra:
            if not _PACKAGE.match(name):
                raise Failure("FL_EXTRA_PACKAGES: {!r} is no package, such as pandas or pandas==2.2.3.".format(name))
        self.addresses = self._own_addresses()

    @property
    def packages(self) -> List[str]:
        """Packages of Flower's environment on this VM."""
        flower = ["flwr=={}".format(self.version)]
        if self.role == SUPERLINK:
            return flower
        return flower + FRAMEWORKS[self.framework] + USE_CASES[self.use_case] + self.extra

    def _value(self, key: str) -> str:
        value = self._context.get(key, "").strip(" ")
        if len(value) > _LONGEST_VALUE:
            raise Failure("{} has {} characters: at most {} can be meant.".format(key, len(value), _LONGEST_VALUE))
        return value

    def _matching(self, key: str, pattern: Any, default: str, meant: str) -> str:
        value = self._value(key)
        if value and not pattern.match(value):
            raise Failure("{} is {!r}, and is to be {}.".format(key, value[:60], meant))
        return value or default

    def _choice(self, key: str, default: str) -> str:
        value = self._value(key) or default
        if value not in _CHOICES[key]:
            raise Failure("{} is {!r}, and is to be one of {}.".format(key, value[:60], ", ".join(_CHOICES[key])))
        return value

    def _yes(self, key: str) -> bool:
        value = self._value(key).upper() or "NO"
        if value not in ("YES", "NO"):
            raise Failure("{} is {!r}, and is to be YES or NO.".format(key, value[:60]))
        return value == "YES"

    def _node_config(self) -> str:
        text = self._context.get("FL_NODE_CONFIG", "")
        if len(text) > _LONGEST_VALUE:
            raise Failure("FL_NODE_CONFIG has {} characters: at most {}.".format(len(text), _LONGEST_VALUE))
        if not text.isprintable() or _METACHARACTERS.intersection(text):
            raise Failure("FL_NODE_CONFIG has characters that are not allowed in it: write key=value pairs alone.")
        if text and not text.strip():
            raise Failure("FL_NODE_CONFIG has only blanks: leave it empty.")
        keys = set()
        for match in _TOKEN.finditer(text):
            pair = _PAIR.match(match.group())
            if not pair or match.group().endswith(","):
                said = "FL_NODE_CONFIG: {!r} is no key=value that Flower reads; a text as a value needs quotes."
                raise Failure(said.format(match.group()[:60]))
            if pair.group(1) in keys:
                raise Failure("FL_NODE_CONFIG has {} twice: Flower refuses that.".format(pair.group(1)[:60]))
            keys.add(pair.group(1))
        return text.strip(" ")

    def _own_addresses(self) -> List[str]:
        found = []
        for key in sorted(self._context):
            if re.match(r"ETH\d{1,3}_IP6?\Z", key):
                with contextlib.suppress(ValueError):
                    found.append(str(ipaddress.ip_address(self._value(key))))
        return found


# OneGate


class Refused(Exception):
    """OneGate answered, and not with what was asked for."""


class OneGate:
    """The VM's own door to OpenNebula. Proxies are passed by: it is on the network of the VMs."""

    def __init__(self, url: str, vm_id: str, token: str, pause: float = 2.0) -> None:
        self._url, self._pause = url, pause
        self._headers = {"X-ONEGATE-TOKEN": token, "X-ONEGATE-VMID": vm_id}
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path: str) -> Dict[str, Any]:
        """The object of an answer. Raises Refused where OneGate says no, Failure where nobody answers."""
        text = self._ask("GET", path, None)
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise Failure("OneGate at {} answers no JSON: is ONEGATE_ENDPOINT right?".format(self._url)) from None
        if not isinstance(found, dict):
            raise Failure("OneGate at {} answers something else than an object.".format(self._url))
        return found

    def put(self, values: Mapping[str, str]) -> None:
        """Publish values into the VM. Raises as `get` does."""
        lines = ['{}="{}"'.format(key, _escaped(value)) for key, value in values.items()]
        self._ask("PUT", "/vm", "\n".join(lines).encode("utf-8"))

    def _ask(self, method: str, path: str, body: Optional[bytes]) -> str:
        request = urllib.request.Request(self._url + path, data=body, headers=self._headers, method=method)
        if body is not None:
            request.add_header("Content-Type", "text/plain")
        why: object = ""
        for pause in (self._pause, 2 * self._pause, 4 * self._pause, None):
            try:
                with self._opener.open(request, timeout=15) as answer:
                    return str(answer.read(_LARGEST_ANSWER).decode("utf-8", "replace"))
            except urllib.error.HTTPError as error:
                said = error.read(200).decode("utf-8", "replace")
                # A proxy's own "Service Unavailable" is no answer about a service.
                if error.code < 500 or re.search(r"No service available|Service \d+ does not", said):
                    raise Refused(error.code, said) from None
                why = "status {}".format(error.code)
            except (OSError, http.client.HTTPException, ValueError) as error:
                why = getattr(error, "reason", error)
            if pause is not None:
                time.sleep(pause)
        raise Failure("OneGate at {} does not answer: {}.".format(self._url, why))


def _escaped(value: str) -> str:
    return value.replace("\\", "/").replace('"', '\\"')


class Reporter:
    """Tells OneGate, the console and the journal what goes on. What can't be reported is reported later."""

    def __init__(
        self,
        gate: Optional[OneGate],
        own_ready: str,
        console: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.gate, self.own_ready = gate, own_ready
        self._console, self._clock = console, clock
        self._told: Dict[str, str] = {}
        self._untold: Dict[str, str] = {}

    def stage(self, text: str) -> None:
        """The step that begins now."""
        if self._told.get("FL_STAGE") != text:
            self._console(text)
            self.tell({"FL_STAGE": one_line(text), "FL_STAGE_SINCE": str(int(self._clock()))})

    def error(self, text: str) -> None:
        """Why it does not go on: the next try follows by itself."""
        self._console("ERROR: " + one_line(text))
        self.tell({self.own_ready: "NO", "FL_ERROR": one_line(text)})

    def tell(self, values: Mapping[str, str]) -> None:
        """Publish what was not published yet; OneGate being away is no reason to stop."""
        wanted = {**self._untold, **values}
        new = {key: value for key, value in wanted.items() if self._told.get(key) != value}
        if not new or self.gate is None:
            return
        try:
            self.gate.put(new)
        except Refused as error:
            code, said = error.args
            self._console("OneGate refused what was reported ({}): {}".format(code, one_line(said)))
        except Failure as error:
            self._console(str(error))
            self._untold = new
            return
        else:
            self._told.update(new)
        self._untold = {}


# Flower, by version


class Flower:
    """Particulars of one version of Flower, X.Y.Z: its ports and its command lines.

    Up to 1.35 a SuperLink has three gRPC ports. From 1.36 its ServerAppIo API is HTTP, at `--host` and `--port`, and so
    is that of a SuperNode; from 1.37 the Control API is at that port too, and from 1.40 everything is.
    """

    def __init__(self, version: str) -> None:
        match = _VERSION.match(version)
        if not match:
            raise ValueError("{!r} is no version of Flower".format(version))
        self.version = version
        self.number = (int(match.group(1)), int(match.group(2)))

    @property
    def http(self) -> bool:
        """True if one HTTP port serves everything; else the Fleet API is gRPC."""
        return self.number >= (1, 40)

    @property
    def fleet_port(self) -> int:
        """Port at which SuperNodes reach a SuperLink."""
        return 8000 if self.http else 9092

    @property
    def least_python(self) -> Tuple[int, int]:
        """The oldest Python that it runs on."""
        return (3, 11) if self.number >= (1, 31) else (3, 10)

    def superlink(self, fleet: str, own: str, tls: Optional[Tuple[str, str, str]], database: str) -> List[str]:
        """Command line of a SuperLink: its Fleet API at the address `fleet`, all else at `own`.

        `tls` are the files of CA, certificate and key; without them it does not encrypt. `database` is a file that
        keeps the nodes over a restart.
        """
        command = ["flower-superlink", "--database", database]
        if tls is None:
            command.append("--insecure")
        else:
            command += ["--ssl-ca-certfile", tls[0], "--ssl-certfile", tls[1], "--ssl-keyfile", tls[2]]
        if self.http:
            return [*command, "--host", fleet, "--port", "8000", "--disable-runtime-dependency-installation"]
        command += ["--fleet-api-address", "{}:9092".format(fleet)]
        if self.number < (1, 37):
            command += ["--control-api-address", "{}:9093".format(own)]
        if self.number >= (1, 36):
            return [*command, "--host", own, "--port", "8000"]
        return [*command, "--serverappio-api-address", "{}:9091".format(own)]

    def supernode(self, own: str, superlink: str, ca: Optional[str], node_config: str) -> List[str]:
        """Command line of a SuperNode that joins `superlink`, a `host:port`; it trusts the file `ca`, if there is one,
        and encrypts then. An empty `node_config` is not passed on."""
        command = ["flower-supernode", "--superlink", superlink]
        command += ["--insecure"] if ca is None else ["--root-certificates", ca]
        if self.number >= (1, 36):
            command += ["--host", own, "--port", "9094"]
        else:
            command += ["--clientappio-api-address", "{}:9094".format(own)]
        return [*command, "--node-config", node_config] if node_config else command


_NODE_ID = re.compile(r"SuperNode ID: (\d{1,20})")
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_SETTINGS = 4
"""The type of the frame that an HTTP/2 server must send first."""


def node_id(log: str) -> str:
    """The id under which a SuperNode joined last, as its log has it; empty where it has none."""
    found = _NODE_ID.findall(_COLORS.sub("", log))
    return found[-1] if found else ""


def answers(address: str, port: int, http: bool = False, ca: Optional[str] = None, timeout: float = 2.0) -> bool:
    """True if a Fleet API answers; one that encrypts is held against the file `ca`.

    `http` says whether it speaks HTTP/1.1, else gRPC, which is HTTP/2.
    """
    try:
        with contextlib.closing(socket.create_connection((address, port), timeout)) as bare:
            if ca is None:
                return _speaks(bare, address, http)
            context = ssl.create_default_context(cafile=ca)
            context.set_alpn_protocols(["http/1.1"] if http else ["h2"])
            with contextlib.closing(context.wrap_socket(bare, server_hostname=address)) as secured:
                return _speaks(secured, address, http)
    except (OSError, ValueError):
        return False


def reaches(endpoint: str, timeout: float = 2.0) -> bool:
    """True if somebody listens at a `host:port`."""
    host, _, port = endpoint.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout).close()
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _speaks(connection: socket.socket, address: str, http: bool) -> bool:
    if http:
        asked = "GET /health HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n".format(address)
        connection.sendall(asked.encode("ascii"))
        return connection.recv(64).startswith(b"HTTP/1.1 200")
    connection.sendall(_HTTP2)
    frame = connection.recv(9)
    return len(frame) == 9 and frame[3] == _SETTINGS


# The partition


def nodes_of(service: Mapping[str, Any], role: str) -> List[int]:
    """VM ids of a role in OneGate's answer about the service, in OneFlow's order; what can't be read is passed over."""
    inner = service.get("SERVICE")
    roles = inner.get("roles") if isinstance(inner, dict) else None
    found = []
    for item in roles if isinstance(roles, list) else []:
        if isinstance(item, dict) and item.get("name") == role:
            nodes = item.get("nodes")
            for node in nodes if isinstance(nodes, list) else []:
                with contextlib.suppress(TypeError, ValueError, AttributeError, OverflowError):
                    found.append(int(node.get("deploy_id")))
    return found


def partition(nodes: List[int], vm_id: int) -> str:
    """Node config of a VM: its position in the list of SuperNodes and their number; empty where it is not listed."""
    if vm_id not in nodes:
        return ""
    return "partition-id={} num-partitions={}".format(nodes.index(vm_id), len(nodes))


# Flower's environment


def run(command: List[str], timeout: float = 1800.0, environment: Optional[Dict[str, str]] = None) -> Tuple[int, str]:
    """Run a program without a shell; its exit status and what it printed. 127 where it can't be started."""
    own = dict(os.environ) if environment is None else environment
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            env=own,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 124, "{} took longer than {:.0f} s".format(command[0], timeout)
    except OSError as error:
        return 127, "{}: {}".format(command[0], error.strerror)
    return done.returncode, done.stdout.decode("utf-8", "replace")


_STAMP = "complete"


class Installer:
    """Makes Flower's environment, or finds the one that the image has. What is half done is never used."""

    def __init__(
        self,
        places: Places,
        settings: Settings,
        stage: Callable[[str], None],
        may_install: bool = True,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._places, self._settings, self._stage = places, settings, stage
        self._may_install, self._sleep = may_install, sleep
        self._flower = Flower(settings.version)

    def environment(self) -> str:
        """Folder of the environment. Raises Failure."""
        baked = self._places.baked
        if flower_in(baked) == self._settings.version and not self._lacks(baked):
            return baked
        wanted = " ".join(self._settings.packages)
        digest = hashlib.sha256(wanted.encode("utf-8")).hexdigest()[:8]
        folder = os.path.join(self._places.opt, "venv-{}-{}".format(self._settings.version, digest))
        if os.path.exists(os.path.join(folder, _STAMP)) and flower_in(folder) == self._settings.version:
            return folder
        self._make(folder)
        return folder

    def _lacks(self, baked: str) -> bool:
        """True if the image's own environment has not all packages: then one is made beside it."""
        wanted = [re.split(r"[\[<>=!~]", name)[0] for name in self._settings.packages]
        return any(not _distribution(baked, name) for name in wanted)

    def _make(self, folder: str) -> None:
        free = shutil.disk_usage(_existing(folder)).free
        if free < 300 * 1024 * 1024:
            raise Failure("the disk is full: {} MB are free, and Flower alone takes 300.".format(free // 1024**2))
        problems = []
        for python in self._pythons():
            # A virtual environment knows its own path: it is made in place, and is complete with its stamp.
            shutil.rmtree(folder, ignore_errors=True)
            try:
                self._stage("making an environment for Flower {}".format(self._settings.version))
                self._venv(python, folder)
                self._fill(folder)
            except Failure as error:
                shutil.rmtree(folder, ignore_errors=True)
                problems.append(str(error))
                if "no version of" not in str(error):
                    break
            else:
                write(os.path.join(folder, _STAMP), self._settings.version + "\n")
                return
        raise Failure(problems[-1])

    def _pythons(self) -> List[str]:
        """Pythons that this Flower runs on, newest first; the distribution's package is installed where there is none.

        Raises Failure.
        """
        found = find_pythons(self._flower.least_python)
        if not found and self._may_install:
            self._stage("installing Python")
            for command in packages_of("python"):
                run(command)
            found = find_pythons(self._flower.least_python)
        if not found:
            least = ".".join(map(str, self._flower.least_python))
            have = "{}.{}".format(*sys.version_info[:2])
            said = "Flower {} needs Python {} or newer, and this image has {}: take a newer image."
            raise Failure(said.format(self._settings.version, least, have))
        return found

    def _venv(self, python: str, folder: str) -> None:
        status, said = run([python, "-m", "venv", folder])
        if status and self._may_install:
            self._stage("installing python3-venv")
            for command in packages_of("venv", os.path.basename(python)):
                run(command)
            shutil.rmtree(folder, ignore_errors=True)
            status, said = run([python, "-m", "venv", folder])
        if status:
            raise Failure(_explained(said, "no virtual environment could be made"))

    def _fill(self, folder: str) -> None:
        what = "Flower {}".format(self._settings.version)
        more = [name for name in self._settings.packages if not name.startswith("flwr==")]
        self._stage("installing {}{}".format(what, " with " + ", ".join(more) if more else ""))
        pip = [os.path.join(folder, "bin", "python"), "-m", "pip", "install", "--disable-pip-version-check"]
        pip += ["--no-input", "--progress-bar", "off", "--retries", "2", "--timeout", "30"]
        problem = ""
        for pause in (*TRIES, None):
            with contextlib.ExitStack() as stack:
                try:
                    source = self._source(stack)
                except Failure as error:
                    problem = str(error)
                else:
                    # Not as options: a URL may have a password, and everybody on the VM sees a command line.
                    status, said = run(pip + self._settings.packages, environment={**os.environ, **source})
                    if not status:
                        found = flower_in(folder)
                        if found != self._settings.version:
                            raise Failure(
                                "pip installed Flower {} instead of {}.".format(found, self._settings.version)
                            )
                        return
                    problem = _explained(said, "Flower could not be installed")
            if pause is None or "no version of" in problem or "disk is full" in problem:
                break
            self._sleep(pause)
        raise Failure(problem)

    def _source(self, stack: contextlib.ExitStack) -> Dict[str, str]:
        """pip's environment variables for where packages come from. Raises Failure."""
        if self._settings.wheels:
            url = self._settings.wheels
            if url.lower().split("?")[0].endswith((".tar", ".tar.gz", ".tgz", ".zip")):
                folder = os.path.join(self._places.opt, "wheels")
                shutil.rmtree(folder, ignore_errors=True)
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
                unpack_wheels(url, folder)
                return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": folder}
            if b".whl" not in fetch(url, 4 * 1024 * 1024):
                raise Failure("FL_WHEELS_URL {} answers a page that lists no wheel.".format(url))
            return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": url, **_trusted(url)}
        if self._settings.index:
            return {"PIP_INDEX_URL": self._settings.index, **_trusted(self._settings.index)}
        return {"PIP_EXTRA_INDEX_URL": CPU_TORCH} if "torch" in self._settings.packages else {}


def flower_in(folder: str) -> str:
    """Version of Flower in an environment; empty where there is none."""
    found = _distribution(folder, "flwr")
    executable = os.path.join(folder, "bin", "flower-superlink")
    return found if found and os.access(executable, os.X_OK) else ""


def _distribution(folder: str, name: str) -> str:
    wanted = re.sub(r"[-_.]+", "_", name).lower()
    library = os.path.join(folder, "lib")
    for python in sorted(os.listdir(library)) if os.path.isdir(library) else []:
        packages = os.path.join(library, python, "site-packages")
        for entry in sorted(os.listdir(packages)) if os.path.isdir(packages) else []:
            match = re.match(r"(.+)-([^-]+)\.dist-info\Z", entry)
            if match and re.sub(r"[-_.]+", "_", match.group(1)).lower() == wanted:
                return match.group(2)
    return ""


def find_pythons(least: Tuple[int, int]) -> List[str]:
    """Pythons in PATH from this version on, newest first."""
    found: Dict[Tuple[int, int], str] = {}
    names = ["python3.{}".format(minor) for minor in range(19, least[1] - 1, -1)] + ["python3"]
    for name in names:
        path = shutil.which(name)
        if path is None:
            continue
        status, said = run([path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], 30.0)
        match = re.match(r"(\d{1,2})\.(\d{1,3})\s*\Z", said)
        if status == 0 and match:
            number = (int(match.group(1)), int(match.group(2)))
            if number >= least:
                found.setdefault(number, path)
    return [found[number] for number in sorted(found, reverse=True)]


def packages_of(what: str, python: str = "python3") -> List[List[str]]:
    """Commands of the image's package manager that install Python, or `venv` for a Python; none where there is no
    package manager that is known."""
    if shutil.which("apt-get"):
        names = ["python3", "python3-venv"] if what == "python" else ["python3-venv", "{}-venv".format(python)]
        wait = ["-o", "DPkg::Lock::Timeout=120"]
        update = ["apt-get", "-q", *wait, "update"]
        return [update] + [["apt-get", "-q", "-y", *wait, "install", name] for name in names]
    versions = ("3.12", "3.11")
    if shutil.which("dnf"):
        return [["dnf", "-q", "-y", "install", "python" + version] for version in versions]
    if shutil.which("zypper"):
        names = ["python" + version.replace(".", "") for version in versions]
        return [["zypper", "--non-interactive", "install", name] for name in names]
    return []


def fetch(url: str, most: int) -> bytes:
    """The first `most` bytes at a URL. Raises Failure."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return bytes(answer.read(most))
    except urllib.error.HTTPError as error:
        raise Failure("{} answers with status {}.".format(url, error.code)) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = getattr(error, "reason", error)
        raise Failure("{} can't be reached: {}.".format(url, why)) from None


def unpack_wheels(url: str, folder: str) -> None:
    """Take the wheels out of an archive at a URL, whatever folders they are in. Raises Failure."""
    os.makedirs(folder)
    archive = os.path.join(folder, "archive")
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, open(archive, "wb") as file:
            promised = int(answer.headers.get("Content-Length") or 0)
            size = 0
            for block in iter(lambda: answer.read(1 << 20), b""):
                size += len(block)
                if size > _LARGEST_WHEELS:
                    raise Failure("FL_WHEELS_URL {} is larger than any set of wheels.".format(url))
                file.write(block)
            if promised and size != promised:
                raise Failure("FL_WHEELS_URL {} broke off after {} of {} bytes.".format(url, size, promised))
        count = 0
        with contextlib.ExitStack() as stack:
            for name, source in _members(archive, stack):
                plain = os.path.basename(name)
                if re.match(r"[A-Za-z0-9][A-Za-z0-9._+-]{1,200}\.whl\Z", plain):
                    with contextlib.closing(source()) as wheel, open(os.path.join(folder, plain), "wb") as file:
                        shutil.copyfileobj(wheel, file)
                    count += 1
    except (tarfile.TarError, zipfile.BadZipFile, EOFError):
        raise Failure("FL_WHEELS_URL {} is no archive of wheels, or only a part of one.".format(url)) from None
    except urllib.error.HTTPError as error:
        raise Failure("FL_WHEELS_URL {} answers with status {}.".format(url, error.code)) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Failure(_explained(str(error), "FL_WHEELS_URL {} can't be read".format(url))) from None
    if not count:
        raise Failure("FL_WHEELS_URL {} has no wheel in it.".format(url))
    os.remove(archive)


def _members(archive: str, stack: contextlib.ExitStack) -> Iterator[Tuple[str, Callable[[], Any]]]:
    if zipfile.is_zipfile(archive):
        packed = stack.enter_context(zipfile.ZipFile(archive))
        for name in packed.namelist():
            yield name, partial(packed.open, name)
        return
    tar = stack.enter_context(tarfile.open(archive))
    for member in tar:
        if member.isfile():
            yield member.name, partial(tar.extractfile, member)


def _trusted(url: str) -> Dict[str, str]:
    # pip ignores a host without TLS otherwise, and then says that there is no such package.
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        return {}
    return {"PIP_TRUSTED_HOST": parts.hostname}


def _existing(path: str) -> str:
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def _explained(said: str, what: str) -> str:
    """What a program's output means, in a sentence."""
    if "No space left on device" in said or "[Errno 28]" in said:
        return "{}: the disk is full. Give the VM template a larger disk.".format(what)
    match = re.search(
        r"(?:No matching distribution found for|Could not find a version that satisfies [^\n]*?) (\S+)", said
    )
    if match and re.search(r"connection|resolve|NewConnectionError|timed out", said, re.IGNORECASE):
        return "{}: the package source can't be reached. Set FL_WHEELS_URL or FL_INDEX_URL.".format(what)
    if match:
        return "{}: there is no version of {} for this Python at the package source.".format(what, match.group(1))
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return "{}: {}".format(what, (errors or lines or ["it said nothing"])[-1])


# Certificates


def make_certificates(folder: str, addresses: List[str]) -> None:
    """Write ca.crt, server.crt and server.key into a folder: the CA once, the certificate anew where an address is new.

    To be run with a Python that has `cryptography`, which Flower's environment has.
    """
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.timezone.utc)
    pem = serialization.Encoding.PEM

    def begun(subject: Any, issuer: Any, key: Any, days: int) -> Any:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
        builder = builder.serial_number(x509.random_serial_number())
        return builder.not_valid_before(now - day).not_valid_after(now + days * day)

    def named(text: str) -> Any:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def keep(name: str, data: bytes, mode: int) -> None:
        write(os.path.join(folder, name), data.decode("ascii"), mode)

    def secret(key: Any) -> bytes:
        form = serialization.PrivateFormat.PKCS8
        return bytes(key.private_bytes(pem, form, serialization.NoEncryption()))

    ca_path, ca_key_path = os.path.join(folder, "ca.crt"), os.path.join(folder, "ca.key")
    if os.path.exists(ca_path) and os.path.exists(ca_key_path):
        with open(ca_path, "rb") as file:
            ca = x509.load_pem_x509_certificate(file.read())
        with open(ca_key_path, "rb") as file:
            ca_key: Any = serialization.load_pem_private_key(file.read(), None)
    else:
        ca_key = ec.generate_private_key(ec.SECP256R1())
        usage = {"content_commitment": False, "data_encipherment": False, "encipher_only": False}
        more = {"decipher_only": False, "key_encipherment": False, "key_agreement": False}
        signs = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage, **more)
        name = named("Flower appliance CA")
        ca = (
            begun(name, name, ca_key.public_key(), 3650)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(signs, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        keep("ca.key", secret(ca_key), 0o600)
        keep("ca.crt", ca.public_bytes(pem), 0o644)
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), x509.DNSName(socket.gethostname() or "superlink")]
    every = list(dict.fromkeys([*addresses, "127.0.0.1"]))
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in every]
    server = (
        begun(named(every[0]), ca.subject, key.public_key(), 1825)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    keep("server.key", secret(key), 0o600)
    keep("server.crt", server.public_bytes(pem), 0o644)
    write(os.path.join(folder, "addresses"), "\n".join(addresses))


# Flower as a process


FLOWER_UNIT = """\
[Unit]
Description=Flower, started by the guest of the Flower appliance
StartLimitIntervalSec=0

[Service]
User=flower
Group=flower
ExecStart={python} {program} flower
WorkingDirectory={home}
Restart=always
RestartSec=5
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ReadWritePaths={home}
"""

GUEST_UNIT = """\
[Unit]
Description=Guest of the Flower appliance
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart={python} {program} serve
Restart=always
RestartSec=15
"""


class Unit:
    """Flower as a systemd unit of an unprivileged user; always restarted, since it exits with 0 where it should not."""

    NAME = "flower.service"

    def __init__(self, places: Places) -> None:
        self._places = places

    def prepare(self) -> None:
        """Make the user and its folder."""
        status, _ = run(["id", "flower"])
        if status:
            status, said = run(
                ["useradd", "--system", "--home-dir", self._places.home, "--shell", "/usr/sbin/nologin", "flower"]
            )
            if status:
                raise Failure("the user flower can't be made: {}".format(one_line(said)))
        os.makedirs(self._places.home, exist_ok=True)
        self.own(self._places.home)

    def own(self, path: str) -> None:
        """Give a file, or a folder without what is in it, to the user."""
        status, said = run(["chown", "--no-dereference", "flower:", path])
        if status:
            raise Failure("{} can't be given to the user flower: {}".format(path, one_line(said)))

    def start(self, command: List[str], environment: Dict[str, str]) -> None:
        """Start it anew with this command and exactly this environment."""
        write(self._places.arguments, json.dumps({"command": command, "environment": environment}))
        text = FLOWER_UNIT.format(python=sys.executable, program=self._places.program, home=self._places.home)
        write(os.path.join(self._places.units, self.NAME), text)
        for step in (["daemon-reload"], ["restart", self.NAME]):
            status, said = run(["systemctl", *step])
            if status:
                raise Failure("systemd does not start Flower: {}".format(one_line(said)))

    def is_running(self) -> bool:
        """True while its process runs."""
        return run(["systemctl", "is-active", "--quiet", self.NAME])[0] == 0

    def start_id(self) -> str:
        """What tells this start from others."""
        said = run(["systemctl", "show", "--property=InvocationID", "--value", self.NAME])[1].strip()
        return said if re.match(r"[0-9a-f]{32}\Z", said) else ""

    def ended_by(self) -> int:
        """The signal that ended it last; 0 for none."""
        said = run(["systemctl", "show", "--property=ExecMainCode", "--property=ExecMainStatus", self.NAME])[1]
        found = dict(re.findall(r"(ExecMain\w+)=(\d{1,3})", said))
        return int(found.get("ExecMainStatus", "0")) if found.get("ExecMainCode") in ("2", "3") else 0

    def log(self) -> str:
        """What it printed since it was started last, the end of it."""
        started = self.start_id()
        if not started:
            return ""
        match = "_SYSTEMD_INVOCATION_ID={}".format(started)
        return run(["journalctl", "--no-pager", "--output=cat", "--lines=5000", match])[1]

    def stop(self) -> None:
        """End it: nothing, since it goes on where the guest's own service is restarted."""


class Child:
    """Flower as a child process that ends with this one; what it prints is appended to a file."""

    def __init__(self, places: Places, log: Optional[str] = None) -> None:
        self._places, self._log = places, log or places.log
        self._process: Optional["subprocess.Popen[bytes]"] = None
        self._begun = 0

    def prepare(self) -> None:
        """Make the folders."""
        os.makedirs(self._places.home, exist_ok=True)
        os.makedirs(os.path.dirname(self._log), exist_ok=True)

    def own(self, path: str) -> None:
        """Nothing: it is ours."""

    def start(self, command: List[str], environment: Dict[str, str]) -> None:
        """Start it anew with this command and exactly this environment."""
        self.stop()
        with open(self._log, "ab") as log:
            self._begun = log.tell()
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self._places.home,
                    env=environment,
                    preexec_fn=_end_with_parent,
                )
            except OSError as error:
                raise Failure("{} can't be started: {}".format(command[0], error.strerror)) from None

    def is_running(self) -> bool:
        """True while its process runs."""
        return self._process is not None and self._process.poll() is None

    def start_id(self) -> str:
        """What tells this start from others."""
        return str(self._process.pid) if self._process is not None else ""

    def ended_by(self) -> int:
        """The signal that ended it last; 0 for none."""
        return max(0, -(self._process.poll() or 0)) if self._process is not None else 0

    def log(self) -> str:
        """What it printed since it was started last; all there is where somebody has shortened the file."""
        try:
            with open(self._log, "rb") as file:
                if os.fstat(file.fileno()).st_size >= self._begun:
                    file.seek(self._begun)
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def stop(self) -> None:
        """End it, and wait for that."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_parent() -> None:
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)


def open_port(port: int) -> None:
    """Let others reach a port, where a firewall runs that would not."""
    rule = "{}/tcp".format(port)
    if shutil.which("firewall-cmd") and run(["firewall-cmd", "--state"])[0] == 0:
        run(["firewall-cmd", "--quiet", "--permanent", "--add-port", rule])
        run(["firewall-cmd", "--quiet", "--add-port", rule])
    elif shutil.which("ufw") and "Status: active" in run(["ufw", "status"])[1]:
        run(["ufw", "allow", rule])


def trains_now(address: str) -> bool:
    """True if a SuperNode works on a task: a client app runs. `address` is that at which its own API listens."""
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if name.isdigit():
            try:
                with open("/proc/{}/cmdline".format(name), "rb") as file:
                    words = file.read().decode("utf-8", "replace").split("\0")
            except OSError:
                continue
            if any("flwr-clientapp" in word for word in words) and any(address in word for word in words):
                return True
    return False


# The service


class Guest:
    """Brings one VM from its CONTEXT to READY, and watches over Flower afterwards.

    `context` is a folder with context.sh and token.txt, None for the CD; `venv` an environment that is taken as it is;
    `address` the only address to listen at, None for all of the VM's. `plain`: without systemd, users, firewall and
    package manager, for a guest that is no VM; `log` is then where Flower's output goes.
    """

    def __init__(
        self,
        places: Places,
        context: Optional[str] = None,
        venv: Optional[str] = None,
        address: Optional[str] = None,
        plain: bool = False,
        log: Optional[str] = None,
    ) -> None:
        self._places, self._context, self._venv, self._address = places, context, venv, address
        self._plain = plain
        self._flower: Union[Child, Unit] = Child(places, log) if plain else Unit(places)
        self._stopped = threading.Event()
        self._reporter = Reporter(None, OWN_READY[SUPERLINK], self._say)
        self._first = True
        self._said_ready = False
        self._healthy_since = 0.0
        self._node_config = ""
        self._node = ("", "")
        self._joined: Tuple[str, Optional[str], str] = ("", None, "")
        self.settings: Optional[Settings] = None

    def stop(self) -> None:
        """End `serve`, and Flower where it is a child."""
        self._stopped.set()

    def serve(self) -> None:
        """Try until it works, watch while it does, and try again where it does not."""
        os.makedirs(self._places.run, exist_ok=True)
        for path in (self._places.result, self._places.health):
            with contextlib.suppress(OSError):
                os.remove(path)
        tries = 0
        while not self._stopped.is_set():
            try:
                self._bring_up()
                tries = 0
                self._watch()
            except Failure as failure:
                self._fail(str(failure))
            except Exception as error:  # The VM is to say that something is wrong, whatever that is.
                self._fail("{} in the guest: {}".format(type(error).__name__, error))
            if not self._stopped.is_set():
                self._stopped.wait(AGAIN[min(tries, len(AGAIN) - 1)])
                tries += 1
        self._flower.stop()

    def _fail(self, reason: str) -> None:
        self._write_health(False, reason)
        if self._stopped.is_set():
            return
        self._reporter.error(reason)
        write(self._places.result, "failed\n")

    def _bring_up(self) -> None:
        context, token = self._read()
        self._connect(context, token)
        if self._first:
            # What was published before a reboot stands there still.
            said = {"FL_ERROR": "", self._own: "NO"}
            if context.get("REPORT_READY", "").strip().upper() == "YES":
                said["READY"] = "NO"
            self._reporter.tell(said)
            self._first = self._reporter.gate is None
        self.settings = settings = Settings(context)
        if not settings.vm_id or not settings.onegate:
            raise Failure("CONTEXT lacks VMID or ONEGATE_ENDPOINT: set TOKEN=YES in the VM template.")
        self._flower.prepare()
        venv = (
            self._venv
            or Installer(
                self._places,
                settings,
                self._reporter.stage,
                not self._plain,
                self._pause,
            ).environment()
        )
        if settings.role == SUPERLINK:
            self._superlink(settings, venv)
        else:
            self._supernode(settings, venv)

    @property
    def _own(self) -> str:
        return self._reporter.own_ready

    def _read(self) -> Tuple[Dict[str, str], str]:
        """The variables of CONTEXT, and the token. Raises Failure."""
        if self._context is not None:
            return read_folder(self._context)
        os.makedirs(self._places.context, exist_ok=True)
        said = "there is no device with the label CONTEXT"
        for device in ("/dev/disk/by-label/CONTEXT", "/dev/sr0"):
            if os.path.exists(device):
                status, said = run(["mount", "-o", "ro", device, self._places.context])
                if status == 0:
                    try:
                        return read_folder(self._places.context)
                    finally:
                        run(["umount", self._places.context])
        raise Failure("the CONTEXT of the VM can't be read: {}".format(one_line(said)))

    def _connect(self, context: Mapping[str, str], token: str) -> None:
        """Know OneGate, where CONTEXT names it; so that whatever else is wrong with it can be reported."""
        url, vm_id, role = (context.get(key, "") for key in ("ONEGATE_ENDPOINT", "VMID", "FL_ROLE"))
        own = OWN_READY.get(role, OWN_READY[SUPERLINK])
        gate = None
        if _URL.match(url) and re.match(r"\d{1,9}\Z", vm_id) and re.match(r"[A-Za-z0-9+/=_-]{1,1000}\Z", token):
            gate = OneGate(url.rstrip("/"), vm_id, token)
        if self._reporter.gate is None or self._first:
            self._reporter = Reporter(gate, own, self._say)

    def _superlink(self, settings: Settings, venv: str) -> None:
        flower = Flower(settings.version)
        address = self._address or first_address(settings)
        tls = self._certificates(settings, venv, address) if settings.tls else None
        self._reporter.stage("starting Flower {}".format(settings.version))
        if not self._plain:
            open_port(flower.fleet_port)
        database = os.path.join(self._places.home, "superlink.db")
        command = flower.superlink(self._address or "0.0.0.0", self._address or "127.0.0.1", tls, database)
        self._start(settings, venv, command)
        self._until(lambda: self._superlink_answers(settings, address), UP_WITHIN, "the SuperLink does not answer")
        published = {
            "FL_ENDPOINT": "{}:{}".format(address, flower.fleet_port),
            "FL_VERSION": settings.version,
            "FL_ROLE": SUPERLINK,
            "FL_TLS": "YES" if tls else "NO",
        }
        if tls:
            with open(tls[0], "rb") as file:
                published["FL_CA_CERT"] = base64.b64encode(file.read()).decode("ascii")
        # Before what opens OneFlow's gate: SuperNodes are made at once then, and look for it.
        self._publish(published)
        self._is_up()

    def _superlink_answers(self, settings: Settings, address: str) -> bool:
        flower = Flower(settings.version)
        ca = os.path.join(self._places.tls, "ca.crt") if settings.tls else None
        return answers(address, flower.fleet_port, flower.http, ca)

    def _certificates(self, settings: Settings, venv: str, address: str) -> Tuple[str, str, str]:
        addresses = list(dict.fromkeys([address, *settings.addresses]))
        folder = self._places.tls
        tls = tuple(os.path.join(folder, name) for name in ("ca.crt", "server.crt", "server.key"))
        try:
            with open(os.path.join(folder, "addresses"), encoding="ascii") as file:
                known = file.read().split()
        except OSError:
            known = []
        if known != addresses or not all(map(os.path.exists, tls)):
            self._reporter.stage("making certificates")
            os.makedirs(folder, exist_ok=True)
            python = os.path.join(venv, "bin", "python")
            status, said = run([python, own_program(self._places), "certificates", folder, *addresses], 120.0)
            if status:
                raise Failure(_explained(said, "no certificates could be made"))
        # The key of the CA stays root's: whoever runs code in Flower could make certificates with it.
        self._flower.own(tls[2])
        return (tls[0], tls[1], tls[2])

    def _supernode(self, settings: Settings, venv: str) -> None:
        self._reporter.stage("waiting for the SuperLink")
        superlink, ca = self._find_superlink(settings)
        self._reporter.stage("waiting to be listed")
        config = settings.node_config or self._partition(settings)
        self._join(settings, venv, superlink, ca, config)
        self._is_up()

    def _join(self, settings: Settings, venv: str, superlink: str, ca: Optional[str], config: str) -> None:
        """Start Flower as a SuperNode with this node config, and wait until it is connected."""
        self._reporter.stage("connecting to the SuperLink at {}".format(superlink))
        command = Flower(settings.version).supernode(self._address or "127.0.0.1", superlink, ca, config)
        self._start(settings, venv, command)
        self._joined = (superlink, ca, venv)
        connected = "it is not connected to the SuperLink at {}".format(superlink)
        self._until(lambda: bool(self._joined_as()), UP_WITHIN, connected)
        self._node_config = config
        published = {
            "FL_NODE_CONFIG": config,
            "FL_NODE_ID": self._joined_as(),
            "FL_VERSION": settings.version,
            "FL_ROLE": SUPERNODE,
            "FL_FRAMEWORK": settings.framework,
        }
        self._publish(published)

    def _joined_as(self) -> str:
        """The id under which the SuperLink knows this SuperNode; empty while it is not connected."""
        if not self._flower.is_running():
            return ""
        started = self._flower.start_id()
        if self._node[0] != started:
            # Flower says so once, and its log is long: it is remembered.
            found = node_id(self._flower.log())
            self._node = (started, found) if found else ("", "")
        return self._node[1]

    def _find_superlink(self, settings: Settings) -> Tuple[str, Optional[str]]:
        """Address of the SuperLink, and the file with its CA where it encrypts. Raises Failure."""
        end = time.monotonic() + SUPERLINK_WITHIN
        why = ""
        while True:
            published: Dict[str, str] = {}
            try:
                published = self._published_by_superlink()
            except Failure as failure:
                why = str(failure)
            else:
                why = "no SuperLink has published where it is: look at the VM of the role superlink."
            endpoint = settings.superlink
            if not endpoint and published.get("FL_READY") != "NO" and _ADDRESS.match(published.get("FL_ENDPOINT", "")):
                endpoint = published["FL_ENDPOINT"]
            ca = trusted(published.get("FL_CA_CERT", "")) if settings.tls else ""
            if endpoint and (ca or not settings.tls):
                if not ca:
                    return endpoint, None
                path = os.path.join(self._places.state, "ca.crt")
                write(path, ca)
                return endpoint, path
            if endpoint:
                why = "TLS is on, and the SuperLink has published no CA: is FL_TLS_ENABLED the same on both roles?"
            if time.monotonic() >= end:
                raise Failure(why)
            self._pause(LOOK)

    def _published_by_superlink(self) -> Dict[str, str]:
        try:
            for number in nodes_of(self._gate.get("/service"), SUPERLINK):
                inner = self._gate.get("/vms/{}".format(number)).get("VM")
                template = inner.get("USER_TEMPLATE") if isinstance(inner, dict) else None
                if isinstance(template, dict):
                    return {key: value for key, value in template.items() if isinstance(value, str)}
        except Refused as error:
            code, said = error.args
            if code in (401, 403):
                raise Failure("OneGate refuses the VM's token ({}): {}.".format(code, one_line(said))) from None
        return {}

    def _partition(self, settings: Settings) -> str:
        """Node config by the VM's place in the list; empty for a VM that is of no service. Raises Failure."""
        end = time.monotonic() + LISTED_WITHIN
        while True:
            try:
                found = partition(nodes_of(self._gate.get("/service"), SUPERNODE), int(settings.vm_id))
            except Refused as error:
                if error.args[0] in (401, 403):
                    raise Failure("OneGate refuses the VM's token: {}.".format(one_line(error.args[1]))) from None
                return ""
            if found:
                return found
            if time.monotonic() >= end:
                said = "OneFlow has not listed this VM within {:.0f} s, so its partition is not known."
                raise Failure(said.format(LISTED_WITHIN))
            self._pause(LOOK)

    @property
    def _gate(self) -> OneGate:
        if self._reporter.gate is None:
            raise Failure("CONTEXT names no OneGate, or there is no token: set TOKEN=YES in the VM template.")
        return self._reporter.gate

    def _start(self, settings: Settings, venv: str, command: List[str]) -> None:
        programs = os.path.join(venv, "bin")
        environment = dict(FLOWER_ENVIRONMENT)
        environment.update(
            {
                "PATH": os.pathsep.join((programs, os.environ.get("PATH", os.defpath))),
                "HOME": self._places.home,
                "FLWR_HOME": os.path.join(self._places.home, ".flwr"),
                # Whether a SuperNode is connected, Flower says at INFO alone.
                "FLWR_LOG_LEVEL": "DEBUG" if settings.log_level == "DEBUG" else "INFO",
                "LANG": "C.UTF-8",
            }
        )
        self._flower.start([os.path.join(programs, command[0]), *command[1:]], environment)

    def _until(self, holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
        """Wait until something holds. Raises Failure, with the last words of Flower."""
        end = time.monotonic() + seconds
        ended = 0
        while not holds():
            ended = 0 if self._flower.is_running() else ended + 1
            # systemd starts it again: once down is no proof.
            if ended and self._flower.ended_by() == signal.SIGILL:
                raise Failure(OLD_CPU)
            if time.monotonic() >= end or (ended >= 1 and self._plain) or ended >= 15:
                raise Failure("{}: {}".format(otherwise, last_words(self._flower.log())))
            self._pause(LOOK / 4 if self._plain else LOOK)

    def _is_up(self) -> None:
        """It works: say so. What one-context reports by itself is left to it."""
        self._healthy_since = time.monotonic()
        self._write_health(True, "")
        self._reporter.stage("running")
        self._reporter.tell({"FL_ERROR": "", self._own: "YES"})
        write(self._places.result, "ready\n")
        self._say_ready()

    def _say_ready(self) -> None:
        settings = self.settings
        if self._said_ready or settings is None or not settings.says_ready or os.path.exists(self._places.boot_waits):
            return
        self._said_ready = True
        self._reporter.tell({"READY": "YES"})

    def _publish(self, values: Mapping[str, str]) -> None:
        """Publish what others need before READY. Raises Failure where it can't be."""
        try:
            self._gate.put(values)
        except Refused as error:
            code, said = error.args
            raise Failure("OneGate refuses what is published ({}): {}.".format(code, one_line(said))) from None

    def _watch(self) -> None:
        """Look at Flower again and again. Raises Failure where it is down for long."""
        settings = self.settings
        if settings is None:
            return
        address = "" if settings.role == SUPERNODE else self._address or first_address(settings)
        down = alone = 0.0
        looked = time.monotonic()
        connected = True
        while not self._stopped.is_set():
            self._pause(LOOK)
            now = time.monotonic()
            due = now - looked >= FOLLOW
            looked = now if due else looked
            if settings.role == SUPERLINK:
                works = self._superlink_answers(settings, address)
            else:
                works = bool(self._joined_as())
                # A connection each, from every SuperNode: seldom, unless it may be back.
                connected = reaches(self._joined[0]) if due or not connected else True
            why = "Flower is down" if not works else "" if connected else "the SuperLink does not answer"
            self._write_health(works and connected, why)
            if not works:
                down = down or now
                if now - down >= (0.0 if self._plain and not self._flower.is_running() else DOWN):
                    raise Failure("Flower is down: {}".format(last_words(self._flower.log())))
                continue
            down = 0.0
            if not connected:
                alone = alone or now
                if due and now - alone >= DOWN:
                    self._alone(settings)
                continue
            alone = 0.0
            self._reporter.tell({"FL_ERROR": "", self._own: "YES"})
            self._say_ready()
            if settings.role == SUPERNODE:
                self._reporter.tell({"FL_NODE_ID": self._joined_as()})
                if settings.follow and due:
                    self._follow(settings)

    def _alone(self, settings: Settings) -> None:
        """Report that nobody is at the SuperLink's address. Flower goes on: it connects again by itself, and may have
        work that is not handed in. Raises Failure where the SuperLink is at another address by now."""
        said = "the SuperLink at {} does not answer: look at its VM. This SuperNode connects again by itself."
        self._reporter.error(said.format(self._joined[0]))
        if settings.superlink:
            return
        try:
            found = self._published_by_superlink()
        except Failure:
            return
        endpoint = found.get("FL_ENDPOINT", "")
        if found.get("FL_READY") == "YES" and endpoint != self._joined[0] and _ADDRESS.match(endpoint):
            raise Failure("the SuperLink has moved to {}".format(endpoint))

    def _follow(self, settings: Settings) -> None:
        """Take up a new partition where the list has changed, unless a task is worked on or the operator gave one."""
        if settings.node_config:
            return
        try:
            config = partition(nodes_of(self._gate.get("/service"), SUPERNODE), int(settings.vm_id))
        except (Refused, Failure) as error:
            # It trains all the same, and the list is looked at again.
            self._say("the list of SuperNodes can't be read: {}".format(error))
            return
        own = "{}:9094".format(self._address) if self._address else "9094"
        if config and config != self._node_config and not trains_now(own):
            superlink, ca, venv = self._joined
            self._say("taking up the partition {}".format(config))
            self._join(settings, venv, superlink, ca, config)
            self._reporter.stage("running")

    def _write_health(self, works: bool, why: str) -> None:
        write(self._places.health, json.dumps({"works": works, "why": one_line(why), "at": time.time()}))

    def _pause(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise Failure("the guest is being stopped")

    def _say(self, text: str) -> None:
        line = "flower guest: {}".format(one_line(text))
        print(line, file=sys.stderr, flush=True)
        if not self._plain:
            with contextlib.suppress(OSError), open("/dev/console", "w", encoding="utf-8") as console:
                console.write(line + "\r\n")


def read_folder(folder: str) -> Tuple[Dict[str, str], str]:
    """The variables in a folder's context.sh, and the token in its token.txt, empty where there is none."""
    try:
        with open(os.path.join(folder, "context.sh"), encoding="utf-8", errors="replace", newline="") as file:
            context = read_context(file.read())
    except OSError as error:
        raise Failure("the CONTEXT of the VM can't be read: {}".format(error.strerror)) from None
    try:
        with open(os.path.join(folder, "token.txt"), encoding="ascii", errors="replace") as file:
            token = file.read(2000).strip()
    except OSError:
        token = ""
    return context, token


def trusted(text: str) -> str:
    """The PEM text of a published CA; empty for anything else."""
    try:
        pem = base64.b64decode(text[:65536], validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return pem if pem.startswith("-----BEGIN CERTIFICATE-----") else ""


def first_address(settings: Settings) -> str:
    """An IPv4 address of this machine at which others may reach it: CONTEXT's, else the one that faces OneGate.

    Raises Failure.
    """
    for text in settings.addresses:
        if isinstance(ipaddress.ip_address(text), ipaddress.IPv4Address):
            return text
    host = urllib.parse.urlsplit(settings.onegate).hostname or ""
    try:
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            # Nothing is sent: the kernel chooses the address from which it would be.
            probe.connect((host, 9))
            return str(probe.getsockname()[0])
    except OSError:
        raise Failure("this VM has no IPv4 address: give its VM template or the service a network.") from None


def last_words(log: str) -> str:
    """The last line of a log that says something."""
    lines = [line.strip() for line in _COLORS.sub("", log).splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error|exception|refused|fail|invalid|in use", line, re.IGNORECASE)]
    return one_line((telling or lines or ["it printed nothing"])[-1])


def own_program(places: Places) -> str:
    """Path of this program."""
    return places.program if os.path.exists(places.program) else os.path.abspath(__file__)


# Commands


def boot(places: Places, one_context: bool) -> int:
    """Install this program as a service and start it, once a boot.

    Under one-context the health is asked for three times right after this script, and never again: so wait until there
    is something to see.
    """
    os.makedirs(places.run, exist_ok=True)
    try:
        os.mkdir(places.booted)
    except OSError:
        return 0
    if not shutil.which("systemctl"):
        guest = Guest(places)
        guest._fail("this image has no systemd, which the appliance needs: take another image.")
        return 1
    write(places.program, source(), 0o755)
    write(places.health_check, "#!/bin/sh\nexec {} {} health\n".format(sys.executable, places.program), 0o755)
    unit = GUEST_UNIT.format(python=sys.executable, program=places.program)
    write(os.path.join(places.units, "flower-guest.service"), unit)
    if one_context:
        write(places.boot_waits, "")
    try:
        for step in (["daemon-reload"], ["start", "--no-block", "flower-guest.service"]):
            status, said = run(["systemctl", *step])
            if status:
                print("flower guest: systemctl {}: {}".format(step[0], one_line(said)), file=sys.stderr)
                return 1
        end = time.monotonic() + BOOT_WAITS
        while one_context and not os.path.exists(places.result) and time.monotonic() < end:
            time.sleep(LOOK)
    finally:
        if one_context:
            os.remove(places.boot_waits)
    return 0


def source() -> str:
    """The text of this program: what unpacked it left it in SOURCE."""
    text = globals().get("SOURCE")
    if isinstance(text, str):
        return text
    with open(os.path.abspath(__file__), encoding="utf-8") as file:
        return file.read()


def health(places: Places) -> int:
    """0 while the service has just seen Flower work."""
    try:
        with open(places.health, encoding="utf-8") as file:
            found = json.load(file)
        fresh = 0 <= time.time() - found["at"] < 60
    except (OSError, ValueError, KeyError, TypeError):
        print("the guest has not looked at Flower yet", file=sys.stderr)
        return 1
    if not fresh or not found.get("works"):
        print(found.get("why") or "the guest does not look at Flower any more", file=sys.stderr)
        return 1
    return 0


def flower(places: Places) -> None:
    """Become Flower, with the command and the environment that the service wrote down."""
    with open(places.arguments, encoding="utf-8") as file:
        found = json.load(file)
    os.execve(found["command"][0], found["command"], found["environment"])


def main(arguments: Optional[List[str]] = None) -> int:
    """Run a command."""
    parser = argparse.ArgumentParser(prog="guest.py", description="Guest of the Flower appliance.")
    parser.add_argument("--root", default="/", help="folder that stands for / (default: /)")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("boot", help="install the service and start it (the default)")
    serve = commands.add_parser("serve", help="make a SuperLink or SuperNode of this machine, and watch over it")
    serve.add_argument("--plain", action="store_true", help="without systemd, users, firewall and package manager")
    serve.add_argument("--context", help="folder with context.sh and token.txt, instead of the CD")
    serve.add_argument("--venv", help="Flower's environment, taken as it is")
    serve.add_argument("--address", help="the only address to listen at")
    serve.add_argument("--log", help="file for what Flower prints, with --plain")
    commands.add_parser("flower", help="run Flower as the service wants it")
    commands.add_parser("health", help="exit status 0 while Flower works")
    certificates = commands.add_parser("certificates", help="make a CA and a certificate")
    certificates.add_argument("folder")
    certificates.add_argument("addresses", nargs="+")
    given = parser.parse_args(arguments)
    places = Places(given.root)
    if given.command == "serve":
        guest = Guest(places, given.context, given.venv, given.address, given.plain, given.log)

        def end(_number: int, _frame: Optional[FrameType]) -> None:
            guest.stop()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        guest.serve()
        return 0
    if given.command == "flower":
        flower(places)
    if given.command == "health":
        return health(places)
    if given.command == "certificates":
        make_certificates(given.folder, given.addresses)
        return 0
    return boot(places, "START_SCRIPT_BASE64" in os.environ)


if __name__ == "__main__":
    sys.exit(main())
