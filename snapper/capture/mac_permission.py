"""The permission to record the screen, which macOS has asked for since 10.15: whether it is there, asking for
it, and the words when it is missing.

Without it a picture shows the desktop's background and snapper's own windows, and macOS reports no error: no
picture is better than that one. CGPreflightScreenCaptureAccess answers without asking the person,
CGRequestScreenCaptureAccess asks once in the life of an installation (`CGWindow.h`,
developer.apple.com/documentation/coregraphics). The answer is that of the program's start: a permission given
meanwhile counts from the next one. macOS lists the program that snapper was started from, not snapper.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Callable, Mapping
from typing import Any

from snapper.errors import CaptureFailed, Unavailable
from snapper.language import Sentence, _

_CORE_GRAPHICS = "/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics"

# TERM_PROGRAM, which terminals set for what is started in them, and their names in System Settings.
_TERMINALS = {
    "Apple_Terminal": "Terminal",
    "iTerm.app": "iTerm",
    "vscode": "Visual Studio Code",
    "WarpTerminal": "Warp",
    "ghostty": "Ghostty",
    "WezTerm": "WezTerm",
}

# The versions of macOS before which the switch was at another place.
_PLACES = {
    # Translators: names in macOS itself, each within the one before: written as macOS has them.
    13: _("System Preferences, Security & Privacy, Privacy, Screen Recording"),
    # Translators: names in macOS itself, each within the one before: written as macOS has them.
    15: _("System Settings, Privacy & Security, Screen Recording"),
}

Loader = Callable[[str], Any]


class MacPermission:
    """Asks macOS for the permission; raises Unavailable on other systems. `load` opens a library by path."""

    def __init__(self, load: Loader = ctypes.CDLL) -> None:
        try:
            library = load(_CORE_GRAPHICS)
        except OSError as problem:
            raise Unavailable(_("This is not a Mac.")) from problem
        self._preflight = _question(library, "CGPreflightScreenCaptureAccess")
        self._request = _question(library, "CGRequestScreenCaptureAccess")

    def granted(self, titles_told: Callable[[], bool]) -> bool:
        """Whether pictures will show other programs' windows.

        `titles_told` is whether macOS tells titles of other programs' windows, which takes the same
        permission: it is asked only when macOS says no, because that answer is known to be stale at times
        (github.com/screenpipe/screenpipe, pull request 3623).
        """
        return self._preflight() or titles_told()

    def ask(self) -> None:
        """Have macOS ask the person, if it has not before; returns at once, without their answer."""
        self._request()


def missing(version: str, environ: Mapping[str, str]) -> CaptureFailed:
    """What to say without the permission; `version` is that of macOS, `environ` the environment."""
    return CaptureFailed(
        _("macOS does not let snapper see the windows of other programs: there is no picture."),
        _switch_on(environ, _place(version)),
    )


def macos_version() -> str:
    """The version of this macOS ("15.6"), "" on other systems."""
    return platform.mac_ver()[0]


def _question(library: Any, name: str) -> Callable[[], bool]:
    function = getattr(library, name, None)
    if function is None:
        return lambda: True  # before macOS 10.15 there was nothing to permit
    function.argtypes, function.restype = [], ctypes.c_bool
    return lambda: bool(function())


def _switch_on(environ: Mapping[str, str], place: Sentence) -> Sentence:
    """What to do about it, by the program that macOS lists at this place."""
    terminal = environ.get("TERM_PROGRAM", "")
    if terminal in _TERMINALS:
        return _(
            "Switch on “{program}”, from which snapper was started, in {place}, then end snapper and start "
            "it again. If it is on already, switch it off and on: after an update macOS may want that."
        ).format(program=_TERMINALS[terminal], place=place)
    if terminal:
        return _(
            "Switch on the program from which snapper was started in {place}, then end snapper and start it "
            "again. If it is on already, switch it off and on: after an update macOS may want that."
        ).format(place=place)
    return _(
        "Switch on “Python”, which snapper runs in, in {place}, then end snapper and start it again. "
        "If it is on already, switch it off and on: after an update macOS may want that."
    ).format(place=place)


def _place(version: str) -> Sentence:
    """Where the switch is; Python built for an older macOS is told 10.16 for every later one."""
    if version.startswith("10.16"):
        # Translators: names in macOS itself, each within the one before: written as macOS has them.
        return _("the system's settings, Privacy & Security, Screen Recording")
    major = version.split(".")[0]
    for before, place in _PLACES.items():
        if major.isdecimal() and int(major) < before:
            return place
    # Translators: names in macOS itself, each within the one before: written as macOS has them.
    return _("System Settings, Privacy & Security, Screen & System Audio Recording")
