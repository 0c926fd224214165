"""The icon in the tray, its menu and its state. Without a tray host everything here still works, unseen.

A tray that comes late, or comes back, is noticed by the toolkit itself: nothing here looks for one.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QAction, QCursor
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from snapper.ui.look import Badge, icon

_STEP = 5  # percent: the icon need not be drawn anew for less


class Tray(QObject):
    """The tray icon: what goes on comes in, the menu's choices go out. It appears as soon as it is made."""

    capture_screen = Signal()
    capture_window = Signal()
    attach = Signal()
    outbox = Signal()
    doctor = Signal()
    paused = Signal(bool)
    quit = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._chord = ""
        self._trouble = self._slow = ""
        self._open = self._attention = 0
        self._sent: int | None = None
        self._shown: tuple[Badge, int] | None = None
        self._menu = QMenu()
        self._make_menu()
        self._icon = QSystemTrayIcon(self)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._clicked)
        self._refresh()
        self._icon.show()

    def set_chord(self, chord: str) -> None:
        """Name the keys that take a picture."""
        self._chord = chord
        self._refresh()

    def set_problem(self, text: str) -> None:
        """Say what is wrong in the first line of the menu and beside the icon; "" takes it back."""
        self._trouble = text
        self._refresh()

    def set_reports(self, undelivered: int, attention: int) -> None:
        """How many reports are not delivered yet, and how many of these need a person."""
        self._open, self._attention = undelivered, attention
        self._refresh()

    def set_sending(self, sent: int, total: int) -> None:
        """How many bytes of a report have gone out; a total of 0: nothing is being sent."""
        self._sent = min(100, 100 * sent // total) if total else None
        self._slow = self._slow if total else ""
        self._refresh()

    def set_slow(self, sentence: str) -> None:
        """Say how long the report that is being sent will take."""
        self._slow = sentence
        self._refresh()

    def say(self, title: str, text: str) -> None:
        """A short message beside the icon, if there is a tray."""
        if QSystemTrayIcon.isSystemTrayAvailable():
            self._icon.showMessage(title, text, icon(self._badge()))

    def hide(self) -> None:
        """Take the icon away."""
        self._icon.hide()

    def tooltip(self) -> str:
        """The words beside the icon: the keys, the state, what is wrong."""
        return self._icon.toolTip()

    # --- how ----------------------------------------------------------------------------------------------

    def _make_menu(self) -> None:
        self._problem = self._menu.addAction("")
        self._problem.setEnabled(False)
        self._line = self._menu.addSeparator()
        self._add("Capture &screen").triggered.connect(lambda: self.capture_screen.emit())
        self._add("Capture &window").triggered.connect(lambda: self.capture_window.emit())
        self._add("&Attach to ticket…").triggered.connect(lambda: self.attach.emit())
        self._menu.addSeparator()
        self._add("&Outbox").triggered.connect(lambda: self.outbox.emit())
        self._add("&Check this computer…").triggered.connect(lambda: self.doctor.emit())
        self._pause = self._add("&Pause")
        self._pause.setCheckable(True)
        self._pause.toggled.connect(self._pause_toggled)
        self._menu.addSeparator()
        self._add("&Quit").triggered.connect(lambda: self.quit.emit())

    def _add(self, text: str) -> QAction:
        return self._menu.addAction(text)

    def _pause_toggled(self, paused: bool) -> None:
        self._refresh()
        self.paused.emit(paused)

    def _badge(self) -> Badge:
        if self._sent is not None:
            return Badge.SENDING
        if self._attention or self._trouble:
            return Badge.ATTENTION
        if self._pause.isChecked():
            return Badge.PAUSED
        return Badge.WAITING if self._open else Badge.NONE

    def _refresh(self) -> None:
        look = (self._badge(), (self._sent or 0) // _STEP * _STEP)
        if look != self._shown:
            self._shown = look
            self._icon.setIcon(icon(*look))
        self._icon.setToolTip("\n".join(line for line in self._lines() if line))
        self._problem.setText(self._trouble.replace("&", "&&"))
        self._problem.setVisible(bool(self._trouble))
        self._line.setVisible(bool(self._trouble))

    def _lines(self) -> tuple[str, ...]:
        keys = f"snapper: press {self._chord}" if self._chord else "snapper"
        return (
            "snapper is paused: the keys do nothing" if self._pause.isChecked() else keys,
            "" if self._sent is None else f"Sending your report, {self._sent} %",
            self._slow,
            _reports(self._open, "is waiting to be sent", "are waiting to be sent"),
            _reports(self._attention, "needs your attention", "need your attention"),
            self._trouble,
        )

    def _clicked(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self._menu.popup(QCursor.pos() - QPoint(0, self._menu.sizeHint().height()))


def _reports(count: int, one: str, more: str) -> str:
    if not count:
        return ""
    return f"1 report {one}" if count == 1 else f"{count} reports {more}"
