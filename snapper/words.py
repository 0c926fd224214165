"""Sizes, times and states as people read them. Pure: no toolkit, no clock but the one passed in."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable
from datetime import datetime

from snapper import language
from snapper.language import Sentence, _, plural, time_of_day
from snapper.report import Attachment, LogKind, Report
from snapper.state import RULES, State

NOT_WATCHED = _(
    "Support does not watch uploads. For anything urgent, telephone while the problem is on the screen "
    "and quote the receipt number."
)
# Translators: said of a log file.
SEALED = _("encrypted by TWS, only IBKR can read it")
_UNITS = (_("{size} kB"), _("{size} MB"), _("{size} GB"), _("{size} TB"))


def cells(text: str) -> int:
    """How many columns of a terminal a text takes: Chinese characters take two (Unicode, annex 11)."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def padded(text: str, width: int) -> str:
    """A text with as many blanks behind it as a column of this width needs."""
    return text + " " * (width - cells(text))


def lines_of(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` columns; between two Chinese characters a line may end, too."""
    if cells(text) == len(text):
        return textwrap.wrap(text, width, break_on_hyphens=False) or [""]
    lines = [""]
    for piece in _PIECES.findall(text):
        if lines[-1] and cells(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines]


# One Chinese character with the marks that must not stand at the end or the beginning of a line; or a word.
_WIDE = "\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6"
_CLOSING = "、。，；：？！）》」』】”’"
_PIECES = re.compile(f"[（《「『【“‘]*[{_WIDE}][{_CLOSING}]*\\s*|[^\\s{_WIDE}]+[{_CLOSING}]*\\s*|\\s+")


def number_text(value: float, digits: int = 0) -> Sentence:
    """A number as it is written here, and as support reads it."""
    return Sentence(language.number(value, digits), f"{value:,.{digits}f}")


def size_text(size: int) -> Sentence:
    """A size in decimal units (1 kB is 1000 bytes): `12.3 MB`."""
    if size < 1000:
        return plural("{count} byte", "{count} bytes", size).format(count=size)
    value = size / 1000
    for unit in _UNITS[:-1]:
        if round(value, 1) < 1000:
            return unit.format(size=number_text(value, 1))
        value /= 1000
    return _UNITS[-1].format(size=number_text(value, 1))


def files_text(sizes: Iterable[int]) -> Sentence:
    """How many files and how large in all: `3 files, 12.3 MB`."""
    each = list(sizes)
    text = plural("{count} file, {size}", "{count} files, {size}", len(each))
    return text.format(count=number_text(len(each)), size=size_text(sum(each)))


def duration_text(seconds: int) -> Sentence:
    """A length of time in the largest unit that fits: `15 minutes`, `1 hour`."""
    if seconds >= 3600 and seconds % 3600 == 0:
        hours = seconds // 3600
        return plural("{count} hour", "{count} hours", hours).format(count=number_text(hours))
    if seconds >= 60 and seconds % 60 == 0:
        minutes = seconds // 60
        return plural("{count} minute", "{count} minutes", minutes).format(count=number_text(minutes))
    return plural("{count} second", "{count} seconds", seconds).format(count=number_text(seconds))


def moment_text(moment: datetime, now: datetime) -> Sentence:
    """A time on the clock of this computer: `14:05` today, `2026-08-31 14:05` on another day."""
    here, today = moment.astimezone(), now.astimezone()
    if here.date() == today.date():
        return Sentence(time_of_day(here), f"{here:%H:%M}")
    return day_and_time(here)


def day_and_time(moment: datetime) -> Sentence:
    """A day and a time of the zone that they are in: `2026-08-31 14:05`."""
    return Sentence(language.moment(moment), f"{moment:%Y-%m-%d %H:%M}")


def state_text(state: State) -> Sentence:
    """A state of the outbox in words."""
    return RULES[state].title


def contents_lines(report: Report) -> list[tuple[str, str]]:
    """Name and size of everything in a report; logs inside an archive are indented below it."""
    lines: list[tuple[str, str]] = []
    if report.note:
        characters = plural("{count} character", "{count} characters", len(report.note))
        lines.append((_("Your note"), characters.format(count=number_text(len(report.note)))))
    for attachment in report.attachments:
        lines.append((attachment.name, size_text(attachment.size)))
        lines += _inside(attachment)
    return lines


def _inside(attachment: Attachment) -> list[tuple[str, str]]:
    sealed = _("{log}, encrypted by TWS")
    return [
        (
            f"    {sealed.format(log=log.name) if log.kind is LogKind.SEALED else log.name}",
            size_text(log.size),
        )
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
    return next((line.strip() for line in note.splitlines() if line.strip()), _("(no note)"))
