"""The windows on Windows as the eye sees them; the active one is the foreground window's top.

GetWindowRect includes the invisible borders since Windows 10; DWMWA_EXTENDED_FRAME_BOUNDS does not.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from ctypes import wintypes
from typing import Any

from snapper.capture.frame import TITLE_BAR_GUESS, Rect, Window
from snapper.errors import Unavailable
from snapper.language import _

# winuser.h, dwmapi.h
_ROOT = 2
_EXTENDED_FRAME_BOUNDS, _CLOAKED = 9, 14
_EXTENDED_STYLE = -20
_LAYERED, _TRANSPARENT = 0x80000, 0x20

_FUNCTIONS: tuple[tuple[str, Any, list[Any]], ...] = (
    ("GetForegroundWindow", wintypes.HWND, []),
    ("GetAncestor", wintypes.HWND, [wintypes.HWND, wintypes.UINT]),
    ("GetWindowRect", wintypes.BOOL, [wintypes.HWND, ctypes.POINTER(wintypes.RECT)]),
    ("GetWindowTextLengthW", ctypes.c_int, [wintypes.HWND]),
    ("GetWindowTextW", ctypes.c_int, [wintypes.HWND, wintypes.LPWSTR, ctypes.c_int]),
    ("GetWindowThreadProcessId", wintypes.DWORD, [wintypes.HWND, ctypes.POINTER(wintypes.DWORD)]),
    ("SetForegroundWindow", wintypes.BOOL, [wintypes.HWND]),
    ("EnumWindows", wintypes.BOOL, [ctypes.c_void_p, wintypes.LPARAM]),
    ("IsWindowVisible", wintypes.BOOL, [wintypes.HWND]),
    ("IsIconic", wintypes.BOOL, [wintypes.HWND]),
    ("ClientToScreen", wintypes.BOOL, [wintypes.HWND, ctypes.POINTER(wintypes.POINT)]),
    ("GetWindowLongW", wintypes.LONG, [wintypes.HWND, ctypes.c_int]),
)


class Win32Windows:
    """Windows of this Windows session; raises Unavailable on other systems."""

    def __init__(self) -> None:
        self._user32, self._attribute = _user32(), _window_attribute()

    def active(self) -> Window | None:
        """The window in the foreground; None while there is none (a locked screen)."""
        handle = self._user32.GetAncestor(self._user32.GetForegroundWindow(), _ROOT)
        return self._described(handle) if handle else None

    def visible(self) -> list[Window]:
        """The windows of other programs on this desktop, topmost first."""
        seen = (self._described(handle) for handle in self._stacked() if self._shown(handle))
        return [window for window in seen if window and window.pid != os.getpid()]

    def activate(self, handle: int, server_time: int = 0) -> None:
        """Give a window the keyboard; Windows grants it to the program that has it."""
        self._user32.SetForegroundWindow(handle)

    def close(self) -> None:
        """Nothing is held open."""

    def _described(self, handle: int) -> Window | None:
        bounds = self._bounds(handle)
        if bounds is None:
            return None
        see_through = self._user32.GetWindowLongW(handle, _EXTENDED_STYLE) & (_LAYERED | _TRANSPARENT)
        title, pid, title_bar = self._title(handle), self._pid(handle), self._title_bar(handle, bounds)
        return Window(handle, bounds, title, pid, title_bar, bool(see_through))

    def _stacked(self) -> list[int]:
        """All windows; EnumWindows goes from the topmost down."""
        handles: list[int] = []

        def take(handle: int, _: int) -> bool:
            handles.append(handle)
            return True

        self._user32.EnumWindows(_callback(take), 0)
        return handles

    def _shown(self, handle: int) -> bool:
        """Whether it is on the screen; programs that sleep and other desktops' windows are "cloaked"."""
        cloaked = wintypes.DWORD()
        self._attribute(handle, _CLOAKED, ctypes.byref(cloaked), ctypes.sizeof(cloaked))
        user32 = self._user32
        return bool(user32.IsWindowVisible(handle) and not user32.IsIconic(handle) and not cloaked.value)

    def _title_bar(self, handle: int, bounds: Rect) -> int:
        """What lies above the inside of the window; a guess for those that draw their frame themselves."""
        inside = wintypes.POINT(0, 0)
        told = self._user32.ClientToScreen(handle, ctypes.byref(inside)) and inside.y > bounds.top
        return inside.y - bounds.top if told else TITLE_BAR_GUESS

    def _bounds(self, handle: int) -> Rect | None:
        rect = wintypes.RECT()
        size = ctypes.sizeof(rect)
        seen = self._attribute(handle, _EXTENDED_FRAME_BOUNDS, ctypes.byref(rect), size) == 0
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
        raise Unavailable(_("This is not Windows.")) from problem


def _user32() -> Any:
    user32 = _dll("user32")
    for name, result, arguments in _FUNCTIONS:
        function = getattr(user32, name)
        function.restype, function.argtypes = result, arguments
    return user32


def _callback(function: Callable[[int, int], bool]) -> Any:
    kind = getattr(ctypes, "WINFUNCTYPE")  # noqa: B009 (there on Windows only)
    return kind(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)(function)


def _window_attribute() -> Any:
    function = _dll("dwmapi").DwmGetWindowAttribute
    function.restype = ctypes.c_long
    function.argtypes = [wintypes.HWND, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD]
    return function
