"""Room for text of any size: rows that become columns, and parts that scroll where the screen is too small.

No window lives here, and no text.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication, QBoxLayout, QLineEdit, QScrollArea, QWidget

_FIELD_EDGES = 12  # logical pixels that a field needs beside its text


class Scrolling(QScrollArea):
    """Shows a part as large as it wishes to be, and scrolls it where there is less room.

    What gets the keyboard comes into view, wherever the keyboard was before.
    """

    def __init__(self, part: QWidget) -> None:
        super().__init__()
        self._part = part
        self.setWidget(part)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._follow)

    def sizeHint(self) -> QSize:
        """All of the part, without a scroll bar."""
        return self._part.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """The part's width, and a few lines of it."""
        lines = self.fontMetrics().lineSpacing() * 4
        bar = self.verticalScrollBar().sizeHint().width()
        least = self._part.minimumSizeHint()
        return QSize(least.width() + bar, min(lines, least.height()))

    def height_for(self, width: int) -> int:
        """The height at which nothing of the part needs to be scrolled."""
        return self._part.heightForWidth(width)

    def _follow(self, _left: QWidget | None, part: QWidget | None) -> None:
        if part is not None and self._part.isAncestorOf(part):
            self.ensureWidgetVisible(part)


def turn(row: QBoxLayout, width: int) -> None:
    """Lay a row's parts side by side where each has the room it needs, else one below the other."""
    across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
    way = across if _needed(row) <= width else down
    if row.direction() != way:
        row.setDirection(way)


def _needed(row: QBoxLayout) -> int:
    items = [item for at in range(row.count()) if (item := row.itemAt(at))]
    parts = [part for item in items if (part := item.widget())]
    return sum(_least(part) for part in parts) + row.spacing() * max(len(parts) - 1, 0)


def _least(part: QWidget) -> int:
    """The width a part needs; of a field: its hint."""
    least = part.minimumSizeHint().width()
    if isinstance(part, QLineEdit):
        hint = part.fontMetrics().horizontalAdvance(part.placeholderText())
        return max(least, min(hint, part.fontMetrics().averageCharWidth() * 24) + _FIELD_EDGES)
    return least
