"""The active window on Windows: the foreground window's top, as the eye sees it.

GetWindowRect includes the invisible borders since Windows 10; DWMWA_EXTENDED_FRAME_BOUNDS does not.
"""

from __future__ import annotations

import ctypes
from ctypes import wintypes
from typing import Any

from snapper.capture.frame import Rect, Window
from snapper.errors import Unavailable

# winuser.h, dwmapi.h
_ROOT = 2
_EXTENDED_FRAME_BOUNDS = 9

_FUNCTIONS: tuple[tuple[str, Any, list[Any]], ...] = (
    ("GetForegroundWindow", wintypes.HWND, []),
    ("GetAncestor", wintypes.HWND, [wintypes.HWND, wintypes.UINT]),
    ("GetWindowRect", wintypes.BOOL, [wintypes.HWND, ctypes.POINTER(wintypes.RECT)]),
    ("GetWindowTextLengthW", ctypes.c_int, [wintypes.HWND]),
    ("GetWindowTextW", ctypes.c_int, [wintypes.HWND, wintypes.LPWSTR, ctypes.c_int]),
    ("GetWindowThreadProcessId", wintypes.DWORD, [wintypes.HWND, ctypes.POINTER(wintypes.DWORD)]),
    ("SetForegroundWindow", wintypes.BOOL, [wintypes.HWND]),
)


class Win32Windows:
    """Windows of this Windows session; raises Unavailable on other systems."""

    def __init__(self) -> None:
        self._user32, self._frame_bounds = _user32(), _frame_bounds()

    def active(self) -> Window | None:
        """The window in the foreground; None while there is none (a locked screen)."""
        handle = self._user32.GetAncestor(self._user32.GetForegroundWindow(), _ROOT)
        bounds = self._bounds(handle) if handle else None
        return Window(handle, bounds, self._title(handle), self._pid(handle)) if bounds else None

    def activate(self, handle: int, server_time: int = 0) -> None:
        """Give a window the keyboard; Windows grants it to the program that has it."""
        self._user32.SetForegroundWindow(handle)

    def close(self) -> None:
        """Nothing is held open."""

    def _bounds(self, handle: int) -> Rect | None:
        rect = wintypes.RECT()
        size = ctypes.sizeof(rect)
        seen = self._frame_bounds(handle, _EXTENDED_FRAME_BOUNDS, ctypes.byref(rect), size) == 0
        if not seen and not self._user32.GetWindowRect(handle, ctypes.byref(rect)):
            return None
        return Rect(rect.left, rect.top, rect.right - rect.left, rect.bottom - rect.top)

    def _title(self, handle: int) -> str:
        text = ctypes.create_unicode_buffer(self._user32.GetWindowTextLengthW(handle) + 1)
        self._user32.GetWindowTextW(handle, text, len(text))
        return text.value

    def _pid(self, handle: int) -> int | None:
        pid = wintypes.DWORD()
        self._user32.GetWindowThreadProcessId(handle, ctypes.byref(pid))
        return pid.value or None


def _dll(name: str) -> Any:
    try:
        return getattr(ctypes, "WinDLL")(name)  # noqa: B009 (there on Windows only)
    except AttributeError as problem:
        raise Unavailable("This is not Windows.") from problem


def _user32() -> Any:
    user32 = _dll("user32")
    for name, result, arguments in _FUNCTIONS:
        function = getattr(user32, name)
        function.restype, function.argtypes = result, arguments
    return user32


def _frame_bounds() -> Any:
    function = _dll("dwmapi").DwmGetWindowAttribute
    function.restype = ctypes.c_long
    function.argtypes = [wintypes.HWND, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD]
    return function
