"""What can be wrong with a request, as one table: kind, HTTP status, title. No routes, no storage.

A Problem travels as problem+json (RFC 9457) to programs and as a page to people; `detail` is the sentence
and the remedy, fit to be shown to the person who pressed Submit.
"""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator, Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any

from snapper.errors import SnapperError


class Kind(Enum):
    """A kind of problem: the last part of its type URI, the status, the title."""

    BAD_REQUEST = ("bad-request", 400, "Malformed request")
    NO_TOKEN = ("unauthorized", 401, "Not allowed")
    FORBIDDEN = ("forbidden", 403, "Not allowed")
    NOT_FOUND = ("not-found", 404, "Not found")
    NO_SUCH_TICKET = ("no-such-ticket", 404, "No such ticket")
    NO_SUCH_REPORT = ("no-such-report", 404, "No such report")
    NO_SUCH_UPLOAD = ("no-such-upload", 404, "No such upload")
    TOO_SLOW = ("too-slow", 408, "Too slow")
    WRONG_OFFSET = ("wrong-offset", 409, "Not where the upload is")
    TAKEN_OVER = ("taken-over", 409, "Another request goes on with it")
    OTHER_CONTENT = ("other-content", 409, "Another report has this id")
    NO_LENGTH = ("length-required", 411, "Length required")
    OTHER_TUS = ("other-tus-version", 412, "Another version of tus")
    TOO_LARGE = ("too-large", 413, "Too large")
    NOT_AN_UPLOAD = ("not-an-upload", 415, "Not a piece of an upload")
    NOT_MULTIPART = ("not-multipart", 415, "Not a multipart form")
    MALFORMED = ("malformed-report", 422, "Malformed report")
    WRONG_CONTENT = ("wrong-content", 422, "The files are not what the report says")
    TICKET_CLOSED = ("ticket-closed", 422, "Ticket closed")
    UNREADABLE = ("unreadable", 422, "Cannot be shown")
    TOO_MANY_UPLOADS = ("too-many-uploads", 429, "Too many uploads")
    TOO_MANY_TRIES = ("too-many-tries", 429, "Too many tries")
    TOO_MANY_HEADERS = ("too-many-headers", 431, "Too many headers")
    WRONG_CHECKSUM = ("wrong-checksum", 460, "Checksum mismatch")
    CANNOT_STORE = ("cannot-store", 500, "The desk could not store it")
    INTERNAL = ("internal", 500, "The desk made a mistake")
    DISK_FULL = ("disk-full", 507, "The desk is full")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title


class Problem(SnapperError):
    """A request the desk does not fulfil; the kind decides the status, `headers` go with the answer."""

    def __init__(
        self, kind: Kind, sentence: str, remedy: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence, remedy)
        self.kind = kind
        self.headers = dict(headers or {})


def too_large(limit: int) -> Problem:
    """A report has more than `limit` bytes."""
    sentence = f"The report is larger than the {limit / 2**20:g} MB the support desk takes."
    return Problem(Kind.TOO_LARGE, sentence, "Send it without the logs, or ask support for another way.")


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
                Kind.DISK_FULL, "The support desk has no space left to store this.", "Try again later."
            ) from error
        raise Problem(
            Kind.CANNOT_STORE, "The support desk could not store the report.", "Try again later."
        ) from error


def problem_json(kind: Kind, detail: str) -> dict[str, Any]:
    """The members of a problem+json document (RFC 9457, 3.1)."""
    return {"type": f"/problems/{kind.slug}", "title": kind.title, "status": kind.status, "detail": detail}


def of_status(status: int) -> dict[str, Any]:
    """A problem+json document for a plain HTTP status, such as an unknown route (RFC 9457, 4.2.1)."""
    phrase = HTTPStatus(status).phrase
    detail = f"The desk has no answer to this request: {phrase.lower()}."
    return {"type": "about:blank", "title": phrase, "status": status, "detail": detail}
