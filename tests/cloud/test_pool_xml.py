"""VM templates and networks out of the XML of their pools, whatever is missing in it."""

from __future__ import annotations

from lxml import etree

from wizard.cloud.pool_xml import network, vm_template
from wizard.cloud.pools import Network, VmTemplate

WHO = "<ID>3</ID><UNAME>alice</UNAME><GNAME>users</GNAME><NAME>n</NAME>"


def test_a_vm_template_with_all_that_a_picker_shows() -> None:
    text = f"""<VMTEMPLATE>{WHO}<TEMPLATE>
        <CONTEXT><TOKEN><![CDATA[YES]]></TOKEN><NETWORK><![CDATA[NO]]></NETWORK></CONTEXT>
        <CPU><![CDATA[0.5]]></CPU><MEMORY><![CDATA[768]]></MEMORY>
        <DISK><IMAGE><![CDATA[flower]]></IMAGE></DISK><DISK><IMAGE_ID>4</IMAGE_ID></DISK><DISK><SIZE>1</SIZE></DISK>
        </TEMPLATE></VMTEMPLATE>"""
    found = vm_template(etree.fromstring(text))
    context = {"TOKEN": "YES", "NETWORK": "NO"}
    assert found == VmTemplate(3, "n", "alice", "users", "0.5", "768", ("flower", "image 4"), context)


def test_a_vm_template_with_nothing_in_it() -> None:
    assert vm_template(etree.fromstring("<VMTEMPLATE><ID>x</ID></VMTEMPLATE>")) == VmTemplate(-1, "")


def test_free_leases_are_those_of_all_ranges_less_the_used_ones() -> None:
    ranges = "<AR_POOL><AR><SIZE>10</SIZE></AR><AR><SIZE>5</SIZE></AR></AR_POOL>"
    text = f"<VNET>{WHO}<USED_LEASES>4</USED_LEASES>{ranges}</VNET>"
    assert network(etree.fromstring(text)) == Network(3, "n", "alice", "users", 15, 11)
    overbooked = text.replace(">4<", ">40<")
    assert network(etree.fromstring(overbooked)).free == 0


def test_leases_that_are_not_told_are_unknown_and_not_none() -> None:
    unknown = Network(3, "n", "alice", "users")
    assert network(etree.fromstring(f"<VNET>{WHO}<USED_LEASES>4</USED_LEASES></VNET>")) == unknown
    odd = "<AR_POOL><AR><SIZE>many</SIZE></AR></AR_POOL>"
    assert network(etree.fromstring(f"<VNET>{WHO}{odd}</VNET>")) == unknown
    empty = network(etree.fromstring(f"<VNET>{WHO}<USED_LEASES>0</USED_LEASES><AR_POOL/></VNET>"))
    assert (empty.size, empty.free) == (0, 0)
