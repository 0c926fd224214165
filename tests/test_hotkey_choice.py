"""Which backend listens for the chord where, and what is said when none can."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import VirtualScreen
from snapper import hotkey
from snapper.capture.windows import windows_for
from snapper.errors import ChordTaken, Unavailable
from snapper.hotkey import choose, last_taken, take
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.mac_carbon import MacCarbon
from snapper.hotkey.presses import OnPress, Press
from tests.mac_fakes import INTERNAL, FakeFrameworks, Program, macs

CHORD = parse_chord("Ctrl+Alt+H")


def test_an_x11_desktop_takes_the_chord_by_a_grab(screen: VirtualScreen) -> None:
    choice = choose(CHORD, "linux", screen.environment)
    choice.backend.stop()
    assert choice.backend.name == "x11_grab"
    assert choice.refused == ()


def test_a_named_backend_is_used_although_another_comes_first(
    screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", screen.display)  # pynput looks nowhere else
    choice = choose(CHORD, "linux", screen.environment, backend="pynput_listener")
    assert choice.backend.name == "pynput_listener"


@pytest.mark.parametrize(
    ("platform", "refusals"),
    [
        ("linux", ["x11_grab: There is no X11 screen", "pynput_listener: There is no X11 screen"]),
        ("freebsd14", ["x11_grab: There is no X11 screen", "pynput_listener: There is no X11 screen"]),
        ("win32", ["win32_register: This is not Windows", "pynput_listener: This is not Windows"]),
        (
            "darwin",
            ["mac_carbon: This is not a Mac", "pynput_listener: The Mac's own bridge to Python is missing"],
        ),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the refusals are those of Linux")
def test_where_nothing_works_every_refusal_is_told(platform: str, refusals: list[str]) -> None:
    with pytest.raises(Unavailable) as failure:
        choose(CHORD, platform, {})
    assert all(refusal in failure.value.sentence for refusal in refusals)
    assert failure.value.sentence.count(": ") == len(refusals)


# --- taking it --------------------------------------------------------------------------------------------


class Fake:
    """A backend that starts, or refuses to."""

    notes: tuple[str, ...] = ()

    def __init__(self, name: str, refusal: Unavailable | None = None) -> None:
        self.name, self._refusal = name, refusal
        self.tell: OnPress | None = None

    def start(self, on_press: OnPress) -> None:
        """Take the chord, or refuse."""
        if self._refusal:
            raise self._refusal
        self.tell = on_press

    def stop(self) -> None:
        """Give it back."""

    release_keys = stop


def offering(monkeypatch: pytest.MonkeyPatch, *backends: Fake) -> None:
    """These are all there is, on a system called `fake`."""
    monkeypatch.setattr(hotkey, "_last_taken", None)
    monkeypatch.setattr(hotkey, "_every", lambda *_: {each.name: lambda each=each: each for each in backends})
    monkeypatch.setattr(hotkey, "_order", lambda *_: tuple(each.name for each in backends))


def ignore(press: Press) -> None:
    """Nobody listens."""


def test_a_backend_that_refuses_when_it_starts_gives_way_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    second = Fake("second")
    offering(monkeypatch, Fake("first", Unavailable("Not today.", "Wait.")), second, Fake("third"))
    chosen = take(CHORD, "linux", {}, ignore)
    assert (chosen.backend, chosen.refused, second.tell) == (second, ("first: Not today.",), ignore)
    assert last_taken() is chosen


def test_a_chord_of_another_program_is_not_shared_with_it_in_another_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    second = Fake("second")
    offering(monkeypatch, Fake("first", ChordTaken("Another program has it.")), second)
    with pytest.raises(ChordTaken) as refusal:
        take(CHORD, "linux", {}, ignore)
    assert second.tell is None
    assert last_taken() is refusal.value


def test_where_none_starts_every_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    offering(
        monkeypatch, Fake("first", Unavailable("No.", "Do this.")), Fake("second", Unavailable("Never."))
    )
    with pytest.raises(Unavailable) as refusal:
        take(CHORD, "linux", {}, ignore)
    assert "first: No. second: Never." in refusal.value.sentence
    assert refusal.value.remedy == "Do this."


@pytest.fixture
def mac() -> Iterator[Program]:
    """A Mac that keeps to its headers."""
    yield from macs()


def test_a_mac_that_does_not_give_the_chord_out_has_it_listened_for(
    mac: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """macOS 15.0 refuses Option-Shift only when it is asked for it, not before."""
    chord, listener = parse_chord("Option-Shift-H"), Fake("pynput_listener")
    mac.answers["RegisterEventHotKey"] = INTERNAL
    carbon = MacCarbon(chord, FakeFrameworks(mac), voice_over=lambda: False)
    every = {"mac_carbon": lambda: carbon, "pynput_listener": lambda: listener}
    monkeypatch.setattr(hotkey, "_every", lambda *_: every)
    chosen = take(chord, "darwin", {}, ignore)
    assert (chosen.backend, listener.tell) == (listener, ignore)
    assert "mac_carbon: This macOS gives no program Option-Shift-H" in chosen.refused[0]


def test_choosing_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Fake("first", ChordTaken("Another program has it."))
    offering(monkeypatch, first)
    assert choose(CHORD, "linux", {}).backend is first
    assert last_taken() is None


def test_the_windows_of_each_system_are_asked_in_its_own_way() -> None:
    assert type(windows_for("linux", {"DISPLAY": ":1"})).__name__ == "X11Windows"
    if sys.platform == "linux":
        for platform in ("win32", "darwin"):
            with pytest.raises(Unavailable):
                windows_for(platform, {})


def test_no_module_needs_a_display_or_the_system_to_be_imported() -> None:
    program = (
        "import pkgutil, importlib, sys, snapper.hotkey, snapper.capture.windows as w\n"
        "for m in pkgutil.iter_modules(snapper.hotkey.__path__, 'snapper.hotkey.'):\n"
        "    importlib.import_module(m.name)\n"
        "for s in ('x11', 'win32', 'mac'): importlib.import_module('snapper.capture.active_window_'+s)\n"
        "assert not {'Xlib', 'pynput', 'Quartz'} & set(sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-c", program], env={}, cwd=Path(__file__).parents[1], check=True, timeout=60
    )
