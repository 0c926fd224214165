"""The window that asks what happened: made once, kept warm and hidden, shown at every press.

It decides nothing but what a person decides in it. The report is made elsewhere, from the Answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QPaintEvent, QShortcut, QTextCursor
from PySide6.QtWidgets import QAbstractButton, QPushButton, QVBoxLayout, QWidget

from snapper.answer import Answer, LogChoice, Picture
from snapper.capture.frame import Frame, Rect
from snapper.destinations import Destination
from snapper.errors import UsageError
from snapper.fitting import check_room, largest_whole
from snapper.language import _, number
from snapper.logs.found import TodaysLogs
from snapper.privacy.classes import Private
from snapper.report import NOTE_MAX_CHARS
from snapper.ui.addressing import Addressing
from snapper.ui.exactly import Exactly
from snapper.ui.findings_box import FindingsBox
from snapper.ui.logs_box import LogsBox
from snapper.ui.look import Banner, chain_tabs, emphasize, icon, plain_label, put_in_middle, screen_for
from snapper.ui.note_field import NoteField, account_field
from snapper.ui.note_layout import footer, question, scrolled
from snapper.ui.picture_box import PictureBox
from snapper.ui.privacy_box import PrivacyBox

if TYPE_CHECKING:
    from snapper.contents import Part
    from snapper.logs.known_problems import Match
    from snapper.ticket_look import TicketLook

# Qt notices a lost focus late: what it believes to have is trusted once the activation has had its effect.
_SETTLE_MS = 120
_PAUSE_MS = 500
_SENDS_TO = _("Sends to {destination}, with facts about this computer (system, memory, network cards)")


class NoteWindow(QWidget):
    """Asks for note, destination (of those there are, the usual one first), ticket, picture and logs.

    `focused` says that letters typed now land in the note; `painted` that the window is on the screen;
    `edited` tells note and ticket as typed and the name of the destination, whenever typing pauses.
    `destination_chosen` tells the name of another one, whose room set_limit is to tell; `ticket_asked` such a
    name and a number, of which set_ticket is to tell.
    After `submitted` and `contents_accepted` the window waits for `finish` or `keep_open`, after
    `contents_asked` for `show_contents` or `contents_failed`, unless `contents_dropped` comes first.
    `logs_wish_changed` and `sizes_asked` tell a LogChoice.
    """

    submitted = Signal(Answer)
    cancelled = Signal()
    focused = Signal()
    painted = Signal()
    edited = Signal(str, str, str)
    destination_chosen = Signal(str)
    ticket_asked = Signal(str, str)
    logs_wish_changed = Signal(object)
    sizes_asked = Signal(object)
    contents_asked = Signal(Answer)
    contents_accepted = Signal()
    contents_dropped = Signal()

    def __init__(self, destinations: Sequence[Destination]) -> None:
        super().__init__()
        self._saving = False
        self._unpainted = False
        self._room: int | None = None  # what the destination takes, in bytes
        self._address = Addressing(destinations)
        self.setWindowTitle(_("Report to support – snapper"))
        self.setWindowIcon(icon())
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint)
        self._make_parts()
        self._lay_out()
        self._connect()
        self._warm()

    # --- what the application says ------------------------------------------------------------------------

    @property
    def handle(self) -> int:
        """What the window system knows this window by."""
        return int(self.winId())

    @property
    def destination(self) -> str:
        """The name of the destination that is chosen."""
        return self._address.destination.name

    def present(self, frame: Frame | None, *, ticket: str = "", remark: str | None = None) -> None:
        """Show the window with a frozen frame (None: no picture, `remark` says why) and take the focus.

        An open window is only raised: text, frame and choices stay.
        """
        if not self.isVisible():
            self._begin(frame, ticket, remark)
        self._close_dialogs()
        self._come_forward()

    def preset(self, picture: Picture, *, logs: bool, to_ticket: bool = False) -> None:
        """Choose picture and logs in advance, or ask for the number of an existing ticket first of all."""
        self._pictures.choose(picture)
        self._logs.want(logs)
        if to_ticket:
            self._address.require(True)
            self._address.ticket.setFocus()

    def restore(self, note: str, ticket: str, destination: str, sentence: str) -> None:
        """Fill in what was written earlier, and say so."""
        self._note.setPlainText(note)
        self._note.moveCursor(QTextCursor.MoveOperation.End)
        self._address.choose(destination)
        self._address.fill(ticket)
        self._problem.say(sentence)

    def set_logs(self, found: TodaysLogs, keys: Collection[str] | None = None) -> None:
        """Show logs found while the window was open, the instances of these keys checked (None: all)."""
        self._logs.set_logs(found, keys)

    def preset_logs(self, days: int) -> None:
        """So many days before today are wanted in advance."""
        self._logs.amount.preset_days(days)

    def set_cut_size(self, choice: LogChoice, size: int) -> None:
        """Answer `sizes_asked`, in bytes before packing."""
        self._logs.set_cut_size(choice, size)

    def set_limit(self, destination: str, room: int | None) -> None:
        """How many bytes a destination takes in one report (None: not known); of another one than is chosen
        nothing is wanted any more."""
        if destination == self.destination:
            self._room = room
            self._logs.set_limit(room, self._address.destination)

    def set_ticket(self, look: TicketLook) -> None:
        """Show what a look at a ticket found."""
        self._address.set_look(look)

    def preset_privacy(self, keep: Collection[Private]) -> None:
        """Which private classes are sent as they are, from the settings."""
        self._privacy.preset(keep)

    def offer_covers(self, covers: Iterable[Rect]) -> None:
        """Cover parts of the desktop that were found while the window was already open."""
        self._pictures.offer(covers)

    def set_findings(self, matches: Sequence[Match]) -> None:
        """Show what logs and note look like; these and no others."""
        self._findings.show_findings(matches)

    def set_note_warning(self, sentence: str) -> None:
        """Warn of something in the note; "" takes the warning back."""
        self._findings.warn(sentence)

    def show_contents(self, parts: Sequence[Part]) -> None:
        """Answer `contents_asked`; too late, when the question was taken back."""
        self._exactly.show_contents(parts, self._address.destination)

    def contents_failed(self, sentence: str) -> None:
        """The contents could not be made: say so, and go on."""
        if self._exactly.close():
            self._problem.say(sentence)

    def end(self) -> None:
        """The program ends: tell what was typed last, and take `contents_asked` back, its files closed."""
        if self._pause.isActive() and not self._saving:
            self._tell_edited()
        self._exactly.close()

    def set_picture_sizes(self, sizes: Mapping[Picture, int]) -> None:
        """Show how large each picture is as a file, in bytes."""
        self._pictures.set_sizes(sizes)

    def keep_open(self, sentence: str, remedy: str = "") -> None:
        """The report could not be kept: say so, with the text still here to be submitted again."""
        self._set_saving(False)
        self._problem.say(sentence, remedy)
        self._come_forward()

    def finish(self) -> None:
        """Hide, and forget text, frame and choices."""
        self._close_dialogs()
        self.hide()
        self._pause.stop()
        self._note.clear()
        self._address.forget()
        self._account.clear()
        self._privacy.forget()
        self._findings.forget()
        self._pictures.forget()
        self._logs.forget()
        self._problem.say()
        self._set_saving(False)

    # --- what the user does -------------------------------------------------------------------------------

    def submit(self) -> None:
        """Hand the answer on, once; what stands in the way is said in the window."""
        if answer := self._checked_answer():
            self._set_saving(True)
            self.submitted.emit(answer)

    def ask_contents(self) -> None:
        """Ask for exactly what would be sent now; the window stays."""
        if answer := self._checked_answer():
            self._exactly.prepare()
            self.contents_asked.emit(answer)

    def cancel(self) -> None:
        """Close without a report; not while one is being kept."""
        if self._saving:
            return
        self.finish()
        self.cancelled.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The window's X cancels; at the end of the program the window just goes."""
        if event.spontaneous():
            event.ignore()
            self.cancel()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Note the first picture of this window after it was shown."""
        super().paintEvent(event)
        if self._unpainted:
            self._unpainted = False
            QTimer.singleShot(0, self.painted.emit)

    # --- how ----------------------------------------------------------------------------------------------

    def _checked_answer(self) -> Answer | None:
        """What was decided; what stands in the way is said in the window."""
        if self._saving or self._exactly.open_dialog():
            return None
        try:
            answer = self._answer()
        except UsageError as problem:
            self._problem.say(problem.sentence, problem.remedy)
            return None
        self._problem.say()
        return answer

    def _contents_accepted(self) -> None:
        self._set_saving(True)
        self.contents_accepted.emit()

    def _tell_edited(self) -> None:
        self.edited.emit(self._note.text(), self._address.ticket.text(), self.destination)

    def _close_dialogs(self) -> None:
        self._pictures.close_preview()
        self._privacy.close_panel()
        self._exactly.close()

    def _answer(self) -> Answer:
        for button in self.findChildren(QAbstractButton):
            if button.isCheckable() and button.isDown():
                button.click()  # a choice made by its letter shows for 100 ms before it counts
        self._logs.amount.settle()
        note, ticket = self._note.text(), self._address.number()  # which may choose the destination
        answer = Answer(
            note, ticket, self._pictures.choice(), self._logs.choice(), self._account.text().strip(),
            self._pictures.covers(), self._privacy.keep(), self.destination,
        )  # fmt: skip
        if len(note) > NOTE_MAX_CHARS:
            raise UsageError(
                _("The note is longer than {count} characters.").format(count=number(NOTE_MAX_CHARS)),
                _("Please shorten it, or send it as a file."),
            )
        if not note.strip() and answer.picture is Picture.NONE and not answer.logs:
            self._note.setFocus()
            raise UsageError(
                _("There is nothing to send yet."), _("Write what happened, or include the screenshot.")
            )
        largest = largest_whole(self._address.destination.limits)
        check_room([(_("The picture"), self._pictures.file_size())], self.destination, self._room, largest)
        return answer

    def _begin(self, frame: Frame | None, ticket: str, remark: str | None) -> None:
        self._address.fill(ticket)
        self._logs.look()
        self._pictures.set_frame(frame, remark)
        self._follow_destination()
        self._unpainted = True
        self._forget_old_focus()
        window = frame.active if frame else None
        put_in_middle(self, self._wish, screen_for(window.bounds if window else None))

    def _follow_destination(self) -> None:
        """Say where reports go now; what it takes is asked for."""
        destination = self._address.destination
        self._sends_to.setText(_SENDS_TO.format(destination=destination.title))
        self._pictures.set_destination(destination)
        self.set_limit(destination.name, destination.limits.room)

    def _come_forward(self) -> None:
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self._note.setFocus()
        self.activateWindow()
        if self.isActiveWindow() and self._note.hasFocus():
            QTimer.singleShot(_SETTLE_MS, self._still_focused)

    def _still_focused(self) -> None:
        if self.isActiveWindow() and self._note.hasFocus():
            self.focused.emit()

    def _forget_old_focus(self) -> None:
        # For 400 ms after a window was hidden Qt believes that it still has the focus (xcb waits for the next
        # one), and would not tell of getting it again. A new native window starts with a clean slate.
        if QGuiApplication.focusWindow() == self.windowHandle():
            self.destroy()
            self.create()

    def _set_saving(self, saving: bool) -> None:
        self._saving = saving
        self._submit.setEnabled(not saving)
        self._exactly.button.setEnabled(not saving)
        self._cancel.setEnabled(not saving)
        self._submit.setText(_("Saving…") if saving else _("S&ubmit"))

    # --- parts --------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self._note = NoteField()
        self._account = account_field()
        self._pictures = PictureBox()
        self._logs = LogsBox()
        self._privacy = PrivacyBox()
        self._findings = FindingsBox()
        self._exactly = Exactly(self)
        self._sends_to = plain_label(scale=0.92)
        self._problem = Banner()
        self._submit = QPushButton()
        self._submit.setAccessibleName(_("Submit"))
        self._submit.setToolTip(_("Ctrl+Enter"))
        emphasize(self._submit)
        self._cancel = QPushButton(_("&Cancel"))
        self._cancel.setAccessibleName(_("Cancel"))
        self._cancel.setToolTip(_("Esc"))
        self._set_saving(False)

    def _lay_out(self) -> None:
        cards = (self._pictures, self._logs)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        self._scrolled = scrolled(
            question(self._note, self._address, self._account), cards, self._findings, self._privacy
        )
        rows.addWidget(self._scrolled, 1)
        buttons = (self._exactly.button, self._submit, self._cancel)
        rows.addLayout(footer(self._problem, self._sends_to, *buttons))
        letter = self.fontMetrics()
        self._wish = QSize(letter.averageCharWidth() * 154, letter.lineSpacing() * 50)
        self._order_tabs()

    def _order_tabs(self) -> None:
        chain_tabs(
            [
                self._note, *self._address.tab_parts(), self._account, *self._pictures.tab_parts(),
                *self._logs.tab_parts(), *self._findings.tab_parts(), self._privacy.change,
                self._exactly.button, self._submit, self._cancel,
            ]
        )  # fmt: skip

    def _bring_into_view(self, part: QWidget) -> None:
        QTimer.singleShot(0, lambda: self._scrolled.ensureWidgetVisible(part))

    def _connect(self) -> None:
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._tell_edited)
        self._note.textChanged.connect(lambda: self._pause.start() if self.isVisible() else None)
        self._note.focus_got.connect(self.focused)
        self._address.edited.connect(lambda: self._pause.start())
        self._address.chosen.connect(lambda: self._follow_destination())
        self._address.chosen.connect(self.destination_chosen)
        self._address.ticket_asked.connect(self.ticket_asked)
        self._address.ticket.returnPressed.connect(self.submit)
        self._submit.clicked.connect(self.submit)
        self._cancel.clicked.connect(self.cancel)
        self._logs.wish_changed.connect(self.logs_wish_changed)
        self._logs.sizes_asked.connect(self.sizes_asked)
        self._exactly.button.clicked.connect(self.ask_contents)
        self._exactly.accepted.connect(self._contents_accepted)
        self._exactly.dropped.connect(self.contents_dropped)
        self._logs.parts_made.connect(self._order_tabs)
        self._findings.parts_made.connect(self._order_tabs)
        self._findings.opened.connect(self._bring_into_view)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.submit)
        QShortcut(QKeySequence("Esc"), self).activated.connect(self.cancel)

    def _warm(self) -> None:
        # Everything the first showing would have to build is built now: native window, layout, fonts.
        self.winId()
        self.resize(self._wish)
        self.grab()
