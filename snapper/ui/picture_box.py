"""The part of the note window that decides about the screenshot: whether, which, and how it looks.

Nothing is captured here: every picture is cut from the frozen frame, which is let go with `forget`.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
)

from snapper.answer import Picture
from snapper.capture.frame import Frame, Rect, window_area
from snapper.ui.look import Badge, Banner, Card, badge_color
from snapper.ui.preview import Preview
from snapper.words import size_text

_THUMBNAIL = QSize(320, 180)
_SMOOTH = Qt.TransformationMode.SmoothTransformation


class PictureBox(Card):
    """Check box, choice of whole screen or window, thumbnail, and a remark about the picture."""

    def __init__(self) -> None:
        super().__init__()
        self._frame: Frame | None = None
        self._preview: Preview | None = None
        self._sizes: Mapping[Picture, int] = {}
        self.include = QCheckBox("Include &screenshot")
        self.include.setAccessibleName("Include screenshot")
        self.screen_choice = QRadioButton("Whole sc&reen")
        self.screen_choice.setAccessibleName("Whole screen")
        self.window_choice = QRadioButton("This win&dow")
        self.thumbnail = Thumbnail()
        self._remark = Banner(badge_color(Badge.WAITING))
        self._choices = QButtonGroup(self)
        self._choices.addButton(self.screen_choice)
        self._choices.addButton(self.window_choice)
        self._lay_out()
        self.include.toggled.connect(lambda: self._refresh())
        self.window_choice.toggled.connect(lambda: self._redraw())
        self.window_choice.toggled.connect(lambda: self._name_size())
        self.thumbnail.clicked.connect(self.look_closer)
        self.thumbnail.resized.connect(lambda: self._redraw())

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.addWidget(self.screen_choice)
        choices.addWidget(self.window_choice, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(14, 12, 14, 12)
        rows.addWidget(self.include)
        rows.addLayout(choices)
        rows.addWidget(self.thumbnail, 1)
        rows.addWidget(self._remark)

    def set_frame(self, frame: Frame | None, remark: str | None) -> None:
        """Offer the pictures of a frozen frame (None: there is none), with a sentence about them."""
        self._frame = frame
        self._sizes = {}
        self._name_window(frame.active.title if frame and frame.active else None)
        self.include.setEnabled(frame is not None)
        self._remark.say(remark or "")
        self.choose(Picture.SCREEN)

    def set_sizes(self, sizes: Mapping[Picture, int]) -> None:
        """Say how large each picture is as a file, in bytes, once that is known."""
        self._sizes = sizes
        self._name_size()

    def choose(self, picture: Picture) -> None:
        """Choose one of the pictures, as far as it is there."""
        window = picture is Picture.WINDOW and _area(self._frame, picture) is not None
        (self.window_choice if window else self.screen_choice).setChecked(True)
        self.include.setChecked(self._frame is not None and picture is not Picture.NONE)
        self._refresh()

    def forget(self) -> None:
        """Let go of the frame and everything made from it."""
        self.close_preview()
        self._frame = None
        self.thumbnail.show_image(None)
        self._remark.say()

    def choice(self) -> Picture:
        """The picture that was decided on."""
        if not self.include.isChecked():
            return Picture.NONE
        return Picture.WINDOW if self.window_choice.isChecked() else Picture.SCREEN

    def look_closer(self) -> None:
        """Open the full-size look at the chosen picture."""
        image = self._image()
        if image is None:
            return
        self.close_preview()
        title = "This window" if self.choice() is Picture.WINDOW else "Whole screen"
        self._preview = Preview(image, f"{title} – snapper", self)
        self._preview.destroyed.connect(self._preview_gone)
        self._preview.show()

    def close_preview(self) -> None:
        """Close the full-size look, if it is open."""
        if self._preview is not None:
            self._preview.close()
            self._preview = None

    def _preview_gone(self) -> None:
        self._preview = None

    def _name_size(self) -> None:
        size = self._sizes.get(self.choice())
        self.include.setText(f"Include &screenshot ({size_text(size)})" if size else "Include &screenshot")

    def _name_window(self, title: str | None) -> None:
        text = "This win&dow"
        if title:
            room = QFontMetrics(self.font()).averageCharWidth() * 21
            short = QFontMetrics(self.font()).elidedText(title, Qt.TextElideMode.ElideRight, room)
            text += f": {short.replace('&', '&&')}"
        self.window_choice.setText(text if title is not None else "This win&dow (none was active)")
        self.window_choice.setAccessibleName(f"This window: {title}" if title else "This window")
        reason = title if title is not None else "No window was active when the picture was taken."
        self.window_choice.setToolTip(reason)
        self.window_choice.setAccessibleDescription(reason)

    def _refresh(self) -> None:
        wanted = self.include.isChecked()
        self.screen_choice.setEnabled(wanted)
        self.window_choice.setEnabled(wanted and _area(self._frame, Picture.WINDOW) is not None)
        self.thumbnail.setEnabled(wanted)
        self._name_size()
        self._redraw()

    def _redraw(self) -> None:
        self.thumbnail.show_image(self._image())

    def _image(self) -> QImage | None:
        return image_of(self._frame, self.choice()) if self._frame else None


class Thumbnail(QAbstractButton):
    """A small picture that opens the large one, by click, Space or Enter."""

    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._pixmap: QPixmap | None = None
        self.setAccessibleName("Screenshot, full-size look")
        self.setToolTip("Look at it in full size")
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
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture in the middle, with a frame that shows the focus."""
        painter = QPainter(self)
        colors = self.palette()
        if self._pixmap is None:
            painter.setPen(colors.color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No screenshot")
            place = QRectF(self.rect())
        else:
            place = QRectF(QPointF(0, 0), self._pixmap.deviceIndependentSize())
            place.moveCenter(QRectF(self.rect()).center())
            painter.drawPixmap(place.topLeft(), self._pixmap)
        role = QPalette.ColorRole.Highlight if self.hasFocus() else QPalette.ColorRole.Mid
        painter.setPen(QPen(colors.color(role), 2 if self.hasFocus() else 1))
        painter.drawRect(place.adjusted(1, 1, -1, -1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for a picture of the new size."""
        self.resized.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens like Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def image_of(frame: Frame, picture: Picture) -> QImage | None:
    """The chosen picture; the whole screen shares its pixels with the frame, which must outlive it."""
    area = _area(frame, picture)
    if area is None:
        return None
    whole = QImage(
        frame.pixels, frame.area.width, frame.area.height, frame.area.width * 4, QImage.Format.Format_RGB32
    )
    if area == frame.area:
        return whole
    left, top = area.left - frame.area.left, area.top - frame.area.top
    return whole.copy(QRect(left, top, area.width, area.height))


def _area(frame: Frame | None, picture: Picture) -> Rect | None:
    if frame is None or picture is Picture.NONE:
        return None
    return frame.area if picture is Picture.SCREEN else window_area(frame)
