"""A receipt in words, for the windows and the clipboard: by what support finds the report. Pure.

A desk gives a receipt code for the telephone. Other ticket systems know only their ticket; there the report's
tag is what a search finds.
"""

from __future__ import annotations

from typing import NamedTuple

from snapper.destinations import DESK
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
    at = "" if destination in ("", DESK) else f" at {destination}"
    where, link = f"icket {ticket}{at}", f"Open ticket {ticket}"
    if code != tag_of(receipt.report_id):
        copied = _lines(f"Receipt {code}", f"T{where}", url)
        return ReceiptWords(code, f"T{where}", f"{code}, t{where}", link, copied)
    if ticket in ("", code):
        beside = f"No ticket number is known: support finds the report by searching{at} for this."
        return ReceiptWords(code, beside, f"{code}{at}", "Open it", _lines(f"Search{at} for {code}", url))
    beside = f"Support finds it{at} by searching for {code}, too."
    copied = _lines(f"T{where}", url, f"Search for {code}")
    return ReceiptWords(f"Ticket {ticket}", beside, f"t{where} ({code})", link, copied)


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))
