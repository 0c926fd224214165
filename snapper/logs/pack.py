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
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from snapper import disk
from snapper.errors import LogsFailed, NotPrivate
from snapper.filenames import safe_name
from snapper.language import Sentence, _
from snapper.logs.found import LogFile
from snapper.logs.sharing import open_to_pack
from snapper.logs.zip_stream import ZipStream
from snapper.report import LogEntry, LogKind, timestamp

if TYPE_CHECKING:
    from snapper.privacy.redact import Redactor

Progress = Callable[[int, int], None]

_PIECES_BEHIND = 2  # hashing may be so far behind deflating: it evens both out, and bounds the memory
_WRITTEN_SECONDS = 2  # a last line that breaks off and was begun so lately is still being written
_KEPT_BY_ANOTHER = (32, 33)  # on Windows: sharing violation, lock violation
_LINE_MAX = 1 << 16  # bytes from the end in which the last line's beginning is looked for
_SMALL_ZIP_MAX = 4_000_000_000  # bytes of logs that are sure to fit into a zip without the 64 bit form


@dataclass(frozen=True)
class Packed:
    """An archive: size in bytes, SHA-256 in hex, what is in it, and sentences about what is not."""

    size: int
    sha256: str
    entries: tuple[LogEntry, ...]
    remarks: tuple[Sentence, ...]


def pack(
    files: Sequence[LogFile],
    destination: Path,
    progress: Progress | None = None,
    redactor: Redactor | None = None,
) -> Packed:
    """Pack logs into a new zip file; its content is synced to disk when this returns, its folder is not.

    With a `redactor` plain logs, names and remarks are freed of private values; a log that cannot be is
    left out. `progress` is told the bytes read and the bytes in all. Raises LogsFailed when no log could be
    read and CannotKeep when the archive cannot be written; then no archive is left.
    """
    left_out: list[LogFile] = []
    with (
        disk.keeping("the archive of today's logs", destination.parent),
        _created(destination) as archive,
        ThreadPoolExecutor(1, "log-hash") as hasher,
    ):
        while True:
            packing = _Packing(files, hasher, progress or (lambda done, total: None), redactor, left_out)
            try:
                size, sha256 = packing.write(archive)
                break
            except _LeftOut as error:  # what is written of it must go: rare, so all begins anew
                left_out.append(error.log)
                archive.seek(0)
                archive.truncate()
        if not packing.entries:
            raise LogsFailed(
                _("None of today's logs could be read."), _("Check that you may open them, then try again.")
            )
    return Packed(size, sha256, tuple(packing.entries), packing.private_remarks())


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
            disk.remove(path)
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


class _LeftOut(Exception):
    """A log could not be made private."""

    def __init__(self, log: LogFile) -> None:
        super().__init__()
        self.log = log


class _Packing:
    """One run: what was packed so far, and what is to be said about it."""

    def __init__(
        self,
        files: Sequence[LogFile],
        hasher: ThreadPoolExecutor,
        progress: Progress,
        redactor: Redactor | None,
        left_out: Sequence[LogFile],
    ) -> None:
        self.entries: list[LogEntry] = []
        self.remarks: list[tuple[Sentence, LogFile]] = []
        self._hasher = hasher
        self._progress = progress
        self._redactor = redactor
        self._names: list[str] = []
        self._done = 0
        self.remarks += [(_("{file} could not be made private and is left out."), log) for log in left_out]
        self._begun = [(log, self._size_now(log)) for log in files if log not in left_out]
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

    def private_remarks(self) -> tuple[Sentence, ...]:
        """The remarks, without private values where there is a redactor."""
        name = self._redactor.text if self._redactor else str
        return tuple(remark.format(file=name(log.name)) for remark, log in self.remarks)

    def _name(self, log: LogFile) -> str:
        """The log's name in the archive: without private values and unique where there is a redactor."""
        if not self._redactor:
            return log.name
        *folders, last = map(safe_name, self._redactor.text(log.name).split("/"))
        folder = "".join(f"{part}/" for part in folders)
        taken = [name.removeprefix(folder) for name in self._names if name.startswith(folder)]
        self._names.append(name := folder + safe_name(last, taken))
        return name

    def _size_now(self, log: LogFile) -> int | None:
        try:
            size = log.path.stat().st_size
            return _part(log, size)[1]
        except OSError as error:
            self.remarks.append((_why_missing(error), log))
            return None

    def _add(self, stream: ZipStream, log: LogFile, size: int) -> None:
        try:
            source = open_to_pack(log.path)
        except OSError as error:
            self.remarks.append((_why_missing(error), log))
            return
        with source:
            modified = os.fstat(source.fileno()).st_mtime
            hashed = _Hash(self._hasher)
            name = self._name(log)
            stream.add(name, modified, self._content(log, source, size, hashed))
        self.entries.append(LogEntry(name, hashed.size, hashed.hexdigest(), timestamp(modified), log.kind))

    def _content(self, log: LogFile, source: BinaryIO, size: int, hashed: _Hash) -> Iterator[bytes]:
        """The bytes of one log; while they are deflated here they are hashed in the other thread."""
        pieces = self._counted(self._readable(log, source, size))
        if self._redactor and log.kind is LogKind.PLAIN:
            pieces = self._redactor.stream(pieces)
        try:
            for piece in pieces:
                hashed.update(piece)
                yield piece
        except NotPrivate as error:
            raise _LeftOut(log) from error

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            self._done += len(piece)
            self._progress(self._done, self._total)

    def _readable(self, log: LogFile, source: BinaryIO, size: int) -> Iterator[bytes]:
        try:
            start = log.span[0] if log.span else 0
            if log.span:
                source.seek(start)
                yield from _pieces(source, size)
            else:
                yield from _as_it_was(source, size, log.kind)
            if os.fstat(source.fileno()).st_size < start + size:
                shorter = _("{file} became shorter while it was packed: its end is missing.")
                self.remarks.append((shorter, log))
        except OSError:
            self.remarks.append((_("{file} could be read only in part: its end is missing."), log))


def _part(log: LogFile, size: int) -> tuple[int, int]:
    """Where the part of a log that goes begins, and how many bytes it has."""
    start, end = log.span or (0, size)
    return start, max(0, min(end, size) - start)


def _as_it_was(source: BinaryIO, size: int, kind: LogKind) -> Iterator[bytes]:
    """The first `size` bytes; without the last line if that is incomplete and still being written."""
    complete = _end_of_last_line(source, size) if kind is LogKind.PLAIN else size
    yield from _pieces(source, complete)
    facts = os.fstat(source.fileno())
    if complete < size and facts.st_size == size and time.time() - facts.st_mtime > _WRITTEN_SECONDS:
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


def _why_missing(error: OSError) -> Sentence:
    if isinstance(error, FileNotFoundError):
        return _("{file} vanished before it could be packed.")
    if getattr(error, "winerror", None) in _KEPT_BY_ANOTHER:
        return _("{file} is missing: another program keeps it to itself.")
    if isinstance(error, PermissionError):
        return _("{file} is missing: this user may not open it.")
    return _("{file} is missing: it could not be read.")
