"""Which parts of a picture are offered already covered, and what a person taught by drawing and removing.

Pure rules over windows, and the one private file they are remembered in. Nothing is painted or shown here.

A window is known again by its title without its numbers, and of that only a digest is kept: the file tells
nobody what was on the screen.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from snapper import disk
from snapper.capture.frame import Frame, Rect, Window
from snapper.privacy.classes import ACCOUNT_NUMBER

FILE_NAME = "covers.json"
TITLES_MAX = 200  # windows remembered; those not met for longest are forgotten first
REGIONS_MAX = 40  # of one window
_VERSION = 1
_FILE_MAX_BYTES = 1 << 20
_FARTHEST = 1 << 20  # pixels: no screen is wider

_NUMBER = re.compile(r"[+\-−]?\d+(?:[.,:/'’ _-]?\d+)*")


class Edge(NamedTuple):
    """Where an edge of a region is: so many pixels from the near (left, top) or the far side of a window."""

    far: bool
    distance: int


class Region(NamedTuple):
    """A region of a window that stays where it is seen when the window is moved or resized."""

    left: Edge
    right: Edge
    top: Edge
    bottom: Edge


@dataclass(frozen=True)
class Habit:
    """What is known of the windows of one title: the regions to cover, and whether a title bar that shows an
    account is to be covered, as it is until a person says otherwise."""

    regions: tuple[Region, ...] = ()
    title_bar: bool = True


Remembered = Mapping[str, Habit]  # by title_key, those met last at the end


def offered(frame: Frame, remembered: Remembered, words: Collection[str] = ()) -> tuple[Rect, ...]:
    """The parts of a frame to cover before anybody asks, in pixels of the desktop and cut to what is there.

    The title bar of every window whose title holds an account number or one of some private `words`, as far
    as other windows leave it visible, and the regions remembered for each title.
    """
    return tuple(dict.fromkeys(offer.rect for offer in _offers(frame, remembered, words)))


def remember(
    path: Path,
    frame: Frame,
    shown: Iterable[Rect],
    kept: Iterable[Rect],
    words: Collection[str] = (),
) -> None:
    """Learn from a submitted picture: `shown` was offered, `kept` is what is covered in the end.

    What was drawn is offered next time, what was removed is not. Never fails: what cannot be written is lost.
    """
    learnt = learn(load(path), frame, set(shown), set(kept), words)
    data = {"version": _VERSION, "titles": [_habit_data(key, habit) for key, habit in learnt.items()]}
    with contextlib.suppress(OSError):
        disk.make_private(path.parent)
        disk.replace(path, json.dumps(data, separators=(",", ":")).encode())


def load(path: Path) -> Remembered:
    """What was remembered; nothing when the file is missing or broken."""
    try:
        if path.stat().st_size > _FILE_MAX_BYTES:
            return {}
        data = json.loads(path.read_bytes())
        if data["version"] != _VERSION:
            return {}
        return dict(map(_habit, data["titles"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}


def title_key(title: str) -> str:
    """A digest that titles share when they differ only in account numbers, other numbers, case or spaces."""
    general = _NUMBER.sub("0", ACCOUNT_NUMBER.sub("ACCOUNT", title))
    return hashlib.sha256(" ".join(general.casefold().split()).encode("utf-8", "replace")).hexdigest()[:32]


# --- what is offered --------------------------------------------------------------------------------------


class _Offer(NamedTuple):
    rect: Rect
    key: str
    region: Region | None  # None: the title bar


def _offers(frame: Frame, remembered: Remembered, words: Collection[str]) -> Iterator[_Offer]:
    windows, private = _windows(frame), _private_in(words)
    for index, window in enumerate(windows):
        # The picture of a window by itself shows what others hide.
        whole = frame.own is not None and frame.active is not None and window.handle == frame.active.handle
        key, above = title_key(window.title), () if whole else windows[:index]
        habit = remembered.get(key, Habit())
        if habit.title_bar and private(window.title):
            yield from _visible(_Offer(_title_bar(window), key, None), above, frame.area)
        for region in habit.regions:
            yield from _visible(_Offer(place(region, window.bounds), key, region), above, frame.area)


def _windows(frame: Frame) -> tuple[Window, ...]:
    """The windows from the top down; the active one as it was at the press, even if it has gone since."""
    active, windows = frame.active, frame.windows
    if active is None:
        return windows
    if all(window.handle != active.handle for window in windows):
        return (replace(active, see_through=True), *windows)
    return tuple(
        replace(active, see_through=window.see_through) if window.handle == active.handle else window
        for window in windows
    )


def _private_in(words: Collection[str]) -> Callable[[str], bool]:
    """A function that tells whether a title shows something private."""
    parts = [re.escape(word) for word in words if len(word.strip()) >= 3]
    named = re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE) if parts else None
    return lambda title: bool(ACCOUNT_NUMBER.search(title) or (named and named.search(title)))


def _title_bar(window: Window) -> Rect:
    return window.bounds._replace(height=min(window.title_bar, window.bounds.height))


def _visible(offer: _Offer, above: Iterable[Window], area: Rect) -> Iterator[_Offer]:
    """The offer, cut to the box around the parts of it that nothing hides; nothing when all is hidden."""
    cut = offer.rect.intersection(area)
    parts = uncovered(cut, (window.bounds for window in above if not window.see_through)) if cut else []
    if parts:
        yield offer._replace(rect=_box_around(parts))


def uncovered(rect: Rect, hiding: Iterable[Rect]) -> list[Rect]:
    """What other rectangles leave of one, in pieces that do not overlap."""
    parts = [rect]
    for other in hiding:
        parts = [piece for part in parts for piece in _without(part, other)]
    return parts


def _without(rect: Rect, other: Rect) -> list[Rect]:
    common = rect.intersection(other)
    if common is None:
        return [rect]
    right, bottom = common.left + common.width, common.top + common.height
    pieces = (
        Rect(rect.left, rect.top, rect.width, common.top - rect.top),
        Rect(rect.left, bottom, rect.width, rect.top + rect.height - bottom),
        Rect(rect.left, common.top, common.left - rect.left, common.height),
        Rect(right, common.top, rect.left + rect.width - right, common.height),
    )
    return [piece for piece in pieces if piece.width > 0 and piece.height > 0]


def _box_around(rects: Collection[Rect]) -> Rect:
    left, top = min(rect.left for rect in rects), min(rect.top for rect in rects)
    right = max(rect.left + rect.width for rect in rects)
    bottom = max(rect.top + rect.height for rect in rects)
    return Rect(left, top, right - left, bottom - top)


# --- what is learnt ---------------------------------------------------------------------------------------


def learn(
    remembered: Remembered, frame: Frame, shown: set[Rect], kept: set[Rect], words: Collection[str] = ()
) -> Remembered:
    """What is remembered after `shown` was offered on a frame and `kept` was covered in the end. Pure."""
    learnt = dict(remembered)
    for offer in _offers(frame, remembered, words):
        if offer.rect in shown - kept:
            _change(learnt, offer.key, _forgotten(learnt.get(offer.key, Habit()), offer.region))
        elif offer.rect in kept:
            _change(learnt, offer.key, learnt.get(offer.key, Habit()))
    for rect in sorted(kept - shown):
        if window := _below(rect, _windows(frame)):
            key = title_key(window.title)
            _change(learnt, key, _with_region(learnt.get(key, Habit()), anchored(rect, window.bounds)))
    useful = {key: habit for key, habit in learnt.items() if habit != Habit()}
    return dict(list(useful.items())[-TITLES_MAX:])


def _change(learnt: dict[str, Habit], key: str, habit: Habit) -> None:
    learnt.pop(key, None)  # to the end: met last
    learnt[key] = habit


def _forgotten(habit: Habit, region: Region | None) -> Habit:
    if region is None:
        return replace(habit, title_bar=False)
    return replace(habit, regions=tuple(each for each in habit.regions if each != region))


def _with_region(habit: Habit, region: Region) -> Habit:
    others = tuple(each for each in habit.regions if each != region)
    return replace(habit, regions=(*others, region)[-REGIONS_MAX:])


def _below(rect: Rect, windows: Iterable[Window]) -> Window | None:
    """The topmost window with a title in which the middle of a rectangle lies: the one it was drawn for."""
    middle = Rect(rect.left + rect.width // 2, rect.top + rect.height // 2, 1, 1)
    found = next((window for window in windows if window.bounds.intersection(middle)), None)
    return found if found and found.title.strip() else None


def anchored(rect: Rect, window: Rect) -> Region:
    """A rectangle of the desktop as a region of a window, each edge held by the side that is nearest.

    A small region keeps its size: both of its edges are held by the same side.
    """
    left, right = _edges(rect.left - window.left, rect.width, window.width)
    top, bottom = _edges(rect.top - window.top, rect.height, window.height)
    return Region(left, right, top, bottom)


def _edges(start: int, length: int, window: int) -> tuple[Edge, Edge]:
    end = start + length
    near_start, near_end = abs(start) <= abs(window - start), abs(end) <= abs(window - end)
    if 2 * length <= window:
        near_start = near_end = abs(start) <= abs(window - end)
    return _edge(start, window, near_start), _edge(end, window, near_end)


def _edge(at: int, window: int, near: bool) -> Edge:
    return Edge(False, at) if near else Edge(True, window - at)


def place(region: Region, window: Rect) -> Rect:
    """Where a region is in a window now; where the window has become too small for it, all across."""
    left, right = _span(region.left, region.right, window.width)
    top, bottom = _span(region.top, region.bottom, window.height)
    return Rect(window.left + left, window.top + top, right - left, bottom - top)


def _span(first: Edge, last: Edge, window: int) -> tuple[int, int]:
    start, end = (window - edge.distance if edge.far else edge.distance for edge in (first, last))
    return (start, end) if start < end else (0, window)


# --- the file ---------------------------------------------------------------------------------------------


def _habit_data(key: str, habit: Habit) -> dict[str, Any]:
    return {"title": key, "regions": habit.regions, "title_bar": habit.title_bar}


def _habit(data: Mapping[str, Any]) -> tuple[str, Habit]:
    """One entry of the file; raises ValueError, TypeError or KeyError when it is none."""
    key, title_bar = data["title"], data["title_bar"]
    if not isinstance(key, str) or not isinstance(title_bar, bool):
        raise ValueError("not an entry")
    return key, Habit(tuple(Region(*map(_read_edge, edges)) for edges in data["regions"]), title_bar)


def _read_edge(data: Any) -> Edge:
    far, distance = data
    if not isinstance(far, bool) or not isinstance(distance, int) or abs(distance) > _FARTHEST:
        raise ValueError("not an edge")
    return Edge(far, distance)
