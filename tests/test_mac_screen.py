"""The desktop of a Mac: a picture in the pixels of its sharpest monitor, or none and the reason in words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import mss
import mss.darwin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mss.screenshot import ScreenShot, Size

from snapper.capture import mac_screen
from snapper.capture.active_window_mac import DESKTOP, POINTS, MacWindows
from snapper.capture.frame import Frame, Monitor, Rect, Window, crop
from snapper.capture.mac_permission import MacPermission
from snapper.capture.mac_screen import HALF_POINTS, MacScreen, in_pixels, open_mac_screen
from snapper.errors import CaptureFailed, Unavailable
from tests.test_active_window_mac import Mac, facts
from tests.test_mac_permission import PREFLIGHT, REQUEST, CoreGraphics


class Camera:
    """mss as it is on a Mac: monitors in points, a picture of the whole in the pixels of the sharpest."""

    def __init__(self, *monitors: Rect, scale: int = 2, bytes_a_pixel: int = 4) -> None:
        self.scale, self.bytes_a_pixel = scale, bytes_a_pixel
        self.shots = 0
        left, top = min(each.left for each in monitors), min(each.top for each in monitors)
        width = max(each.left + each.width for each in monitors) - left
        height = max(each.top + each.height for each in monitors) - top
        self.monitors = [each._asdict() for each in (Rect(left, top, width, height), *monitors)]

    def grab(self, monitor: dict[str, Any]) -> ScreenShot:
        """Every pixel tells its place: column in blue, row in green."""
        self.shots += 1
        width, height = monitor["width"] * self.scale, monitor["height"] * self.scale
        rest = bytes(self.bytes_a_pixel - 2)
        pixels = b"".join(bytes((x & 255, y & 255)) + rest for y in range(height) for x in range(width))
        return ScreenShot(bytearray(pixels), monitor, size=Size(width, height))

    def close(self) -> None:
        pass


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mac]:
    made = Mac()
    for name, module in made.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(DESKTOP, "scale", POINTS)
    made.front, made.windows = 50, [window(10, 5, 20, 10)]
    return made


def window(left: float, top: float, width: float, height: float, **others: Any) -> dict[str, Any]:
    bounds = {"X": left, "Y": top, "Width": width, "Height": height}
    return facts(3, 50, **others) | {"kCGWindowBounds": bounds}


def opened(camera: Camera, core: CoreGraphics | None = None) -> MacScreen:
    permission = MacPermission((core or CoreGraphics(True)).load)
    return MacScreen(lambda: camera, MacWindows(lambda: HALF_POINTS), permission, {})  # type: ignore[arg-type,return-value,unused-ignore]


# --- pixels -----------------------------------------------------------------------------------------------


def test_on_a_retina_monitor_everything_is_told_in_its_pixels(mac: Mac) -> None:
    frame = opened(Camera(Rect(0, 0, 60, 40))).grab()
    assert frame.area == Rect(0, 0, 120, 80)
    assert [monitor.area for monitor in frame.monitors] == [frame.area]
    assert frame.active == Window(3, Rect(20, 10, 40, 20), "TWS", 50, 56)


def test_a_windows_part_of_the_picture_begins_and_ends_at_its_own_pixels(mac: Mac) -> None:
    frame = opened(Camera(Rect(0, 0, 60, 40))).grab()
    assert frame.active
    part = crop(frame, frame.active.bounds)
    assert (part.area.width, part.area.height) == (40, 20)
    assert bytes(part.pixels[:2]) == bytes((20, 10))
    assert bytes(part.pixels[-4:-2]) == bytes((59, 29))


def test_a_monitor_to_the_left_and_above_keeps_its_place_beside_the_sharper_one(mac: Mac) -> None:
    frame = opened(Camera(Rect(0, 0, 60, 40), Rect(-30, -10, 30, 20))).grab()
    assert frame.area == Rect(-60, -20, 180, 100)
    assert [monitor.area for monitor in frame.monitors] == [Rect(0, 0, 120, 80), Rect(-60, -20, 60, 40)]


def test_a_monitor_that_mss_takes_for_lying_on_its_side_does_not_change_the_scale(mac: Mac) -> None:
    camera = Camera(Rect(0, 0, 60, 40))
    camera.monitors[1] = Rect(0, 0, 40, 60)._asdict()
    frame = opened(camera).grab()
    assert (frame.area, DESKTOP.scale) == (Rect(0, 0, 120, 80), (2.0, 2.0))


def test_without_retina_nothing_changes(mac: Mac) -> None:
    frame = opened(Camera(Rect(-30, 0, 60, 40), scale=1)).grab()
    assert (frame.area, DESKTOP.scale) == (Rect(-30, 0, 60, 40), POINTS)
    assert frame.active
    assert frame.active.bounds == Rect(10, 5, 20, 10)


def test_windows_asked_for_later_fit_the_picture_and_so_do_those_of_the_next_one(mac: Mac) -> None:
    """Covers are painted by what visible() says; one at the wrong place would show what it is to hide."""
    later, camera = MacWindows(), Camera(Rect(0, 0, 60, 40))
    screen = opened(camera)
    mac.windows = [window(10.5, 5.0, 20.5, 10.5)]
    for camera.scale, bounds in ((2, Rect(21, 10, 41, 21)), (1, Rect(10, 5, 21, 11))):
        frame = screen.grab()
        assert later.visible() == [frame.active]
        assert frame.active
        assert frame.active.bounds == bounds


def test_without_a_window_in_front_there_is_a_picture_all_the_same(mac: Mac) -> None:
    mac.front = None
    assert opened(Camera(Rect(0, 0, 60, 40))).grab().active is None


def test_pixels_of_another_depth_are_refused_with_another_way(mac: Mac) -> None:
    screen = opened(Camera(Rect(0, 0, 6, 4), bytes_a_pixel=8))
    with pytest.raises(CaptureFailed, match="Shift-Command-3"):
        screen.grab()


@settings(max_examples=60)
@given(st.integers(-9, 9), st.integers(1, 12), st.integers(1, 12), st.integers(1, 40), st.integers(1, 40))
def test_the_picture_has_as_many_pixels_as_its_area_says_at_any_scale(
    left: int, width: int, height: int, across: int, down: int
) -> None:
    """Scales that are no whole number too: what macOS draws for “more space”, should it ever tell those."""
    frame = Frame(
        bytes(across * down * 4), Rect(left, 0, across, down), (Monitor(Rect(left, 0, 1, 1)),), None, 0
    )
    told, scale = in_pixels(frame, Rect(left, 0, width, height))
    assert (told.area.width, told.area.height) == (across, down)
    assert (scale.across * width, scale.down * height) == pytest.approx((across, down))


def test_the_desktop_is_opened_without_the_option_that_halves_retina(
    mac: Mac, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = Camera(Rect(0, 0, 6, 4))
    usual = mss.darwin.kCGWindowImageNominalResolution | mss.darwin.kCGWindowImageShouldBeOpaque
    monkeypatch.setattr(mss.darwin, "IMAGE_OPTIONS", usual)
    monkeypatch.setattr(mss, "MSS", lambda: camera)
    monkeypatch.setattr(mac_screen, "MacPermission", lambda: MacPermission(CoreGraphics(True).load))
    assert open_mac_screen({}).grab().area == Rect(0, 0, 12, 8)
    assert usual - mss.darwin.IMAGE_OPTIONS == mss.darwin.kCGWindowImageNominalResolution


# --- the permission ---------------------------------------------------------------------------------------


def test_without_the_permission_no_picture_is_taken_and_the_switch_is_named(
    mac: Mac, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mac_screen, "macos_version", lambda: "15.6")
    mac.windows = [window(10, 5, 20, 10, name=None)]
    camera = Camera(Rect(0, 0, 6, 4))
    screen = opened(camera, CoreGraphics(False))
    before = camera.shots
    with pytest.raises(CaptureFailed, match="there is no picture") as told:
        screen.grab()
    assert "Screen & System Audio Recording" in told.value.remedy
    assert camera.shots == before


def test_the_person_is_asked_once_when_the_desktop_is_opened_and_not_at_a_press(mac: Mac) -> None:
    mac.windows = []
    core = CoreGraphics(False)
    screen = opened(Camera(Rect(0, 0, 6, 4)), core)
    for _ in range(2):
        with pytest.raises(CaptureFailed):
            screen.grab()
    assert core.asked == [PREFLIGHT, REQUEST, PREFLIGHT, PREFLIGHT]


def test_who_has_the_permission_is_not_asked(mac: Mac) -> None:
    core = CoreGraphics(True)
    opened(Camera(Rect(0, 0, 6, 4)), core).grab()
    assert REQUEST not in core.asked


def test_a_permission_withdrawn_meanwhile_stops_the_next_picture(mac: Mac) -> None:
    core = CoreGraphics(True)
    screen = opened(Camera(Rect(0, 0, 6, 4)), core)
    screen.grab()
    core.granted, mac.windows = False, []
    with pytest.raises(CaptureFailed):
        screen.grab()


def test_a_stale_no_does_not_stop_a_picture_that_will_show_everything(mac: Mac) -> None:
    assert opened(Camera(Rect(0, 0, 6, 4)), CoreGraphics(False)).grab().active


@pytest.mark.skipif(sys.platform == "darwin", reason="there it works")
def test_elsewhere_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mss.darwin, "IMAGE_OPTIONS", mss.darwin.IMAGE_OPTIONS)
    with pytest.raises(Unavailable, match="not a Mac"):
        open_mac_screen({})
