"""What the windows have in common: the application object, drawn icons, cards, places on the screen.

No window lives here. Colours come from the palette, so that light and dark themes both work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from itertools import pairwise

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QCursor,
    QGuiApplication,
    QIcon,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QScreen,
)
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

from snapper.capture.frame import Rect
from snapper.language import together
from snapper.ui.contrast import Application
from snapper.ui.read_aloud import announce, tell_roles
from snapper.ui.spoken import speak, without_letter

BLUE = QColor(37, 99, 235)
_ICON_SIZES = (16, 22, 24, 32, 48, 64, 128)


class Badge(StrEnum):
    """What a corner of the icon says."""

    NONE = "none"
    SENDING = "sending"
    WAITING = "waiting"
    ATTENTION = "attention"
    PAUSED = "paused"


_BADGE_COLORS = {
    Badge.SENDING: QColor(22, 163, 74),
    Badge.WAITING: QColor(217, 119, 6),
    Badge.ATTENTION: QColor(220, 38, 38),
    Badge.PAUSED: QColor(75, 85, 99),
}


def application(arguments: Sequence[str] = ()) -> QApplication:
    """The one application object of this process, made at the first call; it outlives its windows."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    made = Application(["snapper", *arguments])
    speak(made)
    made.setStyle("Fusion")
    made.setApplicationName("snapper")
    made.setDesktopFileName("desk.snapper.Snapper")
    made.setQuitOnLastWindowClosed(False)
    made.setWindowIcon(icon())
    made.keep_contrast()
    tell_roles()
    return made


def badge_color(badge: Badge) -> QColor:
    """The colour that stands for a state."""
    return _BADGE_COLORS.get(badge, BLUE)


# --- icons ------------------------------------------------------------------------------------------------


def icon(badge: Badge = Badge.NONE, percent: int = 0) -> QIcon:
    """The icon in every usual size; `percent` (0 to 100) fills the badge while sending."""

    def draw(painter: QPainter) -> None:
        _draw_viewfinder(painter, _BADGE_COLORS[Badge.PAUSED] if badge is Badge.PAUSED else BLUE)
        if badge is not Badge.NONE:
            _draw_badge(painter, badge, percent)

    return drawn(_ICON_SIZES, 64, draw)


def drawn(sizes: Iterable[int], side: int, draw: Callable[[QPainter], None]) -> QIcon:
    """An icon in these sizes (pixels); `draw` paints it on a square of `side` units."""
    result = QIcon()
    for size in sizes:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(size / side, size / side)
        draw(painter)
        painter.end()
        result.addPixmap(pixmap)
    return result


def _draw_viewfinder(painter: QPainter, background: QColor) -> None:
    """A rounded square with the four corners of a viewfinder and a dot, on a field of 64 × 64."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(background)
    painter.drawRoundedRect(QRectF(2, 2, 60, 60), 14, 14)
    white = Qt.GlobalColor.white
    painter.setPen(QPen(white, 6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    for across, down in ((1, 1), (-1, 1), (-1, -1), (1, -1)):
        corner = QPointF(32 - 18 * across, 32 - 18 * down)
        arms = (corner + QPointF(10 * across, 0), corner, corner + QPointF(0, 10 * down))
        painter.drawPolyline(arms)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(white)
    painter.drawEllipse(QPointF(32, 32), 8, 8)


def _draw_badge(painter: QPainter, badge: Badge, percent: int) -> None:
    painter.setPen(QPen(Qt.GlobalColor.white, 3))
    painter.setBrush(_BADGE_COLORS[badge])
    painter.drawEllipse(QPointF(46, 46), 15, 15)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.GlobalColor.white)
    if badge is Badge.SENDING:
        painter.drawPie(QRectF(36, 36, 20, 20), 90 * 16, -round(percent * 57.6))
    elif badge is Badge.ATTENTION:
        painter.drawRoundedRect(QRectF(44, 36, 4, 12), 2, 2)
        painter.drawEllipse(QPointF(46, 54), 2.5, 2.5)
    elif badge is Badge.PAUSED:
        painter.drawRects([QRectF(40, 39, 4, 14), QRectF(48, 39, 4, 14)])
    else:
        painter.drawPolygon([QPointF(39, 38), QPointF(53, 38), QPointF(39, 54), QPointF(53, 54)])


# --- parts of windows -------------------------------------------------------------------------------------


class Card(QFrame):
    """A panel with rounded corners, a little lighter than the window in light and dark themes."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the panel behind its children."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Window).lighter(112))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


