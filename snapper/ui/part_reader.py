"""Reads one part of a report in the background: a page of its text, or its picture. It shows nothing."""

from __future__ import annotations

import threading
import zipfile
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QImage

from snapper.ui.pages import Page, Pages

if TYPE_CHECKING:
    from snapper.contents import Part

UNREADABLE = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error)
_GIVE_UP_SECONDS = 2.0


class PartReader(QObject):
    """Open one part, then ask for its pages; a part opened later takes the place of the one before.

    `page_read` brings a Page, `picture_read` a QImage, `failed` says that the part cannot be read.
    """

    page_read = Signal(object)
    picture_read = Signal(object)
    failed = Signal()
    _done = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._reading: _Reading | None = None
        self._done.connect(self._arrived, Qt.ConnectionType.QueuedConnection)

    def open(self, part: Part) -> None:
        """Begin to read a part: its first page, or all of a picture."""
        self.close()
        self._reading = _Reading(part)
        self.turn_to(0)

    def turn_to(self, number: int) -> None:
        """Read another page, at most one beyond those that came; not while one is being read."""
        if reading := self._reading:
            reading.begin(number, lambda result: self._done.emit(reading, result))

    def close(self, wait: bool = False) -> None:
        """Bring nothing more; `wait` until the file is closed, as it may be moved or deleted next."""
        reading, self._reading = self._reading, None
        if reading:
            reading.stop()
            if wait:
                reading.join(_GIVE_UP_SECONDS)

    @Slot(object, object)
    def _arrived(self, reading: _Reading, result: Page | QImage | None) -> None:
        if reading is not self._reading:
            return
        if isinstance(result, Page):
            self.page_read.emit(result)
        elif result is not None:
            self.picture_read.emit(result)
        else:
            self.failed.emit()


class _Reading:
    """One part that is open, and the thread that reads it now."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._pages: Pages | None = None
        self._stopped = threading.Event()
        self._lock = threading.Lock()  # who comes last closes the file
        self._thread: threading.Thread | None = None
        self._busy = False

    def begin(self, number: int, done: Callable[[Page | QImage | None], None]) -> None:
        with self._lock:
            if self._busy or self._stopped.is_set():
                return
            self._busy = True
        self._thread = threading.Thread(target=lambda: self._run(number, done), name="contents", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._lock:
            self._stopped.set()
            if not self._busy:
                self._close()

    def join(self, seconds: float) -> None:
        if self._thread:
            self._thread.join(seconds)

    def _run(self, number: int, done: Callable[[Page | QImage | None], None]) -> None:
        try:
            result = self._picture() if self._part.picture else self._page(number)
        except UNREADABLE:
            result = None
        with self._lock:
            self._busy = False
            if self._stopped.is_set():
                self._close()
                return
        done(result)

    def _page(self, number: int) -> Page | None:
        if self._pages is None:
            self._pages = Pages(self._part.open())
        return self._pages.read(number, self._stopped.is_set)

    def _picture(self) -> QImage | None:
        with self._part.open() as file:
            image = QImage.fromData(file.read())
        return None if image.isNull() else image

    def _close(self) -> None:
        if self._pages:
            self._pages.close()
            self._pages = None
