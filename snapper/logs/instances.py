"""Which TWS a log belongs to, and which running programs a TWS is. Nothing here looks at files or programs.

One instance is one user's folder in one settings folder: there TWS writes what it does after the login. A
settings folder in which no user's folder holds a log is one instance itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from snapper.language import _
from snapper.logs.found import Instance, LogFile, instance_key
from snapper.logs.locate import LogHome, Process
from snapper.logs.names import program_of

_PATH_CHARS = 60
_USER_CHARS = 10  # recent names of users' folders have 40 letters, which nobody reads


class Located(NamedTuple):
    """A log and where it lay: in a settings folder (None: elsewhere), in a user's folder ("": in none)."""

    file: LogFile
    home: LogHome | None
    user: str = ""


class Known(NamedTuple):
    """An instance, and what tells its logs."""

    instance: Instance
    home: Path
    user: str


def instances(homes: Sequence[LogHome], found: Sequence[Located]) -> tuple[Known, ...]:
    """Every TWS that wrote one of these logs or runs now, in the order of the settings folders."""
    known: list[Known] = []
    for home in homes:
        own = [one for one in found if one.home and one.home.path == home.path]
        users = sorted({one.user for one in own if one.user})
        if not users and (own or home.processes):
            users = [""]
        running = _running(home, users, own)
        for user in users:
            pids = _pids(running.get(user, ()))
            title = _title(
                home, user if len(users) > 1 else "", [one.file for one in own if one.user == user]
            )
            known.append(Known(Instance(instance_key(home.path, user), title, pids), home.path, user))
    return tuple(known)


def keys_of(located: Located, known: Sequence[Known]) -> tuple[str, ...]:
    """The keys of the instances a log belongs to: a user's log to one, a shared one to all that share it."""
    return tuple(
        one.instance.key
        for one in known
        if located.home is None or (located.home.path == one.home and located.user in ("", one.user))
    )


def _running(home: LogHome, users: Sequence[str], own: Sequence[Located]) -> dict[str, list[Process]]:
    """The programs that run each user's TWS: those that have files open in the user's folder. A program of
    which nothing is told is that of the only user, or, being the only one, of the user who wrote last."""
    running: dict[str, list[Process]] = {user: [] for user in users}
    for process in home.processes:
        if user := _user_of(process, home, users, own):
            running[user].append(process)
        elif len(users) == 1:
            running[users[0]].append(process)
    return running


def _user_of(process: Process, home: LogHome, users: Sequence[str], own: Sequence[Located]) -> str | None:
    using = {user for user in users if user and _has_open(process, home.path / user)}
    if len(using) == 1:
        return using.pop()
    if not process.open_files and len(_apart(home.processes)) == 1:
        written = [one for one in own if one.user]
        return max(written, key=lambda one: one.file.modified).user if written else None
    return None


def _apart(processes: Sequence[Process]) -> list[Process]:
    """One of each family: a launcher and the program it started are one TWS."""
    apart: list[Process] = []
    for process in processes:
        if not any(process.pid in one.family or one.pid in process.family for one in apart):
            apart.append(process)
    return apart


def _pids(processes: Sequence[Process]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(pid for one in processes for pid in (one.pid, *one.family) if pid))


def _has_open(process: Process, folder: Path) -> bool:
    return any(PurePath(path).is_relative_to(folder) for path in process.open_files)


def _title(home: LogHome, user: str, files: Sequence[LogFile]) -> str:
    """Program, folder and, where there are several, the user's folder."""
    programs = sorted({program for file in files if (program := program_of(file.path.name))}, reverse=True)
    shown = _cut_front(str(home.path).encode(errors="replace").decode())
    program = (programs or [home.program])[0]
    if len(programs) > 1:
        # Translators: TWS and IB Gateway
        program = _("{one} and {other}").format(one=programs[0], other=programs[1])
    if not user:
        # Translators: TWS or IB Gateway, and the folder of its settings
        return _("{program} in {folder}").format(program=program, folder=shown)
    # Translators: TWS or IB Gateway, the folder of its settings, and the folder of one of its users
    title = _("{program} in {folder}, user folder {user}")
    cut = user if len(user) <= _USER_CHARS else f"{user[:_USER_CHARS]}…"
    return title.format(program=program, folder=shown, user=cut)


def _cut_front(text: str) -> str:
    return text if len(text) <= _PATH_CHARS else f"…{text[-_PATH_CHARS:]}"
