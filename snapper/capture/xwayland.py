"""X11 programs on a Wayland desktop: TWS is one of them.

XWayland shows them as an X server would, and knows nothing of other windows: asked for the whole screen it
answers in black. Their own windows it does give, also where others lie above, and it says which of them has
the keyboard; none, while a window of another kind has it. It may count pixels in other sizes than the
picture of the screen: a factor lies between the two.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from snapper.capture.active_window_x11 import X11Windows
from snapper.capture.frame import PIXEL, Monitor, Rect, Window

log = logging.getLogger(__name__)

_OUTPUTS = "XWAYLAND"  # the extension's name, and before 23.1 the beginning of the monitors' names


def is_xwayland(display_name: str) -> bool:
    """Whether an X server stands on a Wayland desktop; False where there is none."""
    with _opened(display_name) as display:
        if display is None:
            return False
        if _OUTPUTS in display.list_extensions():
            return True
        return any(monitor.name.startswith(_OUTPUTS) for monitor in _monitors(display))


def layout(display_name: str) -> tuple[Rect, tuple[Monitor, ...]] | None:
    """The desktop and its monitors as X11 programs see them; None where there is no XWayland."""
    with _opened(display_name) as display:
        if display is None:
            return None
        root = display.screen().root.get_geometry()
        return Rect(0, 0, root.width, root.height), _monitors(display)


def window_picture(display_name: str, handle: int) -> tuple[bytes, Rect] | None:
    """A window's own pixels (BGRX) and where it is, whatever lies above it; None when it has gone.

    Only what is on the screen of X11 programs: a window that reaches beyond it is cut there.
    """
    from Xlib import X, error

    with _opened(display_name) as display:
        if display is None:
            return None
        try:
            window, root = display.create_resource_object("window", handle), display.screen().root
            shape, origin = window.get_geometry(), root.translate_coords(window, 0, 0)
            read = window.get_image(0, 0, shape.width, shape.height, X.ZPixmap, 0xFFFFFFFF)
        except error.XError as problem:
            log.debug("The window has gone: %s", problem)
            return None
        area = Rect(origin.x, origin.y, shape.width, shape.height)
        pixels = bytes(read.data)
        return (pixels, area) if len(pixels) == area.width * area.height * PIXEL else None


class ScaledWindows:
    """The windows of X11 programs, in the pixels of the picture; `factor` is set with each picture."""

    def __init__(self, windows: X11Windows) -> None:
        self._windows = windows
        self.factor = 1.0

    def active(self) -> Window | None:
        """The X11 window that has the keyboard; None where a window of another kind has it."""
        window = self._windows.active()
        return scaled_window(window, self.factor) if window else None

    def visible(self) -> list[Window]:
        """The windows of X11 programs, topmost first."""
        return [scaled_window(window, self.factor) for window in self._windows.visible()]

    def activate(self, handle: int, server_time: int = 0) -> None:
        """Give a window the keyboard, where the desktop lets X11 programs ask for it."""
        self._windows.activate(handle, server_time)

    def close(self) -> None:
        """Close the connection."""
        self._windows.close()


def scaled_window(window: Window, factor: float) -> Window:
    """A window in pixels that are `factor` times as many each way."""
    if factor == 1:
        return window
    return replace(
        window, bounds=scaled(window.bounds, factor), title_bar=round(window.title_bar * factor + 0.5)
    )


def scaled(rect: Rect, factor: float) -> Rect:
    """A rectangle in pixels that are `factor` times as many each way; edges that met still meet."""
    left, top = round(rect.left * factor), round(rect.top * factor)
    right, bottom = round((rect.left + rect.width) * factor), round((rect.top + rect.height) * factor)
    return Rect(left, top, right - left, bottom - top)


def _monitors(display: Any) -> tuple[Monitor, ...]:
    from Xlib import error
    from Xlib.ext import randr

    try:
        told = randr.get_monitors(display.screen().root).monitors
    except (error.XError, AttributeError) as problem:  # no RandR, or one before 1.5
        log.debug("The monitors are not told: %s", problem)
        return ()
    return tuple(
        Monitor(
            Rect(each.x, each.y, each.width_in_pixels, each.height_in_pixels),
            str(display.get_atom_name(each.name)),
            bool(each.primary),
        )
        for each in told
    )


@contextlib.contextmanager
def _opened(name: str) -> Iterator[Any]:
    """A connection for one question; None where nobody answers."""
    from Xlib import display, error

    connection = None
    try:
        if name:
            connection = display.Display(name)
            connection.set_error_handler(lambda problem, request: log.debug("X11: %s", problem))
    except (error.DisplayError, error.ConnectionClosedError, OSError) as problem:
        log.debug("The screen %s does not answer: %s", name, problem)
    try:
        yield connection
    finally:
        if connection:
            with contextlib.suppress(error.ConnectionClosedError, OSError):
                connection.close()
