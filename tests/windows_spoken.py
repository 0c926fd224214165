"""What is wrong with the windows in the language of this process: text that is cut, windows that do not fit,
letters that choose two parts. Run by test_windows_in_every_language.py; prints JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget

from scripts.windows_shown import WINDOWS, clear
from snapper.ui import look
from tests.ui_looks import mnemonics
from tests.ui_shown import cut


def faults(build: Callable[[], QWidget]) -> list[str]:
    """Of one window."""
    window = build()
    window.show()
    QTest.qWaitForWindowExposed(window)
    QCoreApplication.sendPostedEvents()  # the layout of what has just come
    found = list(cut(window))
    room, size = window.screen().availableGeometry(), window.frameGeometry()
    if size.width() > room.width() or size.height() > room.height():  # where it is, the window manager says
        found.append("larger than the screen")
    letters = _of_menu(window) if isinstance(window, QMenu) else [letter for letter, _ in mnemonics()]
    found += [f"{letter} chooses two" for letter in sorted({*letters}) if letters.count(letter) > 1]
    clear()
    return found


def _of_menu(menu: QMenu) -> list[str]:
    texts = (action.text().replace("&&", "") for action in menu.actions())
    return [text[text.index("&") + 1].upper() for text in texts if "&" in text]


if __name__ == "__main__":
    look.application()
    ours = {name: build for name, build in WINDOWS.items() if name != "folder"}  # that one is the toolkit's
    print(json.dumps({name: wrong for name, build in ours.items() if (wrong := faults(build))}))
