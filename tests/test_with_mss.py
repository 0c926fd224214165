"""Freezing real screens: the pixels another program sees, the geometry of now, and words when it fails."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from PIL import Image
from Xlib import X
from Xlib.display import Display

from scripts.screen import VirtualScreen, virtual_screen, wait_until
from snapper.capture import Screen, open_screen
from snapper.capture.frame import Frame, Rect, flaw, window_area
from snapper.errors import CaptureFailed, Unavailable

RED, GREEN = 0xCC2211, 0x11AA44


@pytest.fixture
def bare() -> Iterator[VirtualScreen]:
    """A screen without a window manager, black from edge to edge."""
    with virtual_screen("320x200", window_manager=False) as running:
        yield running


@contextlib.contextmanager
def drawn(screen: VirtualScreen, area: Rect, colour: int, managed: bool = False) -> Iterator[int]:
    """A window of one colour, mapped and painted; gives its id."""
    display = Display(screen.display)
    window = display.screen().root.create_window(
        *area, 0, X.CopyFromParent, X.InputOutput, X.CopyFromParent,
        background_pixel=colour, override_redirect=not managed,
    )  # fmt: skip
    window.set_wm_name("a drawn window")
    window.map()
    wait_until(lambda: window.get_attributes().map_state == X.IsViewable, "the window is on the screen")
    try:
        yield window.id
    finally:
        display.close()


def opened(screen: VirtualScreen) -> Screen:
    return open_screen("linux", screen.environment)


def picture(frame: Frame) -> Image.Image:
    size = (frame.area.width, frame.area.height)
    return Image.frombytes("RGB", size, bytes(frame.pixels), "raw", "BGRX")


def seen_by_another(screen: VirtualScreen) -> Image.Image:
    """The whole screen as another client reads it, through a socket."""
    display = Display(screen.display)
    root = display.screen().root
    shape = root.get_geometry()
    size = (shape.width, shape.height)
    read = root.get_image(0, 0, *size, X.ZPixmap, 0xFFFFFFFF)
    display.close()
    return Image.frombytes("RGB", size, read.data, "raw", "BGRX")


def resize(screen: VirtualScreen, width: int, height: int) -> None:
    """Switch the monitor to another mode, as a user would in the settings."""
    mode = f"{width}x{height}"
    numbers = (width, width + 16, width + 96, width + 160, height, height + 10, height + 12, height + 45)
    for step in (
        ["--newmode", mode, "25", *map(str, numbers)],
        ["--addmode", "screen", mode],
        ["--output", "screen", "--mode", mode],
    ):
        subprocess.run(["xrandr", *step], env=screen.environment, check=True, capture_output=True)


def test_the_pixels_are_those_another_program_sees(screen: VirtualScreen) -> None:
    with drawn(screen, Rect(100, 50, 300, 200), RED), opened(screen) as desktop:
        frame = desktop.grab()
        assert picture(frame).tobytes() == seen_by_another(screen).tobytes()
        assert picture(frame).getpixel((100, 50)) == (0xCC, 0x22, 0x11)


def test_every_grab_shows_the_moment_it_was_made(bare: VirtualScreen) -> None:
    with opened(bare) as desktop:
        with drawn(bare, Rect(0, 0, 50, 50), RED):
            before = desktop.grab()
        with drawn(bare, Rect(0, 0, 50, 50), GREEN):
            after = desktop.grab()
    assert picture(before).getpixel((10, 10)) == (0xCC, 0x22, 0x11)
    assert picture(after).getpixel((10, 10)) == (0x11, 0xAA, 0x44)


def test_the_frame_knows_its_monitors(bare: VirtualScreen) -> None:
    with opened(bare) as desktop:
        frame = desktop.grab()
    assert frame.area == Rect(0, 0, 320, 200)
    assert [(monitor.area, monitor.name) for monitor in frame.monitors] == [(frame.area, "screen")]
    assert len(frame.pixels) == 320 * 200 * 4


def test_the_frame_knows_the_active_window(screen: VirtualScreen) -> None:
    with (
        drawn(screen, Rect(200, 150, 300, 200), GREEN, managed=True) as window,
        opened(screen) as desktop,
    ):
        wait_until(lambda: screen.focused_title() == "a drawn window", "the window is active")
        frame = desktop.grab()
        assert frame.active is not None and frame.active.handle == window
        area = window_area(frame)
        assert area is not None and area.width >= 300 and area.height > 200


def test_a_black_screen_is_noticed(bare: VirtualScreen) -> None:
    with opened(bare) as desktop:
        assert "completely black" in (flaw(desktop.grab()) or "")
        with drawn(bare, Rect(5, 5, 1, 1), RED):
            assert flaw(desktop.grab()) is None


def test_a_screen_of_one_colour_is_noticed(bare: VirtualScreen) -> None:
    with opened(bare) as desktop, drawn(bare, Rect(0, 0, 320, 200), GREEN):
        assert "one plain colour" in (flaw(desktop.grab()) or "")


def test_a_screen_that_shrinks_and_grows_is_frozen_as_it_is_then(bare: VirtualScreen) -> None:
    with opened(bare) as desktop:
        resize(bare, 160, 120)
        small = desktop.grab()
        subprocess.run(
            ["xrandr", "--output", "screen", "--mode", "320x200"], env=bare.environment, check=True
        )
        with drawn(bare, Rect(300, 180, 20, 20), RED):
            large = desktop.grab()
    assert (small.area, small.monitors[0].area) == (Rect(0, 0, 160, 120), Rect(0, 0, 160, 120))
    assert large.area == Rect(0, 0, 320, 200)
    assert picture(large).getpixel((310, 190)) == (0xCC, 0x22, 0x11)


def test_any_thread_may_freeze_and_several_at_once(bare: VirtualScreen) -> None:
    frames: list[Frame] = []
    with drawn(bare, Rect(0, 0, 320, 100), RED), opened(bare) as desktop:
        threads = [
            threading.Thread(target=lambda: frames.extend(desktop.grab() for _ in range(5))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(frames) == 20 and len({bytes(frame.pixels) for frame in frames}) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="it is glibc that keeps memory")
def test_the_memory_of_a_frame_goes_back_when_the_frame_is_forgotten() -> None:
    """After several presses a waiting process is as small as before the first."""
    program = (
        "import os, psutil\n"
        "from snapper.capture import open_screen\n"
        "resident = lambda: psutil.Process().memory_info().rss\n"
        "with open_screen('linux', os.environ) as desktop:\n"
        "    before = resident()\n"
        "    for _ in range(4): desktop.grab()\n"
        "    print(resident() - before)\n"
    )
    with virtual_screen("3000x2000", window_manager=False) as large:
        done = subprocess.run(
            [sys.executable, "-c", program], env=large.environment, check=True, capture_output=True, text=True
        )
    assert int(done.stdout) < 8_000_000  # a frame has 24 million bytes


def test_a_screen_that_goes_away_is_a_failure_in_words() -> None:
    with virtual_screen("320x200", window_manager=False) as gone:
        desktop = opened(gone)
    with desktop, pytest.raises(CaptureFailed, match="could not be read"):
        desktop.grab()


def test_a_screen_that_comes_back_is_frozen_again() -> None:
    """The X server restarts under the same name: the next press works."""
    name = f":{1000 + os.getpid() % 20000}"  # far from the free numbers that other tests are given
    with server(name, "320x200"):
        desktop = open_screen("linux", {"DISPLAY": name})
    with server(name, "400x300"), desktop:
        assert desktop.grab().area == Rect(0, 0, 400, 300)


@contextlib.contextmanager
def server(name: str, size: str) -> Iterator[None]:
    """An X server of a given name, until it is stopped."""
    command = ["Xvfb", name, "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
        try:
            wait_until(lambda: _answers(name), f"{name} answers")
            yield
        finally:
            running.terminate()


def _answers(name: str) -> bool:
    return subprocess.run(["xset", "-display", name, "q"], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("environment", [{}, {"DISPLAY": ""}, {"WAYLAND_DISPLAY": "wayland-0"}])
def test_without_a_display_it_says_that_there_is_no_screen(environment: dict[str, str]) -> None:
    with pytest.raises(Unavailable, match="There is no screen here"):
        open_screen("linux", environment)


def test_a_display_that_does_not_answer_is_no_screen() -> None:
    with pytest.raises(Unavailable, match="There is no screen here"):
        open_screen("linux", {"DISPLAY": ":29999"})
