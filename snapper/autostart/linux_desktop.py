"""Autostart on Linux desktops: a desktop entry in the person's folder (XDG autostart specification).

GNOME, KDE, Xfce and others obey it; a bare window manager starts nothing by itself.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from snapper import disk
from snapper.errors import Unavailable

FILE = "snapper.desktop"
_ENTRY = """\
[Desktop Entry]
Type=Application
Name=snapper
Comment=Reports what you see to support when you press its keys
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


class LinuxDesktop:
    """The entry of this person."""

    def __init__(self, environ: Mapping[str, str], home: Path) -> None:
        told = environ.get("XDG_CONFIG_HOME", "")
        config = Path(told) if told.startswith("/") else home / ".config"  # others are to be ignored
        self._file = config / "autostart" / FILE
        self.place = str(self._file)

    def line(self) -> str:
        """What is started at sign-in; "" where nothing is. Raises Unavailable."""
        try:
            return read(self._file.read_text(encoding="utf-8", errors="replace"))
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise _refused(self.place) from error

    def switch_on(self, command: Sequence[str]) -> None:
        """Start this at every sign-in. Raises Unavailable."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            disk.replace(self._file, entry(command).encode())
        except OSError as error:
            raise _refused(self.place) from error

    def switch_off(self) -> None:
        """Start nothing any more. Raises Unavailable."""
        try:
            with contextlib.suppress(FileNotFoundError):
                self._file.unlink()
        except OSError as error:
            raise _refused(self.place) from error


def entry(command: Sequence[str]) -> str:
    """A desktop entry that starts a command."""
    return _ENTRY.format(line=" ".join(map(_quoted, command)))


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


def _refused(place: str) -> Unavailable:
    return Unavailable(
        f"{place} cannot be read or written.", "Allow it, or ask whoever looks after this computer."
    )
