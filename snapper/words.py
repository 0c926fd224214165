"""Sizes, times and states as people read them. Pure: no toolkit, no clock but the one passed in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from snapper.report import Attachment, LogKind, Report
from snapper.state import RULES, State

NOT_WATCHED = (
    "Support does not watch uploads. For anything urgent, telephone while the problem is on the screen "
    "and quote the receipt number."
)
SEALED = "encrypted by TWS, only IBKR can read it"


def size_text(size: int) -> str:
    """A size in decimal units (1 kB is 1000 bytes): `12.3 MB`."""
    if size < 1000:
        return "1 byte" if size == 1 else f"{size} bytes"
    value = size / 1000
    for unit in ("kB", "MB", "GB"):
        if round(value, 1) < 1000:
            return f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def files_text(sizes: Iterable[int]) -> str:
    """How many files and how large in all: `3 files, 12.3 MB`."""
    each = list(sizes)
    return f"{len(each)} {'file' if len(each) == 1 else 'files'}, {size_text(sum(each))}"


def duration_text(seconds: int) -> str:
    """A length of time in the largest unit that fits: `15 minutes`, `1 hour`."""
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def moment_text(moment: datetime, now: datetime) -> str:
    """A time on the clock of this computer: `14:05` today, `2026-08-31 14:05` on another day."""
    here, today = moment.astimezone(), now.astimezone()
    return f"{here:%H:%M}" if here.date() == today.date() else f"{here:%Y-%m-%d %H:%M}"


def state_text(state: State) -> str:
    """A state of the outbox in words."""
    words = RULES[state].words
    return words[0].upper() + words[1:]


def contents_lines(report: Report) -> list[tuple[str, str]]:
    """Name and size of everything in a report; logs inside an archive are indented below it."""
    lines = [("Your note", f"{len(report.note)} characters")] if report.note else []
    for attachment in report.attachments:
        lines.append((attachment.name, size_text(attachment.size)))
        lines += _inside(attachment)
    return lines


def _inside(attachment: Attachment) -> list[tuple[str, str]]:
    return [
        (f"    {log.name}{', encrypted by TWS' if log.kind is LogKind.SEALED else ''}", size_text(log.size))
        for log in attachment.contains
    ]


def note_text(raw: str) -> str:
    """A note as typed, from the editor's raw text: its line and paragraph marks become newlines.

    No-break spaces stay (the editor's own plain text would lose them); half a character becomes U+FFFD,
    because no file can hold it.
    """
    text = re.sub("[\u2028\u2029]", "\n", raw)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def first_line(note: str) -> str:
    """The first line of a note that says something, or `(no note)`."""
    return next((line.strip() for line in note.splitlines() if line.strip()), "(no note)")
