"""What the desk keeps: tickets and reports in SQLite, their files in a folder, tokens and staff. No HTTP.

    <folder>/desk.sqlite3         tickets, reports with their verbatim manifests, tokens, staff
             files/<report id>/   report.json and the attachments; never change
             staging/<random>/    reports on their way in
             secret               signs the inbox's session cookies
             desk.lock            held by the one process that serves the folder

A report is written to staging and synced, renamed to its place, and becomes visible by one transaction. What
a kill leaves in between is not visible and is removed when the folder is next served.
"""

from __future__ import annotations

import contextlib
import errno
import hmac
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from snapper import disk
from snapper.desk import passwords
from snapper.desk.database import open_database
from snapper.desk.problem import Kind, Problem
from snapper.errors import SnapperError, UsageError
from snapper.report import CODE_VALUES, Receipt, Report, StoredFile, receipt_code, timestamp

TITLE_MAX_CHARS = 80
_TICKETS = """
SELECT number, state, title, created_at, updated_at, COUNT(reports.id),
       (SELECT code FROM reports WHERE ticket = number ORDER BY arrival DESC LIMIT 1)
FROM tickets LEFT JOIN reports ON ticket = number
"""


@dataclass(frozen=True)
class Arrival:
    """A report in staging: verified, synced, not yet visible."""

    report: Report
    manifest: bytes
    files: tuple[StoredFile, ...]
    folder: Path


@dataclass(frozen=True)
class Kept:
    """A report the desk keeps."""

    report: Report
    manifest: bytes
    ticket: int
    code: str
    received_at: str
    token: str
    files: tuple[StoredFile, ...]

    def receipt(self, base_url: str) -> Receipt:
        """The desk's word for it; `base_url` is where the inbox answers, without a slash at the end."""
        url = f"{base_url}/tickets/{self.ticket}"
        return Receipt(self.report.id, str(self.ticket), self.code, url, self.received_at, self.files)


@dataclass(frozen=True)
class Ticket:
    """A ticket in the list: how many reports it has and the code of the newest."""

    number: int
    state: str
    title: str
    created_at: str
    updated_at: str
    reports: int
    newest_code: str | None


