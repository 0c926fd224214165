"""Which backend listens for the chord where, and what is said when none can."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.screen import VirtualScreen
from snapper.capture.windows import windows_for
from snapper.errors import Unavailable
from snapper.hotkey import choose
from snapper.hotkey.chord import parse_chord

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
