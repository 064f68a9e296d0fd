"""OpenNebula's template syntax: what is written is read back, and what can't be is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.opennebula.template_text import Attribute, TemplateTextError, read, write

NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,12}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=' \t\n"]=[,$#'), max_size=30).filter(
    lambda text: not re.search(r'\\("|\Z)|\]\]>', text)
)
VECTORS = st.dictionaries(NAMES, VALUES, max_size=4)
ATTRIBUTES = st.dictionaries(NAMES, VALUES | VECTORS | st.lists(VECTORS, min_size=2, max_size=3), max_size=6)


@given(ATTRIBUTES)
def test_what_is_written_is_read_back(attributes: dict[str, Attribute]) -> None:
    assert read(write(attributes)) == attributes


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read(text)
    except TemplateTextError:
        return
    assert isinstance(found, dict)


def test_the_shape_that_was_recorded() -> None:
    text = 'NIC = [ NETWORK_ID = "$Private" ]\nONEAPP_FL_TLS_ENABLED = "$ONEAPP_FL_TLS_ENABLED"'
    assert read(text) == {"NIC": {"NETWORK_ID": "$Private"}, "ONEAPP_FL_TLS_ENABLED": "$ONEAPP_FL_TLS_ENABLED"}
    assert write(read(text)) == text


@pytest.mark.parametrize("value", ["a\nb", "\\n", "a\\b\\\\c", "a\u2028b", "#!/bin/sh\necho 'x' # no comment\n"])
def test_everything_else_stands_for_itself(value: str) -> None:
    assert read(write({"KEY": value, "CONTEXT": {"KEY": value}})) == {"KEY": value, "CONTEXT": {"KEY": value}}


def test_words_without_quotes_and_comments_are_read() -> None:
    text = '# by hand\nCPU=0.5 # half\nCONTEXT = [ TOKEN=YES, A = b/c,\n  # no\n  NETWORK="YES" ]\nAPPEND=CONTEXT'
    context = {"TOKEN": "YES", "A": "b/c", "NETWORK": "YES"}
    assert read(text) == {"CPU": "0.5", "CONTEXT": context, "APPEND": "CONTEXT"}


@pytest.mark.parametrize("value", ["a\\", 'a\\"b', "a\x00", "\x1b[0m", "a]]>b", "\ud800"])
def test_what_oned_would_read_differently_is_refused(value: str) -> None:
    with pytest.raises(TemplateTextError, match="KEY"):
        write({"KEY": value})
    with pytest.raises(TemplateTextError, match="KEY"):
        write({"CONTEXT": {"KEY": value}})


@pytest.mark.parametrize("name", ["", "A B", "1A", 'A"', "A]", "Ä"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(TemplateTextError, match="no name"):
        write({name: "x"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A", "line 1: expected '='"),
        ('A = "x', "line 1: expected a value in double quotes"),
        ('A = "x"\nB = [ C = "y"', "line 2: expected ','"),
        ('A = "x"\n\n= "y"', "line 3: expected a name"),
        ("A = [ = ]", "line 1: expected a name"),
    ],
)
def test_a_broken_text_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(TemplateTextError, match="^" + said.replace("[", r"\[")):
        read(text)
