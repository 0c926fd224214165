"""The active window of a real X server, with a window manager and without one."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator

import pytest
from Xlib.display import Display
from Xlib.ext import shape

from scripts.screen import VirtualScreen, virtual_screen, wait_until
from snapper.capture.active_window_x11 import X11Windows
from snapper.capture.frame import TITLE_BAR_GUESS, Rect, Window
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


# --- all that can be seen ---------------------------------------------------------------------------------


def handles(windows: X11Windows) -> list[int]:
    return [window.handle for window in windows.visible()]


def test_visible_windows_come_from_the_top_down_with_all_that_is_known(screen: VirtualScreen) -> None:
    with (
        client(screen, "window", "low U1234567") as low,
        client(screen, "window", "high") as high,
        asking(screen) as windows,
    ):
        wait_until(lambda: handles(windows) == [high.id, low.id], "both windows, the new one first")
        windows.activate(low.id)
        wait_until(lambda: handles(windows) == [low.id, high.id], "the activated one first")
        left, right, top, bottom = frame_extents(screen, low)
        seen = windows.visible()[0]
        assert seen == Window(
            low.id, outer(screen, low, left, right, top, bottom), "low U1234567", low.pid, top, False
        )


def test_minimised_windows_and_those_of_other_desktops_cannot_be_seen(screen: VirtualScreen) -> None:
    with (
        client(screen, "window", "stays") as stays,
        client(screen, "window", "goes") as goes,
        asking(screen) as windows,
    ):
        wait_until(lambda: len(handles(windows)) == 2, "both windows")
        screen.xdotool("windowminimize", str(goes.id))
        wait_until(lambda: handles(windows) == [stays.id], "one is minimised")
        windows.activate(goes.id)
        wait_until(lambda: len(handles(windows)) == 2, "both again")
        screen.xdotool("set_num_desktops", "2")
        screen.xdotool("set_desktop_for_window", str(goes.id), "1")
        wait_until(lambda: handles(windows) == [stays.id], "one is on another desktop")


@pytest.mark.parametrize(
    ("name", "format", "value"),
    [("_NET_WM_STATE", "32a", "_NET_WM_STATE_HIDDEN"), ("_NET_WM_DESKTOP", "32c", "3")],
)
def test_managers_that_keep_hidden_windows_mapped_are_believed(
    bare: VirtualScreen, name: str, format: str, value: str
) -> None:
    with client(bare, "window", "kept mapped") as program, asking(bare) as windows:
        run(bare, "xprop", "-root", "-f", "_NET_CURRENT_DESKTOP", "32c", "-set", "_NET_CURRENT_DESKTOP", "0")
        wait_until(lambda: handles(windows) == [program.id], "the window")
        run(bare, "xprop", "-id", str(program.id), "-f", name, format, "-set", name, value)
        assert handles(windows) == []


def test_a_window_that_is_not_shown_cannot_be_seen(bare: VirtualScreen) -> None:
    with client(bare, "window", "hidden") as program, asking(bare) as windows:
        wait_until(lambda: handles(windows) == [program.id], "the window")
        bare.xdotool("windowunmap", "--sync", str(program.id))
        assert handles(windows) == []


def test_a_window_on_every_desktop_can_be_seen(screen: VirtualScreen) -> None:
    with client(screen, "window", "sticky") as program, asking(screen) as windows:
        wait_until(lambda: handles(windows) == [program.id], "the window")
        screen.xdotool("set_desktop_for_window", str(program.id), "-1")
        name = "_NET_WM_DESKTOP"
        wait_until(
            lambda: "4294967295" in run(screen, "xprop", "-id", str(program.id), name), "it is on all of them"
        )
        assert handles(windows) == [program.id]


def test_without_a_window_manager_the_top_level_windows_are_told(bare: VirtualScreen) -> None:
    with (
        client(bare, "window", "first") as first,
        client(bare, "window", "second") as second,
        asking(bare) as windows,
    ):
        assert handles(windows) == [second.id, first.id]
        assert windows.visible()[0].title_bar == TITLE_BAR_GUESS


def test_the_windows_of_this_program_are_none_of_them(screen: VirtualScreen) -> None:
    """The note window is on the screen by the time it is asked, and was not there at the press."""
    with client(screen, "window", "ours") as program, asking(screen) as windows:
        wait_until(lambda: handles(windows) == [program.id], "the window")
        name = "_NET_WM_PID"
        run(screen, "xprop", "-id", str(program.id), "-f", name, "32c", "-set", name, str(os.getpid()))
        assert handles(windows) == []


def test_a_window_that_others_shine_through_says_so(bare: VirtualScreen) -> None:
    with client(bare, "window", "glass") as program, asking(bare) as windows:
        assert not windows.visible()[0].see_through
        name = "_NET_WM_WINDOW_OPACITY"
        run(bare, "xprop", "-id", str(program.id), "-f", name, "32c", "-set", name, "2000000000")
        assert windows.visible()[0].see_through


def test_a_window_with_holes_says_so(bare: VirtualScreen) -> None:
    with client(bare, "window", "holes") as program, asking(bare) as windows:
        connection = Display(bare.display)
        window = connection.create_resource_object("window", program.id)
        window.shape_rectangles(shape.SO.Set, shape.SK.Bounding, 0, 0, 0, [(0, 0, 50, 50)])
        connection.sync()
        connection.close()
        assert windows.visible()[0].see_through


def test_nobody_to_ask_means_no_windows(bare: VirtualScreen) -> None:
    for name in (bare.display, "", ":9999"):
        assert X11Windows(name).visible() == []


def test_a_window_that_goes_while_it_is_asked_about_takes_no_other_along(
    screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(screen, "window", "stays") as program, asking(screen) as windows:
        wait_until(lambda: handles(windows) == [program.id], "the window")
        listed = windows._managed_windows
        monkeypatch.setattr(
            windows, "_managed_windows", lambda: [*listed(), windows._window(0x1234567)], raising=True
        )
        assert handles(windows) == [program.id]


# --- odd titles and screens -------------------------------------------------------------------------------


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
