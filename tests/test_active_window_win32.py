"""The foreground window of a real Windows session, and the refusal elsewhere."""

from __future__ import annotations

import ctypes
import os
import sys

import pytest

from snapper.capture.active_window_win32 import Win32Windows
from snapper.capture.windows import windows_for
from snapper.errors import Unavailable

on_windows = pytest.mark.skipif(sys.platform != "win32", reason="needs Windows")


@pytest.mark.skipif(sys.platform == "win32", reason="there it works")
def test_elsewhere_it_is_refused() -> None:
    with pytest.raises(Unavailable, match="not Windows"):
        Win32Windows()


@on_windows
def test_the_foreground_window_is_told_with_title_process_and_bounds() -> None:
    user32 = ctypes.WinDLL("user32")  # type: ignore[attr-defined,unused-ignore]
    user32.CreateWindowExW.restype = ctypes.c_void_p
    user32.CreateWindowExW.argtypes = [
        ctypes.c_uint, ctypes.c_wchar_p, ctypes.c_wchar_p, ctypes.c_uint,
        *[ctypes.c_int] * 4, *[ctypes.c_void_p] * 4,
    ]  # fmt: skip
    visible_with_frame = 0x10CF0000
    handle = user32.CreateWindowExW(
        0, "STATIC", "Kurse ä 漢字", visible_with_frame, 60, 50, 400, 300, None, None, None, None
    )
    try:
        windows = windows_for("win32", {})
        windows.activate(handle)
        window = windows.active()
        assert window
        assert (window.handle, window.title, window.pid) == (handle, "Kurse ä 漢字", os.getpid())
        # The frame's invisible borders (8 pixels at most) are not part of it.
        assert 60 <= window.bounds.left <= 68
        assert 384 <= window.bounds.width <= 400
    finally:
        user32.DestroyWindow(ctypes.c_void_p(handle))


@on_windows
def test_activating_a_window_that_has_gone_does_nothing() -> None:
    Win32Windows().activate(0x7FFFFFF0)
