"""What a look at an existing ticket showed, in words for the person who typed its number.

A look only helps: the ticket is looked at once more when the report is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from snapper.delivery.causes import Cause
from snapper.delivery.endpoints import Ticket
from snapper.errors import Refused, SnapperError
from snapper.language import _

TITLE_CHARS = 200

_REMEDY = _("Give another ticket, or clear the field for a new one.")
_SAYS = {  # where a few words of ours do; else the ticket system's reason is shown
    str(Cause.TICKET_MISSING): (
        _("There is no ticket {number} at {destination}."),
        _("Check the number and whether you may see that ticket, or clear the field for a new one."),
    ),
    str(Cause.TICKET_CLOSED): (_("Ticket {number} of {destination} is closed."), _REMEDY),
}


@dataclass(frozen=True)
class TicketLook:
    """What was found of the ticket `number` of a `destination`: a sentence, and what to do instead where
    nothing can be added to it (“” where it can, or where that is not known); `quoted` is its number as people
    there say it, if that is another one than was asked for."""

    destination: str
    number: str
    sentence: str
    remedy: str = ""
    quoted: str = ""


def look_at(ticket: Callable[[str, str], Ticket], destination: str, number: str) -> TicketLook:
    """Look at a ticket; `ticket` asks the destination of that name, and may raise any SnapperError."""
    try:
        found = ticket(destination, number)
        quoted = found.number if found.number != number else ""
        return TicketLook(destination, number, _is_there(found), quoted=quoted)
    except Refused as refusal:
        return _refused(refusal, destination, number)
    except SnapperError as error:
        return unknown(destination, number, error.sentence)


def unknown(destination: str, number: str, why: str) -> TicketLook:
    """A ticket that could not be looked at, and why."""
    said = _("Ticket {number} could not be looked up: {why} It is looked up again when the report is sent.")
    return TicketLook(destination, number, said.format(number=number, why=why))


def _is_there(ticket: Ticket) -> str:
    title = plain_title(ticket.title)
    if not title:
        return _("Ticket {number} is there.").format(number=ticket.number)
    # Translators: a ticket's number and its title
    return _("Ticket {number}: {title}").format(number=ticket.number, title=title)


def _refused(refusal: Refused, destination: str, number: str) -> TicketLook:
    sentence, remedy = _SAYS.get(refusal.obstacle.cause, ("", _REMEDY))
    said = sentence.format(number=number, destination=destination) or refusal.sentence
    return TicketLook(destination, number, said, remedy)


def plain_title(title: str) -> str:
    """A title that others wrote, on one line and without characters that turn or hide what follows."""
    line = re.sub(r"\s", " ", title[: 4 * TITLE_CHARS])
    shown = " ".join("".join(character for character in line if character.isprintable()).split())
    return shown if len(shown) <= TITLE_CHARS else f"{shown[: TITLE_CHARS - 1]}…"
