"""Several monitors of different sizes and scales: frames and crops are the pixels of the screen, covers lie
exactly on what they show, and windows appear where the person looks. Coordinates are pixels at any scale.
"""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from Xlib import X
from Xlib.display import Display

from scripts.screen import VirtualScreen, managed, virtual_screen, wait_until
from snapper.capture import open_screen
from snapper.capture.frame import Frame, Rect, crop, window_area
from snapper.ui.picture_view import PictureView
from tests.shown import ScreenWith
from tests.ui_process import UiProcess, ui

# Name and place of each: side by side, the second lower and smaller; and one above the other with a gap.
SIDE_BY_SIDE = {"left": Rect(0, 0, 1600, 1000), "right": Rect(1600, 120, 1280, 800)}
STACKED = {"top": Rect(300, 0, 1280, 720), "bottom": Rect(0, 720, 1920, 800)}
ARRANGEMENTS = {"side by side": SIDE_BY_SIDE, "stacked": STACKED}


@contextlib.contextmanager
def monitors(places: dict[str, Rect], window_manager: bool = True) -> Iterator[VirtualScreen]:
    """A desktop that these monitors show, and what none of them shows."""
    width = max(place.left + place.width for place in places.values())
    height = max(place.top + place.height for place in places.values())
    with virtual_screen(f"{width}x{height}", window_manager=False) as screen:
        output = "screen"
        for name, place in places.items():
            geometry = f"{place.width}/400x{place.height}/250+{place.left}+{place.top}"
            command = ["xrandr", "--setmonitor", name, geometry, output]
            subprocess.run(command, env=screen.environment, check=True, capture_output=True)
            output = "none"  # the others have none of their own
        if not window_manager:
            yield screen
            return
        with managed(screen):
            yield screen


@contextlib.contextmanager
def pattern(screen: VirtualScreen, area: Rect, seed: int) -> Iterator[Image.Image]:
    """A window whose every pixel differs from its neighbours, drawn by another program; gives its picture."""
    spots = ((x, y) for y in range(area.height) for x in range(area.width))
    data = bytes(
        value
        for x, y in spots
        for value in ((x * 7 + seed) & 255, (y * 5 + x) & 255, (x ^ y ^ seed) & 255, 0)
    )
    display = Display(screen.display)
    window = display.screen().root.create_window(
        *area, 0, X.CopyFromParent, X.InputOutput, X.CopyFromParent, override_redirect=True
    )
    window.map()
    wait_until(lambda: window.get_attributes().map_state == X.IsViewable, "the window is there")
    gc, stride = window.create_gc(), area.width * 4
    rows = 60000 // stride  # more does not go into one request
    for top in range(0, area.height, rows):
        count = min(rows, area.height - top)
        part = data[top * stride : (top + count) * stride]
        window.put_image(gc, 0, top, area.width, count, X.ZPixmap, 24, 0, part)
    display.sync()
    try:
        yield Image.frombytes("RGB", (area.width, area.height), data, "raw", "BGRX")
    finally:
        display.close()


def picture(frame: Frame) -> Image.Image:
    size = (frame.area.width, frame.area.height)
    return Image.frombytes("RGB", size, bytes(frame.pixels), "raw", "BGRX")


def digest(image: Image.Image) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


# --- capture ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("scale", ["1", "1.5", "2"])
def test_the_frame_and_each_monitor_are_the_pixels_that_were_drawn(arrangement: str, scale: str) -> None:
    """Whatever scale the desktop asks of programs: a screenshot has pixels, not points."""
    places = ARRANGEMENTS[arrangement]
    with monitors(places, window_manager=False) as bare, contextlib.ExitStack() as stack:
        screen = ScreenWith(bare.display, {"QT_SCALE_FACTOR": scale, "GDK_SCALE": scale[:1]})
        drawn = {
            name: stack.enter_context(pattern(screen, Rect(place.left + 40, place.top + 30, 200, 120), seed))
            for seed, (name, place) in enumerate(places.items(), 1)
        }
        desktop = stack.enter_context(open_screen("linux", screen.environment))
        frame = desktop.grab()
        assert {monitor.area for monitor in frame.monitors} == set(places.values())
        for name, place in places.items():
            shown = picture(crop(frame, place)).crop((40, 30, 240, 150))
            assert digest(shown) == digest(drawn[name])


