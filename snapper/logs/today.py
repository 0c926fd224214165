"""Which logs were written today. File names and times only: nothing here opens a log.

The time of the last change decides, because a session that runs past midnight writes on in yesterday's file,
and names with a weekday come back every week; a date in the name is a hint for files whose time was lost in
copying. Files of a later time count as today's: the clock was set back.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from snapper.filenames import safe_name
from snapper.logs.locate import LogHome, Places, real_path, user_folders
from snapper.report import LogKind

LOGS_MAX = 1000  # as many as a manifest can list

_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_STAMP = r"\d{8}\.\d{6}(?:\.\d+)?"

# Everything that is a log, and nothing else: settings, too, end in .ibgzenc. IBC's logs stay
# out as long as nothing is redacted here: they have held passwords in the clear (IbcAlpha/IBC, request 359).
_LOG_NAMES: tuple[tuple[str, LogKind], ...] = (
    (rf"(?:tws|ibgateway|api\.[\w-]+)\.{_STAMP}\.ibgzenc", LogKind.SEALED),
    (r"audit\.(?!.*\.(?:json|xml|ini|properties)\.)[\w.-]+\.ibgzenc", LogKind.SEALED),
    (rf"(?:tws|ibgateway|api\.[\w-]+|audit)\.(?:{_STAMP}|{_DAY})\.log", LogKind.PLAIN),
    (r"launcher(?:\.\d{8})?\.log", LogKind.PLAIN),
    (rf"log\.{_DAY}\.txt", LogKind.PLAIN),
    (r"(?:tws|gateway|ibgateway|api)-exported-logs[\w .()-]*\.txt", LogKind.PLAIN),
    (r"hs_err_pid\d+\.log", LogKind.PLAIN),
)
_KINDS = tuple((re.compile(pattern, re.IGNORECASE), kind) for pattern, kind in _LOG_NAMES)
_DATE_IN_NAME = re.compile(r"\.(20\d{6})\.")

_FOLDERS_NAMED = 3  # a sentence is no list
_PATH_CHARS = 120
_HOW_TO_EXPORT = (
    "To send one all the same: in TWS choose Help > Troubleshooting > Diagnostics > TWS logs > "
    "Export Today Logs… (in IB Gateway: the File menu), and attach the file."
)
_HOW_TO_NAME = "If it is elsewhere, name its settings folder in snapper's settings: logs.folders."


@dataclass(frozen=True)
class LogFile:
    """One log: its real path, its unique name in the archive, size in bytes, time of last change (Unix).

    `instances` are the keys of the instances of TWS it belongs to; `span` the part of it that goes, in bytes
    from the start (None: all of it).
    """

    path: Path
    name: str
    size: int
    modified: float
    kind: LogKind
    instances: tuple[str, ...] = ()
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class Instance:
    """One TWS or IB Gateway of one user: `title` in words, `pids` of the programs that run it now."""

    key: str
    title: str
    pids: tuple[int, ...] = ()


@dataclass(frozen=True)
class TodaysLogs:
    """Today's logs by name; `sentence` says what is missing and what can be done."""

    files: tuple[LogFile, ...]
    looked_in: tuple[Path, ...]
    sentence: str | None = None
    instances: tuple[Instance, ...] = ()


def log_kind(name: str) -> LogKind | None:
    """Whether a file of this name is a log, and of which kind."""
    return next((kind for pattern, kind in _KINDS if pattern.fullmatch(name)), None)


def written_today(places: Places, now: datetime) -> TodaysLogs:
    """The logs in all settings folders that were written on the day of `now` (an aware time) or later."""
    files: dict[Path, LogFile] = {}
    problems: list[str] = []
    for home, label in _labelled(places.homes):
        for path in _entries(home, problems):
            found = _todays_log(path, home.path, now)
            if found and found.path not in files:
                name = _archive_name(label, path.relative_to(home.path), files.values())
                files[found.path] = replace(found, name=name)
    newest = sorted(files.values(), key=lambda file: file.modified)[-LOGS_MAX:]
    if len(files) > LOGS_MAX:
        problems.append(f"Of {len(files)} logs of today only the {LOGS_MAX} newest are taken.")
    if not files:
        problems.append(_nothing_found(places))
    by_name = tuple(sorted(newest, key=lambda file: file.name))
    return TodaysLogs(by_name, places.looked_in, " ".join(problems) or None)


def _entries(home: LogHome, problems: list[str]) -> Iterator[Path]:
    """What lies in a settings folder and its users' folders; a folder that cannot be read is a problem."""
    for folder in (home.path, *user_folders(home.path)):
        try:
            yield from sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            problems.append(f"The folder {_shown(folder)} does not exist.")
        except OSError:
            problems.append(f"The folder {_shown(folder)} cannot be read.")


def _todays_log(path: Path, home: Path, now: datetime) -> LogFile | None:
    """A regular file with the name of a log, inside its settings folder and written today."""
    real = real_path(path)
    kind = log_kind(path.name) and log_kind(real.name)  # a link must not make a log of a settings file
    if kind is None or not real.is_relative_to(home):
        return None
    try:
        facts = real.stat()
    except OSError:
        return None  # it went between listing and asking, as old logs do
    if not stat.S_ISREG(facts.st_mode) or not _is_todays(real.name, facts.st_mtime, now):
        return None
    return LogFile(real, path.name, facts.st_size, facts.st_mtime, kind)


def _is_todays(name: str, modified: float, now: datetime) -> bool:
    here = now.astimezone()
    midnight = datetime(here.year, here.month, here.day)  # naive: summer time may begin or end on this day
    stamp = _DATE_IN_NAME.search(name)
    return modified >= midnight.timestamp() or (stamp is not None and stamp[1] >= f"{here:%Y%m%d}")


def _labelled(homes: Sequence[LogHome]) -> Iterator[tuple[LogHome, str]]:
    """Each settings folder with the folder it becomes in the archive: none if it is the only one."""
    labels: list[str] = []
    for home in homes:
        labels.append(safe_name(home.path.name, labels))
        yield home, labels[-1] if len(homes) > 1 else ""


def _archive_name(label: str, relative: Path, others: Iterable[LogFile]) -> str:
    folder = "/".join(safe_name(part) for part in (label, *relative.parts[:-1]) if part)
    prefix = f"{folder}/" if folder else ""
    siblings = [other.name.removeprefix(prefix) for other in others if other.name.startswith(prefix)]
    return prefix + safe_name(relative.name, siblings)


def _nothing_found(places: Places) -> str:
    if not places.homes:
        return f"No TWS or IB Gateway was found on this computer{_in(places.looked_in)}. {_HOW_TO_NAME}"
    return f"No log was written today{_in([home.path for home in places.homes])}. {_HOW_TO_EXPORT}"


def _in(folders: Sequence[Path]) -> str:
    named = ", ".join(_shown(folder) for folder in folders[:_FOLDERS_NAMED])
    more = len(folders) - _FOLDERS_NAMED
    return f" (looked in {named}{f' and {more} more' if more > 0 else ''})" if named else ""


def _shown(folder: Path) -> str:
    """A path as text that every file can hold, cut at the front if it is long."""
    text = str(folder).encode(errors="replace").decode()
    return text if len(text) <= _PATH_CHARS else f"…{text[-_PATH_CHARS:]}"
