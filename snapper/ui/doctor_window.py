"""The doctor's findings in a window: what works, what does not, and what to do; to copy or to send along."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from snapper.ui.look import emphasize, icon, plain_label, put_in_middle, screen_for
from snapper.ui.saving import to_clipboard

_TITLE, _BUSY_TITLE = "Check of this computer – snapper", "Checking this computer… – snapper"
_BUSY = "Looking at this computer and its network; this takes up to ten seconds…"
_COLORS = {"✗": "#b3261e", "!": "#8a5a00", "✓": "#1b6e3c"}

Row = tuple[str, str, str, str]  # mark, what was checked, sentence, remedy


class DoctorWindow(QWidget):
    """Shows findings; what the user wants done goes out as a signal."""

    check = Signal()
    report = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowIcon(icon())
        self._text = ""
        self._summary = plain_label(scale=1.15, bold=True)
        self._list = _Table()
        self._again = _button("Check &again", self.check.emit)
        self._copy = _button("&Copy", lambda: to_clipboard(self._text))
        self._send = _button("Send to &support…", self.report.emit)
        close = _button("C&lose", self.close)
        emphasize(self._send)
        self._lay_out(close)
        QShortcut(QKeySequence("Esc"), self).activated.connect(self.close)
        QShortcut(QKeySequence("F5"), self).activated.connect(self.check.emit)
        self.set_busy()

    def present(self) -> None:
        """Show the window in front, and ask for a fresh check."""
        if not self.isVisible():
            letter = self.fontMetrics()
            wish = QSize(letter.averageCharWidth() * 120, letter.lineSpacing() * 40)
            put_in_middle(self, wish, screen_for(None))
        self.show()
        self.raise_()
        self.activateWindow()
        self._list.setFocus()
        self.check.emit()

    def set_busy(self) -> None:
        """A check is under way."""
        self.setWindowTitle(_BUSY_TITLE)
        self._summary.setText(_BUSY)
        self._list.show_rows(())
        for button in (self._again, self._copy, self._send):
            button.setEnabled(False)

    def set_findings(self, summary: str, rows: Sequence[Row], text: str) -> None:
        """Show these findings, the worst first; `text` is what Copy puts on the clipboard."""
        self._text = text
        self.setWindowTitle(_TITLE)
        self._summary.setText(summary)
        self._list.show_rows(rows)
        for button in (self._again, self._copy, self._send):
            button.setEnabled(True)

    def _lay_out(self, close: QPushButton) -> None:
        actions = QHBoxLayout()
        for button in (self._again, self._copy, self._send):
            actions.addWidget(button)
        actions.addStretch()
        actions.addWidget(close)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 16, 16, 14)
        rows.setSpacing(12)
        rows.addWidget(self._summary)
        rows.addWidget(self._list, 1)
        rows.addLayout(actions)


class _Table(QTableWidget):
    """Three columns; every row as high as its text is long."""

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.setHorizontalHeaderLabels(["", "Checked", "Found"])
        self.setAccessibleName("Findings")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.resizeSection(1, self.fontMetrics().averageCharWidth() * 34)
        header.setStretchLastSection(True)
        header.sectionResized.connect(lambda *_: self.resizeRowsToContents())

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows."""
        self.setRowCount(len(rows))
        for number, (mark, about, sentence, remedy) in enumerate(rows):
            found = f"{sentence}\n→ {remedy}" if remedy else sentence
            for column, text in enumerate((mark, about, found)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
                if column == 0 and (color := _COLORS.get(mark)):
                    item.setForeground(QBrush(QColor(color)))
                self.setItem(number, column, item)
        self.resizeRowsToContents()
        if rows:
            self.selectRow(0)


def _button(text: str, action: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(text.replace("&", ""))
    button.clicked.connect(lambda: action())
    return button
