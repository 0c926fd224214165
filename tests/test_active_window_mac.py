"""The frontmost window in the list that macOS gives, and the refusal elsewhere."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from snapper.capture.active_window_mac import MacWindows, frontmost, ordinary
from snapper.capture.frame import Rect, Window
from snapper.errors import Unavailable


def facts(number: int, pid: int, layer: int = 0, name: str | None = "TWS") -> dict[str, Any]:
    """One window as CGWindowListCopyWindowInfo describes it; the name is missing without permission."""
    box = {"X": -10.0, "Y": 25.0, "Width": 800.0, "Height": 600.0}
    said = {
        "kCGWindowNumber": number,
        "kCGWindowOwnerPID": pid,
        "kCGWindowLayer": layer,
        "kCGWindowBounds": box,
    }
    return said if name is None else {**said, "kCGWindowName": name}


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


def test_a_window_that_lets_others_shine_through_says_so() -> None:
    clear, solid = ordinary([{**facts(1, 5), "kCGWindowAlpha": 0.5}, {**facts(2, 5), "kCGWindowAlpha": 1.0}])
    assert (clear.see_through, solid.see_through) == (True, False)


def test_a_program_without_an_ordinary_window_has_no_active_window() -> None:
    assert frontmost([facts(1, pid=50, layer=25), facts(2, pid=7)], 50) is None


@pytest.mark.skipif(sys.platform == "darwin", reason="there it works")
def test_elsewhere_it_is_refused() -> None:
    with pytest.raises(Unavailable, match="not a Mac"):
        MacWindows()
