"""The acknowledgement: nobody asked for it, so it never takes the keyboard focus. It stays until closed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from snapper.language import _, number, plural, together
from snapper.report import Receipt, Report
from snapper.ui.browser import is_web_address, open_in_browser
from snapper.ui.contents_list import ContentsList
from snapper.ui.look import (
    BLUE,
    Badge,
    Banner,
    badge_color,
    emphasize,
    icon,
    plain_label,
    put_in_corner,
    screen_for,
)
from snapper.ui.read_aloud import announce
from snapper.ui.receipts import ReceiptWords, words_of
from snapper.ui.saving import ON_CLIPBOARD, ask_folder, to_clipboard

_LETTERS_WIDE = 72
_QUOTE = _("Support does not watch uploads: quote this number.")
_ASK = _("Ask support whether it is there, and quote this. Nobody watches uploads.")
_COPY, _COPIED = _("Copy"), _("Copied")


class ReceiptWindow(QWidget):
    """Shows how the newest report ended; earlier ones are counted and found in the outbox."""

    outbox_asked = Signal()
    export = Signal(str, Path)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        # The flag keeps clicks from taking the focus; the attribute, systems that activate what appears.
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setWindowFlags(
            Qt.WindowType.Window
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.WindowDoesNotAcceptFocus
        )
        self.setWindowTitle(_("Receipt – snapper"))
        self.setWindowIcon(icon())
        self._words: ReceiptWords | None = None
        self._url = self._report_id = self._text_for_it = ""
        self._about = ""
        self._earlier = 0
        self._make_parts()
        self._lay_out()

    @property
    def shows(self) -> str:
        """The id of the report that is told of now; "" where none is."""
        return self._about if self.isVisible() else ""

    def show_delivered(self, receipt: Receipt, report: Report) -> None:
        """The ticket system proved that it stored the report."""
        self._title.setText(_("Your report has arrived"))
        self._problem.say()
        self._explain.setText(_QUOTE)
        self._show_receipt(receipt, words_of(receipt, report.destination))
        self._list(report)
        self._appear(report.id)

    def show_unconfirmed(self, receipt: Receipt, report: Report, sentence: str) -> None:
        """The ticket system took the report but did not prove it; `sentence` says what that means."""
        self._title.setText(_("Your report was sent, but is not confirmed"))
        self._problem.say(sentence)
        self._explain.setText(_ASK)
        self._show_receipt(receipt, words_of(receipt, report.destination))
        self._list(None)
        self._appear(report.id)

    def show_problem(
        self, sentence: str, next_sentence: str, report_id: str = "", text_for_it: str = ""
    ) -> None:
        """A report has not gone out: why, and what happens next; with its id, it can be saved for sending by
        hand, and with a text for the IT department, that can be copied."""
        self._title.setText(_("Your report has not been sent yet"))
        self._problem.say(sentence)
        self._explain.setText(next_sentence)
        self._show_receipt(None, None)
        self._offer(report_id, text_for_it)
        self._list(None)
        self._appear(report_id)

    def say(self, sentence: str) -> None:
        """Tell how saving ended."""
        self._said.say(sentence)
        if self.isVisible():
            self._fit()

    def saved(self, sentence: str, path: Path) -> None:
        """Tell what was saved, and put its path on the clipboard."""
        to_clipboard(path)
        self.say(together((sentence, ON_CLIPBOARD)))

    def closeEvent(self, event: object) -> None:
        """A closed window starts counting anew."""
        self._earlier = 0
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw an edge: the window has no frame of its own."""
        painter = QPainter(self)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.fillRect(0, 0, self.width(), 4, badge_color(self._mood))

    # --- how ----------------------------------------------------------------------------------------------

    @property
    def _mood(self) -> Badge:
        if not self._problem.text():
            return Badge.SENDING
        return Badge.WAITING

    def _show_receipt(self, receipt: Receipt | None, words: ReceiptWords | None) -> None:
        self._words, self._url = words, receipt.url if receipt else ""
        self._offer("", "")
        for part in (self._code, self._ticket, self._copy, self._open):
            part.setVisible(words is not None)
        if words is None:
            return
        self._code.setText(words.quote)
        self._ticket.setText(words.beside)
        self._copy.setText(_COPY)
        self._open.setText(words.link)
        self._open.setToolTip(self._url)
        self._open.setVisible(is_web_address(self._url))

    def _offer(self, report_id: str, text_for_it: str) -> None:
        self._report_id, self._text_for_it = report_id, text_for_it
        self._said.say()
        self._by_hand.setVisible(bool(report_id))
        self._for_it.setVisible(bool(text_for_it))
        self._for_it.setText(_("Copy text for IT"))

    def _ask_folder(self) -> None:
        report_id = self._report_id  # another report may be shown by the time a folder is chosen
        ask_folder(self, lambda folder: self.export.emit(report_id, folder))

    def _copy_for_it(self) -> None:
        to_clipboard(self._text_for_it)
        self._for_it.setText(_COPIED)

    def _list(self, report: Report | None) -> None:
        self._contents.show_report(report)
        self._contents.setVisible(report is not None)
        self._contents.shrink()

    def _appear(self, about: str) -> None:
        self._earlier = self._earlier + 1 if self.isVisible() else 0
        self._about = about
        more = plural(
            "{count} earlier result: see the outbox", "{count} earlier results: see the outbox", self._earlier
        )
        self._more.setText(more.format(count=number(self._earlier)))
        self._more.setVisible(self._earlier > 0)
        self._fit()
        self.show()
        self.raise_()
        self.update()
        said = (self._title.text(), self._problem.text(), self._code.text() if self._words else "")
        announce(self, " ".join(filter(None, (*said, self._explain.text()))))

    def _fit(self) -> None:
        space = screen_for(None).availableGeometry().adjusted(16, 16, -16, -16)
        width = min(self.fontMetrics().averageCharWidth() * _LETTERS_WIDE, space.width())
        height = max(self._rows.totalHeightForWidth(width), self._rows.totalMinimumSize().height())
        if height > space.height():
            self._contents.give_way(height - space.height())
        self.resize(width, min(height, space.height()))
        put_in_corner(self, screen_for(None))

    def _copy_receipt(self) -> None:
        if self._words is not None:
            to_clipboard(self._words.clipboard)
            self._copy.setText(_COPIED)

    def _open_ticket(self) -> None:
        open_in_browser(self._url)

    # --- parts --------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self._title = plain_label(scale=1.1, bold=True)
        self._close = QToolButton()
        self._close.setText("✕")
        self._close.setAutoRaise(True)
        self._close.setAccessibleName(_("Close"))
        self._close.clicked.connect(self.close)
        self._code = QLabel()
        self._code.setTextFormat(Qt.TextFormat.PlainText)
        self._code.setAccessibleDescription(_("What to quote to support"))
        font = self._code.font()
        font.setPointSizeF(font.pointSizeF() * 2.2)
        font.setBold(True)
        self._code.setFont(font)
        self._ticket = plain_label()
        self._problem = Banner(badge_color(Badge.WAITING))
        self._explain = plain_label()
        self._contents = ContentsList()
        self._copy = QPushButton(_COPY)
        self._copy.setAccessibleName(_("Copy what support needs to find it"))
        self._copy.clicked.connect(self._copy_receipt)
        emphasize(self._copy)
        self._open = QPushButton()
        self._open.clicked.connect(self._open_ticket)
        self._said = Banner(BLUE)
        self._by_hand = QPushButton(_("Save for sending by hand…"))
        self._by_hand.clicked.connect(self._ask_folder)
        self._for_it = QPushButton()
        self._for_it.setAccessibleName(_("Copy text for the IT department"))
        self._for_it.clicked.connect(self._copy_for_it)
        self._more = QPushButton()
        self._more.setFlat(True)
        self._more.clicked.connect(lambda: self.outbox_asked.emit())

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self._close)
        buttons = QHBoxLayout()
        for button in (self._copy, self._open, self._by_hand, self._for_it):
            buttons.addWidget(button)
        buttons.addStretch()
        self._rows = rows = QVBoxLayout(self)
        rows.setContentsMargins(18, 14, 14, 14)
        rows.setSpacing(10)
        rows.addLayout(top)
        for part in (self._code, self._ticket, self._problem, self._explain, self._contents, self._said):
            rows.addWidget(part)
        rows.addLayout(buttons)
        rows.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
