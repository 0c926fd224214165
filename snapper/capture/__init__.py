"""Freezing the desktop: one mechanism per backend file, and the choice between them.

    frame.py                          what is frozen: pixels, monitors, windows (pure)
    png.py                            a frame as a PNG file (pure)
    with_mss.py                       the pixels
    dpi_win32.py                      real pixels on Windows
    windows.py, active_window_*.py    the active window
    covered.py, print_window_win32.py a window that others lie above

What reads a real screen is imported when a screen is opened, so that frames and pictures need none of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import mss

from snapper.capture.with_mss import Screen, give_large_blocks_back
from snapper.errors import Unavailable

__all__ = ["Screen", "open_screen"]


def open_screen(platform: str, environ: Mapping[str, str]) -> Screen:
    """Open the desktop of this machine and warm everything that a press will need.

    `platform` is sys.platform, `environ` the environment. Raises Unavailable when there is no screen.
    """
    from snapper.capture.windows import windows_for

    if platform == "win32":
        from snapper.capture.dpi_win32 import be_aware

        be_aware()
    if platform in ("win32", "darwin"):
        return Screen(lambda: mss.MSS(), windows_for(platform, environ))
    display = environ.get("DISPLAY")
    if not display:
        raise Unavailable(
            "There is no screen here: no graphical desktop is running, or it is not told (DISPLAY is empty).",
            "Start snapper from the desktop that is to be captured.",
        )
    give_large_blocks_back()
    return Screen(lambda: mss.MSS(display=display), windows_for(platform, environ))
