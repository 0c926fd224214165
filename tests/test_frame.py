"""What can be asked of a frozen desktop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.capture.frame import COVER, PIXEL, Frame, Monitor, Rect, Window, cover, crop, flaw, window_area
from snapper.errors import CaptureFailed

LEFT = Monitor(Rect(-3, 0, 3, 4), "left")
RIGHT = Monitor(Rect(0, 0, 5, 4), "right", primary=True)


def desktop(active: Rect | None = None) -> Frame:
    """Two monitors, 8×4 pixels in all, each pixel telling its own place: (x, y, 77, 0)."""
    area = Rect(-3, 0, 8, 4)
    pixels = bytes(value for y in range(4) for x in range(8) for value in (x, y, 77, 0))
    return Frame(pixels, area, (LEFT, RIGHT), Window(1, active) if active else None, 0.0)


def plain(pixel: bytes, width: int = 5, height: int = 3) -> Frame:
    area = Rect(0, 0, width, height)
    return Frame(pixel * (width * height), area, (Monitor(area),), None, 0.0)


def test_crop_takes_the_pixels_and_the_monitors_inside_the_rectangle() -> None:
    part = crop(desktop(), Rect(1, 1, 2, 2))
    assert part.area == Rect(1, 1, 2, 2)
    assert part.pixels == bytes((4, 1, 77, 0, 5, 1, 77, 0, 4, 2, 77, 0, 5, 2, 77, 0))
    assert part.monitors == (RIGHT,)


def test_crop_works_left_of_the_origin() -> None:
    assert crop(desktop(), LEFT.area).pixels[:PIXEL] == bytes((0, 0, 77, 0))


def test_crop_is_cut_to_the_desktop() -> None:
    assert crop(desktop(), Rect(-100, 2, 1000, 1000)).area == Rect(-3, 2, 8, 2)


def test_crop_to_everything_copies_nothing() -> None:
    frame = desktop()
    assert crop(frame, Rect(-9, -9, 99, 99)) is frame


@pytest.mark.parametrize("rect", [Rect(5, 0, 3, 3), Rect(0, -3, 3, 3), Rect(0, 0, 0, 2)])
def test_crop_to_nothing_is_an_error_in_words(rect: Rect) -> None:
    with pytest.raises(CaptureFailed, match="Nothing of that is on the screen"):
        crop(desktop(), rect)


@given(st.builds(Rect, *[st.integers(-12, 12)] * 2, *[st.integers(1, 20)] * 2))
def test_every_cropped_pixel_is_the_one_at_its_place(rect: Rect) -> None:
    frame = desktop()
    if rect.intersection(frame.area) is None:
        return
    part = crop(frame, rect)
    assert len(part.pixels) == part.area.width * part.area.height * PIXEL
    for index in range(part.area.width * part.area.height):
        x, y = index % part.area.width + part.area.left, index // part.area.width + part.area.top
        assert part.pixels[index * PIXEL : index * PIXEL + 2] == bytes((x + 3, y))


RECTS = st.builds(Rect, *[st.integers(-12, 12)] * 2, *[st.integers(0, 20)] * 2)


@given(st.lists(RECTS, max_size=4))
def test_covered_pixels_are_the_cover_and_all_others_as_they_were(rects: list[Rect]) -> None:
    frame = desktop()
    before = bytes(frame.pixels)
    covered = cover(frame, rects)
    assert (covered.area, len(covered.pixels)) == (frame.area, len(before))
    for index in range(32):
        here = Rect(index % 8 - 3, index // 8, 1, 1)
        hit = any(rect.intersection(here) for rect in rects)
        at = slice(index * PIXEL, (index + 1) * PIXEL)
        assert covered.pixels[at] == (COVER if hit else before[at])


def test_the_pixels_of_the_frame_itself_are_never_written_to() -> None:
    frame = desktop()
    frame = Frame(bytearray(frame.pixels), frame.area, frame.monitors, None, 0.0)
    before = bytes(frame.pixels)
    assert cover(frame, [frame.area]).pixels is not frame.pixels
    assert frame.pixels == before


@pytest.mark.parametrize("rects", [[], [Rect(5, 0, 3, 3)], [Rect(0, -3, 3, 3)], [Rect(0, 0, 0, 9)]])
def test_covers_beside_the_frame_change_nothing_and_copy_nothing(rects: list[Rect]) -> None:
    frame = desktop()
    assert cover(frame, rects) is frame


def test_a_cover_on_the_whole_desktop_covers_the_window_cut_out_of_it() -> None:
    window = crop(desktop(), Rect(-1, 1, 4, 3))
    covered = cover(window, [Rect(-3, 0, 8, 2)])
    assert covered.pixels[: 4 * PIXEL] == COVER * 4
    assert covered.pixels[4 * PIXEL :] == window.pixels[4 * PIXEL :]


def test_a_wholly_covered_picture_is_black() -> None:
    assert "completely black" in (flaw(cover(desktop(), [Rect(-99, -99, 999, 999)])) or "")


def test_the_window_area_is_what_can_be_seen_of_the_active_window() -> None:
    assert window_area(desktop(Rect(3, 2, 10, 10))) == Rect(3, 2, 2, 2)


@pytest.mark.parametrize("active", [None, Rect(50, 50, 10, 10)])
def test_without_a_visible_active_window_there_is_no_window_area(active: Rect | None) -> None:
    assert window_area(desktop(active)) is None


@pytest.mark.parametrize("pixel", [b"\0\0\0\0", b"\0\0\0\xff"])
def test_black_is_noticed_whatever_the_byte_that_means_nothing_holds(pixel: bytes) -> None:
    assert "completely black" in (flaw(plain(pixel)) or "")


def test_one_plain_colour_is_noticed() -> None:
    assert "one plain colour" in (flaw(plain(b"\x10\x20\x30\0")) or "")


@pytest.mark.parametrize("x, y", [(0, 0), (4, 0), (0, 2), (4, 2), (2, 1)])
def test_a_single_other_pixel_is_a_picture(x: int, y: int) -> None:
    frame = plain(b"\0\0\0\0")
    pixels = bytearray(frame.pixels)
    pixels[(y * 5 + x) * PIXEL] = 9
    assert flaw(Frame(pixels, frame.area, (), None, 0.0)) is None


def test_a_frame_in_a_message_does_not_print_its_pixels() -> None:
    assert len(repr(plain(b"\x01\x02\x03\0", 500, 500))) < 500
