"""XML from clients, as long as it is plain: without a document type, which could make a few bytes into gigabytes, and
not deeper than anything that oned knows."""

from __future__ import annotations

from xml.parsers import expat

DEEPEST = 64
"""Elements inside of each other."""


class NotPlain(ValueError):
    """A text is no XML, or more than plain XML."""


def check(text: str | bytes) -> None:
    """Read a text to its end, without keeping anything of it. Raises NotPlain."""
    parser = expat.ParserCreate()
    depth = 0

    def begin(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise NotPlain("it is nested too deep")

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    def document_type(*_: object) -> None:
        raise NotPlain("it has a document type")

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.StartDoctypeDeclHandler = document_type
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, ValueError) as error:
        raise NotPlain(str(error)) from None
