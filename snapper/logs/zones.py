"""From TWS's wall clock to Unix time. TWS writes no offset; its settings name a zone, as Java calls it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache

# Java's old three-letter names that mean another zone elsewhere, or none (java.time.ZoneId.SHORT_IDS).
_JAVA_NAMES = {
    "ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires",
    "ART": "Africa/Cairo", "AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka",
    "CAT": "Africa/Harare", "CNT": "America/St_Johns", "CST": "America/Chicago", "CTT": "Asia/Shanghai",
    "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris", "EST": "America/New_York",
    "IET": "America/Indiana/Indianapolis", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "MIT": "Pacific/Apia",
    "MST": "America/Denver", "NET": "Asia/Yerevan", "NST": "Pacific/Auckland", "PLT": "Asia/Karachi",
    "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico", "PST": "America/Los_Angeles",
    "SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh",
}  # fmt: skip
_SENSIBLE = (946_684_800, 4_102_444_800)  # this century: a broken disk may tell any time of a file
_OFFSET = re.compile(r"(?:GMT|UTC|UT)?([+-])(\d{1,2})(?::?(\d\d))?", re.IGNORECASE)


@lru_cache(maxsize=64)
def zone(name: str | None) -> tzinfo | None:
    """The time zone of that name; None, for the computer's own, where nobody knows it."""
    if not name:
        return None
    if offset := _OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        away = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-away if sign == "-" else away) if away < timedelta(hours=24) else None
    from zoneinfo import ZoneInfo  # takes 3 MB, which a listener that waits does not need

    try:
        return ZoneInfo(_JAVA_NAMES.get(name, name))
    except (KeyError, OSError, ValueError):  # unknown, a folder of the table, a path
        return None


def unix_times(wall: datetime, zone: tzinfo | None) -> tuple[float, float]:
    """The earliest and the latest Unix time at which that clock shows `wall` (naive); they differ only in the
    hour that comes twice when summer time ends. Zone None is the computer's own."""
    times = [_unix(wall.replace(fold=fold), zone) for fold in (0, 1)]
    return min(times), max(times)


def wall_clock(unix: float, zone: tzinfo | None) -> datetime:
    """What that clock shows at a Unix time, without a zone; impossible times become possible ones."""
    earliest, latest = _SENSIBLE
    return datetime.fromtimestamp(min(max(unix, earliest), latest), zone).replace(tzinfo=None)


def midnight(now: datetime, days_before: int, zone: tzinfo | None) -> tuple[float, str]:
    """When the day of `now` (aware), or one so many days before, began in that zone: Unix time, and
    the day as YYYYMMDD."""
    here = now.astimezone(zone)
    day = datetime(here.year, here.month, here.day) - timedelta(days=days_before)
    return _unix(day, zone), f"{day:%Y%m%d}"


def _unix(wall: datetime, zone: tzinfo | None) -> float:
    """Reckoned with a naive time: summer time may begin or end on that day."""
    return wall.replace(tzinfo=zone).timestamp()
