"""Logs inside a stored `logs.zip`: one log as a stream, or its end for reading. Bounded; no HTTP.

The zip came from outside: neither its table of contents nor a log that unpacks to terabytes may fill memory
or keep a processor busy for long.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from snapper.desk.problem import Kind, Problem

TAIL_BYTES = 256 * 1024
READ_BYTES = 4 << 30  # a log this long takes some 10 s to pass through
CONTENTS_BYTES = 4 << 20  # a thousand logs with long names need a tenth
_PIECE = 256 * 1024


@dataclass(frozen=True)
class Tail:
    """The end of a log as text; `skipped` bytes come before it."""

    text: str
    skipped: int


class _BoundedFile(io.FileIO):
    """A file that is never read in large pieces: zipfile reads the table of contents as one."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most CONTENTS_BYTES. Raises BadZipFile when more is asked for."""
        wanted = os.fstat(self.fileno()).st_size - self.tell() if size is None or size < 0 else size
        if wanted > CONTENTS_BYTES:
            raise zipfile.BadZipFile("table of contents too long")
        return super().read(wanted) or b""


def tail(archive: Path, name: str) -> Tail:
    """The last TAIL_BYTES of a log, from the start of a line on. Raises Problem."""
    end, size = b"", 0
    for piece in stream(archive, name):
        end = (end + piece)[-TAIL_BYTES:]
        size += len(piece)
    if size > len(end):
        end = end[end.find(b"\n") + 1 :]
    return Tail(end.decode("utf-8", "replace"), size - len(end))


def stream(archive: Path, name: str) -> Iterator[bytes]:
    """A log in pieces. Raises Problem when it is not there, damaged, or longer than READ_BYTES."""
    with _readable(), _BoundedFile(archive, "rb") as file, zipfile.ZipFile(file) as contents:
        info = contents.getinfo(name)
        if info.file_size > READ_BYTES:
            raise Problem(Kind.UNREADABLE, "This log is too long to be unpacked here.", "Download logs.zip.")
        with contents.open(info) as log:  # stops after info.file_size bytes
            while piece := log.read(_PIECE):
                yield piece


def opened(archive: Path, name: str) -> Iterator[bytes]:
    """As `stream`, but what is wrong with the archive is raised here, before the first piece is asked for."""
    pieces = stream(archive, name)
    first = next(pieces, b"")
    return itertools.chain((first,), pieces)


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        raise Problem(Kind.NOT_FOUND, "This log is not in the archive.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise Problem(Kind.UNREADABLE, "This log cannot be unpacked.", "Download logs.zip.") from error
