"""The note that is being written, kept while it is written: a crash before Submit must not take it along."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from snapper import disk

FILE_NAME = "unsent-note.json"


@dataclass(frozen=True)
class Unsent:
    """What was written and never sent; `ticket` as it was typed, `at` in Unix seconds, `destination` as the
    settings called it (“”: the desk)."""

    note: str
    ticket: str
    at: float
    destination: str = ""


class UnsentNote:
    """The one note being written, in a private file of a folder. Only a help: it never fails aloud."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def save(self, unsent: Unsent) -> None:
        """Keep what is written so far. A disk that cannot take it says so at Submit, where it matters."""
        with contextlib.suppress(OSError):
            disk.make_private(self._path.parent)
            disk.replace(self._path, json.dumps(unsent.__dict__, ensure_ascii=False).encode())

    def load(self) -> Unsent | None:
        """What an earlier snapper could not finish; None when there is nothing."""
        try:
            found = Unsent(**json.loads(self._path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        types_hold = all(isinstance(part, str) for part in (found.note, found.ticket, found.destination))
        return found if types_hold and isinstance(found.at, float) and found.note.strip() else None

    def clear(self) -> None:
        """Forget it: it was sent, or given up."""
        with contextlib.suppress(OSError):
            disk.remove(self._path)
