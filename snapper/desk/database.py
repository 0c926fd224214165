"""The desk's tables, and its database as many threads use it; what is in them is the store's business."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snapper.errors import SnapperError

FIRST_TICKET = 1001
_TABLES = f"""
CREATE TABLE tickets (
    number INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    title TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
INSERT INTO sqlite_sequence (name, seq) VALUES ('tickets', {FIRST_TICKET - 1});
CREATE TABLE reports (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, code TEXT NOT NULL UNIQUE,
    ticket INTEGER NOT NULL REFERENCES tickets, received_at TEXT NOT NULL, token TEXT NOT NULL,
    manifest BLOB NOT NULL);
CREATE INDEX reports_of_ticket ON reports (ticket);
CREATE TABLE stored (
    report TEXT NOT NULL REFERENCES reports (id), position INTEGER NOT NULL,
    name TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (report, position));
CREATE TABLE tokens (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL);
CREATE TABLE users (name TEXT PRIMARY KEY, password BLOB NOT NULL)
"""
_UPLOADS = """
CREATE TABLE uploads (
    id TEXT PRIMARY KEY, token TEXT NOT NULL, report TEXT NOT NULL, name TEXT NOT NULL,
    size INTEGER NOT NULL, metadata TEXT NOT NULL, proven INTEGER, UNIQUE (token, report, name, size));
CREATE INDEX uploads_of_report ON uploads (report)
"""
# A folder's user_version says how many of these were done to it; a change to the tables is one more.
_STEPS = (_TABLES, _UPLOADS)


class Database:
    """One connection for all threads. Raises sqlite3.Error, and SnapperError when a newer snapper made it."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.RLock()  # held by who needs several statements to see the same state
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        # Every commit is on disk when it returns.
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {setting}")
        with self.transaction():  # two processes may open a new folder at once
            self._bring_up_to_date(path)

    def _bring_up_to_date(self, path: Path) -> None:
        version = self.execute("PRAGMA user_version").fetchone()[0]
        if version > len(_STEPS):
            raise SnapperError(
                f"{path} was made by a newer snapper.", "Install that version of snapper here."
            )
        for step in _STEPS[version:]:
            for statement in step.split(";"):
                self.execute(statement)
        self.execute(f"PRAGMA user_version = {len(_STEPS)}")

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """Run one statement; read what it found while the lock is held, or use `rows`."""
        return self._connection.execute(statement, values)

    def rows(self, statement: str, *values: object) -> list[Any]:
        """What a query finds."""
        with self.lock:
            return self.execute(statement, values).fetchall()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements in the block, or none."""
        with self.lock:
            self.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the connection."""
        with self.lock:
            self._connection.close()
