"""What was measured of a VM, drawn."""

from __future__ import annotations

import pytest
from lxml import etree

from wizard.cloud.vm_xml import samples
from wizard.core.opennebula.load import Sample, load_lines, short_load, spark


@pytest.mark.parametrize(
    ("values", "most", "drawn"),
    [
        ([], None, ""),
        ([0, 0], None, "▁▁"),
        ([0, 50, 100], 100.0, "▁▅█"),
        ([1, 2, 4], None, "▃▅█"),
        ([200, 100], 100.0, "█▅"),
        ([-1, 8], None, "▁█"),
    ],
)
def test_bars(values: list[float], most: float | None, drawn: str) -> None:
    assert spark(values, 10, most) == drawn


def test_the_newest_values_are_drawn() -> None:
    assert spark([8, 8, 8, 1, 8], 2) == "▂█"


def test_a_line_each() -> None:
    assert load_lines(()) == ()
    cpu, memory = load_lines([Sample(1, 0, 1024), Sample(2, 37, 31 * 1024)])
    assert cpu == "CPU        ▁▃ 37 % of a core"
    assert memory == "memory     ▁█ 31 MB"
    assert short_load([Sample(1, 0, 1024), Sample(2, 37, 31 * 1024)]) == ("cpu ▁▃ 37 %", "mem ▁█ 31 MB")
    assert short_load(()) == ()


def test_measurements_are_read_in_order_and_nonsense_is_none() -> None:
    def one(moment: str, cpu: str, memory: str) -> str:
        return f"<MONITORING><CPU>{cpu}</CPU><MEMORY>{memory}</MEMORY><TIMESTAMP>{moment}</TIMESTAMP></MONITORING>"

    odd = (
        one("30", "nan", "x")
        + one("-1", "5", "5")
        + one("20", "7.6", "2048")
        + "<MONITORING/>"
        + one("40", "1e99", "1")
    )
    root = etree.fromstring(f"<MONITORING_DATA>{odd}</MONITORING_DATA>")
    assert samples(root) == (Sample(20, 8, 2048), Sample(30, 0, 0), Sample(40, 0, 1))
    assert samples(etree.fromstring("<MONITORING_DATA/>")) == ()
