"""The chord in the desktop's own settings, for desktops that let no program take keys: how, and for whom.

    steps.py    what a person does, desktop by desktop (pure)
    sway.py     a file that sway's configuration includes
    gnome.py    a custom shortcut of GNOME's

What is written is this person's own setting, on request only, and can be taken back as a whole.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from snapper.binding.steps import steps
from snapper.desktop import Desktop, desktop_of
from snapper.errors import Unavailable
from snapper.hotkey.chord import Chord
from snapper.language import _

__all__ = ["Binding", "ask_command", "binding_for", "steps"]


class Binding(Protocol):
    """A chord that the desktop itself runs a command for."""

    @property
    def place(self) -> str:
        """Where the desktop keeps it, for a person who looks there."""

    def line(self) -> str:
        """What is bound by snapper now, as the desktop notes it; "" where nothing is. Raises Unavailable."""

    def bind(self, chord: Chord, command: Sequence[str]) -> None:
        """Have the desktop run a command at the chord, instead of what was bound by snapper before.

        Counts at once. Raises ChordTaken when the desktop runs something else for it, Unavailable.
        """

    def unbind(self) -> None:
        """Leave everything as it was before. May be called again. Raises Unavailable."""


def binding_for(chord: Chord, environ: Mapping[str, str], home: Path) -> Binding:
    """The binding of this desktop. Raises Unavailable, with the steps, where none can be written."""
    desktop = desktop_of(environ)
    if desktop is Desktop.SWAY:
        from snapper.binding.sway import SwayBinding

        return SwayBinding(environ, home)
    if desktop is Desktop.GNOME:
        from snapper.binding.gnome import GnomeBinding

        return GnomeBinding(environ)
    raise Unavailable(_("snapper cannot write the keys of this desktop."), steps(chord, desktop))


def ask_command(executable: str = sys.executable, config: str = "") -> tuple[str, ...]:
    """What opens the note window, by this Python and no folder that PATH names; `config` names another
    settings file than the usual one."""
    settings = ("--config", config) if config else ()
    return executable, "-m", "snapper", *settings, "capture", "--ask"
