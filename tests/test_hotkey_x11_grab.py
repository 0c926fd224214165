"""The chord on a real X server: taken, exact, under any layout, and what is typed after it held back."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import VirtualScreen, virtual_screen, wait_until
from snapper.errors import ChordTaken, Unavailable
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.presses import Press
from snapper.hotkey.x11_grab import X11Grab
from snapper.hotkey.x11_record import KeyEvent, Recorder, later
from tests.x_clients import Client, client

CHORD = parse_chord("Ctrl+Alt+H")


class Ear:
    """A hotkey that listens, and the presses it told of."""

    def __init__(self, screen: VirtualScreen, chord: str = "Ctrl+Alt+H") -> None:
        self.presses: list[Press] = []
        self.hotkey = X11Grab(parse_chord(chord), screen.environment)

    def wait_for(self, count: int) -> None:
        wait_until(lambda: len(self.presses) >= count, f"{count} presses told")


@contextlib.contextmanager
def listening(screen: VirtualScreen, chord: str = "Ctrl+Alt+H") -> Iterator[Ear]:
    ear = Ear(screen, chord)
    ear.hotkey.start(ear.presses.append)
    try:
        yield ear
    finally:
        ear.hotkey.stop()


@contextlib.contextmanager
def window(screen: VirtualScreen, title: str) -> Iterator[Client]:
    with client(screen, "window", title) as running:
        focus(screen, running)
        yield running


def focus(screen: VirtualScreen, target: Client) -> None:
    screen.xdotool("windowactivate", "--sync", str(target.id))
    wait_until(lambda: screen.focused() == str(target.id), "the window has the focus")


def settled(screen: VirtualScreen, ear: Ear, under: Client) -> None:
    """Everything typed so far has arrived: a last letter, typed now, has."""
    before = len(under.typed())
    screen.press("z")
    wait_until(lambda: under.typed().endswith("z") and len(under.typed()) > before, "the last letter arrives")


# --- taking it ---------------------------------------------------------------------------------------------


def test_the_chord_is_told_once_and_the_program_underneath_does_not_see_it(screen: VirtualScreen) -> None:
    with window(screen, "under") as under, listening(screen) as ear:
        screen.press("ctrl+alt+h")
        ear.wait_for(1)
        ear.hotkey.release_keys()
        settled(screen, ear, under)
        assert under.typed() == "z"
        assert len(ear.presses) == 1
        assert ear.presses[0].server_time > 0


def test_other_chords_pass_to_the_program_underneath(screen: VirtualScreen) -> None:
    with window(screen, "under") as under, listening(screen) as ear:
        for keys in ("ctrl+alt+shift+h", "ctrl+h", "alt+h", "ctrl+alt+super+h", "ctrl+alt+j", "h"):
            screen.press(keys)
        settled(screen, ear, under)
        assert under.typed() == "Hhhhjhz"
        assert ear.presses == []


@pytest.mark.parametrize("lock", ["Num_Lock", "Caps_Lock"])
def test_locks_do_not_hide_the_chord(screen: VirtualScreen, lock: str) -> None:
    with window(screen, "under") as under, listening(screen) as ear:
        screen.press(lock)
        screen.press("ctrl+alt+h")
        ear.wait_for(1)
        assert under.typed() == ""


@pytest.mark.parametrize("layout", [["ru"], ["us,ru"], ["gr"], ["de"]])
def test_the_chord_fires_under_every_layout(screen: VirtualScreen, layout: list[str]) -> None:
    set_layout(screen, *layout)
    with window(screen, "under") as under, listening(screen) as ear:
        press_codes(screen, 37, 64, 43)
        ear.wait_for(1)
        assert under.typed() == ""


def test_the_chord_fires_while_the_second_layout_is_active(screen: VirtualScreen) -> None:
    set_layout(screen, "us,ru", "-option", "grp:caps_toggle")
    with window(screen, "under"), listening(screen) as ear:
        press_codes(screen, 66)  # Caps Lock switches to Russian
        press_codes(screen, 37, 64, 43)
        ear.wait_for(1)


def test_the_chord_follows_when_the_layout_changes(screen: VirtualScreen) -> None:
    """On a Dvorak keyboard, H is where a PC keyboard has J (key code 44)."""
    with window(screen, "under") as under, listening(screen) as ear:

        def taken(code: int) -> bool:
            seen, told = len(under.typed()), len(ear.presses)
            press_codes(screen, 37, 64, code)
            wait_until(lambda: len(under.typed()) > seen or len(ear.presses) > told, "the keys go somewhere")
            ear.hotkey.release_keys()
            return len(ear.presses) > told

        set_layout(screen, "us", "-variant", "dvorak")
        wait_until(lambda: taken(44), "the chord has moved")
        assert not taken(43)
        with listening(screen, "Ctrl+Alt+D"):  # D is there now, and free for others
            pass


def test_a_second_program_is_told_that_the_chord_is_taken_and_what_to_do(screen: VirtualScreen) -> None:
    with listening(screen):
        second = Ear(screen)
        with pytest.raises(ChordTaken) as refusal:
            second.hotkey.start(second.presses.append)
        second.hotkey.stop()
    assert refusal.value.sentence == "Ctrl+Alt+H is already taken by another program."
    assert 'hotkey.chord = "Ctrl+Alt+J"' in refusal.value.remedy


def test_the_chord_is_free_again_when_stop_returns(screen: VirtualScreen) -> None:
    with window(screen, "under") as under:
        with listening(screen) as ear:
            screen.press("ctrl+alt+h")  # the keyboard is held back when it stops
            ear.wait_for(1)
        ear.hotkey.stop()
        with listening(screen):
            pass
        screen.press("ctrl+alt+h")
        wait_until(lambda: under.typed() == "h", "the program gets its own chord again")
        assert len(ear.presses) == 1


def test_stop_may_come_from_the_press_itself(screen: VirtualScreen) -> None:
    ear = Ear(screen)
    stopped = threading.Event()

    def stop(press: Press) -> None:
        ear.hotkey.stop()
        stopped.set()

    ear.hotkey.start(stop)
    screen.press("ctrl+alt+h")
    assert stopped.wait(20)
    with listening(screen):
        pass


def test_a_screen_without_the_server_is_refused_in_words(screen: VirtualScreen) -> None:
    for display, words in (("", "DISPLAY is not set"), (":9999", ":9999 does not answer")):
        with pytest.raises(Unavailable, match=words):
            X11Grab(CHORD, {"DISPLAY": display})


def test_wayland_is_said_to_hide_the_chord(screen: VirtualScreen) -> None:
    hotkey = X11Grab(CHORD, {**screen.environment, "WAYLAND_DISPLAY": "wayland-0"})
    hotkey.stop()
    assert "Wayland" in hotkey.notes[0]


# --- one press is one press --------------------------------------------------------------------------------


def test_holding_the_chord_is_one_press_and_writes_nothing(screen: VirtualScreen) -> None:
    with window(screen, "under") as under, listening(screen) as ear:
        set_repeat(screen, delay=80, rate=100)
        screen.xdotool("keydown", "ctrl", "keydown", "alt", "keydown", "h")
        ear.wait_for(1)
        with watching_repeats(screen) as repeats:
            wait_until(lambda: repeats.wait(5), "held back: the key repeats")
            ear.hotkey.release_keys()
            wait_until(lambda: repeats.wait(5), "let go: the key repeats")
        screen.xdotool("keyup", "h", "keyup", "alt", "keyup", "ctrl")
        settled(screen, ear, under)
        assert len(ear.presses) == 1
        assert under.typed() == "z"


def test_the_key_held_longer_than_its_modifiers_writes_nothing(screen: VirtualScreen) -> None:
    with window(screen, "under") as under, listening(screen) as ear:
        set_repeat(screen, delay=80, rate=100)
        screen.xdotool("keydown", "ctrl", "keydown", "alt", "keydown", "h", "keyup", "ctrl", "keyup", "alt")
        ear.wait_for(1)
        ear.hotkey.release_keys()
        with watching_repeats(screen) as repeats:
            wait_until(lambda: repeats.wait(5), "the key repeats")
        screen.xdotool("keyup", "h")
        settled(screen, ear, under)
        assert under.typed() == "z"


def test_a_letter_typed_before_the_chord_is_up_is_not_lost(screen: VirtualScreen) -> None:
    with window(screen, "under") as under, listening(screen) as ear:
        screen.xdotool("keydown", "ctrl", "keydown", "alt", "keydown", "h", "keyup", "ctrl", "keyup", "alt")
        screen.xdotool("key", "a", "keyup", "h", "key", "b")
        ear.wait_for(1)
        ear.hotkey.release_keys()
        settled(screen, ear, under)
        assert under.typed() == "abz"


def test_every_press_of_several_is_told(screen: VirtualScreen) -> None:
    with window(screen, "under") as under, listening(screen) as ear:
        for count in range(1, 6):
            screen.press("ctrl+alt+h")
            ear.wait_for(count)
            ear.hotkey.release_keys()
        settled(screen, ear, under)
        assert len(ear.presses) == 5
        assert under.typed() == "z"


def test_a_second_press_while_keys_are_held_back_is_told_once_they_go(screen: VirtualScreen) -> None:
    with window(screen, "under") as under, listening(screen) as ear:
        screen.press("ctrl+alt+h")
        ear.wait_for(1)
        screen.press("ctrl+alt+h")
        screen.type("abc")
        ear.hotkey.release_keys()
        ear.wait_for(2)
        ear.hotkey.release_keys()
        settled(screen, ear, under)
        assert len(ear.presses) == 2
        assert under.typed() == "abcz"


# --- a menu holds the keyboard -----------------------------------------------------------------------------


def test_with_a_menu_open_the_chord_is_told_once_while_the_menu_stands(screen: VirtualScreen) -> None:
    mapped: list[bool] = []
    with window(screen, "under"), client(screen, "menu") as menu:
        assert menu.wait_for("ready")["held"]
        ear = Ear(screen)

        def note(press: Press) -> None:
            mapped.append(is_mapped(screen, menu.id))
            ear.presses.append(press)

        ear.hotkey.start(note)
        try:
            screen.press("ctrl+alt+h")
            ear.wait_for(1)
            ear.hotkey.release_keys()  # nothing is held back, and nothing happens
            screen.press("Escape")
            menu.wait_for("closed")
            screen.press("ctrl+alt+h")
            ear.wait_for(2)
            assert mapped[0]
            assert len(ear.presses) == 2
        finally:
            ear.hotkey.stop()


def test_a_chord_held_while_its_menu_closes_is_still_one_press(screen: VirtualScreen) -> None:
    with window(screen, "under") as under, listening(screen) as ear:
        set_repeat(screen, delay=80, rate=100)
        with client(screen, "menu"):
            screen.xdotool("keydown", "ctrl", "keydown", "alt", "keydown", "h")
            ear.wait_for(1)
            assert under.typed() == ""
        with watching_repeats(screen) as repeats:
            wait_until(lambda: repeats.wait(5), "the key repeats after the menu has closed")
        screen.xdotool("keyup", "h", "keyup", "alt", "keyup", "ctrl")
        settled(screen, ear, under)
        assert len(ear.presses) == 1


# --- what is typed after it --------------------------------------------------------------------------------


def test_letters_typed_after_the_chord_wait_for_the_window_that_appears(screen: VirtualScreen) -> None:
    """From the press on: every letter in the new window and in order, none in the old one, h's included."""
    with client(screen, "window", "note") as note, window(screen, "under") as under, listening(screen) as ear:
        screen.press("ctrl+alt+h")
        screen.type("what happened here", delay_ms=10)
        focus(screen, note)
        assert note.typed() == ""
        ear.hotkey.release_keys()
        screen.type(" then", delay_ms=10)
        wait_until(lambda: len(note.typed()) >= 23, "all letters have arrived")
        assert note.typed() == "what happened here then"
        assert under.typed() == ""
        assert len(ear.presses) == 1


