"""Users and their rights, and oned's errors."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable

from wizard.sandbox.blueprint import User


class Accounts:
    """The users of a sandbox and their passwords."""

    def __init__(self, users: Iterable[User]) -> None:
        self._users = {user.name: user for user in users}
        # A colon in every password: a client that splits at the wrong colon fails here, not at a user's site.
        self._passwords = {
            user.name: user.password or f"{secrets.token_hex(6)}:{secrets.token_hex(6)}" for user in users
        }

    def password(self, name: str) -> str:
        """The password of user `name`; KeyError when there is none."""
        return self._passwords[name]

    def named(self, name: str) -> User:
        """The user called `name`; KeyError when there is none."""
        return self._users[name]

    def numbered(self, uid: int) -> User | None:
        """The user with this id, if there is one."""
        return next((user for user in self._users.values() if user.uid == uid), None)

    def everyone(self) -> list[User]:
        """All users in order of id."""
        return sorted(self._users.values(), key=lambda user: user.uid)

    def login(self, session: str) -> User | None:
        """The user of a session string `user:password`, or None when it is wrong."""
        name, _, password = session.partition(":")
        user = self._users.get(name)
        if user is None:
            return None
        return user if hmac.compare_digest(self._passwords[name].encode(), password.encode()) else None


def may_use(user: User, owner: int, public: bool) -> bool:
    """True if `user` may use an object of `owner` that is `public` or not."""
    return user.admin or public or user.uid == owner


AUTHENTICATION = 0x0100
AUTHORIZATION = 0x0200
NO_EXISTS = 0x0400
ACTION = 0x0800
XML_RPC_API = 0x1000
INTERNAL = 0x2000


class OneError(Exception):
    """A refusal by oned: `code` is one of this module's, `message` its text without the name of the call."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def no_such(kind: str, number: int) -> OneError:
    """The error for an id that does not exist, e.g. kind `document`."""
    return OneError(NO_EXISTS, f"Error getting {kind} [{number}].")


def not_authorized(uid: int, verb: str, kind: str, number: int) -> OneError:
    """The error for another user's object, e.g. verb `USE`, kind `TEMPLATE`."""
    return OneError(AUTHORIZATION, f"User [{uid}] : Not authorized to perform {verb} {kind} [{number}].")
