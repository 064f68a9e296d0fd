"""Rows as an operator reads them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.services import NOW, service, vm
from wizard.core.opennebula.snapshot import Node, Role, ServiceSnapshot, VmFacts
from wizard.core.text import duration
from wizard.core.views.rows import RoleRow, role_rows, vm_rows

HOSTILE = "\x1b]0;owned\x07[bold red]\u202eevil\n"
SPELLED = "\\x1b]0;owned\\x07[bold red]\\u202eevil\\n"


def test_a_row_for_each_vm_role_by_role_in_oneflows_order() -> None:
    snapshot = service(
        [
            vm(2, ips=("10.0.0.2", "fe80::2"), host="kvm-2"),
            vm(3, ready="NO"),
            vm(4, "BOOT", ready=None, host="kvm-1"),
            vm(5, "BOOT_FAILURE", ready=None),
        ],
        "DEPLOYING",
        superlink=[vm(1, role="superlink", ips=("10.0.0.1",), host="kvm-1")],
    )
    rows = vm_rows(snapshot)
    assert [(row.role, row.index, row.vm_id, row.name) for row in rows] == [
        ("superlink", 0, 1, "superlink_1_(service_42)"),
        ("supernode", 0, 2, "supernode_2_(service_42)"),
        ("supernode", 1, 3, "supernode_3_(service_42)"),
        ("supernode", 2, 4, "supernode_4_(service_42)"),
        ("supernode", 3, 5, "supernode_5_(service_42)"),
    ]
    assert [(row.ip, row.host, row.state, row.ready, row.age, row.failed) for row in rows] == [
        ("10.0.0.1", "kvm-1", "RUNNING", "YES", NOW - 1001, False),
        ("10.0.0.2", "kvm-2", "RUNNING", "YES", NOW - 1002, False),
        ("-", "-", "RUNNING", "NO", NOW - 1003, False),
        ("-", "kvm-1", "BOOT", "…", NOW - 1004, False),
        ("-", "-", "BOOT_FAILURE", "…", NOW - 1005, True),
    ]
    assert [(row.partition, row.assigned_by, row.sync) for row in rows] == [
        ("", "", ""),
        ("0 of 4", "inferred", "in sync"),
        ("1 of 4", "inferred", "in sync"),
        ("2 of 4", "expected", "pending"),
        ("3 of 4", "expected", "pending"),
    ]


def test_a_vm_that_oned_was_not_asked_about() -> None:
    row = vm_rows(service([2]))[1]
    assert (row.name, row.ip, row.host, row.state, row.ready, row.age) == ("supernode_2", "-", "-", "?", "?", -1)
    assert (row.partition, row.assigned_by, row.sync, row.failed) == ("?", "unknown", "unknown", False)


def test_a_vm_whose_template_was_not_read_may_be_ready_or_not() -> None:
    assert vm_rows(service([vm(2, user_template=None)]))[1].ready == "?"


def test_a_supernode_without_a_partition_says_none() -> None:
    snapshot = service([vm(2)], supernode_role={"values": {"FL_NODE_CONFIG": "a=1"}})
    assert vm_rows(snapshot)[1].partition == "none"


def test_without_a_moment_there_is_no_age() -> None:
    assert {row.age for row in vm_rows(service([vm(2)], taken_at=0.0))} == {-1}


def test_hostile_names_drive_no_terminal() -> None:
    facts = VmFacts(2, HOSTILE, 3, 3, ips=(HOSTILE,), host=HOSTILE, user_template={"READY": HOSTILE})
    snapshot = ServiceSnapshot(42, "x", 2, roles=(Role(HOSTILE, 2, 1, nodes=(Node(2, HOSTILE, facts),)),))
    (row,) = vm_rows(snapshot)
    assert {row.role, row.name, row.ip, row.host, row.ready} == {SPELLED}
    assert role_rows(snapshot)[0].name == SPELLED


def test_a_row_for_each_role() -> None:
    snapshot = service([vm(2), vm(3, ready="NO"), 4], "SCALING", supernode_role={"cardinality": 5, "state": "SCALING"})
    assert role_rows(snapshot) == (
        RoleRow("superlink", "RUNNING", ready=1, listed=1, wanted=1, failed=False),
        RoleRow("supernode", "SCALING", ready=1, listed=3, wanted=5, failed=False),
    )
    broken = replace(snapshot, roles=(replace(snapshot.roles[0], state=7), replace(snapshot.roles[1], state=77)))
    assert [(row.state, row.failed) for row in role_rows(broken)] == [("FAILED_DEPLOYING", True), ("77", False)]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "-"),
        (0, "00:00"),
        (41.9, "00:41"),
        (60, "01:00"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (3723, "1:02:03"),
        (86399, "23:59:59"),
        (86400, "1d 00h"),
        (3 * 86400 + 4 * 3600 + 59, "3d 04h"),
    ],
)
def test_a_length_of_time(seconds: float, text: str) -> None:
    assert duration(seconds) == text