def test_letters_arrive_in_order_when_the_focus_moves_amid_typing(screen: VirtualScreen) -> None:
    text = "the quick brown fox jumps over the lazy dog"
    with client(screen, "window", "note") as note, window(screen, "under") as under, listening(screen) as ear:
        screen.press("ctrl+alt+h")
        typist = threading.Thread(target=screen.type, args=(text, 15))
        typist.start()
        focus(screen, note)
        ear.hotkey.release_keys()
        typist.join()
        wait_until(lambda: len(note.typed()) >= len(text), "all letters have arrived")
        assert note.typed() == text
        assert under.typed() == ""


def test_keys_nobody_asks_for_go_by_themselves(screen: VirtualScreen) -> None:
    with window(screen, "under") as under, listening(screen) as ear:
        screen.press("ctrl+alt+h")
        ear.wait_for(1)
        screen.type("abc")
        assert under.typed() == ""
        wait_until(lambda: under.typed() == "abc", "the letters arrive without release_keys")


def test_keys_go_by_themselves_when_the_press_is_stuck(screen: VirtualScreen) -> None:
    done = threading.Event()
    with window(screen, "under") as under:
        hotkey = X11Grab(CHORD, screen.environment)
        hotkey.start(lambda press: done.wait(30) and None)
        screen.press("ctrl+alt+h")
        screen.type("abc")
        wait_until(lambda: under.typed() == "abc", "the letters arrive although the press is not done")
        done.set()
        hotkey.stop()


