"""Where TWS and IB Gateway keep settings and logs on this machine. Nothing here opens a log.

Asked in this order: the settings, the running programs, the usual places. A place found by guessing counts
when it holds `jts.ini` and either `launcher.log` or a user's folder; one named in the settings always counts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

# 40 letters on recent versions, 9 or 10 on older ones, where two of the program's own folders fit as well.
_USER_FOLDER = re.compile(r"[a-p]{40}|(?!ibgateway$|resources$)[a-z]{9,10}")
_VERSION = re.compile(r"\d{3,4}[a-z]?")
_CONFIG_FOLDER = re.compile(r'^\s*"?-DjtsConfigDir=(.+?)"?\s*$', re.MULTILINE)
_OPTIONS_FILE = re.compile(r"^-DvmOptionsPath=(.+)$")
_OPTIONS_NAMES = ("tws.vmoptions", "ibgateway.vmoptions")
_OPTIONS_MAX_BYTES = 1 << 16
_LEVELS_ABOVE_JAVA = 5  # on a Mac: <version>/<program>.app/Contents/MacOS/JavaApplicationStub
_PROGRAMS = re.compile(r"java|tws|ibgateway|trader workstation|ib gateway", re.IGNORECASE)

_Told = TypeVar("_Told")
_Roots = Callable[[Path], tuple[Path, ...]]
_USUAL_ROOTS: Mapping[str, _Roots] = {
    "win32": lambda home: (
        *(Path(f"{drive}:/{name}") for drive in "CD" for name in ("Jts", "IBKR", "ibgateway")),
        home / "Jts",
    ),
    "darwin": lambda home: (home / "Jts",),
    "linux": lambda home: (home / "Jts",),
}


class Process(NamedTuple):
    """A running program as the system tells of it; empty where it does not."""

    name: str
    command: tuple[str, ...] = ()
    executable: str = ""
    folder: str = ""


@dataclass(frozen=True)
class LogHome:
    """A settings folder: `program` is TWS or IB Gateway, `found_by` a sentence that says why it counts."""

    path: Path
    program: str
    found_by: str


@dataclass(frozen=True)
class Places:
    """The settings folders of this machine, and every folder that was looked at for them."""

    homes: tuple[LogHome, ...]
    looked_in: tuple[Path, ...]


class _Candidate(NamedTuple):
    path: Path
    found_by: str
    gateway: bool = False
    certain: bool = False


def find_homes(
    configured: Sequence[Path], *, platform: str, home: Path, processes: Iterable[Process]
) -> Places:
    """Find every settings folder once; folders are the same when their real paths are.

    `platform` is sys.platform, `home` the user's folder, `processes` what running_java() gives.
    """
    homes: dict[Path, LogHome] = {}
    looked_in: dict[Path, None] = {}
    for candidate in _candidates(configured, platform, home, processes):
        real = real_path(candidate.path)
        looked_in.setdefault(real)
        if real not in homes and (candidate.certain or is_home(real)):
            program = "IB Gateway" if candidate.gateway or "gateway" in str(real).lower() else "TWS"
            homes[real] = LogHome(real, program, candidate.found_by)
    return Places(tuple(homes.values()), tuple(looked_in))


def is_home(folder: Path) -> bool:
    """Whether a folder is one that TWS keeps its settings and logs in."""
    if not _is_file(folder / "jts.ini"):
        return False
    return _is_file(folder / "launcher.log") or bool(user_folders(folder))


def user_folders(home: Path) -> list[Path]:
    """The folders of the users who logged in, in order of their names; none in a folder that cannot be read.

    A link that leads out of the settings folder is not one.
    """
    try:
        entries = sorted(home.iterdir())
    except OSError:
        return []  # says so where its logs are looked for
    real = real_path(home)
    return [
        entry
        for entry in entries
        if _USER_FOLDER.fullmatch(entry.name) and real_path(entry).parent == real and _is_folder(entry)
    ]


def real_path(path: Path) -> Path:
    """The path without links; unlike Path.resolve, a circle of links is no error."""
    return Path(os.path.realpath(path))


def running_java() -> list[Process]:
    """The running programs that can be TWS; what the system keeps to itself about one is left empty."""
    import psutil

    def told(question: Callable[[], _Told], nothing: _Told) -> _Told:
        try:
            return question() or nothing
        except (psutil.Error, OSError):  # it ended just now, it belongs to another user, the system refuses
            return nothing

    return [
        Process(name, tuple(told(process.cmdline, [])), told(process.exe, ""), told(process.cwd, ""))
        for process in psutil.process_iter()
        if _PROGRAMS.search(name := told(process.name, ""))
    ]


def _candidates(
    configured: Sequence[Path], platform: str, home: Path, processes: Iterable[Process]
) -> Iterator[_Candidate]:
    for folder in configured:
        yield _Candidate(folder, "It is named in the settings (logs.folders).", certain=True)
    for process in processes:
        gateway = "gateway" in " ".join((*process.command, process.executable)).lower()
        for folder in _folders_of(process):
            yield _Candidate(folder, f"The running program {process.name} uses it.", gateway)
    for folder in _usual_folders(_USUAL_ROOTS.get(platform, _USUAL_ROOTS["linux"])(home)):
        yield _Candidate(folder, "It is the usual place on this system.")


def _folders_of(process: Process) -> Iterator[Path]:
    """What its command line says, then what its options file says, then where it runs and lies."""
    folder = Path(process.folder)
    for argument in process.command:
        if said := _CONFIG_FOLDER.match(argument):
            yield folder / said[1]
        elif said := _OPTIONS_FILE.match(argument):
            yield from _folders_in_options(folder / said[1])
            yield (folder / said[1]).parent
    if process.folder:
        yield from _folders_at(folder)
    if process.executable:
        for above in Path(process.executable).parents[:_LEVELS_ABOVE_JAVA]:
            yield from _folders_at(above)


def _folders_at(program_folder: Path) -> Iterator[Path]:
    for name in _OPTIONS_NAMES:
        yield from _folders_in_options(program_folder / name)
    yield program_folder


def _folders_in_options(file: Path) -> Iterator[Path]:
    try:
        with file.open("rb") as options:
            text = options.read(_OPTIONS_MAX_BYTES).decode(errors="replace")
    except OSError:
        return  # most folders have no such file
    for said in _CONFIG_FOLDER.finditer(text):
        yield file.parent / said[1]


def _usual_folders(roots: Iterable[Path]) -> Iterator[Path]:
    for root in roots:
        for folder in (root, root / "ibgateway"):
            yield folder
            yield from (entry for entry in _newest_first(folder) if _VERSION.fullmatch(entry.name))


def _newest_first(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir(), reverse=True)
    except OSError:
        return []  # most usual places do not exist here


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be entered
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
