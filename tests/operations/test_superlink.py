"""Asking a SuperLink: the process that asks is played by a script; real Flower is asked in `tests/flower`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.flower.test_superlink_report import DATA
from wizard.core.flower.superlink import Card, card
from wizard.core.flower.versions import FlowerVersion
from wizard.core.opennebula.snapshot import Node, Role, ServiceSnapshot, VmFacts
from wizard.operations import superlink as control
from wizard.operations.flower_environments import NoFlowerEnvironment, python_of
from wizard.operations.superlink import Control, ControlError

CARD = Card("10.0.0.7:9092", FlowerVersion(1, 25, 0), False, "", ())
Play = Callable[[str], None]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Lets the environment's Python be a shell script; $3 is the address, $4 the protocol, $5 the CA."""
    place = tmp_path / "python"
    monkeypatch.setattr(control, "python_of", lambda version: place)

    def write(script: str) -> None:
        place.write_text(f"#!/bin/sh\n{script}\n")
        place.chmod(0o755)

    return write


def test_it_is_asked_at_its_own_address_first(play: Play) -> None:
    play(f"while read x; do echo '{json.dumps(DATA)}'; done")
    asking = Control(CARD)
    first, second = asking.ask(), asking.ask()
    asking.close()
    assert first == second
    assert first.address == "10.0.0.7:9093"
    assert first.online == 1


def test_then_where_a_tunnel_may_end(play: Play) -> None:
    answering = f"while read x; do echo '{json.dumps(DATA)}'; done"
    play(f"""case $3 in 127*) {answering};; esac; read x; echo '{{"error": "no"}}'""")
    asking = Control(CARD)
    assert asking.ask().address == "127.0.0.1:9093"
    asking.close()


def test_the_family_decides_how(play: Play, tmp_path: Path) -> None:
    play(f"echo \"$3 $4 $5\" > {tmp_path}/said; read x; echo '{json.dumps(DATA)}'")
    secured = Card("10.0.0.7:8000", FlowerVersion(1, 41, 0), True, "-----BEGIN CERTIFICATE-----\n", ())
    asking = Control(secured)
    assert asking.ask().address == "10.0.0.7:8000"
    address, kind, ca = (tmp_path / "said").read_text().split()
    assert (address, kind) == ("10.0.0.7:8000", "http")
    assert Path(ca).read_text() == secured.ca
    asking.close()
    assert not Path(ca).exists()


def test_where_nobody_answers_both_places_are_told(play: Play) -> None:
    play("""read x; echo '{"error": "connection refused"}'""")
    with pytest.raises(ControlError) as told:
        Control(CARD).ask()
    assert told.value.title == "10.0.0.7:9093: connection refused; 127.0.0.1:9093: connection refused"
    assert "tunnel" in told.value.hint


@pytest.mark.parametrize("script", ["exit 3", "read x; echo nonsense", "read x; echo '{}'"])
def test_an_environment_that_breaks_is_no_traceback(play: Play, script: str) -> None:
    play(script)
    with pytest.raises(ControlError, match="no answer that can be read"):
        Control(CARD, "127.0.0.1:1").ask()


def test_silence_has_an_end(play: Play, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(control, "PATIENCE", 0.3)
    play(f"echo $$ > {tmp_path}/pid; exec sleep 60")
    with pytest.raises(ControlError, match="none within"):
        Control(CARD, "127.0.0.1:1").ask()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_missing_environment_says_what_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(version: str) -> Path:
        raise NoFlowerEnvironment(f"there is no environment with Flower {version}", hint="Make it once: so.")

    monkeypatch.setattr(control, "python_of", missing)
    with pytest.raises(ControlError) as told:
        Control(CARD).ask()
    assert (told.value.title, told.value.hint) == (
        "there is no environment with Flower 1.25.0",
        "To ask a SuperLink Flower is needed. Make it once: so.",
    )


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (Card("10.0.0.7:9092", None, False, "", ()), "version is not known"),
        (Card("10.0.0.7:9092", FlowerVersion(1, 25, 0), True, "", ()), "published no CA"),
    ],
)
def test_what_the_card_lacks_is_told(play: Play, card: Card, said: str) -> None:
    play("exit 0")
    with pytest.raises(ControlError, match=said):
        Control(card).ask()


@pytest.mark.parametrize("version", ["{folder}", "../{folder}", "1.25.0/../../{folder}", "1.25.0\n", ""])
def test_no_folder_that_a_guest_names_is_ever_started(tmp_path: Path, version: str) -> None:
    """A folder that any local user can have made, with a stamp and a Python of its own."""
    marked = tmp_path / "started"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text(f"#!/bin/sh\ntouch {marked}\n")
    (tmp_path / "bin" / "python").chmod(0o755)
    said = version.format(folder=tmp_path)
    (tmp_path / "image-complete").write_text(f"{said}\n")
    with pytest.raises(NoFlowerEnvironment, match="no version of Flower"):
        python_of(said)
    vm = VmFacts(1, "superlink_0", 3, 3, ips=("127.0.0.1",), user_template={"READY": "YES", "FL_VERSION": said})
    found = card(ServiceSnapshot(1, "x", 2, roles=(Role("superlink", 2, 1, nodes=(Node(1, "superlink_0", vm),)),)))
    assert found is not None
    with pytest.raises(ControlError):
        Control(found).ask()
    assert not marked.exists()
