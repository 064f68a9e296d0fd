"""How oned refuses: a code and a sentence."""

from __future__ import annotations

AUTHENTICATION = 0x0100
AUTHORIZATION = 0x0200
NO_EXISTS = 0x0400
ACTION = 0x0800
XML_RPC_API = 0x1000
INTERNAL = 0x2000


class OneError(Exception):
    """A refusal by oned: `code` is one of this module's, `message` its words without the call's name."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def no_such(kind: str, number: int) -> OneError:
    """The refusal for an id that does not exist, e.g. kind `document`."""
    return OneError(NO_EXISTS, f"Error getting {kind} [{number}].")


def not_authorized(uid: int, verb: str, kind: str, number: int) -> OneError:
    """The refusal for another user's object, e.g. verb `USE`, kind `TEMPLATE`."""
    return OneError(AUTHORIZATION, f"User [{uid}] : Not authorized to perform {verb} {kind} [{number}].")
