"""What the program remembers from one sitting to the next, in a small file that may be edited or deleted."""

from __future__ import annotations

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


def remembered_theme() -> tuple[str | None, str]:
    """The theme that was chosen last, and a sentence where the file can't be read (else empty)."""
    try:
        with path().open("rb") as stream:
            found = tomllib.loads(stream.read(_LARGEST).decode("utf-8"))
    except FileNotFoundError:
        return None, ""
    except (OSError, ValueError, RecursionError) as error:
        return None, f"{path()} can't be read: {error}"
    theme = found.get("theme")
    if theme is None or isinstance(theme, str):
        return theme, ""
    return None, f"{path()}: theme is {theme!r}; expected a name"


def remember_theme(name: str) -> None:
    """Keep the theme for the next sitting. Raises PresetFileError where the file can't be written."""
    write_atomically(path(), f'# What flowerneb-wizard remembers. Delete this file to begin anew.\ntheme = "{name}"\n')
