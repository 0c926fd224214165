"""A window that others lie above: which ones do, and its own picture instead of theirs.

Pure but for the printer that is handed in, which asks the window's program for the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from snapper.capture.frame import Frame, Rect, Window, crop, window_area, window_only

Printer = Callable[[int], tuple[bytes, Rect] | None]


def above(window: Window, windows: Iterable[Window]) -> tuple[Window, ...]:
    """The windows that hide a part of this one; `windows` are told from the top down.

    Where this one is not among them, nobody knows what lies above it: none.
    """
    hiding: list[Window] = []
    for other in windows:
        if other.handle == window.handle:
            return tuple(hiding)
        if other.bounds.intersection(window.bounds):
            hiding.append(other)
    return ()


def with_own_picture(frame: Frame, printer: Printer) -> Frame:
    """The frame, with the active window's own picture where others lie above it.

    `frame.windows` must have been asked for. A picture that has more black in it than that of the screen is
    of no use: what a program does not paint is black.
    """
    if not frame.active or not window_area(frame) or not above(frame.active, frame.windows):
        return frame
    seen = window_only(frame)
    own = _printed(frame.active, seen, printer)
    return replace(frame, own=own.pixels) if own and blackness(own) <= blackness(seen) else frame


def _printed(window: Window, seen: Frame, printer: Printer) -> Frame | None:
    """What of the window is on the screen, as its program paints it."""
    picture = printer(window.handle)
    if picture is None:
        return None
    pixels, area = picture
    if seen.area.intersection(area) != seen.area:
        return None  # it moved since
    return crop(replace(seen, pixels=pixels, area=area), seen.area)


def blackness(frame: Frame) -> float:
    """The share of pixels that are black, from 0 to 1."""
    from PIL import Image

    size = (frame.area.width, frame.area.height)
    picture = Image.frombuffer("RGB", size, bytes(frame.pixels), "raw", "BGRX", 0, 1)
    lit = picture.point([bool(value) * 255 for value in range(256)] * 3)  # any light at all, in full
    return lit.convert("L").histogram()[0] / (size[0] * size[1])
