"""oned's objects, bound by pyone, into plain values, whatever is missing in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyone
import pytest

from wizard.cloud import objects
from wizard.core.preflight.facts import Limit, Network, Reference, User, VmTemplate

WHO = "<ID>3</ID><UNAME>alice</UNAME><GNAME>users</GNAME><NAME>n</NAME>"


def bound(text: str) -> Any:
    """The object that pyone makes of an answer."""
    return pyone.bindings.parseString(text.encode())


def test_a_vm_template_with_all_that_a_picker_shows() -> None:
    text = f"""<VMTEMPLATE>{WHO}<TEMPLATE>
        <CONTEXT><TOKEN><![CDATA[YES]]></TOKEN><NETWORK><![CDATA[NO]]></NETWORK></CONTEXT>
        <CPU><![CDATA[0.5]]></CPU><MEMORY><![CDATA[768]]></MEMORY>
        <DISK><IMAGE><![CDATA[flower]]></IMAGE></DISK><DISK><IMAGE_ID>4</IMAGE_ID></DISK><DISK><SIZE>1</SIZE></DISK>
        </TEMPLATE></VMTEMPLATE>"""
    template = objects.vm_template(bound(text))
    assert (template.id, template.name, template.owner, template.group) == (3, "n", "alice", "users")
    assert (template.cpu, template.memory, template.disks) == (0.5, 768, 3)
    assert [str(image) for image in template.images] == ["flower", "image 4"]
    assert template.context == {"TOKEN": "YES", "NETWORK": "NO"}


def test_a_vm_template_with_nothing_in_it() -> None:
    assert objects.vm_template(bound("<VMTEMPLATE><ID>7</ID></VMTEMPLATE>")) == VmTemplate(7, "")


def test_a_vm_template_of_another_hand() -> None:
    text = """<VMTEMPLATE><ID>3</ID><NAME>x</NAME><TEMPLATE><CPU>many</CPU><MEMORY><![CDATA[512]]></MEMORY>
    <DISK><IMAGE>os</IMAGE><IMAGE_UNAME>bob</IMAGE_UNAME></DISK><DISK><SIZE>100</SIZE><TYPE>fs</TYPE></DISK>
    <NIC><NETWORK>net</NETWORK><NETWORK_UID>5</NETWORK_UID></NIC><NIC><NETWORK_MODE>auto</NETWORK_MODE></NIC>
    <SCHED_REQUIREMENTS>FREE_CPU &gt; 1</SCHED_REQUIREMENTS></TEMPLATE></VMTEMPLATE>"""
    template = objects.vm_template(bound(text))
    assert (template.cpu, template.memory, template.disks, template.auto_nics) == (None, 512.0, 2, 1)
    assert template.images == (Reference(None, "os", "bob"),)
    assert template.nics == (Reference(None, "net", "", 5),)
    assert (template.requirements, template.context) == ("FREE_CPU > 1", {})


def test_free_leases_are_those_of_all_ranges_less_the_used_ones() -> None:
    ranges = "<AR_POOL><AR><SIZE>10</SIZE></AR><AR><SIZE>5</SIZE></AR></AR_POOL>"
    text = f"<VNET>{WHO}<USED_LEASES>4</USED_LEASES>{ranges}</VNET>"
    network = objects.network(bound(text))
    assert (network.id, network.size, network.free) == (3, 15, 11)
    overbooked = text.replace(">4<", ">40<")
    assert objects.network(bound(overbooked)).free == 0


def test_leases_that_are_not_told_are_unknown_and_not_none() -> None:
    unknown = objects.network(bound(f"<VNET>{WHO}<USED_LEASES>4</USED_LEASES></VNET>"))
    assert unknown == Network(3, "n", "alice", group="users", used=4)
    assert unknown.free is None
    empty = objects.network(bound(f"<VNET>{WHO}<USED_LEASES>0</USED_LEASES><AR_POOL/></VNET>"))
    assert (empty.size, empty.free) == (0, 0)


USER = """<USER><ID>4</ID><GID>1</GID><GROUPS><ID>1</ID><ID>100</ID></GROUPS><GNAME>users</GNAME><NAME>alice</NAME>
<TEMPLATE/><VM_QUOTA>{quotas}</VM_QUOTA><DEFAULT_USER_QUOTAS><VM_QUOTA><VM><VMS>5</VMS><VMS_USED>0</VMS_USED>
<CPU>-2</CPU><CPU_USED>0</CPU_USED></VM></VM_QUOTA></DEFAULT_USER_QUOTAS></USER>"""


@pytest.mark.parametrize(
    ("quotas", "limits"),
    [
        ("", (Limit("VMS", 5, 0),)),
        (
            "<VM><VMS>-1</VMS><VMS_USED>3</VMS_USED><CPU>4.5</CPU><CPU_USED>1</CPU_USED></VM>",
            (Limit("VMS", 5, 3), Limit("CPU", 4.5, 1)),
        ),
        ("<VM><VMS>-2</VMS><VMS_USED>3</VMS_USED><MEMORY>0</MEMORY></VM>", (Limit("MEMORY", 0, 0),)),
    ],
)
def test_limits_with_defaults(quotas: str, limits: tuple[Limit, ...]) -> None:
    user = objects.user(bound(USER.format(quotas=quotas)))
    assert user.limits == limits
    assert (user.admin, user.token_password) == (False, False)


@pytest.mark.skipif(not hasattr(pyone, "server_xrpc"), reason="pyone of 6.10 knows no quotas of clusters")
def test_a_limit_of_some_clusters_alone_leaves_the_default() -> None:
    user = objects.user(bound(USER.format(quotas="<VM><CLUSTER_IDS>100</CLUSTER_IDS><VMS>2</VMS></VM>")))
    assert user.limits == (Limit("VMS", 5, 0), Limit("VMS", 2, 0, "100"))


def test_what_one_owns_is_listed_even_without_the_right() -> None:
    text = (
        "<IMAGE><ID>3</ID><UID>{uid}</UID><NAME>x</NAME><PERMISSIONS><OWNER_U>0</OWNER_U></PERMISSIONS>"
        "<STATE>1</STATE><TEMPLATE><PERSISTENT_TYPE>SHAREABLE</PERSISTENT_TYPE></TEMPLATE></IMAGE>"
    )
    alice = User(4, "alice")
    assert not objects.image(bound(text.format(uid=4)), alice).usable
    assert objects.image(bound(text.format(uid=5)), alice).usable
    assert objects.image(bound(text.format(uid=4)), replace(alice, admin=True)).usable
    assert objects.image(bound(text.format(uid=4))).shareable
