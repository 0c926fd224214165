"""The steps for sending a saved report by a web ticket of IBKR's Message Center, as text. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from snapper.present import next_step
from snapper.state import RULES, Entry, State
from snapper.words import size_text

# What a ticket takes, by the guide to the Message Center (ibkrguides.com): two files, 25 MB in all.
TICKET_FILES = 2
TICKET_BYTES = 25_000_000

_WIDTH = 78
_OTHER_WAY = (
    "If this network blocks the web page too, copy the files to another computer, or use another network, "
    "such as that of a mobile telephone."
)
_URGENT = (
    "For anything urgent, telephone while the problem is on the screen: nobody watches uploads. Passwords, "
    "logins and security devices are helped with by telephone only; do not write them into a ticket."
)
_IN_DOUBT = (
    "Menus change: what is meant is a new ticket (an inquiry) in the Message Center, with files attached."
)


def steps_text(entry: Entry, attached: Mapping[str, int], flaws: Sequence[str] = ()) -> str:
    """How to send a report by hand; `attached` are the files beside these steps, with their sizes in bytes,
    `flaws` are sentences about what of the report could not be saved."""
    for_it = entry.delivery.obstacle.for_it
    parts = [
        "HOW TO SEND THIS REPORT BY HAND",
        _wrapped(_how_it_stands(entry)),
        "The files:\n" + "\n".join(f"  {name}  ({size_text(size)})" for name, size in attached.items()),
        _wrapped(" ".join(flaws)),
        "\n".join(_numbered(_steps(entry, attached))),
        _wrapped(_IN_DOUBT),
        f"----- paste from here -----\n{_to_paste(entry)}\n----- to here -----",
        _wrapped(_OTHER_WAY),
        _wrapped(_URGENT),
        f"For your IT department, if it is to open the way:\n\n{for_it}" if for_it else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _how_it_stands(entry: Entry) -> str:
    receipt = entry.delivery.receipt
    if entry.state is State.DELIVERED and receipt:
        return (
            f"The ticket system has this report already: receipt {receipt.code}, ticket {receipt.ticket}. "
            "Send it by hand only if support asks for it."
        )
    if entry.state is State.HELD:
        return f"snapper held this report back: {entry.delivery.sentence} Look through it before you send it."
    if entry.state is State.DAMAGED:
        return f"snapper cannot send this report itself: {entry.delivery.sentence}"
    return (
        f"How it stands: {RULES[entry.state].words}. {entry.delivery.sentence} {next_step(entry)} "
        "If it arrives after you have sent it by hand, that does no harm: both have the same report id."
    )


def _steps(entry: Entry, attached: Mapping[str, int]) -> list[str]:
    ticket = entry.report.ticket
    return [
        "In a web browser, sign in to the Client Portal (Advisor Portal, if you are an advisor).",
        "Open Help > Support Center > Message Center. Some versions show the Message Center as an envelope.",
        f"Open ticket {ticket}, if it is one of the Message Center, and add to it; else Compose > New Ticket."
        if ticket
        else "Choose Compose > New Ticket. If an assistant asks first, describe the issue in a few words.",
        "Paste the text below as the description. Add your TWS user name: support finds your session by it.",
        _attaching(attached),
        "Submit the ticket, and write down its number: quote it when you talk to support.",
    ]


def _attaching(attached: Mapping[str, int]) -> str:
    names, size = list(attached), sum(attached.values())
    if size <= TICKET_BYTES and len(names) <= TICKET_FILES:
        return f"Attach {' and '.join(names)}: {size_text(size)} in all."
    limit = f"a ticket takes {TICKET_FILES} files and {size_text(TICKET_BYTES)} in all"
    if attached[names[0]] <= TICKET_BYTES:
        return f"Attach {names[0]}; everything is in it. ({limit[0].upper()}{limit[1:]}.)"
    small = [name for name in names[1:] if attached[name] <= TICKET_BYTES][:1]
    return (
        f"{names[0]} is too large: {limit}. "
        + (f"Attach {small[0]}, and ask" if small else "Ask")
        + " in the ticket how to hand over the rest."
    )


def _to_paste(entry: Entry) -> str:
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
        textwrap.fill(
            step, _WIDTH, initial_indent=f"{number}. ", subsequent_indent="   ", break_long_words=False
        )
        for number, step in enumerate(steps, start=1)
    ]


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
