"""A window's own picture on Windows, whatever lies above it: PrintWindow has it paint itself for us.

The window's program does the painting. One that hangs is not asked, one that takes too long is left alone.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from ctypes import wintypes
from typing import Any

from snapper.capture.frame import PIXEL, Rect
from snapper.errors import Unavailable
from snapper.language import _

PATIENCE_SECONDS = 0.5  # the note window appears after that; the screen is frozen before
_RENDER_FULL_CONTENT = 2  # PW_RENDERFULLCONTENT: what is drawn by the graphics card too (Windows 8.1)

_WINDOW, _CONTEXT, _OBJECT = wintypes.HWND, wintypes.HDC, wintypes.HGDIOBJ
_USER32: tuple[tuple[str, Any, list[Any]], ...] = (
    ("GetWindowRect", wintypes.BOOL, [_WINDOW, ctypes.POINTER(wintypes.RECT)]),
    ("IsHungAppWindow", wintypes.BOOL, [_WINDOW]),
    ("PrintWindow", wintypes.BOOL, [_WINDOW, _CONTEXT, wintypes.UINT]),
)
_GDI32: tuple[tuple[str, Any, list[Any]], ...] = (
    ("CreateCompatibleDC", _CONTEXT, [_CONTEXT]),
    ("DeleteDC", wintypes.BOOL, [_CONTEXT]),
    ("CreateDIBSection", _OBJECT, [
        _CONTEXT, ctypes.c_void_p, wintypes.UINT, ctypes.POINTER(ctypes.c_void_p), wintypes.HANDLE,
        wintypes.DWORD,
    ]),
    ("SelectObject", _OBJECT, [_CONTEXT, _OBJECT]),
    ("DeleteObject", wintypes.BOOL, [_OBJECT]),
    ("GdiFlush", wintypes.BOOL, []),
)  # fmt: skip


class _BitmapHeader(ctypes.Structure):
    """BITMAPINFOHEADER; a negative height puts the top row first."""

    _fields_ = (
        ("size", wintypes.DWORD), ("width", wintypes.LONG), ("height", wintypes.LONG),
        ("planes", wintypes.WORD), ("bits", wintypes.WORD), ("compression", wintypes.DWORD),
        ("image_size", wintypes.DWORD), ("x_per_metre", wintypes.LONG), ("y_per_metre", wintypes.LONG),
        ("colours_used", wintypes.DWORD), ("colours_important", wintypes.DWORD),
    )  # fmt: skip


class PrintWindow:
    """Prints windows; raises Unavailable on other systems."""

    def __init__(self) -> None:
        self._user32, self._gdi32 = _dll("user32", _USER32), _dll("gdi32", _GDI32)

    def picture(self, handle: int) -> tuple[bytes, Rect] | None:
        """Pixels (rows of BGRX) and where they belong on the desktop; None when it gives none in time.

        They hold the window's invisible borders too, which are black.
        """
        if self._user32.IsHungAppWindow(handle):
            return None
        results: list[tuple[bytes, Rect] | None] = []

        def ask() -> None:
            with suppress(OSError):  # no memory for the picture
                results.append(self._print(handle))

        # A thread that its window never answers ends with it, or with us.
        thread = threading.Thread(target=ask, daemon=True, name="print")
        thread.start()
        thread.join(PATIENCE_SECONDS)
        return results[0] if results else None

    def _print(self, handle: int) -> tuple[bytes, Rect] | None:
        rect = wintypes.RECT()
        if not self._user32.GetWindowRect(handle, ctypes.byref(rect)):
            return None
        area = Rect(rect.left, rect.top, rect.right - rect.left, rect.bottom - rect.top)
        if area.width <= 0 or area.height <= 0:
            return None
        with self._canvas(area) as (context, pixels):
            printed = self._user32.PrintWindow(handle, context, _RENDER_FULL_CONTENT)
            self._gdi32.GdiFlush()
            return (ctypes.string_at(pixels, area.width * area.height * PIXEL), area) if printed else None

    @contextmanager
    def _canvas(self, area: Rect) -> Iterator[tuple[int, int]]:
        """A black picture to draw on, and its pixels' address. Raises OSError when there is no memory."""
        gdi32, pixels = self._gdi32, ctypes.c_void_p()
        header = _BitmapHeader(ctypes.sizeof(_BitmapHeader), area.width, -area.height, 1, PIXEL * 8)
        with ExitStack() as stack:
            context = gdi32.CreateCompatibleDC(None)
            stack.callback(gdi32.DeleteDC, context)
            bitmap = gdi32.CreateDIBSection(context, ctypes.byref(header), 0, ctypes.byref(pixels), None, 0)
            if not bitmap or not pixels.value:
                raise OSError("no memory for a picture of the window")
            stack.callback(gdi32.DeleteObject, bitmap)
            stack.callback(gdi32.SelectObject, context, gdi32.SelectObject(context, bitmap))
            yield context, pixels.value


def _dll(name: str, functions: tuple[tuple[str, Any, list[Any]], ...]) -> Any:
    try:
        dll = getattr(ctypes, "WinDLL")(name)  # noqa: B009 (there on Windows only)
    except AttributeError as problem:
        raise Unavailable(_("This is not Windows.")) from problem
    for function_name, result, arguments in functions:
        function = getattr(dll, function_name)
        function.restype, function.argtypes = result, arguments
    return dll
