"""The full-size look at a picture as it would be sent, where parts of it are covered.

Fitted to the window, pixel by pixel, or any size between; the covers themselves are edited by the canvas.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QKeySequence, QShortcut
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

from snapper.capture.frame import Rect
from snapper.language import _, number
from snapper.ui.choices import keep_tab_on_choice
from snapper.ui.cover_canvas import CoverCanvas
from snapper.ui.cover_edits import CoverEdits
from snapper.ui.look import plain_label, put_in_middle
from snapper.ui.spoken import without_letter

_ZOOMS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
_STEP = 40  # logical pixels by which an arrow key scrolls
_HELP = _(
    "Drag to cover. Right click or Del removes, arrows move, Shift+arrows resize (Ctrl: one pixel), N adds, "
    "Tab: next, Ctrl+Z undoes, Ctrl+wheel + − zoom."
)


class Preview(QDialog):
    """Shows one image of an area of the desktop with its covers; Esc or Close ends it and keeps them.

    `changed` says that the covers or the selection are others.
    """

    changed = Signal()

    def __init__(self, image: QImage, title: str, area: Rect, edits: CoverEdits, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint)
        self._edits = edits
        self._canvas = CoverCanvas(image, area, edits)
        self._area = QScrollArea()
        self._area.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._area.setWidget(self._canvas)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for bar in (self._area.horizontalScrollBar(), self._area.verticalScrollBar()):
            bar.setSingleStep(_STEP)
        self._make_parts(image)
        self._lay_out()
        self._connect()
        beside = self.sizeHint().height() - self._area.sizeHint().height() + 60
        wish = image.size() / self.devicePixelRatioF() + QSize(40, max(beside, 150))
        put_in_middle(self, wish.expandedTo(QSize(760, beside + 270)), parent.screen())
        self._fit.setChecked(True)
        self._canvas.setFocus()
        self._canvas.select(next(iter(self._canvas.visible_covers()), None))

    def refresh(self) -> None:
        """Show covers that were added from elsewhere."""
        self._canvas.update()
        self._on_changed()

    def release(self) -> None:
        """Let go of the picture, whose pixels may be gone soon."""
        self._canvas.release()

    # --- parts --------------------------------------------------------------------------------------------

    def _make_parts(self, image: QImage) -> None:
        self._add = self._button(_("&Add a cover"), self._canvas.add)
        self._remove = self._button(_("&Remove"), self._canvas.remove)
        self._undo = self._button(_("&Undo"), self._canvas.undo)
        self._redo = self._button(_("Red&o"), self._canvas.redo)
        self._said = QLabel()
        self._fit, self._full = QRadioButton(_("&Fit to window")), QRadioButton(_("&100 %"))
        self._sizes = QButtonGroup(self)
        for choice in (self._fit, self._full):
            self._sizes.addButton(choice)
            choice.setAccessibleName(without_letter(choice.text()))
            choice.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keep_tab_on_choice(self._sizes)
        self._smaller = self._button("−", lambda: self._zoom_by(-1), _("Smaller"))
        self._larger = self._button("+", lambda: self._zoom_by(1), _("Larger"))
        for button in (self._smaller, self._larger):
            button.setFixedWidth(button.sizeHint().height() * 3 // 2)
        self._percent = QLabel()
        self._sent = QLabel(
            _("{width} × {height} pixels: this is what is sent").format(
                width=image.width(), height=image.height()
            )
        )
        self._close = self._button(_("&Close"), self.close)
        self._close.setDefault(True)

    def _button(self, text: str, action: Callable[[], object], name: str = "") -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name or without_letter(text))
        button.setToolTip(name)
        button.setAutoDefault(False)  # Enter closes, whichever part has the focus
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard with the picture
        button.clicked.connect(lambda: action())
        return button

    def _lay_out(self) -> None:
        editing, sizes = QHBoxLayout(), QHBoxLayout()
        for part in (self._add, self._remove, self._undo, self._redo):
            editing.addWidget(part)
        editing.addSpacing(12)
        editing.addWidget(self._said, 1)
        zooming: tuple[QWidget, ...] = (self._fit, self._full, self._smaller, self._larger, self._percent)
        for each in zooming:
            sizes.addWidget(each)
        sizes.addStretch()
        sizes.addWidget(self._sent)
        sizes.addStretch()
        sizes.addWidget(self._close)
        rows = QVBoxLayout(self)
        rows.addWidget(self._area, 1)
        rows.addLayout(editing)
        rows.addWidget(plain_label(_HELP, scale=0.92))
        rows.addLayout(sizes)

    def _connect(self) -> None:
        self._canvas.changed.connect(self._on_changed)
        self._canvas.zoom_asked.connect(self._zoom_around)
        self._canvas.look_at.connect(self._look_at)
        self._canvas.dragged_by.connect(self._scroll_by)
        self._canvas.toggled.connect(self._toggle)
        self._sizes.buttonToggled.connect(lambda button, on: self._resize_canvas() if on else None)
        for keys, action in (
            ("Ctrl+Z", self._canvas.undo),
            ("Ctrl+Shift+Z", self._canvas.redo),
            ("Ctrl+Y", self._canvas.redo),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(action)

    def _on_changed(self) -> None:
        self._said.setText(self._canvas.description())
        self._remove.setEnabled(self._canvas.selected is not None)
        self._undo.setEnabled(self._edits.can_undo)
        self._redo.setEnabled(self._edits.can_redo)
        self.changed.emit()

    # --- sizes --------------------------------------------------------------------------------------------

    def resizeEvent(self, event: object) -> None:
        """Keep a fitted picture fitted."""
        self._resize_canvas()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys for the size; the arrows are the canvas's, and scroll while no cover is selected."""
        key = event.key()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom_by(1)
        elif key == Qt.Key.Key_Minus:
            self._zoom_by(-1)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_1):
            (self._fit if key == Qt.Key.Key_0 else self._full).setChecked(True)
        else:
            super().keyPressEvent(event)

    def _toggle(self) -> None:
        (self._full if self._fit.isChecked() else self._fit).setChecked(True)

    def _resize_canvas(self) -> None:
        if self._fit.isChecked():
            self._canvas.fit(self._area.maximumViewportSize())
        elif self._full.isChecked():
            self._canvas.set_zoom(1.0)
        self._percent.setText(_percent(self._canvas.zoom))

    def _zoom_by(self, way: int) -> None:
        view = self._area.viewport()
        self._zoom_around(way, QPointF(self._canvas.mapFrom(view, view.rect().center())))

    def _zoom_around(self, way: int, point: QPointF) -> None:
        """One step larger (1) or smaller (-1), with what is at a point of the canvas staying where it is."""
        old = self._canvas.zoom
        zooms = [zoom for zoom in _ZOOMS if (zoom > old * 1.001 if way > 0 else zoom < old * 0.999)]
        if not zooms:
            return
        new = zooms[0] if way > 0 else zooms[-1]
        place = self._canvas.mapTo(self._area.viewport(), point.toPoint())
        self._sizes.setExclusive(False)
        self._fit.setChecked(False)
        self._full.setChecked(new == 1.0)
        self._sizes.setExclusive(True)
        self._canvas.set_zoom(new)
        self._percent.setText(_percent(new))
        self._scroll_by(place - (point * (new / old)).toPoint() - self._canvas.pos())

    # --- scrolling ----------------------------------------------------------------------------------------

    def _scroll_by(self, way: QPoint) -> None:
        """Push the picture, as a hand would push it."""
        for bar, by in (
            (self._area.horizontalScrollBar(), way.x()),
            (self._area.verticalScrollBar(), way.y()),
        ):
            bar.setValue(bar.value() - by)

    def _look_at(self, place: QRect) -> None:
        """Bring a place of the canvas into view, as much of it as there is room for."""
        room = self._area.viewport().size()
        if place.width() <= room.width() and place.height() <= room.height():
            center = place.center()
            self._area.ensureVisible(
                center.x(), center.y(), place.width() // 2 + 12, place.height() // 2 + 12
            )
        elif not self._canvas.visibleRegion().intersects(place):
            self._area.ensureVisible(place.left(), place.top())


def _percent(zoom: float) -> str:
    return _("{percent} %").format(percent=number(round(zoom * 100)))
