"""The times of the lines of one log, found by jumping about in it: constant memory, whatever its size.

TWS writes `2026-08-31 22:21:58.473 …`, older versions and the API `06:17:03:611 …` with no day; a line with
no time continues the one before. The clock may jump: on the night on which summer time ends, when another
zone is set, at midnight where lines have no day. So a log is a row of runs, in each of which time only
rises, but for the moment by which threads overtake one another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import BinaryIO, NamedTuple

OVERTAKING_SECONDS = 2.0  # by which a line may be older than the one before without a jump of the clock

_CLOCK = rb"(\d\d):(\d\d):(\d\d)[.,:](\d{3})"
_DATED = re.compile(rb"\n(20\d\d)-(\d\d)-(\d\d)[ T]" + _CLOCK)
_UNDATED = re.compile(rb"\n()()()" + _CLOCK)
_EITHER = re.compile(rb"\n(?:(20\d\d)-(\d\d)-(\d\d)[ T])?" + _CLOCK)
_STAMP_CHARS = 32  # a time and its line's end fit in
_FIRST_BLOCK, _LARGEST_BLOCK = 1 << 12, 1 << 20  # characters read at once: a line's length, and what is quick
_SAMPLES = 256
_SAMPLE_CHARS = 1 << 14  # in which a log of dated lines shows one
_NEW_DAY_SECONDS = 7200.0  # summer time moves a clock back by less, midnight by more
_DAY_SECONDS = 86_400.0
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class Stamp(NamedTuple):
    """The time of a line: where the line begins, its day (None: not said) and the seconds since midnight."""

    offset: int
    day: date | None
    seconds: float

    def order(self) -> float:
        """What rises from line to line, in seconds."""
        return (self.day.toordinal() * _DAY_SECONDS if self.day else 0.0) + self.seconds

    def wall(self, day: date) -> datetime:
        """The time on the clock of the log; `day` is for lines that do not say theirs."""
        said = self.day or day
        return datetime(said.year, said.month, said.day) + timedelta(seconds=self.seconds)


class Run(NamedTuple):
    """Lines whose time only rises: from `first` to the offset `end`; `day` is that of lines without one."""

    first: Stamp
    end: int
    day: date


@dataclass(frozen=True)
class _Text:
    """A log as single-byte characters: of UTF-16 one byte in two, which holds all that a time is made of."""

    file: BinaryIO
    size: int  # in characters
    width: int = 1
    low: int = 0  # which byte of a character
    mark: int = 0  # characters of the byte order mark

    def read(self, start: int, count: int) -> bytes:
        """Characters from an offset; what is before the first line counts as the end of one."""
        if start < self.mark:
            before = self.mark - start
            return b"\n" * before + self.read(self.mark, max(0, count - before))
        self.file.seek(start * self.width)
        return self.file.read(count * self.width)[self.low :: self.width]

    def stamps(self, pattern: re.Pattern[bytes], start: int, end: int) -> Iterator[Stamp]:
        """The times of the lines that begin from `start` on and before `end`, in their order."""
        at, block = start - 1, _FIRST_BLOCK
        while at < end - 1:
            count = min(block, end - 1 - at)
            text = self.read(at, count + _STAMP_CHARS)
            for found in pattern.finditer(text):
                if found.start() >= count:
                    break
                if stamp := _stamp(found, at):
                    yield stamp
            at, block = at + count, min(4 * block, _LARGEST_BLOCK)

    def first(self, pattern: re.Pattern[bytes], start: int, end: int) -> Stamp | None:
        return next(self.stamps(pattern, start, end), None)


class LogClock:
    """The lines of an open log up to a size in bytes, by time.

    `written` is what the log's clock showed when the log was last changed: it tells the day of lines that do
    not say theirs.
    """

    def __init__(self, file: BinaryIO, size: int, written: datetime) -> None:
        self._text = _text(file, size)
        self.runs = tuple(_runs(self._text, written))

    def last(self) -> datetime | None:
        """What the clock showed at the last line that has a time; None when none has."""
        if not self.runs:
            return None
        run = self.runs[-1]
        return _last(self._text, run.first, run.end).wall(run.day)

    def span(
        self, early: Callable[[datetime], bool], late: Callable[[datetime], bool]
    ) -> tuple[int, int] | None:
        """The bytes from the first line that is not too `early` to the last that is not too `late`, with what
        continues it, over all runs; None when no line is neither."""
        spans = [span for run in self.runs if (span := self._span_in(run, early, late))]
        if not spans:
            return None
        width, start, end = self._text.width, min(a for a, _ in spans), max(b for _, b in spans)
        if start <= self.runs[0].first.offset:
            start = 0  # with what stands above the first line that has a time
        return start * width, end * width

    def last_line_end(self, end: int) -> int:
        """Where the last complete line before `end` ends (bytes); `end` itself where there is none."""
        text, at = self._text, end // self._text.width
        start = max(0, at - _LARGEST_BLOCK)
        found = text.read(start, at - start).rfind(b"\n")
        return end if found < 0 else (start + found + 1) * text.width

    def _span_in(
        self, run: Run, early: Callable[[datetime], bool], late: Callable[[datetime], bool]
    ) -> tuple[int, int] | None:
        start = self._first_where(run, lambda stamp: not early(stamp.wall(run.day)))
        if start is None:
            return None
        after = self._first_where(run, lambda stamp: late(stamp.wall(run.day)))
        end = run.end if after is None else after.offset
        return (start.offset, end) if start.offset < end else None

    def _first_where(self, run: Run, true: Callable[[Stamp], bool]) -> Stamp | None:
        """The first line of a run for which it is true, if it is true for all that follow: by halving."""
        pattern = _DATED if run.first.day else _UNDATED
        low, high, best = run.first.offset, run.end, None
        while high - low > _FIRST_BLOCK:
            middle = (low + high) // 2
            stamp = self._text.first(pattern, middle, high)
            if stamp is None or true(stamp):
                high, best = middle, stamp or best
            else:
                low = stamp.offset + 1
        return next(filter(true, self._text.stamps(pattern, low, high)), best)


def _text(file: BinaryIO, size: int) -> _Text:
    """Find out how a log is written from its first bytes; only UTF-16 needs to be told from the rest."""
    file.seek(0)
    head = file.read(512)
    mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
    halves = [head[low::2].count(0) for low in (0, 1)]
    if len(mark) == 2 or max(halves) * 4 > len(head):
        low = 1 if mark == b"\xfe\xff" or (not mark and halves[0] > halves[1]) else 0
        return _Text(file, size // 2, 2, low, len(mark) // 2)
    return _Text(file, size, mark=len(mark))


def _runs(text: _Text, written: datetime) -> list[Run]:
    """All runs, in the order of the file; their days are found from the end on, which was written last."""
    runs: list[Run] = []
    end = text.size
    for first in reversed(list(_firsts(text, list(_samples(text))))):
        day = first.day
        if day is None:
            day = _day_before(written, _last(text, first, end).seconds)
            written = first.wall(day)
        runs.append(Run(first, end, day))
        end = first.offset
    return runs[::-1]


def _day_before(written: datetime, seconds: float) -> date:
    """The day of a line that is no younger than `written`, but for what summer time takes back."""
    of_written = (written - datetime(written.year, written.month, written.day)).total_seconds()
    late = seconds > of_written + _NEW_DAY_SECONDS
    return (written - timedelta(days=1)).date() if late and written.date() > date.min else written.date()


def _last(text: _Text, first: Stamp, end: int) -> Stamp:
    """The last line of a run, looked for from the run's end."""
    pattern, back = _DATED if first.day else _UNDATED, _FIRST_BLOCK
    while back <= _LARGEST_BLOCK:
        if stamps := list(text.stamps(pattern, max(first.offset, end - back), end)):
            return stamps[-1]
        back *= 4
    return first


