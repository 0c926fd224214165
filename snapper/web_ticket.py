"""The steps for sending a saved report by a web ticket of IBKR's Message Center, as text. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from snapper.language import _, together
from snapper.present import next_step
from snapper.state import RULES, Entry, State
from snapper.words import cells, lines_of, size_text

# What a ticket takes, by the guide to the Message Center (ibkrguides.com): two files, 25 MB in all.
TICKET_FILES = 2
TICKET_BYTES = 25_000_000

_WIDTH = 78
_ATTACH_ONE = _("Attach {file}: {size} in all.")
_ATTACH_TWO = _("Attach {file} and {other}: {size} in all.")
_ATTACH_WHOLE = _("Attach {file}; everything is in it. (A ticket takes {count} files and {limit} in all.)")
_ATTACH_SMALL = _(
    "{file} is too large: a ticket takes {count} files and {limit} in all. "
    "Attach {small}, and ask in the ticket how to hand over the rest."
)
_ATTACH_NOTHING = _(
    "{file} is too large: a ticket takes {count} files and {limit} in all. "
    "Ask in the ticket how to hand over the rest."
)
_OTHER_WAY = _(
    "If this network blocks the web page too, copy the files to another computer, or use another network, "
    "such as that of a mobile telephone."
)
_URGENT = _(
    "For anything urgent, telephone while the problem is on the screen: nobody watches uploads. Passwords, "
    "logins and security devices are helped with by telephone only; do not write them into a ticket."
)
_IN_DOUBT = _(
    "Menus change: what is meant is a new ticket (an inquiry) in the Message Center, with files attached."
)


def steps_text(entry: Entry, attached: Mapping[str, int], flaws: Sequence[str] = ()) -> str:
    """How to send a report by hand; `attached` are the files beside these steps, with their sizes in bytes,
    `flaws` are sentences about what of the report could not be saved."""
    for_it = entry.delivery.obstacle.for_it
    begin, end = _("paste from here"), _("to here")
    for_them = _("For your IT department, if it is to open the way:")
    parts = [
        _("HOW TO SEND THIS REPORT BY HAND"),
        _wrapped(_how_it_stands(entry)),
        "\n".join([_("The files:"), *(f"  {name}  ({size_text(size)})" for name, size in attached.items())]),
        _wrapped(together(flaws)),
        "\n".join(_numbered(_steps(entry, attached))),
        _wrapped(_IN_DOUBT),
        f"----- {begin} -----\n{_to_paste(entry)}\n----- {end} -----",
        _wrapped(_OTHER_WAY),
        _wrapped(_URGENT),
        f"{for_them}\n\n{for_it}" if for_it else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _how_it_stands(entry: Entry) -> str:
    receipt = entry.delivery.receipt
    if entry.state is State.DELIVERED and receipt:
        return _(
            "The ticket system has this report already: receipt {code}, ticket {ticket}. "
            "Send it by hand only if support asks for it."
        ).format(code=receipt.code, ticket=receipt.ticket)
    if entry.state is State.HELD:
        said = _("snapper held this report back: {reason} Look through it before you send it.")
        return said.format(reason=entry.delivery.sentence)
    if entry.state is State.DAMAGED:
        # Translators: {reason} is a whole sentence.
        said = _("snapper cannot send this report itself: {reason}")
        return said.format(reason=entry.delivery.sentence)
    harmless = _(
        "If it arrives after you have sent it by hand, that does no harm: both have the same report id."
    )
    # Translators: {state} is “waiting to be sent”.
    stands = _("How it stands: {state}.").format(state=RULES[entry.state].words)
    return together((stands, entry.delivery.sentence, next_step(entry), harmless))


def _steps(entry: Entry, attached: Mapping[str, int]) -> list[str]:
    ticket = entry.report.ticket
    add = _(
        "Open ticket {ticket}, if it is one of the Message Center, and add to it; else Compose > New Ticket."
    )
    new = _("Choose Compose > New Ticket. If an assistant asks first, describe the issue in a few words.")
    return [
        _("In a web browser, sign in to the Client Portal (Advisor Portal, if you are an advisor)."),
        _(
            "Open Help > Support Center > Message Center. "
            "Some versions show the Message Center as an envelope."
        ),
        add.format(ticket=ticket) if ticket else new,
        _(
            "Paste the text below as the description. "
            "Add your TWS user name: support finds your session by it."
        ),
        _attaching(attached),
        _("Submit the ticket, and write down its number: quote it when you talk to support."),
    ]


def _attaching(attached: Mapping[str, int]) -> str:
    names, size = list(attached), sum(attached.values())
    if size <= TICKET_BYTES and len(names) <= TICKET_FILES:
        said = (_ATTACH_ONE, _ATTACH_TWO)[len(names) - 1]
        return said.format(file=names[0], other=names[-1], size=size_text(size))
    small = [name for name in names[1:] if attached[name] <= TICKET_BYTES]
    whole = attached[names[0]] <= TICKET_BYTES
    said = _ATTACH_WHOLE if whole else _ATTACH_SMALL if small else _ATTACH_NOTHING
    return said.format(
        file=names[0], small=small[0] if small else "", count=TICKET_FILES, limit=size_text(TICKET_BYTES)
    )


def _to_paste(entry: Entry) -> str:
    """What support reads: in English."""
    report = entry.report
    facts = [
        f"Report id  {entry.id}",
        "" if entry.state is State.DAMAGED else f"Written    {report.created_at} (UTC)",
        f"Ticket     {report.ticket}" if report.ticket else "",
        f"Account    {report.account}" if report.account else "",
    ]
    looks = [f"Looks like {finding.title} ({finding.where})" for finding in report.findings]
    return "\n".join([*filter(None, facts), *looks, "", report.note or "(no note)"])


def _numbered(steps: Sequence[str]) -> list[str]:
    return [
        f"{number}. " + "\n   ".join(_lines(step, _WIDTH - 3)) for number, step in enumerate(steps, start=1)
    ]


def _wrapped(text: str) -> str:
    return "\n".join(_lines(text, _WIDTH)) if text else ""


def _lines(text: str, width: int) -> list[str]:
    """A text in lines; names of files stay in one piece, however long."""
    if cells(text) > len(text):  # Chinese may end a line without a blank
        return lines_of(text, width)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
