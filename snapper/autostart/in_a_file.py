"""Autostart by a file that the system reads at sign-in: what such backends have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from snapper import disk
from snapper.errors import Unavailable
from snapper.language import _


class InAFile(ABC):
    """One file; a subclass knows its form."""

    remedy = _("Allow it, or ask whoever looks after this computer.")

    def __init__(self, file: Path) -> None:
        self._file = file
        self.place = str(file)

    @abstractmethod
    def written(self, command: Sequence[str]) -> bytes:
        """What the file holds to start a command."""

    @abstractmethod
    def started(self, content: bytes) -> str:
        """The command line that the file starts; "" where it starts nothing."""

    def line(self) -> str:
        """What is started at sign-in; "" where nothing is. Raises Unavailable."""
        try:
            return self.started(self._file.read_bytes())
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._refused() from error

    def switch_on(self, command: Sequence[str]) -> None:
        """Start this at every sign-in. Raises Unavailable."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            disk.replace(self._file, self.written(command))
        except OSError as error:
            raise self._refused() from error

    def switch_off(self) -> None:
        """Start nothing any more. Raises Unavailable."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            raise self._refused() from error

    def _refused(self) -> Unavailable:
        return Unavailable(_("{file} cannot be read or written.").format(file=self.place), self.remedy)
