"""Network faults between client and server."""

from __future__ import annotations

import http.client
import json
import time
import xmlrpc.client

import pytest

from tests.sandbox.cloud import Cloud, flower


def test_hanging_up_without_an_answer() -> None:
    with Cloud() as cloud:
        cloud.sandbox.faults.plan("oneflow", "close", match="GET /service")
        with pytest.raises(http.client.RemoteDisconnected):
            cloud.ask("GET", "/service")
        assert cloud.ask("GET", "/service")[0] == 200
        assert [request.status for request in cloud.sandbox.requests] == [0, 200]


def test_a_match_picks_requests_and_times_counts_them() -> None:
    with Cloud() as cloud:
        cloud.sandbox.faults.plan("oneflow", "html", match="POST", times=2)
        assert cloud.ask("GET", "/service")[0] == 200
        for _ in range(2):
            status, text = cloud.ask("POST", "/service_template", flower())
            assert status == 502
            assert "nginx" in text
        assert cloud.ask("POST", "/service_template", flower())[0] == 201


def test_a_fault_for_ever_ends_when_faults_are_cleared() -> None:
    with Cloud() as cloud:
        cloud.sandbox.faults.plan("oned", "error", match="one.vm", times=-1)
        for _ in range(3):
            with pytest.raises(xmlrpc.client.ProtocolError) as caught:
                cloud.oned("one.vmpool.infoset", "0", False)
            assert caught.value.errcode == 500
        assert cloud.oned("one.system.version")[1] == "7.5.80"
        cloud.sandbox.faults.clear()
        assert cloud.oned("one.vmpool.infoset", "0", False)[0]


def test_an_error_with_a_backtrace() -> None:
    with Cloud() as cloud:
        cloud.sandbox.faults.plan("oneflow", "error")
        status, body = cloud.ask("GET", "/service")
        assert status == 500
        assert set(body) == {"message", "reason", "backtrace"}


def test_half_a_body() -> None:
    with Cloud() as cloud:
        cloud.sandbox.faults.plan("oneflow", "half")
        with pytest.raises(http.client.IncompleteRead):
            cloud.ask("GET", "/service_template")


def test_a_cut_after_the_server_acted() -> None:
    with Cloud() as cloud:
        cloud.sandbox.faults.plan("oneflow", "cut", match="POST")
        with pytest.raises(http.client.RemoteDisconnected):
            cloud.ask("POST", "/service_template", flower())
        _, pool = cloud.ask("GET", "/service_template")
        assert "Flower" in json.dumps(pool)


def test_a_slow_answer() -> None:
    with Cloud() as cloud:
        cloud.sandbox.faults.plan("oneflow", "slow", seconds=0.2)
        began = time.perf_counter()
        assert cloud.ask("GET", "/service")[0] == 200
        assert time.perf_counter() - began >= 0.2


def test_silence_for_a_while_and_then_a_hang_up() -> None:
    with Cloud() as cloud:
        cloud.sandbox.faults.plan("oneflow", "silent", seconds=0.1)
        with pytest.raises(http.client.RemoteDisconnected):
            cloud.ask("GET", "/service")


def test_faults_of_onegate_leave_guests_without_a_partition() -> None:
    with Cloud() as cloud:
        cloud.sandbox.faults.plan("onegate", "close", match="GET /service", times=-1)
        service = cloud.instantiate(flower())
        cloud.clock.advance(60)
        assert {cloud.vm(vid).guest.node_config for vid in cloud.nodes(service)} == {""}


def test_an_unknown_kind_is_refused() -> None:
    with Cloud() as cloud, pytest.raises(ValueError, match="no such fault: unknown"):
        cloud.sandbox.faults.plan("oneflow", "unknown")  # type: ignore[arg-type]


def test_planned_shows_the_faults_that_are_not_used_up() -> None:
    with Cloud() as cloud:
        cloud.sandbox.faults.plan("oneflow", "html", times=2)
        cloud.ask("GET", "/service")
        assert [fault.times for fault in cloud.sandbox.faults.planned] == [1]
        cloud.ask("GET", "/service")
        assert cloud.sandbox.faults.planned == []
