"""The active window of a real X server, with a window manager and without one."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator

import pytest

from scripts.screen import VirtualScreen, virtual_screen, wait_until
from snapper.capture.active_window_x11 import X11Windows
from snapper.capture.frame import Rect, Window
from tests.x_clients import Client, client


@contextlib.contextmanager
def asking(screen: VirtualScreen) -> Iterator[X11Windows]:
    windows = X11Windows(screen.display)
    yield windows
    windows.close()


@pytest.fixture
def bare() -> Iterator[VirtualScreen]:
    with virtual_screen(window_manager=False) as running:
        yield running


def active(windows: X11Windows, program: Client) -> Window:
    """The active window, once it is this program's."""

    def found() -> Window | None:
        window = windows.active()
        return window if window and window.handle == program.id else None

    window = wait_until(found, "the program's window is active")
    assert window
    return window


def run(screen: VirtualScreen, *command: str) -> str:
    done = subprocess.run(
        command, env=screen.environment, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def test_title_process_and_bounds_with_the_frame_are_told(screen: VirtualScreen) -> None:
    with client(screen, "window", "Kurse ä 漢字 ✓") as program, asking(screen) as windows:
        window = active(windows, program)
        assert window.title == "Kurse ä 漢字 ✓"
        assert window.pid == program.pid
        left, right, top, bottom = frame_extents(screen, program)
        assert top > 0  # openbox draws a title bar
        assert window.bounds == outer(screen, program, left, right, top, bottom)


def test_a_shadow_drawn_by_the_toolkit_is_not_part_of_the_window(screen: VirtualScreen) -> None:
    with client(screen, "window", "gtk") as program, asking(screen) as windows:
        before = active(windows, program).bounds
        name = "_GTK_FRAME_EXTENTS"
        run(screen, "xprop", "-id", str(program.id), "-f", name, "32c", "-set", name, "10, 20, 30, 40")
        assert active(windows, program).bounds == Rect(
            before.left + 10, before.top + 30, before.width - 30, before.height - 70
        )


def test_a_title_in_the_old_encoding_is_read(screen: VirtualScreen) -> None:
    with client(screen, "window", "new") as program, asking(screen) as windows:
        run(screen, "xprop", "-id", str(program.id), "-remove", "_NET_WM_NAME")
        run(screen, "xprop", "-id", str(program.id), "-f", "WM_NAME", "8s", "-set", "WM_NAME", "old")
        assert active(windows, program).title == "old"


def test_without_a_window_manager_the_focus_tells(bare: VirtualScreen) -> None:
    with client(bare, "window", "alone") as program, asking(bare) as windows:
        window = active(windows, program)
        assert window == Window(program.id, Rect(200, 150, 400, 300), "alone", program.pid)


def test_no_window_is_none(bare: VirtualScreen, screen: VirtualScreen) -> None:
    for empty in (bare, screen):
        with asking(empty) as windows:
            assert windows.active() is None


def test_a_screen_that_does_not_answer_has_no_window() -> None:
    for name in ("", ":9999"):
        windows = X11Windows(name)
        assert windows.active() is None
        windows.activate(1)
        windows.close()


def test_a_window_that_has_gone_is_none(screen: VirtualScreen) -> None:
    """The window manager's word outlives the window for a moment: here it is set by hand."""
    with asking(screen) as windows:
        name = "_NET_ACTIVE_WINDOW"
        run(screen, "xprop", "-root", "-f", name, "32x", "-set", name, "0x1234567")
        assert windows.active() is None
        windows.activate(0x1234567)


def test_a_new_server_after_the_old_one_is_asked_anew(screen: VirtualScreen) -> None:
    with virtual_screen(window_manager=False) as old:
        windows = X11Windows(old.display)
        assert windows.active() is None
    assert windows.active() is None
    windows._name = screen.display
    with client(screen, "window", "new") as program:
        assert active(windows, program)
    windows.close()


@pytest.mark.parametrize("managed", [True, False])
def test_the_keyboard_goes_to_the_window_that_is_activated(managed: bool) -> None:
    with (
        virtual_screen(window_manager=managed) as screen,
        client(screen, "window", "first") as first,
        client(screen, "window", "second") as second,
        asking(screen) as windows,
    ):
        for chosen, other in ((first, second), (second, first), (first, second)):
            typed = len(other.typed())
            windows.activate(chosen.id)
            wait_until(lambda chosen=chosen: screen.focused() == str(chosen.id), "it has the focus")
            screen.press("x")
            wait_until(lambda chosen=chosen: chosen.typed().endswith("x"), "it gets the keys")
            assert len(other.typed()) == typed


def test_it_may_be_asked_again_after_closing(screen: VirtualScreen) -> None:
    with client(screen, "window", "again") as program, asking(screen) as windows:
        active(windows, program)
        windows.close()
        windows.close()
        assert active(windows, program)


def frame_extents(screen: VirtualScreen, program: Client) -> list[int]:
    text = run(screen, "xprop", "-id", str(program.id), "_NET_FRAME_EXTENTS")
    return [int(number) for number in text.partition("=")[2].split(",")]


def outer(screen: VirtualScreen, program: Client, left: int, right: int, top: int, bottom: int) -> Rect:
    """The window with its frame as xwininfo sees it."""
    lines = run(screen, "xwininfo", "-id", str(program.id)).splitlines()
    facts = dict(line.strip().split(": ", 1) for line in lines if ": " in line)
    x, y = int(facts["Absolute upper-left X"]), int(facts["Absolute upper-left Y"])
    return Rect(x - left, y - top, int(facts["Width"]) + left + right, int(facts["Height"]) + top + bottom)
