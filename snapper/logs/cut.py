"""Logs cut to a window of time: of a plain log the lines of that time, a sealed one whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from typing import BinaryIO

from snapper.language import _, together
from snapper.logs.clocks import OVERTAKING_SECONDS, LogClock
from snapper.logs.found import LogFile, TodaysLogs
from snapper.logs.names import is_crash, opened_at
from snapper.logs.sharing import open_log
from snapper.logs.window import TimeWindow
from snapper.logs.zones import unix_times, wall_clock, zone
from snapper.report import LogKind

ZoneOf = Callable[[LogFile], tzinfo | None]
Zones = Sequence[tzinfo | None]

_STILL_WRITTEN_SECONDS = 60  # a log changed so shortly before the window's end may break off within a line
_HEAD_BYTES = 1 << 16
_CUSTOM_ZONE = re.compile(rb"Setting custom timezone: ([\w+:/-]{1,64})")
# The one line that tells the same moment twice: on TWS's clock and in UTC.
_ANCHOR = re.compile(
    rb"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.\d{3} .*Started on (\d{8}-\d\d:\d\d:\d\d)", re.MULTILINE
)
_QUARTER_SECONDS = 900  # every zone is so many of them away from UTC


def cut(found: TodaysLogs, window: TimeWindow, zone_of: ZoneOf | None = None) -> TodaysLogs:
    """The parts of the logs that were written in a window of time, under the names they had.

    `zone_of` tells the zone of a log's clock; without it the zone is found out. A log without clocks goes
    whole when it was changed in the window or later, one that cannot be read stays as it is for whoever packs
    it to say. `sentence` says so when nothing is left.
    """
    zones_of = (lambda log: (zone_of(log),)) if zone_of else possible_zones
    parts = [part for log in found.files if (part := _part(log, window, zones_of(log)))]
    said = _("No log was written in the time that was asked for.") if found.files and not parts else ""
    sentence = together([found.sentence or "", said]) or None
    return replace(found, files=tuple(parts), sentence=sentence)


def possible_zones(log: LogFile) -> tuple[tzinfo | None, ...]:
    """The zones that a log's clock may be in, the likeliest first: as TWS's settings say, as the log's
    beginning says, and the computer's own (None)."""
    likely = (zone(log.zone), *(_zones_said_in(log) if log.kind is LogKind.PLAIN else ()))
    return (*dict.fromkeys(one for one in likely if one), None)


def _zones_said_in(log: LogFile) -> tuple[tzinfo | None, ...]:
    try:
        with open_log(log.path) as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return ()  # whoever reads the log says so
    said = _CUSTOM_ZONE.search(head)
    return (zone(said[1].decode("ascii", "replace")) if said else None, _anchored(head))


def _part(log: LogFile, window: TimeWindow, zones: Zones) -> LogFile | None:
    if log.kind is LogKind.SEALED:
        return log if _overlaps(log, window, zones) else None
    if is_crash(log.path.name):
        return log if window.start <= log.modified <= window.end else None
    try:
        with open_log(log.path) as file:
            return _lines(log, file, window, zones)
    except OSError:
        return log


def _overlaps(log: LogFile, window: TimeWindow, zones: Zones) -> bool:
    """Whether a sealed log may have been open in the window: from the time in its name to its last change."""
    wall = opened_at(log.path.name)
    opened = min(unix_times(wall, own)[0] for own in zones) if wall else 0.0
    if log.modified < opened:  # its time was lost in copying
        return opened <= window.end
    return opened <= window.end and window.start <= log.modified


def _lines(log: LogFile, file: BinaryIO, window: TimeWindow, zones: Zones) -> LogFile | None:
    facts = os.fstat(file.fileno())
    clock, own = _clock(file, facts, zones)
    if not clock.runs:
        return log if facts.st_mtime >= window.start else None
    start, end = window.start - OVERTAKING_SECONDS, window.end + OVERTAKING_SECONDS
    span = clock.span(
        early=lambda wall: unix_times(wall, own)[1] < start,
        late=lambda wall: unix_times(wall, own)[0] > end,
    )
    if span is None:
        return None
    first, last = span
    if last >= facts.st_size - 1 and facts.st_mtime > window.end - _STILL_WRITTEN_SECONDS:
        last = clock.last_line_end(facts.st_size)
    if last <= first:
        return None
    if first == 0 and last == facts.st_size:
        return replace(log, size=last, span=None)
    return replace(log, size=last - first, span=(first, last))


def _clock(file: BinaryIO, facts: os.stat_result, zones: Zones) -> tuple[LogClock, tzinfo | None]:
    """The lines of a log by time, and their zone: the first in which the last line is as old as the file.

    Settings may say another zone than the one that TWS was started with. Where none fits, as the file's time
    was lost in copying, the likeliest is taken.
    """
    clocks = []
    for own in zones:
        clock = LogClock(file, facts.st_size, wall_clock(facts.st_mtime, own))
        last = clock.last()
        if last is None or any(abs(at - facts.st_mtime) < _QUARTER_SECONDS for at in unix_times(last, own)):
            return clock, own
        clocks.append((clock, own))
    return clocks[0]


def _anchored(head: bytes) -> tzinfo | None:
    """How far a log's clock is from UTC, by a line that tells both."""
    said = _ANCHOR.search(head)
    if not said:
        return None
    try:
        wall = datetime.strptime(said[1].decode(), "%Y-%m-%d %H:%M:%S")
        utc = datetime.strptime(said[2].decode(), "%Y%m%d-%H:%M:%S")
    except ValueError:
        return None
    quarters = round((wall - utc).total_seconds() / _QUARTER_SECONDS)
    away = timedelta(seconds=quarters * _QUARTER_SECONDS)
    return timezone(away) if abs(away) < timedelta(hours=24) else None
