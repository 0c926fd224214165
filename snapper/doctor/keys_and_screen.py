"""The chord, the picture of the screen and the window in front: the way for each here, and why no other."""

from __future__ import annotations

import contextlib
import os
import sys

from snapper.capture import ScreenChoice, choose_screen
from snapper.capture.frame import Frame, Window, flaw
from snapper.desktop import Session, session_of
from snapper.doctor.findings import Finding, failed, ok, warning
from snapper.doctor.ways import KEYS, PICTURES, facts, not_used, way
from snapper.errors import SnapperError, Unavailable
from snapper.hotkey import Choice, choose, last_taken, take
from snapper.hotkey.chord import Chord
from snapper.language import _, together

_HERE = "This computer"
_ON_WAYLAND = "x11_windows_on_wayland"
_ASKS = "wayland_portal"  # when it starts, the desktop asks the person


# --- the chord --------------------------------------------------------------------------------------------


def chord(wanted: Chord, reason: str, backend: str, listening: bool) -> Finding:
    """Whether the chord can be taken, by which way, and why not by the others.

    `listening` says that a snapper of this user has it already: then it is not tried.
    """
    try:
        chosen = _known() if listening else None
        chosen = chosen or _tried(wanted, backend, listening)
    except Unavailable as error:
        return no_desktop("chord") or failed(_HERE, "chord", error.sentence, error.remedy)
    shown = wanted.display(sys.platform)
    text = _("snapper is listening for {chord}.") if listening else _("{chord} can be taken.")
    said: list[str] = [text.format(chord=shown), reason, way(chosen.backend.name, KEYS)]
    said += [*chosen.backend.notes, *not_used(chosen.refused, KEYS)]
    told = facts(chosen.backend.name, chosen.refused)
    if chosen.backend.notes or chosen.by_hand:
        return warning(_HERE, "chord", together(said), chosen.by_hand, **told)
    return ok(_HERE, "chord", together(said), **told)


def _known() -> Choice | None:
    """What this program itself listens with; None where another one does. Raises Unavailable."""
    last = last_taken()
    if isinstance(last, Unavailable):
        raise last
    return last


def _tried(wanted: Chord, backend: str, listening: bool) -> Choice:
    """The choice, tried for a moment unless somebody has the chord already or a person would be asked."""
    chosen = choose(wanted, sys.platform, os.environ, backend)
    try:
        if listening or chosen.backend.name == _ASKS:
            return chosen
    finally:
        chosen.backend.stop()
    taken = take(wanted, sys.platform, os.environ, lambda press: None, backend)
    taken.backend.stop()
    return taken


def no_desktop(name: str) -> Finding | None:
    """On a computer without a screen, a chord, a picture and an icon are not missed."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return None
    return warning(
        _HERE, name, _("There is no desktop here: “snapper send” works, the chord and pictures do not.")
    )


# --- the screen and the window in front -------------------------------------------------------------------


def screen() -> list[Finding]:
    """Whether the screen can be frozen and is not simply black, and whether windows are told apart."""
    try:
        chosen = choose_screen(sys.platform, os.environ)
        with contextlib.closing(chosen.screen) as opened:
            frame = opened.grab()
    except SnapperError as error:
        return [no_desktop("screen") or failed(_HERE, "screen", error.sentence, error.remedy)]
    with contextlib.closing(chosen.windows) as windows:
        return [_seen(frame, chosen), _window(frame, windows.visible())]


def _seen(frame: Frame, chosen: ScreenChoice) -> Finding:
    size = f"{frame.area.width}×{frame.area.height}"
    told = {"size": size, **facts(chosen.name, chosen.refused)}
    if remark := flaw(frame):
        return warning(_HERE, "screen", remark, _("Unlock the screen, or allow screen recording."), **told)
    said: list[str] = [_("The screen can be frozen: {size} pixels.").format(size=size)]
    said += [way(chosen.name, PICTURES), *chosen.notes, *not_used(chosen.refused, PICTURES)]
    return ok(_HERE, "screen", together(said), **told)


def _window(frame: Frame, visible: list[Window]) -> Finding:
    """How the window in front is known; a locked screen or a bare desktop has none."""
    backend = _windows_backend()
    told = {"active": frame.active is not None, "windows": len(visible), **facts(backend)}
    said: list[str] = [_("The window in front can be told.")]
    if frame.active is None and not visible:
        said = [_("No window is to be seen: a picture of the window in front would show the whole screen.")]
    if backend == _ON_WAYLAND:
        said.append(_("On this desktop only windows of X11 programs, such as TWS, can be told apart."))
    return ok(_HERE, "active window", together(said), **told)


def _windows_backend() -> str:
    if sys.platform in ("win32", "darwin"):
        return "win32_windows" if sys.platform == "win32" else "mac_windows"
    from snapper.capture.xwayland import is_xwayland

    wayland = session_of(os.environ, is_xwayland) is Session.WAYLAND
    return _ON_WAYLAND if wayland else "x11_windows"
