"""A picture of a Wayland desktop and what X11 programs know of it, put together as a frame. Pure.

Wayland tells programs neither where windows are nor how monitors stand; XWayland tells it for its own, in
pixels of its own size.
"""

from __future__ import annotations

from PIL import Image

from snapper.capture.frame import Frame, Monitor, Rect, Window
from snapper.capture.xwayland import scaled, scaled_window

_UNEVEN = 0.01  # by which width and height may differ in scale: monitors of several scales in one picture

Layout = tuple[Rect, tuple[Monitor, ...]]


def factor(size: tuple[int, int], layout: Layout | None) -> float | None:
    """How many pixels of the picture one of X11's is; None where they have nothing to do with each other."""
    if layout is None or not all(layout[0][2:]):
        return None
    across, down = size[0] / layout[0].width, size[1] / layout[0].height
    return across if abs(across - down) <= _UNEVEN * across else None


def assembled(picture: Image.Image, layout: Layout | None, active: Window | None, taken_at: float) -> Frame:
    """The frame. Where the picture cannot be laid over X11's desktop, it has one monitor and no window."""
    area = Rect(0, 0, *picture.size)
    plain = picture if picture.mode == "RGB" else picture.convert("RGB")
    pixels = plain.tobytes("raw", "BGRX")
    scale = factor(picture.size, layout)
    if scale is None or layout is None:
        return Frame(pixels, area, (Monitor(area, primary=True),), None, taken_at, only_x11=True)
    monitors = tuple(Monitor(scaled(each.area, scale), each.name, each.primary) for each in layout[1])
    return Frame(
        pixels,
        area,
        monitors or (Monitor(area, primary=True),),
        scaled_window(active, scale) if active else None,
        taken_at,
        only_x11=True,
    )
