"""The fields that are typed in: note, ticket number, and who writes. They decide nothing."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from snapper.errors import UsageError
from snapper.report import ACCOUNT_MAX_CHARS, ticket_number
from snapper.words import note_text


class NoteField(QPlainTextEdit):
    """Where the note is typed; says whenever it really has the keyboard."""

    focus_got = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setAccessibleName("What happened?")
        self.setPlaceholderText("What did you do, what did you see, and when? Has it happened before?")
        # Never grown or shrunk by what appears below while somebody types.
        self.setFixedHeight(self.fontMetrics().lineSpacing() * 5 + 12)

    def sizeHint(self) -> QSize:
        """Room for five lines of eighty characters."""
        letter = self.fontMetrics()
        return QSize(letter.averageCharWidth() * 80, letter.lineSpacing() * 5 + 12)

    def text(self) -> str:
        """The note, character by character as it was typed."""
        return note_text(self.document().toRawText())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell that the keyboard is here."""
        super().focusInEvent(event)
        self.focus_got.emit()


class TicketField(QLineEdit):
    """Where the number of an existing ticket is typed."""

    def __init__(self) -> None:
        super().__init__()
        self._required = False
        self.setMaxLength(100)
        self.setClearButtonEnabled(True)
        self.setAccessibleName("Ticket number, optional")

    def require(self, required: bool) -> None:
        """Whether a number must be given; without one there will be a new ticket."""
        self._required = required
        self.setPlaceholderText("number of the ticket" if required else "new ticket")

    def number(self) -> str | None:
        """The number, None for a new ticket. Raises UsageError with it ready to be typed over."""
        text = self.text().strip()
        if not text and not self._required:
            return None
        self.setFocus()
        self.selectAll()
        if not text:
            raise UsageError(
                "The ticket number is missing.", "Write the number of the ticket this belongs to."
            )
        return ticket_number(text)


def account_field() -> QLineEdit:
    """Where a trader may say who they are."""
    field = QLineEdit()
    field.setMaxLength(ACCOUNT_MAX_CHARS)
    field.setPlaceholderText("support asks for it; sent as written")
    field.setToolTip("Support asks for it. It is sent exactly as written.")
    field.setAccessibleName("User name or account number, optional")
    field.setAccessibleDescription("Support asks for it. It is sent exactly as written.")
    return field
