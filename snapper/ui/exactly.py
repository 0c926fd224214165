"""The button of the note window that asks for exactly what will be sent, and the dialog that shows it.

Nothing is made here: what is to be shown is asked for by a signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from snapper.destinations import Destination
from snapper.language import _
from snapper.ui.contents_window import ContentsWindow

if TYPE_CHECKING:
    from snapper.contents import Part

_EXACTLY = _("Show &exactly what will be sent…")


class Exactly(QObject):
    """`accepted` and `dropped` tell how the dialog was closed."""

    accepted = Signal()
    dropped = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._dialog: ContentsWindow | None = None
        self.button = QPushButton(_EXACTLY)
        self.button.setAccessibleName(_("Show exactly what will be sent"))
        self.button.setAutoDefault(False)

    @property
    def dialog(self) -> ContentsWindow:
        """Made when it is first asked for: most reports are sent without, and an idle window stays small."""
        if self._dialog is None:
            self._dialog = ContentsWindow(self._window)
            self._dialog.finished.connect(self._closed)
        return self._dialog

    def open_dialog(self) -> ContentsWindow | None:
        """The dialog while it is open."""
        return self._dialog if self._dialog and self._dialog.isVisible() else None

    def prepare(self) -> None:
        """Open the dialog; what it is to show is still being made."""
        self.dialog.prepare()
        self.button.setText(_("Preparing…"))

    def show_contents(self, parts: Sequence[Part], destination: Destination) -> None:
        """Show it; too late, when the dialog was closed."""
        if dialog := self.open_dialog():
            self.button.setText(_EXACTLY)
            dialog.show_contents(parts, destination)

    def close(self) -> bool:
        """Close the dialog without an answer; whether it was open."""
        if dialog := self.open_dialog():
            dialog.reject()
            return True
        return False

    def _closed(self, accepted: int) -> None:
        self.button.setText(_EXACTLY)
        (self.accepted if accepted else self.dropped).emit()
