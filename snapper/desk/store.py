"""What the desk keeps: tickets and reports in SQLite, their files in a folder. No HTTP.

    <folder>/desk.sqlite3         tickets, reports with their verbatim manifests, uploads, tokens, staff
             files/<report id>/   report.json and the attachments; never change
             staging/<random>/    reports, or files of one, on their way in
             uploads/             files that come in pieces
             secret               signs the inbox's session cookies
             desk.lock            held by the one process that serves the folder

A report is written to staging and synced, renamed to its place, and becomes visible by one transaction. It
may lack attachments: it is still arriving then, and each is added in the same way. What a kill leaves in
between is not visible and is removed when the folder is next served.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from snapper import disk
from snapper.desk.access import Access
from snapper.desk.database import Database
from snapper.desk.problem import Kind, Problem, storing
from snapper.desk.uploads import Uploads
from snapper.errors import SnapperError
from snapper.report import (
    CODE_VALUES,
    MANIFEST_NAME,
    Attachment,
    Receipt,
    Report,
    StoredFile,
    receipt_code,
    timestamp,
)

TITLE_MAX_CHARS = 80
_TICKETS = """
SELECT number, state, title, created_at, updated_at, COUNT(reports.id),
       (SELECT code FROM reports WHERE ticket = number ORDER BY arrival DESC LIMIT 1)
FROM tickets LEFT JOIN reports ON ticket = number
"""
# Not as many files are stored as the manifest names, itself included.
_ARRIVING = """
(SELECT COUNT(*) FROM stored WHERE report = reports.id)
    <= json_array_length(CAST(manifest AS TEXT), '$.attachments')
"""


@dataclass(frozen=True)
class Arrival:
    """A report in staging, or some of its files: verified, synced, not yet visible."""

    report: Report
    manifest: bytes
    files: tuple[StoredFile, ...]
    folder: Path


@dataclass(frozen=True)
class Kept:
    """A report the desk keeps: the files that are stored, and those that are still to come."""

    report: Report
    manifest: bytes
    ticket: int
    code: str
    received_at: str
    token: str
    files: tuple[StoredFile, ...]

    @property
    def missing(self) -> tuple[Attachment, ...]:
        """The attachments that are still to come."""
        stored = {file.name for file in self.files}
        return tuple(part for part in self.report.attachments if part.name not in stored)

    def receipt(self, base_url: str) -> Receipt:
        """The desk's word for it; `base_url` is where the inbox answers, without a slash at the end."""
        url = f"{base_url}/tickets/{self.ticket}"
        return Receipt(self.report.id, str(self.ticket), self.code, url, self.received_at, self.files)


@dataclass(frozen=True)
class Ticket:
    """A ticket in the list: how many reports it has, the code of the newest, the files still to come."""

    number: int
    state: str
    title: str
    created_at: str
    updated_at: str
    reports: int
    newest_code: str | None
    missing: tuple[Attachment, ...] = ()


