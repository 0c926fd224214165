"""The desk's tables and how its database is opened; what is in them is the store's business."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from snapper.errors import SnapperError

FIRST_TICKET = 1001
_VERSION = 1  # of the tables; kept in user_version
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
CREATE TABLE users (name TEXT PRIMARY KEY, password BLOB NOT NULL);
PRAGMA user_version = {_VERSION};
"""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the database, made when it is not there; every commit is on disk when it returns.

    Raises SnapperError when a newer snapper made it, OSError or sqlite3.Error when it cannot be opened.
    """
    path.touch(mode=0o600)
    database = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        database.execute(f"PRAGMA {setting}")
    database.execute("BEGIN IMMEDIATE")  # two processes may open a new folder at once
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise SnapperError(f"{path} was made by a newer snapper.", "Install that version of snapper here.")
    for statement in _TABLES.split(";") if version == 0 else ():
        database.execute(statement)
    database.execute("COMMIT")
    return database
