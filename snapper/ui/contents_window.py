"""Shows exactly what will be sent: every file with size and hash, and the text of those that are text.

What is shown is made elsewhere. Nothing is sent from here; the window says what was decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from snapper.destinations import Destination
from snapper.errors import ReportMalformed
from snapper.fitting import pieces_text
from snapper.language import _, together
from snapper.privacy.classes import RULES, Private
from snapper.report import MANIFEST_NAME, Report
from snapper.ui.contents_list import FileList, Line
from snapper.ui.look import emphasize, plain_label, put_in_middle
from snapper.ui.part_reader import UNREADABLE
from snapper.ui.part_viewer import GONE, PartViewer
from snapper.words import files_text, size_text

if TYPE_CHECKING:
    from snapper.contents import Part

_SUMMARY = _("What is in the report")
_GUARD_MS = 600  # a key that was meant for the note must not send: so long no key, then Send is there
_KEYS = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ContentsWindow(QDialog):
    """A list of files on the left, the chosen one on the right. Accepted: send exactly this."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Exactly what will be sent – snapper"))
        self._note = parent
        self._parts: Sequence[Part] = ()
        self._summary = ""
        self.guard = QTimer(self, singleShot=True, interval=_GUARD_MS)
        self.files = FileList(_("Every file, with its size"))
        self.total = plain_label(bold=True)
        self.viewer = PartViewer()
        self.send, self.back = QPushButton(_("&Send exactly this")), QPushButton(_("&Back"))
        self.back.setAutoDefault(False)
        emphasize(self.send)
        self._lay_out()
        self.guard.timeout.connect(lambda: self.send.setEnabled(True))
        self.files.currentItemChanged.connect(lambda: self._show_chosen())
        self.send.clicked.connect(self.accept)
        self.back.clicked.connect(self.reject)

    def prepare(self) -> None:
        """Open while the report is still being made."""
        self._parts, self._summary = (), ""
        self.guard.stop()
        self.send.setEnabled(False)
        self.files.clear()
        self.total.setText("")
        self.viewer.show_words(_("Preparing…"), "")
        put_in_middle(self, self._wish, self._note.screen())
        names = min(self.fontMetrics().averageCharWidth() * 46, self.width() * 2 // 5)
        self._halves.setSizes([names, self.width() - names])
        self.open()
        self.files.setFocus()

    def show_contents(self, parts: Sequence[Part], destination: Destination) -> None:
        """Show a report, its manifest among the parts, and where it goes; it can be sent once no key was
        pressed for a while."""
        self._parts, self._summary = parts, _summary_of(parts)
        self.files.show_lines([Line(_SUMMARY, "", _SUMMARY), *map(_line, parts)])
        self.files.setCurrentIndex(self.files.model().index(0, 0))
        leaving = [(part.name, part.size) for part in parts if "/" not in part.name]  # logs in their archive
        # Translators: {files} is “3 files, 12.3 MB”.
        total = _("{files} will leave this computer.").format(
            files=files_text(size for name, size in leaving)
        )
        self.total.setText(together((total, pieces_text(leaving, destination))))
        self.guard.start()

    def accept(self) -> None:
        """Send; once, and only what can be seen."""
        if self.isVisible() and self.send.isEnabled():
            super().accept()

    def done(self, result: int) -> None:
        """Close; the files are let go first, as they will be moved or deleted."""
        self.guard.stop()
        self.send.setEnabled(False)
        self.viewer.close_part(wait=True)
        super().done(result)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A key starts the wait for Send again, whichever part takes it."""
        if event.type() in _KEYS and self.guard.isActive():
            self.guard.start()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """An Enter that was pressed elsewhere and is still held down decides nothing."""
        if event.isAutoRepeat() and event.key() in _ENTER:
            return
        super().keyPressEvent(event)

    # --- how ----------------------------------------------------------------------------------------------

    def _show_chosen(self) -> None:
        number = self.files.currentIndex().row() - 1
        if number < 0 or number >= len(self._parts):
            self.viewer.show_words(_SUMMARY, self._summary)
        else:
            self.viewer.show_part(self._parts[number])

    def _lay_out(self) -> None:
        self._halves = halves = QSplitter()
        halves.addWidget(self.files)
        halves.addWidget(self.viewer)
        halves.setStretchFactor(1, 1)
        halves.setChildrenCollapsible(False)
        below = QHBoxLayout()
        below.addWidget(self.total, 1)
        below.addWidget(self.send)
        below.addWidget(self.back)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(18, 16, 18, 14)
        rows.setSpacing(12)
        rows.addWidget(halves, 1)
        rows.addLayout(below)
        letter = self.fontMetrics()
        self._wish = letter.size(0, "n" * 134).expandedTo(self.sizeHint())
        self._wish.setHeight(letter.lineSpacing() * 42)
        for part in (self, self.files, self.viewer.text, self.send, self.back):
            part.installEventFilter(self)


def _summary_of(parts: Sequence[Part]) -> str:
    for part in parts:
        if part.name == MANIFEST_NAME:
            try:
                with part.open() as file:
                    return summary(Report.from_json(file.read()))
            except (*UNREADABLE, ReportMalformed):
                return GONE
    return ""


def summary(report: Report) -> str:
    """Note, facts, findings and what was replaced, as they are in the manifest."""
    lines = [_("Note:"), report.note or _("(none)")]
    if report.account:
        lines += ["", _("User name or account number: {account}").format(account=report.account)]
    if report.replaced:
        lines += ["", _("Replaced:")]
        lines += [f"    {_class_words(name)}: {count}" for name, count in report.replaced.items()]
    if report.kept:
        lines += ["", _("Sent as they are:"), *(f"    {_class_words(name)}" for name in report.kept)]
    if report.findings:
        lines += ["", _("Looks like:"), *(f"    {each.title} ({each.where})" for each in report.findings)]
    if report.machine:
        lines += ["", _("This computer:"), *(f"    {name}: {said}" for name, said in report.machine.items())]
    if report.remarks:
        lines += ["", _("Remarks:"), *(f"    {remark}" for remark in report.remarks)]
    return "\n".join(lines)


def _class_words(name: str) -> str:
    return RULES[Private(name)].words if name in set(Private) else name


def _line(part: Part) -> Line:
    indent = "    " if "/" in part.name else ""
    name = f"{indent}{part.name.partition('/')[2] or part.name}"
    return Line(name, size_text(part.size), f"{part.name}: {part.about}")
