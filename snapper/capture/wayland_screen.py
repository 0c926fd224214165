"""Freezing a Wayland desktop: who takes the picture is a file of its own, what surrounds it is here.

The active window is asked for before the picture: a question that the desktop puts to the person would take
the keyboard away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from PIL import Image

from snapper.capture.active_window_x11 import X11Windows
from snapper.capture.frame import Frame, Monitor
from snapper.capture.wayland_picture import assembled, factor
from snapper.capture.windows import Windows
from snapper.capture.xwayland import ScaledWindows, layout, window_picture
from snapper.errors import CaptureFailed, Unavailable
from snapper.language import _

Photograph = tuple[Image.Image, float]  # and when it was taken, in Unix seconds

ONLY_X11 = _(
    "On this desktop only windows of X11 programs, such as TWS, can be told apart; where another window has "
    "the keyboard, the picture shows the whole screen."
)
NO_X11 = _("No window can be told apart on this desktop: the picture shows the whole screen.")
ONLY_WINDOW = _("Only the window of an X11 program, such as TWS, can be in the picture: the one in front.")


class WaylandScreen:
    """The desktop, photographed by `photograph`, from any thread; one at a time.

    `display_name` is that of XWayland, "" where there is none.
    """

    def __init__(self, photograph: Callable[[], Photograph], display_name: str) -> None:
        self._photograph = photograph
        self._display_name = display_name
        self._lock = threading.Lock()
        self._plain = X11Windows(display_name)
        self._scaled = ScaledWindows(self._plain)

    @property
    def windows(self) -> Windows:
        """The windows that can be told apart, in the pixels of the last frame."""
        return self._scaled

    def grab(self) -> Frame:
        """Freeze the desktop as it is now. Raises CaptureFailed."""
        with self._lock:
            active = self._plain.active() if self._display_name else None
            picture, taken_at = self._photograph()
            found = layout(self._display_name)
            self._scaled.factor = factor(picture.size, found) or 1.0
            return assembled(picture, found, active, taken_at)

    def close(self) -> None:
        """Let go of the screen; it is opened again if it is asked for again."""
        self._plain.close()

    def __enter__(self) -> WaylandScreen:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class WindowOnly:
    """Where the desktop lets nobody see the screen: the X11 window in front, without its decoration.

    Raises Unavailable where there is no XWayland.
    """

    def __init__(self, display_name: str) -> None:
        if layout(display_name) is None:
            raise Unavailable(_("There are no windows of X11 programs here, such as TWS."))
        self._display_name = display_name
        self.windows: Windows = X11Windows(display_name)

    def grab(self) -> Frame:
        """Freeze the window in front. Raises CaptureFailed when it is not an X11 program's."""
        taken_at, active = time.time(), self.windows.active()
        found = window_picture(self._display_name, active.handle) if active else None
        if active is None or found is None:
            raise CaptureFailed(
                _(
                    "There is no picture: this desktop shows snapper only windows such as TWS, and none was "
                    "in front."
                ),
                _("Click into TWS and try again; “snapper doctor” says how to allow the whole screen."),
            )
        pixels, area = found
        return Frame(pixels, area, (Monitor(area, primary=True),), replace(active, bounds=area), taken_at)

    def close(self) -> None:
        """Let go of the windows."""
        self.windows.close()

    def __enter__(self) -> WindowOnly:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
