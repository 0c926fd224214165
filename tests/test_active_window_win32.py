"""The foreground window of a real Windows session, and the refusal elsewhere."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator

import pytest

from snapper.capture.active_window_win32 import Win32Windows
from snapper.capture.windows import windows_for
from snapper.errors import Unavailable

on_windows = pytest.mark.skipif(sys.platform != "win32", reason="needs Windows")


@pytest.mark.skipif(sys.platform == "win32", reason="there it works")
def test_elsewhere_it_is_refused() -> None:
    with pytest.raises(Unavailable, match="not Windows"):
        Win32Windows()


@contextlib.contextmanager
def window_of_our_own(left: int, extended_style: int = 0) -> Iterator[int]:
    """A visible window with a frame, 400 × 300."""
    user32 = ctypes.WinDLL("user32")  # type: ignore[attr-defined,unused-ignore]
    user32.CreateWindowExW.restype = ctypes.c_void_p
    user32.CreateWindowExW.argtypes = [
        ctypes.c_uint, ctypes.c_wchar_p, ctypes.c_wchar_p, ctypes.c_uint,
        *[ctypes.c_int] * 4, *[ctypes.c_void_p] * 4,
    ]  # fmt: skip
    visible_with_frame = 0x10CF0000
    handle = user32.CreateWindowExW(
        extended_style,
        "STATIC",
        "Kurse ä 漢字",
        visible_with_frame,
        left,
        50,
        400,
        300,
        None,
        None,
        None,
        None,
    )
    try:
        yield handle
    finally:
        user32.DestroyWindow(ctypes.c_void_p(handle))


@on_windows
def test_the_foreground_window_is_told_with_title_process_and_bounds() -> None:
    with window_of_our_own(60) as handle:
        windows = windows_for("win32", {})
        windows.activate(handle)
        window = windows.active()
        assert window
        assert (window.handle, window.title, window.pid) == (handle, "Kurse ä 漢字", os.getpid())
        # The frame's invisible borders (8 pixels at most) are not part of it.
        assert 60 <= window.bounds.left <= 68
        assert 384 <= window.bounds.width <= 400
        assert 20 <= window.title_bar <= 80
        assert not window.see_through


@on_windows
def test_visible_windows_are_told_from_the_top_down_without_minimised_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user32 = ctypes.WinDLL("user32")  # type: ignore[attr-defined,unused-ignore]
    layered, minimise = 0x80000, 6
    with window_of_our_own(60) as low, window_of_our_own(90, layered) as high, window_of_our_own(120) as gone:
        user32.ShowWindow(ctypes.c_void_p(gone), minimise)
        windows = Win32Windows()
        windows.activate(high)
        assert not {low, high, gone} & {window.handle for window in windows.visible()}  # our own
        monkeypatch.setattr(os, "getpid", lambda: 0)
        ours = [window for window in windows.visible() if window.handle in (low, high, gone)]
        assert [window.handle for window in ours] == [high, low]
        assert [window.see_through for window in ours] == [True, False]


@on_windows
def test_activating_a_window_that_has_gone_does_nothing() -> None:
    Win32Windows().activate(0x7FFFFFF0)
