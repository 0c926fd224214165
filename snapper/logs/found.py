"""What was found: logs, the TWS each belongs to, and choosing among them. Pure data, nothing is looked up."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from snapper.language import _, together
from snapper.logs.names import is_export
from snapper.report import LogKind

HOW_TO_EXPORT: tuple[str, ...] = (
    _("In TWS choose Help > Troubleshooting > Diagnostics > TWS logs; in IB Gateway open the File menu."),
    _("Choose Export Today Logs… and save the file in your Documents, Downloads or Desktop folder."),
    _("If an order or a program of yours is concerned, do the same with API logs."),
    _("snapper finds the file there by itself."),
)


@dataclass(frozen=True)
class LogFile:
    """One log: its real path, its unique name in the archive, size in bytes, time of last change (Unix).

    `instances` are the keys of the instances of TWS it belongs to; `span` the part of it that goes, in bytes
    from the start (None: all of it), and `size` is the size of that part; `zone` the time zone of its clock
    as TWS's settings call it (None: they don't).
    """

    path: Path
    name: str
    size: int
    modified: float
    kind: LogKind
    instances: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
    zone: str | None = None


@dataclass(frozen=True)
class Instance:
    """One TWS or IB Gateway of one user: `title` in words, `pids` of the programs that run it now.

    The key is the same in every process and after every restart, and names nobody.
    """

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

    @property
    def only_sealed(self) -> bool:
        """Whether TWS wrote logs, and nobody but the vendor can read what it wrote after its start."""
        sealed = any(file.kind is LogKind.SEALED for file in self.files)
        return sealed and not any(_is_readable_session(file) for file in self.files)


def instance_key(home: Path, user: str = "") -> str:
    """The key of the TWS of one user (the name of the user's folder) in a settings folder (its real path)."""
    return f"{_digest(str(home))}.{_digest(user) if user else ''}"


def chosen(found: TodaysLogs, keys: Collection[str]) -> TodaysLogs:
    """Only the logs of these instances, under the names they have among all; no keys: all logs.

    An instance that got its user's folder only after it was chosen, or lost it, is still found.
    """
    if not keys:
        return found
    instances = tuple(one for one in found.instances if any(_same(one.key, key) for key in keys))
    wanted = {one.key for one in instances}
    files = tuple(file for file in found.files if wanted.intersection(file.instances))
    missing = _("The chosen TWS or IB Gateway wrote no log.") if not files and found.files else ""
    sentence = together([found.sentence or "", missing]) or None
    return replace(found, files=files, instances=instances, sentence=sentence)


def instance_of(found: TodaysLogs, pid: int | None) -> str | None:
    """The key of the one instance that a program (that of the active window) belongs to, else None."""
    running = [one.key for one in found.instances if pid in one.pids]
    return running[0] if len(running) == 1 else None


def _same(one: str, other: str) -> bool:
    home, _, user = one.partition(".")
    other_home, _, other_user = other.partition(".")
    return home == other_home and (user == other_user or not user or not other_user)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _is_readable_session(file: LogFile) -> bool:
    """A plain log of what TWS did after its login; launcher.log ends there, and IBC sees only windows."""
    name = file.path.name.lower()
    if file.kind is not LogKind.PLAIN:
        return False
    return is_export(name) or name.startswith(("tws.", "ibgateway.", "api.", "log."))
