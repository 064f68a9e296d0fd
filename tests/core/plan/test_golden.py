"""The documents of every shipped preset in both dialects, kept as files: what changes in them is seen in a diff.

`RENEW_GOLDEN=1 pytest tests/core/plan/test_golden.py` writes them anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from wizard.core.opennebula.documents_v6 import from_v6
from wizard.core.plan.contract import Meaning
from wizard.core.plan.dialect import Dialect
from wizard.core.plan.plan import Plan
from wizard.operations.prepare import preview
from wizard.storage.files import list_presets

FOLDER = Path(__file__).parent / "golden"


def finished(plan: Plan) -> Plan:
    """With the network that the marketplace's contract asks for."""
    asked = plan.contract.meaning(Meaning.NETWORK)
    return plan.with_text(asked.path, "0") if asked is not None and asked.input.mandatory else plan


SHIPPED = {item.name: finished(item.preset.plan) for item in list_presets() if item.shipped and item.preset}
CASES = [(name, dialect) for name in SHIPPED for dialect in Dialect]


@pytest.mark.parametrize(("name", "dialect"), CASES, ids=lambda value: getattr(value, "value", value))
def test_the_documents_are_the_kept_ones(name: str, dialect: Dialect) -> None:
    texts = preview(SHIPPED[name], dialect)
    for kind, text in (("template", texts.template), ("instantiation", texts.merge_template)):
        path = FOLDER / f"{name}.{dialect.value}.{kind}.json"
        if os.environ.get("RENEW_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text


def test_no_file_is_left_over() -> None:
    wanted = {
        f"{name}.{dialect.value}.{kind}.json" for name, dialect in CASES for kind in ("template", "instantiation")
    }
    assert {path.name for path in FOLDER.iterdir()} == wanted


@pytest.mark.parametrize("name", SHIPPED)
def test_both_dialects_say_the_same(name: str) -> None:
    for kind in ("template", "instantiation"):
        old, new = (json.loads((FOLDER / f"{name}.{number}.{kind}.json").read_text("utf-8")) for number in "67")
        assert from_v6(old) == new
