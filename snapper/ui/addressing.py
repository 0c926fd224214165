"""The part of the note window that decides where a report goes: to which destination, and to which ticket.

Nothing is looked up here; what is to be looked up is asked for by a signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from snapper.destinations import Destination, ticket_of
from snapper.errors import UsageError
from snapper.language import _, together
from snapper.ticket_look import TicketLook
from snapper.ui.elided_label import ElidedLabel
from snapper.ui.note_field import TicketField

_PAUSE_MS = 500
_HINT = _("The ticket's number, or its web address.")


class DestinationList(QComboBox):
    """Every destination by its name and host; never wider than there is room."""

    _LEAST_CHARS = 16

    def __init__(self, destinations: Sequence[Destination]) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(self._LEAST_CHARS)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not by the wheel: letters would choose here
        self.setAccessibleName(_("Destination"))
        self.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.addItems([each.title for each in destinations])
        self.currentTextChanged.connect(self.setToolTip)
        self.setToolTip(self.currentText())
        self.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the window and changes no choice on its way."""
        if event.type() is QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the list with as much of the name and the host as there is room for."""
        option, painter = QStyleOptionComboBox(), QStylePainter(self)
        self.initStyleOption(option)
        kind, field = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        painter.drawComplexControl(kind, option)
        room = self.style().subControlRect(kind, option, field, self).width() - 4
        middle = Qt.TextElideMode.ElideMiddle
        option.currentText = self.fontMetrics().elidedText(self.currentText(), middle, room)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class Addressing(QObject):
    """The list of destinations, the field for a ticket, and a line about that ticket.

    `chosen` tells the name of a destination whenever it becomes another one, `ticket_asked` the name of a
    destination and the number of a ticket there that set_look is to tell of, `edited` that a person changed
    something.
    """

    chosen = Signal(str)
    ticket_asked = Signal(str, str)
    edited = Signal()

    def __init__(self, destinations: Sequence[Destination]) -> None:
        super().__init__()
        self._all = tuple(destinations)
        self._look: TicketLook | None = None
        self._asked = ("", "")  # the destination and the ticket that is looked at
        self._parked = ""  # typed for another destination than the chosen one, which takes none
        self.list = DestinationList(self._all)
        self.ticket = TicketField()
        self.said = ElidedLabel()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._consider)
        self.ticket.textChanged.connect(lambda: self._typed())
        self.ticket.textEdited.connect(lambda: self.edited.emit())
        self.list.currentIndexChanged.connect(lambda: self._changed())
        self.list.activated.connect(lambda: self.edited.emit())
        self._changed()

    @property
    def destination(self) -> Destination:
        """The one that is chosen."""
        return self._all[self.list.currentIndex()]

    def choose(self, name: str) -> None:
        """Choose the destination of that name; one that is not there changes nothing."""
        names = [each.name for each in self._all]
        if name in names:
            self.list.setCurrentIndex(names.index(name))

    def require(self, required: bool) -> None:
        """Whether a ticket must be given; only a destination that takes additions is of use then."""
        if required and not self._takes_additions():
            self.choose(next((each.name for each in self._all if each.about.attaches), ""))
        self.ticket.require(required)

    def fill(self, ticket: str) -> None:
        """Write a ticket, as it was typed earlier, into the field, once a destination takes it."""
        if self._takes_additions():
            self.ticket.setText(ticket)
        else:
            self._parked = ticket

    def forget(self) -> None:
        """The usual destination again, and a new ticket."""
        self._parked = ""
        self.ticket.clear()
        self.ticket.require(False)
        self.list.setCurrentIndex(0)

    def number(self) -> str | None:
        """The ticket's number, None for a new one; an address of another destination chooses that. Raises
        UsageError, with the field ready to be typed over, when it is none or known to take nothing."""
        text = self.ticket.text().strip()
        if not self._takes_additions() or (not text and not self.ticket.required):
            return None
        try:
            return self._checked(text)
        except UsageError:
            self.ticket.setFocus()
            self.ticket.selectAll()
            raise

    def set_look(self, look: TicketLook) -> None:
        """Show what a look at a ticket found; one that comes too late is dropped."""
        if (look.destination, look.number) != self._asked:
            return
        if look.quoted:
            self.ticket.replace_text(look.quoted)
            look = replace(look, number=look.quoted)
            self._asked = (look.destination, look.number)
        self._look = look
        self.said.say(together((look.sentence, look.remedy)))

    def tab_parts(self) -> list[QWidget]:
        """What Tab stops at, in its order."""
        return [self.list, self.ticket] if self.list.count() > 1 else [self.ticket]

    # --- how ----------------------------------------------------------------------------------------------

    def _takes_additions(self) -> bool:
        return self.destination.about.attaches

    def _checked(self, text: str) -> str:
        if not text:
            raise UsageError(
                _("The ticket number is missing."), _("Write the number of the ticket this belongs to.")
            )
        number = self._read(text)
        look = self._look
        if look and look.remedy and (look.destination, look.number) == (self.destination.name, number):
            self.ticket_asked.emit(look.destination, look.number)  # it may have changed since
            raise UsageError(look.sentence, look.remedy)
        return number

    def _read(self, text: str) -> str:
        """The number of what was typed; an address gives way to it. Raises UsageError."""
        number, destination = ticket_of(text, self.destination, self._all)
        if not destination.about.attaches:
            raise UsageError(_no_additions(destination), _("Clear the field for a new ticket."))
        if text != number and not self.ticket.text().strip().startswith("#"):
            self.ticket.replace_text(number)
        self.choose(destination.name)
        return number

    def _changed(self) -> None:
        """Another destination is chosen: what was typed is a ticket there now, if it takes any."""
        takes = self._takes_additions()
        if not takes and self.ticket.text():
            self._parked = self.ticket.text()
            self.ticket.clear()
        elif takes and self._parked and not self.ticket.text():
            self.ticket.setText(self._parked)
            self._parked = ""
        self.ticket.refuse("" if takes else _no_additions(self.destination))
        self._typed()
        self.chosen.emit(self.destination.name)

    def _typed(self) -> None:
        self._look, self._asked = None, ("", "")
        self._pause.stop()
        if self.ticket.text().strip():
            self.said.say(_HINT)
            self._pause.start()
        else:
            self.said.say(self.ticket.refusal)

    def _consider(self) -> None:
        """Typing paused: ask for the ticket, or say softly that it is none."""
        try:
            number = self._read(self.ticket.text().strip())
        except UsageError as problem:
            self.said.say(str(problem))
            return
        self._pause.stop()
        self._asked = (self.destination.name, number)
        looking = _("Looking for ticket {ticket} at {destination}…")
        self.said.say(looking.format(ticket=number, destination=self.destination.name))
        self.ticket_asked.emit(*self._asked)


def _no_additions(destination: Destination) -> str:
    said = _("{destination} takes new reports only: nothing can be added to a ticket there.")
    return said.format(destination=destination.name)
