"""From the press to the receipt with several destinations: desks and a real Request Tracker."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from scripts.screen import wait_until
from snapper.report import Receipt
from snapper.state import Entry, State
from tests.desks import Desk, desk_at
from tests.journeys.stage import Stage, stage
from tests.test_ui_receipt_window import clipboard
from tests.ticket_rigs import Rig, rig_of, why_not


@contextlib.contextmanager
def office(folder: Path, section: str, token: Mapping[str, str]) -> Iterator[tuple[Stage, Desk]]:
    """A stage whose usual desk is not the only destination: `section` describes another one."""
    file = folder / "settings.toml"
    file.write_text(section)
    with desk_at(folder / "desk") as desk:
        settings = {**desk.environment, **token, "SNAPPER_CONFIG": str(file)}
        with stage(folder, settings) as ready:
            yield ready, desk


@contextlib.contextmanager
def office_with_rt(folder: Path) -> Iterator[tuple[Stage, Desk, Rig]]:
    """A stage whose second destination is a real RT."""
    with rig_of("rt", folder) as rig:
        peer = rig.running.peer
        section = f'[destinations."our RT"]\nsystem = "rt"\nurl = "{peer.url}"\nqueue = "{peer.place}"\n'
        with office(folder, section, {"SNAPPER_TOKEN_OUR_RT": peer.token}) as (ready, desk):
            yield ready, desk, rig


def delivered(stage: Stage, count: int = 1) -> tuple[Entry, Receipt]:
    """The newest delivered report and its receipt."""
    newest = max(stage.wait_for_state(State.DELIVERED, count), key=lambda entry: entry.id)
    assert newest.delivery.receipt
    return newest, newest.delivery.receipt


def copied(stage: Stage) -> str:
    """What Copy in the acknowledgement gives for support."""
    window = wait_until(lambda: stage.screen.window("Receipt"), "the acknowledgement is shown")
    shape = dict(re.findall(r"(\w+)=(\d+)", stage.screen.xdotool("getwindowgeometry", "--shell", window)))
    button = int(shape["X"]) + 50, int(shape["Y"]) + int(shape["HEIGHT"]) - 28
    stage.screen.xdotool("mousemove", *map(str, button), "click", "1")
    return wait_until(lambda: clipboard(stage.screen), "the clipboard")


def test_a_second_desk_is_chosen_from_the_list(tmp_path: Path) -> None:
    with desk_at(tmp_path / "second") as second:
        section = f'[destinations."second desk"]\nsystem = "desk"\nurl = "{second.url}"\n'
        token = {"SNAPPER_TOKEN_SECOND_DESK": second.token}
        with office(tmp_path, section, token) as (stage, desk), stage.asked():
            stage.screen.type("elsewhere")
            stage.screen.press("alt+i")
            stage.screen.press("Down")
            stage.screen.press("ctrl+Return")
            _, receipt = delivered(stage)
            assert (second.notes(), desk.notes()) == (["elsewhere"], [])
            code, ticket, url = copied(stage).splitlines()
            assert (code, ticket) == (f"Receipt {receipt.code}", f"Ticket {receipt.ticket} at second desk")
            assert url == receipt.url


@pytest.mark.skipif(bool(why_not("rt")), reason=why_not("rt") or "it runs")
@pytest.mark.xdist_group("rt")
def test_a_real_rt_is_chosen_and_then_its_ticket_by_its_address(tmp_path: Path) -> None:
    with office_with_rt(tmp_path) as (stage, desk, rig), stage.listener():
        press(stage)
        stage.screen.type("Chart freezes")
        stage.screen.press("alt+i")
        stage.screen.press("Down")
        stage.screen.press("ctrl+Return")
        entry, receipt = delivered(stage)
        assert entry.report.destination == "our RT" and receipt.ticket in rig.running.tickets()
        said = copied(stage)
        assert said == f"Ticket {receipt.ticket} at our RT\n{receipt.url}\nSearch for {receipt.code}"
        press(stage)
        stage.screen.type("It froze again")
        stage.screen.press("alt+t")
        stage.screen.paste(receipt.url)
        stage.screen.press("ctrl+Return")
        entry, again = delivered(stage, 2)
        assert entry.report.note == "It froze again"
        assert (again.ticket, rig.running.tickets()) == (receipt.ticket, [receipt.ticket])
        assert desk.notes() == []


def press(stage: Stage) -> None:
    """Press the chord and wait for the note window."""
    stage.screen.press("ctrl+alt+h")
    stage.note_window()
