"""Autostart on a Mac: a LaunchAgent of this person, which launchd starts at the next sign-in.

Since macOS 13 System Settings lists it under Login Items, where it can be switched off as well.
"""

from __future__ import annotations

import contextlib
import plistlib
import shlex
from collections.abc import Sequence
from pathlib import Path
from xml.parsers.expat import ExpatError

from snapper import disk
from snapper.errors import Unavailable

LABEL = "snapper.listen"


class MacAgent:
    """The agent's file in the person's library."""

    def __init__(self, home: Path) -> None:
        self._file = home / "Library/LaunchAgents" / f"{LABEL}.plist"
        self.place = str(self._file)

    def line(self) -> str:
        """What is started at sign-in; "" where nothing is. Raises Unavailable."""
        try:
            return shlex.join(read(self._file.read_bytes()))
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise _refused(self.place) from error

    def switch_on(self, command: Sequence[str]) -> None:
        """Start this at every sign-in. Raises Unavailable."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            disk.replace(self._file, agent(command))
        except OSError as error:
            raise _refused(self.place) from error

    def switch_off(self) -> None:
        """Start nothing any more. Raises Unavailable."""
        try:
            with contextlib.suppress(FileNotFoundError):
                self._file.unlink()
        except OSError as error:
            raise _refused(self.place) from error


def agent(command: Sequence[str]) -> bytes:
    """A property list that starts a command once at sign-in, as a program with windows (launchd.plist(5))."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            "LimitLoadToSessionType": "Aqua",
            "ProcessType": "Interactive",
        }
    )


def read(data: bytes) -> tuple[str, ...]:
    """The command of an agent; empty where it starts nothing or is damaged."""
    try:
        told = plistlib.loads(data)
    except (plistlib.InvalidFileException, ExpatError, ValueError, LookupError, OverflowError, TypeError):
        return ()
    if not isinstance(told, dict) or told.get("Disabled") is True or told.get("RunAtLoad") is not True:
        return ()
    command = told.get("ProgramArguments")
    if not isinstance(command, list) or not command or not all(isinstance(one, str) for one in command):
        return ()
    return tuple(command)


def _refused(place: str) -> Unavailable:
    return Unavailable(
        f"{place} cannot be read or written.", "Allow it, or ask whoever looks after this Mac."
    )
