"""The window system's event loop: started, ended, and asked from other threads to do something."""

from __future__ import annotations

import ctypes
import signal
import socket
import sys
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier, Qt, QTimer, Signal, Slot

from snapper.errors import Unavailable
from snapper.language import _
from snapper.ui import look, mac_menu_bar

Action = Callable[[], None]


class _Mailbox(QObject):
    """Brings actions from any thread into the thread of the windows."""

    arrived = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        # A method of an object that lives in this thread, and queued: a plain function would run where the
        # signal is sent.
        self.arrived.connect(self.act, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def act(self, action: Action) -> None:
        """Do what arrived."""
        action()


class Loop:
    """One per process, made in the main thread. Raises Unavailable when windows cannot be shown."""

    def __init__(self) -> None:
        _check_system_libraries()
        self.application = look.application()
        mac_menu_bar.stay_out_of_the_dock()
        self._mailbox = _Mailbox()
        self._wakeups = self._quit_on_signals()

    def post(self, action: Action) -> None:
        """Have the action done in the thread of the windows, soon; from any thread."""
        self._mailbox.arrived.emit(action)

    def later(self, seconds: float, action: Action) -> None:
        """Have the action done after a while; from the thread of the windows."""
        # Qt holds methods weakly, so that their object might be gone by then; a function it keeps.
        QTimer.singleShot(int(seconds * 1000), lambda: action())

    def run(self) -> int:
        """Handle events until quit() or a signal to end; returns the exit code."""
        return int(self.application.exec())

    def quit(self) -> None:
        """End run(), or the next run() at once: a signal may come before the loop has begun."""
        QTimer.singleShot(0, self.application.quit)

    def _quit_on_signals(self) -> tuple[socket.socket, socket.socket, QSocketNotifier]:
        # Python runs signal handlers between its own instructions, and an idle event loop has none: the
        # signal writes a byte that wakes the loop instead. No polling.
        reader, writer = socket.socketpair()
        for end in (reader, writer):
            end.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.quit())
        notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
        notifier.activated.connect(lambda *_: reader.recv(64))
        return reader, writer, notifier


def _check_system_libraries() -> None:
    """Qt ends the whole process when one of its libraries is missing: look first."""
    if sys.platform != "linux":
        return
    for library, package in (
        ("libxcb-cursor.so.0", "libxcb-cursor0"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ):
        try:
            ctypes.CDLL(library)
        except OSError as error:
            raise Unavailable(
                _("The windows cannot be shown: the system package {package} is missing.").format(
                    package=package
                ),
                _("Install it (on Debian and Ubuntu: {command}) and start snapper again.").format(
                    command=f"apt install {package}"
                ),
            ) from error
