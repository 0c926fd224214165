"""Pixels and windows of a Windows session."""

from __future__ import annotations

import ctypes
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from dataclasses import replace

import pytest
from PIL import Image

from scripts.screen import wait_until
from snapper.answer import Picture
from snapper.capture import open_screen
from snapper.capture.active_window_win32 import Win32Windows
from snapper.capture.covered import above, with_own_picture
from snapper.capture.frame import Frame, Rect, Window, crop, window_only
from snapper.capture.print_window_win32 import PrintWindow
from snapper.capture.windows import windows_for
from snapper.making import shown_in
from tests.windows.hands import TWS, kernel32, tws, user32, wait_for_front, windows, wine_differs

GREEN, RED = 0x0000FF00, 0x000000FF  # COLORREF: blue, green, red from the left
GREEN_BGR, RED_BGR = b"\0\xff\0", b"\0\0\xff"
TWO_COLOURS = -1  # green with a red strip of 50 pixels at the top
_OVERLAPPED, _POPUP, _VISIBLE, _TOPMOST, _LAYERED, _NO_ACTIVATE = (
    0x00CF0000, 0x80000000, 0x10000000, 0x8, 0x80000, 0x08000000,
)  # fmt: skip
_MESSAGE = ctypes.WINFUNCTYPE(  # type: ignore[attr-defined,unused-ignore]
    ctypes.c_ssize_t, wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM
)


class _WindowClass(ctypes.Structure):
    """WNDCLASSW."""

    _fields_ = (
        ("style", wintypes.UINT), ("procedure", _MESSAGE), ("class_extra", ctypes.c_int),
        ("window_extra", ctypes.c_int), ("instance", wintypes.HINSTANCE), ("icon", wintypes.HANDLE),
        ("cursor", wintypes.HANDLE), ("background", wintypes.HBRUSH), ("menu", wintypes.LPCWSTR),
        ("name", wintypes.LPCWSTR),
    )  # fmt: skip


gdi32 = windows.WinDLL("gdi32")
user32.CreateWindowExW.restype = wintypes.HWND
user32.CreateWindowExW.argtypes = [
    wintypes.DWORD, wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD, *[ctypes.c_int] * 4,
    wintypes.HWND, wintypes.HMENU, wintypes.HINSTANCE, ctypes.c_void_p,
]  # fmt: skip
user32.DefWindowProcW.restype = ctypes.c_ssize_t
user32.DefWindowProcW.argtypes = [wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM]
gdi32.CreateSolidBrush.restype = wintypes.HBRUSH
user32.FillRect.argtypes = [wintypes.HDC, ctypes.POINTER(wintypes.RECT), wintypes.HBRUSH]
_ERASE_BACKGROUND = 0x14


@_MESSAGE
def _procedure(handle: int, message: int, first: int, second: int) -> int:
    """What a window without a procedure of its own does; one of two colours paints itself."""
    name = ctypes.create_unicode_buffer(100)
    user32.GetClassNameW(wintypes.HWND(handle), name, len(name))
    if message != _ERASE_BACKGROUND or name.value != _name_of(TWO_COLOURS):
        return int(user32.DefWindowProcW(handle, message, first, second))
    for colour, rows in ((GREEN, (0, 2000)), (RED, (0, 50))):
        brush = gdi32.CreateSolidBrush(wintypes.COLORREF(colour))
        user32.FillRect(first, ctypes.byref(wintypes.RECT(0, rows[0], 2000, rows[1])), brush)
        gdi32.DeleteObject(wintypes.HBRUSH(brush))
    return 1


def _name_of(colour: int) -> str:
    return f"snapper test {colour:06x}"


_classes: dict[int, _WindowClass] = {}


def _class_of(colour: int) -> str:
    """A window class whose windows are of one colour inside."""
    name = _name_of(colour)
    if colour not in _classes:
        brush = gdi32.CreateSolidBrush(wintypes.COLORREF(max(0, colour)))
        _classes[colour] = kind = _WindowClass(0, _procedure, 0, 0, None, None, None, brush, None, name)
        assert user32.RegisterClassW(ctypes.byref(kind))
    return name


