"""The pause from the tray: the keys are free, nothing is sent, and all of it goes on afterwards."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import wait_until
from snapper import bundle
from snapper.answer import Todo
from snapper.errors import ChordTaken
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.presses import Press
from snapper.hotkey.x11_grab import X11Grab
from snapper.outbox import Outbox
from snapper.report import Kind, Report, timestamp
from snapper.state import Entry, State
from tests.desks import Desk, desk_at
from tests.journeys.stage import CHORD, Stage, stage, stage_with_desk
from tests.journeys.tray_menu import choose, with_a_tray
from tests.middlemen import listening

SIZE = 8 << 20


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Stage, Desk]]:
    with stage_with_desk(tmp_path) as ready:
        yield ready


class OtherProgram:
    """A program that wants the same keys."""

    def __init__(self, ready: Stage) -> None:
        self.presses: list[Press] = []
        self._environment = ready.environment
        self._grab: X11Grab | None = None

    def takes(self) -> bool:
        """Whether it gets them."""
        grab = X11Grab(parse_chord("Ctrl+Alt+H"), self._environment)  # one that was refused is of no more use
        try:
            grab.start(self.presses.append)
        except ChordTaken:
            return False
        self._grab = grab
        return True

    def gives_back(self) -> None:
        assert self._grab
        self._grab.stop()


def test_the_keys_are_free_for_other_programs_while_it_lasts(world: tuple[Stage, Desk]) -> None:
    ready, _ = world
    with with_a_tray(ready) as program:
        assert not OtherProgram(ready).takes(), "snapper holds them"
        choose(ready, "p")
        other = OtherProgram(ready)
        wait_until(other.takes, "the keys are free")
        ready.screen.press(CHORD)
        wait_until(lambda: other.presses, "the other program gets the press")
        ready.tws_has_focus()

        choose(ready, "p")
        program.wait_for("taken")
        choose(ready, "p")
        other.gives_back()
        choose(ready, "p")
        wait_until(lambda: sum("Press " in line for line in program.lines) == 2, "they are snapper's again")
        ready.screen.press(CHORD)
        ready.note_window()
        assert len(other.presses) == 1


def test_a_restart_listens_again(world: tuple[Stage, Desk]) -> None:
    ready, _ = world
    with with_a_tray(ready):
        choose(ready, "p")
        other = OtherProgram(ready)
        wait_until(other.takes, "the keys are free")
        other.gives_back()
    with ready.asked():
        pass


def test_what_is_submitted_meanwhile_is_kept_and_goes_out_afterwards(world: tuple[Stage, Desk]) -> None:
    ready, desk = world
    with with_a_tray(ready):
        choose(ready, "p")
        choose(ready, "s")
        ready.note_window()
        ready.screen.type("kept")
        ready.screen.press("ctrl+Return")
        ready.wait_for_state(State.WAITING)
        wait_until(lambda: ready.screen.window("Receipt"), "it is told that it waits")
        assert desk.reports() == []
        choose(ready, "p")
        ready.wait_for_state(State.DELIVERED)
    assert desk.notes() == ["kept"]


# --- an upload under way -----------------------------------------------------------------------------------


def large(outbox: Outbox) -> Entry:
    """A report that takes a while."""
    with outbox.prepare() as preparation:
        part = bundle.attach_bytes(preparation.folder, "big.bin", bytes(SIZE), Kind.FILE, "text/plain")
        draft = Report(preparation.id, timestamp(time.time()), "big", attachments=(part,))
        preparation.accept(draft, Todo())
        preparation.seal(draft)
        return preparation.publish()


class Narrow:
    """A way to the desk that lets so many bytes per second through, and counts them."""

    def __init__(self, desk: Desk) -> None:
        host, port = desk.url.removeprefix("http://").split(":")
        self._desk = (host, int(port))
        self.pace = SIZE / 8
        self.passed = 0

    def serve(self, connection: socket.socket) -> None:
        """One connection."""
        with socket.create_connection(self._desk) as desk:
            connection.settimeout(0.01)
            desk.settimeout(0.01)
            ends = ((connection, desk), (desk, connection))
            with contextlib.suppress(OSError):
                while all(self._carried(*pair) for pair in ends):
                    pass

    def _carried(self, source: socket.socket, target: socket.socket) -> bool:
        """Whether the connection goes on."""
        try:
            data = source.recv(16384)
        except TimeoutError:
            return True
        target.settimeout(20)
        target.sendall(data)
        target.settimeout(0.01)
        self.passed += len(data)
        time.sleep(len(data) / self.pace)
        return bool(data)


def test_an_upload_is_broken_off_and_goes_on_from_there(tmp_path: Path) -> None:
    with desk_at(tmp_path / "desk") as desk:
        narrow = Narrow(desk)
        with listening(narrow.serve) as (host, port):
            told = {**desk.environment, "SNAPPER_DELIVERY_URL": f"http://{host}:{port}"}
            with stage(tmp_path, told) as ready:
                large(ready.outbox)
                with with_a_tray(ready):
                    wait_until(lambda: narrow.passed > SIZE / 8, "it is on its way")
                    choose(ready, "p")
                    [entry] = wait_until(
                        lambda: [each for each in ready.outbox.entries() if each.delivery.sentence],
                        "it is broken off",
                    )
                    assert entry.delivery.sentence == "You paused snapper while the report was being sent."
                    assert entry.state is State.WAITING
                    assert narrow.passed < SIZE * 0.9
                    narrow.pace = float("inf")
                    choose(ready, "p")
                    ready.wait_for_state(State.DELIVERED)
        assert [report.note for report in desk.reports()] == ["big"]
        assert narrow.passed < SIZE * 1.4, "what had arrived was not sent again"
