"""The Mac's menu bar: an icon that macOS colours, and a program without an icon in the Dock.

macOS draws such an icon (a template image) in the colour of the menu bar, light or dark, and takes nothing
but its opacity: so a state is told by shape. Sources: Human Interface Guidelines, “The menu bar”;
NSApplication and NSRunningApplication.h (developer.apple.com/documentation/appkit); QIcon.setIsMask.
"""

from __future__ import annotations

import contextlib
import importlib

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPen

from snapper.ui.look import Badge, drawn, icon

_SIZES = (18, 36, 54)  # points of the menu bar, in the pixels of plain and Retina monitors
_COCOA = "cocoa"  # Qt's name of macOS
_ACCESSORY = 1  # NSApplicationActivationPolicyAccessory: windows, and neither Dock icon nor menu


def tray_icon(badge: Badge = Badge.NONE, percent: int = 0) -> QIcon:
    """The icon as the tray of this system wants it."""
    return template(badge, percent) if QGuiApplication.platformName() == _COCOA else icon(badge, percent)


def stay_out_of_the_dock() -> None:
    """Have macOS keep this program out of the Dock; in the main thread, once there is an application object,
    because Qt asks for a Dock icon then. Nothing happens on other systems."""
    if QGuiApplication.platformName() == _COCOA:
        with contextlib.suppress(ImportError):  # the bridge, which comes with pynput, is missing
            importlib.import_module("AppKit").NSApplication.sharedApplication().setActivationPolicy_(
                _ACCESSORY
            )


def template(badge: Badge = Badge.NONE, percent: int = 0) -> QIcon:
    """The icon for macOS to colour; `percent` (0 to 100) fills the badge while sending."""

    def draw(painter: QPainter) -> None:
        _draw_viewfinder(painter)
        if badge is not Badge.NONE:
            _draw_badge(painter, badge, percent)

    result = drawn(_SIZES, 18, draw)
    result.setIsMask(True)
    return result


def _draw_viewfinder(painter: QPainter) -> None:
    """Four corners and a dot, on a field of 18 × 18."""
    black = Qt.GlobalColor.black
    painter.setPen(
        QPen(black, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )
    for across, down in ((1, 1), (-1, 1), (-1, -1), (1, -1)):
        corner = QPointF(9 - 7 * across, 9 - 7 * down)
        painter.drawPolyline((corner + QPointF(4 * across, 0), corner, corner + QPointF(0, 4 * down)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(black)
    painter.drawEllipse(QPointF(9, 9), 2.4, 2.4)


def _draw_badge(painter: QPainter, badge: Badge, percent: int) -> None:
    """A disc in the lower right corner with a sign cut out of it, apart from what lies below."""
    disc = QPointF(13, 13)
    _erase(painter)
    painter.drawEllipse(disc, 6, 6)
    _draw(painter)
    painter.drawEllipse(disc, 5, 5)
    _erase(painter)
    if badge is Badge.SENDING:
        painter.drawPie(QRectF(9.5, 9.5, 7, 7), 90 * 16, round((100 - percent) * 57.6))  # what is still to go
    elif badge is Badge.ATTENTION:
        painter.drawRoundedRect(QRectF(12.2, 9.6, 1.6, 4), 0.7, 0.7)
        painter.drawEllipse(QPointF(13, 15.6), 0.9, 0.9)
    elif badge is Badge.PAUSED:
        painter.drawRects([QRectF(10.8, 10.6, 1.6, 4.8), QRectF(13.6, 10.6, 1.6, 4.8)])
    else:
        for left in (10.7, 13, 15.3):  # something is to come
            painter.drawEllipse(QPointF(left, 13), 0.8, 0.8)
    _draw(painter)


def _erase(painter: QPainter) -> None:
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)


def _draw(painter: QPainter) -> None:
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
