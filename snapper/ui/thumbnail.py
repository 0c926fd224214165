"""A small picture with its covers, to be clicked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from snapper.capture.frame import Rect
from snapper.language import _
from snapper.ui.picture_view import COVER_COLOR

_THUMBNAIL = QSize(320, 180)
_SMOOTH = Qt.TransformationMode.SmoothTransformation


class Thumbnail(QAbstractButton):
    """A small picture that opens the large one, by click, Space or Enter."""

    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._pixmap: QPixmap | None = None
        self._scale = 1.0  # logical pixels for each pixel of the image
        self._covers: Sequence[Rect] = ()
        self.setAccessibleName(_("Screenshot, full-size look"))
        self.setToolTip(_("Look at it in full size"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumSize(_THUMBNAIL / 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Room for a wide desktop."""
        return _THUMBNAIL

    def show_image(self, image: QImage | None) -> None:
        """Show an image scaled down to this widget; None shows that there is none."""
        self._pixmap = None
        if image is not None:
            ratio = self.devicePixelRatioF()
            size = image.size().scaled(self.size() * ratio, Qt.AspectRatioMode.KeepAspectRatio)
            size = size.boundedTo(image.size()).expandedTo(QSize(1, 1))
            self._pixmap = QPixmap.fromImage(
                image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, _SMOOTH)
            )
            self._pixmap.setDevicePixelRatio(ratio)
            self._scale = size.width() / ratio / image.width()
        self.update()

    def show_covers(self, covers: Sequence[Rect]) -> None:
        """Paint these parts of the image over; in pixels of the image."""
        self._covers = covers
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture in the middle, with a frame that shows the focus."""
        painter = QPainter(self)
        colors = self.palette()
        if self._pixmap is None:
            painter.setPen(colors.color(QPalette.ColorRole.WindowText))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, _("No screenshot"))
            place = QRectF(self.rect())
        else:
            place = QRectF(QPointF(0, 0), self._pixmap.deviceIndependentSize())
            place.moveCenter(QRectF(self.rect()).center())
            painter.drawPixmap(place.topLeft(), self._pixmap)
            for cover in self._covers:
                painter.fillRect(self._on_thumbnail(cover, place.topLeft()), COVER_COLOR)
        role = QPalette.ColorRole.Highlight if self.hasFocus() else QPalette.ColorRole.Mid
        painter.setPen(QPen(colors.color(role), 2 if self.hasFocus() else 1))
        painter.drawRect(place.adjusted(1, 1, -1, -1))

    def _on_thumbnail(self, cover: Rect, origin: QPointF) -> QRect:
        """Where a part of the image is, rounded outwards: however small, it is seen to be covered."""
        left, top, width, height = (value * self._scale for value in cover)
        return QRectF(left + origin.x(), top + origin.y(), width, height).toAlignedRect()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for a picture of the new size."""
        self.resized.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens like Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)
