"""How much of the logs is wanted: a choice of times, and earlier days. It knows no logs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QEvent, QObject, QTime, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSpinBox, QTimeEdit, QVBoxLayout, QWidget

from snapper.errors import UsageError
from snapper.language import _, number, plural
from snapper.logs.window import EARLIER_DAYS_MAX, TimeWindow, parse_window

HOUR = 3600
_PAUSE_MS = 300  # while a number is still being typed
_ALL, _FROM_TO = 0, -1
_AMOUNTS = (
    (_ALL, _("All of today")),
    (900, _("The last 15 minutes")),
    (HOUR, _("The last hour")),
    (4 * HOUR, _("The last 4 hours")),
    (_FROM_TO, _("From … to …")),
)
# Translators: the same letter in all of these, as one takes the place of the other.
_INCLUDE = {
    900: _("Include the last 15 minutes of the lo&g"),
    HOUR: _("Include the last hour of the lo&g"),
    4 * HOUR: _("Include the last 4 hours of the lo&g"),
}
_SHORT = (HOUR, 900)  # what is offered where more is too much


class TimeField(QTimeEdit):
    """A time of day, that may be typed over when all of it is selected: Qt's own takes no digit then."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Begin with the hours."""
        if self.lineEdit().selectedText() == self.text():
            self.setSelectedSection(QTimeEdit.Section.HourSection)
        super().keyPressEvent(event)


class LogAmount(QWidget):
    """Everything, the last so many minutes, or from one time to another; and earlier days.

    `changed` says, once choosing pauses, that something else is wanted; `days_changed` that other days are.
    """

    changed = Signal()
    days_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._pressed = time.time()
        self._told_days = 0
        self.amount = QComboBox()
        self.amount.setAccessibleName(_("How much of the logs"))
        for seconds, words in _AMOUNTS:
            self.amount.addItem(words, seconds)
        self.days = QSpinBox()
        self.days.setRange(0, EARLIER_DAYS_MAX)
        self.days.setAccessibleName(_("Earlier days"))
        self.start, self.end = TimeField(), TimeField()
        self.start.setAccessibleName(_("From"))
        self.end.setAccessibleName(_("To"))
        for each in (self.start, self.end):
            each.setDisplayFormat("HH:mm")
        self._times = QWidget()
        self._lay_out()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._tell)
        self._connect()

    def reset(self) -> None:
        """All of today; times are counted back from now on."""
        self._pressed = time.time()
        self.amount.setCurrentIndex(0)
        self.days.setValue(0)
        now = QTime.currentTime()
        self.end.setTime(now)
        self.start.setTime(now.addSecs(-HOUR))
        self._pause.stop()
        self._told_days = 0

    def preset_days(self, days: int) -> None:
        """So many earlier days, as they are looked for already."""
        self.days.setValue(days)
        self._told_days = self.days.value()

    def settle(self) -> None:
        """Have every field show the number or time that counts, however far it has been typed."""
        for field in (self.days, self.start, self.end):
            field.interpretText()

    def take_last(self, seconds: int) -> None:
        """Choose the last so many seconds, one of those on offer."""
        self.amount.setCurrentIndex(self.amount.findData(seconds))

    def whole(self) -> bool:
        """Whether all of each log is wanted."""
        return self._seconds() == _ALL

    def shorter(self) -> Sequence[int]:
        """The times on offer that are shorter than what is wanted, in seconds, the longest first."""
        seconds = self._seconds()
        return [each for each in _SHORT if self.whole() or each < seconds]

    def wanted_window(self) -> TimeWindow | None:
        """The time that is wanted; None for all. Raises UsageError for times that make none."""
        seconds = self._seconds()
        if seconds == _FROM_TO:
            return self._from_to()
        return self.last(seconds) if seconds else None

    def _seconds(self) -> int:
        return int(self.amount.currentData())

    def _from_to(self) -> TimeWindow:
        text = f"{self.start.time().toString('HH:mm')}-{self.end.time().toString('HH:mm')}"
        try:
            return parse_window(text, datetime.now().astimezone())
        except UsageError as problem:
            remedy = _("Choose two different times in the fields From and to, or all of today.")
            raise UsageError(problem.sentence, remedy) from problem

    def last(self, seconds: int) -> TimeWindow:
        """So many seconds before the press, and everything since."""
        return TimeWindow(self._pressed - seconds, time.time())

    def words(self) -> str:
        """What is wanted, as a label of the box that includes it."""
        seconds, days = self._seconds(), self.days.value()
        if seconds == _FROM_TO:
            start, end = (field.time().toString("HH:mm") for field in (self.start, self.end))
            return _("Include {start} to {end} of the lo&g").format(start=start, end=end)
        if seconds:
            return _INCLUDE[seconds]
        if days:
            return plural(
                "Include the lo&gs of today and {count} earlier day",
                "Include the lo&gs of today and {count} earlier days",
                days,
            ).format(count=number(days))
        return _("Include today's lo&g")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the window and changes no choice on its way."""
        if event.type() is QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _tell(self) -> None:
        self.changed.emit()
        if self.days.value() != self._told_days:
            self._told_days = self.days.value()
            self.days_changed.emit()

    def _connect(self) -> None:
        self.amount.currentIndexChanged.connect(lambda: self._times.setVisible(self._seconds() == _FROM_TO))
        self.amount.currentIndexChanged.connect(lambda: self._pause.start())
        self.days.valueChanged.connect(lambda: self._pause.start())
        for each in (self.start, self.end):
            each.timeChanged.connect(lambda: self._pause.start())
        for part in (self.amount, self.days, self.start, self.end):
            part.installEventFilter(self)

    def _lay_out(self) -> None:
        times = QHBoxLayout(self._times)
        times.setContentsMargins(0, 0, 0, 0)
        for text, field in ((_("&From"), self.start), (_("t&o"), self.end)):
            times.addWidget(_label(text, field))
            times.addWidget(field)
        times.addStretch(1)
        self._times.hide()
        row = QHBoxLayout()
        row.addWidget(_label(_("How &much:"), self.amount))
        row.addWidget(self.amount)
        row.addWidget(_label(_("earlier da&ys:"), self.days))
        row.addWidget(self.days)
        row.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addLayout(row)
        rows.addWidget(self._times)


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setBuddy(buddy)
    return label
