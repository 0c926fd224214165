"""Which file names are those of logs, and what a name tells of a log. Nothing here looks at files.

Settings end in .ibgzenc as well as logs do, so a log is what is listed here, and nothing else.
"""

from __future__ import annotations

import re
from datetime import datetime

from snapper.report import LogKind

_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_STAMP = r"\d{8}\.\d{6}(?:\.\d+)?"

_LOG_NAMES: tuple[tuple[str, LogKind], ...] = (
    (rf"(?:tws|ibgateway|api\.[\w-]+)\.{_STAMP}\.ibgzenc", LogKind.SEALED),
    (r"audit\.(?!.*\.(?:json|xml|ini|properties)\.)[\w.-]+\.ibgzenc", LogKind.SEALED),
    (rf"(?:tws|ibgateway|api\.[\w-]+|audit)\.(?:{_STAMP}|{_DAY})\.log", LogKind.PLAIN),
    (r"launcher(?:\.\d{8})?\.log", LogKind.PLAIN),
    (rf"log\.{_DAY}\.txt", LogKind.PLAIN),
    (r"hs_err_pid\d+\.log", LogKind.PLAIN),
)
# IBC and the IBController before it (IbcAlpha/IBC, resources/scripts): the weekday is English on Windows
# and in the language of the system elsewhere. No other file of IBC is a log: config.ini holds the password.
_IBC = re.compile(r"ibc-\d[\w.-]*_(?:tws|gateway)-[\w.]+_[^\W\d_]+\.txt", re.IGNORECASE)
_EXPORT = re.compile(r"(?:tws|gateway|ibgateway|api)-exported-logs[\w .()-]*\.txt", re.IGNORECASE)
_KINDS = tuple((re.compile(pattern, re.IGNORECASE), kind) for pattern, kind in _LOG_NAMES)
_WEEKDAY = re.compile(rf".+\.{_DAY}\.(?:log|txt)", re.IGNORECASE)
_DATE = re.compile(r"\.(20\d{6})\.")
_OPENED = re.compile(r"\.(20\d{6}\.\d{6})\.")


def log_kind(name: str) -> LogKind | None:
    """Whether a file of this name is a log, and of which kind."""
    if is_ibc(name) or is_export(name):
        return LogKind.PLAIN
    return next((kind for pattern, kind in _KINDS if pattern.fullmatch(name)), None)


def is_ibc(name: str) -> bool:
    """Whether a file of this name is a log of IBC, the program that starts TWS for unattended computers."""
    return bool(_IBC.fullmatch(name))


def is_export(name: str) -> bool:
    """Whether a file of this name is what TWS writes for “Export Today Logs”."""
    return bool(_EXPORT.fullmatch(name))


def is_crash(name: str) -> bool:
    """Whether a file of this name is what Java leaves when it breaks down: written at once, with no clock."""
    return name.lower().startswith("hs_err_pid")


def is_weekly(name: str) -> bool:
    """Whether the name comes back every week."""
    return bool(_WEEKDAY.fullmatch(name)) or is_ibc(name)


def date_in(name: str) -> str | None:
    """The day in a name, as YYYYMMDD; logs are named after the time at which they were opened."""
    found = _DATE.search(name)
    return found[1] if found else None


def opened_at(name: str) -> datetime | None:
    """The time in a name, without a zone: it is on TWS's clock."""
    found = _OPENED.search(name)
    try:
        return datetime.strptime(found[1], "%Y%m%d.%H%M%S") if found else None
    except ValueError:
        return None


def program_of(name: str) -> str | None:
    """The program that wrote a log of this name, where the name tells."""
    lower = name.lower()
    if lower.startswith("tws"):
        return "TWS"
    return "IB Gateway" if lower.startswith(("ibgateway", "gateway")) else None
