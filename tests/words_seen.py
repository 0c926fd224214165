"""A process in which every message reads ⟦like this⟧, with what is filled in outside of the brackets: builds
all windows, and prints as JSON what they show that is not marked so and is not of the data put in.

Run as `python -m tests.words_seen [WINDOW…]`, on a screen or with Qt's offscreen platform. The window `trial`
has a text of every kind that is not marked, `support` prints what goes to support from here.
"""

from __future__ import annotations

import gettext
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QCoreApplication, QModelIndex, Qt, QTranslator
from PySide6.QtGui import QAction, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

import snapper.language

_GETTERS = (
    "text", "title", "placeholderText", "toPlainText", "currentText", "prefix", "suffix", "specialValueText",
    "windowTitle", "toolTip", "statusTip", "whatsThis", "accessibleName", "accessibleDescription",
)  # fmt: skip
_ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
_DEEPEST = 3


def marked(message: str) -> str:
    """A message as another language would have it: other words, the same placeholders."""
    parts = re.split(r"(\{\w+\})", message)
    return "".join(part if part.startswith("{") or not part else f"⟦{part}⟧" for part in parts)


class Pseudo(gettext.NullTranslations):
    """Answers every message with itself in brackets; letters and placeholders are kept."""

    def gettext(self, message: str) -> str:
        return marked(message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        return marked(one if count == 1 else many)


class PseudoToolkit(QTranslator):
    """The same for the toolkit's own words."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, text: str, *_more: object) -> str:
        return f"⟦{text}⟧"


class Painted(QPainter):
    """Writes down what is painted as text."""

    texts: list[str] = []  # noqa: RUF012

    def drawText(self, *arguments: Any) -> Any:
        self.texts += [each for each in arguments if isinstance(each, str)]
        return super().drawText(*arguments)


def unmarked(text: str, data: Iterable[str]) -> bool:
    """Whether letters are left of a text without its messages and its data."""
    text = re.sub(r"</?qt>|\t.*", "", text)  # tool tips that wrap; keys behind the lines of a menu
    while (less := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = less
    for known in sorted(data, key=len, reverse=True):
        # What begins or ends with a letter is no part of a longer word; a log is broken up by such spaces.
        text = re.sub(rf"(?<!\w){re.escape(known)}(?!\w)", " ", text.replace("\u200b", ""))
    return any(each.isalpha() for each in text)


def texts_of(window: QWidget) -> Iterator[str]:
    """Everything a window says, seen or read out."""
    for part in (window, *window.findChildren(QWidget)):
        if part.isVisible():
            yield from _said(part)
            for action in part.actions():
                yield from _said(action)
    for field in window.findChildren(QLineEdit):
        if field.isVisible():
            menu: QMenu = field.createStandardContextMenu()
            yield from (action.text() for action in menu.actions())
            break


def _said(part: QWidget | QAction) -> Iterator[str]:
    for name in _GETTERS:
        getter: Callable[[], object] | None = getattr(part, name, None)
        if callable(getter) and isinstance(said := getter(), str):
            yield said
    if isinstance(part, QComboBox):
        yield from _items(part.model(), part.rootModelIndex(), 0)
    elif isinstance(part, QAbstractItemView):
        yield from _items(part.model(), part.rootIndex(), 0)
        yield from _headers(part)


def _items(model: QAbstractItemModel | None, parent: QModelIndex, depth: int) -> Iterator[str]:
    if model is None or depth > _DEEPEST:
        return
    for row in range(model.rowCount(parent)):
        for column in range(model.columnCount(parent)):
            index = model.index(row, column, parent)
            yield from (said for role in _ROLES if isinstance(said := model.data(index, role), str))
        yield from _items(model, model.index(row, 0, parent), depth + 1)


def _headers(view: QAbstractItemView) -> Iterator[str]:
    shown = getattr(view, "isHeaderHidden", None)
    if (shown and shown()) or view.model() is None:
        return
    for column in range(view.model().columnCount(view.rootIndex())):
        if isinstance(said := view.model().headerData(column, Qt.Orientation.Horizontal), str):
            yield said


def _see(build: Callable[[], QWidget]) -> set[str]:
    """What is wrong in one window, in each of its states."""
    from scripts import windows_data, windows_shown
    from snapper.ui.outbox_window import OutboxWindow
    from snapper.ui.receipt_window import ReceiptWindow
    from snapper.ui.tray import Tray

    Painted.texts.clear()
    window = build()
    QTest.qWaitForWindowExposed(window)
    said: set[str] = set(texts_of(window))
    if isinstance(window, OutboxWindow):
        for row in range(window._list.topLevelItemCount()):
            window._list.setCurrentItem(window._list.topLevelItem(row))
            said |= set(texts_of(window))
        window._copy_receipt()
        window._copy_for_it()
    if isinstance(window, ReceiptWindow):
        window._copy_receipt()
        window._copy_for_it()
    for tray in (each for each in windows_shown.KEPT if isinstance(each, Tray)):
        said.add(tray.tooltip())
        tray._pause.setChecked(True)
        said.add(tray.tooltip())
    window.grab()
    said |= {*texts_of(window), *Painted.texts}
    windows_shown.clear()
    return {each for each in said if unmarked(each, windows_data.DATA)}


def trial() -> QWidget:
    """A window in which nothing was marked."""
    from snapper.ui.thumbnail import Thumbnail

    window = QWidget()
    window.setWindowTitle("plain title")
    rows = QVBoxLayout(window)
    label, field, tree, box = QLabel("plain text"), QLineEdit(), QTreeWidget(), QComboBox()
    label.setToolTip("plain tip")
    label.setAccessibleName("plain name")
    label.setAccessibleDescription(snapper.language._("half {name}").format(name="plain"))
    field.setPlaceholderText("plain placeholder")
    tree.setHeaderLabels(["plain header"])
    QTreeWidgetItem(tree, ["plain item"]).addChild(QTreeWidgetItem(["plain child"]))
    box.addItems(["plain choice"])
    label.addAction(QAction("plain action", label))
    for part in (label, field, tree, box, Thumbnail()):
        rows.addWidget(part)
    window.show()
    return window


def for_support() -> dict[str, str]:
    """What a person is to hand on to support: the clipboard, and what is pasted into a ticket."""
    from scripts import windows_data as data
    from snapper.delivery.letter import tag_of
    from snapper.state import State
    from snapper.ui.receipts import words_of
    from snapper.web_ticket import steps_text

    tag, entry = tag_of(data.number_of(0)), data.entry(State.WAITING, 0)
    steps = steps_text(entry, {"snapper.zip": 1000})
    return {
        "desk": words_of(data.receipt(), "").clipboard,
        "ticket": words_of(data.receipt(tag, "88213"), "our RT").clipboard,
        "tag": words_of(data.receipt(tag, tag), "our RT").clipboard,
        "pasted": steps.split("-----")[2],
        "steps": steps,
    }


def main(wanted: list[str]) -> None:
    """Print what is wrong, by window."""
    snapper.language._catalogue = Pseudo  # type: ignore[assignment]
    from scripts.windows_shown import WINDOWS
    from snapper.ui import look

    application = look.application()
    toolkit = PseudoToolkit(application)
    QCoreApplication.installTranslator(toolkit)
    for name, module in list(sys.modules.items()):
        if name.startswith("snapper.ui.") and hasattr(module, "QPainter"):
            module.QPainter = Painted  # type: ignore[attr-defined]
    if wanted == ["support"]:
        print(json.dumps(for_support()))
        return
    builders = {**WINDOWS, "trial": trial}
    print(json.dumps({name: sorted(_see(builders[name])) for name in wanted or WINDOWS}))


if __name__ == "__main__":
    main(sys.argv[1:])
