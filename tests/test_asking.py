"""From the press to the outbox with several destinations: the real program, its window and real desks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.screen import VirtualScreen, wait_until
from snapper.desk import Limits
from snapper.outbox import Outbox
from snapper.report import Report
from snapper.state import State
from snapper.unsent import FILE_NAME, Unsent, UnsentNote
from tests.desks import Desk, desk_at
from tests.test_ui_addressing import asked, is_now, type_ticket
from tests.ui_process import UiProcess, ui

SMALL = 20_000_000  # what the second desk takes


@dataclass
class Office:
    """Two desks in one settings file, the first one usual, and the outbox of who reports to them."""

    first: Desk
    second: Desk
    outbox: Path

    @contextlib.contextmanager
    def program(self, screen: VirtualScreen) -> Iterator[UiProcess]:
        """snapper, asked for a report."""
        with ui(screen, "asking") as window:
            window.do("ask")
            window.wait("focused")
            yield window


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Two desks and the environment that leads to them."""
    limits = Limits(report_bytes=SMALL)
    with desk_at(tmp_path / "first") as first, desk_at(tmp_path / "second", limits=limits) as second:
        file = tmp_path / "settings.toml"
        file.write_text(f'[destinations."second desk"]\nsystem = "desk"\nurl = "{second.url}"\n')
        (tmp_path / "Jts").mkdir()
        settings = {
            **first.environment,
            "SNAPPER_CONFIG": str(file),
            "SNAPPER_TOKEN_SECOND_DESK": second.token,
            "SNAPPER_OUTBOX_FOLDER": str(tmp_path / "outbox"),
            "SNAPPER_LOGS_FOLDERS": str(tmp_path / "Jts"),
            "HOME": str(tmp_path),
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield Office(first, second, tmp_path / "outbox")


def kept(office: Office) -> Report:
    """The report in the outbox, once it is whole."""

    def whole() -> list[Report]:
        entries = Outbox(office.outbox).entries()
        return [entry.report for entry in entries if entry.state is State.WAITING]

    (report,) = wait_until(whole, "the report")
    return report


def test_the_report_is_kept_for_the_destination_that_was_chosen(
    screen: VirtualScreen, office: Office
) -> None:
    with office.program(screen) as window:
        screen.type("to the second")
        screen.press("alt+i")
        screen.press("Down")
        screen.press("ctrl+Return")
        assert kept(office).destination == "second desk"
        wait_until(lambda: not window.ask()["visible"], "the window closes")
    assert not (office.outbox / FILE_NAME).exists()


def test_what_is_shown_before_it_is_sent_goes_to_the_destination_as_well(
    screen: VirtualScreen, office: Office
) -> None:
    with office.program(screen) as window:
        screen.press("alt+i")
        screen.press("Down")
        screen.press("alt+e")
        window.wait("contents_asked")
        wait_until(lambda: window.ask("more")["total"], "the contents")
        wait_until(lambda: window.ask("more")["can_send"], "the button")
        window.do("accept_contents", times=1)
        assert kept(office).destination == "second desk"


def test_a_ticket_that_is_not_there_is_refused(screen: VirtualScreen, office: Office) -> None:
    with office.program(screen) as window:
        type_ticket(screen, "7")
        said = "There is no ticket 7 at desk."
        wait_until(lambda: window.ask("address")["said"].startswith(said), "the look")
        screen.press("ctrl+Return")
        wait_until(lambda: window.ask()["problem"].startswith(said), "the refusal")
        assert window.count("submitted") == 0
        screen.press("Delete")
        screen.press("ctrl+Return")
        assert kept(office).ticket is None


def test_the_limit_is_that_of_the_destination(screen: VirtualScreen, office: Office) -> None:
    with office.program(screen) as window:
        wait_until(lambda: not window.ask()["logs_sentence"].startswith("Looking"), "no logs are found")
        window.do("set_logs", files=[["tws.log", 400_000_000, "plain"]])
        assert window.ask("more")["too_large"] == ""
        screen.press("alt+i")
        screen.press("Down")
        wait_until(lambda: "takes at most 20.0 MB" in window.ask("more")["too_large"], "the limit")
        screen.press("Up")
        wait_until(lambda: window.ask("more")["too_large"] == "", "no limit any more")


# --- after a crash ----------------------------------------------------------------------------------------


def test_note_ticket_and_destination_are_kept_while_they_are_written(
    screen: VirtualScreen, office: Office
) -> None:
    def unsent() -> tuple[str, str, str] | None:
        found = UnsentNote(office.outbox).load()
        return (found.note, found.ticket, found.destination) if found else None

    with office.program(screen):
        screen.type("hangs")
        type_ticket(screen, "7")
        screen.press("alt+i")
        screen.press("Down")
        wait_until(lambda: unsent() == ("hangs", "7", "second desk"), "the note on the disk")


def test_they_come_back_and_the_ticket_is_looked_up(screen: VirtualScreen, office: Office) -> None:
    UnsentNote(office.outbox).save(Unsent("hangs", "7", 1.0, "second desk"))
    with office.program(screen) as window:
        asked(window, "second desk", "7")
        is_now(window, chosen="second desk", ticket="7")
        assert window.ask()["note"] == "hangs"
        said = "There is no ticket 7 at second desk."
        wait_until(lambda: window.ask("address")["said"].startswith(said), "the look")


def test_a_ticket_of_a_destination_that_is_gone_is_not_taken_for_another(
    screen: VirtualScreen, office: Office
) -> None:
    UnsentNote(office.outbox).save(Unsent("hangs", "7", 1.0, "third desk"))
    with office.program(screen) as window:
        is_now(window, chosen="desk", ticket="")
        state = window.ask()
        assert state["note"] == "hangs"
        assert state["problem"].endswith("“third desk” is no longer in the settings.")
