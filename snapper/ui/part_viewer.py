"""Shows one part of a report: its text page by page, or its picture, as it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontDatabase, QImage, QMouseEvent, QPixmap, QResizeEvent, QTextOption
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from snapper.language import _, number, plural
from snapper.ui.look import plain_label
from snapper.ui.pages import Page
from snapper.ui.part_reader import PartReader
from snapper.words import size_text

if TYPE_CHECKING:
    from snapper.contents import Part

GONE = _("This file cannot be read any more. Choose Back and try again.")
_READING = _("Reading…")
_NAME_CHARS = 90


class PartViewer(QWidget):
    """What a part is, then the part itself; a long text has pages, a picture two sizes."""

    def __init__(self) -> None:
        super().__init__()
        self._size = 0
        self._page: Page | None = None
        self._reader = PartReader()
        self.about = plain_label()
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text = _text_view()
        self.picture = FittedPicture()
        self.views = QStackedWidget()
        self.views.addWidget(self.text)
        self.views.addWidget(self.picture)
        self.full = QCheckBox(_("Full si&ze"))
        self.previous, self.next = QPushButton(_("&Previous page")), QPushButton(_("&Next page"))
        for button in (self.previous, self.next):
            button.setAutoDefault(False)
        self.place = QLabel()
        self._lay_out()
        self._connect()

    def show_words(self, about: str, text: str) -> None:
        """Show words that are no part."""
        self.close_part()
        self.about.setText(about)
        self._show_text(text)

    def show_part(self, part: Part) -> None:
        """Show a part, from its beginning; it is read in the background."""
        self.close_part()
        self._size = part.size
        self.about.setToolTip(part.name)
        self.about.setText(_about(part))
        if part.text or part.picture:
            self._show_text(_READING)
            self._reader.open(part)
        else:
            self._show_text(_("There is nothing to read here."))

    def close_part(self, wait: bool = False) -> None:
        """Let go of what is shown; `wait` until its file is closed."""
        self._reader.close(wait)
        self._page = None
        self.picture.show_image(None)
        self._enable()

    # --- how ----------------------------------------------------------------------------------------------

    def _turn(self, by: int) -> None:
        if self._page:
            self.previous.setEnabled(False)
            self.next.setEnabled(False)
            self.place.setText(_READING)
            self._reader.turn_to(self._page.number + by)

    def _show_page(self, page: Page) -> None:
        self._page = page
        self._show_text(page.text)

    def _show_picture(self, image: QImage) -> None:
        self.full.setChecked(False)
        self.picture.show_image(image)
        self.views.setCurrentWidget(self.picture)
        self._enable()

    def _show_text(self, text: str) -> None:
        self.text.setPlainText(text)
        self.views.setCurrentWidget(self.text)
        self._enable()

    def _failed(self) -> None:
        self._page = None
        self._show_text(GONE)

    def _enable(self) -> None:
        page = self._page
        several = page is not None and (page.number > 0 or page.end < self._size)
        for part in (self.previous, self.next, self.place):
            part.setVisible(several)
        self.full.setVisible(self.views.currentWidget() is self.picture)
        if page and several:
            self.previous.setEnabled(page.number > 0)
            self.next.setEnabled(page.begin < page.end < self._size)
            begin, end, size = map(size_text, (page.begin, page.end, self._size))
            # Translators: which part of a long file is shown: “131.1 kB to 262.1 kB of 3.4 MB”.
            self.place.setText(_("{begin} to {end} of {size}").format(begin=begin, end=end, size=size))

    def _connect(self) -> None:
        self._reader.page_read.connect(self._show_page)
        self._reader.picture_read.connect(self._show_picture)
        self._reader.failed.connect(self._failed)
        self.previous.clicked.connect(lambda: self._turn(-1))
        self.next.clicked.connect(lambda: self._turn(1))
        self.picture.clicked.connect(self.full.toggle)
        self.full.toggled.connect(self.picture.set_full)

    def _lay_out(self) -> None:
        below = QHBoxLayout()
        for part in (self.previous, self.next, self.place, self.full):
            below.addWidget(part)
        below.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(8, 0, 0, 0)
        rows.addWidget(self.about)
        rows.addWidget(self.views, 1)
        rows.addLayout(below)


class FittedPicture(QScrollArea):
    """A picture fitted to the room there is, or pixel by pixel; a click asks for the other."""

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self._full = False
        self.label = QLabel()
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for part in (self, self.label):
            part.setAccessibleName(_("The picture, as it is sent"))
        self.setWidget(self.label)
        self.setWidgetResizable(True)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.viewport().setToolTip(_("Click for full size, and again to fit"))

    def show_image(self, image: QImage | None) -> None:
        """Show an image; None lets go of the last one."""
        self._image = image or QImage()
        self._draw()

    def set_full(self, full: bool) -> None:
        """Show each pixel, or all of the picture at once."""
        self._full = full
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture again."""
        super().resizeEvent(event)
        if not self._full:
            self._draw()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ask for the other size."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def _draw(self) -> None:
        if self._image.isNull():
            self.label.clear()
            return
        ratio = self.devicePixelRatioF()
        shown = self._image
        room = (self.maximumViewportSize() - QSize(2, 2)) * ratio
        if not self._full and (shown.width() > room.width() or shown.height() > room.height()):
            keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            shown = shown.scaled(room.expandedTo(QSize(1, 1)), keep, smooth)
        pixmap = QPixmap.fromImage(shown)
        pixmap.setDevicePixelRatio(ratio)
        self.label.setPixmap(pixmap)


def _text_view() -> QPlainTextEdit:
    text = QPlainTextEdit()
    text.setReadOnly(True)
    text.setUndoRedoEnabled(False)
    # Looking for words to wrap at takes Qt seconds in a line of 100 kB, as a broken log may have.
    text.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
    text.setTabChangesFocus(True)
    text.setAccessibleName(_("Text of the file, as it is sent"))
    text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    keys = Qt.TextInteractionFlag.TextSelectableByKeyboard
    text.setTextInteractionFlags(keys | Qt.TextInteractionFlag.TextSelectableByMouse)
    return text


def _about(part: Part) -> str:
    """What a part is, and its hash, in two lines."""
    # Translators: {file} is the name of a file, {about} says what it is.
    what = _("{file}: {about}").format(file=_shortened(part.name), about=part.about)
    size = plural("{count} byte, SHA-256 {hash}", "{count} bytes, SHA-256 {hash}", part.size)
    return f"{what}\n{size.format(count=number(part.size), hash=part.sha256)}"


def _shortened(name: str) -> str:
    """A name that has room: no line breaks inside it."""
    return name if len(name) <= _NAME_CHARS else f"{name[:40]}…{name[41 - _NAME_CHARS :]}"
