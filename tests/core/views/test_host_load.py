"""How busy the hosts are, in a few words."""

from __future__ import annotations

from wizard.core.preflight.facts import Host
from wizard.core.views.host_load import host_load

HOSTS = (Host(0, "a", 2, 6.0, 1024.0, 8.0, 4096.0), Host(1, "b", 2, 2.0, 3072.0, 8.0, 4096.0))


def test_what_is_allocated_of_what_there_is() -> None:
    assert host_load(HOSTS, bars=True) == "hosts 2  CPU ▓▓░░░ 50 %  MEM ▓▓░░░ 50 %"
    assert host_load(HOSTS, bars=False) == "hosts 2  CPU 50 %  MEM 50 %"


def test_more_than_there_is_and_less_than_nothing_stay_on_the_bar() -> None:
    assert "100 %" in host_load([Host(0, "a", 2, -4.0, 0.0, 8.0, 0.0)], bars=True)
    assert "CPU ░░░░░ 0 %" in host_load([Host(0, "a", 2, 9.0, 0.0, 8.0, 0.0)], bars=True)


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert host_load([], bars=True) == ""
    assert host_load([Host(0, "a", -1, 0.0, 0.0)], bars=True) == "hosts 1"
