"""What a screen reader is told beyond what the toolkit tells by itself: what happens, and what a part is.

Nothing is computed while no screen reader runs.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleInterface,
    QAccessibleObject,
    QWindow,
)
from PySide6.QtWidgets import QApplication, QWidget

# By the name of the class. Qt takes a plain window for a part without meaning, and does not know our canvas.
_ROLES = {
    "NoteWindow": QAccessible.Role.Window,
    "OutboxWindow": QAccessible.Role.Window,
    "ReceiptWindow": QAccessible.Role.Window,
    "DoctorWindow": QAccessible.Role.Window,
    "ProxyLoginWindow": QAccessible.Role.Window,
    "CoverCanvas": QAccessible.Role.Graphic,
    "FittedPicture": QAccessible.Role.Graphic,
}


def announce(part: QWidget, text: str, *, urgent: bool = False) -> None:
    """Have a screen reader say a text that has just appeared; an urgent one interrupts what it says now."""
    if not text or not QAccessible.isActive() or not part.window().isVisible():
        return
    event = QAccessibleAnnouncementEvent(part, text)
    polite, now = QAccessible.AnnouncementPoliteness.Polite, QAccessible.AnnouncementPoliteness.Assertive
    event.setPoliteness(now if urgent else polite)
    QAccessible.updateAccessibility(event)


def tell_roles() -> None:
    """Have our windows told as windows and the canvas as a picture; once per process."""
    QAccessible.installFactory(_made)


def _made(name: str, part: object) -> QAccessibleInterface | None:
    if name not in _ROLES or not isinstance(part, QWidget):
        return None
    return _Told(part, _ROLES[name])


class _Told(QAccessibleObject):
    """A widget with a role of its own; its parts are told as ever."""

    def __init__(self, part: QWidget, role: QAccessible.Role) -> None:
        super().__init__(part)
        self._part, self._role = part, role

    def role(self) -> QAccessible.Role:
        """What it is."""
        return self._role

    def text(self, kind: QAccessible.Text) -> str:
        """Its title or name, and its description."""
        if kind is QAccessible.Text.Description:
            return self._part.accessibleDescription()
        if kind is not QAccessible.Text.Name:
            return ""
        return self._part.windowTitle() if self._part.isWindow() else self._part.accessibleName()

    def state(self) -> QAccessible.State:
        """Whether it is seen, and has the keyboard."""
        part, state = self._part, QAccessible.State()
        states: dict[str, bool] = {
            "invisible": not part.isVisible(),
            "disabled": not part.isEnabled(),
            "active": part.isWindow() and part.isActiveWindow(),
            "focusable": part.focusPolicy() is not Qt.FocusPolicy.NoFocus,
            "focused": part.hasFocus(),
        }
        for name, holds in states.items():
            setattr(state, name, holds)
        return state

    def rect(self) -> QRect:
        """Where it is on the desktop."""
        return QRect(self._part.mapToGlobal(QPoint(0, 0)), self._part.size())

    # The toolkit takes None in these three, whatever its hints say.
    def window(self) -> QWindow | None:  # type: ignore[override]
        """The window it is in."""
        return self._part.window().windowHandle()

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]
        """What it is a part of."""
        above = QApplication.instance() if self._part.isWindow() else self._part.parentWidget()
        return QAccessible.queryAccessibleInterface(above) if above else None

    def childCount(self) -> int:
        """How many parts it has."""
        return len(self._parts())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """One of its parts."""
        parts = self._parts()
        return QAccessible.queryAccessibleInterface(parts[index]) if 0 <= index < len(parts) else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """Which of its parts that is; -1 for none of them."""
        part, parts = child.object(), self._parts()
        return parts.index(part) if part in parts else -1

    def _parts(self) -> list[QWidget]:
        return [
            part
            for part in self._part.children()
            if isinstance(part, QWidget) and not part.isWindow() and not part.isHidden()
        ]
