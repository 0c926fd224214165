"""Where TWS and IB Gateway keep settings and logs on this machine. Nothing here opens a log.

Asked in this order: the settings, the running programs, the usual places. A place found by guessing counts
when it holds `jts.ini` and either `launcher.log` or a user's folder; one named in the settings always counts.
Logs lie elsewhere, too: those of IBC, which starts TWS on unattended computers, and those that people export.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from snapper.language import _
from snapper.logs.folders import log_folders, saving_folders, usual_homes, usual_ibc_logs

# 40 letters on recent versions, 9 or 10 on older ones, where two of the program's own folders fit as well.
_USER_FOLDER = re.compile(r"[a-p]{40}|(?!ibgateway$|resources$)[a-z]{9,10}")
_CONFIG_FOLDER = re.compile(r'^\s*"?-DjtsConfigDir=(.+?)"?\s*$', re.MULTILINE)
_OPTIONS_FILE = re.compile(r"^-DvmOptionsPath=(.+)$")
_OPTIONS_NAMES = ("tws.vmoptions", "ibgateway.vmoptions")
_OPTIONS_MAX_BYTES = 1 << 16
_IBC_JAR = re.compile(r"(?:^|[:;])([A-Za-z]:[/\\][^:;]*|[^:;]*)[/\\](?:IBC|IBController)\.jar(?=$|[:;])")
_IBC_CLASSES = ("ibcalpha.ibc.", "ibcontroller.")
_LEVELS_ABOVE_JAVA = 5  # on a Mac: <version>/<program>.app/Contents/MacOS/JavaApplicationStub
_PROGRAMS = re.compile(r"java|tws|ibgateway|trader workstation|ib gateway", re.IGNORECASE)

_Told = TypeVar("_Told")
_ROOT = Path("/")
_ROOT_UID = "0"


class Process(NamedTuple):
    """A running program as the system tells of it; empty where it does not.

    `family` are the programs that belong to it: those it started, and the launcher that started it.
    """

    name: str
    command: tuple[str, ...] = ()
    executable: str = ""
    folder: str = ""
    pid: int = 0
    open_files: tuple[str, ...] = ()
    family: tuple[int, ...] = ()


@dataclass(frozen=True)
class LogHome:
    """A settings folder: `program` is TWS or IB Gateway, `found_by` a sentence that says why it counts.

    `processes` are the running programs that use it.
    """

    path: Path
    program: str
    found_by: str
    processes: tuple[Process, ...] = ()

    @property
    def pids(self) -> tuple[int, ...]:
        """The running programs that use it, with those that belong to them."""
        return tuple(pid for process in self.processes for pid in (process.pid, *process.family) if pid)


@dataclass(frozen=True)
class Places:
    """The settings folders of this machine, and every folder that was looked at for them.

    IBC writes into `ibc_folders`; `export_folders` are those that people save exported logs in.
    """

    homes: tuple[LogHome, ...]
    looked_in: tuple[Path, ...]
    ibc_folders: tuple[Path, ...] = ()
    export_folders: tuple[Path, ...] = ()


class _Candidate(NamedTuple):
    path: Path
    found_by: str
    gateway: bool = False
    certain: bool = False
    process: Process | None = None


def find_homes(
    configured: Sequence[Path],
    *,
    platform: str,
    home: Path,
    processes: Iterable[Process],
    root: Path = _ROOT,
) -> Places:
    """Find every settings folder once; folders are the same when their real paths are.

    `platform` is sys.platform, `home` the user's folder, `processes` what running_java() gives, `root` where
    the file system begins.
    """
    running = tuple(processes)
    homes: dict[Path, LogHome] = {}
    looked_in: dict[Path, None] = {}
    placed: set[Process] = set()
    for candidate in _candidates(configured, running, usual_homes(platform, home, root)):
        real = real_path(candidate.path)
        looked_in.setdefault(real)
        if real not in homes and (candidate.certain or is_home(real)):
            program = "IB Gateway" if candidate.gateway or "gateway" in str(real).lower() else "TWS"
            homes[real] = LogHome(real, program, candidate.found_by)
        if real in homes and candidate.process and candidate.process not in placed:
            placed.add(candidate.process)  # the first that it names is the one it uses
            homes[real] = replace(homes[real], processes=(*homes[real].processes, candidate.process))
    ibc = (
        *(folder for one in running for folder in _ibc_folders(one)),
        *usual_ibc_logs(platform, home, root),
    )
    return Places(
        tuple(homes.values()), tuple(looked_in), tuple(dict.fromkeys(ibc)), saving_folders(platform, home)
    )


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
    """The running programs that can be TWS; what the system keeps to itself about one is left empty.

    On a computer that several people share, another one's TWS and its logs are not this person's to report;
    the administrator's snapper (root) sees all, as Gateways often run under an account of their own.
    """
    import psutil

    def told(question: Callable[[], _Told], nothing: _Told) -> _Told:
        try:
            return question() or nothing
        except (psutil.Error, OSError):  # it ended just now, it belongs to another user, the system refuses
            return nothing

    def open_files(process: psutil.Process) -> tuple[str, ...]:
        def paths() -> list[str]:
            return [file.path for file in process.open_files()]

        return tuple(told(paths, [])) if psutil.POSIX else ()  # Windows takes seconds to tell

    def family(process: psutil.Process) -> tuple[int, ...]:
        def above() -> list[int]:
            launcher = process.parent()
            return [launcher.pid] if launcher and _PROGRAMS.search(launcher.name()) else []

        def below() -> list[int]:
            return [child.pid for child in process.children(recursive=True)]

        nobody: list[int] = []
        return (*told(above, nobody), *told(below, nobody))

    def owner(process: psutil.Process) -> str:
        return told(lambda: str(process.uids().real) if psutil.POSIX else process.username(), "")

    me = owner(psutil.Process())

    def is_for_me(process: psutil.Process) -> bool:
        return me == _ROOT_UID or owner(process) in ("", me)

    return [
        Process(
            name,
            tuple(told(process.cmdline, [])),
            told(process.exe, ""),
            told(process.cwd, ""),
            process.pid,
            open_files(process),
            family(process),
        )
        for process in psutil.process_iter()
        if _PROGRAMS.search(name := told(process.name, "")) and is_for_me(process)
    ]


def _candidates(
    configured: Sequence[Path], processes: Iterable[Process], usual: Iterable[Path]
) -> Iterator[_Candidate]:
    for folder in configured:
        yield _Candidate(folder, _("It is named in the settings (logs.folders)."), certain=True)
    for process in processes:
        gateway = "gateway" in " ".join((*process.command, process.executable)).lower()
        for folder in _folders_of(process):
            uses = _("The running program {program} uses it.").format(program=process.name)
            yield _Candidate(folder, uses, gateway, process=process)
    for folder in usual:
        yield _Candidate(folder, _("It is the usual place on this system."))


def _ibc_folders(process: Process) -> Iterator[Path]:
    """The folders of logs beside the program and the settings of an IBC that runs."""
    if not any(argument.startswith(_IBC_CLASSES) for argument in process.command):
        return
    for argument in process.command:
        beside = [said[1] for said in _IBC_JAR.finditer(argument)]
        if argument.lower().endswith(".ini"):
            beside.append(os.path.dirname(argument))  # noqa: PTH120 - "" where there is no folder
        for folder in beside:
            yield from log_folders(Path(process.folder) / folder)


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
