"""Freezing the desktop: one mechanism per backend file, and the choice between them.

    frame.py                          what is frozen: pixels, monitors, windows (pure)
    png.py                            a frame as a PNG file (pure)
    with_mss.py                       the pixels on Windows, the Mac and X11
    wayland_portal.py, with_grim.py   the pixels on Wayland
    wayland_screen.py, xwayland.py    what surrounds them there, and windows of X11 programs such as TWS
    dpi_win32.py                      real pixels on Windows
    windows.py, active_window_*.py    the active window
    covered.py, print_window_win32.py a window that others lie above

What reads a real screen is imported when a screen is opened, so that frames and pictures need none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

import mss

from snapper.capture.frame import Frame
from snapper.capture.windows import Windows, windows_for, with_windows
from snapper.desktop import Desktop, Session, desktop_of, refusal, session_of
from snapper.errors import SnapperError, Unavailable
from snapper.language import _, together

__all__ = ["Screen", "ScreenChoice", "choose_screen", "open_screen"]


class Screen(Protocol):
    """The desktop, ready to be frozen at any moment, from any thread."""

    def grab(self) -> Frame:
        """Freeze the desktop as it is now. Raises CaptureFailed."""

    def close(self) -> None:
        """Let go of the screen; it is opened again if it is asked for again."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@dataclass(frozen=True)
class ScreenChoice:
    """The backend chosen, the windows in the pixels of its frames, sentences about what it cannot do here,
    and why each backend before it was not chosen (`wayland_portal: because …`)."""

    name: str
    screen: Screen
    windows: Windows
    notes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def open_screen(platform: str, environ: Mapping[str, str]) -> Screen:
    """Open the desktop of this machine and warm everything that a press will need.

    `platform` is sys.platform, `environ` the environment. Raises Unavailable when there is no screen.
    """
    return choose_screen(platform, environ).screen


def choose_screen(platform: str, environ: Mapping[str, str]) -> ScreenChoice:
    """The first backend that can work here. Raises Unavailable with every refusal."""
    if platform not in ("win32", "darwin"):
        from snapper.capture.xwayland import is_xwayland

        session = session_of(environ, is_xwayland)
        if session is Session.WAYLAND:
            return _first(_wayland(environ))
        if session is Session.NONE:
            raise Unavailable(
                _(
                    "There is no screen here: no graphical desktop is running, or it is not told "
                    "(DISPLAY is empty)."
                ),
                _("Start snapper from the desktop that is to be captured."),
            )
    return _with_mss(platform, environ)


def _with_mss(platform: str, environ: Mapping[str, str]) -> ScreenChoice:
    from snapper.capture import with_mss

    if platform == "darwin":
        from snapper.capture.mac_screen import open_mac_screen

        return ScreenChoice("mss", open_mac_screen(environ), windows_for(platform, environ))
    if platform == "win32":
        return ScreenChoice("mss", _windows_screen(environ), windows_for(platform, environ))
    with_mss.give_large_blocks_back()
    display = environ["DISPLAY"]
    screen = with_mss.Screen(lambda: mss.MSS(display=display), windows_for(platform, environ))
    return ScreenChoice("mss", screen, windows_for(platform, environ))


def _windows_screen(environ: Mapping[str, str]) -> Screen:
    """Windows' desktop, in whose frames a covered active window has its own picture."""
    from snapper.capture import with_mss
    from snapper.capture.covered import with_own_picture
    from snapper.capture.dpi_win32 import be_aware
    from snapper.capture.print_window_win32 import PrintWindow

    be_aware()
    windows, printer = windows_for("win32", environ), PrintWindow()

    def finish(frame: Frame) -> Frame:
        return with_own_picture(with_windows(frame, windows), printer.picture)

    return with_mss.Screen(lambda: mss.MSS(), windows, finish)


# --- Wayland ----------------------------------------------------------------------------------------------


def _first(candidates: Mapping[str, Callable[[], ScreenChoice]]) -> ScreenChoice:
    refused: list[str] = []
    remedies: list[str] = []
    for name, build in candidates.items():
        try:
            chosen = build()
        except SnapperError as problem:
            refused.append(refusal(name, problem.sentence))
            remedies.append(problem.remedy)
        else:
            return ScreenChoice(chosen.name, chosen.screen, chosen.windows, chosen.notes, tuple(refused))

    sentence = together([_("There is no screen here that snapper may see."), *refused])
    raise Unavailable(sentence, next(filter(None, remedies), ""))


def _wayland(environ: Mapping[str, str]) -> dict[str, Callable[[], ScreenChoice]]:
    """What to try, in order. X11's own way is not among it: XWayland answers in black, without an error.

    sway and its relatives have grim, which asks nobody; GNOME and KDE have nothing but the portal.
    """
    from snapper.capture import wayland_portal, wayland_screen, with_grim

    display = environ.get("DISPLAY", "")
    x11_programs = (wayland_screen.ONLY_X11,) if display else (wayland_screen.NO_X11,)

    def portal() -> ScreenChoice:
        camera = wayland_portal.PortalCamera(environ)
        screen = wayland_screen.WaylandScreen(camera.photograph, display)
        notes = (*x11_programs, *camera.notes)
        return ScreenChoice(wayland_portal.NAME, screen, screen.windows, notes)

    def grim() -> ScreenChoice:
        screen = wayland_screen.WaylandScreen(with_grim.GrimCamera(environ).photograph, display)
        return ScreenChoice(with_grim.NAME, screen, screen.windows, x11_programs)

    def window_only() -> ScreenChoice:
        window = wayland_screen.WindowOnly(display)
        return ScreenChoice("xwayland_window", window, window.windows, (wayland_screen.ONLY_WINDOW,))

    every = {wayland_portal.NAME: portal, with_grim.NAME: grim}
    if desktop_of(environ) not in (Desktop.GNOME, Desktop.KDE):
        every = dict(reversed(every.items()))
    return {**every, "xwayland_window": window_only}
