"""The reports on this computer: their state in words, what is in them, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from snapper.delivery import credentials
from snapper.destinations import DESK
from snapper.language import _, together
from snapper.state import RULES, Entry, State
from snapper.ui.browser import is_web_address, open_in_browser
from snapper.ui.contents_list import ContentsList
from snapper.ui.look import BLUE, Banner, Card, emphasize, icon, plain_label, put_in_middle, screen_for
from snapper.ui.receipts import ReceiptWords, words_of
from snapper.ui.rooms import Scrolling
from snapper.ui.saving import ON_CLIPBOARD, ask_folder, to_clipboard
from snapper.ui.spoken import without_letter
from snapper.words import first_line, moment_text, size_text, state_text

_RECEIPT, _DESTINATION, _NOTE = _("Receipt"), _("Destination"), _("Note")
_PLACE_CHARS = 28  # of a column that must leave room for the others
_COLUMNS = (_("State"), _RECEIPT, _DESTINATION, _("Ticket"), _NOTE, _("Written"), _("Size"))
_CAN_RETRY = (State.WAITING, State.UNKNOWN, State.BLOCKED, State.STOPPED, State.REJECTED)
_EMPTY = _("No reports here. Delivered ones stay in this list for 30 days.")


class OutboxWindow(QWidget):
    """Lists reports, and where they go if there are several such `destinations` (their names); what the user
    wants done goes out as a signal with the report's id."""

    retry = Signal(str)
    export = Signal(str, Path)
    discard = Signal(str)
    sign_in = Signal(str)
    refresh = Signal()

    def __init__(self, destinations: Collection[str] = ()) -> None:
        super().__init__()
        self._destinations = frozenset(destinations)
        self.setWindowTitle(_("Outbox – snapper"))
        self.setWindowIcon(icon())
        self._entries: dict[str, Entry] = {}
        self._make_list()
        self._make_details()
        self._make_actions()
        self._lay_out()
        self.set_entries(())
        QShortcut(QKeySequence("Esc"), self).activated.connect(self._escape)
        QShortcut(QKeySequence("F5"), self).activated.connect(self.refresh)

    def present(self) -> None:
        """Show the window in front, and ask for fresh entries."""
        if not self.isVisible():
            letter = self.fontMetrics()
            wish = QSize(letter.averageCharWidth() * 125, letter.lineSpacing() * 44)
            put_in_middle(self, wish, screen_for(None))
        self.show()
        self.raise_()
        self.activateWindow()
        self._list.setFocus()
        self.refresh.emit()

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show these reports, the newest first; the selected one stays selected."""
        chosen = self._chosen()
        newest_first = sorted(entries, key=lambda entry: entry.id, reverse=True)
        self._entries = {entry.id: entry for entry in newest_first}
        self._list.blockSignals(True)
        self._list.clear()
        self._list.addTopLevelItems([_item(entry) for entry in newest_first])
        places = self._destinations | {_place(entry) for entry in newest_first}
        self._list.setColumnHidden(_COLUMNS.index(_DESTINATION), len(places) < 2)
        self._select(chosen)
        self._list.blockSignals(False)
        self._show_details()

    def say(self, sentence: str) -> None:
        """Tell how what was asked for ended; "" takes it back."""
        self._said.say(sentence)

    def saved(self, sentence: str, path: Path) -> None:
        """Tell what was saved, and put its path on the clipboard."""
        to_clipboard(path)
        self.say(together((sentence, ON_CLIPBOARD)))

    # --- how ----------------------------------------------------------------------------------------------

    def _select(self, report_id: str | None) -> None:
        for index in range(self._list.topLevelItemCount()):
            item = self._list.topLevelItem(index)
            if item is not None and (index == 0 or item.data(0, Qt.ItemDataRole.UserRole) == report_id):
                self._list.setCurrentItem(item)

    def _chosen(self) -> str | None:
        item = self._list.currentItem()
        return None if item is None else str(item.data(0, Qt.ItemDataRole.UserRole))

    def _show_details(self) -> None:
        entry = self._entry()
        self._ask_nothing()
        self._scrolled.setVisible(entry is not None)
        self._empty.setVisible(entry is None)
        self._retry.setEnabled(entry is not None and entry.state in _CAN_RETRY)
        self._export.setEnabled(entry is not None)
        self._discard.setEnabled(entry is not None)
        self._copy.setVisible(entry is not None and entry.delivery.receipt is not None)
        if entry is not None:
            obstacle = entry.delivery.obstacle
            useful = {
                self._sign_in: credentials.wanted(obstacle),
                self._for_it: bool(obstacle.for_it),
                self._open: is_web_address(self._url()),
            }
            for button, is_useful in useful.items():
                button.setVisible(is_useful)
            self._remedies.setVisible(any(useful.values()))
            self._headline.setText(_headline(entry))
            self._status.say(*_status(entry))
            self._note.setPlainText(entry.report.note or _("(no note)"))
            self._contents.show_report(entry.report)

    def _entry(self) -> Entry | None:
        return self._entries.get(self._chosen() or "")

    def _url(self) -> str:
        """Where its ticket is on the web; "" where that is not known."""
        entry = self._entry()
        return entry.delivery.receipt.url if entry and entry.delivery.receipt else ""

    def _ask_retry(self) -> None:
        if entry := self._entry():
            self.retry.emit(entry.id)

    def _ask_folder(self) -> None:
        entry = self._entry()
        if entry is None:
            return
        report_id = entry.id  # another one may be selected by the time a folder is chosen
        ask_folder(self, lambda folder: self.export.emit(report_id, folder))

    def _ask_sign_in(self) -> None:
        if entry := self._entry():
            self.sign_in.emit(entry.id)

    def _copy_for_it(self) -> None:
        if entry := self._entry():
            to_clipboard(entry.delivery.obstacle.for_it)
            self.say(_("The text for your IT department is on the clipboard."))

    def _copy_receipt(self) -> None:
        if (entry := self._entry()) and (words := _receipt_words(entry)):
            to_clipboard(words.clipboard)
            self.say(_("What support needs to find it is on the clipboard."))

    def _ask_discard(self) -> None:
        entry = self._entry()
        if entry is None:
            return
        self._question.setText(
            _("Remove the copy on this computer? The ticket system keeps the report.")
            if entry.state is State.DELIVERED
            else _("Discard this report for good? It may never reach support, and cannot be brought back.")
        )
        self._actions.setCurrentIndex(1)
        self._keep.setFocus()

    def _ask_nothing(self) -> None:
        self._actions.setCurrentIndex(0)

    def _discard_now(self) -> None:
        self._ask_nothing()
        if entry := self._entry():
            self.discard.emit(entry.id)

    def _escape(self) -> None:
        if self._actions.currentIndex():
            self._ask_nothing()
        else:
            self.close()

    # --- parts --------------------------------------------------------------------------------------------

    def _make_list(self) -> None:
        self._list = QTreeWidget()
        self._list.setHeaderLabels(_COLUMNS)
        self._list.setRootIsDecorated(False)
        self._list.setUniformRowHeights(True)
        self._list.setAlternatingRowColors(True)
        self._list.setAllColumnsShowFocus(True)
        self._list.setMinimumHeight(self.fontMetrics().lineSpacing() * 6)
        self._list.setAccessibleName(_("Reports"))
        header = self._list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_COLUMNS.index(_NOTE), QHeaderView.ResizeMode.Stretch)
        self._list.currentItemChanged.connect(self._show_details)

    def _make_details(self) -> None:
        self._details = Card()
        self._headline = plain_label(scale=1.15, bold=True)
        self._status = Banner()
        self._sign_in = _button(_("Sign &in to the proxy…"), self._ask_sign_in)
        self._for_it = _button(_("Copy &text for IT"), self._copy_for_it)
        self._open = _button(_("&Open ticket"), lambda: open_in_browser(self._url()))
        self._remedies = _line(self._sign_in, self._for_it, self._open, None)
        self._note = QPlainTextEdit()
        self._note.setReadOnly(True)
        self._note.setTabChangesFocus(True)
        self._note.setMinimumHeight(self.fontMetrics().lineSpacing() * 2)
        self._note.setMaximumHeight(self.fontMetrics().lineSpacing() * 4)
        self._note.setAccessibleName(_NOTE)
        self._contents = ContentsList()
        self._contents.setFrameShape(QFrame.Shape.NoFrame)
        self._contents.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._contents.setMinimumHeight(self.fontMetrics().lineSpacing() * 4)
        self._contents.setStyleSheet("QTreeView { background: transparent; }")
        self._said = Banner(BLUE)
        rows = QVBoxLayout(self._details)
        rows.setContentsMargins(14, 12, 14, 12)
        for part in (self._headline, self._status, self._remedies, self._note):
            rows.addWidget(part)
        rows.addWidget(self._contents, 1)
        self._scrolled = Scrolling(self._details)
        self._empty = plain_label(_EMPTY)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def _make_actions(self) -> None:
        self._retry = _button(_("Try &again"), self._ask_retry)
        self._export = _button(_("&Save for sending by hand…"), self._ask_folder)
        self._discard = _button(_("&Discard…"), self._ask_discard)
        self._copy = _button(_("&Copy receipt"), self._copy_receipt)
        self._question = plain_label(bold=True)
        self._keep = _button(_("&Keep it"), self._ask_nothing)
        really = _button(_("&Discard"), self._discard_now)
        emphasize(self._keep)
        self._actions = QStackedWidget()
        close = _button(_("C&lose"), self.close)
        self._actions.addWidget(_line(self._retry, self._export, self._discard, self._copy, None, close))
        self._actions.addWidget(_line(self._question, None, self._keep, really))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)  # a long question takes more lines
        self._actions.setSizePolicy(policy)

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 16, 16, 14)
        rows.setSpacing(12)
        rows.addWidget(self._list, 4)
        rows.addWidget(self._scrolled, 3)
        rows.addWidget(self._empty, 3)
        rows.addWidget(self._said)
        rows.addWidget(self._actions)


def _button(text: str, action: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(without_letter(text))
    button.clicked.connect(lambda: action())
    return button


def _line(*parts: QWidget | None) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        if part is None:
            row.addStretch()
        else:
            row.addWidget(part, 1 if isinstance(part, QLabel) else 0)
    return line


def _item(entry: Entry) -> QTreeWidgetItem:
    receipt, report = entry.delivery.receipt, entry.report
    written = moment_text(datetime.fromisoformat(report.created_at), datetime.now(UTC))
    # Translators: in the column “Ticket”: there is none yet, a new one will be made.
    code, ticket = (receipt.code, receipt.ticket) if receipt else ("", report.ticket or _("new"))
    cells = [
        state_text(entry.state), code, _shortened(_place(entry)), ticket,
        first_line(report.note), written, size_text(entry.size),
    ]  # fmt: skip
    item = QTreeWidgetItem(cells)
    item.setToolTip(_COLUMNS.index(_DESTINATION), _place(entry))
    item.setData(0, Qt.ItemDataRole.UserRole, entry.id)
    if not code:
        item.setData(_COLUMNS.index(_RECEIPT), Qt.ItemDataRole.AccessibleTextRole, _("no receipt yet"))
    if not cells[_COLUMNS.index(_NOTE)]:
        item.setData(_COLUMNS.index(_NOTE), Qt.ItemDataRole.AccessibleTextRole, _("no note"))
    item.setTextAlignment(len(cells) - 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def _receipt_words(entry: Entry) -> ReceiptWords | None:
    receipt = entry.delivery.receipt
    return words_of(receipt, entry.report.destination) if receipt else None


def _place(entry: Entry) -> str:
    return entry.report.destination or DESK


def _shortened(place: str) -> str:
    return place if len(place) <= _PLACE_CHARS else f"{place[: _PLACE_CHARS - 1]}…"


def _headline(entry: Entry) -> str:
    state, words = state_text(entry.state), _receipt_words(entry)
    # Translators: {state} is “Delivered”, {receipt} is “SNP-7K3F-Q2, ticket 1042”.
    return _("{state}: {receipt}").format(state=state, receipt=words.short) if words else state


def _status(entry: Entry) -> tuple[str, ...]:
    delivery = entry.delivery
    if entry.state is State.UNCONFIRMED:
        return (delivery.sentence, delivery.remedy or _("Ask support whether it is there."))
    if delivery.next_attempt is None or not RULES[entry.state].automatic:
        return (delivery.sentence, delivery.remedy)
    moment = moment_text(datetime.fromtimestamp(delivery.next_attempt, UTC), datetime.now(UTC))
    return (delivery.sentence, delivery.remedy, _("It is tried again at {time}.").format(time=moment))
