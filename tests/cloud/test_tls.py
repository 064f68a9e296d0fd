"""HTTPS: a certificate that is trusted, one that is not, and `--insecure`, of both servers."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import warnings
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cloud.wire_server import Heard, Listener, http, login
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import Unreachable

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")

ASKING: list[Callable[[Cloud], object]] = [lambda cloud: cloud.services.list(), lambda cloud: cloud.version()]


def answer(request: Heard) -> bytes:
    """An empty list of services, or oned's version."""
    if request.method == "GET":
        return http(200, '{"DOCUMENT_POOL": {}}')
    return http(200, xmlrpc.client.dumps(([True, "7.5.80", 0],), methodresponse=True), "text/xml")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=cloud"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


@pytest.fixture
def server(certificate: tuple[Path, Path]) -> Listener:
    """Both servers behind HTTPS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certificate))
    return Listener(answer, tls=context)


@pytest.mark.parametrize("ask", ASKING)
def test_what_nobody_trusts_is_not_asked(server: Listener, ask: Callable[[Cloud], object]) -> None:
    with server as listener:
        cloud = Cloud(login(listener.url, f"{listener.url}/RPC2"), timeout=5)
        with pytest.raises(Unreachable, match="certificate is not trusted"):
            ask(cloud)
        cloud.close()
    assert listener.heard == []


@pytest.mark.parametrize("ask", ASKING)
def test_insecure_asks_all_the_same_and_writes_nothing_over_the_screen(
    server: Listener, ask: Callable[[Cloud], object]
) -> None:
    with server as listener, warnings.catch_warnings():
        warnings.simplefilter("error")
        cloud = Cloud(login(listener.url, f"{listener.url}/RPC2", verify=False), timeout=5)
        ask(cloud)
        cloud.close()
    assert len(listener.heard) == 1


@pytest.mark.parametrize("ask", ASKING)
def test_the_cas_of_this_machine_are_trusted(
    server: Listener,
    certificate: tuple[Path, Path],
    ask: Callable[[Cloud], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with server as listener:
        cloud = Cloud(login(listener.url, f"{listener.url}/RPC2"), timeout=5)
        ask(cloud)
        cloud.close()
    assert len(listener.heard) == 1
