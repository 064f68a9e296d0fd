"""The private parts of Textual that we use are there and do what we expect, in every version that users may have."""

from __future__ import annotations

import ast
import codecs
import os
import signal
from pathlib import Path

import pytest
import textual
from textual.app import App
from textual.binding import Binding
from textual.drivers import linux_driver
from textual.drivers.headless_driver import HeadlessDriver

from wizard.tui.terminal import textual_internals
from wizard.tui.terminal.textual_internals import (
    app_of,
    bindings_of,
    decode_keyboard_with,
    driver_of,
    stop_for_shell,
    take_terminal_again,
)

TUI = Path(textual_internals.__file__).parents[1]


class Bare(App[int]):
    """An application with one key of its own."""

    BINDINGS = [Binding("f1", "help", "Help")]


def test_the_version_is_the_one_that_was_asked_for() -> None:
    assert os.environ.get("TEXTUAL_VERSION", textual.__version__) == textual.__version__


async def test_the_driver_is_that_of_the_running_application() -> None:
    app = Bare()
    assert driver_of(app) is None
    async with app.run_test():
        driver = driver_of(app)
        assert isinstance(driver, HeadlessDriver)
        assert app_of(driver) is app


async def test_the_bindings_are_those_of_the_application_by_key_and_in_order() -> None:
    app = Bare()
    async with app.run_test():
        bindings = bindings_of(app)
        assert [binding.description for binding in bindings.key_to_bindings["f1"]] == ["Help"]
        assert ("f1", "help") in [(key, binding.action) for key, binding in bindings]


def test_the_keyboard_is_decoded_by_the_decoder_that_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linux_driver, "getincrementaldecoder", codecs.getincrementaldecoder)
    asked: list[str] = []

    class Stop(Exception):
        """Ends the thread's work at the place where it makes its decoder."""

    def decoders(encoding: str) -> object:
        asked.append(encoding)
        raise Stop

    decode_keyboard_with(decoders)
    driver = linux_driver.LinuxDriver.__new__(linux_driver.LinuxDriver)
    driver.fileno = 0
    driver._debug = False
    with pytest.raises(Stop):
        driver.run_input_thread()
    assert asked == ["utf-8"]


def test_sigcont_takes_the_terminal_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(linux_driver.LinuxDriver, "resume_application_mode", lambda self: calls.append("resume"))
    driver = linux_driver.LinuxDriver.__new__(linux_driver.LinuxDriver)
    driver._auto_restart = True
    take_terminal_again(driver)
    assert calls == ["resume"]


def test_sigtstp_gives_the_terminal_back_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    monkeypatch.setattr(linux_driver.LinuxDriver, "suspend_application_mode", lambda self: calls.append("suspend"))
    monkeypatch.setattr("os.kill", lambda pid, number: calls.append((pid, number)))
    driver = linux_driver.LinuxDriver.__new__(linux_driver.LinuxDriver)
    driver._auto_restart = True
    stop_for_shell(driver)
    assert calls == ["suspend", (os.getpid(), signal.SIGSTOP)]


def test_nothing_else_reaches_into_textual() -> None:
    """Underscored attributes of anything but `self` and `cls`, and private modules, stand in that one module."""
    own = {
        node.attr
        for path in TUI.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    for path in TUI.rglob("*.py"):
        if path == Path(textual_internals.__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert "textual._" not in (node.module or ""), f"{path}:{node.lineno}"
            private = isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
            if private and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls", "os")):
                assert node.attr in own, f"{path}:{node.lineno}: {ast.unparse(node)}"
