"""What is offered already covered, and what is learnt from what a person draws and removes."""

from __future__ import annotations

import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.screen import VirtualScreen, wait_until
from snapper.capture.active_window_x11 import X11Windows
from snapper.capture.frame import Frame, Monitor, Rect, Window
from snapper.covers import (
    FILE_NAME,
    REGIONS_MAX,
    TITLES_MAX,
    Habit,
    anchored,
    learn,
    load,
    offered,
    place,
    remember,
    title_key,
    uncovered,
)
from tests.x_clients import client

AREA = Rect(-200, 0, 2200, 1000)
TWS = "DU1234567 Trader Workstation (Simulated Trading)"


def window(bounds: Rect, title: str = TWS, handle: int = 1, **more: bool) -> Window:
    return Window(handle, bounds, title, 99, 20, **more)


def desktop(*windows: Window, active: Window | None = None) -> Frame:
    """A desktop with these windows, topmost first; nothing here looks at pixels."""
    return Frame(b"", AREA, (Monitor(AREA),), active, 0.0, windows)


# --- title bars -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    [
        TWS,
        "U12345 Interactive Brokers",
        "Portfolio [F1234567]",
        "I123456789",
        "DF55555-x",
        "u7654321",
        "_U1234567_",
    ],
)
def test_a_title_bar_with_an_account_number_is_covered(title: str) -> None:
    assert offered(desktop(window(Rect(100, 50, 800, 600), title)), {}) == (Rect(100, 50, 800, 20),)


@pytest.mark.parametrize(
    "title", ["", "Trader Workstation", "U1234", "U1234567890", "BLU12345", "U 12345", "2U12345"]
)
def test_a_title_bar_without_one_is_left_alone(title: str) -> None:
    assert offered(desktop(window(Rect(100, 50, 800, 600), title)), {}) == ()


def test_a_title_bar_with_a_private_word_is_covered() -> None:
    words = ["Jane Doe", "jd (x)", "a", " "]
    frame = desktop(
        window(Rect(0, 0, 100, 90), "Mail – jane doe"),
        window(Rect(200, 0, 100, 90), "JD (x): terminal", 2),
        window(Rect(400, 0, 100, 90), "a window of Jane Doert", 3),
    )
    assert offered(frame, {}, words) == (Rect(0, 0, 100, 20), Rect(200, 0, 100, 20))


def test_the_active_window_is_known_before_anybody_has_asked_for_all() -> None:
    assert offered(desktop(active=window(Rect(100, 50, 800, 600))), {}) == (Rect(100, 50, 800, 20),)


def test_the_active_window_counts_as_it_was_at_the_press() -> None:
    """A moment later it may show another title, be elsewhere, or be gone."""
    active = window(Rect(100, 50, 800, 600))
    for later in (window(Rect(300, 50, 800, 600), "moved on"), window(Rect(0, 0, 2000, 1000), "other", 2)):
        assert offered(desktop(later, active=active), {}) == (Rect(100, 50, 800, 20),)


def test_covers_are_cut_to_the_desktop() -> None:
    frame = desktop(window(Rect(-300, -5, 400, 300)), window(Rect(5000, 0, 100, 100), handle=2))
    assert offered(frame, {}) == (Rect(-200, 0, 300, 15),)


def test_a_window_lower_than_its_title_bar_is_covered_whole() -> None:
    assert offered(desktop(window(Rect(0, 0, 300, 8))), {}) == (Rect(0, 0, 300, 8),)


def test_a_hidden_title_bar_needs_no_cover_and_one_partly_hidden_only_where_it_shows() -> None:
    low = window(Rect(100, 100, 800, 600))
    over_all = window(Rect(100, 90, 800, 40), "over", 2)
    over_left = window(Rect(0, 0, 500, 500), "over", 3)
    over_right = window(Rect(700, 0, 500, 500), "over", 4)
    assert offered(desktop(over_all, low), {}) == ()
    assert offered(desktop(low, over_all), {}) == (Rect(100, 100, 800, 20),)
    assert offered(desktop(over_left, low), {}) == (Rect(500, 100, 400, 20),)
    assert offered(desktop(over_left, over_right, low), {}) == (Rect(500, 100, 200, 20),)
    both = window(Rect(0, 0, 1500, 110), "over", 5)
    assert offered(desktop(both, over_left, low), {}) == (Rect(500, 110, 400, 10),)


