"""What stands before each fact that a terminal shows of a report, in one column, and a receipt so. Pure."""

from __future__ import annotations

import re

from snapper.language import Sentence, _
from snapper.report import Receipt
from snapper.words import cells, padded

_TAG = re.compile("snp[0-9a-f]{12}")  # the receipt of every system but the desk, which has codes of its own
# By what they are in English.
LABELS = {
    # Translators: before a fact about a report, in a terminal: its id.
    "report": _("report"),
    # Translators: before a fact about a report, in a terminal: when it was made.
    "created": _("created"),
    # Translators: before a fact about a report, in a terminal: where it goes.
    "to": _("to"),
    # Translators: before a fact about a report, in a terminal: the ticket's number.
    "ticket": _("ticket"),
    # Translators: before a fact about a report, in a terminal: how it stands.
    "state": _("state"),
    # Translators: before a fact about a report, in a terminal: what happens next with it.
    "next": _("next"),
    # Translators: before a fact about a report, in a terminal: where the text for the IT department is.
    "for IT": _("for IT"),
    # Translators: before a fact about a report, in a terminal: the receipt's number.
    "receipt": _("receipt"),
    # Translators: before a fact about a report, in a terminal: the web address of its ticket.
    "address": _("address"),
    # Translators: above a list: the files that the ticket system stored.
    "stored": _("stored"),
    # Translators: before a fact about a report, in a terminal: how often it was tried.
    "attempts": _("attempts"),
    # Translators: before a fact about a report, in a terminal: the account that the sender named.
    "account": _("account"),
    # Translators: before a fact about a report, in a terminal: what is missing or unusual in it.
    "remark": _("remark"),
    # Translators: before a fact about a report, in a terminal: a known problem that it looks like.
    "looks": _("looks"),
    # Translators: before a fact about a report, in a terminal: how many private values were replaced.
    "replaced": _("replaced"),
    # Translators: before a fact about a report, in a terminal: private values that are sent as they are.
    "as it is": _("as it is"),
    # Translators: before a fact about a report, in a terminal: a file in it.
    "file": _("file"),
    # Translators: before a fact about a report, in a terminal: a fact about this computer.
    "machine": _("machine"),
    # Translators: above the note of a report.
    "note": _("note"),
}
_CELLS = max(map(cells, LABELS.values()))


def row(label: str, text: object) -> str:
    """A fact behind its label: `ticket   1042`."""
    return f"{padded(LABELS[label], _CELLS)} {text}"


def receipt_lines(receipt: Receipt, where: str) -> list[str]:
    """What support finds a report by; `where` is what the destination is called, if it is said."""
    found = _("(the search of the ticket system finds it)")
    ticket: str = receipt.ticket
    if where:
        # Translators: {system} is what the settings call a ticket system.
        found = _("(the search of {system} finds it)").format(system=where)
        # Translators: a ticket's number; {system} is what the settings call a ticket system.
        ticket = _("{ticket} of {system}").format(ticket=receipt.ticket, system=where)
    lines = [row("receipt", f"{receipt.code}  {found}" if _TAG.fullmatch(receipt.code) else receipt.code)]
    lines += [row("ticket", ticket)] if receipt.ticket else []
    return [*lines, row("address", receipt.url)] if receipt.url else lines


def receipt_in_full(receipt: Receipt) -> list[str]:
    """A receipt in one line."""
    ticket = f"  {ticket_text(receipt.ticket)}" if receipt.ticket else ""
    return [row("receipt", f"{receipt.code}{ticket}  {receipt.url}").rstrip()]


def ticket_text(number: str) -> Sentence:
    """A ticket by its number: `ticket 1042`."""
    # Translators: the ticket of this number.
    return _("ticket {number}").format(number=number)
