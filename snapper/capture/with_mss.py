"""The whole desktop through mss: connection kept open, everything warmed before the first press.

The pixels come first and the active window a moment later: the pixels are what changes, while no window of
ours exists yet that could take the focus. After both, the monitors are asked for on a second, short
connection, because mss remembers the geometry of the moment it was opened; a screen that changed meanwhile is
frozen once more.

On X11 mss reads through a segment of memory that it shares with the server and keeps (as large as the
desktop, 33 MB at 3840×2160). Reading through the socket needs no such segment, but three times as long: all
memory for it has to be found at the press.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import mss
from mss.exception import ScreenShotError
from mss.screenshot import ScreenShot

from snapper.capture.frame import Frame, Monitor, Rect
from snapper.capture.windows import Windows
from snapper.errors import CaptureFailed, Unavailable
from snapper.language import _

# mss guards a lost X connection with a bare assertion.
_MSS_ERRORS = (ScreenShotError, AssertionError, OSError)

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h


class Screen:
    """The desktop, ready to be frozen at any moment, from any thread.

    `connect` opens mss; `windows` is closed with the screen; `finish` adds to a frame what is asked for after
    the pixels. Raises Unavailable when there is no screen.
    """

    def __init__(
        self,
        connect: Callable[[], mss.MSS],
        windows: Windows,
        finish: Callable[[Frame], Frame] = lambda frame: frame,
    ) -> None:
        self._connect = connect
        self._windows = windows
        self._finish = finish
        self._lock = threading.Lock()
        self._camera: mss.MSS | None = None
        try:
            self._shoot()
        except _MSS_ERRORS as error:
            raise Unavailable(
                _("There is no screen here: the display does not answer."),
                _("Start snapper from the desktop that is to be captured."),
            ) from error
        windows.active()

    def grab(self) -> Frame:
        """Freeze the desktop as it is now. Raises CaptureFailed."""
        return self._finish(self._frozen())

    def _frozen(self) -> Frame:
        with self._lock:
            taken_at = time.time()
            try:
                shot = self._shoot_or_reconnect()
                active = self._windows.active()
                if self._changed():
                    shot = self._shoot()
            except _MSS_ERRORS as error:
                raise CaptureFailed(
                    _("The screen could not be read."), _("Try again; if it stays so, start snapper again.")
                ) from error
            area = Rect(shot.left, shot.top, shot.width, shot.height)
            return Frame(shot.raw, area, _monitors(self._opened(), area), active, taken_at)

    def close(self) -> None:
        """Let go of the screen; it is opened again if it is asked for again."""
        with self._lock:
            self._let_go()
            self._windows.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _opened(self) -> mss.MSS:
        if self._camera is None:
            self._camera = self._connect()
        return self._camera

    def _shoot(self) -> ScreenShot:
        camera = self._opened()
        shot = camera.grab(camera.monitors[0])
        _let_pages_go(camera)
        return shot

    def _shoot_or_reconnect(self) -> ScreenShot:
        """Shoot; a connection that was lost, or a screen that shrank, is worth a new one."""
        try:
            return self._shoot()
        except _MSS_ERRORS:
            self._let_go()
            return self._shoot()

    def _changed(self) -> bool:
        """Whether the monitors are not what they were; if so the new ones are used from now on."""
        fresh = self._connect()
        if fresh.monitors == self._opened().monitors:
            fresh.close()
            return False
        self._let_go()
        self._camera = fresh
        return True

    def _let_go(self) -> None:
        # Closing a lost connection frees it and then raises; closing it twice would free it twice and abort.
        camera, self._camera = self._camera, None
        with contextlib.suppress(ScreenShotError):
            if camera:
                camera.close()


def _monitors(camera: mss.MSS, whole: Rect) -> tuple[Monitor, ...]:
    found = tuple(_monitor(monitor) for monitor in camera.monitors[1:])
    return found or (Monitor(whole, primary=True),)  # an X server without RandR knows no monitors


def _monitor(known: dict[str, Any]) -> Monitor:
    area = Rect(known["left"], known["top"], known["width"], known["height"])
    return Monitor(area, str(known.get("name") or known.get("output") or ""), bool(known.get("is_primary")))


def _let_pages_go(camera: mss.MSS) -> None:
    """Let go of this program's view of the shared segment until the next shot; it costs that shot 3 ms.

    The segment is a private part of mss: where it is called otherwise, it just stays.
    """
    segment = getattr(getattr(camera, "_impl", None), "_buf", None)
    if sys.platform != "win32" and isinstance(segment, mmap.mmap):
        segment.madvise(mmap.MADV_DONTNEED)


def give_large_blocks_back() -> None:
    """Make glibc return a frame's memory to the system as soon as the frame is forgotten.

    By default it keeps the first large blocks it gets back, up to 66 MB, for the life of the program. Blocks
    below 16 MB are kept and reused as before. A C library without this dial (musl) needs none.
    """
    dial = getattr(ctypes.CDLL(None), "mallopt", None)
    if dial:
        dial(_M_MMAP_THRESHOLD, 16 << 20)
        dial(_M_TRIM_THRESHOLD, 32 << 20)
