"""The root of all errors that an operator reads."""

from __future__ import annotations

from typing import Any, TypeVar

E = TypeVar("E", bound="WizardError")


class WizardError(Exception):
    """An error: what happened (`title`), to what (`subject`), in whose words (`detail`), and what to do now (`hint`).

    `exit_status` is what a command ends with: 1 failed, 2 wrong usage or invalid input, 3 the cloud is out of reach or
    refuses the credentials, 4 no such object. An error is not changed once it is made: `with_hint` gives another one.
    Secrets and backtraces stay out.
    """

    exit_status = 1

    def __init__(self, title: str, subject: str = "", detail: str = "", hint: str = "") -> None:
        super().__init__(title, subject, detail, hint)

    @property
    def title(self) -> str:
        """The event in a few words."""
        return str(self.args[0])

    @property
    def subject(self) -> str:
        """The object or the server in question; may be empty."""
        return str(self.args[1])

    @property
    def detail(self) -> str:
        """Somebody else's words about it; may be empty."""
        return str(self.args[2])

    @property
    def hint(self) -> str:
        """A remedy in whole sentences; may be empty."""
        return str(self.args[3])

    def with_hint(self: E, sentence: str) -> E:
        """The same error with one more sentence at the end of its hint, to be raised from this one."""
        hint = f"{self.hint} {sentence}".strip()
        other = type(self).__new__(type(self), self.title, self.subject, self.detail, hint)
        other.__dict__.update(self.__dict__)
        return other

    def as_dict(self) -> dict[str, Any]:
        """The error for `--json`."""
        return {
            "error": type(self).__name__,
            "title": self.title,
            "subject": self.subject,
            "detail": self.detail,
            "hint": self.hint,
        }

    def __str__(self) -> str:
        head = f"{self.subject}: {self.title}" if self.subject else self.title
        detail = f" ({self.detail})" if self.detail else ""
        return f"{head}{detail}. {self.hint}" if self.hint else f"{head}{detail}"
