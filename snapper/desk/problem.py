"""What can be wrong with a request, as one table: kind, HTTP status, title. No routes, no storage.

A Problem travels as problem+json (RFC 9457) to programs and as a page to people; `detail` is the sentence
and the remedy, fit to be shown to the person who pressed Submit.
"""

from __future__ import annotations

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
    TOO_SLOW = ("too-slow", 408, "Too slow")
    OTHER_CONTENT = ("other-content", 409, "Another report has this id")
    NO_LENGTH = ("length-required", 411, "Length required")
    TOO_LARGE = ("too-large", 413, "Too large")
    NOT_MULTIPART = ("not-multipart", 415, "Not a multipart form")
    MALFORMED = ("malformed-report", 422, "Malformed report")
    WRONG_CONTENT = ("wrong-content", 422, "The files are not what the report says")
    TICKET_CLOSED = ("ticket-closed", 422, "Ticket closed")
    UNREADABLE = ("unreadable", 422, "Cannot be shown")
    TOO_MANY_TRIES = ("too-many-tries", 429, "Too many tries")
    TOO_MANY_HEADERS = ("too-many-headers", 431, "Too many headers")
    CANNOT_STORE = ("cannot-store", 500, "The desk could not store it")
    INTERNAL = ("internal", 500, "The desk made a mistake")
    DISK_FULL = ("disk-full", 507, "The desk is full")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title


class Problem(SnapperError):
    """A request the desk does not fulfil; the kind decides the status."""

    def __init__(self, kind: Kind, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence, remedy)
        self.kind = kind


def problem_json(kind: Kind, detail: str) -> dict[str, Any]:
    """The members of a problem+json document (RFC 9457, 3.1)."""
    return {"type": f"/problems/{kind.slug}", "title": kind.title, "status": kind.status, "detail": detail}


def of_status(status: int) -> dict[str, Any]:
    """A problem+json document for a plain HTTP status, such as an unknown route (RFC 9457, 4.2.1)."""
    phrase = HTTPStatus(status).phrase
    detail = f"The desk has no answer to this request: {phrase.lower()}."
    return {"type": "about:blank", "title": phrase, "status": status, "detail": detail}
