"""The part of the note window that decides about today's logs: what was found, and whether it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout

from snapper.report import LogKind
from snapper.ui.look import Card, plain_label
from snapper.words import SEALED, files_text, size_text

_LOOKING = "Looking for today's logs…"


class FoundLog(Protocol):
    """One log of today: size in bytes."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def kind(self) -> LogKind: ...


class FoundLogs(Protocol):
    """Today's logs, or a sentence that says why there are none."""

    @property
    def files(self) -> Sequence[FoundLog]: ...
    @property
    def sentence(self) -> str | None: ...


class LogsBox(Card):
    """Check box with the total size, and a list of names and sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.include = QCheckBox()
        self.list = QTreeWidget()
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(False)
        self.list.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.list.setAccessibleName("Logs of today, with sizes")
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setStyleSheet("QTreeView { background: transparent; } QTreeView::item { padding: 3px 0; }")
        self.list.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        self._sentence = plain_label()
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(14, 12, 14, 12)
        rows.addWidget(self.include)
        rows.addWidget(self._sentence)
        rows.addWidget(self.list, 1)
        rows.addStretch()
        self.include.toggled.connect(self.list.setEnabled)
        self.look()

    def look(self) -> None:
        """Say that the logs are being looked for; they are included if they are found."""
        self._label("Include today's lo&g")
        self.include.setEnabled(True)
        self.include.setChecked(True)
        self._tell(_LOOKING)

    def set_logs(self, logs: FoundLogs) -> None:
        """Show what was found; a check mark the user took away stays away."""
        self.list.clear()
        self.list.addTopLevelItems([_row(log) for log in logs.files])
        if logs.files:
            self._label(f"Include today's lo&g ({files_text(log.size for log in logs.files)})")
            self._tell(logs.sentence or "")
        else:
            self.include.setChecked(False)
            self.include.setEnabled(False)
            self._tell(logs.sentence or "No log was written today.")

    def forget(self) -> None:
        """Let go of the list."""
        self.list.clear()

    def wanted(self) -> bool:
        """Whether today's logs are to be sent."""
        return self.include.isChecked()

    def _label(self, text: str) -> None:
        self.include.setText(text)
        self.include.setAccessibleName(text.replace("&", ""))

    def _tell(self, sentence: str) -> None:
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self.list.setVisible(self.list.topLevelItemCount() > 0)


def _row(log: FoundLog) -> QTreeWidgetItem:
    sealed = log.kind is LogKind.SEALED
    row = QTreeWidgetItem([f"{log.name}\n    {SEALED}" if sealed else log.name, size_text(log.size)])
    row.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
    row.setToolTip(0, f"{log.name}: {SEALED}" if sealed else log.name)
    return row
