"""Autostart on a Mac: a LaunchAgent of this person, which launchd starts at the next sign-in.

Since macOS 13 System Settings lists it under Login Items, where it can be switched off as well.
"""

from __future__ import annotations

import plistlib
import shlex
from collections.abc import Sequence
from pathlib import Path
from xml.parsers.expat import ExpatError

from snapper.autostart.in_a_file import InAFile
from snapper.language import _

LABEL = "snapper.listen"


class MacAgent(InAFile):
    """The agent's file in the person's library."""

    remedy = _("Allow it, or ask whoever looks after this Mac.")

    def __init__(self, home: Path) -> None:
        super().__init__(home / "Library/LaunchAgents" / f"{LABEL}.plist")

    def written(self, command: Sequence[str]) -> bytes:
        """A property list."""
        return agent(command)

    def started(self, content: bytes) -> str:
        """Its arguments as a shell would write them."""
        return shlex.join(read(content))


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
