"""The window that asks what happened: made once, kept warm and hidden, shown at every press.

It decides nothing but what a person decides in it. The report is made elsewhere, from the Answer.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QFocusEvent,
    QGuiApplication,
    QKeySequence,
    QPaintEvent,
    QShortcut,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from snapper.answer import Answer, LogChoice, Picture
from snapper.capture.frame import Frame
from snapper.errors import UsageError
from snapper.report import NOTE_MAX_CHARS, ticket_number
from snapper.ui.logs_box import FoundLogs, LogsBox
from snapper.ui.look import Banner, emphasize, icon, plain_label, put_in_middle, screen_for
from snapper.ui.picture_box import PictureBox
from snapper.words import NOT_WATCHED, note_text

# Qt notices a lost focus late: what it believes to have is trusted once the activation has had its effect.
_SETTLE_MS = 120
_PAUSE_MS = 500
_NEW_TICKET = "new ticket"
_OLD_TICKET = "number of the ticket"


class NoteWindow(QWidget):
    """Asks for note, ticket, picture and logs.

    `focused` says that letters typed now land in the note; `painted` that the window is on the screen;
    `edited` tells note and ticket as typed, whenever typing pauses.
    After `submitted` the window waits for `finish` or `keep_open`.
    """

    submitted = Signal(Answer)
    cancelled = Signal()
    focused = Signal()
    painted = Signal()
    edited = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._saving = False
        self._unpainted = False
        self._ticket_needed = False
        self.setWindowTitle("Report to support – snapper")
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

    def present(self, frame: Frame | None, *, ticket: str = "", remark: str | None = None) -> None:
        """Show the window with a frozen frame (None: no picture, `remark` says why) and take the focus.

        An open window is only raised: text, frame and choices stay.
        """
        if not self.isVisible():
            self._begin(frame, ticket, remark)
        self._pictures.close_preview()
        self._come_forward()

    def preset(self, picture: Picture, *, logs: bool, to_ticket: bool = False) -> None:
        """Choose picture and logs in advance, or ask for the number of an existing ticket first of all."""
        self._pictures.choose(picture)
        self._logs.include.setChecked(logs)
        if to_ticket:
            self._ticket_needed = True
            self._ticket.setPlaceholderText(_OLD_TICKET)
            self._ticket.setFocus()

    def restore(self, note: str, ticket: str, sentence: str) -> None:
        """Fill in what was written earlier, and say so."""
        self._note.setPlainText(note)
        self._note.moveCursor(QTextCursor.MoveOperation.End)
        self._ticket.setText(ticket)
        self._problem.say(sentence)

    def set_logs(self, logs: FoundLogs) -> None:
        """Show today's logs, found while the window was already open."""
        self._logs.set_logs(logs)

    def set_picture_sizes(self, sizes: Mapping[Picture, int]) -> None:
        """Show how large each picture is as a file, in bytes."""
        self._pictures.set_sizes(sizes)

    def set_destination(self, text: str) -> None:
        """Say where reports go: `Sends to: desk at 127.0.0.1:8765`."""
        self._destination.setText(text)
        self._destination.setVisible(bool(text))

    def keep_open(self, sentence: str, remedy: str = "") -> None:
        """The report could not be kept: say so, with the text still here to be submitted again."""
        self._set_saving(False)
        self._problem.say(sentence, remedy)
        self._come_forward()

    def finish(self) -> None:
        """Hide, and forget text, frame and choices."""
        self.hide()
        self._pause.stop()
        self._note.clear()
        self._ticket.clear()
        self._pictures.forget()
        self._logs.forget()
        self._problem.say()
        self._set_saving(False)

    # --- what the user does -------------------------------------------------------------------------------

    def submit(self) -> None:
        """Hand the answer on, once; what stands in the way is said in the window."""
        if self._saving:
            return
        try:
            answer = self._answer()
        except UsageError as problem:
            self._problem.say(problem.sentence, problem.remedy)
            return
        self._problem.say()
        self._set_saving(True)
        self.submitted.emit(answer)

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

    def _answer(self) -> Answer:
        for button in self.findChildren(QAbstractButton):
            if button.isCheckable() and button.isDown():
                button.click()  # a choice made by its letter shows for 100 ms before it counts
        note, ticket = self._note.text(), self._read_ticket()
        answer = Answer(note, ticket, self._pictures.choice(), LogChoice() if self._logs.wanted() else None)
        if len(note) > NOTE_MAX_CHARS:
            raise UsageError(
                f"The note is longer than {NOTE_MAX_CHARS:,} characters.",
                "Please shorten it, or send it as a file.",
            )
        if not note.strip() and answer.picture is Picture.NONE and not answer.logs:
            self._note.setFocus()
            raise UsageError(
                "There is nothing to send yet.", "Write what happened, or include the screenshot."
            )
        return answer

    def _read_ticket(self) -> str | None:
        text = self._ticket.text().strip()
        if not text and not self._ticket_needed:
            return None
        self._ticket.setFocus()
        self._ticket.selectAll()
        if not text:
            raise UsageError(
                "The ticket number is missing.", "Write the number of the ticket this belongs to."
            )
        return ticket_number(text)

    def _begin(self, frame: Frame | None, ticket: str, remark: str | None) -> None:
        self._ticket_needed = False
        self._ticket.setPlaceholderText(_NEW_TICKET)
        self._ticket.setText(ticket)
        self._logs.look()
        self._pictures.set_frame(frame, remark)
        self._unpainted = True
        self._forget_old_focus()
        window = frame.active if frame else None
        put_in_middle(self, self._wish, screen_for(window.bounds if window else None))

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
        self._cancel.setEnabled(not saving)
        self._submit.setText("Saving…" if saving else "S&ubmit")

    # --- parts --------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self._note = NoteField()
        self._ticket = QLineEdit()
        self._ticket.setMaxLength(100)
        self._ticket.setClearButtonEnabled(True)
        self._ticket.setAccessibleName("Ticket number, optional")
        self._pictures = PictureBox()
        self._logs = LogsBox()
        self._destination = plain_label(scale=0.92)
        self._destination.setAccessibleName("Destination")
        self._destination.hide()
        self._problem = Banner()
        self._submit = QPushButton()
        self._submit.setAccessibleName("Submit")
        self._submit.setToolTip("Ctrl+Enter")
        emphasize(self._submit)
        self._cancel = QPushButton("&Cancel")
        self._cancel.setAccessibleName("Cancel")
        self._cancel.setToolTip("Esc")
        self._set_saving(False)

    def _lay_out(self) -> None:
        body = QWidget()
        # Boxes, not a grid: a grid would not let the thumbnail shrink beside labels that wrap.
        cards = QHBoxLayout()
        cards.setSpacing(12)
        cards.addWidget(self._pictures, 1)
        cards.addWidget(self._logs, 1)
        parts = QVBoxLayout(body)
        parts.setContentsMargins(18, 16, 18, 8)
        parts.setSpacing(12)
        parts.addLayout(self._note_rows(), 2)
        parts.addLayout(cards, 3)
        area = QScrollArea()
        area.setWidget(body)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(area, 1)
        rows.addLayout(self._footer())
        letter = self.fontMetrics()
        self._wish = QSize(letter.averageCharWidth() * 134, letter.lineSpacing() * 44)

    def _note_rows(self) -> QVBoxLayout:
        question = QLabel("&What happened?")
        question.setBuddy(self._note)
        font = question.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setBold(True)
        question.setFont(font)
        number = QLabel("&Ticket number")
        number.setBuddy(self._ticket)
        ticket = QHBoxLayout()
        ticket.addWidget(number)
        ticket.addWidget(self._ticket)
        ticket.addStretch(1)
        rows = QVBoxLayout()
        rows.addWidget(question)
        rows.addWidget(self._note, 1)
        rows.addLayout(ticket)
        return rows

    def _footer(self) -> QVBoxLayout:
        buttons = QHBoxLayout()
        buttons.addWidget(self._destination, 1)
        buttons.addStretch()
        buttons.addWidget(self._submit)
        buttons.addWidget(self._cancel)
        rows = QVBoxLayout()
        rows.setContentsMargins(18, 4, 18, 14)
        rows.setSpacing(10)
        rows.addWidget(self._problem)
        rows.addWidget(plain_label(NOT_WATCHED, scale=0.92))
        rows.addLayout(buttons)
        return rows

    def _connect(self) -> None:
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.edited.emit(self._note.text(), self._ticket.text()))
        self._note.textChanged.connect(lambda: self._pause.start() if self.isVisible() else None)
        self._ticket.textEdited.connect(lambda: self._pause.start())
        self._note.focus_got.connect(self.focused)
        self._ticket.returnPressed.connect(self.submit)
        self._submit.clicked.connect(self.submit)
        self._cancel.clicked.connect(self.cancel)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.submit)
        QShortcut(QKeySequence("Esc"), self).activated.connect(self.cancel)

    def _warm(self) -> None:
        # Everything the first showing would have to build is built now: native window, layout, fonts.
        self.winId()
        self.resize(self._wish)
        self.grab()


class NoteField(QPlainTextEdit):
    """Where the note is typed; says whenever it really has the keyboard."""

    focus_got = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setAccessibleName("What happened?")
        self.setPlaceholderText("What did you do, what did you see, and when? Has it happened before?")

    def sizeHint(self) -> QSize:
        """Room for five lines of eighty characters."""
        letter = self.fontMetrics()
        return QSize(letter.averageCharWidth() * 80, letter.lineSpacing() * 5 + 12)

    def minimumSizeHint(self) -> QSize:
        """Never less than three lines."""
        return QSize(200, self.fontMetrics().lineSpacing() * 3 + 12)

    def text(self) -> str:
        """The note, character by character as it was typed."""
        return note_text(self.document().toRawText())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell that the keyboard is here."""
        super().focusInEvent(event)
        self.focus_got.emit()
