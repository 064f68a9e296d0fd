"""The packages for distributions: the deb installed, started and removed in a chroot, the rpm read by rpm's tools."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.package.conftest import PYTHONS, ROOT

SUITES = {"3.11": "bookworm", "3.13": "trixie"}
"""The Debian whose own Python it is."""
FILES = {
    "/usr/bin/flowerneb-wizard",
    "/usr/share/bash-completion/completions/flowerneb-wizard",
    "/usr/share/doc/flowerneb-wizard/copyright",
    "/usr/share/fish/vendor_completions.d/flowerneb-wizard.fish",
    "/usr/share/man/man1/flowerneb-wizard.1",
    "/usr/share/zsh/site-functions/_flowerneb-wizard",
}
Chroot = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module", params=PYTHONS)
def python(request: pytest.FixtureRequest) -> str:
    """A Python that packages are built for."""
    asked: str = request.param
    return asked


def version_of(python: str) -> str:
    """Its version, such as 3.11."""
    return run(python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()


def package(kind: str, python: str) -> Path:
    """A package as `make deb` and `make rpm` build it."""
    return ROOT / run("make", "-s", "-C", str(ROOT), kind, f"PYTHON={python}").strip()


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def needs(*tools: str, root: bool = False) -> None:
    """Skip where one of them is not on this machine."""
    lacking = [tool for tool in tools if shutil.which(tool) is None]
    lacking += ["root"] if root and os.getuid() else []
    if lacking:
        pytest.skip(f"not on this machine: {', '.join(lacking)}")


@pytest.fixture
def chroot(python: str, tmp_path: Path) -> Iterator[Chroot]:
    """Runs a command in a Debian that has nothing but itself; its packages come from where this machine's do."""
    needs("debootstrap", "dpkg-deb", "chroot", root=True)
    suite = SUITES.get(version_of(python)) or pytest.skip(f"no Debian has Python {version_of(python)}")
    place = tmp_path / "root"
    run("debootstrap", "--variant=minbase", suite, str(place))
    for name in ("sources.list", "sources.list.d", "apt.conf.d"):
        given = Path("/etc/apt") / name
        if given.exists() and suite in (Path("/etc/os-release").read_text(encoding="utf-8")):
            run("cp", "-rT", str(given), str(place / "etc/apt" / name))
    shutil.copy("/etc/resolv.conf", place / "etc/resolv.conf")

    def enter(*command: str) -> subprocess.CompletedProcess[str]:
        variables = {"HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        variables |= {"DEBIAN_FRONTEND": "noninteractive"}
        whole = ["chroot", str(place), *command]
        return subprocess.run(whole, capture_output=True, text=True, timeout=900, env=variables)

    yield enter
    shutil.rmtree(place)


def test_the_deb_is_installed_started_and_removed(python: str, chroot: Chroot, tmp_path: Path) -> None:
    def done(*command: str) -> str:
        ended = chroot(*command)
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
        return ended.stdout

    built = package("deb", python)
    shutil.copy(built, tmp_path / "root" / "tmp" / built.name)
    done("apt-get", "-q", "update")
    done("apt-get", "-q", "-y", "--no-install-recommends", "install", f"/tmp/{built.name}")
    assert done("flowerneb-wizard", "--version").startswith("flowerneb-wizard, version ")
    assert '"ready_status_gate"' in done("flowerneb-wizard", "render", "default")
    done("flowerneb-wizard", "check", "default")
    done("flowerneb-wizard", "status", "--sandbox")
    # What is compiled finds the libraries that the package asks for.
    unpacked = "glob.glob(os.path.expanduser('~/.shiv/*/site-packages'))"
    found = f"import glob, os, sys; sys.path += {unpacked}; import lxml.etree, zmq"
    done(f"python{version_of(python)}", "-c", found)
    refused = chroot("flowerneb-wizard", "--sandbox")
    assert (refused.returncode, "needs a terminal" in refused.stderr) == (2, True)
    assert set(done("dpkg", "-L", "flowerneb-wizard").split()) >= FILES
    done("apt-get", "-q", "-y", "remove", "flowerneb-wizard")
    assert [name for name in FILES if (tmp_path / "root" / name[1:]).exists()] == []


def test_the_rpm_holds_what_it_should_and_says_what_it_needs(python: str) -> None:
    needs("rpmbuild", "rpm")
    built = str(package("rpm", python))
    assert set(run("rpm", "-qlp", built).split()) >= FILES
    wants = run("rpm", "-qRp", built)
    assert f"/usr/bin/python{version_of(python)}\n" in wants
    assert "glibc >= 2." in wants
    assert "libstdc++\n" in wants
    owners = {line.split()[2:4] == ["root", "root"] for line in run("rpm", "-qlvp", built).splitlines()}
    assert owners == {True}
    assert run("rpm", "-qp", "--provides", built).startswith("flowerneb-wizard = ")
    assert run("rpm", "-Kv", "--nosignature", built)
