"""Lists of files: names on the left, sizes on the right; one of them shows what is in a report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from snapper.language import _
from snapper.report import Report
from snapper.words import contents_lines

_LINES_SHOWN = 8


class Line(NamedTuple):
    """One file of a list: what is shown of it, its size in words, and the whole of its name and kind."""

    name: str
    size: str
    tip: str


class FileList(QTreeWidget):
    """Two columns that are never wider than the list: long names give way in the middle."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setAccessibleName(name)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)

    def show_lines(self, lines: Iterable[Line]) -> None:
        """Show these files and no others."""
        self.clear()
        self.addTopLevelItems([_row(line) for line in lines])


class ContentsList(FileList):
    """Shows note, attachments and the logs inside them."""

    def __init__(self) -> None:
        super().__init__(_("What is in the report, with sizes"))
        self.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_report(self, report: Report | None) -> None:
        """List a report; None empties the list."""
        lines = contents_lines(report) if report else []
        self.show_lines(Line(name, size, name.strip()) for name, size in lines)

    def shrink(self) -> None:
        """Be no higher than the lines there are, up to eight; more scroll."""
        lines = min(self.topLevelItemCount(), _LINES_SHOWN)
        height = self.sizeHintForRow(0) if lines else 0
        self.setFixedHeight(lines * height + 2 * self.frameWidth())

    def give_way(self, pixels: int) -> None:
        """Be so much lower, but show two lines."""
        least = 2 * self.sizeHintForRow(0) + 2 * self.frameWidth()
        self.setFixedHeight(max(self.height() - pixels, min(self.height(), least)))


def _row(line: Line) -> QTreeWidgetItem:
    row = QTreeWidgetItem([line.name, line.size])
    row.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
    row.setToolTip(0, line.tip)
    if not line.size:
        row.setData(1, Qt.ItemDataRole.AccessibleTextRole, _("no size"))
    return row
