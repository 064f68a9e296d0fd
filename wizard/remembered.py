"""What the program remembers from one sitting to the next, in a small file that may be edited or deleted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import platformdirs

from wizard.files import APPLICATION, write_atomically

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_LARGEST = 64 * 1024


def path() -> Path:
    """Where it lies; it need not exist."""
    return platformdirs.user_config_path(APPLICATION) / "settings.toml"


def remembered(name: str) -> tuple[str | None, str]:
    """What was chosen last under a name such as `theme`, and a sentence where the file can't be read (else empty)."""
    found, complaint = _read()
    value = found.get(name)
    if value is None or isinstance(value, str):
        return value, complaint
    return None, f"{path()}: {name} is {value!r}; expected a name"


def remember(name: str, value: str) -> None:
    """Keep a choice for the next sitting, beside the others. Raises PresetFileError where it can't be written."""
    found = {key: kept for key, kept in _read()[0].items() if isinstance(kept, str)} | {name: value}
    lines = "".join(f"{key} = {json.dumps(kept)}\n" for key, kept in sorted(found.items()))
    write_atomically(path(), f"# What flowerneb-wizard remembers. Delete this file to begin anew.\n{lines}")


def _read() -> tuple[dict[str, object], str]:
    try:
        with path().open("rb") as stream:
            return tomllib.loads(stream.read(_LARGEST).decode("utf-8")), ""
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError) as error:
        return {}, f"{path()} can't be read: {error}"
