"""OneFlow's requests and replies: its errors, Ruby's error messages, JSON and plain answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from wizard.sandbox.blueprint import User
from wizard.sandbox.http import Request, Response
from wizard.sandbox.oned.accounts import OneError


class Invalid(Exception):
    """A template that OneFlow rejects; the text is the server's."""


class Crash(Exception):
    """A request that makes OneFlow itself fail; the text is the `reason` of its JSON."""


class Refusal(Exception):
    """An operation that OneFlow refuses; the text is the server's."""


class BadInputs(Exception):
    """Input values that OneFlow rejects with 400; the text is the server's."""


_CLASSES = {str: "String", list: "Array", dict: "Hash", int: "Integer", float: "Float", bool: "Boolean"}


def no_method(method: str, value: object, line: str, mark: str) -> str:
    """The message for a method that a value does not have, with the source line and marks under the call.

    `line` is the source line as the server shows it, `mark` the part of it that is underlined.
    """
    shown = "nil" if value is None else _inspect(value)
    kind = "NilClass" if value is None else _CLASSES.get(type(value), "Object")
    under = " " * (line.rindex(mark)) + "^" * len(mark)
    return f"undefined method `{method}' for {shown}:{kind}\n\n{line}\n{under}"


def unexpected(text: str) -> str:
    """The message of Ruby's JSON parser."""
    return f"unexpected token at '{text}'"


def to_i(value: object) -> int:
    """Ruby's `to_i`: the number that a value begins with, else 0."""
    if isinstance(value, (int, float)):
        return int(value)
    match = re.match(r"\s*-?\d+", str(value or ""))
    return int(match[0]) if match else 0


def _inspect(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_inspect(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class UserRequest:
    """An HTTP request with its user, and the variable parts of its path."""

    user: User
    http: Request
    path: tuple[str, ...]


def text(status: int, body: str) -> Response:
    """A plain answer, with Content-Type text/html as in all answers of OneFlow."""
    return Response(status, body.encode())


def crash(reason: str) -> Response:
    """The answer with 500 to a request that makes OneFlow itself fail."""
    return Response(
        500, json.dumps({"message": "Internal server error", "reason": reason}, ensure_ascii=False).encode()
    )


def answer(status: int, body: object) -> Response:
    """A JSON answer."""
    return Response(status, json.dumps(body, ensure_ascii=False).encode())


NOTHING = Response(204, b"", None)


def read_json(request: Request) -> Any:
    """The body as JSON; Crash when it is not JSON."""
    body = request.body.decode(errors="replace")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Crash(unexpected(body)) from None


def document_id(segment: str) -> int:
    """Ruby's `to_i` of a part of the path: 0 when it is no number."""
    match = re.match(r"\d+", segment)
    return int(match[0]) if match else 0


def read_action(request: Request, needs_params: bool = False) -> tuple[str, dict[str, Any]]:
    """The name of an action and its parameters; Crash where the server fails without them."""
    body = read_json(request)
    action = body.get("action") if isinstance(body, dict) else None
    if not isinstance(action, dict):
        raise Crash(no_method("[]", action, "    opts   = action['params']", "['params']"))
    params = action.get("params")
    if params is None and needs_params:
        raise Crash(no_method("[]", None, "    if opts['period'].nil? ^ opts['number'].nil?", "['period']"))
    return str(action.get("perform") or ""), params if isinstance(params, dict) else {}


def pool(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """A list of documents; an empty one has no DOCUMENT."""
    return {"DOCUMENT_POOL": {"DOCUMENT": documents} if documents else {}}


_Result = TypeVar("_Result")


def from_oned(call: str, act: Callable[[], _Result]) -> _Result:
    """The result of `act`; an OneError from it gets the name of the call in front."""
    try:
        return act()
    except OneError as error:
        raise OneError(error.code, f"[{call}] {error.message}") from None
