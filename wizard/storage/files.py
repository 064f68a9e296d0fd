"""Folders of presets and themes, the mark of the first start, and the writing of a file: a crash leaves the old one or
the new one."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from wizard.core.errors import WizardError
from wizard.core.plan import preset as presets
from wizard.core.plan.preset import LARGEST, Preset, PresetError
from wizard.core.plan.preset_schema import FILE as SCHEMA

APPLICATION = "flowerneb-wizard"
SUFFIX = ".toml"
TOUR_SEEN = "tour-seen"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


class PresetFileError(WizardError):
    """A preset file can't be used: why, and which file and line. `missing` where there is no such file or name."""

    def __init__(self, where: str, title: str, line: int | None = None, *, missing: bool = False) -> None:
        super().__init__(title, f"{where}:{line}" if line else where)
        self.line = line
        self.missing = missing
        self.exit_status = 4 if missing else 2


class AlreadyThere(PresetFileError):
    """A preset of that name exists; it is overwritten only on the operator's word."""


class ShippedPreset(PresetFileError):
    """It came with the program: it is neither renamed, nor deleted, nor written over."""


@dataclass(frozen=True)
class PresetFile:
    """A preset on disk. Exactly one of `preset` and `error` is set."""

    name: str
    path: Path
    shipped: bool
    preset: Preset | None = None
    error: PresetFileError | None = None


def shipped(kind: str) -> Path:
    """The folder of `presets` or `themes` that came with the program, in a wheel or in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / kind
    return inside if inside.is_dir() else package.parent / kind


def own_presets() -> Path:
    """The operator's own folder of presets; it need not exist."""
    return platformdirs.user_config_path(APPLICATION) / "presets"


def first_start() -> bool:
    """True if the wizard was never opened here before; from now on it was. False, too, where that can't be noted."""
    mark = platformdirs.user_state_path(APPLICATION) / TOUR_SEEN
    try:
        if mark.exists():
            return False
        write_atomically(mark, "The wizard has shown its tour.\n")
    except (OSError, PresetFileError):
        return False
    return True


def read_preset(path: Path) -> Preset:
    """Read one preset file. Raises PresetFileError for anything that is not exactly one readable preset."""
    where = str(path)
    try:
        if path.is_dir():
            raise PresetFileError(where, "it is a folder; name a preset file in it")
        if path.exists() and not path.is_file():
            raise PresetFileError(where, "it is not a regular file")
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise PresetFileError(where, "there is no such file", missing=True) from None
    except OSError as error:
        raise PresetFileError(where, f"it can't be read: {error.strerror}") from None
    except ValueError:
        raise PresetFileError(where, "no file can have that name", missing=True) from None
    if len(data) > LARGEST:
        raise PresetFileError(where, f"it is larger than {LARGEST // 1024} KiB, so it is no preset")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PresetFileError(where, "it is not UTF-8 text", line) from None
    try:
        return presets.loads(text)
    except PresetError as error:
        raise PresetFileError(where, error.title, error.line) from None


def list_presets() -> tuple[PresetFile, ...]:
    """Every preset by name: `default`, the other shipped ones, then the operator's own.

    Broken ones are listed with their error.
    """
    ours = sorted(_listed(shipped("presets"), True), key=lambda item: item.name != "default")
    return (*ours, *_listed(own_presets(), False))


def find_preset(reference: str) -> PresetFile:
    """The preset of that name, or at that path. Of two with one name the operator's own wins.

    Raises PresetFileError where there is none (`missing`, with the nearest name) or where it is broken.
    """
    item = locate_preset(reference)
    if item.error is not None:
        raise item.error
    return item


def locate_preset(reference: str) -> PresetFile:
    """As `find_preset`, but a broken one comes back with its error. Raises PresetFileError where there is none."""
    if _is_path(reference):
        path = Path(reference).expanduser()
        item = _read(path, is_shipped=False)
        if item.error is not None and item.error.missing:
            raise item.error
        return item
    found = {item.name: item for item in list_presets()}
    if reference not in found:
        raise _no_such(reference, found)
    return found[reference]


def save_preset(name: str, preset: Preset, *, overwrite: bool = False) -> Path:
    """Save into the operator's own folder under a name of letters, digits, '.', '_' and '-'; the path comes back.

    Raises AlreadyThere where the name is taken and `overwrite` is not said, PresetFileError for a bad name, for a
    plan that no preset can hold, and for what the file system refuses.
    """
    path = _free(name, overwrite=overwrite)
    try:
        text = presets.dumps(preset)
    except PresetError as error:
        raise PresetFileError(name, f"it can't be saved yet: {error.title}") from None
    write_atomically(path, text, is_new=not overwrite)
    return path


def save_text(name: str, text: str, *, overwrite: bool = False) -> Path:
    """As `save_preset`, for a file that is there as text already: its comments stay. Whether it is a preset is not
    looked at. The schema that its first line names is put beside it, as it is in this version."""
    path = _free(name, overwrite=overwrite)
    write_atomically(path, text, is_new=not overwrite)
    write_atomically(path.parent / SCHEMA, (shipped("presets") / SCHEMA).read_text(encoding="utf-8"))
    return path


def shipped_preset(name: str) -> PresetFile | None:
    """The preset of that name that came with the program, whether or not one of the operator's own hides it."""
    return next((item for item in _listed(shipped("presets"), True) if item.name == name), None)


