"""A picture of one area of the desktop at any size on the screen: what is where, and how it is painted.

No window, no mouse, no keys. Rectangles are in pixels of the desktop, positions in logical pixels of a
widget.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from snapper.capture.frame import COVER, Rect

COVER_COLOR = QColor(COVER[2], COVER[1], COVER[0])
_OUTLINE = QColor(150, 150, 150)
_SELECTED = QColor(255, 190, 0)
_HANDLE = 8  # logical pixels
_TOLERANCE = 1e-6


class PictureView:
    """An image of an `area` at a `zoom`: pixels of the screen for each pixel of the image.

    `ratio` is the screen's pixels for each logical one. The image shares its pixels with others, no copy of
    it is made but a smaller one for a smaller zoom.
    """

    def __init__(self, image: QImage, area: Rect) -> None:
        self.area = area
        self.zoom = 1.0
        self._ratio = 1.0
        self.image = image
        self._shown = image

    def set_zoom(self, zoom: float, ratio: float) -> None:
        """Show each pixel of the image as so many pixels of the screen."""
        self.zoom, self._ratio = zoom, ratio
        size = self.image.size()
        smaller = QSize(*(max(1, round(side * min(zoom, 1.0))) for side in (size.width(), size.height())))
        if self._shown.size() != smaller:
            self._shown = self._scaled(smaller)

    def fitting(self, space: QSize, ratio: float) -> float:
        """The zoom at which the whole picture has room in a space (logical pixels); 1 at most."""
        room, size = space * ratio, self.image.size()
        return min(1.0, room.width() / max(size.width(), 1), room.height() / max(size.height(), 1))

    def size(self) -> QSize:
        """The size on the screen, in logical pixels."""
        return self.place(self.area).size().toSize()

    def release(self) -> None:
        """Let go of the image."""
        self.image = self._shown = QImage()

    def _scaled(self, size: QSize) -> QImage:
        """The picture made smaller, smoothly; larger ones are painted from the image itself."""
        if size == self.image.size():
            return self.image
        return self.image.scaled(
            size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )

    # --- places -------------------------------------------------------------------------------------------

    @property
    def scale(self) -> float:
        """Logical pixels for each pixel of the image."""
        return self.zoom / self._ratio

    def place(self, rect: Rect) -> QRectF:
        """Where a rectangle of the desktop is, rounded outwards to whole pixels of the screen."""
        left, top = rect.left - self.area.left, rect.top - self.area.top
        first, last = (left, top), (left + rect.width, top + rect.height)
        begin = [math.floor(at * self.zoom + _TOLERANCE) / self._ratio for at in first]
        end = [math.ceil(at * self.zoom - _TOLERANCE) / self._ratio for at in last]
        return QRectF(begin[0], begin[1], end[0] - begin[0], end[1] - begin[1])

    def edge(self, position: QPointF) -> tuple[int, int]:
        """The place between pixels of the desktop that is nearest to a position."""
        across, down = round(position.x() / self.scale), round(position.y() / self.scale)
        return across + self.area.left, down + self.area.top

    # --- painting -----------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, visible: QRect) -> None:
        """Paint the part of the picture that can be seen."""
        if self.zoom <= 1:
            painter.drawImage(QRect(0, 0, self.size().width(), self.size().height()), self._shown)
            return
        scale = self.scale
        left, top = int(visible.left() / scale), int(visible.top() / scale)
        right, bottom = math.ceil((visible.right() + 1) / scale), math.ceil((visible.bottom() + 1) / scale)
        source = QRectF(left, top, right - left, bottom - top)
        target = QRectF(left * scale, top * scale, source.width() * scale, source.height() * scale)
        painter.drawImage(target, self.image, source)

    def paint_cover(self, painter: QPainter, rect: Rect) -> None:
        """Paint a cover as it will be sent: solid."""
        painter.fillRect(self.place(rect), COVER_COLOR)

    def paint_outline(self, painter: QPainter, rect: Rect) -> None:
        """A thin line around a cover, which would not be seen on a black picture; it is not sent."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(_OUTLINE, 1))
        painter.drawRect(self.place(rect))

    def paint_handles(self, painter: QPainter, rect: Rect, focus: bool) -> None:
        """The outline of the selected cover, with handles; filled while the keyboard is here."""
        place = self.place(rect)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(_SELECTED, 2))
        painter.drawRect(place)
        painter.setPen(QPen(Qt.GlobalColor.black, 1))
        painter.setBrush(_SELECTED if focus else Qt.GlobalColor.white)
        for across in (place.left(), place.center().x(), place.right()):
            for down in (place.top(), place.center().y(), place.bottom()):
                if QPointF(across, down) != place.center():
                    painter.drawRect(QRectF(across - _HANDLE / 2, down - _HANDLE / 2, _HANDLE, _HANDLE))
