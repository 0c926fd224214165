"""What a fake Zammad keeps, shows, finds and refuses with; its rules and their sources are in `zammad`."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.ticket_fakes import Refusal
from tests.ticket_fakes.asking import page_of
from tests.ticket_fakes.bodies import Blob

NAME_CHARS = 250
GROUP = 2
# The states of a new Zammad, and one more that this Zammad was given: id and type.
STATES = {"new": (1, 1), "open": (2, 2), "closed": (4, 5), "merged": (5, 6), "closed, paid": (9, 5)}
TYPES_OF_STATES = {1: "new", 2: "open", 5: "closed", 6: "merged"}
TYPES = {"email": 1, "phone": 5, "note": 10, "web": 11}


@dataclass(frozen=True)
class User:
    number: int
    email: str
    agent: bool
    access: tuple[str, ...]


@dataclass(frozen=True)
class File:
    number: int
    name: str
    media_type: str
    blob: Blob


@dataclass(frozen=True)
class Article:
    number: int
    subject: str | None
    body: str
    content_type: str
    kind: str
    internal: bool
    author: User
    files: tuple[File, ...]
    created_at: str


@dataclass
class Ticket:
    number: int
    title: str
    customer: str
    state: str
    created_at: str
    articles: list[Article] = field(default_factory=list)

    @property
    def called(self) -> str:
        """Its number, as people say it."""
        return str(22_000 + self.number)


def ticket_json(ticket: Ticket, place: str = "") -> dict[str, Any]:
    """A ticket as the API shows it; with names when expanded: in the group `place`."""
    names = {"group": place, "state": ticket.state, "customer": ticket.customer} if place else {}
    return {
        "id": ticket.number,
        "number": ticket.called,
        "title": ticket.title,
        "group_id": GROUP,
        "state_id": STATES[ticket.state][0],
        "article_count": len(ticket.articles),
        "article_ids": [each.number for each in ticket.articles],
        "created_at": ticket.created_at,
        "updated_at": ticket.created_at,
    } | names


def article_json(ticket: Ticket, article: Article) -> dict[str, Any]:
    """An article as the API shows it."""
    return {
        "id": article.number,
        "ticket_id": ticket.number,
        "type_id": TYPES[article.kind],
        "type": article.kind,
        "sender": "Agent" if article.author.agent else "Customer",
        "from": article.author.email,
        "subject": article.subject,
        "body": article.body,
        "content_type": article.content_type,
        "internal": article.internal,
        "created_by": article.author.email,
        "created_at": article.created_at,
        "attachments": [_file_json(file) for file in article.files],
    }


def _file_json(file: File) -> dict[str, Any]:
    kind = {"Mime-Type": file.media_type}
    return {"id": file.number, "filename": file.name, "size": str(file.blob.size), "preferences": kind}


def cut(text: str) -> str:
    """A text as a short column keeps it."""
    return text.replace("\0", "")[:NAME_CHARS]


def words(ticket: Ticket) -> str:
    """All that a search looks at."""
    texts = [ticket.title, ticket.called]
    texts += [f"{each.subject or ''} {each.body}" for each in ticket.articles]
    return " ".join(texts).lower()


def fits_query(query: str, index: dict[int, str] | None) -> Callable[[Ticket], bool]:
    """Whether a ticket fits a search: each word is in the index (Elasticsearch), or without one, the whole
    query is in the ticket (SQL's LIKE)."""
    if index is None:
        return lambda ticket: query.lower() in words(ticket)
    wanted = set(re.findall(r"\w+", re.sub(r"\b(title|number|article\.body):", " ", query).lower()))
    return lambda ticket: wanted <= set(re.findall(r"\w+", index.get(ticket.number, "")))


def fits(condition: dict[str, Any]) -> Callable[[Ticket], bool]:
    """A condition as triggers have it, over title and number."""
    tests: list[Callable[[Ticket], bool]] = []
    for name, wanted in condition.items():
        operator, value = wanted.get("operator"), str(wanted.get("value"))
        if name not in ("ticket.title", "ticket.number") or operator not in ("is", "contains"):
            raise Refusal(hidden(422))
        tests.append(_test(name == "ticket.title", operator == "is", value))
    return lambda ticket: all(test(ticket) for test in tests)


def _test(of_title: bool, whole: bool, value: str) -> Callable[[Ticket], bool]:
    def test(ticket: Ticket) -> bool:
        text = ticket.title if of_title else ticket.called
        return text == value if whole else value.lower() in text.lower()

    return test


def part(request: Request, items: list[Ticket], most: int) -> list[Ticket]:
    """A page of a list, of at most so many."""
    size = request.query_params.get("per_page", request.query_params.get("limit", "50"))
    count = min(int(size), most) if size.isdigit() else 50
    return items[(page_of(request) - 1) * count :][:count]


def error(status: int, text: str) -> Response:
    """A refusal with words for people."""
    return JSONResponse({"error": text, "error_human": text}, status)


def hidden(status: int) -> Response:
    """A refusal whose reason only the log tells."""
    text = f"Error ID {secrets.token_urlsafe(6)}: Please contact your administrator."
    return JSONResponse({"error": text}, status)


_NGINX = {413: "Request Entity Too Large", 429: "Too Many Requests", 503: "Service Temporarily Unavailable"}


def nginx(status: int) -> Response:
    """A refusal by the nginx before it."""
    said = f"{status} {_NGINX[status]}"
    page = f"<html>\r\n<head><title>{said}</title></head>\r\n<body>\r\n<center><h1>{said}</h1></center>\r\n"
    return Response(
        f"{page}<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", status, media_type="text/html"
    )
