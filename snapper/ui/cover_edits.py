"""The covers of one picture while a person edits them: what there is, undo and redo, and their geometry.

Pure: rectangles in pixels of the desktop, no toolkit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from snapper.capture.frame import Rect

Covers = tuple[Rect, ...]

_STEPS_MAX = 500  # that can be undone


class Side(NamedTuple):
    """What of a rectangle is held: -1 the left or top edge, 1 the right or bottom one, 0 neither."""

    across: int
    down: int


class CoverEdits:
    """The covers, with their past and future. Every change can be undone but the offer at the beginning."""

    def __init__(self, offered: Iterable[Rect] = ()) -> None:
        self.offered: Covers = tuple(dict.fromkeys(offered))
        self.rects: Covers = self.offered
        self._past: list[Covers] = []
        self._future: list[Covers] = []
        self._kind: str | None = None

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone."""
        return bool(self._future)

    def offer(self, rects: Iterable[Rect]) -> None:
        """Cover more parts that nobody has seen yet; they were there from the beginning, as far as undo goes.

        What was offered before is not offered again: it may have been removed.
        """
        new = tuple(rect for rect in dict.fromkeys(rects) if rect not in self.offered)
        self.offered += new
        self.rects += new
        self._past = [past + new for past in self._past]
        self._future = [future + new for future in self._future]

    def change(self, rects: Iterable[Rect], kind: str | None = None) -> None:
        """Put other covers in their place; changes of one kind in a row are undone together."""
        changed = tuple(rects)
        if changed == self.rects:
            return
        if kind is None or kind != self._kind:
            self._past = [*self._past[1 - _STEPS_MAX :], self.rects]
        self._future, self._kind, self.rects = [], kind, changed

    def undo(self) -> None:
        """Go one change back."""
        if self._past:
            self._future.append(self.rects)
            self.rects = self._past.pop()
        self._kind = None

    def redo(self) -> None:
        """Take the last undo back."""
        if self._future:
            self._past.append(self.rects)
            self.rects = self._future.pop()
        self._kind = None


def moved(rect: Rect, across: int, down: int, bounds: Rect) -> Rect:
    """A rectangle moved as far as the bounds allow; one that is partly outside may stay so."""
    room = _holding(bounds, rect)
    left = min(max(rect.left + across, room.left), room.left + room.width - rect.width)
    top = min(max(rect.top + down, room.top), room.top + room.height - rect.height)
    return rect._replace(left=left, top=top)


def resized(rect: Rect, side: Side, across: int, down: int, bounds: Rect) -> Rect:
    """A rectangle with the edges it is held by moved, within the bounds and never less than a pixel wide."""
    room = _holding(bounds, rect)
    left, width = _stretched(rect.left, rect.width, side.across, across, (room.left, room.width))
    top, height = _stretched(rect.top, rect.height, side.down, down, (room.top, room.height))
    return Rect(left, top, width, height)


def _stretched(start: int, length: int, side: int, by: int, room: tuple[int, int]) -> tuple[int, int]:
    first, end = start, start + length
    if side < 0:
        first = min(max(first + by, room[0]), end - 1)
    if side > 0:
        end = max(min(end + by, room[0] + room[1]), first + 1)
    return first, end - first


def between(corner: tuple[int, int], opposite: tuple[int, int], bounds: Rect) -> Rect | None:
    """The rectangle with these corners (positions between pixels), cut to the bounds; None if it is empty."""
    left, right = sorted((corner[0], opposite[0]))
    top, bottom = sorted((corner[1], opposite[1]))
    return Rect(left, top, right - left, bottom - top).intersection(bounds)


def in_the_middle(area: Rect) -> Rect:
    """A new rectangle in the middle of an area, a third of it wide and an eighth high."""
    width, height = max(area.width // 3, 1), max(area.height // 8, 1)
    return Rect(area.left + (area.width - width) // 2, area.top + (area.height - height) // 2, width, height)


def _holding(bounds: Rect, rect: Rect) -> Rect:
    """The bounds, grown to hold a rectangle that is partly outside."""
    left, top = min(bounds.left, rect.left), min(bounds.top, rect.top)
    right = max(bounds.left + bounds.width, rect.left + rect.width)
    bottom = max(bounds.top + bounds.height, rect.top + rect.height)
    return Rect(left, top, right - left, bottom - top)
