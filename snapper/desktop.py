"""Which desktop this is and how its screen is driven, as far as the environment tells. Pure: asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from snapper.language import Sentence, in_english


class Session(StrEnum):
    """How programs reach the screen."""

    X11 = "x11"
    WAYLAND = "wayland"
    NONE = "none"


class Desktop(StrEnum):
    """The desktops that are known by name."""

    GNOME = "GNOME"
    KDE = "KDE Plasma"
    SWAY = "sway"
    HYPRLAND = "Hyprland"
    OTHER = ""


_NAMES = {
    "gnome": Desktop.GNOME,
    "kde": Desktop.KDE,
    "sway": Desktop.SWAY,
    "hyprland": Desktop.HYPRLAND,
}
_SIGNS = {
    "SWAYSOCK": Desktop.SWAY,
    "HYPRLAND_INSTANCE_SIGNATURE": Desktop.HYPRLAND,
    "KDE_FULL_SESSION": Desktop.KDE,
    "GNOME_SETUP_DISPLAY": Desktop.GNOME,
}


def session_of(environ: Mapping[str, str], is_xwayland: Callable[[str], bool]) -> Session:
    """How the screen is reached; `is_xwayland` asks the X server of a DISPLAY.

    XWayland answers like any X server, and in black where it is asked for the screen: so the server itself is
    asked, because a program started by a service or over the network is told of its DISPLAY alone. A sway
    started on a text console calls itself a session of the kind `tty`.
    """
    display, kind = environ.get("DISPLAY", ""), environ.get("XDG_SESSION_TYPE", "")
    if kind == Session.WAYLAND or (environ.get("WAYLAND_DISPLAY") and kind != Session.X11):
        return Session.WAYLAND
    if not display:
        return Session.NONE
    return Session.WAYLAND if is_xwayland(display) else Session.X11


def refusal(backend: str, because: str) -> Sentence:
    """Why a backend was not chosen, as choices keep it: `x11_grab: because …`."""
    return Sentence(f"{backend}: {because}", f"{backend}: {in_english(because)}")


def desktop_of(environ: Mapping[str, str]) -> Desktop:
    """The desktop, by the name it gives itself (`ubuntu:GNOME`) or by what it leaves in the environment."""
    words = environ.get("XDG_CURRENT_DESKTOP", "").casefold().split(":")
    named = (_NAMES.get(word.partition("-")[0]) for word in words)  # GNOME-Classic, GNOME-Flashback
    signed = (desktop for name, desktop in _SIGNS.items() if environ.get(name))
    return next(filter(None, (*named, *signed)), Desktop.OTHER)
