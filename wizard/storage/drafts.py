"""The draft that survives: what one session at the wizard has typed, in a private file until it is saved or deployed.

Each session has a file of its own, named after its machine and process. Only those whose process is gone are offered
again: what another wizard is still typing is nobody else's. The text in it is that of a preset, under one line that
says when it was written and which preset it came from; a number may be unfinished. What was typed for the
sandbox is never offered on a real cloud, and the other way round: they have folders of their own.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from wizard.core.plan import preset as presets
from wizard.core.plan.preset import LARGEST, Preset, PresetError
from wizard.storage.files import APPLICATION, SUFFIX, PresetFileError, write_atomically
from wizard.storage.process_names import may_live, own_name

_HEAD = "# draft of flowerneb-wizard "
BROKEN = ".broken"
"""What is added to the name of a draft that can't be read."""
_MOST = LARGEST + 1024
"""Bytes: a preset's text and the line on top."""
_LATEST = 1e11


@dataclass(frozen=True)
class Draft:
    """A draft that its session left behind. `saved_at` is in Unix seconds."""

    path: Path
    preset: Preset
    preset_name: str
    saved_at: float


@dataclass
class DraftFile:
    """The file of this session's own draft."""

    path: Path = field(default_factory=lambda: own_file().path)
    written: str = ""

    def keep(self, preset: Preset, preset_name: str, now: float) -> None:
        """Write the draft, if it is not what stands there already. Raises PresetFileError."""
        body = presets.dumps(preset, unfinished=True)
        # TOML is UTF-8 throughout; what is not, came with an argument of the command line and is refused as a value.
        body = body.encode("utf-8", "replace").decode("utf-8")
        if body == self.written:
            return
        head = json.dumps({"preset": preset_name, "saved_at": now})
        write_atomically(self.path, f"{_HEAD}{head}\n{body}")
        self.written = body

    def drop(self) -> None:
        """Forget the draft: it was saved, deployed or given up."""
        self.written = ""
        remove(self.path)


def folder(*, practice: bool = False) -> Path:
    """Folder of the drafts, those of the sandbox by themselves; it need not exist."""
    return platformdirs.user_state_path(APPLICATION) / ("drafts-sandbox" if practice else "drafts")


def own_file(*, practice: bool = False) -> DraftFile:
    """The file of this session, which is one on the sandbox or not."""
    return DraftFile(folder(practice=practice) / f"{own_name()}{SUFFIX}")


def left_behind(*, practice: bool = False) -> tuple[tuple[Draft, ...], tuple[PresetFileError, ...]]:
    """The drafts of sessions that are over, newest first, and what is wrong with those that can't be read.

    The latter are moved aside, so that each is reported once; their errors name where they are then.
    """
    found: list[Draft] = []
    broken: list[PresetFileError] = []
    try:
        paths = sorted(path for path in folder(practice=practice).iterdir() if path.suffix == SUFFIX)
    except OSError:
        return (), ()
    for path in paths:
        if may_live(path):
            continue
        try:
            found.append(_read(path))
        except PresetFileError as error:
            broken.append(PresetFileError(str(_aside(path)), error.title, error.line))
    return tuple(sorted(found, key=lambda draft: draft.saved_at, reverse=True)), tuple(broken)


def _aside(path: Path) -> Path:
    """New path for a draft that can't be read: under a name that is not looked at."""
    try:
        return path.replace(path.with_name(f"{path.name}{BROKEN}"))
    except OSError:
        return path


def remove(path: Path) -> None:
    """Remove a draft's file, if it is there."""
    with contextlib.suppress(OSError):
        path.unlink()


def _read(path: Path) -> Draft:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST + 1)
        text = data.decode("utf-8")
        head, _, body = text.partition("\n")
        head_data = json.loads(head.removeprefix(_HEAD)) if head.startswith(_HEAD) else None
        if not isinstance(head_data, dict) or len(data) > _MOST:
            raise PresetFileError(str(path), "it is no draft")
        saved_at = float(head_data.get("saved_at", 0))
        if not 0 <= saved_at < _LATEST:
            raise PresetFileError(str(path), "it is no draft")
        return Draft(path, presets.loads(body, unfinished=True), str(head_data.get("preset", "")), saved_at)
    except PresetError as error:
        raise PresetFileError(str(path), error.title, error.line and error.line + 1) from None
    except OSError as error:
        raise PresetFileError(str(path), f"it can't be read: {error.strerror}") from None
    except (ValueError, TypeError):
        raise PresetFileError(str(path), "it is no draft") from None
