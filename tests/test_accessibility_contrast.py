"""What can be told apart on the screen: measured on the pixels of every window, in light and in dark colours,
by the ratios of WCAG 2.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtGui import QColor

from scripts.screen import VirtualScreen, virtual_screen, wait_until
from snapper.ui.contrast import EDGE, TEXT, ratio, readable
from tests.shown import NAMES, shown
from tests.ui_process import UiProcess

Rgb = tuple[int, int, int]
ROUNDING = 0.02  # of eight bits a colour


@pytest.fixture
def large() -> Iterator[VirtualScreen]:
    """On which nothing needs to be scrolled at twice its size."""
    with virtual_screen("2800x2000") as running:
        yield running


def told_apart(one: Rgb, other: Rgb) -> float:
    return ratio(QColor(*one), QColor(*other)) + ROUNDING


def colors(picture: Image.Image) -> dict[Rgb, int]:
    """How many pixels there are of each colour."""
    found = picture.getcolors(picture.width * picture.height) or []
    return {color: count for count, color in found if isinstance(color, tuple)}


def background(picture: Image.Image) -> Rgb:
    counts = colors(picture)
    return max(counts, key=lambda each: counts[each])


def strongest(picture: Image.Image, behind: Rgb) -> float:
    """How well the best of the pixels is told from a colour: thin strokes of letters are mixed with it."""
    return max(told_apart(pixel, behind) for pixel in colors(picture))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_text_and_edges_can_be_seen(large: VirtualScreen, tmp_path: Path, name: str, dark: bool) -> None:
    with shown(large, name, dark=dark, QT_SCALE_FACTOR="2") as window:
        faint = too_faint(window, tmp_path / "window.png")
        # Some parts fade in.
        wait_until(lambda: not faint or not too_faint(window, tmp_path / "window.png"), f"seen: {faint}", 5)


def too_faint(window: UiProcess, path: Path) -> list[str]:
    """What can hardly be seen of a window, its text or its edges."""
    parts = [part for part in window.ask("look", path=str(path))["parts"] if part["enabled"]]
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    return [part["name"] for part in parts if text_of(picture, part) < TEXT or edge_of(picture, part) < EDGE]


def text_of(picture: Image.Image, part: dict[str, Any]) -> float:
    """The contrast of what is written on a part; 21 where nothing is."""
    if part["kind"] not in ("label", "check", "button", "field") or not part["written"]:
        return 21.0
    left, top, width, height = part["place"]
    inset = 8 if part["kind"] in ("button", "field") else 0
    indicator = 44 if part["kind"] == "check" else 0
    inside = (left + inset + indicator, top + inset, left + width - inset, top + height - inset)
    box = clipped(picture, inside)
    return strongest(picture.crop(box), background(picture.crop(box))) if box else 21.0


def edge_of(picture: Image.Image, part: dict[str, Any]) -> float:
    """The contrast of an icon, or of the left edge of a field or a box; 21 for others."""
    if part["kind"] == "icon":
        left, top, width, height = part["place"]
        icon = picture.crop((left, top, left + width, top + height))
        return strongest(icon, background(icon))
    if part["kind"] not in ("field", "check", "text"):
        return 21.0
    left, top, _, height = part["place"]
    middle = top + height // 2
    box = clipped(picture, (left - 6, middle, left + 12, middle + 1))
    if not box:
        return 21.0
    line = picture.crop(box)
    return strongest(line, line.getpixel((0, 0)))  # type: ignore[arg-type]


def clipped(picture: Image.Image, box: tuple[int, int, int, int]) -> tuple[int, int, int, int] | None:
    left, top = max(box[0], 0), max(box[1], 0)
    right, bottom = min(box[2], picture.width), min(box[3], picture.height)
    return (left, top, right, bottom) if right > left and bottom > top else None


def test_the_ratio_is_that_of_the_standard() -> None:
    assert ratio(QColor("black"), QColor("white")) == pytest.approx(21)
    assert ratio(QColor("#777777"), QColor("white")) == pytest.approx(4.478, abs=0.001)
    assert ratio(QColor("#2563eb"), QColor("#2563eb")) == 1


@pytest.mark.parametrize("behind", ["#ffffff", "#1f2124", "#808080", "#000000", "#2563eb"])
@pytest.mark.parametrize("color", ["#b3261e", "#8a5a00", "#1b6e3c", "#ffffff", "#000000", "#808080"])
def test_a_colour_is_changed_only_as_far_as_needed(color: str, behind: str) -> None:
    made = readable(QColor(color), QColor(behind))
    assert ratio(made, QColor(behind)) >= TEXT
    if ratio(QColor(color), QColor(behind)) >= TEXT:
        assert made == QColor(color)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_doctors_marks_can_be_read_on_every_row(screen: VirtualScreen, dark: bool) -> None:
    with shown(screen, "doctor", dark=dark) as window:
        told = window.ask("marks")
    assert len({mark for mark, _ in told["marks"]}) > 1
    pairs = [(QColor(color), QColor(row)) for _, color in told["marks"] for row in told["rows"]]
    assert min(ratio(*pair) for pair in pairs) >= TEXT


def test_the_icons_of_all_states_differ_without_their_colours(screen: VirtualScreen) -> None:
    with shown(screen, "doctor_busy") as window:
        shapes = window.ask("badges")["shapes"]
    names = list(shapes)
    pairs = [(one, other) for one in names for other in names if one < other]
    differences = {
        pair: sum(a != b for a, b in zip(shapes[pair[0]], shapes[pair[1]], strict=True)) for pair in pairs
    }
    assert min(differences.values()) >= 8, differences
