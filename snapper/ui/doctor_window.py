"""The doctor's findings in a window: what works, what does not, and what to do; to copy or to send along."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeySequence, QPalette, QShortcut
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

from snapper.language import _
from snapper.ui.contrast import readable
from snapper.ui.look import emphasize, icon, plain_label, put_in_middle, screen_for
from snapper.ui.read_aloud import announce
from snapper.ui.saving import to_clipboard
from snapper.ui.spoken import without_letter

_TITLE, _BUSY_TITLE = _("Check of this computer – snapper"), _("Checking this computer… – snapper")
_BUSY = _("Looking at this computer and its network; this takes up to ten seconds…")
_COLORS = {"✗": "#b3261e", "!": "#8a5a00", "✓": "#1b6e3c"}
# Translators: what a screen reader says for the marks ✗, ! and ✓.
_MARKS = {"✗": _("wrong"), "!": _("needs a look"), "✓": _("in order")}
_Role = QPalette.ColorRole

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
        self._again = _button(_("Check &again"), self.check.emit)
        self._copy = _button(_("&Copy"), lambda: to_clipboard(self._text))
        self._send = _button(_("Send to &support…"), self.report.emit)
        close = _button(_("C&lose"), self.close)
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
        announce(self._summary, _BUSY)
        self._list.show_rows(())
        for button in (self._again, self._copy, self._send):
            button.setEnabled(False)

    def set_findings(self, summary: str, rows: Sequence[Row], text: str) -> None:
        """Show these findings, the worst first; `text` is what Copy puts on the clipboard."""
        self._text = text
        self.setWindowTitle(_TITLE)
        self._summary.setText(summary)
        announce(self._summary, summary)
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
        self.setHorizontalHeaderLabels(["", _("Checked"), _("Found")])
        if mark := self.horizontalHeaderItem(0):
            mark.setData(Qt.ItemDataRole.AccessibleTextRole, _("Result"))
        self.setAccessibleName(_("Findings"))
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
                if column == 0:
                    item.setData(Qt.ItemDataRole.AccessibleTextRole, _MARKS.get(mark, mark))
                self.setItem(number, column, item)
        self._color_marks()
        self.resizeRowsToContents()
        if rows:
            self.selectRow(0)

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._color_marks()

    def _color_marks(self) -> None:
        behind = [self.palette().color(role) for role in (_Role.Base, _Role.AlternateBase)]
        for row in range(self.rowCount()):
            mark = self.item(row, 0)
            if mark and (color := _COLORS.get(mark.text())):
                mark.setForeground(QBrush(readable(QColor(color), *behind)))


def _button(text: str, action: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(without_letter(text))
    button.clicked.connect(lambda: action())
    return button