def test_what_shines_through_a_window_above_is_covered() -> None:
    glass = window(Rect(0, 0, 2000, 1000), "overlay", 2, see_through=True)
    assert offered(desktop(glass, window(Rect(100, 100, 800, 600))), {}) == (Rect(100, 100, 800, 20),)


SMALL = st.builds(Rect, *[st.integers(-6, 6)] * 2, *[st.integers(0, 8)] * 2)


@given(SMALL, st.lists(SMALL, max_size=4))
def test_what_others_leave_of_a_rectangle_is_told_pixel_by_pixel(rect: Rect, hiding: list[Rect]) -> None:
    parts = uncovered(rect, hiding)
    for x in range(-8, 16):
        for y in range(-8, 16):
            here = Rect(x, y, 1, 1)
            seen = bool(rect.intersection(here)) and not any(each.intersection(here) for each in hiding)
            assert sum(bool(part.intersection(here)) for part in parts) == seen


def test_real_windows_with_an_account_in_their_title_are_covered_at_the_title_bar(
    screen: VirtualScreen,
) -> None:
    """A real desktop with two windows beside each other, both with a frame."""
    with client(screen, "window", TWS) as low, client(screen, "window", "U7654321 on top") as high:
        windows = X11Windows(screen.display)
        wait_until(lambda: [each.handle for each in windows.visible()] == [high.id, low.id], "both windows")
        screen.xdotool("windowmove", str(low.id), "20", "40", "windowmove", str(high.id), "700", "400")
        wait_until(lambda: not overlap(*windows.visible()), "they are beside each other")
        seen, area = windows.visible(), Rect(0, 0, 1280, 800)
        frame = Frame(b"", area, (Monitor(area),), windows.active(), 0.0, tuple(seen))
        bars = tuple(each.bounds._replace(height=each.title_bar) for each in seen)
        assert offered(frame, {}) == bars
        windows.close()


def overlap(one: Window, other: Window) -> bool:
    return one.bounds.intersection(other.bounds) is not None


# --- remembered regions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TWS, "U7654321 Trader  Workstation (simulated trading)"),
        ("AAPL 187.39 +1.2", "AAPL 1,203.00 -17"),
        ("Inbox (3)", "inbox (12)"),
        ("Orders 2026-11-21 14:02", "Orders 2026-11-22 09:15"),
    ],
)
def test_tomorrows_title_is_the_same_but_for_its_numbers(one: str, other: str) -> None:
    assert title_key(one) == title_key(other)


@pytest.mark.parametrize("other", ["AAPL", "MSFT 187.39", "", "187.39 AAPL"])
def test_other_titles_are_others(other: str) -> None:
    assert title_key("AAPL 187.39") != title_key(other)


BOUNDS = Rect(100, 50, 800, 600)


@pytest.mark.parametrize(
    ("drawn", "now", "expected"),
    [
        (Rect(120, 60, 90, 30), Rect(0, 0, 800, 600), Rect(20, 10, 90, 30)),  # moved with it
        (Rect(120, 60, 90, 30), Rect(100, 50, 1600, 900), Rect(120, 60, 90, 30)),  # at the top left
        (Rect(780, 600, 100, 40), Rect(100, 50, 1000, 700), Rect(980, 700, 100, 40)),  # at the bottom right
        (Rect(480, 60, 60, 30), Rect(100, 50, 1600, 600), Rect(1280, 60, 60, 30)),  # small, in the middle
        (Rect(100, 300, 800, 50), Rect(100, 50, 1000, 600), Rect(100, 300, 1000, 50)),  # all across
        (Rect(150, 60, 700, 30), Rect(100, 50, 600, 600), Rect(150, 60, 500, 30)),  # 50 from both sides
        (Rect(150, 60, 700, 30), Rect(100, 50, 90, 600), Rect(100, 60, 90, 30)),  # too small: all across
    ],
)
def test_a_region_stays_at_the_edges_it_was_near_to(drawn: Rect, now: Rect, expected: Rect) -> None:
    assert place(anchored(drawn, BOUNDS), now) == expected