@contextmanager
def window(
    area: Rect, colour: int = GREEN, title: str = "Kurse ä 漢字", style: int = _OVERLAPPED, extended: int = 0
) -> Iterator[int]:
    """A visible window of our own, painted."""
    handle = user32.CreateWindowExW(
        extended, _class_of(colour), title, style | _VISIBLE, *area, None, None, None, None
    )
    assert handle
    try:
        pump(handle)
        yield handle
    finally:
        user32.DestroyWindow(wintypes.HWND(handle))


def pump(handle: int) -> None:
    """Let our window paint itself."""
    user32.UpdateWindow(wintypes.HWND(handle))
    message = wintypes.MSG()
    while user32.PeekMessageW(ctypes.byref(message), None, 0, 0, 1):
        user32.DispatchMessageW(ctypes.byref(message))


def pixel(frame: Frame, x: int, y: int) -> tuple[int, int, int]:
    """Red, green and blue at a place of the desktop."""
    at = ((y - frame.area.top) * frame.area.width + x - frame.area.left) * 4
    blue, green, red = frame.pixels[at : at + 3]
    return red, green, blue


@pytest.fixture
def screen() -> Iterator[object]:
    """The desktop."""
    with open_screen("win32", os.environ) as opened:
        yield opened


# --- pixels ------------------------------------------------------------------------------------------------


