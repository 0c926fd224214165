"""The windows in the list that macOS gives, in pixels of the picture; the keyboard; the refusal elsewhere."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapper.capture.active_window_mac import (
    DESKTOP,
    POINTS,
    MacWindows,
    Scale,
    frontmost,
    ordinary,
    owner,
    titles_told,
)
from snapper.capture.frame import Rect, Window
from snapper.errors import Unavailable

RETINA = Scale(2.0, 2.0)
VIEW = 0x600003D0C000  # the address of a view, which is how Qt knows a window
OURS = os.getpid()


def facts(number: int, pid: int, layer: int = 0, name: str | None = "TWS", **others: Any) -> dict[str, Any]:
    """One window as CGWindowListCopyWindowInfo describes it; the name is missing without permission."""
    box = {"X": -10.0, "Y": 25.0, "Width": 800.0, "Height": 600.0}
    said = {
        "kCGWindowNumber": number,
        "kCGWindowOwnerPID": pid,
        "kCGWindowLayer": layer,
        "kCGWindowBounds": box,
        **others,
    }
    return said if name is None else {**said, "kCGWindowName": name}


class Mac:
    """Quartz, AppKit and objc as pyobjc brings them; what is done to programs is kept in `done`."""

    def __init__(self) -> None:
        self.windows: list[dict[str, Any]] | None = []
        self.front: int | None = None
        self.running = {50, 7, OURS}
        self.cooperative = True
        self.done: list[str] = []
        self.pools = 0

    def modules(self) -> dict[str, Any]:
        running = SimpleNamespace(runningApplicationWithProcessIdentifier_=self._program)
        workspace = SimpleNamespace(frontmostApplication=lambda: self.front and self._program(self.front))
        appkit = SimpleNamespace(
            NSWorkspace=SimpleNamespace(sharedWorkspace=lambda: workspace),
            NSRunningApplication=running,
            NSApplication=SimpleNamespace(sharedApplication=self._us),
        )
        quartz = SimpleNamespace(CGWindowListCopyWindowInfo=self._list)
        return {"Quartz": quartz, "AppKit": appkit, "objc": SimpleNamespace(autorelease_pool=self._pool)}

    @contextlib.contextmanager
    def _pool(self) -> Iterator[None]:
        self.pools += 1
        yield
        self.pools -= 1

    def _list(self, option: int, relative_to: int) -> list[dict[str, Any]] | None:
        assert self.pools == 1, "what macOS hands out is freed by a pool; a thread of ours has none"
        assert relative_to == 0, "the options that are used need no window to relate to"
        if self.windows is None:
            return None
        assert option in (0, 1 | 16)
        return [each for each in self.windows if option == 0 or each.get("kCGWindowIsOnscreen", True)]

    def _program(self, pid: int) -> Any:
        if pid not in self.running:
            return None
        return SimpleNamespace(
            processIdentifier=lambda: pid,
            activateWithOptions_=lambda options: self.done.append(f"{pid} activated {options}"),
        )

    def _us(self) -> Any:
        us = SimpleNamespace(activateIgnoringOtherApps_=lambda flag: self.done.append(f"we activated {flag}"))
        if self.cooperative:
            us.yieldActivationToApplication_ = lambda program: self.done.append(
                f"yielded to {program.processIdentifier()}"
            )
        return us


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mac]:
    made = Mac()
    for name, module in made.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(DESKTOP, "scale", POINTS)
    yield made
    assert made.pools == 0


# --- the list ---------------------------------------------------------------------------------------------


def test_the_first_ordinary_window_of_the_program_in_front_is_active() -> None:
    windows = [facts(1, pid=50, layer=25), facts(2, pid=7), facts(3, pid=50, name="Orders"), facts(4, pid=50)]
    assert frontmost(windows, 50) == Window(3, Rect(-10, 25, 800, 600), "Orders", 50, 28)


def test_without_permission_the_title_is_empty() -> None:
    window = frontmost([facts(3, pid=50, name=None)], 50)
    assert window
    assert window.title == ""


def test_ordinary_windows_keep_their_order_and_menus_are_none_of_them() -> None:
    windows = [facts(1, pid=50, layer=25), facts(2, pid=7), facts(3, pid=50)]
    assert [window.handle for window in ordinary(windows)] == [2, 3]


@pytest.mark.parametrize(
    "unseen",
    [
        {"kCGWindowAlpha": 0.0},
        {"kCGWindowBounds": {"X": 0.0, "Y": 0.0, "Width": 0.0, "Height": 600.0}},
        {"kCGWindowBounds": {"X": 0.0, "Y": 0.0, "Width": 800.0, "Height": 0.0}},
    ],
)
def test_a_window_that_nobody_can_see_is_not_the_active_one(unseen: dict[str, Any]) -> None:
    window = frontmost([facts(1, 50, **unseen), facts(2, 50)], 50)
    assert window
    assert window.handle == 2


@pytest.mark.parametrize(
    ("said", "see_through"),
    [
        ({"kCGWindowAlpha": 0.5}, True),
        ({"kCGWindowAlpha": 1.0}, False),
        ({}, False),
        ({"kCGWindowSharingState": 0}, True),
        ({"kCGWindowSharingState": 1}, False),
    ],
)
def test_a_window_that_is_clear_or_left_out_of_pictures_hides_nothing(
    said: dict[str, Any], see_through: bool
) -> None:
    (window,) = ordinary([facts(1, 5, **said)])
    assert window.see_through == see_through


def test_a_program_without_an_ordinary_window_has_no_active_window() -> None:
    assert frontmost([facts(1, pid=50, layer=25), facts(2, pid=7)], 50) is None


def test_on_a_retina_monitor_a_window_is_told_in_pixels_with_its_title_bar() -> None:
    assert frontmost([facts(3, 50)], 50, RETINA) == Window(3, Rect(-20, 50, 1600, 1200), "TWS", 50, 56)


@settings(max_examples=60)
@given(
    st.sampled_from([1.0, 2.0, 1.5, 5 / 3]),
    st.lists(st.floats(-5000, 5000), min_size=3, max_size=3, unique=True),
)
def test_windows_that_touch_touch_in_pixels_too(scale: float, edges: list[float]) -> None:
    left, middle, right = sorted(edges)
    both = Scale(scale, 1.0)
    first, second = both.rect(left, 0, middle - left, 9), both.rect(middle, 0, right - middle, 9)
    assert abs(first.left + first.width - second.left) <= (left + (middle - left) != middle)
    assert (first.top, first.height) == (0, 9)


@pytest.mark.parametrize(
    ("windows", "told"),
    [
        ([], False),
        ([facts(1, 50)], True),
        ([facts(1, 50, name=None), facts(2, 7, name="")], False),
        ([facts(1, OURS), facts(2, 50, name=None)], False),
        # Menu bar and background have a name for everybody.
        ([facts(1, 88, layer=24, name="Menubar"), facts(2, 50, name=None)], False),
    ],
)
def test_only_a_title_of_another_programs_window_shows_that_titles_are_told(
    windows: list[dict[str, Any]], told: bool
) -> None:
    assert titles_told(windows, OURS) == told


def test_the_owner_of_a_window_is_found_by_its_number() -> None:
    assert owner([facts(1, 50), facts(2, 7)], 2) == 7
    assert owner([facts(1, 50)], 2) is None


# --- asking macOS -----------------------------------------------------------------------------------------


def test_the_active_window_is_that_of_the_program_in_front(mac: Mac) -> None:
    mac.windows, mac.front = [facts(1, 7, name="Mail"), facts(2, 50)], 50
    found = MacWindows().active()
    assert found
    assert (found.handle, found.title) == (2, "TWS")


@pytest.mark.parametrize("front", [None, 50])
def test_without_a_program_in_front_or_outside_of_a_desktop_no_window_is_active(
    mac: Mac, front: int | None
) -> None:
    mac.windows, mac.front = None if front else [facts(1, 50)], front
    assert MacWindows().active() is None


def test_our_own_windows_are_not_among_those_that_can_be_seen(mac: Mac) -> None:
    mac.windows = [facts(1, OURS), facts(2, 50), facts(3, 7, layer=25), facts(4, 7)]
    assert [window.handle for window in MacWindows().visible()] == [2, 4]


def test_windows_are_told_in_the_pixels_of_the_last_picture(mac: Mac) -> None:
    mac.windows, mac.front = [facts(1, 50)], 50
    windows = MacWindows()
    DESKTOP.scale = RETINA
    (seen,), active = windows.visible(), windows.active()
    assert active == seen
    assert seen.bounds == Rect(-20, 50, 1600, 1200)


def test_whether_titles_are_told_is_seen_in_the_list(mac: Mac) -> None:
    mac.windows = [facts(1, 50)]
    assert MacWindows().titles_told()
    mac.windows = [facts(1, 50, name=None)]
    assert not MacWindows().titles_told()


# --- the keyboard -----------------------------------------------------------------------------------------


def test_our_own_window_which_qt_knows_by_its_view_gets_the_keyboard(mac: Mac) -> None:
    MacWindows().activate(VIEW)
    assert mac.done == ["we activated True"]


def test_the_keyboard_goes_back_by_yielding_to_the_program_first(mac: Mac) -> None:
    mac.windows = [facts(1, 7), facts(2, 50, kCGWindowIsOnscreen=False)]
    MacWindows().activate(2)
    assert mac.done == ["yielded to 50", "50 activated 2"]


def test_before_macos_14_nobody_yields(mac: Mac) -> None:
    mac.windows, mac.cooperative = [facts(2, 50)], False
    MacWindows().activate(2)
    assert mac.done == ["50 activated 2"]


@pytest.mark.parametrize("running", [{50}, set()])
def test_a_window_or_program_that_has_gone_is_left_alone(mac: Mac, running: set[int]) -> None:
    mac.running = running
    mac.windows = [] if running else [facts(2, 50)]
    MacWindows().activate(2)
    assert mac.done == []


@pytest.mark.skipif(sys.platform == "darwin", reason="there it works")
def test_elsewhere_it_is_refused() -> None:
    with pytest.raises(Unavailable, match="not a Mac"):
        MacWindows()
