"""What a fake Zendesk keeps, how it refuses, how it pages; its rules and their sources are in `zendesk`."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.ticket_fakes.asking import page_of
from tests.ticket_fakes.bodies import Blob

_PAGE = 100
AGENT = 900_001


@dataclass(frozen=True)
class File:
    number: int
    name: str
    media_type: str
    blob: Blob
    secret: str


@dataclass
class Upload:
    until: float
    files: list[File] = field(default_factory=list)


@dataclass(frozen=True)
class Comment:
    number: int
    text: str
    html: str
    public: bool
    files: tuple[File, ...]
    created_at: str


@dataclass
class Ticket:
    number: int
    subject: str
    external_id: str | None
    group: int | None
    status: str
    created_at: str
    comments: list[Comment] = field(default_factory=list)


@dataclass(frozen=True)
class Answered:
    """What a create with an idempotency key was answered."""

    body: bytes
    answer: dict[str, Any]
    until: float


def page_of_list(url: str, request: Request, name: str, items: list[dict[str, Any]]) -> Response:
    """A page of a list: by cursor when `page[size]` is asked for, else by number; 100 items at most."""
    if "page[size]" in request.query_params:
        return _cursor_page(url, request, name, items)
    size, page = _size(request.query_params.get("per_page", str(_PAGE))), page_of(request)
    if page > 100:
        return error(400, "InvalidPaginationDepth", "Offset pagination is limited to 100 pages")
    start = (page - 1) * size
    following = _address(url, request, {"page": str(page + 1)}) if len(items) > start + size else None
    rest = {"next_page": following, "previous_page": None, "count": len(items)}
    return JSONResponse({name: items[start : start + size], **rest})


def _cursor_page(url: str, request: Request, name: str, items: list[dict[str, Any]]) -> Response:
    query = request.query_params
    size, start = _size(query["page[size]"]), _start(query.get("page[after]"))
    after = f"after{start + size}" if len(items) > start + size else None
    following = _address(url, request, {"page[after]": after}) if after else None
    meta = {"has_more": after is not None, "after_cursor": after}
    return JSONResponse({name: items[start : start + size], "meta": meta, "links": {"next": following}})


def _address(url: str, request: Request, change: dict[str, str]) -> str:
    return f"{url}{request.url.path}?{urlencode({**request.query_params, **change})}"


def _size(text: str) -> int:
    return min(int(text), _PAGE) if text.isascii() and text.isdigit() and int(text) else _PAGE


def _start(cursor: str | None) -> int:
    found = re.fullmatch(r"after(\d{1,9})", cursor or "")
    return int(found[1]) if found else 0


def ticket_json(url: str, ticket: Ticket) -> dict[str, Any]:
    """A ticket as the API shows it."""
    return {
        "id": ticket.number,
        "url": f"{url}/api/v2/tickets/{ticket.number}.json",
        "subject": ticket.subject,
        "description": ticket.comments[0].text if ticket.comments else "",
        "external_id": ticket.external_id,
        "group_id": ticket.group,
        "status": ticket.status,
        "requester_id": AGENT,
        "submitter_id": AGENT,
        "created_at": ticket.created_at,
        "updated_at": ticket.created_at,
    }


def markdown(text: str) -> str:
    """A plain comment as it is shown: some of Markdown is enough to tell that it is read as such."""
    paragraphs = "</p><p>".join(html.escape(text).split("\n\n"))
    strong = re.sub(r"\*\*(\w.*?)\*\*", r"<strong>\1</strong>", paragraphs)
    both = re.sub(r"\*(\w.*?)\*", r"<em>\1</em>", strong)
    return f"<p>{both}</p>"


def replay(earlier: Answered, body: bytes) -> Response:
    """The answer to a create with a key that was used before."""
    if earlier.body != body:
        text = "Request parameters don't match the given idempotency key"
        return error(400, "IdempotentRequestError", text)
    return JSONResponse(earlier.answer, 201, {"x-idempotency-lookup": "hit"})


def error(status: int, error: str, description: str, headers: dict[str, str] | None = None) -> Response:
    """A refusal in the documented shape."""
    return JSONResponse({"error": error, "description": description}, status, headers)


def invalid(name: str, description: str, code: str | None) -> Response:
    """A field that is not right: 422."""
    record: dict[str, Any] = {"description": description} | ({"error": code} if code else {})
    answer = {
        "error": "RecordInvalid",
        "description": "Record validation errors",
        "details": {name: [record]},
    }
    return JSONResponse(answer, 422)


def forbidden() -> Response:
    """Known, but not allowed: 403."""
    message = "You do not have access to this page. Please contact the account owner for further help."
    return JSONResponse({"error": {"title": "Forbidden", "message": message}}, 403)


def too_many(seconds: int) -> Response:
    """Over the rate limit."""
    text = "Number of allowed API requests per minute exceeded"
    return error(429, "APIRateLimitExceeded", text, {"Retry-After": str(seconds)})
