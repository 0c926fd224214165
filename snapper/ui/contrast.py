"""What can be told apart: ratios after WCAG 2.1, and the system's colours made to keep them.

A system's palette has faint hints in its fields and faint edges around them, and in a dark one colours that
were chosen for white. What is better than asked for stays as it is.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

TEXT, EDGE = 4.5, 3.0  # WCAG 2.1, 1.4.3 and 1.4.11
_MARGIN = 1.35  # the style draws some edges lighter
_OUTLINE = 1.4  # the style's edges are so much darker than its windows

_FIELDS = ("QLineEdit", "QPlainTextEdit", "QAbstractSpinBox", "QComboBox", "QCheckBox", "QRadioButton")
_LISTS = ("QTreeWidget", "QTableWidget")


def luminance(color: QColor) -> float:
    """How bright a colour is seen, from 0 (black) to 1 (white)."""
    parts = (color.redF(), color.greenF(), color.blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: QColor, other: QColor) -> float:
    """How well two opaque colours can be told apart, from 1 (not at all) to 21."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def readable(color: QColor, *behind: QColor, least: float = TEXT) -> QColor:
    """A colour like this one that can be told from all of these: as much darker or brighter as needed."""
    end = max((QColor("black"), QColor("white")), key=lambda end: min(ratio(end, each) for each in behind))
    mixes = (_mixed(color, end, step / 32) for step in range(33))
    return next((mix for mix in mixes if min(ratio(mix, each) for each in behind) >= least), end)


def _mixed(color: QColor, end: QColor, share: float) -> QColor:
    return QColor.fromRgbF(
        color.redF() + (end.redF() - color.redF()) * share,
        color.greenF() + (end.greenF() - color.greenF()) * share,
        color.blueF() + (end.blueF() - color.blueF()) * share,
    )


class Application(QApplication):
    """The application object; it keeps the contrast of fields whenever the system's colours change."""

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self._keeping = False

    def event(self, event: QEvent) -> bool:
        """Follow a change of theme."""
        handled = super().event(event)
        if event.type() is QEvent.Type.ApplicationPaletteChange and not self._keeping:
            self.keep_contrast()
        return handled

    def keep_contrast(self) -> None:
        """Give fields and lists colours that can be told apart."""
        self._keeping = True
        for names, made in ((_FIELDS, _field_palette), (_LISTS, _edged)):
            palette = made(self.palette())
            for name in names:
                # The stubs want bytes; only text is taken.
                self.setPalette(palette, name)  # type: ignore[arg-type]
        self._keeping = False


def _field_palette(system: QPalette) -> QPalette:
    """With hints that can be read."""
    palette = _edged(system)
    base, hint = (
        system.color(role) for role in (QPalette.ColorRole.Base, QPalette.ColorRole.PlaceholderText)
    )
    opaque = _mixed(base, QColor(hint.rgb()), hint.alphaF())
    palette.setColor(QPalette.ColorRole.PlaceholderText, readable(opaque, base))
    return palette


def _edged(system: QPalette) -> QPalette:
    """With edges that can be seen: the style draws them in a shade of the window's colour."""
    palette, window = QPalette(), system.color(QPalette.ColorRole.Window)
    around = (window, window.lighter(112))
    edge = readable(window.darker(round(_OUTLINE * 100)), *around, least=EDGE * _MARGIN)
    shade = [min(part * _OUTLINE, 1.0) for part in (edge.redF(), edge.greenF(), edge.blueF())]
    palette.setColor(QPalette.ColorRole.Window, QColor.fromRgbF(*shade))
    return palette
