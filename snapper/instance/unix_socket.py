"""The way to the resident program on Linux and the Mac: a socket in a folder that only this user can enter.

One thread serves everybody and never waits for anybody: who asks nothing, half a line or too much is hung up
on, and so is another user's process. What a killed program left there is replaced: who serves has the lock.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import logging
import os
import selectors
import socket
import stat
import struct
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from snapper.instance import Handler, hand_over
from snapper.instance.messages import LINE_MAX, Reply, Said, Why

MOST_CALLERS = 64  # at once; every open file of this process is one of some thousand
ASKING_SECONDS = 2.0  # for the one line of a request
_BACKLOG = 128
_BREATH_SECONDS = 0.1  # when the system has no more open files to give
_PATH_MAX = 103  # bytes that fit into sockaddr_un on the Mac; Linux takes four more

log = logging.getLogger(__name__)


# --- where ------------------------------------------------------------------------------------------------


def folders(outbox: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Where the socket may be, the best first. Both sides look in all of them: environments differ."""
    told = environ.get("XDG_RUNTIME_DIR", "")
    user = os.geteuid()
    runtimes = dict.fromkeys(([told] if told.startswith("/") else []) + [f"/run/user/{user}"])
    yield from (Path(each) / "snapper" for each in runtimes if _is_ours(Path(each)))
    yield outbox
    yield Path(tempfile.gettempdir()) / f"snapper-{user}"  # for an outbox whose path is too long for a socket


def file_name(outbox: Path) -> str:
    """The socket's name: one per outbox folder, by whatever path it is reached."""
    return f"{hashlib.sha256(os.path.realpath(outbox).encode()).hexdigest()[:16]}.sock"


def _is_ours(folder: Path) -> bool:
    """Whether a folder is this user's and nobody else can enter it."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    private = not stat.S_IMODE(found.st_mode) & 0o077
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and private


def _addresses(outbox: Path, environ: Mapping[str, str]) -> list[str]:
    paths = [str(folder / file_name(outbox)) for folder in folders(outbox, environ)]
    return [path for path in paths if len(os.fsencode(path)) <= _PATH_MAX]


# --- who --------------------------------------------------------------------------------------------------


def peer(connection: socket.socket) -> int:
    """The user at the other end, as the kernel says. Raises OSError."""
    if hasattr(socket, "SO_PEERCRED"):
        told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", told)[1])
    user, group = ctypes.c_uint32(), ctypes.c_uint32()  # getpeereid(3), of the Mac and the BSDs
    if ctypes.CDLL(None).getpeereid(connection.fileno(), ctypes.byref(user), ctypes.byref(group)):
        raise OSError("The other end's user is not told.")
    return user.value


def _is_own(connection: socket.socket) -> bool:
    try:
        return peer(connection) == os.geteuid()
    except OSError:
        return False  # it has gone, or nobody knows who it is


# --- the resident program's side --------------------------------------------------------------------------


def serve_one_of(outbox: Path, handle: Handler, environ: Mapping[str, str]) -> SocketServer:
    """Serve at the first place where a socket can be made. Raises OSError."""
    refused: OSError | None = None
    for address in _addresses(outbox, environ):
        try:
            return SocketServer(Path(address), handle)
        except OSError as error:  # a file system without sockets, a folder that may not be written to
            log.debug("No socket at %s: %s", address, error)
            refused = error
    raise refused or OSError("There is no folder for a socket.")


class SocketCaller:
    """One who called. Only the server's thread closes the socket; others shut it down, which wakes it."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.asked = False
        self.deadline = time.monotonic() + ASKING_SECONDS
        self.received = b""
        self._lock = threading.Lock()
        self._over = False

    def tell(self, reply: Reply) -> bool:
        """Say something; who does not read what little is said is hung up on."""
        line = reply.line()
        with self._lock:
            if self._over:
                return False
            try:
                said = self.connection.send(line) == len(line)
            except OSError:  # gone, or nothing more fits in
                said = False
            if reply.last or not said:
                self._over = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)  # what was said can still be read
            return said

    def gone(self) -> bool:
        """Whether it has hung up."""
        with self._lock:
            if self._over:
                return True
            try:
                return self.connection.recv(1, socket.MSG_PEEK) == b""
            except BlockingIOError:
                return False
            except OSError:
                return True

    def close(self) -> None:
        """Hang up; in the server's thread."""
        with self._lock:
            self._over = True
            self.connection.close()


