"""The JSON Schema of preset files: as shipped, and what it accepts and refuses."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from tests.core.plan.plans import valid_plans
from tests.core.plan.schema_checker import complaints
from wizard.core.opennebula.user_inputs import InputType
from wizard.core.plan.contract import Level
from wizard.core.plan.contracts import CONTRACTS, SEED
from wizard.core.plan.plan import Plan
from wizard.core.plan.preset import FORMAT, Preset, PresetError, dumps, loads
from wizard.core.plan.preset_schema import DIRECTIVE, FILE, blank, schema, schema_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PRESETS = Path(__file__).parents[3] / "presets"
SHIPPED = sorted(PRESETS.glob("*.toml"))


def told(text: str) -> list[str]:
    """What the schema says about a preset file."""
    return complaints(tomllib.loads(text), schema())


def test_the_shipped_file_is_what_the_contracts_say() -> None:
    shipped = (PRESETS / FILE).read_text(encoding="utf-8")
    assert shipped == schema_text(), "the contracts changed: run `make schema`"
    assert json.loads(shipped) == schema()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_each_shipped_preset_names_the_schema_and_keeps_to_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.splitlines()[0] == DIRECTIVE
    assert told(text) == []


@given(valid_plans())
def test_what_is_saved_keeps_to_it(plan: Plan) -> None:
    assert told(dumps(Preset(plan, "Title", "About"))) == []


def test_every_setting_is_in_it_with_its_default_and_help() -> None:
    for contract in CONTRACTS.values():
        for level in Level:
            properties = schema()["definitions"][f"{contract.name}-{level.value}"]["properties"]
            assert [*properties] == [item.key for item in contract.at(level)]
            for item in contract.at(level):
                assert str(properties[item.key]["default"]) == item.input.default
                assert item.help in properties[item.key]["description"]


@pytest.mark.parametrize(
    "lines",
    [
        "title = 'no format'",
        "preset = 2",
        "preset = true",
        "preset = 1\ntitel = 'x'",
        "preset = 1\ntitle = 3",
        "preset = 1\nservice = 3",
        "preset = 1\ncontract = 'sead'",
        "preset = 1\n[service]\nFL_NUM_ROUNDS = 3",
        "preset = 1\n[service]\nFL_TLS_ENABLED = 'yes'",
        "preset = 1\n[service]\nFL_LOG_LEVEL = 'LOUD'",
        "preset = 1\n[superlink]\nFL_NUM_ROUNDS = '3'",
        "preset = 1\n[superlink]\nFL_NUM_ROUNDS = 1.5",
        "preset = 1\n[superlink]\ncardinality = 2",
        "preset = 1\n[supernode]\nFL_NODE_CONFIG = 3",
        "preset = 1\n[supernode]\nvm_template = true",
        "preset = 1\n[superlnk]",
    ],
)
def test_what_it_refuses(lines: str) -> None:
    assert told(lines) != []


@pytest.mark.parametrize(
    "lines",
    [
        "preset = 1",
        "preset = 1\ncontract = 'seed'\n[service]\nFL_TLS_ENABLED = true\nnetwork = 3",
        "preset = 1\n[superlink]\ncardinality = 1\nvm_template = 'by name'\n[supernode]\nvm_template = 7",
    ],
)
def test_what_both_accept(lines: str) -> None:
    assert told(lines) == []
    loads(lines)


def test_with_two_contracts_each_has_its_own_settings() -> None:
    fewer = replace(SEED, name="fewer", fields=tuple(item for item in SEED.fields if item.key != "FL_STRATEGY"))
    both = schema({SEED.name: SEED, "fewer": fewer})
    for document, valid in (
        ({"preset": 1, "superlink": {"FL_STRATEGY": "FedProx"}}, True),
        ({"preset": 1, "contract": "seed", "superlink": {"FL_STRATEGY": "FedProx"}}, True),
        ({"preset": 1, "contract": "fewer", "superlink": {"FL_NUM_ROUNDS": 4}}, True),
        ({"preset": 1, "contract": "fewer", "superlink": {"FL_STRATEGY": "FedProx"}}, False),
        ({"preset": 1, "contract": "other"}, False),
    ):
        assert (complaints(document, both) == []) is valid


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.name)
def test_a_new_file_says_nothing_yet_and_every_setting_once_uncommented(contract) -> None:  # type: ignore[no-untyped-def]
    text = blank('A "new" one', contract)
    assert text.startswith(f"{DIRECTIVE}\n")
    assert max(map(len, text.splitlines())) <= 120
    assert loads(text) == Preset(Plan(contract), 'A "new" one')
    settings = [line for line in text.splitlines() if line.startswith("#") and line[1:2].isalpha()]
    uncommented = "\n".join(line[1:] if line in settings else line for line in text.splitlines())
    assert loads(uncommented) == loads(text)
    assert len(settings) == len([item for item in contract.fields if not item.fixed_because])
    assert complaints(tomllib.loads(uncommented), schema()) == []
    numbers = [item for item in contract.fields if item.input.type is InputType.NUMBER and not item.fixed_because]
    for item in numbers:
        changed = uncommented.replace(f"\n{item.key} = {item.input.default}", f"\n{item.key} = 99")
        assert loads(changed) != loads(text)


def test_a_preset_of_another_format_is_refused_by_both() -> None:
    text = f"preset = {FORMAT + 1}"
    assert told(text) != []
    with pytest.raises(PresetError):
        loads(text)