@given(
    st.builds(Rect, *[st.integers(-500, 1500)] * 2, *[st.integers(1, 1500)] * 2),
    st.builds(Rect, *[st.integers(-500, 500)] * 2, *[st.integers(1, 1500)] * 2),
)
def test_a_region_is_where_it_was_drawn_as_long_as_the_window_keeps_its_size(
    rect: Rect, bounds: Rect
) -> None:
    moved = bounds._replace(left=bounds.left + 7, top=bounds.top - 3)
    assert place(anchored(rect, bounds), bounds) == rect
    assert place(anchored(rect, bounds), moved) == rect._replace(left=rect.left + 7, top=rect.top - 3)


def test_a_drawn_cover_is_offered_for_tomorrows_window(tmp_path: Path) -> None:
    path, drawn = tmp_path / FILE_NAME, Rect(120, 90, 200, 40)
    bar = Rect(100, 50, 800, 20)
    remember(path, desktop(window(BOUNDS)), [bar], [bar, drawn])
    tomorrow = window(Rect(300, 150, 900, 700), TWS.replace("DU1234567", "U7777777"), 5)
    assert offered(desktop(tomorrow), load(path)) == (Rect(300, 150, 900, 20), Rect(320, 190, 200, 40))


def test_a_removed_cover_is_not_offered_again(tmp_path: Path) -> None:
    path, bar, drawn = tmp_path / FILE_NAME, Rect(100, 50, 800, 20), Rect(120, 90, 200, 40)
    frame = desktop(window(BOUNDS), window(Rect(1000, 50, 300, 300), "U1234567 other window", 2))
    other = Rect(1000, 50, 300, 20)
    remember(path, frame, [bar, other], [other, drawn])
    assert set(offered(frame, load(path))) == {other, drawn}
    remember(path, frame, [other, drawn], [other])
    assert offered(frame, load(path)) == (other,)


def test_a_changed_cover_takes_the_place_of_the_offered_one(tmp_path: Path) -> None:
    path, bar, longer = tmp_path / FILE_NAME, Rect(100, 50, 800, 20), Rect(100, 50, 800, 60)
    remember(path, desktop(window(BOUNDS)), [bar], [longer])
    assert offered(desktop(window(BOUNDS)), load(path)) == (longer,)


def test_what_was_never_shown_was_never_removed() -> None:
    """Submit may come before the covers were offered."""
    frame = desktop(window(BOUNDS))
    assert learn({}, frame, set(), set()) == {}


def test_a_cover_belongs_to_the_topmost_window_under_its_middle() -> None:
    high, low = window(Rect(300, 200, 300, 300), "high", 1), window(BOUNDS, "low", 2)
    learnt = learn({}, desktop(high, low), set(), {Rect(280, 250, 100, 20), Rect(110, 550, 50, 50)})
    assert {key: len(habit.regions) for key, habit in learnt.items()} == {
        title_key("high"): 1,
        title_key("low"): 1,
    }


@pytest.mark.parametrize("drawn", [Rect(1500, 900, 50, 50), Rect(1000, 100, 50, 50)])
def test_a_cover_on_no_window_or_on_one_without_a_title_is_not_remembered(drawn: Rect) -> None:
    frame = desktop(
        window(BOUNDS), window(Rect(950, 50, 300, 300), " ", 2), window(AREA._replace(height=500), "x", 3)
    )
    assert learn({}, frame, set(), {drawn}) == {}


def test_a_region_of_a_window_that_is_hidden_now_is_not_offered() -> None:
    learnt = learn({}, desktop(window(BOUNDS, "Chart")), set(), {Rect(120, 90, 200, 40)})
    over = window(Rect(110, 80, 300, 100), "over", 2)
    assert offered(desktop(over, window(BOUNDS, "Chart")), learnt) == ()


