"""The chord on a Windows session with other programs in it: real keys by SendInput."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.screen import wait_until
from snapper.errors import ChordTaken
from snapper.hotkey import choose
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.presses import Press
from snapper.hotkey.win32_register import Win32Register
from tests.journeys.stage import SNAPPER, running
from tests.windows.hands import (
    ALT,
    CTRL,
    ON_WINE,
    SHIFT,
    press,
    press_scan_codes,
    tws,
    typed_into,
    unix,
    wine_differs,
)  # fmt: skip

CHORD = parse_chord("Ctrl+Alt+H")
H, Q = ord("H"), ord("Q")
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
def another_process_that_holds_it() -> Iterator[subprocess.Popen[str]]:
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
        assert typed_into(window).removeprefix("H") == "ab"  # with Shift it was another chord
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
    again = Win32Register(CHORD)
    again.start(lambda press: None)
    again.stop()


# --- layouts -----------------------------------------------------------------------------------------------

only_wine = pytest.mark.skipif(not ON_WINE, reason="the layout of a real session is not ours to change")


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Chooses another keyboard layout: Wine takes it from the X server below when a program starts."""
    yield lambda options: unix(f"setxkbmap {options}", tmp_path)
    unix("setxkbmap us", tmp_path)


def answer_of_a_new_program(code: str) -> list[str]:
    """What a Python started now says, line by line."""
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, check=True)
    return done.stdout.decode().splitlines()


@only_wine
def test_it_fires_under_a_russian_layout(layout: Callable[[str], None]) -> None:
    layout("ru")
    with another_process_that_holds_it() as holder:
        assert holder.stdout
        press(CTRL, ALT, H)
        assert holder.stdout.readline() == "pressed\n"


@only_wine
@wine_differs("a program started under a Russian X layout has no virtual keys for its letters")
def test_the_key_at_its_place_fires_under_a_russian_layout(layout: Callable[[str], None]) -> None:
    layout("ru")
    with another_process_that_holds_it() as holder:
        assert holder.stdout
        press_scan_codes(SCAN_CTRL, SCAN_ALT, SCAN_H)
        presses: list[str] = []
        threading.Thread(target=lambda: presses.append(holder.stdout.readline()), daemon=True).start()
        wait_until(lambda: presses, "the press is told", 5)


@only_wine
@pytest.mark.parametrize(
    ("options", "written"),
    [("de", "@"), ("de -variant nodeadkeys", "@"), ("tr", "@"), ("us", ""), ("gb", ""), ("fr", "")],
)
def test_keyboards_on_which_altgr_q_writes_a_character_are_known(
    layout: Callable[[str], None], options: str, written: str
) -> None:
    layout(options)
    code = f"from snapper.hotkey.win32_layout import *; print('<' + written_with_altgr({Q}) + '>')"
    assert answer_of_a_new_program(code) == [f"<{written}>"]


@only_wine
def test_a_german_keyboard_is_warned_of_the_chord_of_an_hp_and_offered_another_one(
    layout: Callable[[str], None],
) -> None:
    layout("de")
    on_hp, usual = answer_of_a_new_program(
        "from snapper.hotkey.chord import parse_chord\n"
        "from snapper.hotkey.win32_register import Win32Register\n"
        "for text in ('Ctrl+Alt+Q', 'Ctrl+Alt+H'): print(*Win32Register(parse_chord(text)).notes)"
    )
    assert "AltGr+Q writes @" in on_hp
    assert 'hotkey.chord = "Ctrl+Alt+J"' in on_hp
    assert usual == ""


# --- what is said of it ------------------------------------------------------------------------------------

DOCTOR = """
from snapper.doctor.keys_and_screen import chord
from snapper.hotkey.chord import parse_chord
found = chord(parse_chord("{chord}"), "By rule.", "auto", False)
for line in (found.verdict, found.sentence, found.remedy): print(line)
"""


@only_wine
def test_the_doctor_warns_a_german_keyboard(layout: Callable[[str], None]) -> None:
    layout("de")
    verdict, sentence, _remedy = answer_of_a_new_program(DOCTOR.format(chord="Ctrl+Alt+Q"))
    assert verdict == "warning"
    assert "AltGr+Q writes @" in sentence
    assert "Used: keys that Windows gives to snapper." in sentence


def test_the_doctor_names_a_conflict_and_another_chord() -> None:
    with another_process_that_holds_it():
        verdict, sentence, remedy = answer_of_a_new_program(DOCTOR.format(chord="Ctrl+Alt+H"))
    assert (verdict, sentence) == ("failed", "Ctrl+Alt+H is already taken by another program.")
    assert 'hotkey.chord = "Ctrl+Alt+J"' in remedy


@only_wine
def test_listening_begins_with_the_warning_and_goes_on(layout: Callable[[str], None], tmp_path: Path) -> None:
    layout("de")
    with running([*SNAPPER, "listen"], settings(tmp_path, "Ctrl+Alt+Q")) as program:
        wait_until(lambda: any("Press Ctrl+Alt+Q" in line for line in program.lines), "it listens", 180)
        assert any("AltGr+Q writes @" in line for line in program.lines)


def test_listening_says_that_another_program_has_the_chord(tmp_path: Path) -> None:
    said = "Ctrl+Alt+H is already taken by another program."
    with (
        another_process_that_holds_it(),
        running([*SNAPPER, "listen"], settings(tmp_path, "Ctrl+Alt+H")) as program,
    ):
        wait_until(lambda: any(said in line for line in program.lines), "the conflict is said", 180)


def settings(folder: Path, chord: str) -> dict[str, str]:
    """An environment with this chord, and an outbox of its own."""
    own = {"SNAPPER_HOTKEY_CHORD": chord, "SNAPPER_OUTBOX_FOLDER": str(folder / "outbox")}
    return {**os.environ, **own, "PYTHONUTF8": "1"}
