"""The icon in the tray, its menu and its state. Without a tray host everything here still works, unseen.

A tray that comes late, or comes back, is noticed by the toolkit itself. Only under Wayland it looks once, at
the first icon, and never again: there the icon is made when a tray is there to hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QAction, QCursor, QGuiApplication
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from snapper.language import _, number, plural
from snapper.ui.look import Badge, icon
from snapper.ui.mac_menu_bar import tray_icon

if TYPE_CHECKING:
    from PySide6.QtDBus import QDBusServiceWatcher

_STEP = 5  # percent: the icon need not be drawn anew for less
_HOST = "org.kde.StatusNotifierWatcher"  # who knows of every tray of a Wayland desktop


class Tray(QObject):
    """The tray icon: what goes on comes in, the menu's choices go out. It appears as soon as it is made."""

    capture_screen = Signal()
    capture_window = Signal()
    attach = Signal()
    outbox = Signal()
    doctor = Signal()
    paused = Signal(bool)
    opening = Signal()
    autostart_chosen = Signal(bool)
    message_clicked = Signal()
    quit = Signal()

    def __init__(self, waits: bool | None = None) -> None:
        """`waits` for a tray before there is an icon; None: where that is needed."""
        super().__init__()
        self._chord = ""
        self._trouble = self._slow = ""
        self._open = self._attention = 0
        self._sent: int | None = None
        self._shown: tuple[Badge, int] | None = None
        self._menu = QMenu()
        self._make_menu()
        self._icon: QSystemTrayIcon | None = None
        self._watcher: QDBusServiceWatcher | None = None
        wayland = QGuiApplication.platformName().startswith("wayland")
        if not (wayland if waits is None else waits) or self._host_is_there():
            self._make_icon()

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

    def set_autostart(self, on: bool, problem: str = "") -> None:
        """Whether snapper starts when the person signs in; a problem is said below, "" takes it back."""
        self._autostart.setChecked(on)
        self._autostart_problem.setText(problem.replace("&", "&&"))
        self._autostart_problem.setVisible(bool(problem))

    def is_seen(self) -> bool:
        """Whether there is a tray for the icon to be in."""
        return self._icon is not None and QSystemTrayIcon.isSystemTrayAvailable()

    def say(self, title: str, text: str) -> bool:
        """A short message beside the icon; False where none can be shown."""
        if self._icon is None or not self.is_seen() or not QSystemTrayIcon.supportsMessages():
            return False
        self._icon.showMessage(title, text, icon(self._badge()))
        return True

    def hide(self) -> None:
        """Take the icon away."""
        if self._icon:
            self._icon.hide()

    def tooltip(self) -> str:
        """The words beside the icon: the keys, the state, what is wrong."""
        return "\n".join(line for line in self._lines() if line)

    # --- how ----------------------------------------------------------------------------------------------

    def _host_is_there(self) -> bool:
        """Whether a tray is there; one that comes later gets an icon then."""
        from PySide6.QtDBus import QDBusConnection, QDBusServiceWatcher

        bus = QDBusConnection.sessionBus()
        if not bus.isConnected() or bus.interface().isServiceRegistered(_HOST).value():
            return True  # without a bus there will be no tray either
        came = QDBusServiceWatcher.WatchModeFlag.WatchForRegistration
        self._watcher = QDBusServiceWatcher(_HOST, bus, came, self)
        self._watcher.serviceRegistered.connect(lambda *_name: self._make_icon())
        return False

    def _make_icon(self) -> None:
        if self._icon:
            return
        self._icon = QSystemTrayIcon(self)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._clicked)
        self._icon.messageClicked.connect(lambda: self.message_clicked.emit())
        self._shown = None
        self._refresh()
        self._icon.show()

    def _make_menu(self) -> None:
        self._menu.aboutToShow.connect(lambda: self.opening.emit())
        self._problem = self._menu.addAction("")
        self._problem.setEnabled(False)
        self._problem.setVisible(False)
        self._line = self._menu.addSeparator()
        self._line.setVisible(False)
        self._add(_("Capture &screen")).triggered.connect(lambda: self.capture_screen.emit())
        self._add(_("Capture &window")).triggered.connect(lambda: self.capture_window.emit())
        self._add(_("&Attach to ticket…")).triggered.connect(lambda: self.attach.emit())
        self._menu.addSeparator()
        self._add(_("&Outbox")).triggered.connect(lambda: self.outbox.emit())
        self._add(_("&Check this computer…")).triggered.connect(lambda: self.doctor.emit())
        self._pause = self._add(_("&Pause"))
        self._pause.setCheckable(True)
        self._pause.toggled.connect(self._pause_toggled)
        self._autostart = self._add(_("Start when you sign &in"))
        self._autostart.setCheckable(True)
        self._autostart.triggered.connect(lambda on: self.autostart_chosen.emit(on))
        self._autostart_problem = self._add("")
        self._autostart_problem.setEnabled(False)
        self._autostart_problem.setVisible(False)
        self._menu.addSeparator()
        self._add(_("&Quit")).triggered.connect(lambda: self.quit.emit())

    def _add(self, text: str) -> QAction:
        return self._menu.addAction(text)

    def _pause_toggled(self, paused: bool) -> None:
        self._refresh()
        self.paused.emit(paused)

    def _badge(self) -> Badge:
        if self._pause.isChecked():
            return Badge.PAUSED
        if self._sent is not None:
            return Badge.SENDING
        if self._attention or self._trouble:
            return Badge.ATTENTION
        return Badge.WAITING if self._open else Badge.NONE

    def _refresh(self) -> None:
        look = (self._badge(), (self._sent or 0) // _STEP * _STEP)
        if self._icon:
            if look != self._shown:
                self._shown = look
                self._icon.setIcon(tray_icon(*look))
            self._icon.setToolTip(self.tooltip())
        self._problem.setText(self._trouble.replace("&", "&&"))
        self._problem.setVisible(bool(self._trouble))
        self._line.setVisible(bool(self._trouble))

    def _lines(self) -> tuple[str, ...]:
        keys = _("snapper: press {chord}").format(chord=self._chord) if self._chord else "snapper"
        return (
            _("snapper is paused: the keys do nothing, and nothing is sent")
            if self._pause.isChecked()
            else keys,
            "" if self._sent is None else _("Sending your report, {percent} %").format(percent=self._sent),
            self._slow,
            _waiting(self._open) if self._open else "",
            _needing(self._attention) if self._attention else "",
            self._trouble,
        )

    def _clicked(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self._menu.popup(QCursor.pos() - QPoint(0, self._menu.sizeHint().height()))


def _waiting(count: int) -> str:
    said = plural("{count} report is waiting to be sent", "{count} reports are waiting to be sent", count)
    return said.format(count=number(count))


def _needing(count: int) -> str:
    said = plural("{count} report needs your attention", "{count} reports need your attention", count)
    return said.format(count=number(count))
