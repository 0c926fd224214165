"""A line of text that gives way at its end where it has no room. It knows no texts."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from snapper.ui.read_aloud import announce


class ElidedLabel(QLabel):
    """One line of plain text, hidden while empty; all of it is the tool tip and what a screen reader says."""

    _LEAST_CHARS = 12

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def say(self, text: str) -> None:
        """Show a text; "" hides the line."""
        new = text != self.text()
        self.setText(text)
        self.setToolTip(f"<qt>{_escaped(text)}</qt>" if text else "")  # so that it wraps
        self.setVisible(bool(text))
        if new:
            announce(self, text)

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        letter = self.fontMetrics()
        return QSize(letter.averageCharWidth() * self._LEAST_CHARS, letter.height() + 2)

    def sizeHint(self) -> QSize:
        """Room for all of it, on one line."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 4, self.minimumSizeHint().height())

    def shown_text(self) -> str:
        """As much of the text as there is room for."""
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self.shown_text())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
