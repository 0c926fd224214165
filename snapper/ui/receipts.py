"""A receipt in words, for the windows and the clipboard: by what support finds the report. Pure.

A desk gives a receipt code for the telephone. Other ticket systems know only their ticket; there the report's
tag is what a search finds.
"""

from __future__ import annotations

from typing import NamedTuple

from snapper.destinations import DESK
from snapper.language import Sentence, _, in_english
from snapper.report import Receipt


class ReceiptWords(NamedTuple):
    """What to quote, large; what goes with it; both in short, on one line; what the link is called; and all
    of it for the clipboard."""

    quote: str
    beside: str
    short: str
    link: str
    clipboard: str


def words_of(receipt: Receipt, destination: str) -> ReceiptWords:
    """The words for a receipt of a destination, as the settings call it (“”: the desk)."""
    from snapper.delivery.letter import tag_of  # takes a megabyte, which a listener that waits does not need

    code, ticket, url = receipt.code, receipt.ticket, receipt.url
    said = _AT_THE_DESK if destination in ("", DESK) else _ELSEWHERE
    facts = {"code": code, "ticket": ticket, "destination": destination}
    where, link = said.ticket.format(**facts), _("Open ticket {ticket}").format(ticket=ticket)
    if code != tag_of(receipt.report_id):
        copied = _lines(f"Receipt {code}", where, url)
        return ReceiptWords(code, where, said.both.format(**facts), link, copied)
    search = said.search.format(**facts)
    if ticket in ("", code):
        return ReceiptWords(
            code,
            said.unnumbered.format(**facts),
            said.code.format(**facts),
            _("Open it"),
            _lines(search, url),
        )
    quote = _AT_THE_DESK.ticket.format(**facts)
    copied = _lines(where, url, _AT_THE_DESK.search.format(**facts))
    return ReceiptWords(quote, said.numbered.format(**facts), said.tagged.format(**facts), link, copied)


def _lines(*lines: str) -> str:
    """Lines for the clipboard: in English, as they are for support."""
    return "\n".join(filter(None, map(in_english, lines)))


class _Said(NamedTuple):
    """The sentences for one kind of place."""

    ticket: Sentence
    both: Sentence  # the code and the ticket, on one line
    tagged: Sentence  # the ticket, and the tag that a search finds
    code: str
    numbered: Sentence
    unnumbered: Sentence
    search: Sentence


_AT_THE_DESK = _Said(
    _("Ticket {ticket}"),
    _("{code}, ticket {ticket}"),
    # Translators: follows the state of a report: “Delivered: ticket 1042 (snapper-7K3FQ2)”.
    _("ticket {ticket} ({code})"),
    "{code}",
    _("Support finds it by searching for {code}, too."),
    _("No ticket number is known: support finds the report by searching for this."),
    _("Search for {code}"),
)
_ELSEWHERE = _Said(
    _("Ticket {ticket} at {destination}"),
    _("{code}, ticket {ticket} at {destination}"),
    _("ticket {ticket} at {destination} ({code})"),
    _("{code} at {destination}"),
    _("Support finds it at {destination} by searching for {code}, too."),
    _("No ticket number is known: support finds the report by searching at {destination} for this."),
    _("Search at {destination} for {code}"),
)
