"""Checks a document against a JSON Schema of draft 4, as far as the schema of the presets goes; what it does not know
it refuses, so that nothing in a schema passes unchecked."""

from __future__ import annotations

from typing import Any

_TYPES: dict[str, Any] = {"object": dict, "string": str, "integer": int, "boolean": bool}
_TOLD = {"$schema", "title", "description", "default", "definitions"}


def complaints(document: Any, schema: dict[str, Any]) -> list[str]:
    """What is wrong with a document; empty where nothing is."""
    return _complaints(document, schema, schema, "")


def _complaints(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str) -> list[str]:
    if "$ref" in schema:
        place = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            place = place[part]
        return _complaints(value, place, root, path)
    found = []
    for word, wanted in schema.items():
        if word in ("required", "properties", "additionalProperties") and not isinstance(value, dict):
            continue
        if word == "type":
            kinds = wanted if isinstance(wanted, list) else [wanted]
            if not any(_is(value, kind) for kind in kinds):
                found.append(f"{path}: {value!r} is not of type {wanted}")
        elif word == "enum":
            if not any(type(value) is type(item) and value == item for item in wanted):
                found.append(f"{path}: {value!r} is none of {wanted}")
        elif word == "required":
            found += [f"{path}: {key} is missing" for key in wanted if key not in value]
        elif word == "properties":
            for key, inner in value.items():
                found += _complaints(inner, wanted.get(key, {}), root, f"{path}/{key}")
        elif word == "additionalProperties":
            for key in value.keys() - schema.get("properties", {}).keys():
                found += (
                    _complaints(value[key], wanted, root, f"{path}/{key}") if wanted else [f"{path}: {key} is unknown"]
                )
        elif word == "anyOf":
            branches = [_complaints(value, inner, root, path) for inner in wanted]
            if all(branches):
                found += branches[0]
        else:
            assert word in _TOLD, f"a word that is not checked: {word}"
    return found


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean") == isinstance(value, bool)
