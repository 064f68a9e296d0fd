"""Errors of the cloud.

::

    CloudError
    ├── CredentialsMissing    no user or password was found
    ├── CredentialsRefused    the cloud does not know this user and password
    ├── NotAuthorized         it knows them and does not allow this
    ├── NotFound              there is no such object
    ├── Ambiguous             several objects have that name
    ├── Refused               the cloud understood and said no: wrong state, out of bounds, invalid
    ├── Unreachable           nothing answers there
    ├── TimedOut              something listens there and does not answer
    ├── Garbled               what answers there is not OpenNebula, or was cut off
    ├── Redirected            what answers there points elsewhere, and is not followed
    └── ServerFault           OpenNebula failed by itself
"""

from __future__ import annotations

from wizard.core.errors import WizardError


class CloudError(WizardError):
    """The cloud did not do what it was asked for."""


class CredentialsMissing(CloudError):
    """No user or password was found where `oneflow` looks for them."""

    exit_status = 3


class CredentialsRefused(CloudError):
    """The cloud does not know this user and password."""

    exit_status = 3


class NotAuthorized(CloudError):
    """The user is known, and may not do this."""


class NotFound(CloudError):
    """There is no such object."""

    exit_status = 4


class Ambiguous(CloudError):
    """Several objects have that name; only an id will do."""

    exit_status = 4


class ReadOnly(CloudError):
    """The operator wanted to look only; nothing was sent."""

    exit_status = 2

    @staticmethod
    def because(reason: str, subject: str = "") -> ReadOnly:
        """The error for what would change `subject`; `reason` is a sentence that says who forbids it."""
        return ReadOnly("read-only: nothing was sent", subject, reason, "To change something, take that away first.")


class Refused(CloudError):
    """The cloud understood the request and refused it."""


class Unreachable(CloudError):
    """Nothing answers at the address."""

    exit_status = 3


class TimedOut(CloudError):
    """Something listens at the address and did not answer in time."""

    exit_status = 3


class Garbled(CloudError):
    """The answer is not OpenNebula's, or was cut off."""

    exit_status = 3


class Redirected(CloudError):
    """What answers at the address points to another one. Nothing was done."""

    exit_status = 3


class ServerFault(CloudError):
    """OpenNebula itself failed."""


LOST = (Unreachable, TimedOut, Garbled, ServerFault)
"""After these nobody knows whether the cloud did what it was asked: look, before anything is sent again."""
