"""What is said of a ticket whose number was typed: there, missing, closed, or not known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper import connect
from snapper.config import Settings
from snapper.delivery.causes import Cause
from snapper.delivery.endpoints import Steps, Ticket
from snapper.errors import NotReached, Obstacle, Refused
from snapper.outbox import Outbox
from snapper.ticket_look import TITLE_CHARS, TicketLook, look_at, plain_title
from tests.desks import Desk, desk_at, endpoint_at, refused_url
from tests.ticket_rigs import report_in, rig_of, why_not


def asking(answer: Ticket | Exception) -> TicketLook:
    """A look that this answers."""

    def ticket(destination: str, number: str) -> Ticket:
        assert (destination, number) == ("our RT", "12")
        if isinstance(answer, Exception):
            raise answer
        return answer

    return look_at(ticket, "our RT", "12")


def test_a_ticket_that_is_there_is_told_by_its_title() -> None:
    assert asking(Ticket("12", "Chart freezes")) == TicketLook("our RT", "12", "Ticket 12: Chart freezes")
    assert asking(Ticket("12")).sentence == "Ticket 12 is there."


def test_a_number_that_people_say_otherwise_is_told() -> None:
    assert asking(Ticket("INC0012345", "x")).quoted == "INC0012345"
    assert asking(Ticket("12", "x")).quoted == ""


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (Cause.TICKET_MISSING, "There is no ticket 12 at our RT."),
        (Cause.TICKET_CLOSED, "Ticket 12 of our RT is closed."),
        ("", "You may see it, but not add to it."),
    ],
)
def test_a_ticket_that_takes_nothing_is_told_with_what_to_do(cause: str, sentence: str) -> None:
    refusal = Refused("You may see it, but not add to it.", "“snapper …”", obstacle=Obstacle(str(cause)))
    look = asking(refusal)
    assert look.sentence == sentence
    assert "clear the field" in look.remedy and "“snapper" not in look.remedy


def test_a_look_that_fails_says_so_and_refuses_nothing() -> None:
    look = asking(NotReached("Nothing answers at rt.example.", "Later."))
    assert look.sentence.startswith("Ticket 12 could not be looked up: Nothing answers at rt.example.")
    assert look.remedy == ""


@given(st.text())
def test_a_title_is_one_short_line_that_hides_nothing(title: str) -> None:
    shown = plain_title(title)
    assert shown.isprintable() and len(shown) <= TITLE_CHARS
    assert plain_title(shown) == shown


def test_a_title_cannot_turn_what_follows_around() -> None:
    assert plain_title("a\u202ebc\n <b>d</b>\x1b[0m") == "abc <b>d</b>[0m"
    assert plain_title("x" * 500).endswith("…")


# --- real ticket systems ----------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk without tickets."""
    with desk_at(tmp_path / "desk") as running:
        yield running


def sources_of(desk: Desk, url: str = "", **changes: object) -> connect.ThisMachine:
    """This machine with that desk in its settings."""
    return connect.sources(
        Settings(delivery_url=url or desk.url, delivery_token=desk.token, **changes)  # type: ignore[arg-type]
    )


def test_a_real_desk_is_asked(desk: Desk, tmp_path: Path) -> None:
    sources = sources_of(desk, outbox_folder=tmp_path / "outbox")
    missing = look_at(sources.ticket, "desk", "1")
    assert missing.sentence == "There is no ticket 1 at desk." and missing.remedy
    number = _report_at(desk, tmp_path)
    assert look_at(sources.ticket, "desk", number).sentence == f"Ticket {number} is there."
    desk.store.set_state(int(number), "closed")
    closed = look_at(sources.ticket, "desk", number)
    assert closed.sentence == f"Ticket {number} of desk is closed." and closed.remedy


def _report_at(desk: Desk, folder: Path) -> str:
    report = report_in(Outbox(folder / "outbox"), {"a.txt": b"x"})
    return endpoint_at(desk.url, desk.token).commit(report, Steps()).ticket


def test_a_desk_that_is_not_reached_refuses_nothing(desk: Desk, tmp_path: Path) -> None:
    sources = sources_of(desk, refused_url(), outbox_folder=tmp_path / "outbox")
    look = look_at(sources.ticket, "desk", "1")
    assert "could not be looked up" in look.sentence and not look.remedy


@pytest.mark.skipif(bool(why_not("rt")), reason=why_not("rt") or "it runs")
@pytest.mark.xdist_group("rt")
def test_a_real_rt_tells_the_title_and_what_is_closed(tmp_path: Path) -> None:
    with rig_of("rt", tmp_path) as rig:
        endpoint = rig.endpoint()
        report = report_in(Outbox(tmp_path / "outbox"), {"a.txt": b"x"}, note="Chart <b>freezes</b>")
        number = endpoint.commit(report, Steps()).ticket
        look = look_at(lambda _, number: endpoint.ticket(number), "our RT", number)
        assert look.sentence.startswith(f"Ticket {number}: Chart <b>freezes</b>") and not look.remedy
        rig.running.close(number)
        closed = look_at(lambda _, number: endpoint.ticket(number), "our RT", number)
        assert closed.sentence == f"Ticket {number} of our RT is closed."
        missing = look_at(lambda _, number: endpoint.ticket(number), "our RT", "99999")
        assert missing.sentence == "There is no ticket 99999 at our RT."