def test_a_window_across_two_monitors_is_cropped_to_its_own_pixels() -> None:
    with monitors(SIDE_BY_SIDE, window_manager=False) as screen, contextlib.ExitStack() as stack:
        place = Rect(1500, 300, 240, 160)
        drawn = stack.enter_context(pattern(screen, place, 9))
        desktop = stack.enter_context(open_screen("linux", screen.environment))
        frame = desktop.grab()
        part = crop(frame, place)
        assert digest(picture(part)) == digest(drawn)
        assert {monitor.area for monitor in part.monitors} == set(SIDE_BY_SIDE.values())


def test_the_active_window_on_the_second_monitor_is_cropped_exactly() -> None:
    """With the toolkit's windows scaled: bounds are pixels all the same."""
    with monitors(SIDE_BY_SIDE) as bare:
        screen = ScreenWith(bare.display, {"QT_SCALE_FACTOR": "1.5"})
        with ui(screen, "underneath") as window, open_screen("linux", screen.environment) as desktop:
            wait_until(lambda: screen.focused_title() == "underneath", "the window is active")
            screen.xdotool("getactivewindow", "windowmove", "1700", "200")
            inner = wait_until(lambda: moved(screen, 1700), "the window has moved")
            frame = desktop.grab()
            area = window_area(frame)
            assert area is not None and frame.active is not None and frame.active.title == "underneath"
            assert SIDE_BY_SIDE["right"].intersection(area) == area
            assert area.intersection(inner) == inner
            assert area.width - inner.width <= 4 and area.height - inner.height <= 40  # borders, title bar
            assert window.ask()["active"]


def moved(screen: VirtualScreen, left: int) -> Rect | None:
    """The inside of the active window in pixels, once it is right of that."""
    active = screen.xdotool("getactivewindow")
    if not active:
        return None
    display = Display(screen.display)
    try:
        window = display.create_resource_object("window", int(active))
        shape, root = window.get_geometry(), display.screen().root
        corner = window.translate_coords(root, 0, 0)
    finally:
        display.close()
    place = Rect(-corner.x, -corner.y, shape.width, shape.height)
    return place if place.left >= left else None


# --- where windows appear ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["1", "1.5", "2"])
@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_the_note_opens_on_the_monitor_of_the_active_window(name: str, scale: str) -> None:
    place = SIDE_BY_SIDE[name]
    with monitors(SIDE_BY_SIDE) as bare:
        screen = ScreenWith(bare.display, {"QT_SCALE_FACTOR": scale})
        with ui(screen, "note") as window:
            active = [place.left + 50, place.top + 50, 300, 200]
            window.do("present", size=[2880, 1000], active=active)
            window.wait("focused")
            assert visible_on(screen, place)


@pytest.mark.parametrize("scales", ["1;2", "2;1", "1.5;1"])
@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_without_an_active_window_it_opens_where_the_pointer_is(name: str, scales: str) -> None:
    """Each monitor with a scale of its own."""
    place = SIDE_BY_SIDE[name]
    with monitors(SIDE_BY_SIDE) as bare:
        screen = ScreenWith(bare.display, {"QT_SCREEN_SCALE_FACTORS": scales})
        with ui(screen, "note") as window:
            screen.xdotool("mousemove", str(place.left + 600), str(place.top + 300))
            window.do("present", size=[2880, 1000])
            window.wait("focused")
            assert visible_on(screen, place)


def visible_on(screen: VirtualScreen, place: Rect) -> bool:
    """Whether all of the active window comes to be on a monitor."""

    def inside() -> bool:
        window = moved(screen, 0)
        return window is not None and place.intersection(window) == window

    return wait_until(inside, f"the note window is on {place}")


# --- the picture in the windows ---------------------------------------------------------------------------


