"""The windows on macOS; the active one is the frontmost ordinary window of the frontmost program.

Titles are empty until macOS lets snapper record the screen. The bridge to the frameworks (pyobjc) comes with
pynput there. Bounds are in points, as the capture's pixels are.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from snapper.capture.frame import Rect, Window
from snapper.errors import Unavailable

# CGWindow.h, NSRunningApplication.h
_ON_SCREEN_ONLY, _INCLUDING_WINDOW, _EXCLUDE_DESKTOP = 1 << 0, 1 << 3, 1 << 4
_IGNORING_OTHERS = 1 << 1

_TITLE_BAR = 28  # points, since macOS 11

Facts = Mapping[str, Any]  # one window as CGWindowListCopyWindowInfo describes it


class MacWindows:
    """Windows of this Mac; raises Unavailable on other systems."""

    def __init__(self) -> None:
        self._quartz, self._appkit = _framework("Quartz"), _framework("AppKit")

    def active(self) -> Window | None:
        """The frontmost window of the frontmost program; None while it has none."""
        program = self._appkit.NSWorkspace.sharedWorkspace().frontmostApplication()
        return (
            frontmost(self._list(_ON_SCREEN_ONLY | _EXCLUDE_DESKTOP, 0), program.processIdentifier())
            if program
            else None
        )

    def visible(self) -> list[Window]:
        """The ordinary windows of other programs on this desktop, topmost first."""
        return [
            window
            for window in ordinary(self._list(_ON_SCREEN_ONLY | _EXCLUDE_DESKTOP, 0))
            if window.pid != os.getpid()
        ]

    def activate(self, handle: int, server_time: int = 0) -> None:
        """Bring the window's program to the front, which gives its window the keyboard back."""
        for facts in self._list(_INCLUDING_WINDOW, handle):
            running = self._appkit.NSRunningApplication
            program = running.runningApplicationWithProcessIdentifier_(facts["kCGWindowOwnerPID"])
            if program:
                program.activateWithOptions_(_IGNORING_OTHERS)

    def close(self) -> None:
        """Nothing is held open."""

    def _list(self, option: int, relative_to: int) -> Iterable[Facts]:
        found: Iterable[Facts] | None = self._quartz.CGWindowListCopyWindowInfo(option, relative_to)
        return found or ()


def frontmost(windows: Iterable[Facts], pid: int) -> Window | None:
    """The first ordinary window of a process in a list that runs from front to back. Pure."""
    return next((window for window in ordinary(windows) if window.pid == pid), None)


def ordinary(windows: Iterable[Facts]) -> Iterator[Window]:
    """The windows of a list that are neither menus nor parts of the desktop (layer 0), in its order. Pure."""
    for facts in windows:
        if facts["kCGWindowLayer"] == 0:
            box = facts["kCGWindowBounds"]
            bounds = Rect(int(box["X"]), int(box["Y"]), int(box["Width"]), int(box["Height"]))
            title, pid = facts.get("kCGWindowName") or "", facts["kCGWindowOwnerPID"]
            see_through = facts.get("kCGWindowAlpha", 1) < 1
            yield Window(facts["kCGWindowNumber"], bounds, title, pid, _TITLE_BAR, see_through)


def _framework(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as problem:
        raise Unavailable(
            "This is not a Mac, or its bridge to Python is missing.", "pip install pynput"
        ) from problem