class Store(Access):
    """A desk's folder. Any thread may call any method; several processes may have one open, one serves it."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, making it when it is not there. Raises SnapperError when that cannot be done."""
        self.folder = folder
        try:
            for part in (folder, folder / "files", folder / "staging", folder / "uploads"):
                disk.make_private(part)
            database = Database(folder / "desk.sqlite3")
            self.secret = _secret(folder / "secret")
        except (OSError, sqlite3.Error) as error:
            raise SnapperError(
                f"The desk's folder {folder} cannot be used.",
                "Allow writing there, or choose another folder.",
            ) from error
        super().__init__(database)
        self.uploads = Uploads(database, folder / "uploads")

    def close(self) -> None:
        """Close the database; the store is of no use afterwards."""
        self._database.close()

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Be the one process that serves this folder, after removing what a kill left half stored.

        Raises SnapperError when another process serves it.
        """
        with disk.locked(self.folder / "desk.lock") as alone:
            if not alone:
                raise SnapperError(
                    f"Another desk is already running on {self.folder}.", "Stop it, or choose another folder."
                )
            self._sweep()
            yield

    def _sweep(self) -> None:
        visible = {row[0] for row in self._database.rows("SELECT id FROM reports")}
        stale = [path for path in (self.folder / "files").iterdir() if path.name not in visible]
        for path in (*stale, *(self.folder / "staging").iterdir()):
            shutil.rmtree(path)
        for kept in self._reports(_ARRIVING):
            for part in kept.missing:
                self.path(kept.report, part.name).unlink(missing_ok=True)
        self.uploads.sweep()

    # --- reports ------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """A new folder for a report on its way in; what is not kept goes when the block ends."""
        folder = self.folder / "staging" / secrets.token_hex(16)
        with storing():
            folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def find(self, report_id: str) -> Kept | None:
        """The report of this id, or None."""
        return next(iter(self._reports("id = ?", report_id)), None)

    def check(self, report: Report, manifest: bytes) -> Kept | None:
        """Whether a report may come in: None (it may), or what is here already of the same one.

        Raises Problem: OTHER_CONTENT, NO_SUCH_TICKET, TICKET_CLOSED.
        """
        with self._database.lock:
            known = self.find(report.id)
            if known and known.manifest != manifest:
                raise Problem(Kind.OTHER_CONTENT, "A different report was already stored under this id.")
            if not known and report.ticket is not None:
                self._open_ticket(report.ticket)
            return known

    def keep(self, arrival: Arrival, token: str) -> tuple[Kept, bool]:
        """Make a report in staging part of the store, or add its files to the report that lacks them; says
        also whether the report is new.

        `token` is the name of the token it came with. Raises Problem as `check` does, and CANNOT_STORE or
        DISK_FULL; then nothing of it is stored.
        """
        with self._database.lock, storing():
            known = self.check(arrival.report, arrival.manifest)
            if known:
                return self._add_files(known, arrival), False
            home = self._move_in(arrival)
            try:
                return self._make_visible(arrival, token), True
            except BaseException:
                if self.find(arrival.report.id) is None:
                    shutil.rmtree(home, ignore_errors=True)
                raise

    def _move_in(self, arrival: Arrival) -> Path:
        home = self.folder / "files" / arrival.report.id
        if home.exists():  # a transaction failed after the files were in place
            shutil.rmtree(home)
        disk.sync_folder(arrival.folder)
        disk.rename(arrival.folder, home)
        return home

    def _make_visible(self, arrival: Arrival, token: str) -> Kept:
        report, now = arrival.report, timestamp(time.time())
        with self._storing_files(report.id):
            code = self._new_code()
            number = (
                self._open_ticket(report.ticket) if report.ticket else self._new_ticket(report, code, now)
            )
            self._database.execute("UPDATE tickets SET updated_at = ? WHERE number = ?", (now, number))
            self._database.execute(
                "INSERT INTO reports (id, code, ticket, received_at, token, manifest)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (report.id, code, number, now, token, arrival.manifest),
            )
            self._insert_files(report, arrival.files)
        return Kept(report, arrival.manifest, number, code, now, token, arrival.files)

    def _add_files(self, known: Kept, arrival: Arrival) -> Kept:
        """Add the files that a known report lacks; those that are moved but not yet told of are replaced."""
        lacking = {part.name for part in known.missing}
        came = tuple(file for file in arrival.files if file.name in lacking)
        for file in came:
            disk.rename(arrival.folder / file.name, self.path(known.report, file.name))
        if came:
            row = (timestamp(time.time()), known.ticket)
            with self._storing_files(known.report.id):
                self._insert_files(known.report, came)
                self._database.execute("UPDATE tickets SET updated_at = ? WHERE number = ?", row)
        return replace(known, files=self._files(known.report.id))

    @contextlib.contextmanager
    def _storing_files(self, report_id: str) -> Iterator[None]:
        """A transaction that also ends the uploads of the files it stores."""
        with self._database.transaction():
            yield
            ended = self.uploads.end_stored(report_id)
        self.uploads.delete(ended)

    def _insert_files(self, report: Report, files: tuple[StoredFile, ...]) -> None:
        names = (MANIFEST_NAME, *(part.name for part in report.attachments))
        places = {name: place for place, name in enumerate(names)}
        for file in files:
            row = (report.id, places[file.name], file.name, file.size, file.sha256)
            self._database.execute("INSERT INTO stored VALUES (?, ?, ?, ?, ?)", row)

    def _new_code(self) -> str:
        while True:
            code = receipt_code(secrets.randbelow(CODE_VALUES))
            if not self._database.rows("SELECT 1 FROM reports WHERE code = ?", code):
                return code

    def _reports(self, where: str, *values: object, limit: int = -1) -> list[Kept]:
        columns = "id, manifest, ticket, code, received_at, token"
        query = f"SELECT {columns} FROM reports WHERE {where} ORDER BY arrival DESC LIMIT ?"
        with self._database.lock:
            return [self._kept(*row) for row in self._database.rows(query, *values, limit)]

    def _kept(
        self, report_id: str, manifest: bytes, ticket: int, code: str, received_at: str, token: str
    ) -> Kept:
        report = Report.from_json(manifest)
        return Kept(report, manifest, ticket, code, received_at, token, self._files(report_id))

    def _files(self, report_id: str) -> tuple[StoredFile, ...]:
        query = "SELECT name, size, sha256 FROM stored WHERE report = ? ORDER BY position"
        return tuple(StoredFile(*row) for row in self._database.rows(query, report_id))

    def path(self, report: Report, name: str) -> Path:
        """Where a stored file of a report is; `name` is one of its attachments or `report.json`."""
        return self.folder / "files" / report.id / name

    # --- tickets ------------------------------------------------------------------------------------------

    def tickets(self, offset: int = 0, limit: int = 50) -> list[Ticket]:
        """Tickets, newest first."""
        return self._tickets("GROUP BY number ORDER BY number DESC LIMIT ? OFFSET ?", limit, offset)

    def ticket(self, number: int) -> Ticket | None:
        """One ticket, or None."""
        return next(iter(self._tickets("WHERE number = ? GROUP BY number", number)), None)

    def ticket_of_code(self, code: str) -> int | None:
        """The number of the ticket whose report has this receipt code (in its standard form), or None."""
        rows = self._database.rows("SELECT ticket FROM reports WHERE code = ?", code)
        return rows[0][0] if rows else None

    def reports_of(self, number: int, limit: int) -> list[Kept]:
        """A ticket's reports, newest first."""
        return self._reports("ticket = ?", number, limit=limit)

    def set_state(self, number: int, state: str) -> None:
        """Open or close a ticket (`open`, `closed`)."""
        row = (state, timestamp(time.time()), number)
        with self._database.transaction():
            self._database.execute("UPDATE tickets SET state = ?, updated_at = ? WHERE number = ?", row)

    def _tickets(self, rest: str, *values: object) -> list[Ticket]:
        with self._database.lock:
            rows = self._database.rows(_TICKETS + rest, *values)
            return [replace(Ticket(*row), missing=self._missing(row[0])) for row in rows]

    def _missing(self, number: int) -> tuple[Attachment, ...]:
        """The attachments still to come to a ticket's newest report that is still arriving."""
        arriving = self._reports(f"ticket = ? AND {_ARRIVING}", number, limit=1)
        return arriving[0].missing if arriving else ()

    def _open_ticket(self, text: str) -> int:
        # Twelve digits stay inside SQLite's integers.
        ticket = self.ticket(int(text)) if text.isascii() and text.isdigit() and len(text) <= 12 else None
        if ticket is None:
            raise Problem(
                Kind.NO_SUCH_TICKET, f"There is no ticket {text}.", "Check the number, or leave it empty."
            )
        if ticket.state == "closed":
            raise Problem(
                Kind.TICKET_CLOSED, f"Ticket {text} is closed.", "Leave the number empty for a new ticket."
            )
        return ticket.number

    def _new_ticket(self, report: Report, code: str, now: str) -> int:
        row = (_title(report.note) or f"Report {code}", now, now)
        cursor = self._database.execute(
            "INSERT INTO tickets (state, title, created_at, updated_at) VALUES ('open', ?, ?, ?)", row
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid


def _secret(path: Path) -> str:
    if not path.exists():
        disk.replace(path, secrets.token_hex(32).encode())
    return path.read_text()


def _title(note: str) -> str:
    line = next((line.strip() for line in note.splitlines() if line.strip()), "")
    text = "".join(char for char in line if char.isprintable())
    return text if len(text) <= TITLE_MAX_CHARS else f"{text[: TITLE_MAX_CHARS - 1].rstrip()}…"
