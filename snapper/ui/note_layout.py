"""Where the parts of the note window stand. It makes no decisions and no parts but labels."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from snapper.language import _
from snapper.ui.addressing import Addressing
from snapper.ui.look import plain_label
from snapper.ui.rooms import Scrolling, turn
from snapper.words import NOT_WATCHED

_Row = QWidget | QHBoxLayout


def scrolled(question: Sequence[_Row], cards: Sequence[QWidget], *below: QWidget) -> QScrollArea:
    """Everything that may need more room than the screen has; the cards side by side take what is left."""
    # Boxes, not a grid: a grid would not let the thumbnail shrink beside labels that wrap.
    side_by_side = QHBoxLayout()
    side_by_side.setSpacing(12)
    for card in cards:
        side_by_side.addWidget(card, 1)
    turning = [row for row in question if isinstance(row, QHBoxLayout)]
    body = _Body([*turning, side_by_side])
    parts = QVBoxLayout(body)
    parts.setContentsMargins(18, 16, 4, 8)
    parts.setSpacing(12)
    for row in question:
        # Each a row of its own: of one high part the layout would take what the cards lack.
        parts.addWidget(row) if isinstance(row, QWidget) else parts.addLayout(row)
    parts.addLayout(side_by_side, 1)
    for part in below:
        parts.addWidget(part)
    area = Scrolling(body)
    area.setObjectName("note")
    # Always there: coming and going it would move the note while somebody types.
    area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    return area


class _Body(QWidget):
    """Asks for no more height than its parts need: lists and pictures shrink before anything scrolls.

    It is never wider than the window: long texts give way, and rows without room for their parts turn.
    """

    def __init__(self, rows: Sequence[QHBoxLayout]) -> None:
        super().__init__()
        self._turning = rows

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn rows that have no room."""
        margins = self.contentsMargins() if (layout := self.layout()) is None else layout.contentsMargins()
        for row in self._turning:
            turn(row, event.size().width() - margins.left() - margins.right())
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QSize:
        """The least height, for any width."""
        return QSize(0, super().minimumSizeHint().height())

    def heightForWidth(self, width: int) -> int:
        """The least height."""
        layout = self.layout()
        return layout.totalMinimumHeightForWidth(width) if layout else -1


def footer(problem: QWidget, destination: QWidget, *buttons: QPushButton) -> QVBoxLayout:
    """What always shows: what is wrong, that nobody watches, and the buttons."""
    row = QHBoxLayout()
    row.addWidget(destination, 1)
    row.addStretch()
    for button in buttons:
        row.addWidget(button)
    rows = QVBoxLayout()
    rows.setContentsMargins(18, 4, 18, 14)
    rows.setSpacing(10)
    rows.addWidget(problem)
    rows.addWidget(plain_label(NOT_WATCHED, scale=0.92))
    rows.addLayout(row)
    return rows


def question(note: QWidget, address: Addressing, account: QLineEdit) -> list[_Row]:
    """The question, the note, and below it where it goes, whom and what it is about: rows."""
    asked = _label(_("&What happened?"), note)
    font = asked.font()
    font.setPointSizeF(font.pointSizeF() * 1.25)
    font.setBold(True)
    asked.setFont(font)
    whose = (_("User &name or account number (optional)"), account, 5)
    about = _fields((_("&Ticket number"), address.ticket, 2), whose)
    where = [_fields((_("Dest&ination"), address.list, 1))] if address.list.count() > 1 else []
    return [asked, note, *where, about, address.said]


def _fields(*fields: tuple[str, QWidget, int]) -> QHBoxLayout:
    """Fields in a row, each behind its label, and its share of the room."""
    row = QHBoxLayout()
    for text, field, share in fields:
        row.addWidget(_label(text, field))
        row.addWidget(field, share)
        row.addSpacing(6)
    return row


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setBuddy(buddy)
    return label
