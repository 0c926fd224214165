"""The editor of covers on a real screen, with real mouse and keys."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from scripts.screen import VirtualScreen, virtual_screen, wait_until
from tests.ui_process import UiProcess, ui

LEFT, MIDDLE, RIGHT, WHEEL_UP, WHEEL_DOWN = "1", "2", "3", "4", "5"
BLACK = (0, 0, 0)


@dataclass
class Editor:
    """The editor of a process, and hands to use it; points are pixels of the image unless said otherwise."""

    screen: VirtualScreen
    window: UiProcess

    def ask(self) -> dict[str, Any]:
        """What the editor and the box in the note window say now."""
        return self.window.ask("editor")

    def until(self, name: str, value: object) -> dict[str, Any]:
        """Wait until a fact is this."""
        with contextlib.suppress(AssertionError):
            wait_until(lambda: self.ask()[name] == value, f"{name} is {value}", 8)
        facts = self.ask()
        assert facts[name] == value
        return facts

    def on_screen(self, x: float, y: float) -> tuple[str, str]:
        """Where the edge between two pixels of the image is on the screen."""
        facts = self.ask()
        left, top = facts["origin"]
        return str(round(left + x * facts["zoom"])), str(round(top + y * facts["zoom"]))

    def drag(self, start: tuple[float, float], end: tuple[float, float], button: str = LEFT) -> None:
        """Press, move in two steps, let go."""
        half = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        from_, over, to = (self.on_screen(*point) for point in (start, half, end))
        self.screen.xdotool(
            "mousemove", *from_, "mousedown", button, "mousemove", *over, "mousemove", *to, "mouseup", button
        )

    def click(self, x: float, y: float, button: str = LEFT) -> None:
        """Press and let go in one place."""
        self.screen.xdotool("mousemove", *self.on_screen(x, y), "click", button)

    def press(self, *keys: str) -> None:
        """Press chords one after the other."""
        for chord in keys:
            self.screen.press(chord)

    def picture(self, path: Path) -> Image.Image:
        """What is on the screen, with the mouse out of the way."""
        self.screen.xdotool("mousemove", "1", "1")
        self.ask()
        subprocess.run(["maim", "-u", str(path)], env=self.screen.environment, check=True, timeout=30)
        with Image.open(path) as image:
            return image.convert("RGB")


@contextlib.contextmanager
def editor(screen: VirtualScreen, part: str = "Whole screen", **facts: Any) -> Iterator[Editor]:
    """The note window with a frame, and its editor open."""
    facts.setdefault("size", [640, 400])
    with ui(screen, "covers") as window:
        window.do("begin", **facts)
        window.wait("focused")
        if part == "This window":
            window.do("preset", picture="window")
        editing = Editor(screen, window)
        reopen(editing, part)
        yield editing


def reopen(editing: Editor, part: str = "Whole screen") -> None:
    """Open the editor by the visible button and wait until keys reach it."""
    editing.window.do("click", name="Cover something")
    wait_until(lambda: editing.screen.focused_title().startswith(part), "the editor is in front")
    wait_until(lambda: editing.ask()["focus"], "keys reach the picture")
    wait_until(lambda: is_placed(editing), "it knows where it is")


def is_placed(editing: Editor) -> bool:
    """Whether the window manager has put it where it believes to be, but for rounding at odd scales."""
    believed, is_at = editing.ask()["at"], place_of_active(editing.screen)
    return len(is_at) == 2 and all(abs(one - other) <= 1 for one, other in zip(believed, is_at, strict=True))


def place_of_active(screen: VirtualScreen) -> list[int]:
    """Where the X server has the inside of the active window."""
    told = subprocess.run(
        ["xwininfo", "-id", screen.xdotool("getactivewindow")],
        env=screen.environment, capture_output=True, text=True, timeout=30, check=False,
    ).stdout  # fmt: skip
    return [int(number) for number in re.findall(r"Absolute upper-left [XY]: +(-?\d+)", told)]


# --- with the mouse ---------------------------------------------------------------------------------------


def test_a_cover_is_drawn_moved_resized_and_removed_with_the_mouse(screen: VirtualScreen) -> None:
    with editor(screen) as editing:
        editing.drag((100, 50), (200, 90))
        assert editing.until("covers", [[100, 50, 100, 40]])["selected"] == 0
        editing.drag((150, 70), (180, 100))
        editing.until("covers", [[130, 80, 100, 40]])
        editing.drag((230, 120), (260, 140))  # by the bottom right corner
        editing.until("covers", [[130, 80, 130, 60]])
        editing.drag((130, 110), (110, 110))  # by the left edge
        editing.until("covers", [[110, 80, 150, 60]])
        editing.click(120, 90, RIGHT)
        assert editing.until("covers", [])["words"] == "Nothing is covered."


def test_drawing_backwards_and_over_the_edge_is_cut_to_the_picture(screen: VirtualScreen) -> None:
    with editor(screen, size=[300, 200]) as editing:
        editing.drag((60, 40), (-30, -20))
        editing.until("covers", [[0, 0, 60, 40]])


def test_a_click_beside_every_cover_draws_nothing_and_selects_nothing(screen: VirtualScreen) -> None:
    with editor(screen, covers=[[10, 10, 50, 50]]) as editing:
        assert editing.until("selected", 0)["buttons"]["Remove"]
        editing.click(300, 300)
        facts = editing.until("selected", None)
        assert (facts["covers"], facts["buttons"]["Remove"]) == ([[10, 10, 50, 50]], False)


def test_of_covers_on_top_of_each_other_the_newest_is_taken(screen: VirtualScreen) -> None:
    with editor(screen, covers=[[100, 100, 200, 100], [150, 120, 50, 50]]) as editing:
        editing.click(400, 50)
        editing.click(175, 145)
        editing.until("selected", 1)


def test_escape_while_drawing_gives_the_drawing_up_and_not_the_editor(screen: VirtualScreen) -> None:
    with editor(screen) as editing:
        screen.xdotool(
            "mousemove", *editing.on_screen(50, 50), "mousedown", LEFT,
            "mousemove", *editing.on_screen(90, 90), "mousemove", *editing.on_screen(150, 150),
        )  # fmt: skip
        screen.xdotool("key", "Escape", "mouseup", LEFT)
        editing.drag((200, 200), (240, 240))
        assert editing.until("covers", [[200, 200, 40, 40]])["open"]


# --- with the keyboard ------------------------------------------------------------------------------------


def test_everything_can_be_done_by_keyboard(screen: VirtualScreen) -> None:
    with editor(screen) as editing:
        editing.press("n")
        [[left, top, width, height]] = editing.until("selected", 0)["covers"]
        assert (left + width // 2, top + height // 2) == (
            pytest.approx(320, abs=2),
            pytest.approx(200, abs=2),
        )
        editing.press("Right", "Down", "ctrl+Left", "shift+Right", "shift+Up", "ctrl+shift+Down")
        editing.until("covers", [[left + 9, top + 10, width + 10, height - 9]])
        editing.press("Insert")
        editing.until("selected", 1)
        editing.press("shift+Tab")
        editing.until("selected", 0)
        editing.press("Delete")
        assert editing.until("covers", [[left, top, width, height]])["selected"] == 0
        editing.press("BackSpace")
        editing.until("covers", [])


def test_tab_goes_through_the_covers_and_on_to_the_buttons(screen: VirtualScreen) -> None:
    """The keyboard is nowhere caught: it goes round through every part and comes back to the first cover."""
    with editor(screen, covers=[[10, 10, 50, 50], [100, 10, 50, 50]]) as editing:
        editing.until("selected", 0)
        editing.press("Tab")
        assert editing.until("selected", 1)["described"] == "Covered part 2 of 2: 50 × 50 pixels at 100, 10."
        editing.press("Tab")
        editing.until("focus", False)
        for _ in range(12):
            editing.press("Tab")
            if editing.ask()["focus"]:
                break
        assert editing.until("focus", True)["selected"] == 0


def test_covers_stay_in_the_picture(screen: VirtualScreen) -> None:
    with editor(screen, size=[300, 200], covers=[[5, 5, 50, 50]]) as editing:
        editing.press("Left", "Up", "shift+Left", "shift+Left", "shift+Left", "shift+Left", "shift+Left")
        editing.until("covers", [[0, 0, 1, 50]])


def test_undo_and_redo_by_keys_and_buttons(screen: VirtualScreen) -> None:
    with editor(screen, covers=[[10, 10, 50, 50]]) as editing:
        editing.press("Right", "Right", "Right", "Delete")
        editing.until("covers", [])
        editing.press("ctrl+z")
        editing.until("covers", [[40, 10, 50, 50]])
        editing.press("ctrl+z")  # steps of one kind go together
        assert not editing.until("covers", [[10, 10, 50, 50]])["buttons"]["Undo"]
        editing.press("ctrl+shift+z")
        editing.until("covers", [[40, 10, 50, 50]])
        editing.press("ctrl+y")
        assert not editing.until("covers", [])["buttons"]["Redo"]
        for button, covers in (("Undo", [[40, 10, 50, 50]]), ("Redo", [])):
            x, y = button_place(editing, button)
            screen.xdotool("mousemove", x, y, "click", LEFT)
            assert editing.until("covers", covers)["focus"], "the keyboard stays with the picture"


def button_place(editing: Editor, name: str) -> tuple[str, str]:
    x, y = editing.window.ask("preview_button", name=name)["place"]
    return str(x), str(y)


# --- closing and coming back ------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", ["Escape", "Return", "alt+c"])
def test_closing_keeps_the_covers_and_their_undo(screen: VirtualScreen, keys: str) -> None:
    with editor(screen) as editing:
        editing.drag((100, 50), (200, 90))
        editing.until("covers", [[100, 50, 100, 40]])
        editing.press(keys)
        facts = editing.until("open", False)
        assert (facts["covers"], facts["said"]) == ([[100, 50, 100, 40]], "1 part is covered")
        wait_until(lambda: screen.focused_title().startswith("Report"), "back in the note window")
        assert editing.window.count("cancelled") == 0
        reopen(editing)
        editing.press("ctrl+z")
        editing.until("covers", [])


def test_a_cover_drawn_in_the_window_is_there_on_the_whole_screen_too(screen: VirtualScreen) -> None:
    with editor(screen, "This window", active=[100, 60, 300, 200], covers=[[0, 0, 50, 50]]) as editing:
        facts = editing.ask()
        assert (facts["said"], facts["words"]) == ("", "Nothing is covered.")
        editing.drag((10, 20), (60, 50))
        assert editing.until("covers", [[0, 0, 50, 50], [110, 80, 50, 30]])["said"] == "1 part is covered"
        editing.press("Escape")
        editing.until("open", False)
        editing.window.do("preset", picture="screen")
        editing.until("said", "2 parts are covered")


def test_without_a_picture_there_is_nothing_to_cover(screen: VirtualScreen) -> None:
    with ui(screen, "covers") as window:
        window.do("present", remark="The screen could not be read.")
        window.wait("focused")
        window.do("offer", covers=[[0, 0, 5, 5]])
        facts = window.ask("editor")
        assert (facts["can_cover"], facts["covers"]) == (False, [])


def test_the_next_report_starts_without_covers(screen: VirtualScreen) -> None:
    with editor(screen, covers=[[10, 10, 50, 50]]) as editing:
        editing.press("Escape")
        editing.until("open", False)
        editing.window.do("finish")
        facts = editing.ask()
        assert (facts["covers"], facts["offered"], facts["image_gone"]) == ([], [], True)
        editing.window.do("present", size=[640, 400])
        facts = editing.ask()
        assert (facts["covers"], facts["offered"], facts["said"]) == ([], [], "")


def test_covers_offered_late_appear_and_removed_ones_do_not_come_back(screen: VirtualScreen) -> None:
    with editor(screen, covers=[[10, 10, 50, 50]]) as editing:
        editing.press("Delete")
        editing.until("covers", [])
        editing.window.do("offer", covers=[[10, 10, 50, 50], [200, 100, 50, 50]])
        facts = editing.ask()
        assert facts["covers"] == [[200, 100, 50, 50]]
        assert facts["offered"] == [[10, 10, 50, 50], [200, 100, 50, 50]]
        assert (facts["said"], facts["words"]) == ("1 part is covered", "1 part is covered.")


# --- what is seen -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", ["1", "1.5", "2"])
def test_covers_are_exact_to_the_pixel_at_every_scale_of_the_screen(tmp_path: Path, factor: str) -> None:
    """At 100 % a drawn cover is solid black from its first to its last pixel, and nothing beside it is."""
    with virtual_screen("1920x1400") as screen:
        scaled = ScaledScreen(screen.display, factor)
        with editor(scaled, size=[500, 300]) as editing:
            editing.press("1")
            editing.until("zoom", 1.0)
            editing.drag((101, 53), (203, 88))
            [[left, top, width, height]] = wait_until(lambda: editing.ask()["covers"], "a cover")
            assert (left, top) == (pytest.approx(101, abs=1), pytest.approx(53, abs=1))
            assert (width, height) == (pytest.approx(102, abs=1), pytest.approx(35, abs=1))
            editing.click(400, 250)
            editing.until("selected", None)
            origin, image = editing.ask()["origin"], editing.picture(tmp_path / "screen.png")
            left, top = left + origin[0], top + origin[1]
            line = 3  # the outline, which is not sent, at any scale
            inside = image.crop((left + line, top + line, left + width - line, top + height - line))
            assert inside.getcolors() == [(inside.width * inside.height, BLACK)]
            around = image.crop((left - 20, top - 20, left + width + 20, top + height + 20))
            for x in range(around.width):
                for y in (*range(20 - line), *range(around.height - 20 + line, around.height)):
                    assert around.getpixel((x, y)) != BLACK


@dataclass(frozen=True)
class ScaledScreen(VirtualScreen):
    """A screen whose windows are that much larger."""

    factor: str = "1"

    @property
    def environment(self) -> dict[str, str]:
        """With the scale that desktops ask for."""
        return {**super().environment, "QT_SCALE_FACTOR": self.factor}


def test_zoom_keeps_the_place_under_the_mouse_and_covers_stay_where_they_are(
    screen: VirtualScreen, tmp_path: Path
) -> None:
    with editor(screen, size=[1600, 900], covers=[[780, 440, 40, 30]]) as editing:
        editing.press("1")
        editing.until("full", True)
        x, y = editing.on_screen(800, 455)
        screen.xdotool("mousemove", x, y, "keydown", "ctrl")
        for percent in ("150 %", "200 %", "300 %", "400 %", "600 %", "800 %"):
            screen.xdotool("click", WHEEL_UP)
            editing.until("percent", percent)
        screen.xdotool("click", WHEEL_UP, "keyup", "ctrl")
        now_x, now_y = editing.on_screen(800, 455)
        assert abs(int(now_x) - int(x)) <= 16 and abs(int(now_y) - int(y)) <= 16  # two pixels of the image
        left, top = map(int, editing.on_screen(780, 440))
        picture = editing.picture(tmp_path / "screen.png")
        assert {picture.getpixel((left + dx, top + dy)) for dx in (6, 312) for dy in (6, 232)} == {BLACK}
        assert BLACK not in {picture.getpixel((left + dx, top + 100)) for dx in (-8, 328)}
        screen.xdotool("mousemove", x, y, "keydown", "ctrl", "click", WHEEL_DOWN, "keyup", "ctrl")
        editing.until("percent", "600 %")


def test_zoom_by_keys_and_buttons(screen: VirtualScreen) -> None:
    with editor(screen, size=[1600, 900]) as editing:
        editing.press("alt+1")
        assert editing.until("percent", "100 %")["full"]
        editing.press("plus")
        facts = editing.until("percent", "150 %")
        assert (facts["fit"], facts["full"]) == (False, False)
        editing.press("minus", "minus")
        editing.until("percent", "75 %")
        editing.press("alt+f")
        assert editing.until("fit", True)["zoom"] < 0.75
        editing.press("1")
        editing.until("full", True)
        editing.press("0")
        editing.until("fit", True)
        screen.xdotool("mousemove", *button_place(editing, "Larger"), "click", LEFT)
        editing.until("percent", "75 %")


def test_a_double_click_beside_the_covers_changes_the_size(screen: VirtualScreen) -> None:
    with editor(screen, size=[1600, 900]) as editing:
        screen.xdotool(
            "mousemove", *editing.on_screen(800, 450), "click", "--repeat", "2", "--delay", "40", LEFT
        )
        assert editing.until("full", True)["covers"] == []


def test_the_picture_is_pushed_with_the_middle_button_and_scrolled_by_arrows(screen: VirtualScreen) -> None:
    with editor(screen, size=[3000, 2000]) as editing:
        editing.press("alt+1")
        editing.until("zoom", 1.0)
        left, top = editing.ask()["origin"]
        editing.drag((400, 300), (300, 250), MIDDLE)
        assert editing.until("origin", [left - 100, top - 50])["covers"] == []
        editing.press("Right", "Down")
        editing.until("origin", [left - 140, top - 90])


def test_a_cover_selected_by_keyboard_comes_into_view(screen: VirtualScreen) -> None:
    with editor(screen, size=[3000, 2000], covers=[[10, 10, 40, 40], [2900, 1900, 40, 40]]) as editing:
        editing.press("plus", "plus", "plus", "plus", "plus")
        editing.press("Tab")
        facts = editing.until("selected", 1)
        x, y = map(int, editing.on_screen(2920, 1920))
        left, top, width, height = facts["viewport"]
        assert left < x < left + width and top < y < top + height


def test_a_cover_added_while_zoomed_is_where_one_looks(screen: VirtualScreen) -> None:
    with editor(screen, size=[3000, 2000]) as editing:
        editing.press("1", "plus", "plus", "plus")
        editing.until("percent", "300 %")
        editing.press("n")
        facts = editing.until("selected", 0)
        x, y, width, height = facts["covers"][0]
        left, top = map(int, editing.on_screen(x, y))
        right, bottom = map(int, editing.on_screen(x + width, y + height))
        area = facts["viewport"]
        assert area[0] <= left < right <= area[0] + area[2]
        assert area[1] <= top < bottom <= area[1] + area[3]


def test_the_thumbnail_shows_the_covers_however_small(screen: VirtualScreen, tmp_path: Path) -> None:
    with ui(screen, "covers") as window:
        window.do("begin", size=[1600, 900], covers=[[400, 300, 400, 200], [1200, 600, 1, 1]])
        window.wait("focused")
        path = tmp_path / "thumbnail.png"
        window.ask("thumbnail", path=str(path))
        with Image.open(path) as image:
            picture = image.convert("RGB")
        black = [
            (x, y)
            for x in range(picture.width)
            for y in range(picture.height)
            if picture.getpixel((x, y)) == BLACK
        ]
        right_half = [point for point in black if point[0] > picture.width * 0.7]
        assert 1 <= len(right_half) <= 4
        assert len(black) == pytest.approx(picture.width * picture.height / 18, rel=0.25)


def test_nothing_at_full_size_is_kept_after_the_editor_is_closed(screen: VirtualScreen) -> None:
    """A smaller copy exists while it is open; afterwards only the frame itself is left."""
    with editor(screen, size=[3840, 2160]) as editing:
        editing.press("Escape")
        editing.until("open", False)
        before = editing.window.ask("rss")["megabytes"]
        for _ in range(4):
            reopen(editing)
            editing.press("minus", "Escape")
            editing.until("open", False)
        wait_until(lambda: editing.window.ask("rss")["megabytes"] < before + 15, "the copies are gone")
