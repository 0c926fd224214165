"""The part of the note window that decides about the screenshot: whether, which, and what of it is covered.

Nothing is captured here: every picture is cut from the frozen frame, which is let go with `forget`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QImage
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from snapper.answer import Picture
from snapper.capture.frame import Frame, Rect, window_area
from snapper.destinations import Destination
from snapper.fitting import pieces, pieces_text
from snapper.ui.cover_edits import CoverEdits
from snapper.ui.look import Badge, Banner, Card, badge_color
from snapper.ui.preview import Preview
from snapper.ui.thumbnail import Thumbnail
from snapper.words import size_text


class PictureBox(Card):
    """Check box, choice of whole screen or window, thumbnail, covers, and a remark about the picture.

    Both pictures are views of one frame: a cover, in pixels of the desktop, is in both.
    """

    def __init__(self) -> None:
        super().__init__()
        self._frame: Frame | None = None
        self._preview: Preview | None = None
        self._sizes: Mapping[Picture, int] = {}
        self._destination: Destination | None = None
        self._edits = CoverEdits()
        self.include = QCheckBox("Include &screenshot")
        self.include.setAccessibleName("Include screenshot")
        self.screen_choice = QRadioButton("Whole sc&reen")
        self.screen_choice.setAccessibleName("Whole screen")
        self.window_choice = QRadioButton("This win&dow")
        self.thumbnail = Thumbnail()
        self.cover_button = QPushButton("Co&ver something…")
        self.cover_button.setAccessibleName("Cover something")
        self.cover_button.setToolTip("Draw black boxes over what nobody is to see")
        self._covered = QLabel()
        self._remark = Banner(badge_color(Badge.WAITING))
        self._choices = QButtonGroup(self)
        self._choices.addButton(self.screen_choice)
        self._choices.addButton(self.window_choice)
        self._lay_out()
        self.include.toggled.connect(lambda: self._refresh())
        self.window_choice.toggled.connect(lambda: self._redraw())
        self.window_choice.toggled.connect(lambda: self._name_size())
        self.thumbnail.clicked.connect(self.look_closer)
        self.cover_button.clicked.connect(self.look_closer)
        self.thumbnail.resized.connect(lambda: self._redraw())

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.addWidget(self.screen_choice)
        choices.addWidget(self.window_choice, 1)
        covers = QHBoxLayout()
        covers.addWidget(self.cover_button)
        covers.addWidget(self._covered, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(14, 12, 14, 12)
        rows.addWidget(self.include)
        rows.addLayout(choices)
        rows.addWidget(self.thumbnail, 1)
        rows.addLayout(covers)
        rows.addWidget(self._remark)

    def set_frame(self, frame: Frame | None, remark: str | None, covers: Iterable[Rect] = ()) -> None:
        """Offer the pictures of a frozen frame (None: there is none), with a sentence about them.

        `covers` are parts of the desktop that are covered already; a person may remove them.
        """
        self._frame = frame
        self._edits = CoverEdits(covers)
        self._sizes = {}
        self._name_window(frame.active.title if frame and frame.active else None)
        self.include.setEnabled(frame is not None)
        self._remark.say(remark or "")
        self.choose(Picture.SCREEN)

    def set_sizes(self, sizes: Mapping[Picture, int]) -> None:
        """Say how large each picture is as a file, in bytes, once that is known."""
        self._sizes = sizes
        self._name_size()

    def set_destination(self, destination: Destination) -> None:
        """Where the picture goes: it may be too large to go there in one piece."""
        self._destination = destination
        self._name_size()

    def file_size(self) -> int:
        """The bytes of the chosen picture as a file; 0 where there is none, or that is not known yet."""
        return self._sizes.get(self.choice(), 0)

    def offer(self, covers: Iterable[Rect]) -> None:
        """Cover more parts of the desktop, found while the window was already open.

        Parts that were offered before are left as they are: a person may have removed them.
        """
        if self._frame is not None:
            self._edits.offer(covers)
            self._show_covers()
            if self._preview is not None:
                self._preview.refresh()

    def covers(self) -> tuple[Rect, ...]:
        """The parts of the desktop that are covered now."""
        return self._edits.rects

    def offered(self) -> tuple[Rect, ...]:
        """The parts that were covered before a person did anything, removed ones included."""
        return self._edits.offered

    def tab_parts(self) -> list[QWidget]:
        """What Tab stops at, from top to bottom."""
        return [self.include, self.screen_choice, self.window_choice, self.thumbnail, self.cover_button]

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
        self._edits = CoverEdits()
        self.thumbnail.show_image(None)
        self._remark.say()

    def choice(self) -> Picture:
        """The picture that was decided on."""
        if not self.include.isChecked():
            return Picture.NONE
        return Picture.WINDOW if self.window_choice.isChecked() else Picture.SCREEN

    def look_closer(self) -> None:
        """Open the full-size look at the chosen picture, where parts of it are covered."""
        image, area = self._image(), _area(self._frame, self.choice())
        if image is None or area is None:
            return
        self.close_preview()
        title = "This window" if self.choice() is Picture.WINDOW else "Whole screen"
        self._preview = preview = Preview(image, f"{title} – snapper", area, self._edits, self)
        preview.changed.connect(self._show_covers)
        preview.finished.connect(lambda: self._preview_closed(preview))
        preview.show()

    def close_preview(self) -> None:
        """Close the full-size look, if it is open."""
        if self._preview is not None:
            self._preview.close()

    def _preview_closed(self, preview: Preview) -> None:
        preview.release()
        if self._preview is preview:
            self._preview = None

    def _show_covers(self) -> None:
        area = _area(self._frame, self.choice())
        visible = [rect for each in self.covers() if area and (rect := each.intersection(area))]
        parts = "1 part is" if len(visible) == 1 else f"{len(visible)} parts are"
        self._covered.setText(f"{parts} covered" if visible else "")
        self.thumbnail.show_covers(
            [rect._replace(left=rect.left - area.left, top=rect.top - area.top) for rect in visible]
            if area
            else []
        )

    def _name_size(self) -> None:
        size, to = self.file_size(), self._destination
        count = pieces(size, to.limits) if to else 1
        said = f" ({size_text(size)}{f', in {count} pieces' if count > 1 else ''})" if size else ""
        self.include.setText(f"Include &screenshot{said}")
        self.include.setToolTip(pieces_text([("It", size)], to) if to else "")

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
        self.cover_button.setEnabled(wanted and self._frame is not None)
        self._name_size()
        self._redraw()

    def _redraw(self) -> None:
        self.thumbnail.show_image(self._image())
        self._show_covers()

    def _image(self) -> QImage | None:
        return image_of(self._frame, self.choice()) if self._frame else None


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
