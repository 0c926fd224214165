r"""Autostart on Windows: the value “snapper” under HKCU\Software\Microsoft\Windows\CurrentVersion\Run.

The Task Manager's list of start-up programs switches such a value off in another key, whose first byte is odd
then; what it switched off stays off until it is switched on here.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any

from snapper.errors import Unavailable
from snapper.language import _, number

NAME = "snapper"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
LONGEST = (
    260  # characters; Windows starts no longer line (learn.microsoft.com, “Run and RunOnce Registry Keys”)
)


class WindowsRun:
    """The value of this person's registry; raises Unavailable on other systems."""

    place = f"HKEY_CURRENT_USER\\{RUN}\\{NAME}"

    def __init__(self) -> None:
        try:
            import winreg
        except ImportError as problem:
            raise Unavailable(_("This is not Windows.")) from problem
        self._registry: Any = winreg

    def line(self) -> str:
        """What is started at sign-in; "" where nothing is or the Task Manager switched it off.

        Raises Unavailable.
        """
        line, approval = self._value(RUN), self._value(APPROVED)
        return line.strip() if isinstance(line, str) and not switched_off(approval) else ""

    def switch_on(self, command: Sequence[str]) -> None:
        """Start this at every sign-in. Raises Unavailable when it is too long for Windows, or not allowed."""
        line = joined(command)
        try:
            with self._registry.CreateKey(self._registry.HKEY_CURRENT_USER, RUN) as key:
                self._registry.SetValueEx(key, NAME, 0, self._registry.REG_SZ, line)
            self._remove(APPROVED)
        except OSError as error:
            raise _refused() from error

    def switch_off(self) -> None:
        """Start nothing any more. Raises Unavailable."""
        try:
            self._remove(RUN)
            self._remove(APPROVED)
        except OSError as error:
            raise _refused() from error

    def _value(self, path: str) -> object:
        try:
            with self._registry.OpenKey(self._registry.HKEY_CURRENT_USER, path) as key:
                return self._registry.QueryValueEx(key, NAME)[0]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(_("Windows does not tell which programs it starts.")) from error

    def _remove(self, path: str) -> None:
        registry = self._registry
        try:
            with registry.OpenKey(registry.HKEY_CURRENT_USER, path, 0, registry.KEY_SET_VALUE) as key:
                registry.DeleteValue(key, NAME)
        except FileNotFoundError:
            return


def switched_off(approval: object) -> bool:
    """Whether the Task Manager's note on a start-up program says that it is off."""
    return isinstance(approval, bytes) and bool(approval[:1] and approval[0] & 1)


def joined(command: Sequence[str]) -> str:
    """The command as one line, as Windows programs read it. Raises Unavailable when it is too long."""
    line = subprocess.list2cmdline(command)
    if len(line) > LONGEST:
        raise Unavailable(
            _("Windows starts no program whose command is longer than {count} characters.").format(
                count=number(LONGEST)
            ),
            _("Install snapper in a folder with a shorter name."),
        )
    return line


def _refused() -> Unavailable:
    return Unavailable(
        _("Windows does not let snapper be started by itself."),
        _("A rule of your company may forbid it: ask your IT."),
    )
