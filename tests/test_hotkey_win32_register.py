"""The chord on a real Windows session, and the refusal elsewhere."""

from __future__ import annotations

import ctypes
import sys

import pytest

from scripts.screen import wait_until
from snapper.errors import ChordTaken, Unavailable
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.presses import Press
from snapper.hotkey.win32_register import Win32Register

CHORD = parse_chord("Ctrl+Alt+H")
CTRL, ALT, SHIFT, H = 0x11, 0x12, 0x10, 0x48

on_windows = pytest.mark.skipif(sys.platform != "win32", reason="needs Windows")


def press(*keys: int) -> None:
    """Press keys together, as a keyboard would."""
    user32 = ctypes.WinDLL("user32")  # type: ignore[attr-defined,unused-ignore]
    for key in keys:
        user32.keybd_event(key, 0, 0, 0)
    for key in reversed(keys):
        user32.keybd_event(key, 0, 2, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="there it works")
def test_elsewhere_it_is_refused() -> None:
    with pytest.raises(Unavailable, match="not Windows"):
        Win32Register(CHORD)


@on_windows
def test_the_chord_is_told_and_no_other_is() -> None:
    presses: list[Press] = []
    hotkey = Win32Register(CHORD)
    hotkey.start(presses.append)
    try:
        press(CTRL, ALT, SHIFT, H)
        press(CTRL, H)
        press(CTRL, ALT, H)
        wait_until(lambda: presses, "the press is told")
        press(CTRL, ALT, H)
        wait_until(lambda: len(presses) == 2, "the second press is told")
    finally:
        hotkey.stop()


@on_windows
def test_a_taken_chord_is_named_and_free_again_after_stop() -> None:
    first, second = Win32Register(CHORD), Win32Register(CHORD)
    first.start(lambda press: None)
    with pytest.raises(ChordTaken, match="already taken"):
        second.start(lambda press: None)
    first.stop()
    first.stop()
    second.start(lambda press: None)
    second.stop()


@on_windows
def test_a_press_that_fails_gives_the_chord_back(monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[object] = []
    monkeypatch.setattr("threading.excepthook", failures.append)
    hotkey = Win32Register(CHORD)

    def fail(press: Press) -> None:
        raise ValueError("a fault of the program")

    hotkey.start(fail)
    press(CTRL, ALT, H)
    wait_until(
        lambda: failures and hotkey._thread and not hotkey._thread.is_alive(), "the listener has ended"
    )
    again = Win32Register(CHORD)
    again.start(lambda press: None)
    again.stop()
