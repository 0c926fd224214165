"""Who may send reports to the desk (tokens) and who may read them (staff). No HTTP, no sessions."""

from __future__ import annotations

import hmac
import sqlite3
import threading

from snapper.desk import passwords
from snapper.desk.database import Database
from snapper.errors import UsageError


class Access:
    """The desk's tokens and members of staff. Any thread may call any method."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._scrypt = threading.Lock()  # one try takes 16 MiB: many sign-ins must not take them at once

    def add_token(self, name: str) -> str:
        """Make an upload token; it is told this once. Raises UsageError when the name is taken."""
        token = passwords.new_token()
        try:
            with self._database.transaction():
                self._database.execute(
                    "INSERT INTO tokens VALUES (?, ?)", (name, passwords.token_hash(token))
                )
        except sqlite3.IntegrityError as error:
            raise UsageError(f"The name “{name}” is already taken.", "Choose another one.") from error
        return token

    def remove_token(self, name: str) -> None:
        """Make a token worthless. Raises UsageError when there is none of that name."""
        with self._database.transaction():
            if not self._database.execute("DELETE FROM tokens WHERE name = ?", (name,)).rowcount:
                raise UsageError(f"There is no upload token called “{name}”.")

    def is_new(self) -> bool:
        """Whether nobody was ever given a token or a sign-in."""
        return not self._database.rows("SELECT 1 FROM tokens UNION SELECT 1 FROM users")

    def token_name(self, token: str) -> str | None:
        """The name of a token, None for an unknown one; takes as long for a near miss as for any other."""
        given = passwords.token_hash(token)
        known = self._database.rows("SELECT name, sha256 FROM tokens")
        names = [name for name, stored in known if hmac.compare_digest(stored, given)]
        return names[0] if names else None

    def add_user(self, name: str, password: str) -> None:
        """Let somebody read the inbox, or give them a new password, which ends their sessions."""
        with self._database.transaction():
            row = (name, passwords.password_hash(password))
            self._database.execute("REPLACE INTO users VALUES (?, ?)", row)

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
        rows = self._database.rows("SELECT password FROM users WHERE name = ?", name)
        return rows[0][0] if rows else None
