"""The chord through pynput on a real X server: by physical key, exact, and never taken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import VirtualScreen, wait_until
from snapper.errors import Unavailable
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.pynput_listener import PynputListener
from tests.x_clients import client

PROGRAM = """
import os, sys
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.pynput_listener import PynputListener
listener = PynputListener(parse_chord("Ctrl+Alt+H"), "linux", os.environ)
listener.start(lambda press: print("pressed", flush=True))
print("listening", flush=True)
sys.stdin.readline()
listener.stop()
listener.stop()
print("stopped", flush=True)
"""


class Listener:
    """The listener in a process of its own: pynput opens its display when first imported, once for all."""

    def __init__(self, screen: VirtualScreen) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env=screen.environment, cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.line() == "listening"

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def end(self) -> list[str]:
        """Stop it; returns what it said until then."""
        said, _ = self.process.communicate("\\n", timeout=60)
        return said.split()


@pytest.fixture
def listener(screen: VirtualScreen) -> Iterator[Listener]:
    running = Listener(screen)
    yield running
    running.process.kill()
    running.process.communicate()


def test_only_the_exact_chord_is_told_and_the_program_in_front_sees_it_too(
    screen: VirtualScreen, listener: Listener
) -> None:
    with client(screen, "window", "under") as under:
        for keys in ("ctrl+alt+shift+h", "ctrl+h", "h", "ctrl+alt+h"):
            screen.press(keys)
        assert listener.line() == "pressed"
        wait_until(lambda: under.typed() == "Hhhh", "the program has seen all")
    assert listener.end() == ["stopped"]


def test_holding_the_chord_is_one_press(screen: VirtualScreen, listener: Listener) -> None:
    subprocess.run(["xset", "r", "rate", "80", "100"], env=screen.environment, check=True)
    with client(screen, "window", "under") as under:
        screen.xdotool("keydown", "ctrl", "keydown", "alt", "keydown", "h")
        wait_until(lambda: len(under.typed()) > 5, "the key repeats")
        screen.xdotool("keyup", "h", "keyup", "alt", "keyup", "ctrl")
    assert listener.end() == ["pressed", "stopped"]


def test_a_russian_layout_does_not_hide_the_chord(screen: VirtualScreen) -> None:
    subprocess.run(["setxkbmap", "ru"], env=screen.environment, check=True)
    listener = Listener(screen)
    screen.xdotool("key", "37+64+43")  # key codes
    assert listener.line() == "pressed"
    assert listener.end() == ["stopped"]


def test_where_there_is_no_screen_it_is_refused() -> None:
    with pytest.raises(Unavailable, match="no X11 screen"):
        PynputListener(parse_chord("Ctrl+Alt+H"), "linux", {})
