"""The appliance's VM templates: every option arrives, the guest fits, and nothing can break out of its place."""

from __future__ import annotations

import base64
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.appliance.carrier import LARGEST, PER_BOOT, Guest, GuestTooLarge
from wizard.core.appliance.vm_templates import NAMES, Mark, Options, WrongOption, megabytes, renewed, text
from wizard.core.opennebula.template_text import TemplateTextError, read
from wizard.core.preflight.facts import Image
from wizard.core.preflight.image_fitness import fitness
from wizard.operations.appliance import guest
from wizard.sandbox.oned import templates

GUEST = guest()


def test_the_guest_fits_and_unpacks_to_itself(tmp_path: Path) -> None:
    context = GUEST.context
    assert all(len(value) < LARGEST for value in context.values())
    script = base64.b64decode(context["START_SCRIPT_BASE64"]).decode()
    user_data = base64.b64decode(context["USER_DATA"]).decode()
    assert user_data.startswith("#cloud-config\nwrite_files: [")
    assert PER_BOOT in user_data
    assert context["START_SCRIPT_BASE64"] in user_data, "cloud-init runs the very same script"
    place = tmp_path / "start"
    place.write_text(script)
    said = subprocess.run(["sh", str(place), "--help"], capture_output=True, text=True, timeout=30, check=True)
    assert "Guest of the Flower appliance" in said.stdout
    shown = subprocess.run(
        ["sh", str(place), "--root", str(tmp_path), "health"], capture_output=True, text=True, timeout=30, check=False
    )
    assert shown.returncode == 1
    assert "has not looked at Flower yet" in shown.stderr


