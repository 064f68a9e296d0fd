"""Credentials and endpoints, found where `oneflow` and `onevm` find them.

Options win over the environment, the environment over the files of the user, those over the files of the system.
OpenNebula's own OneFlow client cuts a password at its second colon; here only the first one separates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wizard.cloud.errors import CloudError, CredentialsMissing

if TYPE_CHECKING:
    from pydantic import SecretStr

SYSTEM = Path("/var/lib/one/.one")
ONEFLOW_DEFAULT = "http://localhost:2474"
ONED_DEFAULT = "http://localhost:2633/RPC2"
_HOW = "Set ONE_AUTH to a file with one line user:password, or ONEFLOW_USER and ONEFLOW_PASSWORD."


class BadEndpoint(CloudError):
    """An endpoint is no URL."""

    exit_status = 2


@dataclass(frozen=True)
class Login:
    """Addresses and credentials. The password never prints.

    `verify` says whether HTTPS certificates are verified. `read_only_reason` is a sentence: why the client refuses
    whatever changes something; empty where it does not.
    """

    username: str
    password: SecretStr
    oneflow_url: str
    oned_url: str
    verify: bool = True
    read_only_reason: str = ""


def find_login(
    environ: Mapping[str, str],
    home: Path,
    *,
    system: Path = SYSTEM,
    username: str | None = None,
    password: str | None = None,
    oneflow_url: str | None = None,
    oned_url: str | None = None,
    verify: bool = True,
) -> Login:
    """The login for both servers.

    `environ` is the environment, `home` the user's home folder; the other arguments are command-line options. A user
    without a password, or the reverse, is not completed from a file: the two might belong to different people.

    Raises CredentialsMissing, naming the files that were looked at, and BadEndpoint.
    """
    from pydantic import SecretStr

    user = username or environ.get("ONEFLOW_USER")
    secret = password or environ.get("ONEFLOW_PASSWORD")
    if not user and not secret:
        user, secret = _from_file(_auth_files(environ, home, system))
    if not user or not secret:
        missing = "user" if not user else "password"
        raise CredentialsMissing(f"there is no {missing}", "credentials", "", _HOW)
    for what, text in (("user", user), ("password", secret)):
        if not _can_be_sent(text):
            title = f"the {what} has bytes that are not UTF-8, or control characters"
            raise CredentialsMissing(title, "credentials", "", _HOW)
    flow = oneflow_url or environ.get("ONEFLOW_URL") or _line(home, system, "oneflow_endpoint") or ONEFLOW_DEFAULT
    core = oned_url or environ.get("ONE_XMLRPC") or _line(home, system, "one_endpoint") or ONED_DEFAULT
    return Login(user, SecretStr(secret), _url(flow, "OneFlow").rstrip("/"), _url(core, "oned"), verify)


def _auth_files(environ: Mapping[str, str], home: Path, system: Path) -> tuple[Path, ...]:
    if named := environ.get("ONE_AUTH"):
        return (Path(named),)
    return home / ".one" / "one_auth", system / "one_auth"


def _from_file(candidates: tuple[Path, ...]) -> tuple[str, str]:
    for path in candidates:
        try:
            text = path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            if path is not candidates[-1]:
                continue
            raise CredentialsMissing("the file can't be read: permission denied", str(path), "", _HOW) from None
        except (OSError, UnicodeDecodeError):
            raise CredentialsMissing("the file can't be read as text", str(path), "", _HOW) from None
        user, colon, secret = text.rstrip("\r\n").partition(":")
        if not colon or not user or not secret:
            raise CredentialsMissing("the file is not one line user:password", str(path), "", _HOW)
        return user, secret
    looked = ", ".join(str(path) for path in candidates)
    raise CredentialsMissing("no credentials found", "credentials", f"looked at {looked}", _HOW)


def _line(home: Path, system: Path, name: str) -> str | None:
    for path in (home / ".one" / name, system / name):
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text:
            return text
    return None


def _can_be_sent(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return not any(ord(char) < 32 or ord(char) == 127 for char in text)


def _url(text: str, what: str) -> str:
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        usable = usable and _can_be_sent(text.strip()) and " " not in text.strip()
    except ValueError:
        usable = False
    if not usable:
        raise BadEndpoint(f"{text!r} is no URL", what, "", "Write it as http://host:port, with the scheme.")
    return text.strip()
