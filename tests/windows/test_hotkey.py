"""The chord on a Windows session with other programs in it: real keys by SendInput."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts.screen import wait_until
from snapper.errors import ChordTaken
from snapper.hotkey import choose
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.presses import Press
from snapper.hotkey.win32_layout import written_with_altgr
from snapper.hotkey.win32_register import Win32Register
from tests.windows.hands import (
    ALT, CTRL, ON_WINE, SHIFT, press, press_scan_codes, tws, typed_into, unix, wait_for_front, wine_differs,
)  # fmt: skip

CHORD, ON_HP = parse_chord("Ctrl+Alt+H"), parse_chord("Ctrl+Alt+Q")
H, K, Q = ord("H"), ord("K"), ord("Q")
SCAN_CTRL, SCAN_ALT, SCAN_H = 0x1D, 0x38, 0x23

HOLDER = """
import sys
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.win32_register import Win32Register
Win32Register(parse_chord("Ctrl+Alt+H")).start(lambda press: print("pressed", flush=True))
print("holds", flush=True)
sys.stdin.read()
"""


@contextmanager
def listening() -> Iterator[list[Press]]:
    """The presses that are told meanwhile."""
    presses: list[Press] = []
    hotkey = Win32Register(CHORD)
    hotkey.start(presses.append)
    try:
        yield presses
    finally:
        hotkey.stop()


@contextmanager
def another_process_that_holds_it() -> Iterator["subprocess.Popen[str]"]:
    """A program of its own with the chord; killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "holds\n"
        try:
            yield holder
        finally:
            holder.kill()


def test_the_chord_is_taken_from_the_window_in_front_and_no_other_key_is() -> None:
    with tws() as window, listening() as presses:
        press(CTRL, ALT, SHIFT, H)
        press(ord("A"))
        press(CTRL, ALT, H)
        wait_until(lambda: presses, "the press is told")
        press(ord("B"))
        wait_until(lambda: "b" in typed_into(window), "what is typed next arrives underneath")
        assert len(presses) == 1
        assert typed_into(window).replace("H", "").replace("h", "") == "ab"
        assert [key for key in window.facts("key") if key in ("h", "\x08", "Key_H")] in ([], ["Key_H"], ["h"])
        press(CTRL, ALT, H)
        wait_until(lambda: len(presses) == 2, "the second press is told")


def test_windows_is_asked_first_and_the_listener_only_after_it() -> None:
    choice = choose(CHORD, "win32", {})
    assert choice.backend.name == "win32_register"
    assert choice.refused == ()


def test_a_chord_of_another_program_is_named_with_another_one_to_choose() -> None:
    with another_process_that_holds_it(), pytest.raises(ChordTaken) as refusal:
        Win32Register(CHORD).start(lambda press: None)
    assert refusal.value.sentence == "Ctrl+Alt+H is already taken by another program."
    assert 'hotkey.chord = "Ctrl+Alt+J"' in refusal.value.remedy


def test_a_killed_program_gives_its_chord_back() -> None:
    with another_process_that_holds_it() as holder:
        holder.kill()
        holder.wait(20)
    with listening() as presses:
        press(CTRL, ALT, H)
        wait_until(lambda: presses, "the press is told")


def test_it_is_free_when_stop_returns_even_when_called_again() -> None:
    first, second = Win32Register(CHORD), Win32Register(CHORD)
    first.start(lambda press: None)
    with pytest.raises(ChordTaken):
        second.start(lambda press: None)
    first.stop()
    first.stop()
    second.start(lambda press: None)
    second.stop()


def test_a_press_that_fails_gives_the_chord_back(monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[object] = []
    monkeypatch.setattr(threading, "excepthook", failures.append)

    def fail(press: Press) -> None:
        raise ValueError("a fault of the program")

    hotkey = Win32Register(CHORD)
    hotkey.start(fail)
    press(CTRL, ALT, H)
    wait_until(lambda: failures and hotkey._thread and not hotkey._thread.is_alive(), "it has ended")
    Win32Register(CHORD).start(lambda press: None)


# --- layouts -----------------------------------------------------------------------------------------------


@contextmanager
def layout(name: str) -> Iterator[None]:
    """Another keyboard layout, which Wine takes from the X server below it when a program starts."""
    unix("/usr/bin/setxkbmap", name)
    try:
        yield
    finally:
        unix("/usr/bin/setxkbmap", "us")


def answer_of_a_new_program(code: str) -> str:
    """What a Python started now says."""
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, check=True)
    return done.stdout.decode().strip()


only_wine = pytest.mark.skipif(not ON_WINE, reason="the layout of a real session is not ours to change")


@only_wine
def test_it_fires_under_a_russian_layout() -> None:
    with layout("ru"), another_process_that_holds_it() as holder:
        assert holder.stdout
        press(CTRL, ALT, H)
        assert holder.stdout.readline() == "pressed\n"


@only_wine
@wine_differs("a scan code is read by the layout of the X server, whose Russian keys it maps to none")
def test_the_key_at_its_place_fires_under_a_russian_layout() -> None:
    with layout("ru"), listening() as presses:
        press_scan_codes(SCAN_CTRL, SCAN_ALT, SCAN_H)
        wait_until(lambda: presses, "the press is told", 5)


@only_wine
@pytest.mark.parametrize(
    ("name", "written"),
    [("de", "@"), ("de(nodeadkeys)", "@"), ("tr", "@"), ("us", ""), ("gb", ""), ("fr", "")],
)
def test_keyboards_on_which_altgr_q_writes_a_character_are_known(name: str, written: str) -> None:
    code = f"from snapper.hotkey.win32_layout import *; print(written_with_altgr({Q}))"
    variant = name.replace("(", " -variant ").rstrip(")").split()
    with layout_of(*variant):
        assert answer_of_a_new_program(code) == written


@contextmanager
def layout_of(*words: str) -> Iterator[None]:
    """A layout with its options."""
    unix("/usr/bin/setxkbmap", *words)
    try:
        yield
    finally:
        unix("/usr/bin/setxkbmap", "us")


@only_wine
def test_a_german_keyboard_is_warned_of_the_chord_of_an_hp_and_offered_another_one() -> None:
    code = (
        "from snapper.hotkey.chord import parse_chord; from snapper.hotkey.win32_register import Win32Register\n"
        "for text in ('Ctrl+Alt+Q', 'Ctrl+Alt+H'): print(*Win32Register(parse_chord(text)).notes)"
    )
    with layout("de"):
        first, *rest = answer_of_a_new_program(code).splitlines()
    assert "AltGr+Q writes @" in first
    assert 'hotkey.chord = "Ctrl+Alt+J"' in first
    assert "".join(rest) == ""


def test_the_chord_that_is_offered_instead_writes_nothing_here() -> None:
    assert written_with_altgr(ord("J")) == ""


def test_a_window_that_comes_to_the_front_later_changes_nothing() -> None:
    with listening() as presses, tws():
        wait_for_front("Trader")
        press(CTRL, ALT, H)
        wait_until(lambda: presses, "the press is told")
