"""A receipt in words: by what support finds the report."""

from __future__ import annotations

from snapper.delivery.letter import tag_of
from snapper.report import Receipt
from snapper.ui.receipts import ReceiptWords, words_of

ID = "0192f0c1-2345-7abc-8def-0123456789a0"
TAG = tag_of(ID)


def receipt(code: str, ticket: str = "1042", url: str = "https://desk.example/tickets/1042") -> Receipt:
    """A receipt of the report."""
    return Receipt(ID, ticket, code, url, "2026-11-21T13:02:14.000Z")


def test_a_desk_gives_a_code() -> None:
    copied = "Receipt SNP-7K3F-Q2\nTicket 1042\nhttps://desk.example/tickets/1042"
    expected = ReceiptWords(
        "SNP-7K3F-Q2", "Ticket 1042", "SNP-7K3F-Q2, ticket 1042", "Open ticket 1042", copied
    )
    assert words_of(receipt("SNP-7K3F-Q2"), "") == words_of(receipt("SNP-7K3F-Q2"), "desk") == expected


def test_a_desk_of_another_name_is_named() -> None:
    words = words_of(receipt("SNP-7K3F-Q2"), "second desk")
    assert (words.quote, words.beside) == ("SNP-7K3F-Q2", "Ticket 1042 at second desk")
    assert words.clipboard.splitlines()[1] == "Ticket 1042 at second desk"


def test_elsewhere_the_ticket_is_what_is_quoted_and_the_tag_what_is_searched_for() -> None:
    words = words_of(receipt(TAG, "12", "https://rt.example/12"), "our RT")
    assert words == ReceiptWords(
        "Ticket 12",
        f"Support finds it at our RT by searching for {TAG}, too.",
        f"ticket 12 at our RT ({TAG})",
        "Open ticket 12",
        f"Ticket 12 at our RT\nhttps://rt.example/12\nSearch for {TAG}",
    )


def test_without_a_ticket_number_the_tag_is_all_there_is() -> None:
    for ticket in ("", TAG):
        words = words_of(receipt(TAG, ticket, ""), "shake")
        assert (words.quote, words.link) == (TAG, "Open it")
        assert "No ticket number is known" in words.beside
        assert words.clipboard == f"Search at shake for {TAG}"
