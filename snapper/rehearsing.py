"""A report made only to be looked at, held until it is submitted or dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from snapper import flow
from snapper.answer import Answer
from snapper.capture.frame import Frame
from snapper.contents import Part, parts_of
from snapper.errors import SnapperError
from snapper.outbox import Outbox
from snapper.sources import ThisMachine
from snapper.state import Entry


class Rehearsed:
    """One rehearsal for the note window: run() in a thread of its own until submit() or drop()."""

    def __init__(
        self,
        outbox: Outbox,
        answer: Answer,
        sources: ThisMachine,
        frame: Frame | None,
        files: Sequence[Path] = (),
    ) -> None:
        self.answer = answer
        self._files = files
        self._outbox = outbox
        self._sources = sources
        self._frame = frame
        self._decided = threading.Event()
        self._over = threading.Event()
        self._submitted = False
        self._entry: Entry | None = None
        self._error: SnapperError | None = None

    def run(self, ready: Callable[[Sequence[Part]], None], failed: Callable[[str], None]) -> None:
        """Make the report, tell how it went, and hold it; returns when it is over."""
        try:
            made = flow.rehearse(
                self._outbox, self.answer, self._sources, frame=self._frame, files=self._files
            )
            with made as rehearsal:
                if not self._decided.is_set():
                    ready(parts_of(rehearsal.bundle))
                    self._decided.wait()
                if self._submitted:
                    self._entry = rehearsal.submit()
        except SnapperError as error:
            self._error = error
            failed(str(error))
        finally:
            self._over.set()

    def submit(self, then: Callable[[], None]) -> Entry:
        """Keep exactly what was shown; `then` is called as soon as it is safe. Raises CannotKeep."""
        self._submitted = True
        self._decided.set()
        self._over.wait()
        if self._error:
            raise self._error
        assert self._entry is not None
        then()
        return self._entry

    def drop(self) -> None:
        """Let it go; nothing of it stays on the disk."""
        self._decided.set()
