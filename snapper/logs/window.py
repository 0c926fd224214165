"""A window of time, and how people write one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from snapper.errors import UsageError
from snapper.language import Sentence, _

AROUND_SECONDS = 900  # before and after a single time
EARLIER_DAYS_MAX = 7  # TWS keeps no log for longer
_LONGEST_SECONDS = (1 + EARLIER_DAYS_MAX) * 86_400

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PART = re.compile(r"(\d{1,6})\s*(s|m|h|d)(?:ec(?:ond)?s?|in(?:ute)?s?|ours?|rs?|ays?)?", re.IGNORECASE)
_DURATION = re.compile(rf"(?:{_PART.pattern}\s*)+", re.IGNORECASE)
_TIME = r"(?:(\d{4})-(\d\d?)-(\d\d?)[ T]+)?(\d\d?):(\d\d)(?::(\d\d))?"
_POINT = re.compile(_TIME)
_RANGE = re.compile(rf"{_TIME}\s*(?:-|–|—|\.\.|to)\s*{_TIME}", re.IGNORECASE)
_FORMS = _("Write it like 15m, 2h, 14:00-14:30, 14:00 or 2026-08-31 14:00 - 15:00.")


class TimeWindow(NamedTuple):
    """From `start` to `end`, both in Unix seconds and included."""

    start: float
    end: float


def parse_window(text: str, now: datetime) -> TimeWindow:
    """A window of time as people write it, on this computer's clock; `now` is an aware time.

    `15m` and `2h` end now; `14:00-14:30` is the last time it was so late, and may run over midnight; a single
    time means the quarter of an hour before it and the one after. Raises UsageError.
    """
    words, here = text.strip(), now.astimezone().replace(tzinfo=None)
    if _DURATION.fullmatch(words):
        seconds = sum(int(count) * _UNITS[unit.lower()] for count, unit in _PART.findall(words))
        return _checked(text, now.timestamp() - seconds, now.timestamp(), now)
    try:
        if found := _RANGE.fullmatch(words):
            start, end = _range(found.groups(), here)
        elif found := _POINT.fullmatch(words):
            middle, around = _moment(found.groups(), here, None), timedelta(seconds=AROUND_SECONDS)
            start, end = middle - around, middle + around
        else:
            raise _wrong(text, _("“{text}” is no length of time and no times of day."))
        return _checked(text, start.timestamp(), end.timestamp(), now)
    except (ValueError, OverflowError, OSError):
        raise _wrong(text, _("“{text}” holds a day or a time that there is not.")) from None


def _range(parts: tuple[str | None, ...], here: datetime) -> tuple[datetime, datetime]:
    start = _moment(parts[:6], here, None)
    end = _moment(parts[6:], here, start)
    if end < start and not parts[6]:
        end += timedelta(days=1)
    return start, end


def _moment(parts: tuple[str | None, ...], here: datetime, after: datetime | None) -> datetime:
    """A time of day; without a date that of `after`, or else the last time it was so late."""
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    if year:
        return datetime(year, month, day, hour, minute, second)
    on = after or here
    said = datetime(on.year, on.month, on.day, hour, minute, second)
    return said - timedelta(days=1) if after is None and said > here else said


def _checked(text: str, start: float, end: float, now: datetime) -> TimeWindow:
    if not start < end:
        raise _wrong(text, _("“{text}” ends before it begins."))
    if start > now.timestamp():
        raise _wrong(text, _("“{text}” is still to come."))
    if start < now.timestamp() - _LONGEST_SECONDS:
        raise _wrong(text, _("“{text}” goes back more than a week, for which TWS keeps no logs."))
    return TimeWindow(start, end)


def _wrong(text: str, why: Sentence) -> UsageError:
    return UsageError(why.format(text=text.strip()[:40]), _FORMS)
