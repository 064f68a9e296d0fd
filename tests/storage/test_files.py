"""Preset files on disk: found, read whatever they hold, written so that a crash leaves the old one or the new one."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from wizard.core.plan.plan import Plan
from wizard.core.plan.preset import Preset
from wizard.storage import files
from wizard.storage.files import (
    AlreadyThere,
    PresetFileError,
    ShippedPreset,
    delete_preset,
    find_preset,
    list_presets,
    locate_preset,
    read_preset,
    rename_preset,
    save_preset,
    save_text,
    wrong_with_path,
)

PRESET = Preset(Plan().with_text("FL_NUM_ROUNDS", "7"), "Seven", "Seven rounds")


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The operator's own folder, not made yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "flowerneb-wizard" / "presets"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_saved_and_found_again(own: Path) -> None:
    path = save_preset("seven", PRESET)
    assert path == own / "seven.toml"
    found = find_preset("seven")
    assert (found.preset, found.shipped, found.path) == (PRESET, False, path)


def test_private_from_the_beginning(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    link = Path.hardlink_to

    def watched(self: Path, target: Path) -> None:
        seen.append(mode(target))
        link(self, target)

    monkeypatch.setattr(Path, "hardlink_to", watched)
    before = os.umask(0)
    try:
        path = save_preset("seven", PRESET)
    finally:
        os.umask(before)
    assert seen == [0o600]
    assert mode(path) == 0o600
    assert mode(own) & 0o077 == 0


def test_never_overwritten_unasked(own: Path) -> None:
    path = save_preset("seven", PRESET)
    before = path.read_bytes()
    with pytest.raises(AlreadyThere, match="exists"):
        save_preset("seven", Preset(Plan()))
    assert path.read_bytes() == before
    assert save_preset("seven", Preset(Plan()), overwrite=True) == path
    assert find_preset("seven").preset == Preset(Plan())


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_crash_leaves_the_old_one_and_no_litter(own: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = save_preset("seven", PRESET)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), fail)
    with pytest.raises(PresetFileError, match="No space left"):
        save_preset("seven", Preset(Plan()), overwrite=True)
    assert list(own.iterdir()) == [path]
    assert read_preset(path) == PRESET


def test_an_interruption_leaves_no_litter(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "hardlink_to", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_preset("seven", PRESET)
    assert list(own.iterdir()) == []


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "a b", "x" * 65, "a\n", "ä", "-rf"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(PresetFileError, match="name starts with"):
        save_preset(name, PRESET)


def test_a_plan_that_no_preset_can_hold(own: Path) -> None:
    with pytest.raises(PresetFileError, match="can't be saved yet: FL_NUM_ROUNDS"):
        save_preset("x", Preset(Plan().with_text("FL_NUM_ROUNDS", "many")))
    assert not own.exists() or list(own.iterdir()) == []


def test_a_folder_that_can_t_be_made(own: Path) -> None:
    own.parent.parent.mkdir()
    own.parent.write_text("a file where the folder should be")
    with pytest.raises(PresetFileError, match="can't be written"):
        save_preset("seven", PRESET)
    assert [item.name for item in list_presets()] == [
        "default",
        "anomaly-detection",
        "image-classification",
        "llm-fine-tuning",
        "marketplace",
    ]


def test_a_link_is_followed_to_read_and_replaced_to_write(own: Path, tmp_path: Path) -> None:
    own.mkdir(parents=True)
    kept = tmp_path / "in-git.toml"
    kept.write_text("preset = 1\n")
    (own / "linked.toml").symlink_to(kept)
    assert find_preset("linked").preset == Preset(Plan())
    save_preset("linked", PRESET, overwrite=True)
    assert kept.read_text() == "preset = 1\n"
    assert find_preset("linked").preset == PRESET
    (own / "dangling.toml").symlink_to(tmp_path / "nowhere")
    assert find_error("dangling").missing
    (own / "loop.toml").symlink_to(own / "loop.toml")
    assert "can't be read" in find_error("loop").title


def find_error(name: str) -> PresetFileError:
    with pytest.raises(PresetFileError) as caught:
        find_preset(name)
    return caught.value


def test_own_wins_over_shipped(own: Path) -> None:
    assert find_preset("default").shipped
    save_preset("default", PRESET)
    assert not find_preset("default").shipped
    assert [item.shipped for item in list_presets() if item.name == "default"] == [True, False]


def test_the_nearest_name() -> None:
    error = find_error("lm-fine-tuning")
    assert error.missing
    assert "did you mean 'llm-fine-tuning'?" in str(error)
    assert "there are default, anomaly-detection" in find_error("zzzzz").title


def test_a_path_is_never_looked_up_as_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_error("./default").missing
    assert find_error("default.toml").missing
    (tmp_path / "default.toml").write_text('preset = 1\ntitle = "here"\n')
    found = find_preset("default.toml").preset
    assert found is not None
    assert found.title == "here"


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "x.toml").write_text("preset = 1\n")
    assert find_preset("~/x.toml").path == tmp_path / "x.toml"


def test_a_byte_order_mark_is_harmless(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b'\xef\xbb\xbfpreset = 1\r\ntitle = "x"\r\n')
    assert read_preset(path).title == "x"


def test_permission_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.toml"
    path.write_text("preset = 1\n")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(PresetFileError, match="Permission denied"):
        read_preset(path)


@pytest.mark.parametrize("reference", ["a\0b", "a\0b.toml", "/" * 3, "x" * 300 + ".toml"])
def test_odd_references_are_errors_like_others(reference: str) -> None:
    with pytest.raises(PresetFileError):
        find_preset(reference)


def test_shipped_folders_are_there() -> None:
    assert (files.shipped("presets") / "default.toml").is_file()
    assert files.shipped("themes").is_dir()


def test_a_broken_one_is_located_and_not_found(own: Path, tmp_path: Path) -> None:
    own.mkdir(parents=True)
    (own / "torn.toml").write_text("preset = 1\nx = 2\n")
    assert "unknown key 'x'" in find_error("torn").title
    located = locate_preset("torn")
    assert (located.preset, located.path) == (None, own / "torn.toml")
    assert located.error is not None
    assert locate_preset(str(own / "torn.toml")).error is not None
    with pytest.raises(PresetFileError) as caught:
        locate_preset(str(tmp_path / "none.toml"))
    assert caught.value.missing


def test_a_text_is_saved_as_it_is_with_the_schema_beside_it(own: Path) -> None:
    text = "#:schema ./preset.schema.json\n# mine\npreset = 1\n"
    path = save_text("mine", text)
    assert path.read_text() == text
    assert mode(path) == 0o600
    assert (own / "preset.schema.json").read_text() == (files.shipped("presets") / "preset.schema.json").read_text()
    with pytest.raises(AlreadyThere):
        save_text("mine", "preset = 1\n")
    assert path.read_text() == text
    assert [item.name for item in list_presets() if not item.shipped] == ["mine"]


def test_renamed_whether_or_not_it_is_broken(own: Path) -> None:
    save_preset("seven", PRESET)
    assert rename_preset("seven", "seven.v2") == own / "seven.v2.toml"
    assert find_preset("seven.v2").preset == PRESET
    assert find_error("seven").missing
    (own / "torn one.toml").write_text("x")
    rename_preset("torn one", "torn")
    assert (own / "torn.toml").read_text() == "x"


def test_renaming_overwrites_nothing(own: Path, tmp_path: Path) -> None:
    save_preset("seven", PRESET)
    save_preset("other", Preset(Plan()))
    (own / "dangling.toml").symlink_to(tmp_path / "nowhere")
    for taken in ("other", "seven", "dangling"):
        with pytest.raises(AlreadyThere):
            rename_preset("seven", taken)
    assert find_preset("other").preset == Preset(Plan())
    with pytest.raises(PresetFileError, match="name starts with"):
        rename_preset("seven", "../seven")


def test_deleted(own: Path) -> None:
    path = save_preset("default", PRESET)
    assert delete_preset("default") == path
    assert not path.exists()
    assert find_preset("default").shipped
    (own / "torn.toml").write_text("x")
    delete_preset("torn")
    assert list(own.iterdir()) == []


@pytest.mark.parametrize("change", [lambda name: rename_preset(name, "x"), delete_preset], ids=["rename", "delete"])
def test_what_is_neither_renamed_nor_deleted(own: Path, change: Callable[[str], Path]) -> None:
    save_preset("seven", PRESET)
    with pytest.raises(ShippedPreset, match="came with the program"):
        change("default")
    assert find_preset("default").shipped
    with pytest.raises(PresetFileError, match="did you mean 'seven'") as caught:
        change("sevne")
    assert caught.value.missing
    with pytest.raises(PresetFileError, match="give its name, not a file"):
        change(str(own / "seven.toml"))
    assert find_preset("seven").preset == PRESET


def test_what_the_file_system_refuses_is_told(own: Path) -> None:
    (own / "folder.toml").mkdir(parents=True)
    with pytest.raises(PresetFileError, match=r"can't be deleted: (Is a directory|Operation not permitted)"):
        delete_preset("folder")


def test_a_rename_that_fails_is_told(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_preset("seven", PRESET)

    def fail(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "hardlink_to", fail)
    monkeypatch.setattr(Path, "touch", fail)
    with pytest.raises(PresetFileError, match="can't be renamed: Read-only"):
        rename_preset("seven", "eight")
    assert path.exists()


def test_what_is_wrong_with_a_path_is_said_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert wrong_with_path(str(tmp_path / "new.json")) == ""
    assert wrong_with_path(str(tmp_path / "not" / "yet" / "new.json")) == ""
    assert wrong_with_path("") == ""
    assert "is a folder" in wrong_with_path(str(tmp_path))
    assert "is not a folder" in wrong_with_path(str(tmp_path / "file" / "new.json"))
    assert "No file can have that path" in wrong_with_path(str(tmp_path / ("x" * 300)))
    assert "No file can have that path" in wrong_with_path("a\0b")
