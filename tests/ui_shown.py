"""Every window of scripts/windows_shown.py, one at a time, and what tests ask about it: where Tab stops, what
text needs, how it looks. A part of tests/ui_driver.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QStyle,
    QStyleOptionButton,
    QTableWidget,
    QTimeEdit,
    QToolButton,
    QWidget,
)
from shiboken6 import isValid

from snapper.ui.elided_label import ElidedLabel
from snapper.ui.look import Badge, ElidedCheckBox, icon

_WHOLE = (QAbstractSpinBox, QComboBox, QHeaderView)  # the parts inside are Qt's own
_BETWEEN_WORDS = re.compile(r"[\s\u3000-\u9fff\uff00-\uffef]+")  # Chinese breaks after any character
_GIVES_WAY = (ElidedLabel, ElidedCheckBox, QComboBox)  # all of the text is in the tool tip


class ShownCommands:
    """The window of a name, with text of so many points (0: the system's)."""

    def __init__(self, name: str, points: str = "0") -> None:
        from scripts.windows_shown import WINDOWS

        if float(points):
            font = QApplication.font()
            font.setPointSizeF(float(points))
            QApplication.setFont(font)
        self.window = WINDOWS[name]()
        self.window.show()
        self.window.activateWindow()

    def shown(self) -> None:
        """The window's title, whether it is there, and whether it has the keyboard."""
        window = self.window
        if not isValid(window):  # some go when they are closed
            _tell("shown", title="", visible=False, active=False)
            return
        _tell("shown", title=window.windowTitle(), visible=window.isVisible(), active=window.isActiveWindow())

    def labels(self) -> None:
        """What is written on the visible labels."""
        labels = [part for part in _reading(self.window) if isinstance(part, QLabel)]
        _tell("labels", texts=[label.text().replace("&", "") for label in labels if label.text()])

    def stops(self) -> None:
        """What Tab is to stop at, in the order in which one reads."""
        _tell("stops", stops=[_label(part) for part in _reading(self.window) if _is_stop(part)])

    def focus(self) -> None:
        """What has the keyboard, and whether it can be seen."""
        part = QApplication.focusWidget()
        name = _label(part) if part else ""
        said = part.accessibleDescription() if part else ""
        if isinstance(part, QTimeEdit):
            said = str(part.currentSectionIndex())
        seen = part is not None and not part.visibleRegion().isEmpty()
        _tell("focus", name=name, said=said, seen=seen)

    def text(self) -> None:
        """What of the text is cut off, and whether the window has room on its screen."""
        room, place = self.window.screen().availableGeometry(), self.window.geometry()
        where = {"room": room.getRect(), "place": place.getRect()}
        size = [*place.size().toTuple()]
        _tell("text", cut=list(cut(self.window)), fits=room.contains(place), size=size, **where)

    def letters(self) -> None:
        """The letters that choose a part, and the parts they choose."""
        from tests.ui_looks import mnemonics

        _tell("letters", found=mnemonics())

    def look(self, path: str) -> None:
        """Save a picture of the window, in real pixels, and tell where its parts are in it."""
        picture = self.window.grab()
        picture.save(path)
        ratio = picture.devicePixelRatio()
        parts = [
            {
                "kind": _kind(part), "name": _label(part), "enabled": part.isEnabled(),
                "written": _is_written(part),
                "place": [round(number * ratio) for number in _place(part, self.window).getRect()],
            }
            for part in _reading(self.window)
            if part.visibleRegion().boundingRect() == part.rect()
        ]  # fmt: skip
        _tell("look", parts=parts)

    def marks(self) -> None:
        """Each mark of a table in its first column, its colour, and the two that rows are painted in."""
        [table] = self.window.findChildren(QTableWidget)
        rows = [
            table.palette().color(role).name()
            for role in (QPalette.ColorRole.Base, QPalette.ColorRole.AlternateBase)
        ]
        cells = filter(None, (table.item(row, 0) for row in range(table.rowCount())))
        _tell("marks", rows=rows, marks=[[each.text(), each.foreground().color().name()] for each in cells])

    def badges(self) -> None:
        """The icon of every state, as the places that are white."""
        shapes = {}
        for badge in Badge:
            picture = icon(badge, 40).pixmap(22, 22).toImage()
            spots = ((x, y) for y in range(picture.height()) for x in range(picture.width()))
            shapes[str(badge)] = [picture.pixelColor(*spot).lightness() > 200 for spot in spots]
        _tell("badges", shapes=shapes)

    def screens(self) -> None:
        """The screens as the toolkit knows them."""
        _tell(
            "screens",
            screens=[
                [*screen.geometry().getRect(), screen.devicePixelRatio()]
                for screen in QGuiApplication.screens()
            ],
        )


def _tell(event: str, **facts: Any) -> None:
    print(json.dumps({"event": event, **facts}), flush=True)


def _label(part: QWidget) -> str:
    text = part.text() if isinstance(part, (QAbstractButton, QLabel)) else ""
    return f"{type(part).__name__} “{part.accessibleName() or text.replace('&', '')}”"


def _kind(part: QWidget) -> str:
    if isinstance(part, QToolButton) and not part.text():
        field = part.parentWidget()
        return (
            "other" if isinstance(field, QLineEdit) and not field.text() else "icon"
        )  # then it is not drawn
    if isinstance(part, QLabel) and not part.pixmap().isNull():
        return "picture"
    kinds = {QLabel: "label", QCheckBox: "check", QAbstractButton: "button", QPlainTextEdit: "text"}
    kinds |= {QLineEdit: "field", QComboBox: "field", QAbstractSpinBox: "field"}
    return next((kind for of, kind in kinds.items() if isinstance(part, of)), "other")


def _is_written(part: QWidget) -> bool:
    """Whether there is text on it."""
    if isinstance(part, QLineEdit):
        return bool(part.text() or part.placeholderText())
    return not isinstance(part, (QAbstractButton, QLabel)) or bool(part.text())


def _place(part: QWidget, inside: QWidget) -> QRect:
    return QRect(part.mapTo(inside, QPoint(0, 0)), part.size())


# --- order ------------------------------------------------------------------------------------------------


def _reading(part: QWidget) -> Iterator[QWidget]:
    """The visible parts as one reads them: row by row, and in a row from the left; a panel all at once."""
    if isinstance(part, _WHOLE):
        return
    children = [
        child
        for child in part.children()
        if isinstance(child, QWidget) and child.isVisible() and not child.isWindow()
    ]
    for row in _rows(children):
        for child in sorted(row, key=lambda child: child.x()):
            yield child
            yield from _reading(child)


def _rows(parts: Sequence[QWidget]) -> list[list[QWidget]]:
    rows: list[list[QWidget]] = []
    for part in sorted(parts, key=lambda part: part.y()):
        last = rows[-1][0] if rows else None
        if last and part.geometry().center().y() <= last.geometry().bottom():
            rows[-1].append(part)
        else:
            rows.append([part])
    return rows


def _is_stop(part: QWidget) -> bool:
    if isinstance(part, QRadioButton) and not part.isChecked():
        return False  # arrows go there from the one that is chosen
    by_tab = bool(part.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
    return by_tab and part.isEnabled() and part.focusProxy() is None


# --- text -------------------------------------------------------------------------------------------------


def cut(window: QWidget) -> Iterator[str]:
    """What of the text in a window is cut off, or sticks out of it."""
    for part in _reading(window):
        if lacks := _lacks(part):
            yield f"{_label(part)}: {lacks}"
        if outside := _outside(part, window):
            yield f"{_label(part)} sticks out of {outside}"


def _lacks(part: QWidget) -> str:
    """What of its text a part has no room for."""
    wide, high = part.width(), part.height()
    if isinstance(part, _GIVES_WAY):
        told = bool(part.toolTip()) or not _needs_width(part) > wide
        return "" if told and high >= part.minimumSizeHint().height() else "elided without a tool tip, or low"
    if isinstance(part, QLabel) and part.text() and part.pixmap().isNull():
        return _label_lacks(part)
    if isinstance(part, QLineEdit):
        return _field_lacks(part)
    if isinstance(part, QHeaderView):
        shown = [n for n in range(part.count()) if not part.isSectionHidden(n)]
        narrow = [n for n in shown if part.sectionSize(n) < part.sectionSizeHint(n)]
        return f"headings {narrow}" if narrow else ""
    if isinstance(part, QAbstractButton) and part.text():
        return _button_lacks(part)
    if isinstance(part, QAbstractSpinBox):
        wish = part.minimumSizeHint()
        return f"{wish.width()} wide in {wide}" if wish.width() > wide else ""
    return ""


def _label_lacks(label: QLabel) -> str:
    room, metrics = label.contentsRect(), label.fontMetrics()
    if not label.wordWrap():
        needed = label.sizeHint()
        return "" if needed.width() <= label.width() and needed.height() <= label.height() else "cut"
    longest = max(metrics.horizontalAdvance(word) for word in _BETWEEN_WORDS.split(label.text()))
    if longest > room.width():
        return f"the longest word is {longest} wide, room {room.width()}"
    needed_height = label.heightForWidth(label.width())
    return f"{needed_height} high, room {label.height()}" if needed_height > label.height() else ""


def _field_lacks(field: QLineEdit) -> str:
    metrics = field.fontMetrics()
    low = field.height() < metrics.height() + 2
    cut = metrics.horizontalAdvance(field.placeholderText()) + 8 > field.width() and not field.toolTip()
    return "too low" if low else "the hint is cut" if cut else ""


def _button_lacks(button: QAbstractButton) -> str:
    """Its edges may give way, its text may not."""
    text = button.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, button.text())
    indicator = button.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth)
    beside = 8 if isinstance(button, QPushButton) else 4 if isinstance(button, QToolButton) else indicator + 4
    narrow, low = text.width() + beside > button.width(), text.height() > button.height()
    return f"{text.width()} + {beside} wide in {button.width()}" if narrow else "too low" if low else ""


def _needs_width(part: QWidget) -> int:
    if isinstance(part, QCheckBox):
        option = QStyleOptionButton()
        part.initStyleOption(option)
        kind = QStyle.ContentsType.CT_CheckBox
        text = part.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, part.text())
        return part.style().sizeFromContents(kind, option, text, part).width()
    return part.sizeHint().width()


def _outside(part: QWidget, window: QWidget) -> str:
    """What a part sticks out of: the window, unless it can be scrolled to."""
    around: QWidget = window
    above = part.parentWidget()
    while above is not None and above is not window:
        if isinstance(above, QScrollArea):
            around = above.widget()
            break
        if isinstance(above, QAbstractScrollArea):
            return ""
        above = above.parentWidget()
    if part is around or isinstance(part, QScrollArea):
        return ""
    place = _place(part, around) if around.isAncestorOf(part) else QRect()
    return "" if around.rect().contains(place) or place.isNull() else type(around).__name__