@given(
    rect=st.tuples(st.integers(-500, 900), st.integers(-400, 700), st.integers(1, 400), st.integers(1, 300)),
    zoom=st.sampled_from([1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0]),
    ratio=st.sampled_from([1.0, 1.25, 1.5, 1.75, 2.0, 3.0]),
)
@settings(max_examples=80)
def test_a_cover_goes_to_the_window_and_comes_back_to_the_pixel(
    rect: tuple[int, int, int, int], zoom: float, ratio: float
) -> None:
    """On a desktop whose origin is left of and above the first monitor."""
    area, drawn = Rect(-500, -400, 2000, 1500), Rect(*rect)
    view = PictureView(QImage(4, 4, QImage.Format.Format_RGB32), area)
    view.zoom, view._ratio = zoom, ratio  # as set_zoom does, without a picture of that size
    place = view.place(drawn)
    first, last = view.edge(place.topLeft()), view.edge(place.bottomRight())
    assert Rect(*first, last[0] - first[0], last[1] - first[1]) == drawn


@given(
    at=st.tuples(st.integers(-500, 1499), st.integers(-400, 1099)),
    zoom=st.floats(0.1, 1.0),
    ratio=st.sampled_from([1.0, 1.25, 1.5, 2.0]),
)
@settings(max_examples=80)
def test_however_small_the_picture_a_cover_hides_all_of_what_it_covers(
    at: tuple[int, int], zoom: float, ratio: float
) -> None:
    area = Rect(-500, -400, 2000, 1500)
    view = PictureView(QImage(4, 4, QImage.Format.Format_RGB32), area)
    view.zoom, view._ratio = zoom, ratio
    place = view.place(Rect(*at, 1, 1))
    corner = QPointF((at[0] - area.left) * view.scale, (at[1] - area.top) * view.scale)
    grown = place.adjusted(-1e-6, -1e-6, 1e-6, 1e-6)
    assert grown.contains(corner) and grown.contains(corner + QPointF(view.scale, view.scale))
    assert place.width() * ratio >= 1 - 1e-6


@pytest.mark.parametrize("scale", ["1", "1.5", "2"])
def test_at_100_percent_every_pixel_of_the_picture_is_one_of_the_screen(scale: str) -> None:
    """Nothing is blurred: the preview on the screen is the frame, pixel by pixel."""
    with virtual_screen("1920x1400") as bare:
        screen = ScreenWith(bare.display, {"QT_SCALE_FACTOR": scale})
        with ui(screen, "covers") as window:
            window.do("begin", size=[500, 300])
            window.wait("focused")
            screen.press("alt+v")
            wait_until(lambda: window.ask("editor")["open"], "the editor is there")
            screen.press("1")
            left, top = wait_until(lambda: at_full_size(window), "it is shown in full size")
            # The toolkit tells places in points: a window may stand on a pixel between two of them.
            spots = [(left + across, top + down) for across in (0, -1, 1) for down in (0, -1, 1)]
            expected = digest(stripes(500, 300))
            with open_screen("linux", screen.environment) as desktop:
                wait_until(
                    lambda: any(shown_at(desktop.grab(), spot) == expected for spot in spots),
                    "the preview is the picture",
                )


def shown_at(frame: Frame, spot: tuple[int, int]) -> str:
    return digest(picture(crop(frame, Rect(*spot, 500, 300))))


def at_full_size(window: UiProcess) -> list[int] | None:
    facts = window.ask("editor")
    return facts["origin"] if facts["zoom"] == 1.0 and facts["percent"] == "100 %" else None


def stripes(width: int, height: int) -> Image.Image:
    """What tests/ui_driver.py draws as a desktop."""
    from tests.ui_driver import frame

    return picture(frame(width, height))


def test_the_thumbnail_uses_every_pixel_of_a_dense_screen(tmp_path: Path) -> None:
    with virtual_screen("1920x1400") as bare:
        screen = ScreenWith(bare.display, {"QT_SCALE_FACTOR": "2"})
        with ui(screen, "covers") as window:
            window.do("begin", size=[1600, 900])
            window.wait("focused")
            window.ask("thumbnail", path=str(tmp_path / "thumbnail.png"))
    with Image.open(tmp_path / "thumbnail.png") as opened:
        line = [opened.convert("RGB").getpixel((x, opened.height // 2)) for x in range(opened.width)]
    changes = [x for x in range(1, len(line)) if line[x] != line[x - 1]]
    assert any(x % 2 for x in changes), "every two pixels are the same: it was drawn for half of them"
