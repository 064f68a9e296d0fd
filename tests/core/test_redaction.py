"""Secrets taken out: what a name says is secret, at any depth and in any writing, and what is one by itself."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.redaction import REMOVED, Redaction, is_secret, secret_inputs

SECRET = "Tr0ub4dor&3xyz"
SECRET_NAMES = [
    *("PASSWORD", "db_passwd", "TOKEN", "ONEGATE_TOKEN", "API_KEY", "apiKey", "SSH_PUBLIC_KEY", "KEY", "TLS_KEY_FILE"),
    *("client-secret", "CREDENTIALS", "PRIVATE", "START_SCRIPT_BASE64", "USER_DATA", "AUTH", "one_auth", "PASS"),
]
PLAIN_NAMES = [
    *("FL_NUM_ROUNDS", "KEYBOARD", "monkey", "AUTHOR", "name", "partition-id", "PASSED", "compass", "FL_VERSION"),
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_that_say_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_names_that_do_not(name: str) -> None:
    assert not is_secret(name)


def as_template_text(name: str, inner: Any) -> Any:
    return f'CONTEXT = [ A="1", {name} = "{inner}", B="2" ]'


def planted(name: str) -> st.SearchStrategy[Any]:
    """Documents that have the secret under a name, as a value, in a list, in JSON in a text, in template text."""
    leaf = st.sampled_from(
        [{name: SECRET}, {name: [SECRET, "x"]}, {name: {"a": SECRET}}, as_template_text(name, SECRET)]
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            inner.map(lambda value: {"a": value, "b": 1}),
            inner.map(lambda value: ["x", value, None]),
            inner.map(lambda value: {"text": json.dumps(value)}),
            inner.map(lambda value: json.dumps([value])),
        ),
        max_leaves=6,
    )


@given(st.sampled_from(SECRET_NAMES).flatmap(planted))
def test_under_such_a_name_it_never_comes_out(value: Any) -> None:
    redaction = Redaction()
    said = json.dumps(redaction.document(value))
    assert SECRET not in said
    assert redaction.removed >= 1


@given(
    st.recursive(
        st.none() | st.integers() | st.text(alphabet="abc 1", max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PLAIN_NAMES), inner, max_size=3),
    )
)
def test_what_is_not_secret_stays(value: Any) -> None:
    redaction = Redaction(known=["never"])
    assert redaction.document(value) == value
    assert redaction.removed == 0


@pytest.mark.parametrize(
    "text",
    [
        f'PASSWORD="{SECRET}"',
        f"export DB_PASSWORD='{SECRET}'; run",
        f"token: {SECRET}\nnext",
        f'PASSWORD="{SECRET}',
        f'PASSWORD="a \\" {SECRET}" x',
        f'x {{\\\\\\"password\\\\\\": \\\\\\"{SECRET}\\\\\\"',
        f'{{"broken": "{{\\"password\\": \\"{SECRET}\\"}}" ',
        f"https://eva:{SECRET}@host/simple",
        f"Authorization: Bearer {SECRET}xx",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}",
        f"said somewhere: the word is {SECRET}!",
    ],
)
def test_in_texts(text: str) -> None:
    said = Redaction(known=[SECRET]).text(text)
    assert SECRET not in said
    assert REMOVED in said


def test_a_key_or_a_known_secret_in_base64_goes_too() -> None:
    key = base64.b64encode(
        b"-----BEGIN PRIVATE KEY-----\nabcdefghijklmnopqrstuvwxyz\n-----END PRIVATE KEY-----"
    ).decode()
    known = base64.b64encode(f"user and password: eva:{SECRET}, and more".encode()).decode()
    certificate = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nabcdefghijklmnopqrstuvwxyz\n").decode()
    redaction = Redaction(known=[SECRET])
    assert redaction.text(f"a {key} b {known} c {certificate}") == f"a {REMOVED} b {REMOVED} c {certificate}"
    assert redaction.removed == 2


def test_names_stay_and_short_secrets_are_no_words() -> None:
    said = Redaction(known=["an"]).document({"PASSWORD": "x", "said": "bananas", "TOKEN": ""})
    assert said == {"PASSWORD": REMOVED, "said": "bananas", "TOKEN": ""}


def test_inputs_of_the_type_password() -> None:
    inputs = {"WORD": "M|password|What opens it||abc", "N": "O|number|passwords||1", "X": None}
    assert secret_inputs(inputs) == {"WORD"}
    assert secret_inputs(None) == frozenset()
    assert Redaction(names=frozenset({"WORD"})).text('WORD="abc", N="1"') == f'WORD={REMOVED}, N="1"'


def test_what_was_taken_out_by_its_name_is_taken_out_elsewhere() -> None:
    redaction = Redaction()
    redaction.document({"DB_PASSWORD": SECRET, "TOKEN": "YES", "KEYS": [SECRET[::-1]], "AUTH": {"a": f"{SECRET}2"}})
    redaction.text("PASS='abcdefgh'")
    said = redaction.again(f"YES, {SECRET}2 and {SECRET} and {SECRET[::-1]} and abcdefgh")
    assert said == f"YES, {REMOVED} and {REMOVED} and {REMOVED} and {REMOVED}"


def test_depth_has_an_end() -> None:
    value: Any = SECRET
    for _ in range(200):
        value = {"a": value}
    assert SECRET not in json.dumps(Redaction().document(value))
