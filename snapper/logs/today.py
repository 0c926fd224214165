"""Which logs were written today. File names and times only: nothing here opens a log.

The time of the last change decides, because a session that runs past midnight writes on in yesterday's file,
and names with a weekday come back every week; a date in the name is a hint for files whose time was lost in
copying. Files of a later time count as today's: the clock was set back. Where TWS's own clock is set to
another zone, the day begins at the earlier of both midnights.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from snapper.filenames import safe_name
from snapper.language import Sentence, _, number, plural, together
from snapper.logs.found import (
    LogFile,
    TodaysLogs,
)
from snapper.logs.instances import Located, instances, keys_of
from snapper.logs.jts_ini import time_zone
from snapper.logs.locate import LogHome, Places, real_path, user_folders
from snapper.logs.names import date_in, is_export, is_ibc, is_weekly, log_kind
from snapper.logs.window import EARLIER_DAYS_MAX
from snapper.logs.zones import midnight, zone

LOGS_MAX = 1000  # as many as a manifest can list
_WEEK_SECONDS = 7 * 86_400

_FOLDERS_NAMED = 3  # a sentence is no list
_PATH_CHARS = 120
_HOW_TO_NAME = _("If it is elsewhere, name its settings folder in snapper's settings: logs.folders.")
_HOW_TO_SEND = _(
    "To send one all the same: in TWS choose Help > Troubleshooting > Diagnostics > TWS logs > "
    "Export Today Logs… (in IB Gateway: the File menu), and save it in your Documents folder."
)


@dataclass(frozen=True)
class _Days:
    """The days that are asked for: since a Unix time, since a date, and how old a weekday's log may be."""

    since: float
    first: str
    weekday_since: float

    def hold(self, name: str, modified: float) -> bool:
        if is_weekly(name):
            return modified >= max(self.since, self.weekday_since)
        return modified >= self.since or (date_in(name) or "") >= self.first


class _Folder(NamedTuple):
    """A folder to look into: `base` is what no link may lead out of, `label` the archive's folder for it."""

    path: Path
    base: Path
    label: str
    wanted: Callable[[str], bool]
    days: _Days
    home: LogHome | None = None
    user: str = ""
    zone: str | None = None
    named: bool = False


def written_today(places: Places, now: datetime, days: int = 0) -> TodaysLogs:
    """The logs in all folders that were written on the day of `now` (an aware time) or later, or on one of so
    many `days` before, at most seven."""
    located: dict[Path, Located] = {}
    problems: list[Sentence] = []
    days = min(max(days, 0), EARLIER_DAYS_MAX)
    for folder in _folders(places, now, days):
        for path in _entries(folder, problems):
            file = _log(path, folder)
            if file and file.path not in located:
                name = _archive_name(folder, path, [one.file.name for one in located.values()])
                located[file.path] = Located(replace(file, name=name), folder.home, folder.user)
    found = sorted(located.values(), key=lambda one: one.file.modified)[-LOGS_MAX:]
    if len(located) > LOGS_MAX:
        cut = _("Of {count} logs only the {most} newest are taken.")
        problems.append(cut.format(count=len(located), most=LOGS_MAX))
    if not located:
        problems += _nothing_found(places, days)
    known = instances(places.homes, found)
    files = [replace(one.file, instances=keys_of(one, known)) for one in found]
    return TodaysLogs(
        tuple(sorted(files, key=lambda file: file.name)),
        places.looked_in,
        together(problems) or None,
        tuple(one.instance for one in known),
    )


def _folders(places: Places, now: datetime, days: int) -> Iterator[_Folder]:
    """The settings folders with their users' folders, then IBC's, then those that people save in."""
    zones = [time_zone(home.path) for home in places.homes]
    for home, label, named_zone in zip(places.homes, _labels(places.homes), zones, strict=True):
        asked = _days(now, days, [named_zone])
        for path in (home.path, *user_folders(home.path)):
            user = path.name if path != home.path else ""
            yield _Folder(path, home.path, label, _any_log, asked, home, user, named_zone, named=not user)
    asked = _days(now, days, zones)
    shared = zones[0] if len(set(zones)) == 1 else None
    for path in map(real_path, places.ibc_folders):
        yield _Folder(path, path, "ibc", is_ibc, asked)
    for path in map(real_path, places.export_folders):
        yield _Folder(path, path, "exports", is_export, asked, zone=shared)