class Banner(QFrame):
    """One sentence with a coloured edge, for what the user must not overlook; hidden until it speaks."""

    def __init__(self, color: QColor = _BADGE_COLORS[Badge.ATTENTION]) -> None:
        super().__init__()
        self._color = color
        self._label = plain_label()
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 10, 8)
        row.addWidget(self._label)
        self.hide()

    def say(self, *sentences: str) -> None:
        """Show the sentences; with none of them, hide."""
        text = together(sentences)
        self._label.setText(text)
        self.setVisible(bool(text))
        announce(self._label, text, urgent=self._color == _BADGE_COLORS[Badge.ATTENTION])

    def text(self) -> str:
        """What it says now."""
        return self._label.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the tinted panel and its edge."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        tint = QColor(self._color)
        tint.setAlpha(36)
        painter.setBrush(tint)
        painter.drawRoundedRect(self.rect(), 6, 6)
        painter.setBrush(self._color)
        painter.drawRoundedRect(QRectF(0, 0, 5, self.height()), 2.5, 2.5)


class ElidedCheckBox(QCheckBox):
    """A check box whose text gives way in the middle where it has no room; all of it is the tool tip."""

    _LEAST_CHARS = 12

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show a text, with an & before its letter."""
        super().setText(text)
        self.setToolTip(without_letter(text))

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        wish = super().sizeHint()
        return wish.boundedTo(QSize(self.fontMetrics().averageCharWidth() * self._LEAST_CHARS, wish.height()))

    def shown_text(self) -> str:
        """As much of the text as there is room for."""
        box = self.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth, None, self)
        gap = self.style().pixelMetric(QStyle.PixelMetric.PM_CheckBoxLabelSpacing, None, self)
        room = self.width() - box - gap - 2
        mode, flags = Qt.TextElideMode.ElideMiddle, Qt.TextFlag.TextShowMnemonic
        return self.fontMetrics().elidedText(self.text(), mode, room, flags)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box with what fits."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = self.shown_text()
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_CheckBox, option)


def chain_tabs(parts: Sequence[QWidget]) -> None:
    """Have Tab go through these parts in this order: those made late would come last of all."""
    for before, after in pairwise(parts):
        QWidget.setTabOrder(before, after)


def plain_label(text: str = "", scale: float = 1.0, bold: bool = False) -> QLabel:
    """A label that wraps and shows any text as it is, never as markup."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    font = label.font()
    font.setPointSizeF(font.pointSizeF() * scale)
    font.setBold(bold)
    label.setFont(font)
    return label


_STANDS_OUT = """
QPushButton {
    background: #2563eb; color: white; border: 1px solid #1d4ed8; border-radius: 4px; padding: 5px 20px;
}
QPushButton:hover { background: #1d4ed8; }
QPushButton:pressed { background: #1e40af; }
QPushButton:focus { border: 2px solid palette(window-text); padding: 4px 19px; }
QPushButton:disabled { background: #93a3bd; border-color: #93a3bd; }
"""


def emphasize(button: QPushButton) -> None:
    """Make this the button that stands out."""
    button.setStyleSheet(_STANDS_OUT)
    button.setDefault(True)


# --- places -----------------------------------------------------------------------------------------------


def screen_for(area: Rect | None) -> QScreen:
    """The screen that shows most of an area of the desktop (in pixels); the pointer's without one."""
    if area is not None:
        visible = {screen: _overlap(screen, area) for screen in QGuiApplication.screens()}
        best = max(visible, key=lambda screen: visible[screen])
        if visible[best]:
            return best
    return QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()


def _overlap(screen: QScreen, area: Rect) -> int:
    # Qt scales a screen's size but not its origin.
    place, ratio = screen.geometry(), screen.devicePixelRatio()
    pixels = Rect(place.x(), place.y(), round(place.width() * ratio), round(place.height() * ratio))
    common = pixels.intersection(area)
    return common.width * common.height if common else 0


def put_in_middle(window: QWidget, wish: QSize, screen: QScreen) -> None:
    """Size a window as wished, as far as the work area allows, and put it a little above the middle."""
    space = screen.availableGeometry().adjusted(12, 32, -12, -24)  # room for the title bar
    size = wish.boundedTo(space.size())
    window.resize(size)
    free = space.size() - size
    window.move(space.topLeft() + QPoint(free.width() // 2, free.height() * 2 // 5))


def put_in_corner(window: QWidget, screen: QScreen) -> None:
    """Put a window at the bottom right of the work area."""
    space = screen.availableGeometry()
    corner = QRect(QPoint(0, 0), window.size())
    corner.moveBottomRight(space.bottomRight() - QPoint(16, 16))
    window.move(corner.topLeft())
