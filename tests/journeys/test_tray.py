"""The icon's menu, and desktops without a tray: what works all the same, and what is said."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import wait_until
from tests.desks import Desk
from tests.journeys.stage import CHORD, Program, Stage, running, stage_with_desk
from tests.journeys.tray_menu import choose, with_a_tray

SOON = "import snapper.app, snapper.cli; snapper.app.TRAY_SECONDS = 0.3; snapper.cli.main(['listen'])"
NO_TRAY = "There is no tray here"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Stage, Desk]]:
    with stage_with_desk(tmp_path) as ready:
        yield ready


def listening(ready: Stage) -> list[str]:
    """The command of a listener that looks for a tray sooner than usual."""
    return [sys.executable, "-c", SOON]


def notes_written(ready: Stage, program: Program) -> None:
    """The chord works."""
    program.wait_for("Press ")
    ready.screen.press(CHORD)
    ready.note_window()
    ready.submit("without a tray")


def test_without_a_tray_it_is_said_once_and_all_else_works(world: tuple[Stage, Desk]) -> None:
    ready, desk = world
    with running(listening(ready), ready.environment) as program:
        line = program.wait_for(NO_TRAY)
        assert "“snapper outbox”" in line
        notes_written(ready, program)
        assert "delivered" in ready.snapper("outbox").stdout
        assert sum(NO_TRAY in each for each in program.lines) == 1
    assert desk.notes() == ["without a tray"]


def test_with_a_tray_nothing_is_said_of_it(world: tuple[Stage, Desk]) -> None:
    ready, _ = world
    with running(["trayer", "--edge", "top"], ready.environment):
        wait_until(lambda: ready.screen.window("panel"), "the tray is there")
        with running(listening(ready), ready.environment) as program:
            notes_written(ready, program)
            wait_until(lambda: ready.screen.window("Receipt"), "a second has passed")
            assert not any(NO_TRAY in each for each in program.lines)


def test_start_at_sign_in_is_switched_from_the_menu(world: tuple[Stage, Desk]) -> None:
    ready, _ = world
    entry = ready.folder / "config" / "autostart" / "desk.snapper.Snapper.desktop"
    with with_a_tray(ready):
        choose(ready, "i")
        wait_until(entry.exists, "it is on")
        assert ready.snapper("autostart").stdout.startswith("snapper starts when you sign in")
        assert ready.snapper("autostart", "off").returncode == 0
        choose(ready, "i")
        wait_until(entry.exists, "the menu knew that it was off")
        choose(ready, "i")
        wait_until(lambda: not entry.exists(), "it is off")


def test_what_cannot_be_switched_is_said(world: tuple[Stage, Desk]) -> None:
    ready, _ = world
    (ready.folder / "config").mkdir(exist_ok=True)
    (ready.folder / "config" / "autostart").write_text("a file, no folder")
    with with_a_tray(ready) as program:
        choose(ready, "i")
        assert "Allow it" in program.wait_for("cannot be read or written")
