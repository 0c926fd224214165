"""Autostart on Linux desktops: a desktop entry in the person's folder (XDG autostart specification).

GNOME, KDE, Xfce and others obey it; a bare window manager starts nothing by itself. The entry has the name of
the one in the menu, by which the desktop knows the program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from snapper import disk
from snapper.autostart.in_a_file import InAFile
from snapper.language import _
from snapper.portal import APP_ID

FILE = f"{APP_ID}.desktop"
_FORMER = "snapper.desktop"  # up to 0.4; other programs may use this name, so only an entry of ours counts
_OURS = "-m snapper"
_ENTRY = """\
[Desktop Entry]
Type=Application
Name=snapper
Comment={comment}
Exec={line}
Terminal=false
X-GNOME-Autostart-enabled=true
"""
_RESERVED = re.compile(
    r"""[\s"'\\><~|&;$*?#()`]"""
)  # must be quoted (Desktop Entry Specification, “The Exec key”)
_ESCAPED = re.compile(r'(["`$\\])')
_IN_A_VALUE = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_SWITCH = "X-GNOME-Autostart-enabled"


class LinuxDesktop(InAFile):
    """The entry of this person."""

    def __init__(self, environ: Mapping[str, str], home: Path) -> None:
        told = environ.get("XDG_CONFIG_HOME", "")
        config = Path(told) if told.startswith("/") else home / ".config"  # others are to be ignored
        super().__init__(config / "autostart" / FILE)
        self._former = self._file.with_name(_FORMER)

    def line(self) -> str:
        """What is started at sign-in, by an entry of this name or the former one. Raises Unavailable."""
        return super().line() or self._former_line()

    def switch_on(self, command: Sequence[str]) -> None:
        """Start this at every sign-in, and nothing under the former name. Raises Unavailable."""
        super().switch_on(command)
        self._remove_former()

    def switch_off(self) -> None:
        """Start nothing any more, under either name. Raises Unavailable."""
        super().switch_off()
        self._remove_former()

    def _former_line(self) -> str:
        try:
            line = self.started(self._former.read_bytes())
        except OSError:
            return ""  # it is not there, or not a file that could start anything
        return line if _OURS in line else ""

    def _remove_former(self) -> None:
        if self._former_line():
            try:
                disk.remove(self._former)
            except OSError as error:
                raise self._refused() from error

    def written(self, command: Sequence[str]) -> bytes:
        """A desktop entry."""
        return entry(command).encode()

    def started(self, content: bytes) -> str:
        """Its Exec line, unless it is switched off."""
        return read(content.decode("utf-8", errors="replace"))


def entry(command: Sequence[str]) -> str:
    """A desktop entry that starts a command."""
    comment = _("Reports what you see to support when you press its keys").translate(_IN_A_VALUE)
    return _ENTRY.format(comment=comment, line=" ".join(map(_quoted, command)))


def read(text: str) -> str:
    """The Exec line of an entry; "" where it starts nothing, or a desktop's own settings switched it off."""
    pairs = (line.partition("=") for line in text.splitlines())
    values = {key.strip(): value.strip() for key, _, value in pairs}
    off = values.get("Hidden") == "true" or values.get(_SWITCH) == "false"
    return "" if off else values.get("Exec", "")


def _quoted(argument: str) -> str:
    """One argument of an Exec line: its percent signs doubled, quoted as for a shell, and that as a value."""
    argument = argument.replace("%", "%%")
    if _RESERVED.search(argument) or not argument:
        argument = '"' + _ESCAPED.sub(r"\\\1", argument) + '"'
    return argument.translate(_IN_A_VALUE)
