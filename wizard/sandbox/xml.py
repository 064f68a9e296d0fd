"""OpenNebula's XML, from nested dictionaries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

# oned writes the contents of these, and these leaves, as CDATA; everything else as escaped text.
_CDATA_TREES = frozenset({"TEMPLATE", "USER_TEMPLATE", "MONITORING"})
_CDATA_LEAVES = frozenset({"VM_MAD", "TM_MAD", "IM_MAD"})
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(tag: str, value: Any, cdata: bool = False) -> str:
    """One element: a mapping has children, a list repeats its tag, anything else is text."""
    if isinstance(value, list):
        return "".join(element(tag, item, cdata) for item in value)
    cdata = cdata or tag in _CDATA_TREES
    if isinstance(value, Mapping):
        inner = "".join(element(key, item, cdata) for key, item in value.items())
        return f"<{tag}>{inner}</{tag}>" if inner else f"<{tag}/>"
    text = _NOT_XML.sub("", str(value))
    if cdata or tag in _CDATA_LEAVES:
        # A CDATA section cannot hold its own end.
        inner = "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
    else:
        inner = escape(text)
    return f"<{tag}>{inner}</{tag}>"