def test_the_same_cover_drawn_twice_is_remembered_once_and_only_so_many_are() -> None:
    frame, learnt = desktop(window(BOUNDS, "Chart")), {}
    for number in range(REGIONS_MAX + 5):
        learnt = dict(learn(learnt, frame, set(), {Rect(120, 90, 20, 40), Rect(200 + number, 90, 20, 40)}))
    [habit] = learnt.values()
    assert len(habit.regions) == len(set(habit.regions)) == REGIONS_MAX


def test_the_titles_not_met_for_longest_are_forgotten_first() -> None:
    learnt: dict[str, Habit] = {}
    names = [chr(0x4E00 + number) for number in range(TITLES_MAX + 1)]
    shown = desktop(window(BOUNDS, names[0]))
    for name in names:
        learnt = dict(learn(learnt, desktop(window(BOUNDS, name)), set(), {Rect(120, 90, 20, 40)}))
        first = set(offered(shown, learnt))
        learnt = dict(learn(learnt, shown, first, first))  # met again, and kept
    assert len(learnt) == TITLES_MAX
    assert title_key(names[0]) in learnt
    assert title_key(names[1]) not in learnt


# --- the file ---------------------------------------------------------------------------------------------


def test_the_file_is_private_and_tells_nothing_of_the_titles(tmp_path: Path) -> None:
    path = tmp_path / "new" / FILE_NAME
    remember(path, desktop(window(BOUNDS, "DU1234567 Jane Doe")), [], [Rect(120, 90, 200, 40)])
    text = path.read_text().casefold()
    assert not [word for word in ("1234567", "jane", "doe", "account") if word in text]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_learnt_comes_back_from_the_file(tmp_path: Path) -> None:
    path, frame = tmp_path / FILE_NAME, desktop(window(BOUNDS), window(AREA, "big", 2))
    bar, drawn = Rect(100, 50, 800, 20), [Rect(120, 90, 200, 40), Rect(950, 10, 1000, 40)]
    remember(path, frame, [bar], drawn)
    assert load(path) == learn({}, frame, {bar}, set(drawn))
    assert len(load(path)) == 2


def entry(regions: bytes, title: bytes = b'"a"', title_bar: bytes = b"true") -> bytes:
    """A file with one title in it."""
    habit = b'{"title": %s, "regions": %s, "title_bar": %s}' % (title, regions, title_bar)
    return b'{"version": 1, "titles": [%s]}' % habit


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(entry(b"[[[true, 9], [true, 1], [false, 1], [false, 5]]]"))
    assert place(load(path)["a"].regions[0], Rect(0, 0, 100, 100)) == Rect(91, 1, 8, 4)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\0\xff\xfe", b"null", b"[]", b"{}", b'{"version": 2, "titles": []}', b'{"version": 1}',
        b'{"version": 1, "titles": 5}',
        entry(b"[]", title=b"3"), entry(b"[]", title_bar=b"1"), entry(b"[[1, 2]]"),
        entry(b"[[[true, 1.5], [true, 1], [true, 1], [true, 1]]]"),
        entry(b"[[[true, 99999999999], [true, 1], [true, 1], [true, 1]]]"),
        entry(b"[[[1, 1], [true, 1], [true, 1], [true, 1]]]"),
        b"[" * 100_000, b'{"version": 1, "titles": [], "x": "' + b"x" * 2_000_000 + b'"}',
    ],
)  # fmt: skip
def test_a_broken_file_is_forgotten_and_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    assert load(path) == {}
    remember(path, desktop(window(BOUNDS)), [], [Rect(120, 90, 200, 40)])
    assert len(load(path)) == 1


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / FILE_NAME
    remember(path, desktop(window(BOUNDS)), [], [Rect(120, 90, 200, 40)])
    assert load(path) == {}


def test_a_title_that_is_no_text_can_be_remembered() -> None:
    odd = replace(window(BOUNDS), title="\ud800 broken")
    assert learn({}, desktop(odd), set(), {Rect(120, 90, 200, 40)})
