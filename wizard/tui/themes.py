"""Themes are files: read, checked, and left out with a word where they are broken."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from textual.theme import Theme

from wizard.files import shipped

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class _Colors(BaseModel):
    model_config = ConfigDict(extra="forbid")

    primary: str
    secondary: str | None = None
    accent: str | None = None
    foreground: str | None = None
    background: str | None = None
    surface: str | None = None
    panel: str | None = None
    success: str | None = None
    warning: str | None = None
    error: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    dark: bool = True
    ansi: bool = False
    colors: _Colors
    variables: dict[str, str] = {}


def load_themes(folder: Path | None = None) -> tuple[tuple[Theme, ...], tuple[str, ...]]:
    """The themes in a folder (the shipped ones unless told), and a sentence for each file that is broken."""
    themes: list[Theme] = []
    complaints: list[str] = []
    for path in sorted((folder or shipped("themes")).glob("*.toml")):
        try:
            parsed = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            complaints.append(f"theme {path.name} can't be read: {error}")
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            complaints.append(f"theme {path.name}: {place}: {first['msg']}")
        else:
            colors = parsed.colors.model_dump(exclude_none=True)
            themes.append(
                Theme(name=parsed.name, dark=parsed.dark, ansi=parsed.ansi, variables=parsed.variables, **colors)
            )
    return tuple(themes), tuple(complaints)
