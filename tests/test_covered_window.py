"""A window that others lie above: which ones do, and whose picture is taken. For real: tests/windows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.answer import Picture
from snapper.capture.covered import Printer, above, blackness, with_own_picture
from snapper.capture.frame import Frame, Monitor, Rect, Window, cover, crop, window_only
from snapper.covers import offered
from snapper.errors import CaptureFailed
from snapper.making import shown_in
from snapper.ui.picture_box import image_of

BLACK, GREEN, RED = b"\0\0\0\xff", b"\0\xff\0\0", b"\0\0\xff\0"
DESKTOP = Rect(-10, 0, 60, 40)
OURS = Window(1, Rect(0, 5, 20, 10))
COVER = Window(2, Rect(15, 8, 20, 20))
ASIDE = Window(3, Rect(20, 5, 10, 3))


def plain(colour: bytes, area: Rect) -> bytes:
    """An area of one colour."""
    return colour * (area.width * area.height)


def frame(*windows: Window, active: Window | None = OURS, colour: bytes = RED) -> Frame:
    """A desktop of one colour."""
    return Frame(plain(colour, DESKTOP), DESKTOP, (Monitor(DESKTOP),), active, 1.0, windows)


def prints(colour: bytes, area: Rect = OURS.bounds):  # type: ignore[no-untyped-def]
    """A printer that knows only the window that is active."""
    return lambda handle: (plain(colour, area), area) if handle == OURS.handle else None


def refuses(handle: int) -> None:
    """A printer that must not be asked."""
    raise AssertionError("nothing lies above it")


def window_frame(whole: Frame, printer: Printer) -> Frame:
    """The picture of the window that comes of it."""
    return window_only(with_own_picture(whole, printer))


def test_what_lies_above_and_over_it_hides_it() -> None:
    assert above(OURS, (COVER, ASIDE, OURS)) == (COVER,)
    assert above(OURS, (OURS, COVER)) == ()
    assert above(OURS, (COVER, ASIDE)) == ()  # nobody says where it lies
    assert above(OURS, ()) == ()


def test_a_window_that_is_in_sight_is_not_asked_for_its_picture() -> None:
    seen = window_frame(frame(OURS, COVER), refuses)
    assert (seen.area, bytes(seen.pixels)) == (OURS.bounds, plain(RED, OURS.bounds))


def test_a_covered_window_shows_its_own_picture() -> None:
    own = window_frame(frame(COVER, OURS), prints(GREEN))
    assert (own.area, bytes(own.pixels)) == (OURS.bounds, plain(GREEN, OURS.bounds))
    assert own.active == OURS
    assert own.monitors == (Monitor(DESKTOP),)


def test_the_invisible_borders_of_the_printed_picture_are_cut_off() -> None:
    outer = Rect(-5, 3, 30, 14)
    own = window_frame(frame(COVER, OURS), prints(GREEN, outer))
    assert own.area == OURS.bounds
    assert len(own.pixels) == OURS.bounds.width * OURS.bounds.height * 4


def test_what_stands_off_the_desktop_is_cut_from_both_pictures() -> None:
    half = Window(1, Rect(40, 35, 20, 10))
    own = window_frame(frame(Window(2, Rect(45, 36, 5, 5)), half, active=half), prints(GREEN, half.bounds))
    assert own.area == Rect(40, 35, 10, 5)
    assert bytes(own.pixels) == plain(GREEN, own.area)


@pytest.mark.parametrize(
    "printer",
    [
        prints(BLACK),
        lambda handle: None,
        prints(GREEN, Rect(2, 5, 20, 10)),
        prints(GREEN, Rect(0, 5, 19, 10)),
    ],
    ids=["black", "none", "moved", "smaller"],
)
def test_a_printed_picture_that_shows_less_or_another_place_is_not_used(printer) -> None:  # type: ignore[no-untyped-def]
    seen = window_frame(frame(COVER, OURS), printer)
    assert bytes(seen.pixels) == plain(RED, OURS.bounds)


def test_without_an_active_window_there_is_nothing_to_show() -> None:
    for active in (None, Window(1, Rect(500, 500, 10, 10))):
        with pytest.raises(CaptureFailed):
            window_frame(frame(COVER, active=active), refuses)


def test_the_picture_of_the_screen_stays_as_it_was_seen() -> None:
    whole = with_own_picture(frame(COVER, OURS), prints(GREEN))
    assert bytes(whole.pixels) == plain(RED, DESKTOP)
    assert whole.own == plain(GREEN, OURS.bounds)
    assert with_own_picture(frame(OURS, COVER), refuses).own is None


def test_parts_and_painted_pictures_have_no_picture_of_the_window_any_more() -> None:
    whole = with_own_picture(frame(COVER, OURS), prints(GREEN))
    assert crop(whole, Rect(0, 0, 5, 5)).own is None
    painted = cover(window_only(whole), [Rect(0, 5, 20, 9)])
    assert painted.own is None
    assert bytes(painted.pixels[-80:]) == GREEN * 20
    assert bytes(painted.pixels[:80]) == b"\0\0\0\xff" * 20


def test_a_title_that_only_its_own_picture_shows_is_covered_all_the_same() -> None:
    """Otherwise the account in a title would leave with the picture that no other window hides."""
    ours = replace(OURS, title="U1234567 Trader Workstation", title_bar=3)
    hiding = Window(2, Rect(5, 0, 30, 20))
    seen = frame(hiding, ours, active=ours)
    assert offered(seen, {}) == (Rect(0, 5, 5, 3),)
    whole = with_own_picture(seen, prints(GREEN))
    assert offered(whole, {}) == offered(window_only(whole), {}) == (Rect(0, 5, 20, 3),)


@given(
    st.lists(
        st.sampled_from([BLACK, b"\0\0\0\0", GREEN, b"\x01\0\0\0", b"\0\0\x01\xff"]), min_size=1, max_size=30
    )
)
def test_blackness_counts_pixels_without_any_light(pixels: list[bytes]) -> None:
    area = Rect(0, 0, len(pixels), 1)
    black = sum(pixel[:3] == b"\0\0\0" for pixel in pixels)
    assert blackness(Frame(b"".join(pixels), area, (), None, 0.0)) == pytest.approx(black / len(pixels))


def test_the_note_window_shows_the_same_pixels_as_are_sent() -> None:
    whole = with_own_picture(frame(COVER, OURS), prints(GREEN))
    for picture, colour in ((Picture.WINDOW, (0, 255, 0)), (Picture.SCREEN, (255, 0, 0))):
        image, sent = image_of(whole, picture), shown_in(whole, picture)
        assert image and (image.width(), image.height()) == sent.area[2:]
        assert bytes(image.constBits()) == bytes(sent.pixels)
        assert image.pixelColor(image.width() - 1, image.height() - 1).getRgb()[:3] == colour
