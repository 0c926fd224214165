"""A full-size look at the picture exactly as it would be sent: fitted to the window, or pixel by pixel."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from snapper.ui.look import put_in_middle


class Preview(QDialog):
    """Shows one image; Esc or Close ends it, a click on the picture changes between the two sizes."""

    def __init__(self, image: QImage, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint)
        self._canvas = _Canvas(image)
        self._canvas.clicked.connect(self._toggle)
        self._area = QScrollArea()
        self._area.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._area.setWidget(self._canvas)
        self._area.setAccessibleName("Picture")
        self._build(image)
        put_in_middle(self, image.size() + QSize(40, 90), parent.screen())
        self._fit.setChecked(True)

    def _build(self, image: QImage) -> None:
        self._fit = QRadioButton("&Fit to window")
        self._full = QRadioButton("&100 %")
        self._sizes = QButtonGroup(self)
        for button in (self._fit, self._full):
            self._sizes.addButton(button)
            button.setAccessibleName(button.text().replace("&", ""))
            button.toggled.connect(self._resize_canvas)
        close = QPushButton("&Close")
        close.setAccessibleName("Close")
        close.setDefault(True)
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(self._fit)
        row.addWidget(self._full)
        row.addStretch()
        row.addWidget(QLabel(f"{image.width()} × {image.height()} pixels: this is what is sent"))
        row.addStretch()
        row.addWidget(close)
        rows = QVBoxLayout(self)
        rows.addWidget(self._area)
        rows.addLayout(row)

    def resizeEvent(self, event: object) -> None:
        """Keep a fitted picture fitted."""
        self._resize_canvas()

    def _toggle(self) -> None:
        (self._full if self._fit.isChecked() else self._fit).setChecked(True)

    def _resize_canvas(self) -> None:
        self._canvas.fit(self._area.maximumViewportSize() if self._fit.isChecked() else None)


class _Canvas(QWidget):
    """Draws an image from the pixels it was given, without a copy at full size."""

    clicked = Signal()

    def __init__(self, image: QImage) -> None:
        super().__init__()
        self._image = image
        self._shown = image
        self.setAccessibleName("Picture")
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def fit(self, space: QSize | None) -> None:
        """Scale the picture down into a space, or show it pixel by pixel without one."""
        ratio = self.devicePixelRatioF()
        size = self._image.size()
        if space is not None and not _fits(size, space * ratio):
            size = size.scaled(space * ratio, Qt.AspectRatioMode.KeepAspectRatio)
        if self._shown.size() != size:
            self._shown = self._scaled(size)
        self.setFixedSize(size / ratio)
        self.update()

    def _scaled(self, size: QSize) -> QImage:
        if size == self._image.size():
            return self._image
        return self._image.scaled(
            size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the visible part."""
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        painter.drawImage(self.rect(), self._shown)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell of a click."""
        self.clicked.emit()


def _fits(size: QSize, space: QSize) -> bool:
    return size.width() <= space.width() and size.height() <= space.height()
