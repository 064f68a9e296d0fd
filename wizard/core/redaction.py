"""Secrets taken out of documents and texts before somebody else reads them.

A value goes where its name says that it is secret, at any depth and in texts that are documents themselves; and
wherever it stands where it is a private key, the password of a URL, or a secret that is known. Names stay.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

REMOVED = "(removed)"

_NAME = re.compile(
    r"PASS(?:W|PH|CODE)|(?:^|[_.-])PASS(?:$|[_.-])|PWD|SECRET|TOKEN|CREDENTIAL|PRIVATE|AUTH(?!OR)|COOKIE|SESSION|SIGNATURE|(?:^|[_.-])PIN$|"
    r"(?:API|ACCESS|SSH|SIGNING|ENCRYPTION|PUBLIC)[_.-]?KEY|(?:^|[_.-])KEYS?(?:$|[_.-]|FILE|DATA|PAIR)|"
    r"START_?SCRIPT|USER_?DATA",
    re.IGNORECASE,
)
_PASSWORDS = ("PASSWORD", "TOKEN_", "SECRET", "PRIVATE_KEY")
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY[A-Z0-9 ]*)-----.*?(?:-----END \1-----|\Z)", re.DOTALL)
_URL = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^/@\s\"'<>]{1,500}@", re.IGNORECASE)
_BEARER = re.compile(r"\b(Bearer|Basic|Digest)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_NAMED = re.compile(r"""([A-Za-z_][A-Za-z0-9_.-]{0,99})\\{0,99}["']?\s{0,9}[:=]\s{0,9}""")
# In a text that is a document in a document a quote has backslashes before it: that many end the value too.
_VALUE = re.compile(
    r"""(?P<quote>\\{0,99}["'])(?:.*?(?<!\\)(?P=quote)|.*\Z)|\[[^\]]*(?:\]|\Z)|\{[^}]*(?:\}|\Z)|[^\s,;\]})"'\\]+""",
    re.DOTALL,
)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_LEAST = 4
"""Characters of a known secret from which on it is looked for in texts: a shorter one is part of many words."""
_LEAST_AGAIN = 8
"""Characters from which on a value that was taken out by its name is looked for elsewhere: a shorter one is a word."""
_DEEPEST = 50


def is_password(name: str) -> bool:
    """True if a name says that its value opens something: no screen and no command shows it, not even to its owner."""
    return any(word in name.upper() for word in _PASSWORDS)


def is_secret(name: str) -> bool:
    """True if a name says that its value is secret: passwords, tokens, keys, and scripts that may hold any of them."""
    return is_password(name) or _NAME.search(name) is not None


@dataclass
class Redaction:
    """Takes secrets out. `known` are secrets by their text, `names` names that are secret beyond what they say."""

    known: Iterable[str] = ()
    names: frozenset[str] = frozenset()
    removed: int = 0
    """How many values were taken out so far."""
    _taken: set[str] = field(default_factory=set)
    _texts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._texts = tuple(sorted({text for text in self.known if len(text) >= _LEAST}, key=len, reverse=True))

    def document(self, value: Any, name: str = "", depth: int = 0) -> Any:
        """The same value of JSON without secrets. `name` is the key under which it stands."""
        if name and (is_secret(name) or name in self.names) and value not in (None, "", [], {}):
            return self._out(value)
        if depth > _DEEPEST:
            return self._out(value)
        if isinstance(value, Mapping):
            # A secret may be a key, too: of a mapping that somebody built the wrong way round.
            return {self.text(str(key)): self.document(item, str(key), depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.document(item, "", depth + 1) for item in value]
        return self.text(value, depth) if isinstance(value, str) else value

    def text(self, text: str, depth: int = 0) -> str:
        """The same text without secrets; one that is JSON is read as such."""
        stripped = text.strip()
        if stripped[:1] in ("{", "[", '"') and depth <= _DEEPEST:
            try:
                inner = json.loads(stripped)
            except (ValueError, RecursionError):
                pass
            else:
                return json.dumps(self.document(inner, "", depth + 1), ensure_ascii=False, indent=2)
        for known in self._texts:
            if known in text:
                self.removed += text.count(known)
                text = text.replace(known, REMOVED)
        text = self._all(_PEM, text, lambda match: f"-----BEGIN {match[1]}----- {REMOVED}")
        text = self._all(_URL, text, lambda match: f"{match[1]}{REMOVED}@")
        text = self._all(_BEARER, text, lambda match: f"{match[1]} {REMOVED}")
        return _BASE64.sub(self._encoded, self._pairs(text))

    def again(self, text: str) -> str:
        """The same text without what was taken out by its name elsewhere, such as a password that an error repeats."""
        for value in sorted(self._taken, key=len, reverse=True):
            if value in text:
                self.removed += text.count(value)
                text = text.replace(value, REMOVED)
        return text

    def _out(self, value: object = None) -> str:
        self.removed += 1
        if isinstance(value, str) and len(value.strip()) >= _LEAST_AGAIN:
            self._taken.add(value.strip())
        elif isinstance(value, Mapping):
            self._taken |= {item for item in value.values() if isinstance(item, str) and len(item) >= _LEAST_AGAIN}
        elif isinstance(value, (list, tuple)):
            self._taken |= {item for item in value if isinstance(item, str) and len(item) >= _LEAST_AGAIN}
        return REMOVED

    def _all(self, pattern: re.Pattern[str], text: str, shown: Callable[[re.Match[str]], str]) -> str:
        found, count = pattern.subn(shown, text)
        self.removed += count
        return found

    def _pairs(self, text: str) -> str:
        """The text without the values of what stands in it as a pair: `NAME = "value"`, `name: value`."""
        parts, done = [], 0
        for match in _NAMED.finditer(text):
            if match.start() < done or not (is_secret(match[1]) or match[1] in self.names):
                continue
            value = _VALUE.match(text, match.end())
            if value is None or value[0].strip("\\\"'[]{}") in ("", REMOVED):
                continue
            parts += [text[done : match.end()], self._out(value[0].strip("\\\"'"))]
            done = value.end()
        return "".join([*parts, text[done:]])

    def _encoded(self, match: re.Match[str]) -> str:
        """A base64 text that holds a private key or a known secret goes as a whole."""
        try:
            inner = base64.b64decode(match[0] + "=" * (-len(match[0]) % 4)).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return match[0]
        holds = _PEM.search(inner) or any(known in inner for known in self._texts)
        return self._out() if holds else match[0]


def secret_inputs(user_inputs: object) -> frozenset[str]:
    """Names of the inputs of a template whose type is `password`, in OpenNebula's syntax `M|password|...`."""
    if not isinstance(user_inputs, Mapping):
        return frozenset()
    return frozenset(str(name) for name, kind in user_inputs.items() if "|password|" in f"|{kind}|".lower())
