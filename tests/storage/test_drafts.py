"""Drafts on disk: private, whole, offered only once their sitting is over, and never in the way when broken."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from wizard.core.plan.plan import Plan
from wizard.core.plan.preset import Preset
from wizard.storage import drafts, process_names
from wizard.storage.drafts import DraftFile, left_behind
from wizard.storage.files import PresetFileError

UNFINISHED = Preset(Plan().with_texts({"FL_NUM_ROUNDS": "ten", "supernode.cardinality": "08"}), "Mine", "About\nit")


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The state folder, not made yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "flowerneb-wizard" / "drafts"


def finished() -> int:
    """The number of a process that is over."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def abandoned(own: Path, preset: Preset = UNFINISHED, *, at: float = 1.0, name: str = "mine", pid: int = 0) -> Path:
    """A draft whose process is gone."""
    path = own / f"{process_names._host()}-{pid or finished()}-7-{int(at):08x}.toml"
    DraftFile(path).keep(preset, name, at)
    return path


@pytest.mark.parametrize("text", ["ten", "08", " 8", "", "9" * 40, "\x00\x1b]\n", '"', "${x}", "🌻\u202e"])
def test_what_is_unfinished_is_kept_as_it_was_typed(own: Path, text: str) -> None:
    preset = Preset(Plan().with_texts({"FL_NUM_ROUNDS": text, "service.name": text, "FL_LOG_LEVEL": text}))
    abandoned(own, preset)
    assert [draft.preset for draft in left_behind()[0]] == [preset]


def test_a_draft_is_private_and_told_with_its_origin(own: Path) -> None:
    path = abandoned(own, at=12.5)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    assert left_behind() == ((drafts.Draft(path, UNFINISHED, "mine", 12.5),), ())


def test_bytes_that_are_no_text_do_not_stop_the_keeping(own: Path) -> None:
    abandoned(own, Preset(Plan().with_text("service.name", "a\udcffb")))
    assert left_behind()[0][0].preset.plan.name == "a?b"


def test_the_newest_comes_first(own: Path) -> None:
    for moment in (2.0, 3.0, 1.0):
        abandoned(own, at=moment)
    assert [draft.saved_at for draft in left_behind()[0]] == [3.0, 2.0, 1.0]


def test_the_draft_of_a_wizard_that_runs_is_its_own() -> None:
    file, other = DraftFile(), DraftFile()
    assert file.path != other.path
    file.keep(UNFINISHED, "mine", 1.0)
    assert file.path.exists()
    assert left_behind() == ((), ())
    file.drop()
    assert not file.path.exists()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to tell when a process began")
def test_a_process_number_that_was_given_again_is_no_hindrance(own: Path) -> None:
    abandoned(own, pid=os.getpid())
    assert len(left_behind()[0]) == 1


def test_a_draft_of_another_machine_is_left_alone_for_a_week(own: Path) -> None:
    path = own / "elsewhere-1-1-0123abcd.toml"
    DraftFile(path).keep(UNFINISHED, "", 1.0)
    assert left_behind()[0] == ()
    os.utime(path, (1, 1))
    assert len(left_behind()[0]) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no draft"),
        (b"\xff\xfe", "no draft"),
        (b"preset = 1\n", "no draft"),
        (b"# draft of flowerneb-wizard []\npreset = 1\n", "no draft"),
        (b"# draft of flowerneb-wizard {\npreset = 1\n", "no draft"),
        (b'# draft of flowerneb-wizard {"saved_at": 1e400}\npreset = 1\n', "no draft"),
        (b'# draft of flowerneb-wizard {"saved_at": null}\npreset = 1\n', "no draft"),
        (b'# draft of flowerneb-wizard {"saved_at": 1}\npreset = 99\n', "newer version"),
        (b'# draft of flowerneb-wizard {"saved_at": 1}\npreset = 1\n[service]\nx = 1\n', "unknown key"),
        (b'# draft of flowerneb-wizard {"saved_at": 1}\npreset = 1\n' + b"#" * 300_000, "no draft"),
    ],
)
def test_a_broken_or_newer_one_is_told_once_and_moved_aside(own: Path, content: bytes, said: str) -> None:
    good, path = abandoned(own), own / "broken.toml"
    path.write_bytes(content)
    found, (error,) = left_behind()
    assert [draft.path for draft in found] == [good]
    assert said in str(error)
    aside = own / "broken.toml.broken"
    assert str(aside) in str(error)
    assert aside.read_bytes() == content
    assert not path.exists()
    assert left_behind() == (found, ())


def test_one_that_can_not_be_moved_is_told_again(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = own / "broken.toml"
    own.mkdir(parents=True)
    path.write_text("no draft")

    # Permissions do not bind root, who runs many a test.
    def refuse(*_: object) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    for _ in range(2):
        ((), (error,)) = left_behind()
        assert str(error).startswith(f"{path}: ")


def test_those_of_the_sandbox_are_kept_apart(own: Path) -> None:
    real, practised = drafts.own_file(), drafts.own_file(practice=True)
    assert real.path.parent == own
    assert practised.path.parent == own.parent / "drafts-sandbox"
    assert {drafts.folder(), drafts.folder(practice=True)} == {real.path.parent, practised.path.parent}
    for practice, name in ((False, "real"), (True, "practised")):
        abandoned(drafts.folder(practice=practice), name=name)
    for practice, name in ((False, "real"), (True, "practised")):
        found, broken = left_behind(practice=practice)
        assert ([draft.preset_name for draft in found], broken) == ([name], ())


def test_a_folder_in_the_place_of_a_draft(own: Path) -> None:
    (own / "x.toml").mkdir(parents=True)
    assert "can't be read" in str(left_behind()[1][0])


def test_a_state_folder_that_can_not_be_written(own: Path) -> None:
    own.parent.parent.mkdir(parents=True)
    own.parent.write_text("in the way")
    with pytest.raises(PresetFileError):
        DraftFile().keep(UNFINISHED, "", 1.0)
    DraftFile().drop()
    assert left_behind() == ((), ())


def test_nothing_is_written_where_nothing_changed(own: Path) -> None:
    file = DraftFile()
    file.keep(UNFINISHED, "", 1.0)
    file.path.unlink()
    file.keep(UNFINISHED, "", 2.0)
    assert not file.path.exists()
    file.keep(Preset(Plan()), "", 2.0)
    assert file.path.exists()
