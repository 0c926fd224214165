"""The list of what is in a report: names on the left, sizes on the right, logs below their archive."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from snapper.report import Report
from snapper.words import contents_lines

_LINES_SHOWN = 8


class ContentsList(QTreeWidget):
    """Shows note, attachments and the logs inside them."""

    def __init__(self) -> None:
        super().__init__()
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("What is in the report, with sizes")
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)

    def show_report(self, report: Report | None) -> None:
        """List a report; None empties the list."""
        self.clear()
        if report is not None:
            self.addTopLevelItems([_row(name, size) for name, size in contents_lines(report)])

    def shrink(self) -> None:
        """Be no higher than the lines there are, up to eight; more scroll."""
        lines = min(self.topLevelItemCount(), _LINES_SHOWN)
        height = self.sizeHintForRow(0) if lines else 0
        self.setFixedHeight(lines * height + 2 * self.frameWidth())


def _row(name: str, size: str) -> QTreeWidgetItem:
    row = QTreeWidgetItem([name, size])
    row.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    row.setToolTip(0, name.strip())
    return row
