"""Buttons of which one is chosen: Tab stops at that one, and arrows go to the others."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup


def keep_tab_on_choice(group: QButtonGroup) -> None:
    """Have Tab stop at the chosen one, now and after every choice; at each of them while none is chosen.

    The toolkit's Tab stops at the first one, chosen or not, and from then on only there.
    """
    _follow(group)
    group.buttonToggled.connect(lambda *_: _follow(group))


def _follow(group: QButtonGroup) -> None:
    chosen = group.checkedButton()
    for button in group.buttons():
        click = button.focusPolicy() & Qt.FocusPolicy.ClickFocus
        tab = Qt.FocusPolicy.TabFocus if chosen in (None, button) else Qt.FocusPolicy.NoFocus
        button.setFocusPolicy(click | tab)
