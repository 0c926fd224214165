"""Files on their way in, piece by piece, and how they become part of a report. No HTTP.

    <desk's folder>/uploads/<id>     the bytes so far; how many there are is how far the upload is

So a killed desk goes on where it was. A piece with a checksum counts whole or not at all: while one is being
written, `proven` in the database says how far the upload was before it, and only that counts.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from snapper import disk
from snapper.desk.database import Database
from snapper.desk.limits import UPLOAD_SECONDS, UPLOADS_MAX, Limits
from snapper.desk.problem import Kind, Problem, storing, too_large
from snapper.report import StoredFile

_COLUMNS = "id, token, report, name, size, metadata, proven"
_RETRY_SECONDS = 3600  # uploads of others end or expire meanwhile


@dataclass(frozen=True)
class Announced:
    """An upload as it was announced: by which token, for which report, the file's name and size in bytes;
    `metadata` is the announcement's own wording."""

    token: str
    report: str
    name: str
    size: int
    metadata: str


@dataclass(frozen=True)
class Upload:
    """An upload: `offset` is how many of its bytes are here, `expires_at` unix seconds."""

    id: str
    announced: Announced
    offset: int
    expires_at: float


class Digest(Protocol):
    """A running hash, as hashlib has them."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


@dataclass
class Checksum:
    """What the sender says of a piece: a hash of the kind it chose, and its value over the whole piece."""

    hash: Digest
    expected: bytes


class Uploads:
    """The uploads of a desk. Any thread may call any method; one request at a time writes to an upload."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def create(self, announced: Announced, limits: Limits) -> Upload:
        """Begin an upload, or find the one that was announced in the same words before.

        Raises Problem: TOO_LARGE, TOO_MANY_UPLOADS, DISK_FULL, CANNOT_STORE.
        """
        with storing(), self._database.lock:
            self._expire()
            same = (announced.token, announced.report, announced.name, announced.size)
            known = self._one("token = ? AND report = ? AND name = ? AND size = ?", *same)
            if known:
                return known
            self._check_room(announced, limits)
            return self._begin(announced)

    def _check_room(self, announced: Announced, limits: Limits) -> None:
        token, report = announced.token, announced.report
        query = "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM uploads WHERE token = ?"
        ((number, pending),) = self._database.rows(query, token)
        ((_, of_report),) = self._database.rows(f"{query} AND report = ?", token, report)
        if of_report + announced.size > limits.report_bytes:
            raise too_large(limits.report_bytes)
        if number >= UPLOADS_MAX or pending + announced.size > limits.pending_bytes:
            raise Problem(
                Kind.TOO_MANY_UPLOADS, "Too many uploads to the support desk are unfinished.",
                "It is tried again later.", {"Retry-After": str(_RETRY_SECONDS)},
            )  # fmt: skip

    def _begin(self, announced: Announced) -> Upload:
        id = secrets.token_hex(24)
        disk.write_new(self._folder / id, b"")
        row = (id, announced.token, announced.report, announced.name, announced.size, announced.metadata)
        try:
            with self._database.transaction():
                insert = f"INSERT INTO uploads ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, NULL)"
                self._database.execute(insert, row)
        except BaseException:
            self.delete([id])
            raise
        return Upload(id, announced, 0, time.time() + UPLOAD_SECONDS)

    def find(self, id: str, token: str) -> Upload:
        """A token's upload. Raises Problem NO_SUCH_UPLOAD when it has none of this id, or it has expired."""
        with storing():
            found = self._one("id = ? AND token = ?", id, token)
        if found is None or found.expires_at < time.time():
            raise Problem(Kind.NO_SUCH_UPLOAD, "The support desk has no such upload.", "Start it again.")
        return found

    def _one(self, where: str, *values: object) -> Upload | None:
        with self._database.lock:
            rows = self._database.rows(f"SELECT {_COLUMNS} FROM uploads WHERE {where}", *values)
            return self._read(rows[0]) if rows else None

    def _read(self, row: Any) -> Upload | None:
        """An upload with what is on disk of it; None when somebody removed its file."""
        id, token, report, name, size, metadata, proven = row
        try:
            status = (self._folder / id).stat()
        except FileNotFoundError:
            return None
        offset = status.st_size if proven is None else proven
        announced = Announced(token, report, name, size, metadata)
        return Upload(id, announced, offset, status.st_mtime + UPLOAD_SECONDS)

    # --- writing ------------------------------------------------------------------------------------------

    def open(self, upload: Upload, checksum: Checksum | None) -> Piece:
        """Be ready to write on at the upload's offset. Raises Problem: DISK_FULL, CANNOT_STORE."""
        return Piece(self._database, self._folder / upload.id, upload, checksum)

    def hand_over(self, upload: Upload, expected: StoredFile, target: Path) -> None:
        """Put a finished upload's file at `target` as well, on disk; `Store.keep` ends the upload.

        Raises Problem: WRONG_CONTENT when it is not what is expected; one that has other bytes is removed, so
        that it can be sent again. Nobody may write to it meanwhile.
        """
        announced, path = upload.announced, self._folder / upload.id
        if (announced.name, announced.size, upload.offset) != (expected.name, expected.size, expected.size):
            raise Problem(Kind.WRONG_CONTENT, f"“{expected.name}” has not arrived whole.", "Send it again.")
        with storing():
            if disk.digest(path) != (expected.size, expected.sha256):
                self.remove(upload.id)
                sentence = f"“{expected.name}” did not arrive as the report describes it."
                raise Problem(Kind.WRONG_CONTENT, sentence, "Send it again.")
            _synced_twin(path, target)

    # --- removing -----------------------------------------------------------------------------------------

    def remove(self, *ids: str) -> None:
        """End uploads and delete their bytes. Raises Problem: DISK_FULL, CANNOT_STORE."""
        self.delete(ids)  # first, for the database needs room too; an upload without its file has ended
        with storing(), self._database.transaction():
            for id in ids:
                self._database.execute("DELETE FROM uploads WHERE id = ?", (id,))

    def end_stored(self, report_id: str) -> list[str]:
        """End the uploads of a report's stored files, inside a transaction; `delete` them after it."""
        query = "SELECT uploads.id FROM uploads JOIN stored USING (report, name) WHERE report = ?"
        ids = [row[0] for row in self._database.rows(query, report_id)]
        for id in ids:
            self._database.execute("DELETE FROM uploads WHERE id = ?", (id,))
        return ids

    def delete(self, ids: Iterable[str]) -> None:
        """Delete the bytes of uploads that have ended."""
        for id in ids:
            with contextlib.suppress(OSError):  # Windows keeps what is open; the next sweep finds it
                (self._folder / id).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what has expired, and what a kill left; only while no other process serves the folder."""
        with self._database.lock:
            self._expire()
            known = {row[0] for row in self._database.rows("SELECT id FROM uploads")}
            self.delete(path.name for path in self._folder.iterdir() if path.name not in known)

    def _expire(self) -> None:
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM uploads")
        uploads = {row[0]: self._read(row) for row in rows}
        now = time.time()
        if gone := [id for id, upload in uploads.items() if upload is None or upload.expires_at < now]:
            self.remove(*gone)


class Piece:
    """Bytes that are being added to an upload; use, then `close`. Every method may raise Problem."""

    def __init__(self, database: Database, path: Path, upload: Upload, checksum: Checksum | None) -> None:
        self._database = database
        self._upload = upload
        self._checksum = checksum
        self._proven = False
        with storing():
            self._file = path.open("r+b", buffering=0)
            try:
                self._file.truncate(upload.offset)  # bytes of a piece that was never proven
                self._file.seek(upload.offset)
                self._note(upload.offset if checksum else None)
            except BaseException:
                self._file.close()
                raise

    def write(self, data: bytes) -> None:
        """Add bytes; what fits on the disk stays."""
        if self._checksum:
            self._checksum.hash.update(data)
        with storing():
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]

    def prove(self) -> None:
        """Compare the piece with its checksum, if it has one. Raises Problem WRONG_CHECKSUM."""
        if self._checksum and not secrets.compare_digest(
            self._checksum.hash.digest(), self._checksum.expected
        ):
            raise Problem(
                Kind.WRONG_CHECKSUM, "A part of the file was changed on the way here.", "Send it again."
            )
        self._proven = True

    def close(self) -> None:
        """Let go of the file; a piece with a checksum that was not proven is forgotten."""
        with storing(), self._file:
            if self._checksum:
                if not self._proven:
                    self._file.truncate(self._upload.offset)
                self._note(None)

    def _note(self, proven: int | None) -> None:
        with self._database.transaction():
            statement = "UPDATE uploads SET proven = ? WHERE id = ? AND proven IS NOT ?"
            self._database.execute(statement, (proven, self._upload.id, proven))


def _synced_twin(path: Path, target: Path) -> None:
    """Make the file's content durable and give it a second name; a copy where the disk has no such thing."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
    try:
        os.link(path, target)
    except OSError:
        with path.open("rb") as source, disk.create(target) as copy:
            shutil.copyfileobj(source, copy, disk.CHUNK)
