"""What a terminal says of a report: where it goes, what support finds it by, and what to do next."""

from __future__ import annotations

from typing import Any

import pytest

from snapper.destinations import Destination
from snapper.present import (
    destination_text,
    entry_line,
    entry_text,
    limits_text,
    next_step,
    receipt_text,
    result_text,
)  # fmt: skip
from snapper.report import Receipt, Report, StoredFile
from snapper.state import Delivery, Entry, State
from snapper.systems import SYSTEMS

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
TAG = "snpb302099a8057"
STORED = (StoredFile("report.json", 900, "0" * 64),)


def entry(
    state: State, destination: str = "our RT", *, ticket: str = "1042", code: str = TAG, **more: Any
) -> Entry:
    """A report in a state, with a receipt where there can be one."""
    receipt = Receipt(ID, ticket, code, "https://rt.example.com/7", "2026-11-21T10:00:00Z", STORED)
    there = receipt if state in (State.DELIVERED, State.UNCONFIRMED) else None
    report = Report(ID, "2026-11-21T10:00:00Z", "It froze", destination=destination)
    return Entry(ID, report, Delivery(state, receipt=there, **more), 900)


@pytest.mark.parametrize("destination", ["", "desk"])
def test_the_desk_alone_is_not_named(destination: str) -> None:
    delivered = entry(State.DELIVERED, destination, code="SNP-7K3F-Q2")
    assert result_text(delivered).splitlines()[:3] == [
        "receipt  SNP-7K3F-Q2", "ticket   1042", "address  https://rt.example.com/7",
    ]  # fmt: skip
    assert "  new ticket  " in entry_line(delivered) and "\nto  " not in entry_text(delivered)


def test_another_destination_is_named_with_what_its_search_finds() -> None:
    delivered = entry(State.DELIVERED)
    assert result_text(delivered).splitlines()[:2] == [
        f"receipt  {TAG}  (the search of our RT finds it)", "ticket   1042 of our RT",
    ]  # fmt: skip
    assert "our RT: new ticket" in entry_line(delivered)
    assert "to       our RT\n" in entry_text(delivered)
    assert f"receipt  {TAG}  ticket 1042  https://rt.example.com/7" in entry_text(delivered)


def test_what_waits_says_for_whom() -> None:
    waiting = entry(State.WAITING, sentence="our RT cannot take it now.")
    assert result_text(waiting).splitlines()[-1] == "to       our RT"
    assert destination_text(waiting.report) == "our RT"


def test_an_unconfirmed_report_says_whom_to_ask_for_what_and_how_to_go_on() -> None:
    unconfirmed = entry(State.UNCONFIRMED, sentence="It does not say what it stored.")
    assert next_step(unconfirmed) == (
        f"Ask support whether it is there in ticket 1042 and quote {TAG}; if not, send it again: "
        "“snapper outbox resend 099a8057”, or save it for sending by hand."
    )
    text = result_text(unconfirmed)
    assert "sent, but not confirmed: It does not say what it stored." in text
    assert f"receipt  {TAG}" in text and "address  https://rt.example.com/7" in text


def test_a_receipt_without_a_ticket_or_an_address_has_no_empty_lines() -> None:
    receipt = Receipt(ID, "", TAG, "", "2026-11-21T10:00:00Z")
    assert receipt_text(receipt).splitlines() == [
        f"receipt  {TAG}  (the search of the ticket system finds it)", "stored",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ("zendesk", "files up to 50.0 MB, larger ones in pieces; up to 1.0 GB in one report"),
        ("freshdesk", "up to 20.0 MB in one report"),
        ("roundup", ""),
    ],
)
def test_limits_are_words(system: str, words: str) -> None:
    assert limits_text(Destination("x", system, SYSTEMS[system].address).limits) == words
