"""snapper at sign-in: whether it starts, and switching that, for the tray and the command line.

How each system keeps it is in `autostart`; what is started is decided here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from snapper import autostart
from snapper.autostart import Autostart, listen_command
from snapper.config import Settings, default_file
from snapper.desktop import Desktop, desktop_of
from snapper.errors import Unavailable
from snapper.language import _


@dataclass(frozen=True)
class Standing:
    """Whether snapper starts when the person signs in: the command as the system notes it ("" for no), where
    that is kept, and why it cannot be read or changed ("" where it can)."""

    line: str = ""
    place: str = ""
    problem: str = ""

    @property
    def on(self) -> bool:
        """Whether it starts."""
        return bool(self.line)


def standing(kept: Autostart | None = None) -> Standing:
    """How it stands now, asked of the system."""
    try:
        kept = kept or autostart.here()
        return Standing(kept.line(), kept.place)
    except Unavailable as refusal:
        return Standing(place=kept.place if kept else "", problem=str(refusal))


def switch(settings: Settings, on: bool, kept: Autostart | None = None) -> Standing:
    """Start the listener with these settings at every sign-in, or never. Raises Unavailable."""
    kept = kept or autostart.here()
    if on:
        kept.switch_on(listen_command(sys.platform, sys.executable, config=own_file(settings)))
    else:
        kept.switch_off()
    return Standing(kept.line(), kept.place)


def switched(settings: Settings, on: bool, kept: Autostart | None = None) -> Standing:
    """The same; a refusal is told as the problem, beside how it stands then."""
    try:
        return switch(settings, on, kept)
    except Unavailable as refusal:
        now = standing(kept)
        return Standing(now.line, now.place, str(refusal))


def own_file(settings: Settings) -> str:
    """The settings file that a command must name, as no command finds it by itself; "" where it does."""
    return "" if settings.file == default_file() else str(settings.file.absolute())


def caveat(environ: Mapping[str, str]) -> str:
    """What to do besides where the desktop does not start such programs; "" where it does."""
    desktop = desktop_of(environ)
    if desktop is Desktop.SWAY:
        line, file = "exec snapper listen", "~/.config/sway/config"
    elif desktop is Desktop.HYPRLAND:
        line, file = "exec-once = snapper listen", "~/.config/hypr/hyprland.conf"
    else:
        return ""
    said = _("{desktop} starts no such programs by itself: add the line “{line}” to {file}.")
    return said.format(desktop=desktop, line=line, file=file)
