"""Credentials and endpoints are found where OpenNebula's own tools find them, in their order."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.cloud.errors import CredentialsMissing
from wizard.cloud.login import ONED_DEFAULT, ONEFLOW_DEFAULT, BadEndpoint, Login, find_login


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / ".one").mkdir(parents=True)
    return folder


@pytest.fixture
def system(tmp_path: Path) -> Path:
    folder = tmp_path / "system"
    folder.mkdir()
    return folder


def who(login: Login) -> str:
    return f"{login.username}/{login.password.get_secret_value()}"


def test_options_win_over_everything(home: Path, system: Path) -> None:
    (home / ".one" / "one_auth").write_text("file:secret")
    environ = {"ONEFLOW_USER": "env", "ONEFLOW_PASSWORD": "e"}
    assert who(find_login(environ, home, system=system, username="opt", password="o")) == "opt/o"
    assert who(find_login(environ, home, system=system, password="o")) == "env/o"
    assert who(find_login(environ, home, system=system)) == "env/e"
    assert who(find_login({}, home, system=system)) == "file/secret"


def test_the_file_of_one_auth_wins_over_those_of_home_and_system(home: Path, system: Path, tmp_path: Path) -> None:
    (home / ".one" / "one_auth").write_text("home:h")
    (system / "one_auth").write_text("system:s")
    (tmp_path / "named").write_text("named:n\n")
    assert who(find_login({"ONE_AUTH": str(tmp_path / "named")}, home, system=system)) == "named/n"
    assert who(find_login({}, home, system=system)) == "home/h"
    (home / ".one" / "one_auth").unlink()
    assert who(find_login({}, home, system=system)) == "system/s"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("alice:secret\n", "alice/secret"),
        ("alice:se:cr:et", "alice/se:cr:et"),
        ("alice::", "alice/:"),
        ("alice: with blanks \r\n", "alice/ with blanks "),
        ("ålice:pässwörd", "ålice/pässwörd"),
    ],
)
def test_only_the_first_colon_separates(home: Path, text: str, found: str) -> None:
    (home / ".one" / "one_auth").write_bytes(text.encode())
    assert who(find_login({}, home, system=home)) == found


@pytest.mark.parametrize("text", [b"", b"alice", b"alice:", b":secret", b"\xff\xfe:x"])
def test_a_file_without_a_login_is_named(home: Path, text: bytes) -> None:
    path = home / ".one" / "one_auth"
    path.write_bytes(text)
    with pytest.raises(CredentialsMissing) as caught:
        find_login({}, home, system=home)
    assert caught.value.subject == str(path)
    assert "ONE_AUTH" in caught.value.hint
    assert caught.value.exit_status == 3


def test_no_file_names_those_that_were_looked_at(home: Path, system: Path) -> None:
    with pytest.raises(CredentialsMissing, match="no credentials found") as caught:
        find_login({}, home, system=system)
    assert str(home / ".one" / "one_auth") in caught.value.detail
    assert str(system / "one_auth") in caught.value.detail


def test_half_a_login_is_not_completed_from_a_file(home: Path) -> None:
    (home / ".one" / "one_auth").write_text("file:secret")
    with pytest.raises(CredentialsMissing, match="no password"):
        find_login({"ONEFLOW_USER": "env"}, home, system=home)
    with pytest.raises(CredentialsMissing, match="no user"):
        find_login({"ONEFLOW_PASSWORD": "x"}, home, system=home)


def test_a_folder_in_place_of_the_file_is_named(home: Path) -> None:
    (home / ".one" / "one_auth").mkdir()
    with pytest.raises(CredentialsMissing, match="can't be read"):
        find_login({}, home, system=home)


def test_a_file_of_home_that_may_not_be_read_leaves_the_systems(
    home: Path, system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked, other = home / ".one" / "one_auth", system / "one_auth"
    locked.write_text("home:h")
    other.write_text("system:s")
    closed = {locked}
    read = Path.read_text

    def refuse(path: Path, encoding: str) -> str:
        if path in closed:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path, encoding=encoding)

    monkeypatch.setattr(Path, "read_text", refuse)
    assert who(find_login({}, home, system=system)) == "system/s"
    closed.add(other)
    with pytest.raises(CredentialsMissing, match="permission denied") as caught:
        find_login({}, home, system=system)
    assert caught.value.subject == str(other)


def test_endpoints_in_their_order(home: Path, system: Path) -> None:
    who_am_i = {"ONEFLOW_USER": "u", "ONEFLOW_PASSWORD": "p"}
    login = find_login(who_am_i, home, system=system)
    assert (login.oneflow_url, login.oned_url, login.verify) == (ONEFLOW_DEFAULT, ONED_DEFAULT, True)
    (system / "oneflow_endpoint").write_text("http://system:2474\n")
    (system / "one_endpoint").write_text("http://system:2633/RPC2\n")
    login = find_login(who_am_i, home, system=system)
    assert (login.oneflow_url, login.oned_url) == ("http://system:2474", "http://system:2633/RPC2")
    (home / ".one" / "oneflow_endpoint").write_text("https://home/flow/\n")
    (home / ".one" / "one_endpoint").write_text("\n")
    login = find_login(who_am_i, home, system=system)
    assert (login.oneflow_url, login.oned_url) == ("https://home/flow", "http://system:2633/RPC2")
    environ = {**who_am_i, "ONEFLOW_URL": "http://env:1/", "ONE_XMLRPC": "http://env:2/RPC2"}
    login = find_login(environ, home, system=system)
    assert (login.oneflow_url, login.oned_url) == ("http://env:1", "http://env:2/RPC2")
    login = find_login(environ, home, system=system, oneflow_url="http://[::1]:7", oned_url="http://o:8", verify=False)
    assert (login.oneflow_url, login.oned_url, login.verify) == ("http://[::1]:7", "http://o:8", False)


@pytest.mark.parametrize("text", ["localhost:2474", "ftp://x", "http://", "http://x:port", "http://[::1", "http://x:0"])
def test_what_is_no_url_is_told_before_anything_is_asked(home: Path, text: str) -> None:
    for option in ("oneflow_url", "oned_url"):
        with pytest.raises(BadEndpoint, match="no URL") as caught:
            find_login({}, home, system=home, username="u", password="p", **{option: text})  # type: ignore[arg-type]
        assert caught.value.exit_status == 2
        assert text in caught.value.title


def test_the_password_never_prints(home: Path) -> None:
    login = find_login({}, home, system=home, username="u", password="hunter2")
    assert "hunter2" not in f"{login!r} {login}"


@pytest.mark.parametrize("text", ["caf\udce9", "two\nlines", "nul\0", "del\x7f"])
def test_what_can_not_be_sent_is_refused_beforehand(tmp_path: Path, text: str) -> None:
    for user, password in ((text, "x"), ("x", text)):
        with pytest.raises(CredentialsMissing, match="not UTF-8"):
            find_login({"ONEFLOW_USER": user, "ONEFLOW_PASSWORD": password}, tmp_path)
    good = {"ONEFLOW_USER": "x", "ONEFLOW_PASSWORD": "y"}
    for name in ("ONEFLOW_URL", "ONE_XMLRPC"):
        with pytest.raises(BadEndpoint):
            find_login({**good, name: f"http://{text}:2474"}, tmp_path)
        with pytest.raises(BadEndpoint):
            find_login({**good, name: f"http://host/{text}"}, tmp_path)