def test_without_any_python_the_shell_says_so(tmp_path: Path) -> None:
    """An image may have none: then nobody but the shell can tell OneGate."""
    place, tools = tmp_path / "start", tmp_path / "bin"
    place.write_text(base64.b64decode(GUEST.context["START_SCRIPT_BASE64"]).decode())
    tools.mkdir()
    (tools / "curl").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/asked\n')
    (tools / "cat").write_text('#!/bin/sh\nread -r line < "$1"; echo "$line"\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    (tmp_path / "token.txt").write_text("secret==\n")
    environment = {
        "PATH": str(tools),
        "ONEGATE_ENDPOINT": "http://gate",
        "MOUNT_DIR": str(tmp_path),
        "VMID": "$(reboot)",
    }
    ended = subprocess.run(["/bin/sh", str(place)], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    asked = (tmp_path / "asked").read_text()
    assert "X-ONEGATE-VMID: $(reboot)" in asked, "what CONTEXT says is not run"
    assert 'FL_ERROR="this image has no Python' in asked


def test_a_guest_that_is_too_large_is_refused() -> None:
    noise = random.Random(7).randbytes(120_000).hex()
    with pytest.raises(GuestTooLarge):
        _ = Guest(f'VERSION = "1"\n# {noise}').context


OPTIONS = st.builds(
    Options,
    image=st.integers(0, 10**6),
    network=st.none() | st.integers(0, 10**6),
    cpu=st.sampled_from([0.1, 0.5, 1, 2.5, 64]),
    vcpu=st.none() | st.integers(1, 64),
    memory=st.none() | st.integers(64, 10**6),
    disk=st.none() | st.integers(64, 10**6),
    prefix=st.sampled_from(["", "eva's ", "Prüf-", "[b]", "a]]b "]),
    wheels=st.sampled_from(["", "http://10.0.0.1/wheels/", "https://host/wheels.tar.gz?x=1&y=%20"]),
    follow=st.booleans(),
    packages=st.sampled_from(["", "pandas", "pandas==2.2.3 flwr-datasets[vision]"]),
)


@pytest.mark.parametrize("role", list(NAMES))
@given(options=OPTIONS)
def test_what_is_written_is_read_back(role: str, options: Options) -> None:
    written = text(role, options, GUEST, 3000)
    ours, theirs = read(written), templates.parse(written)
    assert ours == theirs, "as we read it, and as the sandbox's oned does"
    context = theirs["CONTEXT"]
    assert theirs["NAME"] == options.name(role)
    assert theirs["DISK"]["IMAGE_ID"] == str(options.image)
    assert int(theirs["DISK"].get("SIZE", 3000)) >= 3000
    assert ("NIC" in theirs) == (options.network is not None)
    assert context["FL_ROLE"] == role
    assert context.get("FL_WHEELS_URL", "") == options.wheels
    assert context.get("FL_FOLLOW", "NO") == ("YES" if options.follow and role == "supernode" else "NO")
    assert context.get("FL_EXTRA_PACKAGES", "") == (options.packages if role == "supernode" else "")
    assert {key: context[key] for key in GUEST.context} == GUEST.context
    attributes = {key: value for key, value in theirs.items() if isinstance(value, str)}
    assert Mark.of(attributes) == Mark(GUEST.version, GUEST.digest)


@pytest.mark.parametrize(
    "options",
    [
        {"wheels": "ftp://host/x"},
        {"packages": "pandas; rm -rf /"},
        {"packages": "--target=/etc"},
        {"packages": "$(id)"},
        {"wheels": 'http://host/"x'},
        {"index": "http://host/$(reboot)"},
        {"index": "http:///x"},
        {"wheels": "http://a/b", "index": "http://a/b"},
        {"prefix": 'a"b'},
        {"prefix": "a\nb"},
        {"prefix": "x" * 65},
        {"cpu": 0},
        {"cpu": float("nan")},
        {"vcpu": 0},
    ],
)
def test_what_can_not_be_meant_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(WrongOption):
        Options(1, **options)  # type: ignore[arg-type]


def test_sizes() -> None:
    assert [megabytes(given) for given in ("2048", "2G", "2 GiB", "1t", "512MB")] == [2048, 2048, 2048, 1048576, 512]
    for wrong in ("", "0", "-1", "2.5G", "2 X", "G", "9" * 9, "١"):
        with pytest.raises(WrongOption):
            megabytes(wrong)


def test_an_update_keeps_what_the_operator_changed() -> None:
    before = {"SSH_PUBLIC_KEY": "ssh-ed25519 A", "MY_OWN": 'a "b" c', "START_SCRIPT_BASE64": "b2xk", "FL_FOLLOW": "YES"}
    context = templates.parse(renewed(before, GUEST))["CONTEXT"]
    assert {key: context[key] for key in ("SSH_PUBLIC_KEY", "MY_OWN", "FL_FOLLOW")} == {
        key: before[key] for key in ("SSH_PUBLIC_KEY", "MY_OWN", "FL_FOLLOW")
    }
    assert context["START_SCRIPT_BASE64"] == GUEST.context["START_SCRIPT_BASE64"]
    with pytest.raises(TemplateTextError):
        renewed({"MY_OWN": "ends with \\"}, GUEST)


@pytest.mark.parametrize(("version", "read"), [("7", 7), ("", 0), ("-1", 0), ("7 ", 0), ("9" * 40, 0), ("١", 0)])
def test_a_mark_is_believed_only_where_it_can_be(version: str, read: int) -> None:
    attributes = {"FLOWER_APPLIANCE": "flowerneb-wizard", "FLOWER_GUEST_VERSION": version}
    assert Mark.of(attributes) == Mark(read, "")


IMAGE = Image(1, "Debian 12", kind=0, state=1, size=3000)


@pytest.mark.parametrize(
    ("image", "fits"),
    [
        (IMAGE, True),
        (Image(1, "ubuntu-24.04 cloud", kind=0, state=2), True),
        (Image(1, "golden", kind=0), None),
        (Image(1, "Debian 12", kind=0, state=4), None),
        (Image(1, "Debian 12", kind=0, state=5), False),
        (Image(1, "Debian 12", kind=0, persistent=True), False),
        (Image(1, "Debian 12", kind=2), False),
        (Image(1, "Debian 12", usable=False), False),
        (Image(1, "alpine 3.20", kind=0), False),
        (Image(1, "Debian 11", kind=0), False),
        (Image(1, "Debian 12", kind=99, state=99), False),
    ],
)
def test_which_images_fit(image: Image, fits: bool | None) -> None:
    found = fitness(image)
    assert found.fits is fits
    assert bool(found.why) == (fits is not True)


def test_the_guest_says_its_version_to_whoever_only_reads_it() -> None:
    from wizard.appliance import guest as program

    assert str(GUEST.version) == program.VERSION
    assert sys.version_info >= (3, 10)
