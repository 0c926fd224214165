"""Logs into one zip, in one pass and constant memory, while TWS goes on writing them.

Every log is taken as it was when packing began: up to its size at that moment. One that grows while it is
read is taken to its last complete line. What cannot be read is remarked and left out; the rest is packed.

Times in the archive are UTC. The same files give the same archive, byte for byte. Sealed logs are deflated
like plain ones: copying them into the archive unchanged was measured to be no faster.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from snapper import disk
from snapper.errors import LogsFailed
from snapper.logs.today import LogFile
from snapper.logs.zip_stream import ZipStream
from snapper.report import LogEntry, LogKind, timestamp

Progress = Callable[[int, int], None]

_PIECES_BEHIND = 2  # hashing may be so far behind deflating: it evens both out, and bounds the memory
_LINE_MAX = 1 << 16  # bytes from the end in which the last line's beginning is looked for
_SMALL_ZIP_MAX = 4_000_000_000  # bytes of logs that are sure to fit into a zip without the 64 bit form
# A name exchanged for a link is not followed, one exchanged for a pipe is not waited for.
_READ = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC")
)


@dataclass(frozen=True)
class Packed:
    """An archive: size in bytes, SHA-256 in hex, what is in it, and sentences about what is not."""

    size: int
    sha256: str
    entries: tuple[LogEntry, ...]
    remarks: tuple[str, ...]


def pack(files: Sequence[LogFile], destination: Path, progress: Progress | None = None) -> Packed:
    """Pack logs into a new zip file; its content is synced to disk when this returns, its folder is not.

    `progress` is told the bytes read and the bytes in all. Raises LogsFailed when no log could be read and
    CannotKeep when the archive cannot be written; then no archive is left.
    """
    with (
        disk.keeping("the archive of today's logs", destination.parent),
        _created(destination) as archive,
        ThreadPoolExecutor(1, "log-hash") as hasher,
    ):
        packing = _Packing(files, hasher, progress or (lambda done, total: None))
        size, sha256 = packing.write(archive)
        if not packing.entries:
            raise LogsFailed(
                "None of today's logs could be read.", "Check that you may open them, then try again."
            )
    return Packed(size, sha256, tuple(packing.entries), tuple(packing.remarks))


@contextlib.contextmanager
def _created(path: Path) -> Iterator[BinaryIO]:
    """A new file that is gone again if the block fails."""
    try:
        with disk.create(path) as file:
            yield file
    except FileExistsError:
        raise  # that one is not ours
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        raise


class _Hash:
    """A SHA-256 that is worked out in another thread, never far behind."""

    def __init__(self, hasher: ThreadPoolExecutor) -> None:
        self._hasher = hasher
        self._sha256 = hashlib.sha256()
        self._pending: deque[Future[None]] = deque()
        self.size = 0

    def update(self, piece: bytes) -> None:
        """Hash a piece, soon."""
        self.size += len(piece)
        self._pending.append(self._hasher.submit(self._sha256.update, piece))
        if len(self._pending) > _PIECES_BEHIND:
            self._pending.popleft().result()

    def hexdigest(self) -> str:
        """The hash of all pieces."""
        while self._pending:
            self._pending.popleft().result()
        return self._sha256.hexdigest()


class _Packing:
    """One run: what was packed so far, and what is to be said about it."""

    def __init__(self, files: Sequence[LogFile], hasher: ThreadPoolExecutor, progress: Progress) -> None:
        self.entries: list[LogEntry] = []
        self.remarks: list[str] = []
        self._hasher = hasher
        self._progress = progress
        self._done = 0
        self._begun = [(log, self._size_now(log)) for log in files]
        self._total = sum(size or 0 for _, size in self._begun)

    def write(self, archive: BinaryIO) -> tuple[int, str]:
        """Write the archive; its size in bytes and SHA-256 in hex."""
        hashed = _Hash(self._hasher)

        def put(piece: bytes) -> None:
            hashed.update(piece)
            archive.write(piece)

        stream = ZipStream(put, large=self._total > _SMALL_ZIP_MAX)
        for log, size in self._begun:
            if size is not None:
                self._add(stream, log, size)
        stream.finish()
        return archive.tell(), hashed.hexdigest()

    def _size_now(self, log: LogFile) -> int | None:
        try:
            return log.path.stat().st_size
        except OSError as error:
            self.remarks.append(_why_missing(log, error))
            return None

    def _add(self, stream: ZipStream, log: LogFile, size: int) -> None:
        try:
            source = os.fdopen(os.open(log.path, _READ), "rb", buffering=0)
        except OSError as error:
            self.remarks.append(_why_missing(log, error))
            return
        with source:
            modified = os.fstat(source.fileno()).st_mtime
            hashed = _Hash(self._hasher)
            stream.add(log.name, modified, self._content(log, source, size, hashed))
        self.entries.append(
            LogEntry(log.name, hashed.size, hashed.hexdigest(), timestamp(modified), log.kind)
        )

    def _content(self, log: LogFile, source: BinaryIO, size: int, hashed: _Hash) -> Iterator[bytes]:
        """The bytes of one log; while they are deflated here they are hashed in the other thread."""
        for piece in self._readable(log, source, size):
            hashed.update(piece)
            yield piece
            self._done += len(piece)
            self._progress(self._done, self._total)

    def _readable(self, log: LogFile, source: BinaryIO, size: int) -> Iterator[bytes]:
        try:
            yield from _as_it_was(source, size, log.kind)
            if os.fstat(source.fileno()).st_size < size:
                self.remarks.append(f"{log.name} became shorter while it was packed: its end is missing.")
        except OSError:
            self.remarks.append(f"{log.name} could be read only in part: its end is missing.")


def _as_it_was(source: BinaryIO, size: int, kind: LogKind) -> Iterator[bytes]:
    """The first `size` bytes; without the last line if that is incomplete and still being written."""
    complete = _end_of_last_line(source, size) if kind is LogKind.PLAIN else size
    yield from _pieces(source, complete)
    if complete < size and os.fstat(source.fileno()).st_size == size:
        yield from _pieces(source, size - complete)


def _end_of_last_line(source: BinaryIO, size: int) -> int:
    start = max(0, size - _LINE_MAX)
    source.seek(start)
    last = source.read(size - start).rfind(b"\n")
    source.seek(0)
    return size if last < 0 else start + last + 1


def _pieces(source: BinaryIO, count: int) -> Iterator[bytes]:
    while count and (piece := source.read(min(count, disk.CHUNK))):
        count -= len(piece)
        yield piece


def _why_missing(log: LogFile, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{log.name} vanished before it could be packed."
    if isinstance(error, PermissionError):
        return f"{log.name} is missing: this user may not open it."
    return f"{log.name} is missing: it could not be read."
