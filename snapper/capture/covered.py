"""A window that others lie above: which ones do, and its own picture instead of theirs.

Pure but for the printer that is handed in, which asks the window's program for the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from snapper.capture.frame import Frame, Rect, Window, crop, window_area

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


def window_frame(frame: Frame, printer: Printer) -> Frame:
    """The active window's part of a frame, with the window's own picture where others lie above it.

    `frame.windows` must have been asked for. The picture of the screen stays where the printed one has no
    less black in it: what a program does not paint is black. Raises CaptureFailed when no window was active
    or nothing of it is on the screen.
    """
    seen = crop(frame, window_area(frame) or Rect(0, 0, 0, 0))
    if not frame.active or not above(frame.active, frame.windows):
        return seen
    printed = _printed(frame, seen, printer)
    return printed if printed and blackness(printed) <= blackness(seen) else seen


def _printed(frame: Frame, seen: Frame, printer: Printer) -> Frame | None:
    picture = printer(frame.active.handle) if frame.active else None
    if picture is None:
        return None
    pixels, area = picture
    if seen.area.intersection(area) != seen.area:
        return None  # it moved since
    return replace(crop(replace(frame, pixels=pixels, area=area), seen.area), monitors=seen.monitors)


def blackness(frame: Frame) -> float:
    """The share of pixels that are black, from 0 to 1."""
    from PIL import Image

    size = (frame.area.width, frame.area.height)
    picture = Image.frombuffer("RGB", size, bytes(frame.pixels), "raw", "BGRX", 0, 1)
    lit = picture.point([bool(value) * 255 for value in range(256)] * 3)  # any light at all, in full
    return lit.convert("L").histogram()[0] / (size[0] * size[1])
