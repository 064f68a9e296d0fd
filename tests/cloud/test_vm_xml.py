"""The pool of VMs is read piece by piece, and says what reading it at once says, whatever stands in it."""

from __future__ import annotations

import time
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.cloud.vm_xml import NoXml, PoolReader, PoolStream
from wizard.core.opennebula.snapshot import VmFacts

NAMES = st.sampled_from(
    [
        *("vm", "a</VM>", "</VM><VM><ID>9</ID></VM>", "]]>", "<!--", "-->", "</VM_POOL>", "&", "<VM>", "ü\u2028", ""),
        "]]></NAME></VM><VM><NAME><![CDATA[",
        "x</NAME></VM><VM><ID>7</ID><NAME>y",
    ]
)


def cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


@st.composite
def pools(draw: st.DrawFn) -> str:
    """A pool as oned writes it, and in other ways that are XML."""
    vms = []
    for number in range(draw(st.integers(0, 4))):
        name = draw(NAMES)
        written = draw(st.sampled_from([escape, cdata]))(name)
        extra = draw(st.sampled_from(["", f"<!-- {name.replace('-', '')} -->", "<X><VM><ID>5</ID></VM></X>", "<VM/>"]))
        state = draw(st.integers(0, 9))
        vms.append(f"<VM><ID>{number}</ID><NAME>{written}</NAME><STATE>{state}</STATE>{extra}</VM>")
    between = draw(st.sampled_from(["", "\n", "<!-- </VM> -->"]))
    before = draw(st.sampled_from(["", "\n", "  "]))
    return f"{before}<VM_POOL>{between.join(vms)}</VM_POOL>"


def read_pool(text: str) -> tuple[VmFacts, ...]:
    """The same pool, parsed as a whole."""
    stream = PoolStream(extended=False)
    stream.feed(text)
    return stream.end()


def read(reader: PoolReader, text: str, size: int = 1000) -> tuple[VmFacts, ...]:
    """A pool that comes in pieces of this many characters."""
    stream = reader.stream()
    for begin in range(0, len(text), size):
        stream.feed(text[begin : begin + size])
    return stream.end()


@given(st.lists(pools(), min_size=1, max_size=4), st.sampled_from([1, 2, 7, 60, 1000]))
def test_piece_by_piece_says_what_the_whole_says(texts: list[str], size: int) -> None:
    reader = PoolReader()
    for text in [*texts, *texts]:
        assert read(reader, text, size) == read_pool(text)


def test_what_is_as_it_was_is_not_read_again() -> None:
    reader = PoolReader()
    pieces = [f"<VM><ID>{number}</ID><NAME>x</NAME><STATE>3</STATE></VM>" for number in range(3)]
    before = read(reader, f"<VM_POOL>{''.join(pieces)}</VM_POOL>")
    pieces[1] = pieces[1].replace("<STATE>3", "<STATE>8")
    after = read(reader, f"<VM_POOL>{''.join(pieces)}</VM_POOL>")
    assert [old is new for old, new in zip(before, after, strict=True)] == [True, False, True]
    assert [vm.state for vm in after] == [3, 8, 3]
    assert len(reader.known) == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "<VM_POOL>",
        "<VM></VM></VM_POOL>",
        "<VM_POOL><VM></VM_POOL>",
        "<VM_POOL><VM>&x;</VM></VM_POOL>",
    ],
)
def test_what_is_no_xml_is_said(text: str) -> None:
    with pytest.raises(NoXml):
        read(PoolReader(), text)


def test_a_document_type_before_a_vm_is_none_of_oneds() -> None:
    with pytest.raises(NoXml):
        read(PoolReader(), '<VM_POOL><!DOCTYPE VM [<!ENTITY a "b">]><VM><NAME>&a;</NAME></VM></VM_POOL>')


def test_a_vm_that_does_not_end_is_not_looked_through_again_with_each_piece() -> None:
    stream = PoolReader().stream()
    stream.feed("<VM_POOL><VM><ID>7</ID><NAME>")
    began = time.process_time()
    for _ in range(400):
        stream.feed("x" * (1 << 16))
    stream.feed("</NAME></VM></VM_POOL>")
    (vm,) = stream.end()
    assert (vm.id, len(vm.name)) == (7, 400 << 16)
    assert time.process_time() - began < 5