class SocketServer:
    """Serves at a path, in a thread of its own. Raises OSError."""

    def __init__(self, path: Path, handle: Handler) -> None:
        self._handle = handle
        self._callers: dict[socket.socket, SocketCaller] = {}  # the one who has been here longest first
        self.path = path
        self._door = _bound(path)
        self._waker, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._door, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="second starts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Hang up on everybody and take the socket away."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._waker.send(b".")
        self._thread.join()
        self._waker.close()
        self._woken.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            for key, _ in self._selector.select(self._patience()):
                if key.fileobj is self._door:
                    self._accept()
                elif caller := self._callers.get(key.fileobj):  # type: ignore[call-overload]
                    self._hear(caller)
            now = time.monotonic()
            for caller in [each for each in self._silent() if each.deadline <= now]:
                self._hang_up(caller)
        self._end()

    def _end(self) -> None:
        for caller in [*self._callers.values()]:
            self._hang_up(caller)
        self.path.unlink(missing_ok=True)
        self._selector.close()
        self._door.close()

    def _silent(self) -> list[SocketCaller]:
        return [caller for caller in self._callers.values() if not caller.asked]

    def _patience(self) -> float | None:
        """Until somebody has been silent for too long; with nobody there this thread sleeps."""
        deadlines = [caller.deadline for caller in self._silent()]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _accept(self) -> None:
        try:
            connection, _ = self._door.accept()
        except BlockingIOError:
            return
        except OSError as error:
            log.debug("Nobody can be let in: %s", error)
            self._stopping.wait(_BREATH_SECONDS)
            return
        connection.setblocking(False)
        if not _is_own(connection):
            connection.close()
            return
        caller = self._callers[connection] = SocketCaller(connection)
        self._selector.register(connection, selectors.EVENT_READ)
        if len(self._callers) > MOST_CALLERS:
            self._make_room(caller)

    def _make_room(self, last: SocketCaller) -> None:
        """Who says nothing goes first; who waits for a person's answer stays."""
        oldest = self._silent()[0]
        if oldest is last:
            last.tell(Reply(Said.REFUSED, why=Why.BUSY))
        self._hang_up(oldest)

    def _hear(self, caller: SocketCaller) -> None:
        try:
            heard = caller.connection.recv(LINE_MAX)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        if not heard or caller.asked:  # nothing is to come after the request
            self._hang_up(caller)
            return
        caller.received += heard
        if b"\n" in caller.received or len(caller.received) >= LINE_MAX:
            self._take(caller)

    def _take(self, caller: SocketCaller) -> None:
        received = caller.received
        caller.received, caller.asked = b"", True
        hand_over(received, caller, self._handle)

    def _hang_up(self, caller: SocketCaller) -> None:
        del self._callers[caller.connection]
        self._selector.unregister(caller.connection)
        caller.close()


def _bound(path: Path) -> socket.socket:
    """A socket that listens at a path, in a folder of mode 0700; what another left there goes."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_ours(path.parent):
        raise PermissionError(f"{path.parent} is not this user's alone.")
    path.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        door.bind(str(path))
        path.chmod(0o600)
        door.listen(_BACKLOG)
    except BaseException:
        door.close()
        raise
    door.setblocking(False)
    return door


# --- the second start's side ------------------------------------------------------------------------------


def call_one_of(outbox: Path, environ: Mapping[str, str], seconds: float) -> SocketLine:
    """Call the resident program. Raises OSError where nobody is, TimeoutError where somebody is silent."""
    for address in _addresses(outbox, environ):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(seconds)
        try:
            connection.connect(address)
        except TimeoutError:
            connection.close()
            raise
        except BlockingIOError as error:  # Linux: so many wait to be let in that it does not even wait
            connection.close()
            raise TimeoutError("Nobody is let in.") from error
        except OSError:
            connection.close()
            continue
        if _is_own(connection):
            return SocketLine(connection)
        connection.close()
    raise ConnectionRefusedError("Nobody is there.")


class SocketLine:
    """The second start's end."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, line: bytes, seconds: float) -> None:
        """Say something."""
        self._connection.settimeout(seconds)
        self._connection.sendall(line)

    def receive(self, seconds: float | None) -> bytes:
        """What comes next."""
        self._connection.settimeout(seconds)
        return self._connection.recv(LINE_MAX)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
