"""The windows on macOS; the active one is the frontmost ordinary window of the frontmost program.

macOS tells bounds in points, and a Retina monitor has four pixels in one: they are scaled to the pixels of
the pictures that this process takes. Titles are empty until macOS lets snapper record the screen. The bridge
to the frameworks (pyobjc) comes with pynput there, and frees what it is given.

Sources: Quartz Window Services (developer.apple.com/documentation/coregraphics/quartz_window_services),
NSRunningApplication, and “Passing control from one app to another with cooperative activation” (AppKit).
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from snapper.capture.frame import Rect, Window
from snapper.errors import Unavailable
from snapper.language import _

# CGWindow.h, NSRunningApplication.h
_ALL, _ON_SCREEN_ONLY, _EXCLUDE_DESKTOP = 0, 1 << 0, 1 << 4
_SHARING_NONE = 0
_IGNORING_OTHERS = 1 << 1
_WINDOW_ID_MAX = 0xFFFFFFFF  # CGWindowID is a uint32_t

_TITLE_BAR = 28  # points, since macOS 11

Facts = Mapping[str, Any]  # one window as CGWindowListCopyWindowInfo describes it


class Scale(NamedTuple):
    """How many pixels of a picture a point of the desktop takes, each way."""

    across: float = 1.0
    down: float = 1.0

    def rect(self, left: float, top: float, width: float, height: float) -> Rect:
        """A rectangle of points in pixels; edges are rounded, so that what touches goes on touching."""
        x, y = round(left * self.across), round(top * self.down)
        return Rect(x, y, round((left + width) * self.across) - x, round((top + height) * self.down) - y)


POINTS = Scale()


@dataclass
class Desktop:
    """The scale of the pictures of this process: that of the last one, which windows are compared with."""

    scale: Scale = POINTS


DESKTOP = Desktop()


class MacWindows:
    """Windows of this Mac, in the pixels of `scale`; raises Unavailable on other systems."""

    def __init__(self, scale: Callable[[], Scale] = lambda: DESKTOP.scale) -> None:
        self._scale = scale
        self._quartz, self._appkit, self._objc = map(_framework, ("Quartz", "AppKit", "objc"))

    def active(self) -> Window | None:
        """The frontmost window of the frontmost program; None while it has none."""
        with self._objc.autorelease_pool():
            program = self._appkit.NSWorkspace.sharedWorkspace().frontmostApplication()
            if not program:
                return None
            return frontmost(self._on_screen(), program.processIdentifier(), self._scale())

    def visible(self) -> list[Window]:
        """The ordinary windows of other programs on this desktop, topmost first."""
        with self._objc.autorelease_pool():
            found = ordinary(self._on_screen(), self._scale())
            return [window for window in found if window.pid != os.getpid()]

    def titles_told(self) -> bool:
        """Whether macOS tells the title of any ordinary window of another program."""
        with self._objc.autorelease_pool():
            return titles_told(self._on_screen(), os.getpid())

    def activate(self, handle: int, server_time: int = 0) -> None:
        """Bring the window's program to the front, which gives its window the keyboard; in the main thread.

        Qt knows its own windows by the address of their view, which no window number of macOS reaches.
        """
        with self._objc.autorelease_pool():
            if handle > _WINDOW_ID_MAX:
                self._appkit.NSApplication.sharedApplication().activateIgnoringOtherApps_(True)
            elif pid := owner(self._list(_ALL), handle):
                self._hand_over(pid)

    def close(self) -> None:
        """Nothing is held open."""

    def _hand_over(self, pid: int) -> None:
        """Since macOS 14 a program comes to the front only when the one in front yields to it."""
        program = self._appkit.NSRunningApplication.runningApplicationWithProcessIdentifier_(pid)
        if program:
            us = self._appkit.NSApplication.sharedApplication()
            if give_way := getattr(us, "yieldActivationToApplication_", None):
                give_way(program)
            program.activateWithOptions_(_IGNORING_OTHERS)

    def _on_screen(self) -> Iterable[Facts]:
        return self._list(_ON_SCREEN_ONLY | _EXCLUDE_DESKTOP)

    def _list(self, option: int) -> Iterable[Facts]:
        """Windows from front to back; macOS has none to tell outside of a desktop."""
        found: Iterable[Facts] | None = self._quartz.CGWindowListCopyWindowInfo(option, 0)
        return found or ()


def frontmost(windows: Iterable[Facts], pid: int, scale: Scale = POINTS) -> Window | None:
    """The first ordinary window of a process in a list that runs from front to back. Pure."""
    return next((window for window in ordinary(windows, scale) if window.pid == pid), None)


def ordinary(windows: Iterable[Facts], scale: Scale = POINTS) -> Iterator[Window]:
    """The windows of a list that a person sees as such, in its order: neither menus nor parts of the desktop
    (layer 0), and neither without an extent nor wholly clear. Pure."""
    for facts in windows:
        if _is_ordinary(facts):
            number, title, pid = facts["kCGWindowNumber"], _title(facts), facts["kCGWindowOwnerPID"]
            bar = round(_TITLE_BAR * scale.down)
            yield Window(number, _bounds(facts, scale), title, pid, bar, _shines_through(facts))


def titles_told(windows: Iterable[Facts], own: int) -> bool:
    """Whether an ordinary window of a process other than `own` has a title in a list. Pure."""
    return any(window.title and window.pid != own for window in ordinary(windows))


def owner(windows: Iterable[Facts], number: int) -> int | None:
    """The process that a window of a list belongs to; None when it has gone. Pure."""
    return next((facts["kCGWindowOwnerPID"] for facts in windows if facts["kCGWindowNumber"] == number), None)


def _is_ordinary(facts: Facts) -> bool:
    bounds = _bounds(facts, POINTS)
    extent = bounds.width > 0 and bounds.height > 0
    return bool(facts["kCGWindowLayer"] == 0 and extent and facts.get("kCGWindowAlpha", 1) > 0)


def _bounds(facts: Facts, scale: Scale) -> Rect:
    box = facts["kCGWindowBounds"]
    return scale.rect(box["X"], box["Y"], box["Width"], box["Height"])


def _title(facts: Facts) -> str:
    return facts.get("kCGWindowName") or ""


def _shines_through(facts: Facts) -> bool:
    """A window that its program does not share is left out of pictures: they show what lies below it."""
    return bool(facts.get("kCGWindowAlpha", 1) < 1 or facts.get("kCGWindowSharingState") == _SHARING_NONE)


def _framework(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as problem:
        raise Unavailable(
            _("This is not a Mac, or its bridge to Python is missing."), "pip install pynput"
        ) from problem
