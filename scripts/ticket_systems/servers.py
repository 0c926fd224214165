"""Servers as the tests run them: unprivileged, in a folder of their own, on their own port, ended with us.

Here live users, folders, ports and processes. Nothing here knows a ticket system.
"""

from __future__ import annotations

import contextlib
import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from filelock import FileLock, Timeout

from scripts.screen import wait_until

if TYPE_CHECKING:
    from scripts.ticket_systems import Peer

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_USERS = ("www-data", "nobody")  # the first there is; Debian's web applications are laid out for www-data
_PORTS = range(20_000, 30_000)  # below those that the system gives to outgoing connections
_STOP_SECONDS, _START_SECONDS, _RUN_SECONDS = 10.0, 120.0, 600.0
_LAST_WORDS = 1500  # characters of a failed program's output
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # past any proxy of this computer

# A child that is to end with us ends with the thread that started it: this one lives as long as we do.
_starter = functools.cache(lambda: ThreadPoolExecutor(1, "starts servers"))


def why_not() -> str:
    """Why no server can be run here, in a sentence; "" when they can."""
    if not shutil.which("setpriv"):
        return "Real ticket systems run on Debian and Ubuntu only."
    return ""


def cache() -> Path:
    """The folder for what is made once and used by many runs; it may be deleted at any time nothing runs."""
    folder = platformdirs.user_cache_path("snapper-peers")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def ground(folder: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """A new folder that the unprivileged user owns and can reach, and a file in `folder` for an output.

    It is in `folder` if that can be reached; if not (pytest's folders are its user's alone), it is in the
    system's folder for temporary files until the block ends.
    """
    with contextlib.ExitStack() as stack:
        place = own = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder))
        if not _reachable(folder):
            own.rmdir()
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"snapper-peers-{name}-")))
            if not _reachable(place.parent):
                raise RuntimeError(f"{place.parent} has to be a folder that every user can reach.")
        (place / "tmp").mkdir()
        give(place)
        yield place, own.with_suffix(".log")


def copy(template: Path, place: Path) -> None:
    """Copy a template into a folder of the unprivileged user and give it to that user."""
    shutil.copytree(template, place, symlinks=True, dirs_exist_ok=True)
    give(place)


def give(folder: Path) -> None:
    """Make a folder and all in it the unprivileged user's."""
    if not (user := _user()):
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, *user, follow_symlinks=False)


def run(
    command: Sequence[str | Path], folder: Path, env: Mapping[str, str] | None = None, text: str = ""
) -> str:
    """Run a program in `folder` as the unprivileged user, `text` on its input; gives its output.

    Raises RuntimeError with its last words when it fails.
    """
    done = subprocess.run(
        _unprivileged(command), cwd=folder, env=_environment(folder, env), input=text,
        capture_output=True, text=True, errors="replace", timeout=_RUN_SECONDS,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {(done.stdout + done.stderr)[-_LAST_WORDS:].strip()}")
    return done.stdout


@contextlib.contextmanager
def port_of_its_own() -> Iterator[int]:
    """A port of 127.0.0.1 on which nothing listens, and which no other peer takes until the block ends."""
    locks = cache() / "ports"
    locks.mkdir(exist_ok=True)
    for port in random.sample(_PORTS, 500):
        lock = FileLock(locks / str(port))
        with contextlib.suppress(Timeout, OSError), lock.acquire(blocking=False):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
            yield port
            return
    raise RuntimeError("No port is free.")


class Server:
    """A server's processes: started, ended, started again."""

    def __init__(
        self, command: Sequence[str | Path], folder: Path, log: Path, url: str, env: Mapping[str, str]
    ) -> None:
        """`url` is an address the server answers as soon as it is ready; nothing is started yet."""
        self._command, self._folder, self._log, self._url, self._env = command, folder, log, url, env
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers; RuntimeError with its last words when it does not."""
        self._process = process = _starter().submit(self._spawn).result()
        try:
            wait_until(lambda: process.poll() is not None or answers(self._url), "it answers", _START_SECONDS)
            if process.poll() is not None:
                raise RuntimeError(self._log.read_text(errors="replace")[-_LAST_WORDS:].strip())
        except BaseException:
            self.stop()
            raise

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                _unprivileged(self._command), cwd=self._folder, env=_environment(self._folder, self._env),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        """End it and whatever it started; without effect when it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(_STOP_SECONDS)


@dataclass(frozen=True)
class Instance:
    """What every running system has: where it is, its server, its folder, and its secrets by their names."""

    peer: Peer
    server: Server
    folder: Path
    secrets: Mapping[str, str]

    def restart(self) -> None:
        """End its processes, and start them again."""
        self.server.stop()
        self.server.start()

    def stop(self) -> None:
        """End its processes."""
        self.server.stop()

    def reader_token(self) -> str:
        """The token, or the password, of a user who may only read."""
        return self.secrets["reader"]


def answers(url: str) -> bool:
    """Whether a server answers at this address, whatever it answers."""
    try:
        DIRECT.open(url, timeout=30).close()
    except urllib.error.HTTPError as answer:
        answer.close()
    except OSError:
        return False
    return True


def _environment(folder: Path, env: Mapping[str, str] | None) -> dict[str, str]:
    own = {"HOME": str(folder), "TMPDIR": str(folder / "tmp"), "LANG": "C.UTF-8", "PATH": PATH}
    return {**own, **(env or {})}


def _unprivileged(command: Sequence[str | Path]) -> list[str]:
    """The command line that runs a program as the unprivileged user, and ends it when we end."""
    prefix = ["setpriv", "--pdeathsig", "TERM", "--no-new-privs"]
    if user := _user():
        prefix += [f"--reuid={user[0]}", f"--regid={user[1]}", "--clear-groups"]
    return [*prefix, "--", *map(str, command)]


def _user() -> tuple[int, int] | None:
    """The ids of the user to become; None when we are nobody special ourselves."""
    if os.geteuid() != 0:
        return None
    import pwd

    for name in _USERS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise RuntimeError(f"No user to run servers as: neither {' nor '.join(_USERS)} exists.")


def _reachable(folder: Path) -> bool:
    others = 0o001  # may go through
    return _user() is None or all(part.stat().st_mode & others for part in (folder, *folder.parents))