class Store:
    """A desk's folder. Any thread may call any method; several processes may have one open, one serves it."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, making it when it is not there. Raises SnapperError when that cannot be done."""
        self.folder = folder
        self._lock = threading.RLock()
        self._scrypt = threading.Lock()  # one try takes 16 MiB: many sign-ins must not take them at once
        try:
            for part in (folder, folder / "files", folder / "staging"):
                disk.make_private(part)
            self._database = open_database(folder / "desk.sqlite3")
            self.secret = _secret(folder / "secret")
        except (OSError, sqlite3.Error) as error:
            raise SnapperError(
                f"The desk's folder {folder} cannot be used.",
                "Allow writing there, or choose another folder.",
            ) from error

    def close(self) -> None:
        """Close the database; the store is of no use afterwards."""
        with self._lock:
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
        with self._lock:
            visible = {row[0] for row in self._database.execute("SELECT id FROM reports")}
        stale = [path for path in (self.folder / "files").iterdir() if path.name not in visible]
        for path in (*stale, *(self.folder / "staging").iterdir()):
            shutil.rmtree(path)

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
        """Whether a report may come in: None (it may), or the same one that is here already.

        Raises Problem: OTHER_CONTENT, NO_SUCH_TICKET, TICKET_CLOSED.
        """
        with self._lock:
            known = self.find(report.id)
            if known and known.manifest != manifest:
                raise Problem(Kind.OTHER_CONTENT, "A different report was already stored under this id.")
            if not known and report.ticket is not None:
                self._open_ticket(report.ticket)
            return known

    def keep(self, arrival: Arrival, token: str) -> tuple[Kept, bool]:
        """Make a report in staging part of the store; says also whether it is new.

        `token` is the name of the token it came with. Raises Problem as `check` does, and CANNOT_STORE or
        DISK_FULL; then nothing of it is stored.
        """
        with self._lock, storing():
            known = self.check(arrival.report, arrival.manifest)
            if known:
                return known, False
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
        with self._transaction() as database:
            code = self._new_code()
            number = (
                self._open_ticket(report.ticket) if report.ticket else self._new_ticket(report, code, now)
            )
            database.execute("UPDATE tickets SET updated_at = ? WHERE number = ?", (now, number))
            database.execute(
                "INSERT INTO reports (id, code, ticket, received_at, token, manifest)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (report.id, code, number, now, token, arrival.manifest),
            )
            for position, file in enumerate(arrival.files):
                row = (report.id, position, file.name, file.size, file.sha256)
                database.execute("INSERT INTO stored VALUES (?, ?, ?, ?, ?)", row)
        return Kept(report, arrival.manifest, number, code, now, token, arrival.files)

    def _new_code(self) -> str:
        while True:
            code = receipt_code(secrets.randbelow(CODE_VALUES))
            if not self._database.execute("SELECT 1 FROM reports WHERE code = ?", (code,)).fetchone():
                return code

    def _reports(self, where: str, *values: object, limit: int = -1) -> list[Kept]:
        with self._lock:
            rows = self._database.execute(
                "SELECT id, manifest, ticket, code, received_at, token FROM reports"
                f" WHERE {where} ORDER BY arrival DESC LIMIT ?",
                (*values, limit),
            ).fetchall()
            return [
                Kept(
                    Report.from_json(manifest),
                    manifest,
                    ticket,
                    code,
                    received,
                    token,
                    self._files(report_id),
                )
                for report_id, manifest, ticket, code, received, token in rows
            ]

    def _files(self, report_id: str) -> tuple[StoredFile, ...]:
        rows = self._database.execute(
            "SELECT name, size, sha256 FROM stored WHERE report = ? ORDER BY position", (report_id,)
        )
        return tuple(StoredFile(*row) for row in rows)

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
        with self._lock:
            row = self._database.execute("SELECT ticket FROM reports WHERE code = ?", (code,)).fetchone()
        return row[0] if row else None

    def reports_of(self, number: int, limit: int) -> list[Kept]:
        """A ticket's reports, newest first."""
        return self._reports("ticket = ?", number, limit=limit)

    def set_state(self, number: int, state: str) -> None:
        """Open or close a ticket (`open`, `closed`)."""
        row = (state, timestamp(time.time()), number)
        with self._transaction() as database:
            database.execute("UPDATE tickets SET state = ?, updated_at = ? WHERE number = ?", row)

    def _tickets(self, rest: str, *values: object) -> list[Ticket]:
        with self._lock:
            return [Ticket(*row) for row in self._database.execute(_TICKETS + rest, values)]

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

    # --- who may send, who may read -----------------------------------------------------------------------

    def add_token(self, name: str) -> str:
        """Make an upload token; it is told this once. Raises UsageError when the name is taken."""
        token = passwords.new_token()
        self._add("tokens", name, passwords.token_hash(token))
        return token

    def remove_token(self, name: str) -> None:
        """Make a token worthless. Raises UsageError when there is none of that name."""
        with self._transaction() as database:
            if not database.execute("DELETE FROM tokens WHERE name = ?", (name,)).rowcount:
                raise UsageError(f"There is no upload token called “{name}”.")

    def is_new(self) -> bool:
        """Whether nobody was ever given a token or a sign-in."""
        with self._lock:
            return self._database.execute("SELECT 1 FROM tokens UNION SELECT 1 FROM users").fetchone() is None

    def token_name(self, token: str) -> str | None:
        """The name of a token, None for an unknown one; takes as long for a near miss as for any other."""
        given = passwords.token_hash(token)
        with self._lock:
            rows = self._database.execute("SELECT name, sha256 FROM tokens").fetchall()
        names = [name for name, stored in rows if hmac.compare_digest(stored, given)]
        return names[0] if names else None

    def add_user(self, name: str, password: str) -> None:
        """Let somebody read the inbox, or give them a new password, which ends their sessions."""
        with self._transaction() as database:
            database.execute("REPLACE INTO users VALUES (?, ?)", (name, passwords.password_hash(password)))

    def check_user(self, name: str, password: str) -> bool:
        """Whether somebody may read the inbox; takes as long for an unknown name as for a known one."""
        stored = self._password(name)
        with self._scrypt:
            matches = passwords.password_matches(password, stored or bytes(80))
        return matches and stored is not None

    def user_mark(self, name: str) -> str | None:
        """Something that changes when a user's password does; None when there is no such user."""
        stored = self._password(name)
        return passwords.token_hash(stored.hex())[:32] if stored else None

    def _password(self, name: str) -> bytes | None:
        with self._lock:
            row = self._database.execute("SELECT password FROM users WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def _add(self, table: str, name: str, value: object) -> None:
        try:
            with self._transaction() as database:
                database.execute(f"INSERT INTO {table} VALUES (?, ?)", (name, value))
        except sqlite3.IntegrityError as error:
            raise UsageError(f"The name “{name}” is already taken.", "Choose another one.") from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise


@contextlib.contextmanager
def storing() -> Iterator[None]:
    """Turn what a disk or the database says inside the block into a Problem: DISK_FULL or CANNOT_STORE."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        full = (
            error.errno in (errno.ENOSPC, errno.EDQUOT)
            if isinstance(error, OSError)
            else getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        )
        if full:
            raise Problem(
                Kind.DISK_FULL, "The support desk has no space left; nothing was stored.", "Try again later."
            ) from error
        raise Problem(
            Kind.CANNOT_STORE, "The support desk could not store the report.", "Try again later."
        ) from error


def _secret(path: Path) -> str:
    if not path.exists():
        disk.replace(path, secrets.token_hex(32).encode())
    return path.read_text()


def _title(note: str) -> str:
    line = next((line.strip() for line in note.splitlines() if line.strip()), "")
    text = "".join(char for char in line if char.isprintable())
    return text if len(text) <= TITLE_MAX_CHARS else f"{text[: TITLE_MAX_CHARS - 1].rstrip()}…"
