"""Build a package for a distribution: `packages.py deb|rpm`, run by the Python that the package is for.

It holds the single file as `/usr/bin/flowerneb-wizard`, the manual page and the completions, and depends on the
distribution's own Python of that version and on the glibc that the compiled parts want.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import zipfile
from email.utils import formatdate
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = "flowerneb-wizard"
SUMMARY = "Bring up a Flower federated-learning cluster on OpenNebula"
TEXT = (
    "A program for the terminal that guides through the settings of a Flower cluster,\n"
    "checks them, deploys it with OneFlow, and shows which VM trains on which partition."
)
RELEASE = "1"
PLACES = {
    f"man/{NAME}.1": f"usr/share/man/man1/{NAME}.1",
    f"completions/{NAME}": f"usr/share/bash-completion/completions/{NAME}",
    f"completions/_{NAME}": f"usr/share/zsh/site-functions/_{NAME}",
    f"completions/{NAME}.fish": f"usr/share/fish/vendor_completions.d/{NAME}.fish",
    "LICENSE": f"usr/share/doc/{NAME}/copyright",
}
_GLIBC = re.compile(rb"^Tag: .*-manylinux_(\d+)_(\d+)_", re.MULTILINE)
_OLD_NAMES = {b"manylinux1": (2, 5), b"manylinux2010": (2, 12), b"manylinux2014": (2, 17)}


def main(kind: str) -> None:
    """Build one package into dist/ and print where it is. SystemExit where a tool is missing or fails."""
    python = "{}.{}".format(*sys.version_info)
    work = ROOT / "build" / f"{kind}-{python}"
    shutil.rmtree(work, ignore_errors=True)
    tree = work / "tree"
    _done("sh", "scripts/pyz.sh", sys.executable)
    program = tree / "usr/bin" / NAME
    program.parent.mkdir(parents=True)
    single = ROOT / "build" / f"pyz-{python}" / "shiv.pyz"
    _done(sys.executable, "scripts/pyz_main.py", str(single), str(program), f"/usr/bin/python{python}")
    for source, target in PLACES.items():
        (tree / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / source, tree / target)
    (ROOT / "dist").mkdir(exist_ok=True)
    glibc = ".".join(map(str, wanted_glibc(single)))
    for path in tree.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path == program else 0o644)
    built = _deb(tree, python, glibc) if kind == "deb" else _rpm(work, tree, python, glibc)
    print(built.relative_to(ROOT))


def wanted_glibc(single: Path) -> tuple[int, int]:
    """The newest glibc that a wheel in the single file asks for."""
    found = [(2, 17)]
    with zipfile.ZipFile(single) as archive:
        for name in archive.namelist():
            if not name.endswith(".dist-info/WHEEL"):
                continue
            # A wheel that names several wants the oldest of them.
            text = archive.read(name)
            tags = [(int(major), int(minor)) for major, minor in _GLIBC.findall(text)]
            tags += [version for tag, version in _OLD_NAMES.items() if tag in text]
            found += [min(tags)] if tags else []
    return max(found)


def version() -> str:
    """The version of the program."""
    text = (ROOT / "wizard/__init__.py").read_text(encoding="utf-8")
    return text.split('__version__ = "')[1].split('"')[0]


def _deb(tree: Path, python: str, glibc: str) -> Path:
    architecture = _done("dpkg", "--print-architecture").strip()
    size = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file()) // 1024
    full = f"{version()}-{RELEASE}.py{python.replace('.', '')}"
    control = {
        "Package": NAME,
        "Version": full,
        "Architecture": architecture,
        "Maintainer": f"{NAME} developers",
        "Installed-Size": str(size),
        "Depends": f"python{python}, libc6 (>= {glibc}), libstdc++6",
        "Recommends": "openssh-client",
        "Section": "admin",
        "Priority": "optional",
        "Description": SUMMARY + "\n" + "\n".join(f" {line}" for line in TEXT.splitlines()),
    }
    (tree / "DEBIAN").mkdir()
    lines = "".join(f"{key}: {value}\n" for key, value in control.items())
    (tree / "DEBIAN/control").write_text(lines, encoding="utf-8")
    target = ROOT / "dist" / f"{NAME}_{full}_{architecture}.deb"
    _done("dpkg-deb", "--root-owner-group", "--build", str(tree), str(target))
    return target


def _rpm(work: Path, tree: Path, python: str, glibc: str) -> Path:
    files = sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file())
    listed = "\n".join(f"/{name}" for name in files)
    release = f"{RELEASE}.py{python.replace('.', '')}"
    # Nothing is looked into or rewritten: the single file is what it is, and its dependencies are said here.
    spec = f"""\
%global __os_install_post %{{nil}}
%global debug_package %{{nil}}
%global _build_id_links none
Name: {NAME}
Version: {version()}
Release: {release}
Summary: {SUMMARY}
License: Apache-2.0
AutoReqProv: no
Requires: /usr/bin/python{python}
Requires: glibc >= {glibc}
Requires: libstdc++
Recommends: openssh-clients

%description
{TEXT}

%install
mkdir -p %{{buildroot}}
cp -a {tree}/. %{{buildroot}}/

%files
%defattr(-,root,root,-)
%dir /usr/share/doc/{NAME}
{listed}

%changelog
* {_day()} {NAME} developers - {version()}-{release}
- See CHANGELOG.md
"""
    (work / f"{NAME}.spec").write_text(spec, encoding="utf-8")
    _done("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {work / 'rpm'}", str(work / f"{NAME}.spec"))
    name = f"{NAME}-{version()}-{release}.{platform.machine()}.rpm"
    return Path(shutil.copy(work / "rpm/RPMS" / platform.machine() / name, ROOT / "dist" / name))


def _day() -> str:
    weekday, day, month, year = formatdate().replace(",", "").split()[:4]
    return f"{weekday} {month} {day} {year}"


def _done(*command: str) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        package = {"rpmbuild": "rpm", "dpkg-deb": "dpkg", "dpkg": "dpkg"}.get(command[0], command[0])
        sys.exit(f"{command[0]} is not on this machine: install the package {package}")
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main(sys.argv[1])
