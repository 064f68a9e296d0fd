"""Puts a beginning of its own into a single file: `pyz_main.py FROM TO [PYTHON]`.

It is run by the Python that the file is for. PYTHON is the path of the Python that starts it; without it that of FROM.

The file unpacks itself before anything of ours runs. What can be wrong until then is said here, in one line: it was
started with another Python, for which its compiled parts don't fit, or there is no place to unpack it into.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

_MAIN = """\
import os
import sys


def unpacked(root):
    name = os.path.basename(os.path.realpath(sys.argv[0])) + "_"
    return os.access(root, os.R_OK | os.X_OK) and any(entry.startswith(name) for entry in os.listdir(root))


def refused(root):
    try:
        os.makedirs(root, exist_ok=True)
    except OSError as error:
        return str(error)
    return "" if os.access(root, os.W_OK | os.X_OK) else "nothing can be written into it"


if sys.version_info[:2] != {version!r}:
    sys.exit(
        "flowerneb-wizard: this file is for Python {version[0]}.{version[1]} and was started with %d.%d\\n"
        "Install python{version[0]}.{version[1]} and start it with that, or take the file for your Python."
        % sys.version_info[:2]
    )
root = os.path.abspath(os.path.expanduser(os.environ.get("SHIV_ROOT") or "~/.shiv"))
reason = "" if unpacked(root) else refused(root)
if reason:
    sys.exit(
        "flowerneb-wizard: this file unpacks itself into %s, and that can't be: %s\\n"
        "Set SHIV_ROOT to a folder that has room for 60 MB." % (root, reason)
    )

import _bootstrap

_bootstrap.bootstrap()
"""


def begin_anew(given: Path, target: Path, python: str = "") -> None:
    """Copy a single file, with this beginning in place of its own."""
    version = sys.version_info[:2]
    shebang = f"#!{python}".encode() if python else given.read_bytes().split(b"\n", 1)[0]
    with zipfile.ZipFile(given) as source, target.open("wb") as stream:
        stream.write(shebang + b"\n")
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as copy:
            for item in source.infolist():
                ours = item.filename == "__main__.py"
                copy.writestr(item, _MAIN.format(version=version) if ours else source.read(item))
    target.chmod(0o755)


if __name__ == "__main__":
    begin_anew(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
