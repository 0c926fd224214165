"""The fields that are typed in: note, ticket number, and who writes. They decide nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent, QIcon, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QToolButton

from snapper.language import _
from snapper.report import ACCOUNT_MAX_CHARS
from snapper.words import note_text


class NoteField(QPlainTextEdit):
    """Where the note is typed; says whenever it really has the keyboard."""

    focus_got = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setAccessibleName(_("What happened?"))
        self.setPlaceholderText(_("What did you do, what did you see, and when? Has it happened before?"))
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
    """Where an existing ticket is typed; what it says is judged elsewhere."""

    _MOST_CHARS = 2000  # of a web address

    def __init__(self) -> None:
        super().__init__()
        self.refusal = ""
        self.setMaxLength(self._MOST_CHARS)
        self.setClearButtonEnabled(True)
        for button in self.findChildren(QToolButton):
            button.setAccessibleName(_("Clear"))
        self._draw_clear()
        self.setAccessibleName(_("Ticket number, optional"))
        self.require(False)

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._draw_clear()

    def _draw_clear(self) -> None:
        """A cross that can be seen: the toolkit's is faint."""
        picture = QPixmap(32, 32)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Text), 4))
        painter.drawLine(8, 8, 24, 24)
        painter.drawLine(24, 8, 8, 24)
        painter.end()
        for action in self.findChildren(QAction):
            action.setIcon(QIcon(picture))

    def require(self, required: bool) -> None:
        """Whether a ticket must be given; without one there will be a new one."""
        self.required = required
        self.setPlaceholderText(_("number of the ticket") if required else _("new ticket"))

    def refuse(self, reason: str) -> None:
        """Take no ticket, for this reason; "" takes them again."""
        self.refusal = reason
        self.setEnabled(not reason)
        self.setToolTip(reason)
        self.setAccessibleDescription(reason)

    def replace_text(self, text: str) -> None:
        """Write something better for what was typed; a person can undo it. Nobody is told of it."""
        with QSignalBlocker(self):
            self.selectAll()
            self.insert(text)


def account_field() -> QLineEdit:
    """Where a trader may say who they are."""
    field = QLineEdit()
    field.setMaxLength(ACCOUNT_MAX_CHARS)
    field.setPlaceholderText(_("support asks for it; sent as written"))
    why = _("Support asks for it. It is sent exactly as written.")
    field.setToolTip(why)
    field.setAccessibleName(_("User name or account number, optional"))
    field.setAccessibleDescription(why)
    return field