def screen_as_gdi_reads_it(points: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """The colours at places of the desktop, one by one."""
    user32.GetDC.restype = wintypes.HDC
    gdi32.GetPixel.restype = wintypes.COLORREF
    context = wintypes.HDC(user32.GetDC(None))
    colours = [gdi32.GetPixel(context, *point) for point in points]
    user32.ReleaseDC(None, context)
    return [(colour & 0xFF, colour >> 8 & 0xFF, colour >> 16 & 0xFF) for colour in colours]


def test_the_frame_is_what_is_on_the_screen_pixel_for_pixel(screen) -> None:  # type: ignore[no-untyped-def]
    with (
        window(Rect(101, 53, 307, 211), GREEN, style=_POPUP),
        window(Rect(201, 153, 99, 45), RED, style=_POPUP, extended=_TOPMOST),
    ):
        across, down = (100, 101, 200, 201, 299, 300, 407, 408), (52, 53, 152, 153, 197, 198, 263, 264)
        points = [(x, y) for x in across for y in down]
        wait_until(lambda: pixel(screen.grab(), 110, 60) == (0, 255, 0), "one window is painted")
        wait_until(lambda: pixel(screen.grab(), 210, 160) == (255, 0, 0), "the other one too")
        frame = screen.grab()
        assert [pixel(frame, *point) for point in points] == screen_as_gdi_reads_it(points)
    assert pixel(frame, 101, 53) == (0, 255, 0)
    assert pixel(frame, 407, 263) == (0, 255, 0)
    assert pixel(frame, 408, 263) != (0, 255, 0)
    assert pixel(frame, 201, 153) == pixel(frame, 299, 197) == (255, 0, 0)
    assert pixel(frame, 300, 197) == (0, 255, 0)


def test_the_frame_is_as_large_as_the_desktop_and_knows_its_monitors(screen) -> None:  # type: ignore[no-untyped-def]
    frame = screen.grab()
    whole = Rect(*(user32.GetSystemMetrics(index) for index in (76, 77, 78, 79)))
    assert frame.area == whole
    assert len(frame.pixels) == whole.width * whole.height * 4
    assert sum(monitor.primary for monitor in frame.monitors) == 1
    assert len(frame.monitors) == user32.GetSystemMetrics(80)


@wine_differs("every program knows of scaling from the start, by the older way")
def test_scaling_is_known_before_anything_asks_for_the_screen() -> None:
    code = """
import ctypes, os
from ctypes import wintypes
from dataclasses import replace
from snapper.capture import open_screen
user32 = ctypes.WinDLL("user32")
user32.GetThreadDpiAwarenessContext.restype = ctypes.c_void_p
user32.AreDpiAwarenessContextsEqual.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
def per_monitor_v2():
    return user32.AreDpiAwarenessContextsEqual(user32.GetThreadDpiAwarenessContext(), ctypes.c_void_p(-4))
seen = [per_monitor_v2()]
import mss
real = mss.MSS
def connect(*arguments, **named):
    seen.append(per_monitor_v2())
    return real(*arguments, **named)
mss.MSS = connect
open_screen("win32", os.environ).close()
print(seen)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[0, 1]", done.stderr


def test_qt_agrees_with_the_scaling_that_was_asked_for() -> None:
    code = (
        "import os; from snapper.capture import open_screen; screen = open_screen('win32', os.environ)\n"
        "from PySide6.QtWidgets import QApplication; QApplication([]); print('ready')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "ready"
    assert "wareness" not in done.stderr


# --- windows -----------------------------------------------------------------------------------------------


def test_the_foreground_window_is_told_with_title_process_and_bounds() -> None:
    with window(Rect(60, 50, 400, 300)) as handle:
        windows_for("win32", {}).activate(handle)
        active = Win32Windows().active()
        assert active
        assert (active.handle, active.title, active.pid) == (handle, "Kurse ä 漢字", os.getpid())
        # The frame's invisible borders (8 pixels at most) are not part of it.
        assert 60 <= active.bounds.left <= 68
        assert 384 <= active.bounds.width <= 400
        assert 20 <= active.title_bar <= 80
        assert not active.see_through


def test_another_programs_window_is_told_and_is_in_the_frame(screen) -> None:  # type: ignore[no-untyped-def]
    def inside() -> tuple[int, int, int]:
        frame = screen.grab()
        assert frame.active and TWS in frame.active.title
        assert frame.active.pid != os.getpid()
        left, top, _, height = crop(frame, frame.active.bounds).area
        return pixel(frame, left + 400, top + height - 20)

    with tws():
        wait_until(lambda: inside() == (24, 26, 32), "its background is where its bounds say")


def test_the_frame_that_the_eye_sees_is_asked_of_the_compositor_and_else_of_the_window() -> None:
    told = Win32Windows()
    with window(Rect(60, 50, 400, 300)) as handle:
        rect = wintypes.RECT()
        user32.GetWindowRect(wintypes.HWND(handle), ctypes.byref(rect))
        outer = Rect(rect.left, rect.top, rect.right - rect.left, rect.bottom - rect.top)
        told.activate(handle)
        by_compositor = told.active()
        assert by_compositor and by_compositor.bounds.intersection(outer) == by_compositor.bounds
        told._attribute = lambda *_: -2147024809  # E_INVALIDARG: desktop composition is off
        by_window = told.active()
        assert by_window and by_window.bounds == outer


def test_visible_windows_are_told_from_the_top_down_without_minimised_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = [Rect(left, 50, 300, 200) for left in (60, 90, 120)]
    with (
        window(places[0]) as low,
        window(places[1], extended=_LAYERED) as high,
        window(places[2]) as gone,
    ):
        user32.ShowWindow(wintypes.HWND(gone), 6)
        told = Win32Windows()
        told.activate(high)
        assert not {low, high, gone} & {each.handle for each in told.visible()}  # our own
        monkeypatch.setattr(os, "getpid", lambda: 0)
        ours = [each for each in told.visible() if each.handle in (low, high, gone)]
        assert [each.handle for each in ours] == [high, low]
        assert [each.see_through for each in ours] == [True, False]


def test_activating_a_window_that_has_gone_does_nothing() -> None:
    Win32Windows().activate(0x7FFFFFF0)


def test_the_keyboard_goes_back_to_the_program_that_had_it() -> None:
    with tws():
        before = wait_for_front(TWS)
        with window(Rect(0, 0, 200, 100), title="ours") as handle:
            told = Win32Windows()
            told.activate(handle)
            wait_for_front("ours")
            told.activate(before.handle)
            assert wait_for_front(TWS).handle == before.handle


# --- covered -----------------------------------------------------------------------------------------------


def test_a_covered_window_is_shown_without_what_lies_above_it(screen, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(os, "getpid", lambda: 0)  # our own windows are told like others
    below, on_top = Rect(100, 60, 300, 200), Rect(150, 100, 80, 60)
    with (
        window(below, GREEN, "below", _POPUP) as handle,
        window(on_top, RED, "above", _POPUP, _TOPMOST | _NO_ACTIVATE) as cover,
    ):
        told = Win32Windows()
        told.activate(handle)
        pump(handle)
        pump(cover)
        wait_until(lambda: pixel(screen.grab(), 160, 110) == (255, 0, 0), "the cover is painted")
        frame = screen.grab()
        frame = replace(frame, windows=tuple(told.visible()))
        assert frame.active and frame.active.handle == handle
        assert [each.handle for each in above(frame.active, frame.windows)] == [cover]
        own = window_only(with_own_picture(frame, in_our_thread(PrintWindow())))
        assert own.area == below
        assert pixel(own, 160, 110) == (0, 255, 0)
        assert pixel(own, 399, 259) == (0, 255, 0)


@contextmanager
def another_threads_window(area: Rect) -> Iterator[int]:
    """A green window that answers while this thread waits, as another program's would."""
    handles: queue.SimpleQueue[int] = queue.SimpleQueue()
    over = threading.Event()

    def show() -> None:
        with window(area, GREEN, "below", _POPUP) as handle:
            handles.put(handle)
            while not over.is_set():
                pump(handle)
                user32.MsgWaitForMultipleObjects(0, None, False, 20, 0x4FF)  # QS_ALLINPUT

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield handles.get(timeout=60)
    finally:
        over.set()
        thread.join(60)


def test_the_picture_of_a_covered_window_shows_its_own_pixels(screen, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """As a press freezes it: nothing is asked for but a frame."""
    monkeypatch.setattr(os, "getpid", lambda: 0)  # our own windows are told like others
    with (
        another_threads_window(Rect(100, 60, 300, 200)) as handle,
        window(Rect(150, 100, 80, 60), RED, "above", _POPUP, _TOPMOST | _NO_ACTIVATE) as cover,
    ):
        Win32Windows().activate(handle)
        wait_until(lambda: user32.GetForegroundWindow() == handle, "it is in front")
        pump(cover)
        wait_until(lambda: pixel(screen.grab(), 160, 110) == (255, 0, 0), "the cover is painted")
        wait_until(lambda: screen.grab().own, "its program has painted it")
        frame = screen.grab()
    assert pixel(frame, 160, 110) == (255, 0, 0)
    own = shown_in(frame, Picture.WINDOW)
    assert own.area == Rect(100, 60, 300, 200)
    assert bytes(own.pixels) == bytes(own.pixels[:4]) * (300 * 200)
    assert pixel(own, 160, 110) == (0, 255, 0)


def test_a_printed_window_stands_upright() -> None:
    area = Rect(10, 10, 300, 200)
    with window(area, TWO_COLOURS, style=_POPUP) as handle:
        printed = PrintWindow()._print(handle)
    assert printed
    pixels, where = printed
    assert where == area
    stride = area.width * 4
    assert [pixels[row * stride + 600 :][:3] for row in (0, 49, 50, 199)] == [
        RED_BGR,
        RED_BGR,
        GREEN_BGR,
        GREEN_BGR,
    ]


def in_our_thread(printer: PrintWindow):  # type: ignore[no-untyped-def]
    """Our own windows answer in this thread, which waits for the printer: it prints here."""
    return printer._print


@wine_differs("PrintWindow sends WM_PRINT and does not render what a program draws with the graphics card")
def test_a_covered_window_of_qt_is_printed_too(screen) -> None:  # type: ignore[no-untyped-def]
    with tws():
        active = screen.grab().active
        assert active
        printed = PrintWindow().picture(active.handle)
        assert printed
        pixels, area = printed
        picture = Image.frombuffer("RGB", (area.width, area.height), pixels, "raw", "BGRX", 0, 1)
        assert len(picture.getcolors(1 << 20) or []) > 10


@wine_differs("PrintWindow answers at once for a program that hangs, in black")
def test_a_program_that_does_not_answer_is_left_alone() -> None:
    code = """
import ctypes, sys
user32 = ctypes.WinDLL("user32")
user32.CreateWindowExW.restype = ctypes.c_void_p
handle = user32.CreateWindowExW(0, "STATIC", "stuck", 0x10CF0000, 10, 10, 200, 100, None, None, None, None)
print(handle, flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as stuck:
        assert stuck.stdout
        handle = int(stuck.stdout.readline())
        assert PrintWindow().picture(handle) is None
        stuck.kill()


def test_a_window_that_has_gone_has_no_picture() -> None:
    assert PrintWindow().picture(0x7FFFFFF0) is None


def test_a_window_of_no_size_has_no_picture() -> None:
    assert kernel32.GetCurrentProcessId() == os.getpid()
    with window(Rect(10, 10, 0, 0), style=_POPUP) as handle:
        assert PrintWindow()._print(handle) is None
        assert isinstance(Win32Windows()._described(handle), Window)
