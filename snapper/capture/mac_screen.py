"""The desktop of a Mac: its own pixels on Retina monitors, and no picture without the permission for one.

macOS lays monitors and windows out in points; the picture has the pixels of the sharpest monitor, and what
the frame says of places is scaled to them. Pictures come from CGWindowListCreateImage, through mss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import mss
import mss.darwin

from snapper.capture.active_window_mac import DESKTOP, MacWindows, Scale
from snapper.capture.frame import PIXEL, Frame, Rect, Window
from snapper.capture.mac_permission import MacPermission, macos_version, missing
from snapper.capture.with_mss import Screen
from snapper.errors import CaptureFailed
from snapper.language import _

HALF_POINTS = Scale(2.0, 2.0)  # no window lies at a finer place: pixels of Retina monitors


class MacScreen(Screen):
    """The desktop, ready to be frozen; `windows` tells places in half points. Raises Unavailable without one.

    The person is asked for the permission here, at the start, and not in the middle of a press.
    """

    def __init__(
        self,
        connect: Callable[[], mss.MSS],
        windows: MacWindows,
        permission: MacPermission,
        environ: Mapping[str, str],
    ) -> None:
        self._mac_windows, self._permission, self._environ = windows, permission, environ
        if not self._permitted():
            permission.ask()
        super().__init__(connect, windows)

    def grab(self) -> Frame:
        """Freeze the desktop as it is now. Raises CaptureFailed, also where macOS would give a picture of the
        desktop's background alone."""
        if not self._permitted():
            raise missing(macos_version(), self._environ)
        frame, DESKTOP.scale = in_pixels(super().grab(), self._in_points())
        return frame

    def _in_points(self) -> Rect:
        """The desktop as macOS lays it out; mss swaps the sides of single monitors that are turned."""
        with self._lock:
            whole = self._opened().monitors[0]
        return Rect(whole["left"], whole["top"], whole["width"], whole["height"])

    def _permitted(self) -> bool:
        return self._permission.granted(self._mac_windows.titles_told)


def open_mac_screen(environ: Mapping[str, str]) -> MacScreen:
    """Open the desktop of this Mac. Raises Unavailable when there is none."""
    # Since 10.1 mss asks for one pixel a point, unless told otherwise (BoboTiG/python-mss, issue 257).
    mss.darwin.IMAGE_OPTIONS &= ~mss.darwin.kCGWindowImageNominalResolution
    return MacScreen(lambda: mss.MSS(), MacWindows(lambda: HALF_POINTS), MacPermission(), environ)


def in_pixels(frame: Frame, desktop: Rect) -> tuple[Frame, Scale]:
    """A frame whose monitors are in points, as is `desktop`, and whose window is in half points, all of it in
    the pixels of its picture; and their scale.

    Raises CaptureFailed when the picture is not what its size says.
    """
    if len(frame.pixels) != frame.area.width * frame.area.height * PIXEL:
        raise CaptureFailed(
            _("The screen was read in a form that snapper does not know."),
            _("Take a picture with Shift-Command-3 instead, and send it with “snapper send FILE”."),
        )
    scale = Scale(frame.area.width / desktop.width, frame.area.height / desktop.height)
    monitors = tuple(replace(monitor, area=scale.rect(*monitor.area)) for monitor in frame.monitors)
    area = scale.rect(*desktop)._replace(width=frame.area.width, height=frame.area.height)
    return replace(frame, area=area, monitors=monitors, active=_scaled(frame.active, scale)), scale


def _scaled(window: Window | None, scale: Scale) -> Window | None:
    if window is None:
        return None
    halves = Scale(scale.across / HALF_POINTS.across, scale.down / HALF_POINTS.down)
    bar = round(window.title_bar * halves.down)
    return replace(window, bounds=halves.rect(*window.bounds), title_bar=bar)
