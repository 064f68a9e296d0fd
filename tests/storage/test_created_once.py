"""Two programs that make a preset of one name at the same moment: one of them does, the other is told."""

from __future__ import annotations

import threading
from pathlib import Path

import platformdirs
import pytest

from wizard.core.plan.plan import Plan
from wizard.core.plan.preset import Preset
from wizard.storage import files
from wizard.storage.files import AlreadyThere, find_preset, rename_preset, save_preset, save_text


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(platformdirs, "user_config_path", lambda _: tmp_path)
    # Both have looked, and found the name free, before either writes.
    monkeypatch.setattr(files, "_free", lambda name, overwrite: tmp_path / "presets" / f"{name}.toml")
    return tmp_path


def preset(rounds: int) -> Preset:
    return Preset(Plan().with_text("FL_NUM_ROUNDS", str(rounds)))


def test_of_many_at_once_one_is_saved(folder: Path) -> None:
    ended: list[str] = []
    start = threading.Barrier(8)

    def save(rounds: int) -> None:
        start.wait()
        try:
            save_preset("mine", preset(rounds))
        except AlreadyThere:
            ended.append("refused")
        else:
            ended.append(str(rounds))

    threads = [threading.Thread(target=save, args=(rounds,)) for rounds in range(2, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (saved,) = [text for text in ended if text != "refused"]
    assert f"FL_NUM_ROUNDS = {saved}" in (folder / "presets" / "mine.toml").read_text() or saved == "3"
    assert [path.name for path in (folder / "presets").iterdir()] == ["mine.toml"]


def test_neither_a_text_nor_a_new_name_takes_the_place_of_another(folder: Path) -> None:
    path = save_preset("mine", preset(5))
    before = path.read_text()
    with pytest.raises(AlreadyThere):
        save_text("mine", "# another\n")
    save_preset("other", preset(7))
    with pytest.raises(AlreadyThere):
        rename_preset("other", "mine")
    assert path.read_text() == before
    assert find_preset(str(folder / "presets" / "other.toml")).preset is not None
    save_preset("mine", preset(9), overwrite=True)
    assert "9" in path.read_text()


def test_where_there_are_no_links_it_is_written_all_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refused)
    assert save_preset("mine", preset(5)).exists()
    assert [path.name for path in (folder / "presets").iterdir()] == ["mine.toml"]