def _samples(text: _Text) -> Iterator[Stamp]:
    """Times from all over the log, each of another line."""
    step = max(_FIRST_BLOCK, text.size // _SAMPLES)
    last = -1
    for start in range(0, text.size, step):
        dated = text.first(_DATED, start, min(start + _SAMPLE_CHARS, text.size))
        found = dated or text.first(_UNDATED, start, min(start + step, text.size))
        if found and found.offset > last:
            last = found.offset
            yield found


def _firsts(text: _Text, samples: list[Stamp]) -> Iterator[Stamp]:
    """The first line of every run."""
    if not samples:
        return
    yield samples[0]
    for one, next_one in pairwise(samples):
        if (one.day is None) != (next_one.day is None):
            yield _change(text, one, next_one)
        elif _jumps(one, next_one):
            yield _jump(text, one, next_one)


def _change(text: _Text, one: Stamp, other: Stamp) -> Stamp:
    """The first line of the other kind, with a day or without."""
    if other.day:
        return text.first(_DATED, one.offset + 1, other.offset + 1) or other
    first: Stamp | None = None
    for stamp in text.stamps(_EITHER, one.offset + 1, other.offset + 1):
        first = None if stamp.day else first or stamp
    return first or other


def _jump(text: _Text, low: Stamp, high: Stamp) -> Stamp:
    """The first line after the clock jumped back between two lines."""
    pattern = _DATED if low.day else _UNDATED
    while high.offset - low.offset > _FIRST_BLOCK:
        middle = text.first(pattern, (low.offset + high.offset) // 2, high.offset)
        if middle is None:
            break
        low, high = (low, middle) if _jumps(low, middle) else (middle, high)
    before = low
    for stamp in text.stamps(pattern, low.offset + 1, high.offset):
        if _jumps(before, stamp):
            return stamp
        before = stamp
    return high


def _jumps(one: Stamp, other: Stamp) -> bool:
    return other.order() < one.order() - OVERTAKING_SECONDS


def _stamp(found: re.Match[bytes], base: int) -> Stamp | None:
    """The time that was matched; None when there is no such day or time."""
    year, month, day, hours, minutes, seconds, thousandths = (int(part or 0) for part in found.groups())
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    try:
        said = date(year, month, day) if year else None
    except ValueError:
        return None
    clock = hours * 3600 + minutes * 60 + seconds + thousandths / 1000
    return Stamp(base + found.start() + 1, said, clock)
