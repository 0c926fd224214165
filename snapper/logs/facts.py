"""What TWS's own logs say of it that support asks for. Only plain logs, only their first and last parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from snapper.logs.found import LogFile, TodaysLogs
from snapper.logs.names import is_crash, is_ibc
from snapper.logs.sharing import open_log
from snapper.report import LogKind

_HEAD_BYTES, _TAIL_BYTES = 1 << 16, 1 << 18
_VALUES_MAX = 3  # different ones: more instances are named by their logs

# Each is what follows a literal of TWS; what it may hold is listed, as a log may hold anything.
_FACTS: dict[str, re.Pattern[str]] = {
    "TWS build": re.compile(
        r" - Build (\d{1,4}(?:\.\w{1,8}){1,3}(?:, \w{3,9} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d(?: [AP]M)?)?)"
    ),
    "TWS time zone": re.compile(r"Setting custom timezone: ([\w+:/-]{1,64})"),
    "TWS clock offset": re.compile(r"Setting time offset to (-?\d{1,12}(?: diff -?\d{1,12})?)"),
    "TWS memory": re.compile(r"(?<!Non)HeapUsage: (Max=[\d,]{1,16}KB used=[\d,]{1,16}KB)"),
}


def log_facts(found: TodaysLogs) -> dict[str, str]:
    """Build, time zone, clock offset and memory of TWS, by name, as its logs of today say last; where several
    instances differ, each value once. What no log says is not in it."""
    values: dict[str, dict[str, None]] = {}
    for log in sorted(found.files, key=lambda log: -log.modified):
        if log.kind is LogKind.PLAIN and not is_crash(log.path.name) and not is_ibc(log.path.name):
            for name, value in _said_in(log):
                values.setdefault(name, {}).setdefault(value)
    return {name: "; ".join([*values[name]][:_VALUES_MAX]) for name in _FACTS if name in values}


def tws_build(log: LogFile) -> str | None:
    """The build that a log names last, as TWS words it: `10.50.1e, Aug 25, 2026 4:05:30 PM`."""
    return dict(_said_in(log)).get("TWS build")


def _said_in(log: LogFile) -> Iterator[tuple[str, str]]:
    head, tail = _ends(log.path)
    for name, pattern in _FACTS.items():
        if said := pattern.findall(tail) or pattern.findall(head):
            yield name, said[-1].strip()


def _ends(path: Path) -> tuple[str, str]:
    """The beginning and the end of a log, as text; of UTF-16 the bytes that letters are made of."""
    try:
        with open_log(path) as file:
            head = file.read(_HEAD_BYTES)
            file.seek(max(0, file.seek(0, 2) - _TAIL_BYTES))
            tail = file.read(_TAIL_BYTES)
    except OSError:
        return "", ""  # whoever reads the log says so
    return _text(head), _text(tail)


def _text(data: bytes) -> str:
    return data.replace(b"\0", b"").decode("utf-8", "replace")
