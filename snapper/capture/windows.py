"""Windows of other programs: which can be seen, which one is in front, and giving it the keyboard back.

One file per system; what follows from the answers is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from snapper.capture.frame import Frame, Window


class Windows(Protocol):
    """Asks the system about windows. A window that vanishes while it is asked about is no window."""

    def active(self) -> Window | None:
        """The window that has the keyboard, with its decoration; None where there is none to be had."""

    def visible(self) -> list[Window]:
        """The windows of other programs that are on the screen, topmost first; empty where nobody tells.

        Windows that others hide are among them; minimised ones, other desktops' and snapper's own are not. It
        takes longer than active(), some milliseconds, and is for after the press.
        """

    def activate(self, handle: int, server_time: int = 0) -> None:
        """Give a window the keyboard; nothing happens if it has gone.

        `server_time` is the X server's timestamp of the user's last act, 0 elsewhere and for "now".
        """

    def close(self) -> None:
        """Let go of what was opened. May be called again."""


def with_windows(frame: Frame, windows: Windows) -> Frame:
    """The frame with the windows that are on the screen; a frame that tells of some is left as it is."""
    return frame if frame.windows else replace(frame, windows=tuple(windows.visible()))


def windows_for(platform: str, environ: Mapping[str, str]) -> Windows:
    """The windows of this system (`sys.platform`); nothing is opened before it is asked."""
    if platform == "win32":
        from snapper.capture.active_window_win32 import Win32Windows

        return Win32Windows()
    if platform == "darwin":
        from snapper.capture.active_window_mac import MacWindows

        return MacWindows()
    from snapper.capture.active_window_x11 import X11Windows

    return X11Windows(environ.get("DISPLAY", ""))
