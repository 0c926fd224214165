"""The picture at any size, with its covers: drawn, moved, resized and removed with the mouse or the keyboard.

Covers are kept in pixels of the desktop, so that what is seen here at any zoom is painted over exactly.
Nothing is painted into the image: that is done once, when the picture is made into a file.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from snapper.capture.frame import Rect
from snapper.language import _, plural
from snapper.ui.cover_edits import CoverEdits, Side, between, in_the_middle, moved, resized
from snapper.ui.picture_view import PictureView
from snapper.ui.read_aloud import announce

_GRIP_OUTSIDE, _GRIP_INSIDE = 7, 3  # logical pixels from an edge where it can be taken
_STEP = 10  # image pixels that an arrow key moves; with Ctrl one

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_CURSORS = {
    Side(0, 0): Qt.CursorShape.SizeAllCursor,
    Side(1, 0): Qt.CursorShape.SizeHorCursor,
    Side(0, 1): Qt.CursorShape.SizeVerCursor,
    Side(1, 1): Qt.CursorShape.SizeFDiagCursor,
    Side(1, -1): Qt.CursorShape.SizeBDiagCursor,
}


@dataclass
class _Drag:
    """A mouse button held down since `start`: moving or resizing a cover by its `side`, or drawing one."""

    start: QPointF
    index: int | None
    side: Side
    rect: Rect | None  # as it will be when the button is let go


class CoverCanvas(QWidget):
    """Shows an image of one `area` of the desktop and edits its covers.

    `changed` says that the covers or the selection are others, `zoom_asked` that the wheel wants one step in
    (1) or out (-1) around a point, `look_at` that a place should come into view, `dragged_by` that the
    picture is pushed, and `toggled` that a double click wants the other size.
    """

    changed = Signal()
    zoom_asked = Signal(int, QPointF)
    look_at = Signal(QRect)
    dragged_by = Signal(QPoint)
    toggled = Signal()

    def __init__(self, image: QImage, area: Rect, edits: CoverEdits) -> None:
        super().__init__()
        self._view = PictureView(image, area)
        self._area = area
        self._edits = edits
        self._selected: int | None = None
        self._drag: _Drag | None = None
        self._pan: QPoint | None = None
        self.setAccessibleName(_("Picture"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._say()

    # --- size ---------------------------------------------------------------------------------------------

    @property
    def image(self) -> QImage:
        """The picture without its covers; an empty one after release()."""
        return self._view.image

    @property
    def zoom(self) -> float:
        """Pixels of the screen for each pixel of the image."""
        return self._view.zoom

    def fit(self, space: QSize) -> None:
        """Scale the picture down into a space (logical pixels); never up."""
        self.set_zoom(self._view.fitting(space, self.devicePixelRatioF()))

    def set_zoom(self, zoom: float) -> None:
        """Show each pixel of the image as so many pixels of the screen."""
        self._view.set_zoom(zoom, self.devicePixelRatioF())
        self.setFixedSize(self._view.size())
        self.update()

    def event(self, event: QEvent) -> bool:
        """Keep the size when the window comes to a monitor with another scale."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.set_zoom(self.zoom)
        return super().event(event)

    def release(self) -> None:
        """Let go of the image, whose pixels may be gone soon."""
        self._view.release()

    # --- what there is ------------------------------------------------------------------------------------

    @property
    def selected(self) -> int | None:
        """Which cover is selected, as its place in the list."""
        chosen = self._selected
        return chosen if chosen is not None and chosen < len(self._edits.rects) else None

    def visible_covers(self) -> list[int]:
        """The covers that touch this picture, as their places in the list."""
        return [at for at, rect in enumerate(self._edits.rects) if rect.intersection(self._area)]

    def description(self) -> str:
        """The covers and the selected one, in a sentence."""
        covers = self.visible_covers()
        count = len(covers)
        if not covers:
            return _("Nothing is covered.")
        if self.selected not in covers:
            return plural("{count} part is covered.", "{count} parts are covered.", count).format(count=count)
        rect = self._edits.rects[self.selected]
        said = _("Covered part {number} of {count}: {width} × {height} pixels at {left}, {top}.")
        return said.format(
            number=covers.index(self.selected) + 1, count=count, width=rect.width, height=rect.height,
            left=rect.left - self._area.left, top=rect.top - self._area.top,
        )  # fmt: skip

    def _say(self) -> None:
        if self.description() != self.accessibleDescription():
            self.setAccessibleDescription(self.description())
            announce(self, self.description())
        self.update()
        self.changed.emit()

    # --- what can be done ---------------------------------------------------------------------------------

    def select(self, index: int | None) -> None:
        """Select a cover, or none; what is being dragged is given up, as it may not be there any more."""
        self._drag = None
        self._selected = index
        if index is not None:
            self._show_selected()
        self._say()

    def add(self) -> None:
        """Add a cover in the middle of what can be seen, and select it."""
        seen = self.visibleRegion().boundingRect()
        left, top = self._view.edge(QPointF(seen.topLeft()))
        right, bottom = self._view.edge(QPointF(seen.bottomRight() + QPoint(1, 1)))
        area = Rect(left, top, right - left, bottom - top).intersection(self._area) or self._area
        self._add(in_the_middle(area))

    def remove(self, index: int | None = None) -> None:
        """Remove a cover, the selected one unless another is named."""
        index = self.selected if index is None else index
        if index is None:
            return
        rects = self._edits.rects
        self._edits.change(rects[:index] + rects[index + 1 :])
        left = self.visible_covers()
        # The neighbour is next: several can be removed one after the other without looking for them.
        self.select(max((at for at in left if at <= index), default=left[0]) if left else None)

    def undo(self) -> None:
        """Take the last change back."""
        self._edits.undo()
        self.select(None)

    def redo(self) -> None:
        """Make the change again that was taken back."""
        self._edits.redo()
        self.select(None)

    def _add(self, rect: Rect) -> None:
        self._edits.change((*self._edits.rects, rect))
        self.select(len(self._edits.rects) - 1)

    def _put(self, index: int, rect: Rect, kind: str | None = None) -> None:
        rects = self._edits.rects
        self._edits.change((*rects[:index], rect, *rects[index + 1 :]), kind and f"{kind} {index}")
        self._show_selected()
        self._say()

    def _show_selected(self) -> None:
        if self.selected is not None:
            self.look_at.emit(self._view.place(self._edits.rects[self.selected]).toAlignedRect())

    # --- keys ---------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, with Shift they resize, with Ctrl by a single pixel; the rest is in the help line."""
        key = Qt.Key(event.key())
        if self._drag and key == Qt.Key.Key_Escape:
            self._drag = None
            self.update()
        elif key in (Qt.Key.Key_Insert, Qt.Key.Key_N):
            self.add()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove()
        elif key in _ARROWS and self.selected is not None:
            self._nudge(self.selected, _ARROWS[key], event.modifiers())
        else:
            super().keyPressEvent(event)

    def _nudge(self, index: int, way: tuple[int, int], held: Qt.KeyboardModifier) -> None:
        step = 1 if held & Qt.KeyboardModifier.ControlModifier else _STEP
        across, down, rect = way[0] * step, way[1] * step, self._edits.rects[index]
        if held & Qt.KeyboardModifier.ShiftModifier:
            side = Side(abs(way[0]), abs(way[1]))
            self._put(index, resized(rect, side, across, down, self._area), "resize")
        else:
            self._put(index, moved(rect, across, down, self._area), "move")

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from cover to cover, and after the last one on to the buttons."""
        covers = self.visible_covers() if forward else self.visible_covers()[::-1]
        at = covers.index(self.selected) + 1 if self.selected in covers else 0
        if at < len(covers):
            self.select(covers[at])
            return True
        return super().focusNextPrevChild(forward)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming here by Tab selects the first cover, by Shift+Tab the last one."""
        super().focusInEvent(event)
        covers = self.visible_covers()
        if covers and event.reason() == Qt.FocusReason.TabFocusReason:
            self.select(covers[0])
        elif covers and event.reason() == Qt.FocusReason.BacktabFocusReason:
            self.select(covers[-1])

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show whose turn it is."""
        super().focusOutEvent(event)
        self.update()

    # --- mouse --------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Left takes hold of a cover or begins a new one, right removes, the middle button pushes."""
        index, side = self._grip(event.position())
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = _Drag(event.position(), index, side, None)
            self._selected = index  # without select(): the picture must not move under the mouse
            self._say()
        elif event.button() == Qt.MouseButton.RightButton and index is not None and not self._drag:
            self.remove(index)
        elif event.button() == Qt.MouseButton.MiddleButton:
            self._pan = event.globalPosition().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if self._pan is not None:
            now = event.globalPosition().toPoint()
            self.dragged_by.emit(now - self._pan)
            self._pan = now
        elif self._drag:
            self._drag.rect = self._dragged(self._drag, event.position())
            self.look_at.emit(QRect(event.position().toPoint(), QSize(1, 1)))
            self.update()
        else:
            self._show_cursor(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Make what was dragged so."""
        if event.button() == Qt.MouseButton.MiddleButton:
            self._pan = None
        if event.button() != Qt.MouseButton.LeftButton or not self._drag:
            return
        drag, self._drag = self._drag, None
        rect = self._dragged(drag, event.position())
        if rect and drag.index is None:
            self._add(rect)
        elif rect and drag.index is not None and drag.index < len(self._edits.rects):
            self._put(drag.index, rect)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On a cover it is one more click; elsewhere it changes the size."""
        if event.button() == Qt.MouseButton.LeftButton and self._grip(event.position())[0] is None:
            self.toggled.emit()
        else:
            self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl it zooms, else it scrolls."""
        turned = event.angleDelta().y()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if turned:
                self.zoom_asked.emit(1 if turned > 0 else -1, event.position())
            event.accept()
        else:
            event.ignore()

    def _dragged(self, drag: _Drag, position: QPointF) -> Rect | None:
        """What the drag makes of its rectangle; None while the mouse has hardly moved."""
        way = position - drag.start
        if drag.rect is None and way.manhattanLength() < QApplication.startDragDistance() / 2:
            return None
        if drag.index is None:
            return between(self._view.edge(drag.start), self._view.edge(position), self._area)
        if drag.index >= len(self._edits.rects):
            return None  # undone meanwhile
        rect = self._edits.rects[drag.index]
        across, down = (round(part / self._view.scale) for part in (way.x(), way.y()))
        if drag.side == Side(0, 0):
            return moved(rect, across, down, self._area)
        return resized(rect, drag.side, across, down, self._area)

    def _grip(self, position: QPointF) -> tuple[int | None, Side]:
        """The cover under a position, and what of it would be taken there: the selected one comes first."""
        order = [at for at in reversed(self.visible_covers()) if at != self.selected]
        if self.selected is not None:
            side = _side(self._view.place(self._edits.rects[self.selected]), position)
            if side is not None:
                return self.selected, side
        for at in order:
            if self._view.place(self._edits.rects[at]).contains(position):
                return at, Side(0, 0)
        return None, Side(0, 0)

    def _show_cursor(self, position: QPointF) -> None:
        index, side = self._grip(position)
        shape = _CURSORS.get(side) or _CURSORS[Side(-side.across, -side.down)]
        self.setCursor(Qt.CursorShape.CrossCursor if index is None else shape)

    # --- painting -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the visible part: the picture, solid covers, and the outlines that are not sent."""
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        self._view.paint(painter, event.rect())
        rects, drag = self._rects_now(), self._drag
        for rect in rects:
            self._view.paint_cover(painter, rect)
        for rect in rects:
            self._view.paint_outline(painter, rect)
        drawing = drag is not None and drag.index is None and drag.rect is not None
        chosen = rects[-1] if drawing else rects[self.selected] if self.selected is not None else None
        if chosen:
            self._view.paint_handles(painter, chosen, self.hasFocus())

    def _rects_now(self) -> list[Rect]:
        """The covers as they would be if the mouse button were let go now."""
        rects, drag = list(self._edits.rects), self._drag
        if drag and drag.rect and drag.index is None:
            rects.append(drag.rect)
        elif drag and drag.rect and drag.index is not None and drag.index < len(rects):
            rects[drag.index] = drag.rect
        return rects


def _side(place: QRectF, position: QPointF) -> Side | None:
    """Which edges of a rectangle a position takes hold of; Side(0, 0) inside, None beside it."""
    grip = place.adjusted(-_GRIP_OUTSIDE, -_GRIP_OUTSIDE, _GRIP_OUTSIDE, _GRIP_OUTSIDE)
    if not grip.contains(position):
        return None
    return Side(
        _edge_at(position.x(), place.left(), place.right()),
        _edge_at(position.y(), place.top(), place.bottom()),
    )


def _edge_at(at: float, first: float, last: float) -> int:
    inside = min(_GRIP_INSIDE, (last - first) / 4)
    return -1 if at < first + inside else 1 if at > last - inside else 0
