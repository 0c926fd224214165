"""Listening from the moment a person signs in: one mechanism per system, and the choice between them.

    windows_run.py     a value under HKCU\\…\\Run
    in_a_file.py       what those have in common that are a file
    linux_desktop.py   a desktop entry in the XDG autostart folder
    mac_agent.py       a LaunchAgent

All of them are this person's own settings: no administrator is asked, nobody else is concerned.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

__all__ = ["Autostart", "autostart_for", "listen_command"]

NAME = "snapper"


class Autostart(Protocol):
    """Starts a program at sign-in, or does not. One that has moved since is not found: switch it on again."""

    @property
    def place(self) -> str:
        """Where the system keeps it, for a person who looks there."""

    def line(self) -> str:
        """What is started at sign-in, as the system notes it; "" where nothing is, or where the person
        switched it off by the system's own means. Raises Unavailable when the system does not tell.
        """

    def switch_on(self, command: Sequence[str]) -> None:
        """Start this at every sign-in from now on, instead of what was started before. Raises Unavailable."""

    def switch_off(self) -> None:
        """Start nothing any more. Raises Unavailable."""


def autostart_for(platform: str, environ: Mapping[str, str], home: Path) -> Autostart:
    """The autostart of this system (`sys.platform`); nothing is read before it is asked."""
    if platform == "win32":
        from snapper.autostart.windows_run import WindowsRun

        return WindowsRun()
    if platform == "darwin":
        from snapper.autostart.mac_agent import MacAgent

        return MacAgent(home)
    from snapper.autostart.linux_desktop import LinuxDesktop

    return LinuxDesktop(environ, home)


def listen_command(
    platform: str, executable: str, is_file: bool | None = None, config: str = ""
) -> tuple[str, ...]:
    """What starts the listener, by this Python (`sys.executable`) and no folder that PATH names.

    `config` names another settings file than the usual one. On Windows it is the Python without a console
    window, if there is one: `is_file` says so, for tests.
    """
    if platform == "win32":
        folder, separator, name = executable.rpartition("\\")
        windowed = f"{folder}{separator}{name.lower().replace('python.exe', 'pythonw.exe')}"
        there = Path(windowed).is_file() if is_file is None else is_file
        executable = windowed if there else executable
    settings = ("--config", config) if config else ()
    return executable, "-m", "snapper", *settings, "listen"


def here() -> Autostart:
    """The autostart of this machine and person."""
    return autostart_for(sys.platform, os.environ, Path.home())