def _any_log(name: str) -> bool:
    return log_kind(name) is not None


def _days(now: datetime, days: int, zones: Collection[str | None]) -> _Days:
    begins = [midnight(now, days, None), *(midnight(now, days, own) for name in zones if (own := zone(name)))]
    return _Days(
        min(unix for unix, _ in begins), min(day for _, day in begins), now.timestamp() - _WEEK_SECONDS
    )


def _entries(folder: _Folder, problems: list[Sentence]) -> Iterator[Path]:
    """What lies in a folder; one of TWS's that cannot be read is a problem, a usual one is not."""
    try:
        yield from sorted(folder.path.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        if folder.named:
            problems.append(_("The folder {folder} does not exist.").format(folder=_shown(folder.path)))
    except OSError:
        if folder.home:
            problems.append(_("The folder {folder} cannot be read.").format(folder=_shown(folder.path)))


def _log(path: Path, folder: _Folder) -> LogFile | None:
    """A regular file with the name of a log, inside its folder and of the days that are asked for."""
    if not folder.wanted(path.name):
        return None
    real = real_path(path)
    # By its real name, too: a link must not make a log of a settings file.
    kind = log_kind(real.name) if folder.wanted(real.name) else None
    if kind is None or not real.is_relative_to(folder.base):
        return None
    try:
        facts = real.stat()
    except OSError:
        return None  # it went between listing and asking, as old logs do
    if not stat.S_ISREG(facts.st_mode) or not folder.days.hold(real.name, facts.st_mtime):
        return None
    return LogFile(real, path.name, facts.st_size, facts.st_mtime, kind, zone=folder.zone)


def _labels(homes: Sequence[LogHome]) -> list[str]:
    """The folder that each settings folder becomes in the archive: none if it is the only one."""
    labels: list[str] = []
    for home in homes:
        labels.append(safe_name(home.path.name, labels))
    return labels if len(homes) > 1 else [""] * len(homes)


def _archive_name(folder: _Folder, path: Path, others: Sequence[str]) -> str:
    parts = "/".join(safe_name(part) for part in (folder.label, folder.user) if part)
    prefix = f"{parts}/" if parts else ""
    siblings = [other.removeprefix(prefix) for other in others if other.startswith(prefix)]
    return prefix + safe_name(path.name, siblings)


def _nothing_found(places: Places, days: int) -> Iterator[Sentence]:
    """What was not found, and what can be done."""
    if not places.homes:
        none = _("No TWS or IB Gateway was found on this computer.")
        if places.looked_in:
            none = _("No TWS or IB Gateway was found on this computer (looked in {folders}).")
        yield none.format(folders=_names(places.looked_in))
        yield _HOW_TO_NAME
        return
    none = _("No log was written today (looked in {folders}).")
    if days == 1:
        none = _("No log was written today or the day before (looked in {folders}).")
    elif days:
        none = plural(
            "No log was written today or in the {count} day before (looked in {folders}).",
            "No log was written today or in the {count} days before (looked in {folders}).",
            days,
        )
    yield none.format(folders=_names([home.path for home in places.homes]), count=number(days))
    yield _HOW_TO_SEND


def _names(folders: Sequence[Path]) -> str:
    """The first folders by name, and how many more there are."""
    named = ", ".join(_shown(folder) for folder in folders[:_FOLDERS_NAMED])
    more = len(folders) - _FOLDERS_NAMED
    if more <= 0:
        return named
    # Translators: {folders} are the names of some folders
    several = plural("{folders} and {count} more", "{folders} and {count} more", more)
    return several.format(folders=named, count=number(more))


def _shown(folder: Path) -> str:
    """A path as text that every file can hold, cut at the front if it is long."""
    text = str(folder).encode(errors="replace").decode()
    return text if len(text) <= _PATH_CHARS else f"…{text[-_PATH_CHARS:]}"
