"""Errors as values: what they say, and that they are not changed."""

from __future__ import annotations

import pytest

from wizard.cloud.errors import Unreachable
from wizard.core.errors import WizardError
from wizard.storage.files import PresetFileError


def test_an_error_says_what_it_has() -> None:
    assert str(WizardError("it is gone")) == "it is gone"
    assert str(WizardError("it is gone", "service 7", "HTTP 404", "Look again.")) == (
        "service 7: it is gone (HTTP 404). Look again."
    )


def test_a_hint_is_added_to_another_error_of_the_same_kind() -> None:
    first = Unreachable("no answer", "oned", "refused", "Is it running?")
    second = first.with_hint("Try again.")
    assert (type(second), second.exit_status, second.subject) == (Unreachable, 3, "oned")
    assert (first.hint, second.hint) == ("Is it running?", "Is it running? Try again.")
    with pytest.raises(AttributeError):
        second.hint = "changed"  # type: ignore[misc]


def test_what_a_kind_of_error_has_besides_stays() -> None:
    error = PresetFileError("a.toml", "it is not TOML", 3).with_hint("Look at line 3.")
    assert (error.line, error.exit_status, str(error)) == (3, 2, "a.toml:3: it is not TOML. Look at line 3.")
