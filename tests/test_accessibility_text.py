"""Text grows with the system's: whatever its size, no word is cut and every window has room on its screen."""

from __future__ import annotations

import contextlib

import pytest

from scripts.screen import VirtualScreen, wait_until
from tests.shown import NAMES, shown

SIZES = {"24 points": (24.0, "1"), "200 %": (0.0, "2")}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_cut_and_the_window_fits_1280_by_800(screen: VirtualScreen, name: str, size: str) -> None:
    points, factor = SIZES[size]
    with shown(screen, name, points=points, QT_SCALE_FACTOR=factor) as window:
        with contextlib.suppress(AssertionError):  # the window manager may put it elsewhere at first
            wait_until(lambda: window.ask("text")["fits"], "it has room", 5)
        told = window.ask("text")
        assert (told["cut"], told["fits"]) == ([], True), told


def test_a_larger_font_of_the_system_makes_larger_text(screen: VirtualScreen) -> None:
    heights = []
    for points in (9, 24):
        with shown(screen, "receipt_delivered", points=points) as window:
            heights.append(window.ask("text")["size"][1])
    assert heights[1] > heights[0] * 1.8
