"""The frozen desktop: pixels, monitors, windows, and what can be asked of them. Pure: no screen, no files.

A Frame is the currency between capture, window and bundle; no toolkit's image type appears in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from snapper.errors import CaptureFailed
from snapper.language import _

PIXEL = 4  # bytes: blue, green, red, and one that means nothing

COVER = b"\0\0\0\xff"  # the pixel that covers are made of: black, which nothing can be seen through
TITLE_BAR_GUESS = 32  # pixels; a little more than the usual bars have

_BLACK = _("The picture is completely black: the screen was off, locked, or may not be read by programs.")
_UNIFORM = _("The picture is one plain colour: nothing can be seen on it.")


class Rect(NamedTuple):
    """A rectangle in pixels of the whole desktop; left and top may be negative."""

    left: int
    top: int
    width: int
    height: int

    def intersection(self, other: Rect) -> Rect | None:
        """The part both have in common, or None."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right = min(self.left + self.width, other.left + other.width)
        bottom = min(self.top + self.height, other.top + other.height)
        return Rect(left, top, right - left, bottom - top) if right > left and bottom > top else None


@dataclass(frozen=True)
class Monitor:
    """One monitor: its place on the desktop and its name, if it has one."""

    area: Rect
    name: str = ""
    primary: bool = False


@dataclass(frozen=True)
class Window:
    """A window: bounds with its decoration, title, process, and the handle the system knows it by.

    `title_bar` is the height in pixels of the strip at the top of the bounds that shows the title, a guess
    where the system does not say; `see_through` tells that what lies below may be seen through it.
    """

    handle: int
    bounds: Rect
    title: str = ""
    pid: int | None = None
    title_bar: int = TITLE_BAR_GUESS
    see_through: bool = False


@dataclass(frozen=True)
class Frame:
    """The desktop at one instant.

    `pixels` are rows of BGRX, 4 bytes each, `area.width` × `area.height` of them, and are never written to (a
    bytearray comes straight from the screen: copying 33 MB would cost as much as freezing them); `area` is
    the box around all monitors; `active` is the window that had the focus; `taken_at` is in Unix seconds;
    `windows` are all that could be seen, topmost first, and empty as long as nobody has asked for them.
    `own` are the active window's own pixels, as many as its visible part (`window_area`) has, where other
    windows lay above it; else None. `only_x11`: this desktop tells of no windows but X11 programs'.
    """

    pixels: bytes | bytearray = field(repr=False)
    area: Rect
    monitors: tuple[Monitor, ...]
    active: Window | None
    taken_at: float
    windows: tuple[Window, ...] = ()
    own: bytes | bytearray | None = field(default=None, repr=False)
    only_x11: bool = False


def window_area(frame: Frame) -> Rect | None:
    """The visible part of the active window; None when none was active or it is off the desktop."""
    return frame.active.bounds.intersection(frame.area) if frame.active else None


def window_only(frame: Frame) -> Frame:
    """The active window alone, by its own picture where there is one, which `own` goes on telling of.
    Raises CaptureFailed when none was active or nothing of it is on the screen.
    """
    seen = crop(frame, window_area(frame) or Rect(0, 0, 0, 0))
    return replace(seen, pixels=frame.own, own=frame.own) if frame.own is not None else seen


def crop(frame: Frame, rect: Rect) -> Frame:
    """The part of a frame inside a rectangle of the desktop, cut to what is there.

    Raises CaptureFailed when nothing of it is.
    """
    area = rect.intersection(frame.area)
    if area is None:
        raise CaptureFailed(_("Nothing of that is on the screen."), _("Choose the whole screen instead."))
    if area == frame.area:
        return frame
    monitors = tuple(monitor for monitor in frame.monitors if monitor.area.intersection(area))
    return replace(frame, pixels=_cut(frame, area), area=area, monitors=monitors, own=None)


def _cut(frame: Frame, area: Rect) -> bytes:
    stride, width = frame.area.width * PIXEL, area.width * PIXEL
    start = (area.top - frame.area.top) * stride + (area.left - frame.area.left) * PIXEL
    pixels = memoryview(frame.pixels)
    return b"".join(pixels[row : row + width] for row in range(start, start + area.height * stride, stride))


def cover(frame: Frame, rects: Iterable[Rect]) -> Frame:
    """The frame with rectangles of the desktop painted over in solid black, cut to what is there.

    The new frame has pixels of its own, in which nothing is left of what was below the rectangles. A frame
    that none of them touches comes back as it is.
    """
    areas = [area for rect in rects if (area := rect.intersection(frame.area))]
    if not areas:
        return frame
    pixels = bytearray(frame.pixels)
    for area in areas:
        _paint_over(pixels, frame.area, area)
    return replace(frame, pixels=pixels, own=None)


def _paint_over(pixels: bytearray, whole: Rect, area: Rect) -> None:
    stride, row = whole.width * PIXEL, COVER * area.width
    start = (area.top - whole.top) * stride + (area.left - whole.left) * PIXEL
    for at in range(start, start + area.height * stride, stride):
        pixels[at : at + len(row)] = row


def flaw(frame: Frame) -> str | None:
    """A sentence when the picture shows nothing: all black, or all of one colour; else None.

    Screens that refuse to be read (XWayland, protected content) answer in black, without an error.
    """
    stride = frame.area.width * PIXEL
    pixel = bytes(frame.pixels[:PIXEL])
    row = pixel * frame.area.width
    if not all(frame.pixels.startswith(row, start) for start in range(0, len(frame.pixels), stride)):
        return None
    return _UNIFORM if any(pixel[:3]) else _BLACK
