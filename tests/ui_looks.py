"""Where the parts of a window are on the screen, which letters choose them, and whether any is cut off."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QLabel, QScrollArea, QWidget

Place = tuple[int, int]


def place_of(name: str) -> Place:
    """The middle of the visible part of this accessible name or text; of a check box, its box."""
    for part in _visible(QApplication.activeWindow()):
        if name in (part.accessibleName(), _text(part)):
            spot = QPoint(10, part.height() // 2) if isinstance(part, QCheckBox) else part.rect().center()
            there = part.mapToGlobal(spot)
            return there.x(), there.y()
    raise LookupError(name)


def mnemonics() -> list[tuple[str, str]]:
    """The letter of every visible part of the active window that has one, and the part's text."""
    found = []
    for part in _visible(QApplication.activeWindow()):
        if isinstance(part, QAbstractButton) or (isinstance(part, QLabel) and part.buddy()):
            keys = QKeySequence.mnemonic(part.text()).toString()
            found += [(keys, part.text())] if keys else []
    return found


def cut_off(window: QWidget) -> list[str]:
    """The visible parts that stick out of the window's sides, or out of the part they are in."""
    [area] = window.findChildren(QScrollArea, "note")
    body = area.widget()
    cut = ["a scroll bar"] if area.horizontalScrollBar().maximum() else []
    for part in _visible(body):
        place = QRect(part.mapTo(body, QPoint(0, 0)), part.size())
        around = part.parentWidget().rect()
        wide = place.left() < 0 or place.right() >= area.viewport().width()
        outside = isinstance(part, (QAbstractButton, QLabel)) and not around.contains(part.geometry())
        narrow = isinstance(part, QLabel) and part.width() < part.minimumSizeHint().width()
        if wide or outside or narrow:
            cut.append(_name(part))
    return cut + _overlapping(body)


def _overlapping(body: QWidget) -> list[str]:
    """The parts of a body that stand on others, or touch them from above or below."""
    parts = [part for part in _visible(body) if part.parentWidget() is body]
    return [
        f"{_name(part)} on {_name(other)}"
        for number, part in enumerate(parts)
        for other in parts[:number]
        if part.geometry().adjusted(0, -2, 0, 2).intersects(other.geometry())
    ]


def _name(part: QWidget) -> str:
    return part.accessibleName() or _text(part) or type(part).__name__


def _visible(root: QWidget | None) -> list[QWidget]:
    if root is None:
        return []
    return [
        part for part in root.findChildren(QWidget) if part.isVisible() and part.window() is root.window()
    ]


def _text(part: QWidget) -> str:
    return part.text().replace("&", "") if isinstance(part, (QAbstractButton, QLabel)) else ""
