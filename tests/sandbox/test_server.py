"""The servers: ports, keep-alive, credentials, the request log, and a prompt stop."""

from __future__ import annotations

import base64
import http.client
import json
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.sandbox.cloud import Cloud, flower
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox


def test_it_imports_the_standard_library_only() -> None:
    script = (
        "import sys, wizard.sandbox.server\n"
        "known = set(sys.stdlib_module_names) | {'__main__'}\n"
        "strange = [name for name in sys.modules if name.partition('.')[0] not in known]\n"
        "print(sorted(name for name in strange if name != 'wizard' and not name.startswith('wizard.sandbox')))"
    )
    result = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, check=False, cwd=_root()
    )
    assert result.stdout.strip() == "[]", result.stderr


def _root() -> Path:
    return Path(__file__).parents[2]


def test_the_environment_points_here_and_the_secret_is_private() -> None:
    sandbox = Sandbox(latency=0, clock=ManualClock())
    with sandbox:
        environment = sandbox.environment()
        assert set(environment) == {"ONE_XMLRPC", "ONEFLOW_URL", "ONEFLOW_USER", "ONEFLOW_PASSWORD", "ONE_AUTH"}
        assert environment["ONE_XMLRPC"].endswith("/RPC2")
        secret = Path(environment["ONE_AUTH"])
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700
        assert secret.read_text() == f"{sandbox.username}:{sandbox.password}\n"
        assert ":" in sandbox.password
    assert not secret.parent.exists()
    with pytest.raises(RuntimeError):
        sandbox.environment()


def test_each_sandbox_has_its_own_password() -> None:
    assert Sandbox().password != Sandbox().password


def test_a_connection_is_reused_and_content_lengths_are_right() -> None:
    with Cloud() as cloud:
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(cloud.sandbox.oneflow_url).port, timeout=5)
        session = f"{cloud.sandbox.username}:{cloud.sandbox.password}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(session).decode()}"}
        ports = set()
        for method, path, body, expected in (
            ("POST", "/service_template", json.dumps(flower()), 201),
            ("GET", "/service_template", None, 200),
            ("DELETE", "/service_template/1", None, 204),
            ("GET", "/service_template/1", None, 404),
            ("GET", "/nonsense", None, 404),
        ):
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            reply.read()
            assert reply.status == expected
            assert (reply.getheader("Content-Type") is None) is (expected == 204)
            assert connection.sock is not None
            ports.add(connection.sock.getsockname()[1])
        connection.close()
        assert len(ports) == 1


def test_missing_and_wrong_credentials_get_the_servers_text() -> None:
    with Cloud() as cloud:
        for header, message in (
            (None, "A username and password must be provided"),
            ("Bearer abc", "A username and password must be provided"),
            (f"Basic {base64.b64encode(b'oneadmin:wrong').decode()}", "Invalid credentials"),
        ):
            connection = http.client.HTTPConnection("127.0.0.1", urlsplit(cloud.sandbox.oneflow_url).port, timeout=5)
            connection.request("GET", "/service", headers={"Authorization": header} if header else {})
            reply = connection.getresponse()
            assert (reply.status, reply.read().decode()) == (401, message)
            connection.close()


def test_the_log_counts_requests_and_keeps_no_secret() -> None:
    with Cloud() as cloud:
        service = cloud.running()
        cloud.oned("one.vm.info", 0)
        log = cloud.sandbox.requests
        assert [request.call for request in log if request.server == "oned"] == ["one.vm.info"]
        assert f"GET /service/{service}" in {request.call for request in log}
        assert any(request.server == "onegate" and request.call == "PUT /vm" for request in log)
        assert cloud.sandbox.password not in repr(log)


def test_latency_applies_to_authenticated_calls() -> None:
    sandbox = Sandbox(latency=0.1, clock=ManualClock())
    with sandbox:
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(sandbox.oneflow_url).port, timeout=5)
        session = base64.b64encode(f"{sandbox.username}:{sandbox.password}".encode()).decode()
        took = []
        for headers in ({}, {"Authorization": f"Basic {session}"}):
            began = time.perf_counter()
            connection.request("GET", "/service", headers=headers)
            connection.getresponse().read()
            took.append(time.perf_counter() - began)
        connection.close()
        assert took[0] < 0.1 <= took[1]


def test_it_stops_at_once_even_while_requests_hang() -> None:
    cloud = Cloud()
    cloud.sandbox.start()
    cloud.sandbox.faults.plan("oneflow", "silent", times=-1)
    failures: list[Exception] = []

    def hang() -> None:
        try:
            cloud.ask("GET", "/service")
        except (OSError, http.client.HTTPException) as error:
            failures.append(error)

    threads = [threading.Thread(target=hang) for _ in range(5)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    began = time.perf_counter()
    cloud.sandbox.stop()
    assert time.perf_counter() - began < 1
    for thread in threads:
        thread.join(2)
    assert len(failures) == 5


def test_a_running_clock_brings_a_service_up_by_itself() -> None:
    with Cloud(sandbox=Sandbox(latency=0, speed=200)) as cloud:
        service = cloud.instantiate(flower())
        deadline = time.monotonic() + 5
        while cloud.body(service).get("state") != 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert cloud.body(service)["state"] == 2
        assert cloud.scale(service, 6)[0] == 204
        deadline = time.monotonic() + 5
        while len([vm for vm in cloud.sandbox.world.vms if vm.role == "supernode"]) < 4:
            assert time.monotonic() < deadline, "the new VMs never came"
            time.sleep(0.01)
        began = time.perf_counter()
    assert time.perf_counter() - began < 1


def test_many_clients_at_once() -> None:
    with Cloud() as cloud:
        service = cloud.instantiate(flower(5))
        states: list[int] = []
        threads = [
            threading.Thread(target=lambda: states.extend(cloud.body(service)["state"] for _ in range(20)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for _ in range(60):
            cloud.clock.advance(1)
        for thread in threads:
            thread.join()
        assert len(states) == 160
        assert cloud.body(service)["state"] == 2
