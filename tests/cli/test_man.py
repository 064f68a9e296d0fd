"""The man page is drawn from the same source as `--help`, and what stands in the repository is of today."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from wizard.cli.program import wizard

ROOT = Path(__file__).parents[2]


def test_the_man_page_is_of_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "page.1"
    monkeypatch.setattr("sys.argv", ["man.py", str(place)])
    runpy.run_path(str(ROOT / "scripts" / "man.py"), run_name="__main__")
    page = place.read_text(encoding="utf-8")
    assert page == (ROOT / "man" / "flowerneb-wizard.1").read_text(encoding="utf-8"), "make man"
    for name in wizard.commands:
        assert f".SS flowerneb\\-wizard {name}".replace("restart-stale", "restart\\-stale") in page
