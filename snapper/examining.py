"""The doctor in its window: checks in a thread, findings on the screen, the file that goes with a report."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from snapper.config import Settings
from snapper.outbox import Outbox
from snapper.ui.doctor_window import DoctorWindow
from snapper.ui.loop import Loop

if TYPE_CHECKING:
    from snapper.doctor import Finding


class Examining:
    """The window and the checks behind it; `report` gets a file with the findings to be sent."""

    def __init__(
        self, loop: Loop, settings: Settings, outbox: Outbox, report: Callable[[Path], None]
    ) -> None:
        self._loop = loop
        self._settings = settings
        self._outbox = outbox
        self._report = report
        self._findings: list[Finding] = []
        self._busy = False
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._window: DoctorWindow | None = None

    def show(self) -> None:
        """Show the window, and check."""
        if self._window is None:
            self._window = DoctorWindow()
            self._window.check.connect(self._check)
            self._window.report.connect(self._send)
        self._window.present()

    def end(self) -> None:
        """Leave no file behind; the program ends."""
        if self._folder:
            self._folder.cleanup()

    def _check(self) -> None:
        if self._busy or self._window is None:
            return
        self._busy = True
        self._window.set_busy()
        threading.Thread(target=self._examine, name="doctor", daemon=True).start()

    def _examine(self) -> None:
        from snapper.doctor import examine  # not before somebody asks: a listener waits for weeks

        findings = examine(self._settings, self._outbox, listening=True)
        self._loop.post(lambda: self._show(findings))

    def _show(self, findings: list[Finding]) -> None:
        from snapper.doctor.table import for_it, rows, summary, table

        self._busy = False
        self._findings = findings
        if self._window:
            text = "\n\n".join(part for part in (table(findings), for_it(findings)) if part)
            self._window.set_findings(summary(findings), rows(findings), text)

    def _send(self) -> None:
        from snapper.doctor import FILE_NAME
        from snapper.doctor.table import file_text

        self._folder = self._folder or tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / FILE_NAME
        path.write_text(file_text(self._findings), encoding="utf-8")
        # The window stays: closed now, the keyboard would be TWS's until the note window has it.
        self._report(path)