def test_a_release_that_comes_too_early_is_not_lost_on_the_next_press(screen: VirtualScreen) -> None:
    with window(screen, "under") as under, listening(screen) as ear:
        ear.hotkey.release_keys()
        screen.press("ctrl+alt+h")
        ear.wait_for(1)
        screen.type("abc")
        assert under.typed() == ""


def test_a_killed_listener_leaves_the_keyboard_free(screen: VirtualScreen) -> None:
    program = (
        "import os, time; from snapper.hotkey.chord import parse_chord\n"
        "from snapper.hotkey.x11_grab import X11Grab\n"
        "X11Grab(parse_chord('Ctrl+Alt+H'), os.environ).start(lambda press: print('pressed', flush=True))\n"
        "print('listening', flush=True); time.sleep(60)"
    )
    with window(screen, "under") as under:
        listener = subprocess.Popen(
            [sys.executable, "-c", program],
            env=screen.environment, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert listener.stdout
        assert listener.stdout.readline() == "listening\n"
        screen.press("ctrl+alt+h")
        assert listener.stdout.readline() == "pressed\n"
        screen.type("abc")
        assert under.typed() == ""
        listener.kill()
        listener.wait(10)
        listener.stdout.close()
        wait_until(lambda: under.typed() == "abc", "the letters arrive")


# --- what may go wrong -------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_press_that_fails_gives_the_chord_back(screen: VirtualScreen) -> None:
    hotkey = X11Grab(CHORD, screen.environment)

    def fail(press: Press) -> None:
        raise ValueError("a fault of the program")

    hotkey.start(fail)
    screen.press("ctrl+alt+h")
    assert hotkey._thread
    hotkey._thread.join(20)
    with listening(screen):
        pass


def test_the_end_of_the_screen_ends_the_listener_quietly() -> None:
    with virtual_screen(window_manager=False) as screen:
        ear = Ear(screen)
        ear.hotkey.start(ear.presses.append)
    ear.hotkey.stop()
    assert ear.presses == []


def test_a_screen_without_record_is_said_to_hide_the_chord_behind_menus() -> None:
    with bare_screen() as screen, listening(screen) as ear:
        assert any("RECORD" in note for note in ear.hotkey.notes)


def test_without_record_the_grab_tells_alone(screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recorder, "possible", staticmethod(lambda display: False))
    with window(screen, "under") as under, listening(screen) as ear:
        set_repeat(screen, delay=80, rate=100)
        screen.xdotool("keydown", "ctrl", "keydown", "alt", "keydown", "h")
        ear.wait_for(1)
        ear.hotkey.release_keys()
        with watching_repeats(screen) as repeats:
            wait_until(lambda: repeats.wait(5), "the key repeats")
        screen.xdotool("keyup", "h", "keyup", "alt", "keyup", "ctrl")
        screen.press("ctrl+alt+h")
        ear.wait_for(2)
        ear.hotkey.release_keys()
        settled(screen, ear, under)
        assert len(ear.presses) == 2
        assert under.typed() == "z"


def test_server_times_are_compared_across_their_turn() -> None:
    assert later(5, 2**32 - 5)
    assert not later(2**32 - 5, 5)
    assert not later(7, 7)


# --- hands -------------------------------------------------------------------------------------------------


def run(screen: VirtualScreen, *command: str) -> str:
    return subprocess.run(
        command, env=screen.environment, check=True, capture_output=True, text=True, timeout=60
    ).stdout


def set_layout(screen: VirtualScreen, *arguments: str) -> None:
    run(screen, "setxkbmap", *arguments)


def set_repeat(screen: VirtualScreen, delay: int, rate: int) -> None:
    run(screen, "xset", "r", "rate", str(delay), str(rate))


def is_mapped(screen: VirtualScreen, window_id: int) -> bool:
    return "IsViewable" in run(screen, "xwininfo", "-id", str(window_id))


def press_codes(screen: VirtualScreen, *codes: int) -> None:
    """Press physical keys together, whatever they write under the layout in use."""
    from Xlib import X, display
    from Xlib.ext import xtest

    connection = display.Display(screen.display)
    for code in codes:
        xtest.fake_input(connection, X.KeyPress, code)
    for code in reversed(codes):
        xtest.fake_input(connection, X.KeyRelease, code)
    connection.sync()
    connection.close()


class Repeats:
    """Counts key events that the server makes by itself, seen from beside (RECORD)."""

    def __init__(self, screen: VirtualScreen) -> None:
        from Xlib import display

        self._seen = 0

        def count(event: KeyEvent) -> None:
            self._seen += event.down

        self._screen = screen
        self._recorder = Recorder(display.Display(screen.display), count)

    def wait(self, more: int) -> bool:
        """Whether that many have come since the last call that said yes."""
        run(self._screen, "xset", "q")  # any request makes the server send what it has recorded
        self._recorder.read()
        if self._seen < more:
            return False
        self._seen = 0
        return True

    def close(self) -> None:
        self._recorder.close()


@contextlib.contextmanager
def watching_repeats(screen: VirtualScreen) -> Iterator[Repeats]:
    repeats = Repeats(screen)
    try:
        yield repeats
    finally:
        repeats.close()


@contextlib.contextmanager
def bare_screen() -> Iterator[VirtualScreen]:
    """An X server without RECORD, and without a window manager."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-extension", "RECORD", "-nolisten", "tcp", "-noreset"],
        pass_fds=(writer,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writer)
    with os.fdopen(reader) as pipe:
        screen = VirtualScreen(f":{pipe.readline().strip()}")
    try:
        yield screen
    finally:
        server.terminate()
        server.wait(10)
