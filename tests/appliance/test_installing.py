"""How the guest gets Flower: from the image, from wheels, from an index; what is half done is never used."""

from __future__ import annotations

import functools
import http.server
import io
import os
import shutil
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.appliance import guest as program
from wizard.appliance.guest import Failure, Installer, Places, Settings, find_pythons, flower_in, packages_of

SUPERLINK = {"FL_ROLE": "superlink", "FLOWER_VERSION": "1.25.0"}


def wheel(version: str = "1.25.0") -> bytes:
    """A wheel that is called flwr and has one program."""
    info = f"flwr-{version}.dist-info"
    files = {
        "flwr.py": "def main(): print('hello')\n",
        f"{info}/entry_points.txt": "[console_scripts]\nflower-superlink = flwr:main\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: flwr\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return packed.getvalue()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder that a server on loopback lists, and its URL."""
    folder = tmp_path / "shelf"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def installer(root: Path, stages: list[str] | None = None, **context: str) -> Installer:
    """One that may not call the package manager, and does not wait between tries."""
    heard = [] if stages is None else stages
    return Installer(Places(str(root)), Settings({**SUPERLINK, **context}), heard.append, False, lambda _: None)


def test_what_the_image_has_is_taken(tmp_path: Path, fake_venv: dict[str, str]) -> None:
    baked = Path(Places(str(tmp_path)).baked)
    (baked / "lib/python3.11/site-packages/flwr-1.25.0.dist-info").mkdir(parents=True)
    (baked / "bin").mkdir()
    assert flower_in(str(baked)) == "", "without its programs it is none"
    (baked / "bin/flower-superlink").touch(mode=0o755)
    assert installer(tmp_path).environment() == str(baked)
    stages: list[str] = []
    with pytest.raises(Failure):
        # Of another version, or without what a SuperNode needs, it is not.
        installer(tmp_path, stages, FLOWER_VERSION="1.30.0", FL_WHEELS_URL="http://127.0.0.1:9").environment()
    assert "making an environment for Flower 1.30.0" in stages


def test_flower_comes_from_wheels_and_a_second_boot_installs_nothing(tmp_path: Path, shelf: tuple[Path, str]) -> None:
    folder, url = shelf
    (folder / "flwr-1.25.0-py3-none-any.whl").write_bytes(wheel())
    stages: list[str] = []
    found = installer(tmp_path, stages, FL_WHEELS_URL=f"{url}/").environment()
    assert stages == ["making an environment for Flower 1.25.0", "installing Flower 1.25.0"]
    assert flower_in(found) == "1.25.0"
    assert (Path(found) / "complete").read_text() == "1.25.0\n"
    shutil.rmtree(folder)
    stages.clear()
    assert installer(tmp_path, stages, FL_WHEELS_URL=f"{url}/").environment() == found
    assert not stages


def test_a_machine_that_went_down_in_the_middle_begins_anew(tmp_path: Path, shelf: tuple[Path, str]) -> None:
    folder, url = shelf
    with tarfile.open(folder / "wheels.tar.gz", "w:gz") as archive:
        for name in ("some/folder/flwr-1.25.0-py3-none-any.whl", "../../../etc/flwr-1.25.0-py3-none-any.whl"):
            member = tarfile.TarInfo(name)
            member.size = len(wheel())
            archive.addfile(member, io.BytesIO(wheel()))
    first = installer(tmp_path, FL_WHEELS_URL=f"{url}/wheels.tar.gz")
    found = Path(first.environment())
    assert not (tmp_path / "etc").exists(), "an archive writes nowhere else"
    (found / "complete").unlink()
    (found / "bin/flower-superlink").write_text("half of it")
    again = Path(installer(tmp_path, FL_WHEELS_URL=f"{url}/wheels.tar.gz").environment())
    assert again == found
    assert "half of it" not in (found / "bin/flower-superlink").read_text()


@pytest.fixture
def fake_venv(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment whose Python prints what it is told instead of being pip."""
    told = {"says": "ERROR: something", "status": "1"}

    def make(_self: Installer, _python: str, folder: str) -> None:
        place = Path(folder) / "bin" / "python"
        place.parent.mkdir(parents=True)
        place.write_text(f"#!/bin/sh\ncat <<'END'\n{told['says']}\nEND\nexit {told['status']}\n")
        place.chmod(0o755)

    monkeypatch.setattr(Installer, "_venv", make)
    monkeypatch.setattr(program, "TRIES", (0.0,))
    return told


@pytest.mark.parametrize(
    ("says", "error"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError'\n"
            "ERROR: No matching distribution found for flwr==1.25.0",
            "the package source can't be reached. Set FL_WHEELS_URL or FL_INDEX_URL",
        ),
        ("ERROR: No matching distribution found for flwr==1.25.0", "there is no version of flwr==1.25.0"),
        ("ERROR: resolution impossible \x1b[2J", "ERROR: resolution impossible"),
        ("", "it said nothing"),
    ],
)
def test_what_pip_says_is_said_in_a_sentence(tmp_path: Path, fake_venv: dict[str, str], says: str, error: str) -> None:
    fake_venv["says"] = says
    with pytest.raises(Failure) as caught:
        installer(tmp_path).environment()
    assert error in str(caught.value)
    left = Path(Places(str(tmp_path)).opt)
    assert not list(left.glob("venv-*")), "what is half done is gone"


def test_another_version_than_was_asked_for_is_refused(tmp_path: Path, fake_venv: dict[str, str]) -> None:
    fake_venv["status"] = "0"
    with pytest.raises(Failure, match=r"instead of 1\.25"):
        installer(tmp_path).environment()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("", None, "lists no wheel"),
        ("wheels.tar.gz", b"<html>Please log in</html>", "is no archive of wheels, or only a part of one"),
        ("wheels.zip", b"PK\x03\x04half", "is no archive of wheels, or only a part of one"),
        ("nothing.tar.gz", None, "answers with status 404"),
    ],
)
def test_a_wheels_url_that_is_not_what_it_should_be(
    tmp_path: Path, shelf: tuple[Path, str], fake_venv: dict[str, str], name: str, content: bytes | None, said: str
) -> None:
    folder, url = shelf
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(Failure, match="FL_WHEELS_URL") as caught:
        installer(tmp_path, FL_WHEELS_URL=f"{url}/{name}").environment()
    assert said in str(caught.value)


def test_half_an_archive(tmp_path: Path, shelf: tuple[Path, str], fake_venv: dict[str, str]) -> None:
    folder, url = shelf
    with tarfile.open(folder / "whole.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("flwr-1.25.0-py3-none-any.whl")
        member.size = 300_000
        archive.addfile(member, io.BytesIO(os.urandom(300_000)))
    (folder / "half.tar.gz").write_bytes((folder / "whole.tar.gz").read_bytes()[:100_000])
    with pytest.raises(Failure, match="only a part of one"):
        installer(tmp_path, FL_WHEELS_URL=f"{url}/half.tar.gz").environment()


def test_a_source_that_nobody_answers_at(tmp_path: Path, fake_venv: dict[str, str]) -> None:
    with pytest.raises(Failure, match="can't be reached"):
        installer(tmp_path, FL_WHEELS_URL="http://127.0.0.1:9/wheels/").environment()


def test_a_disk_without_room(tmp_path: Path, fake_venv: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type(usage)(10, 9, 1024**2))
    with pytest.raises(Failure, match="the disk is full: 1 MB"):
        installer(tmp_path).environment()


def test_no_python_that_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "find_pythons", lambda _: [])
    with pytest.raises(Failure, match=r"Flower 1\.25\.0 needs Python 3\.10 or newer, and this image has"):
        installer(tmp_path).environment()


def test_the_newest_python_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, said in (("python3.9", "3.9"), ("python3.11", "3.11"), ("python3.12", "3.12"), ("python3", "3.12")):
        place = tmp_path / name
        place.write_text(f"#!/bin/sh\necho {said}\n")
        place.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [Path(path).name for path in find_pythons((3, 10))] == ["python3.12", "python3.11"]
    assert find_pythons((3, 13)) == []


@pytest.mark.parametrize(
    ("manager", "first"),
    [("apt-get", ["apt-get", "-q"]), ("dnf", ["dnf", "-q"]), ("zypper", ["zypper", "--non-interactive"]), ("", [])],
)
def test_each_distribution_has_a_package_manager(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manager: str, first: list[str]
) -> None:
    if manager:
        (tmp_path / manager).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for what in ("python", "venv"):
        commands = packages_of(what, "python3.11")
        assert [command[:2] for command in commands[:1]] == ([first] if first else [])
        assert all("&" not in word and ";" not in word for command in commands for word in command)


def test_where_packages_come_from(tmp_path: Path, fake_venv: dict[str, str]) -> None:
    import contextlib

    with contextlib.ExitStack() as stack:
        index = installer(tmp_path, FL_INDEX_URL="http://mirror.example/simple")._source(stack)
        assert index == {"PIP_INDEX_URL": "http://mirror.example/simple", "PIP_TRUSTED_HOST": "mirror.example"}
        assert installer(tmp_path)._source(stack) == {}
        torch = installer(tmp_path, FL_ROLE="supernode", ML_FRAMEWORK="pytorch")._source(stack)
        assert torch == {"PIP_EXTRA_INDEX_URL": program.CPU_TORCH}


def test_no_command_line_has_the_url_of_the_index(
    tmp_path: Path, fake_venv: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[list[str], dict[str, str]]] = []
    really = program.run

    def run(command: list[str], timeout: float = 0, environment: dict[str, str] | None = None) -> tuple[int, str]:
        if "install" not in command:
            return really(command, timeout, environment)
        ran.append((command, environment or {}))
        return 1, "ERROR: No matching distribution found for flwr==1.25.0"

    monkeypatch.setattr(program, "run", run)
    url = "https://eva:s3cret@mirror.example/simple"
    with pytest.raises(Failure):
        installer(tmp_path, FL_INDEX_URL=url).environment()
    command, environment = ran[0]
    assert not any("s3cret" in word for word in command)
    assert environment["PIP_INDEX_URL"] == url


def test_certificates_are_kept_and_made_anew_for_new_addresses(tmp_path: Path) -> None:
    pytest.importorskip("cryptography", reason="it is in Flower's environment, not in ours")
    program.make_certificates(str(tmp_path), ["10.0.0.1"])
    ca, server = (tmp_path / "ca.crt").read_text(), (tmp_path / "server.crt").read_text()
    program.make_certificates(str(tmp_path), ["10.0.0.2"])
    assert (tmp_path / "ca.crt").read_text() == ca
    assert (tmp_path / "server.crt").read_text() != server
    assert {name: oct((tmp_path / name).stat().st_mode)[-3:] for name in ("ca.key", "server.key")} == {
        "ca.key": "600",
        "server.key": "600",
    }


SYSTEMCTL = """#!/bin/sh
echo "$@" >> {log}
case "$1" in
  start) sleep 0.2; echo ready > {result} ;;
esac
"""


@pytest.mark.parametrize("one_context", [True, False])
def test_a_boot_installs_the_service_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, one_context: bool
) -> None:
    """One-context asks for the health right after the script, so there it waits until there is something to see."""
    tools, root, log = tmp_path / "tools", tmp_path / "root", tmp_path / "log"
    places = Places(str(root))
    tools.mkdir()
    (tools / "systemctl").write_text(SYSTEMCTL.format(log=log, result=places.result))
    (tools / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setattr(program, "LOOK", 0.05)
    assert program.boot(places, one_context) == 0
    assert log.read_text().splitlines() == ["daemon-reload", "start --no-block flower-guest.service"]
    assert Path(places.program).read_text() == Path(program.__file__).read_text()
    assert os.access(places.health_check, os.X_OK)
    assert not Path(places.boot_waits).exists()
    unit = (Path(places.units) / "flower-guest.service").read_text()
    assert f"ExecStart={sys.executable} {places.program} serve" in unit
    assert program.boot(places, one_context) == 0
    assert len(log.read_text().splitlines()) == 2, "a changed context runs the script again, and nothing happens"


def test_an_image_without_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    places = Places(str(tmp_path))
    assert program.boot(places, one_context=False) == 1
    assert "no systemd" in Path(places.health).read_text()
