"""A notification where the person sees such things: by the desktop's service, else beside the tray icon.

A notification never takes the keyboard. Where none can be shown, what was to be opened by a click is done at
once instead: a window, which must not take it either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal

from snapper.notices import DesktopNotices, Notice
from snapper.ui.loop import Loop
from snapper.ui.tray import Tray

OWN_SERVICE = ("win32", "darwin")  # there the toolkit speaks to the system's notifications


class Notifying(QObject):
    """Shows notices; `opened` tells the key of one that was clicked, in the thread of the windows."""

    opened = Signal(str)

    def __init__(self, loop: Loop, tray: Tray, environ: Mapping[str, str], platform: str) -> None:
        super().__init__()
        self._loop = loop
        self._tray = tray
        self._last = ""
        self._desktop: DesktopNotices | None = None
        if platform in OWN_SERVICE:
            tray.message_clicked.connect(lambda: self.opened.emit(self._last))
        else:
            self._desktop = DesktopNotices(environ, lambda key: loop.post(lambda: self.opened.emit(key)))

    def show(self, notice: Notice, instead: Callable[[], None]) -> None:
        """Show a notice, or do something `instead`; from the thread of the windows."""
        if self._desktop:
            self._desktop.show(notice, lambda: self._loop.post(instead))
        elif self._tray.say(notice.title, notice.text):
            self._last = notice.key  # the toolkit tells that a message was clicked, and not which
        else:
            instead()

    def withdraw(self, key: str) -> None:
        """Take back what is still shown about this, where that can be done."""
        if self._desktop:
            self._desktop.withdraw(key)

    def close(self) -> None:
        """Show nothing any more."""
        if self._desktop:
            self._desktop.close()
