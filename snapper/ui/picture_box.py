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
from snapper.language import _, number, plural
from snapper.ui.choices import keep_tab_on_choice
from snapper.ui.cover_edits import CoverEdits
from snapper.ui.look import Badge, Banner, Card, badge_color
from snapper.ui.preview import Preview
from snapper.ui.spoken import without_letter
from snapper.ui.thumbnail import Thumbnail
from snapper.words import size_text

# Translators: here and below, the same letter in every message that begins with these words.
_INCLUDE = _("Include &screenshot")
# Translators: the same letter in every message that begins with these words.
_THIS_WINDOW = _("This win&dow")


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
        self.include = QCheckBox(_INCLUDE)
        self.include.setAccessibleName(without_letter(_INCLUDE))
        self.screen_choice = QRadioButton(_("Whole sc&reen"))
        self.screen_choice.setAccessibleName(without_letter(self.screen_choice.text()))
        self.window_choice = QRadioButton(_THIS_WINDOW)
        self.thumbnail = Thumbnail()
        self.cover_button = QPushButton(_("Co&ver something…"))
        self.cover_button.setAccessibleName(_("Cover something"))
        self.cover_button.setToolTip(_("Draw black boxes over what nobody is to see"))
        self._covered = QLabel()
        self._remark = Banner(badge_color(Badge.WAITING))
        self._choices = QButtonGroup(self)
        self._choices.addButton(self.screen_choice)
        self._choices.addButton(self.window_choice)
        keep_tab_on_choice(self._choices)
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
        whole = self.choice() is Picture.SCREEN
        title = _("Whole screen – snapper") if whole else _("This window – snapper")
        self._preview = preview = Preview(image, title, area, self._edits, self)
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
        count = len(visible)
        said = plural("{count} part is covered", "{count} parts are covered", count).format(count=count)
        self._covered.setText(said if visible else "")
        size = _("{width} × {height} pixels").format(width=area.width, height=area.height) if area else ""
        described = filter(None, (size, said if visible else ""))
        self.thumbnail.setAccessibleDescription("; ".join(described) or _("No screenshot"))
        self.thumbnail.show_covers(
            [rect._replace(left=rect.left - area.left, top=rect.top - area.top) for rect in visible]
            if area
            else []
        )

    def _name_size(self) -> None:
        size, to = self.file_size(), self._destination
        self.include.setText(_include(size, pieces(size, to.limits) if to else 1))
        self.include.setToolTip(pieces_text([(_("The picture"), size)], to) if to else "")

    def _name_window(self, title: str | None) -> None:
        text = _THIS_WINDOW if title is not None else _("This win&dow (none was active)")
        spoken = without_letter(_THIS_WINDOW)
        if title:
            room = QFontMetrics(self.font()).averageCharWidth() * 21
            short = QFontMetrics(self.font()).elidedText(title, Qt.TextElideMode.ElideRight, room)
            text = _("This win&dow: {title}").format(title=short.replace("&", "&&"))
            spoken = without_letter(_("This win&dow: {title}")).format(title=title)
        self.window_choice.setText(text)
        self.window_choice.setAccessibleName(spoken)
        reason = title if title is not None else _("No window was active when the picture was taken.")
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


def _include(size: int, count: int) -> str:
    """The words of the check box, with the size of the picture (0: not known) and its number of pieces."""
    if not size:
        return _INCLUDE
    if count == 1:
        return _("Include &screenshot ({size})").format(size=size_text(size))
    said = plural(
        "Include &screenshot ({size}, in {count} piece)",
        "Include &screenshot ({size}, in {count} pieces)",
        count,
    )
    return said.format(size=size_text(size), count=number(count))


def image_of(frame: Frame, picture: Picture) -> QImage | None:
    """The chosen picture, by the window's own pixels where there are such; what shares its pixels with the
    frame must not outlive it."""
    area = _area(frame, picture)
    if area is None:
        return None
    own = frame.own if picture is Picture.WINDOW else None
    around = frame.area if own is None else area
    pixels = frame.pixels if own is None else own
    whole = QImage(pixels, around.width, around.height, around.width * 4, QImage.Format.Format_RGB32)
    if area == frame.area:
        return whole
    left, top = area.left - around.left, area.top - around.top
    return whole.copy(QRect(left, top, area.width, area.height))


def _area(frame: Frame | None, picture: Picture) -> Rect | None:
    if frame is None or picture is Picture.NONE:
        return None
    return frame.area if picture is Picture.SCREEN else window_area(frame)