def own_preset(name: str, done: str) -> Path:
    """Path of the operator's own preset of that name, broken or not; `done` is what is to be done to it, for the
    error. Raises ShippedPreset, and PresetFileError for a path and for an unknown name (`missing`)."""
    if _is_path(name):
        raise PresetFileError(name, f"only a preset of your own folder is {done} here: give its name, not a file")
    own = {item.name: item.path for item in _listed(own_presets(), False)}
    if name in own:
        return own[name]
    if shipped_preset(name) is not None:
        raise ShippedPreset(name, f"it came with the program and can't be {done}; your own lie in {own_presets()}")
    raise _no_such(name, own)


def rename_preset(name: str, new: str) -> Path:
    """Give one of the operator's own presets, broken or not, another name; the new path comes back.

    Raises ShippedPreset, AlreadyThere, and PresetFileError for a bad name, an unknown one (`missing`) and what the
    file system refuses.
    """
    path = own_preset(name, "renamed")
    target = _free(new, overwrite=False)
    try:
        _move(path, target, is_new=True)
    except OSError as error:
        raise PresetFileError(str(path), f"it can't be renamed: {error.strerror}") from None
    return target


def delete_preset(name: str) -> Path:
    """Delete one of the operator's own presets, broken or not; where it was comes back.

    Raises ShippedPreset, and PresetFileError for an unknown name (`missing`) and what the file system refuses.
    """
    path = own_preset(name, "deleted")
    try:
        path.unlink()
    except OSError as error:
        raise PresetFileError(str(path), f"it can't be deleted: {error.strerror}") from None
    return path


def write_atomically(path: Path, content: str | bytes, *, is_new: bool = False) -> None:
    """Write a private file (mode 0600) through a temporary one in the same folder. Raises PresetFileError.

    With `is_new` nothing is written over, not even what another program makes in this moment: AlreadyThere is raised.
    """
    import tempfile

    try:
        written = content if isinstance(content, bytes) else content.encode("utf-8")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(written)
                stream.flush()
                os.fsync(stream.fileno())
            _move(Path(temporary), path, is_new=is_new)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except UnicodeEncodeError:
        raise PresetFileError(str(path), "it can't be written: it holds bytes that are not UTF-8 text") from None
    except OSError as error:
        raise PresetFileError(str(path), f"it can't be written: {error.strerror}") from None


def _move(source: Path, target: Path, *, is_new: bool) -> None:
    """Give a file another name. Raises AlreadyThere where `is_new` and the name is taken, and OSError."""
    if not is_new:
        source.replace(target)
        return
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise AlreadyThere(str(target), "a preset of that name exists") from None
    except OSError:
        # A file system without links: the name is taken first, by an empty file that is nobody else's.
        try:
            target.touch(exist_ok=False)
        except FileExistsError:
            raise AlreadyThere(str(target), "a preset of that name exists") from None
        source.replace(target)
    else:
        source.unlink()


def _listed(folder: Path, is_shipped: bool) -> Iterator[PresetFile]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
    except OSError:
        return
    for path in paths:
        yield _read(path, is_shipped)


def _read(path: Path, is_shipped: bool) -> PresetFile:
    try:
        return PresetFile(path.stem, path, is_shipped, preset=read_preset(path))
    except PresetFileError as error:
        return PresetFile(path.stem, path, is_shipped, error=error)


def _is_path(reference: str) -> bool:
    return os.sep in reference or reference.endswith(SUFFIX)


def _no_such(name: str, known: Iterable[str]) -> PresetFileError:
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known) or 'none'}"
    return PresetFileError(name, f"no preset has that name; {hint}", missing=True)


_NAMES = "a preset's name starts with a letter or digit and has letters, digits, '.', '_' and '-' only"


def wrong_with_name(name: str, *, is_new: bool = False) -> str:
    """Why a preset can't have that name, as a sentence; empty where it can. `is_new`: nor may another one have it."""
    try:
        _free(name, overwrite=not is_new)
    except AlreadyThere:
        return "A preset of that name exists."
    except PresetFileError:
        return f"{_NAMES[:1].upper()}{_NAMES[1:]}."
    return ""


def wrong_with_path(text: str) -> str:
    """Why no file can be written at that path, as a sentence; empty where nothing stands against it, or where it is
    empty. Folders that are not there yet are made."""
    if "\0" in text:
        return "No file can have that path: it holds a null character."
    try:
        path = Path(text).expanduser()
        if path.is_dir():
            return f"{path} is a folder. Add the name of a file." if text.strip() else ""
        near = next((folder for folder in path.parents if folder.exists()), path.anchor)
        if not Path(near).is_dir():
            return f"{near} is not a folder."
        return "" if os.access(near, os.W_OK) else f"You may not write into {near}."
    except (OSError, ValueError, RuntimeError) as error:
        return f"No file can have that path: {getattr(error, 'strerror', None) or error}."


def _free(name: str, *, overwrite: bool) -> Path:
    if not _NAME.match(name):
        raise PresetFileError(name or "(no name)", _NAMES)
    path = own_presets() / f"{name}{SUFFIX}"
    if (path.exists() or path.is_symlink()) and not overwrite:
        raise AlreadyThere(str(path), "a preset of that name exists")
    return path
