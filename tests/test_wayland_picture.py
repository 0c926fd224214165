"""A picture of the desktop laid over what X11 programs know of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image

from snapper.capture.frame import Monitor, Rect, Window
from snapper.capture.wayland_picture import assembled, factor
from snapper.capture.xwayland import scaled

LAYOUT = Rect(0, 0, 100, 50), (Monitor(Rect(0, 0, 60, 50), "left"), Monitor(Rect(60, 0, 40, 50), "right"))
WINDOW = Window(7, Rect(10, 20, 31, 9), "TWS", 1, title_bar=5)


def picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (width, height), (1, 2, 3) if mode == "RGB" else (1, 2, 3, 9))


@pytest.mark.parametrize(
    ("size", "found"),
    [
        ((100, 50), 1), ((200, 100), 2), ((150, 75), 1.5), ((125, 63), 1.25),
        ((200, 50), None), ((100, 80), None),
    ],
)  # fmt: skip
def test_one_scale_for_both_directions_or_none(size: tuple[int, int], found: float | None) -> None:
    assert factor(size, LAYOUT) == (pytest.approx(found) if found else None)
    assert factor(size, None) is None
    assert factor(size, (Rect(0, 0, 0, 0), ())) is None


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_pixels_are_blue_green_red(mode: str) -> None:
    frame = assembled(picture(100, 50, mode), LAYOUT, WINDOW, 5.0)
    assert bytes(frame.pixels[:3]) == b"\3\2\1" and len(frame.pixels) == 100 * 50 * 4
    assert (frame.active, frame.monitors, frame.taken_at) == (WINDOW, LAYOUT[1], 5.0)


def test_monitors_and_the_window_are_in_the_pixels_of_the_picture() -> None:
    frame = assembled(picture(200, 100), LAYOUT, WINDOW, 5.0)
    assert [monitor.area for monitor in frame.monitors] == [Rect(0, 0, 120, 100), Rect(120, 0, 80, 100)]
    assert frame.active and frame.active.bounds == Rect(20, 40, 62, 18) and frame.active.title_bar == 10


def test_where_they_do_not_fit_there_is_one_monitor_and_no_window() -> None:
    frame = assembled(picture(130, 50), LAYOUT, WINDOW, 5.0)
    assert frame.active is None
    assert frame.monitors == (Monitor(Rect(0, 0, 130, 50), primary=True),)


@examples(max_examples=60)
@given(
    st.integers(0, 4000), st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([1, 1.25, 1.5, 2, 3])
)
def test_what_met_still_meets(left: int, first: int, second: int, scale: float) -> None:
    one, other = Rect(left, 0, first, 9), Rect(left + first, 0, second, 9)
    assert scaled(one, scale).left + scaled(one, scale).width == scaled(other, scale).left


@pytest.mark.parametrize("size", [(100, 50), (130, 50)])
def test_it_is_kept_that_only_x11_programs_have_windows_here(size: tuple[int, int]) -> None:
    assert assembled(picture(*size), LAYOUT, WINDOW, 5.0).only_x11
