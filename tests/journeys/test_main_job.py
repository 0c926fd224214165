"""From the press to the receipt, with real keys in real windows and a real desk."""

from __future__ import annotations

import hashlib
import re
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.demo_tws import Jts
from scripts.screen import wait_until
from scripts.tws_window import BITS, read_counter
from snapper.report import LogKind, Report
from snapper.state import State
from tests.desks import Desk
from tests.journeys.stage import CHORD, SNAPPER, Stage, running, screenshot, stage_with_desk
from tests.journeys.tray_menu import choose, with_a_tray
from tests.x_clients import MENU_COLOUR, client

NOTE = "ä ß 漢字 ✓\nsecond line"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Stage, Desk]]:
    """A stage and its desk."""
    with stage_with_desk(tmp_path) as ready:
        yield ready


def milliseconds() -> int:
    """Now, as the counter of the TWS-like window shows it."""
    return int(time.time() * 1000) % (1 << BITS)


def test_the_picture_is_of_the_press_and_note_and_logs_arrive_unchanged(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    with stage.listener():
        before = milliseconds()
        stage.screen.press(CHORD)
        after = milliseconds()
        stage.note_window()
        first, second = NOTE.split("\n")
        stage.screen.paste(first)
        stage.submit(f"\r{second}")
    (report,) = desk.reports()
    assert report.note == NOTE
    assert report.machine["monitors"] == "1280×800 at 0,0"
    assert report.remarks == ("Parts of the picture were covered by the sender.",)
    shown = read_counter(screenshot(desk, report))
    assert shown is not None
    assert before - 50 <= shown <= after + 50
    assert_logs_of_today(stage.jts, desk, report)


def assert_logs_of_today(jts: Jts, desk: Desk, report: Report) -> None:
    """`logs.zip` holds today's logs and nothing else: sealed ones byte for byte, plain ones line for line;
    the manifest tells them truly, and no name of a user's folder is left."""
    (logs,) = [part for part in report.attachments if part.name == "logs.zip"]
    with zipfile.ZipFile(desk.store.path(report, "logs.zip")) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    expected = {path.name: path.read_bytes() for path in jts.today}
    assert jts.earlier and jts.settings
    for entry in logs.contains:
        content, original = contents.pop(entry.name), expected.pop(entry.name.rpartition("/")[2])
        assert hashlib.sha256(content).hexdigest() == entry.sha256
        assert (entry.kind is LogKind.SEALED) == entry.name.endswith(".ibgzenc")
        assert content == original if entry.kind is LogKind.SEALED else similar(content, original)
        assert not any(path.parent.name in entry.name for path in jts.today if path.parent != jts.home)
    assert (contents, expected) == ({}, {})


def similar(content: bytes, original: bytes) -> bool:
    """Whether a redacted log has the lines of the original, each with the same beginning."""
    pairs = zip(content.splitlines(), original.splitlines(), strict=True)
    return all(line[:12] == before[:12] for line, before in pairs)


def test_letters_typed_right_after_the_press_belong_to_the_note(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    letters = "thequickbrownfoxjumpsoverthelazydog"
    with stage.listener():
        stage.screen.xdotool("key", CHORD, "sleep", "0.15", "type", "--delay", "30", letters)
        stage.note_window()
        stage.screen.press("ctrl+Return")
        stage.wait_for_state(State.DELIVERED)
        assert desk.notes() == [letters]
        assert stage.typed_underneath() == ""
        stage.tws_has_focus()
        wait_until(lambda: stage.screen.window("Receipt"), "the acknowledgement is shown")
        stage.screen.type("after")
        wait_until(lambda: stage.typed_underneath() == "after", "TWS gets the keys again")


def test_escape_gives_the_focus_back_and_keeps_nothing(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    with stage.asked():
        stage.screen.type("never mind")
        stage.screen.press("Escape")
        stage.tws_has_focus()
        stage.screen.type("x")
        wait_until(lambda: stage.typed_underneath() == "x", "TWS gets the keys again")
        assert stage.outbox.entries() == []
        assert desk.reports() == []


def test_a_second_press_raises_the_window_and_keeps_the_text(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    with stage.asked():
        stage.screen.type("first ")
        stage.screen.xdotool("search", "--name", "Trader Workstation", "windowactivate", "--sync")
        stage.tws_has_focus()
        stage.screen.press(CHORD)
        stage.note_window()
        stage.submit("second")
    assert desk.notes() == ["first second"]


def test_the_chord_is_taken_and_its_neighbours_are_not(world: tuple[Stage, Desk]) -> None:
    stage, _ = world
    with stage.listener():
        stage.screen.press("ctrl+alt+shift+h")
        stage.screen.press("ctrl+h")
        stage.screen.type("z")
        wait_until(lambda: "z" in stage.typed_underneath(), "TWS got what was typed")
        assert not stage.screen.window("snapper")
        count = len(stage.tws.facts("key"))
        stage.screen.press(CHORD)
        stage.note_window()
        stage.screen.press("Escape")
        stage.tws_has_focus()
        pressed = stage.tws.facts("key")[count:]
        assert not [key for key in pressed if key.lower() in ("h", "\x08", "key_h")]


def test_a_chord_that_another_listener_holds_is_reported_and_the_rest_works(
    world: tuple[Stage, Desk],
) -> None:
    stage, desk = world
    with stage.listener():
        other = {**stage.environment, "SNAPPER_OUTBOX_FOLDER": str(stage.folder / "other")}
        with running([*SNAPPER, "listen"], other) as second:
            line = second.wait_for("taken")
            assert "Ctrl+Alt+H" in line
            assert "hotkey.chord" in line
            assert stage.snapper("send", "-m", "by hand", "--no-logs").returncode == 0
            assert second.stop() == 0
    assert desk.notes() == ["by hand"]


def test_a_second_listener_on_the_same_outbox_is_told_so(world: tuple[Stage, Desk]) -> None:
    stage, _ = world
    with stage.listener():
        again = stage.snapper("listen")
        assert again.returncode == 0
        assert "listening already" in again.stderr


def test_the_listener_ends_when_told_to_and_frees_the_chord(world: tuple[Stage, Desk]) -> None:
    stage, _ = world
    for _ in range(2):
        with stage.listener() as listener:
            assert listener.stop() == 0


def test_with_a_menu_open_the_chord_works_and_the_picture_shows_the_menu(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    with stage.listener(), client(stage.screen, "menu") as menu:
        stage.screen.press(CHORD)
        stage.note_window()
        stage.screen.press("Escape")  # to the menu, which holds the keyboard until it closes
        menu.wait_for("closed")
        stage.note_window()
        stage.submit("menu")
    (report,) = desk.reports()
    assert report.note == "menu"
    shown = screenshot(desk, report).getcolors(1 << 24)
    assert shown and max(count for count, colour in shown if colour == MENU_COLOUR) > 400 * 300 * 0.9


def test_this_window_is_cut_out_of_the_frozen_screen(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    with stage.asked():
        stage.screen.type("window")
        stage.screen.press("alt+d")
        stage.screen.press("ctrl+Return")
        stage.wait_for_state(State.DELIVERED)
    (report,) = desk.reports()
    width, height = screenshot(desk, report).size
    assert (760, 430) <= (width, height) < (800, 480)


def test_under_a_russian_layout_the_chord_works_and_cyrillic_arrives(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    subprocess.run(["setxkbmap", "ru"], env=stage.environment, check=True)
    with stage.listener():
        for code in ("37", "64", "43"):  # the physical keys Ctrl, Alt and H
            stage.screen.xdotool("keydown", code)
        for code in ("43", "64", "37"):
            stage.screen.xdotool("keyup", code)
        stage.note_window()
        stage.submit("Привет")
    assert desk.notes() == ["Привет"]


def test_the_tray_captures_the_window_without_its_own_menu(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    with with_a_tray(stage):
        choose(stage, "w")
        stage.note_window()
        stage.submit("from the tray")
    (report,) = desk.reports()
    width, height = screenshot(desk, report).size
    assert (760, 430) <= (width, height) < (800, 480)


def test_a_note_is_asked_for_once_without_a_listener(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    with running([*SNAPPER, "capture", "--ask"], stage.environment) as asking:
        stage.note_window()
        stage.screen.type("asked")
        stage.screen.press("ctrl+Return")
        window = wait_until(lambda: stage.screen.window("Receipt"), "the acknowledgement is shown")
        shape = dict(re.findall(r"(\w+)=(\d+)", stage.screen.xdotool("getwindowgeometry", "--shell", window)))
        cross = int(shape["X"]) + int(shape["WIDTH"]) - 28, int(shape["Y"]) + 24
        stage.screen.xdotool("mousemove", *map(str, cross), "click", "1")
        assert asking.wait() == 0
    assert desk.notes() == ["asked"]


def test_asking_once_ends_when_the_note_is_cancelled(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    with running([*SNAPPER, "capture", "--ask"], stage.environment) as asking:
        stage.note_window()
        stage.screen.press("Escape")
        assert asking.wait() == 1
    assert desk.reports() == []
