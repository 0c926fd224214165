"""The covers while they are edited: undo and redo, late offers, and what moving and resizing make of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.capture.frame import Rect
from snapper.ui.cover_edits import CoverEdits, Side, between, in_the_middle, moved, resized

A, B, C = Rect(0, 0, 10, 10), Rect(20, 0, 10, 10), Rect(40, 0, 10, 10)
VIEW = Rect(-100, -50, 400, 300)


def test_every_change_can_be_undone_and_made_again() -> None:
    edits = CoverEdits([A])
    edits.change([A, B])
    edits.change([B])
    seen = [edits.rects]
    while edits.can_undo:
        edits.undo()
        seen.append(edits.rects)
    assert seen == [(B,), (A, B), (A,)]
    while edits.can_redo:
        edits.redo()
    assert edits.rects == (B,)


def test_the_end_of_undo_and_redo_is_no_error() -> None:
    edits = CoverEdits([A])
    edits.undo()
    edits.redo()
    assert edits.rects == (A,)


def test_a_new_change_ends_what_could_be_made_again() -> None:
    edits = CoverEdits()
    edits.change([A])
    edits.undo()
    edits.change([B])
    assert not edits.can_redo


def test_changes_of_one_kind_in_a_row_are_undone_together() -> None:
    edits = CoverEdits([A])
    for kind, rect in (("move 0", B), ("move 0", C), ("resize 0", A), (None, B), (None, C)):
        edits.change([rect], kind)
    steps = []
    while edits.can_undo:
        edits.undo()
        steps.append(edits.rects)
    assert steps == [(B,), (A,), (C,), (A,)]


def test_after_an_undo_a_change_of_the_same_kind_stands_alone() -> None:
    edits = CoverEdits([A])
    edits.change([B], "move 0")
    edits.undo()
    edits.redo()
    edits.change([C], "move 0")
    edits.undo()
    assert edits.rects == (B,)


def test_what_changes_nothing_is_nothing_to_undo() -> None:
    edits = CoverEdits([A])
    edits.change([A])
    assert not edits.can_undo


def test_a_late_offer_is_there_from_the_beginning() -> None:
    edits = CoverEdits([A])
    edits.change([])
    edits.change([B])
    edits.undo()
    edits.offer([A, C])
    assert (edits.rects, edits.offered) == ((C,), (A, C)), "a removed offer does not come back"
    edits.redo()
    assert edits.rects == (B, C)
    edits.undo()
    edits.undo()
    assert edits.rects == (A, C)


def test_undo_goes_back_many_steps_but_not_without_end() -> None:
    edits = CoverEdits()
    for number in range(1200):
        edits.change([Rect(number, 0, 1, 1)])
    steps = 0
    while edits.can_undo:
        edits.undo()
        steps += 1
    assert steps == 500


RECTS = st.builds(
    Rect, st.integers(-100, 299), st.integers(-50, 249), st.integers(1, 400), st.integers(1, 300)
)
WAY = st.integers(-900, 900)
SIDES = st.builds(Side, *[st.sampled_from((-1, 0, 1))] * 2)


def inside(rect: Rect) -> bool:
    return rect.intersection(VIEW) == rect


@given(RECTS, WAY, WAY)
def test_a_moved_cover_keeps_its_size_and_does_not_leave_the_picture(
    rect: Rect, across: int, down: int
) -> None:
    after = moved(rect, across, down, VIEW)
    assert after[2:] == rect[2:]
    assert inside(after) >= inside(rect)
    wished = rect._replace(left=rect.left + across, top=rect.top + down)
    assert after == wished or not inside(wished)


@given(RECTS, SIDES, WAY, WAY)
def test_resizing_moves_only_the_edges_that_are_held(rect: Rect, side: Side, across: int, down: int) -> None:
    after = resized(rect, side, across, down, VIEW)
    assert after.width >= 1 and after.height >= 1
    assert inside(after) >= inside(rect)
    if side.across >= 0:
        assert after.left == rect.left
    if side.across <= 0:
        assert after.left + after.width == rect.left + rect.width
    if side.down >= 0:
        assert after.top == rect.top
    if side.down <= 0:
        assert after.top + after.height == rect.top + rect.height


def test_resizing_follows_the_mouse() -> None:
    rect = Rect(0, 0, 50, 40)
    assert resized(rect, Side(1, 1), 7, -5, VIEW) == Rect(0, 0, 57, 35)
    assert resized(rect, Side(-1, -1), 7, -5, VIEW) == Rect(7, -5, 43, 45)
    assert resized(rect, Side(-1, 0), 900, 0, VIEW) == Rect(49, 0, 1, 40)


def test_a_cover_that_reaches_out_of_the_window_may_stay_so() -> None:
    """Drawn on the whole screen, seen in the picture of one window."""
    assert moved(Rect(-300, 0, 500, 20), 5, 0, VIEW) == Rect(-295, 0, 500, 20)
    assert moved(Rect(-300, 0, 500, 20), -5, 0, VIEW).left == -300


@pytest.mark.parametrize(
    "corner, opposite", [((10, 20), (40, 80)), ((40, 80), (10, 20)), ((40, 20), (10, 80))]
)
def test_any_two_opposite_corners_make_the_same_cover(
    corner: tuple[int, int], opposite: tuple[int, int]
) -> None:
    assert between(corner, opposite, VIEW) == Rect(10, 20, 30, 60)


def test_a_cover_drawn_over_the_edge_ends_there_and_a_line_is_none() -> None:
    assert between((-500, -500), (0, 0), VIEW) == Rect(-100, -50, 100, 50)
    assert between((10, 20), (10, 80), VIEW) is None


@given(RECTS)
def test_a_new_cover_is_inside_its_area(area: Rect) -> None:
    new = in_the_middle(area)
    assert new.intersection(area) == new
