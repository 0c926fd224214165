"""Every window by the keyboard alone, with real keys: Tab reaches everything in reading order and leaves it
again, letters choose one part only, Escape closes.
"""

from __future__ import annotations

from typing import Any

import pytest

from scripts.screen import VirtualScreen, wait_until
from tests.shown import NAMES, shown
from tests.ui_process import UiProcess, ui

# A receipt never takes the keyboard; all it offers is in the outbox, too.
WITH_KEYS = [name for name in NAMES if not name.startswith("receipt")]


def focus_after(screen: VirtualScreen, window: UiProcess, key: str, before: str) -> str:
    """What has the keyboard after a key was pressed until it moved on: inside a picture it goes from cover to
    cover. Fails where it does not move."""
    told = window.ask("focus")
    while told["name"] == before:
        screen.press(key)
        told = moved_from(told, window, key)
    assert told["seen"], f"{told['name']} has the keyboard and cannot be seen"
    return str(told["name"])


def moved_from(told: dict[str, Any], window: UiProcess, key: str) -> dict[str, Any]:
    """What is told of the focus once it is something else."""
    return wait_until(
        lambda: now if (now := window.ask("focus")) != told else None, f"{key} leaves {told['name']}"
    )


@pytest.mark.parametrize("name", WITH_KEYS)
def test_tab_goes_through_everything_in_reading_order_and_back(screen: VirtualScreen, name: str) -> None:
    with shown(screen, name) as window:
        wait_until(lambda: window.ask("shown")["active"], "the window has the keyboard")
        stops = window.ask("stops")["stops"]
        here = window.ask("focus")["name"]
        assert here in stops
        at = stops.index(here)
        onward = [*stops[at + 1 :], *stops[: at + 1]]
        assert walked(screen, window, "Tab", here, len(stops)) == onward
        assert walked(screen, window, "shift+Tab", here, len(stops)) == [*onward[-2::-1], here]


@pytest.mark.parametrize("name", ["note", "outbox", "privacy", "sign_in"])
def test_what_gets_the_keyboard_scrolls_into_view(screen: VirtualScreen, name: str) -> None:
    """With text so large that much of the window must be scrolled to."""
    with shown(screen, name, points=24) as window:
        wait_until(lambda: window.ask("shown")["active"], "the window has the keyboard")
        here, count = window.ask("focus")["name"], len(window.ask("stops")["stops"])
        assert len({*walked(screen, window, "shift+Tab", here, count)}) == count


def walked(screen: VirtualScreen, window: UiProcess, key: str, here: str, steps: int) -> list[str]:
    """The parts a key goes to, one after the other."""
    way: list[str] = []
    for _ in range(steps if steps > 1 else 0):
        here = focus_after(screen, window, key, here)
        way.append(here)
    return way or [here]


@pytest.mark.parametrize("name", WITH_KEYS)
def test_a_letter_chooses_one_part_only(screen: VirtualScreen, name: str) -> None:
    with shown(screen, name) as window:
        wait_until(lambda: window.ask("shown")["active"], "the window has the keyboard")
        found = window.ask("letters")["found"]
        letters = [letter for letter, _ in found]
        assert sorted(set(letters)) == sorted(letters), found


@pytest.mark.parametrize(
    "name", [name for name in WITH_KEYS if name not in ("note_saving", "outbox_discard")]
)
def test_escape_closes(screen: VirtualScreen, name: str) -> None:
    with shown(screen, name) as window:
        wait_until(lambda: window.ask("shown")["active"], "the window has the keyboard")
        screen.press("Escape")
        wait_until(lambda: not window.ask("shown")["visible"], "it is closed")


def test_a_part_is_covered_from_the_note_and_sent_without_a_mouse(screen: VirtualScreen) -> None:
    with ui(screen, "covers") as window:
        window.do("begin", size=[600, 400])
        window.wait("focused")
        screen.type("Orders hang")
        screen.press("alt+v")
        wait_until(lambda: window.ask("editor")["open"], "the editor is there")
        for keys in ("n", "Right", "shift+Down"):
            screen.press(keys)
        wait_until(lambda: window.ask("editor")["covers"] == [[210, 175, 200, 60]], "it was moved and grown")
        screen.press("Escape")
        wait_until(lambda: not window.ask("editor")["open"], "the editor is closed")
        screen.press("ctrl+Return")
        assert window.wait("submitted")["note"] == "Orders hang"
        assert window.ask("editor")["covers"] == [[210, 175, 200, 60]]
