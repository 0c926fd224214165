"""Freshdesk, from its API reference v2 (developers.freshdesk.com/api, read in 2026): authentication, rate
limit, attachments, errors, pagination, tickets (create, view, list, filter), notes, agents.

Not said there, and chosen here: 404 has no body (only the header that every answer has), a ticket over 20 MB
is a validation error (400), tags have at most 32 characters (the reference says so of tags elsewhere), and
the address of an attachment is at another host and lasts five minutes.

A note may be added to a closed ticket: nothing in the reference forbids it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.ticket_fakes import Fake, Refusal
from tests.ticket_fakes.asking import RateLimit, basic_login, json_body, media_type
from tests.ticket_fakes.bodies import Form, Sent
from tests.ticket_fakes.freshdesk_parts import (
    CLOSED,
    Conversation,
    File,
    Ticket,
    as_text,
    condition,
    problem,
    problems,
    sanitized,
    values_of,
    wrong_note,
    wrong_ticket,
)
from tests.ticket_fakes.storage import Storage

TICKET_BYTES = 20 << 20
QUERY_CHARS = 512
_LISTED_DAYS = 30
_GROUP = 8_000_001
_AGENT = 8_000_101
_REQUESTER = 8_000_201


class System(Fake):
    """A Freshdesk account with one agent, one group, and an agent who may only read.

    `required` are ticket fields that this account's form wants.
    """

    system = "freshdesk"
    commits = re.compile(r"POST /api/v2/tickets(/\d+/notes)?")
    login = "trader@example.com"  # the requester of new tickets; the key alone says who we are
    token = "freshdesk-key"
    place = "Support"

    def __init__(
        self,
        folder: Path,
        ticket_bytes: int = TICKET_BYTES,
        requests_a_minute: int | None = None,
        required: tuple[str, ...] = ("subject", "description"),
    ) -> None:
        self._ticket_bytes = ticket_bytes
        self._required = required
        self._numbers = itertools.count(1)
        self._other_numbers = itertools.count(4_004_881_085)
        self._tickets: dict[int, Ticket] = {}
        self._indexed: dict[int, dict[str, Any]] = {}
        super().__init__(folder)
        self.storage = Storage(self.clock.now, 300)
        self.hosts = (self.storage.serving,)
        self._rate = RateLimit(requests_a_minute, 60, self.clock.now)

    def tickets(self) -> list[str]:
        """All ticket ids."""
        return [str(number) for number in self._tickets]

    def close(self, ticket: str) -> None:
        """Status 5."""
        self._tickets[int(ticket)].status = CLOSED

    def mark_as_spam(self, ticket: str) -> None:
        """It takes nothing any more, though it can still be seen."""
        self._tickets[int(ticket)].spam = True

    def reader_token(self) -> str:
        """The key of an agent whose role only allows to view tickets."""
        return "freshdesk-reader-key"

    def settle(self) -> None:
        """Index all tickets as they are now."""
        self._indexed = {number: self._indexable(ticket) for number, ticket in self._tickets.items()}

    # --- how it answers -------------------------------------------------------------------------------------

    def unknown(self, request: Request) -> Response:
        """An address that does not exist."""
        return _not_found()

    def wrong_method(self, request: Request) -> Response:
        """A known address with another method."""
        return _versioned(JSONResponse({"message": f"{request.method} method is not allowed."}, 405))

    def broken(self, status: int) -> Response:
        """Out of order."""
        if status == 429:
            return _too_many(34)
        if status == 503:
            return Response("<html><title>503</title></html>", 503, media_type="text/html")
        text = "We're sorry, but something went wrong."
        return _versioned(JSONResponse({"code": "internal_error", "message": text}, 500))

    def routes(self) -> Sequence[BaseRoute]:
        """The part of the API that reports need."""
        served: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("GET", "/agents/me", self._me),
            ("GET", "/groups", self._groups),
            ("GET", "/tickets", self._list),
            ("POST", "/tickets", self._create),
            ("GET", "/search/tickets", self._search),
            ("GET", "/tickets/{ticket:int}", self._show),
            ("GET", "/tickets/{ticket:int}/conversations", self._conversations),
            ("POST", "/tickets/{ticket:int}/notes", self._note),
        ]
        paths = {path: {m: work for m, p, work in served if p == path} for _, path, _ in served}
        return [
            Route(f"/api/v2{path}", self._dispatch(works), methods=list(works))
            for path, works in paths.items()
        ]

    def _dispatch(self, works: dict[str, Callable[[Request], Any]]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            if seconds := self._rate.take():  # “even invalid requests count”
                return _too_many(seconds)
            try:
                self._check(request)
                response: Response = await works["GET" if request.method == "HEAD" else request.method](
                    request
                )
            except Refusal as refusal:
                response = refusal.response
            if self._rate.limit:
                response.headers["X-RateLimit-Total"] = str(self._rate.limit)
                response.headers["X-RateLimit-Remaining"] = str(self._rate.left)
                response.headers["X-RateLimit-Used-CurrentRequest"] = "1"
            return _versioned(response)

        return answer

    def _check(self, request: Request) -> None:
        """Refuse who is unknown (401), may not (403), or asks for something else than JSON (406)."""
        login = basic_login(request)
        if login is None or login[0] not in (self.token, self.reader_token()):
            text = "You have to be logged in to perform this action."
            raise Refusal(JSONResponse({"code": "invalid_credentials", "message": text}, 401))
        if login[0] != self.token and request.method != "GET":
            text = "You are not authorized to perform this action."
            raise Refusal(JSONResponse({"code": "access_denied", "message": text}, 403))
        accepted = {
            part.partition(";")[0].strip() for part in request.headers.get("accept", "*/*").split(",")
        }
        if not accepted & {"application/json", "*/*"}:
            raise Refusal(JSONResponse({"message": "Unsupported Accept Header"}, 406))

    # --- what is sent to it ---------------------------------------------------------------------------------

    async def _sent(self, request: Request) -> tuple[dict[str, Any], list[Sent]]:
        """The fields and files of a JSON body or a form."""
        kind = media_type(request)
        if kind == "application/json":
            malformed = JSONResponse(
                {"code": "invalid_json", "message": "Request body has invalid JSON"}, 400
            )
            return await json_body(request, lambda: malformed), []
        if kind != "multipart/form-data":
            raise Refusal(JSONResponse({"message": f"Content-Type header is set to {kind}."}, 415))
        form = await self.shelf.form(request)
        return values_of(form), self._files_of(form)

    def _files_of(self, form: Form) -> list[Sent]:
        for file in form.files:
            if file.field != "attachments[]":
                text = "It should be a/an Array"
                raise Refusal(problem(file.field, text, "datatype_mismatch"))
        return form.files

    def _kept(self, files: list[Sent], already: int) -> list[File]:
        if already + sum(file.blob.size for file in files) > self._ticket_bytes:
            text = f"Total attachment size should be less than {self._ticket_bytes >> 20} MB"
            raise Refusal(problem("attachments", text, "invalid_value"))
        return [
            File(
                next(self._other_numbers),
                file.name.replace("%22", '"'),
                file.media_type,
                file.blob,
                self._time(),
            )
            for file in files
        ]

    # --- tickets --------------------------------------------------------------------------------------------

    async def _create(self, request: Request) -> Response:
        wanted, sent = await self._sent(request)
        if wrong := wrong_ticket(wanted, self._required, (_GROUP,)):
            return problems(wrong)
        ticket = Ticket(
            number=next(self._numbers),
            subject=str(wanted.get("subject", "")),
            description=sanitized(str(wanted.get("description", ""))),
            email=str(wanted.get("email", "")),
            status=int(wanted.get("status", 2)),
            priority=int(wanted.get("priority", 1)),
            kind=wanted.get("type"),
            group=wanted.get("group_id"),
            tags=[str(tag) for tag in wanted.get("tags", [])],
            created_at=self._time(),
            files=self._kept(sent, 0),
        )
        self._tickets[ticket.number] = ticket
        place = f"{self.peer.url}/api/v2/tickets/{ticket.number}"
        return JSONResponse(self._ticket_json(ticket, whole=True), 201, {"Location": place})

    async def _note(self, request: Request) -> Response:
        ticket = self._found(request)
        if ticket.spam:  # “Updating a ticket that has been marked as spam will return 405”
            return self.wrong_method(request)
        wanted, sent = await self._sent(request)
        if wrong := wrong_note(wanted):
            return problems(wrong)
        body, private = sanitized(str(wanted["body"])), wanted.get("private", True)
        files = self._kept(sent, ticket.size)
        note = Conversation(next(self._other_numbers), body, private, self._time(), files)
        ticket.conversations.append(note)
        ticket.updated_at = note.created_at
        return JSONResponse(self._conversation_json(ticket, note), 201)

    def _found(self, request: Request) -> Ticket:
        ticket = self._tickets.get(request.path_params["ticket"])
        if ticket is None:
            raise Refusal(_not_found())
        return ticket

    async def _show(self, request: Request) -> Response:
        ticket = self._found(request)
        shown = self._ticket_json(ticket, whole=True)
        if "conversations" in request.query_params.get("include", "").split(","):
            first_ten = ticket.conversations[:10]
            shown["conversations"] = [self._conversation_json(ticket, each) for each in first_ten]
        return JSONResponse(shown)

    async def _conversations(self, request: Request) -> Response:
        ticket = self._found(request)
        shown = [self._conversation_json(ticket, each) for each in ticket.conversations]
        return self._page(request, shown)

    async def _list(self, request: Request) -> Response:
        query = request.query_params
        since = query.get("updated_since")
        oldest = datetime.fromtimestamp(self.clock.now(), UTC) - timedelta(days=_LISTED_DAYS)
        try:
            changed = datetime.fromisoformat(since) if since else None
        except ValueError:
            return problem("updated_since", "It should be in the ISO8601 format", "invalid_value")
        found = [
            ticket
            for ticket in self._tickets.values()
            if (_moment(ticket.updated_at) >= changed if changed else _moment(ticket.created_at) >= oldest)
            and query.get("email") in (None, ticket.email)
        ]
        order = "updated_at" if query.get("order_by") == "updated_at" else "created_at"
        found.sort(
            key=lambda each: (getattr(each, order), each.number), reverse=query.get("order_type") != "asc"
        )
        whole = "description" in query.get("include", "").split(",")
        return self._page(request, [self._ticket_json(each, whole=whole, listed=True) for each in found])

    async def _search(self, request: Request) -> Response:
        query, page = request.query_params.get("query", ""), request.query_params.get("page", "1")
        wanted = condition(query) if len(query) <= QUERY_CHARS else None
        if wanted is None:
            return problem("query", "Given query is invalid", "invalid_value")
        if not page.isdigit() or not 1 <= int(page) <= 10:
            return problem(
                "page", "It should be a Positive Integer less than or equal to 10", "invalid_value"
            )
        found = [number for number, values in self._indexed.items() if wanted(values)]
        start = (int(page) - 1) * 30
        shown = [self._ticket_json(self._tickets[number], whole=True) for number in found[start : start + 30]]
        return JSONResponse({"total": len(found), "results": shown})

    def _indexable(self, ticket: Ticket) -> dict[str, Any]:
        return {
            "tag": list(ticket.tags),
            "status": [str(ticket.status)],
            "priority": [str(ticket.priority)],
            "group_id": [str(ticket.group)],
        }

    # --- who and where, pages and shapes --------------------------------------------------------------------

    async def _me(self, request: Request) -> Response:
        contact = {"active": True, "email": "agent@example.com", "name": "Agent", "language": "en"}
        return JSONResponse({"id": _AGENT, "ticket_scope": 1, "group_ids": [_GROUP], "contact": contact})

    async def _groups(self, request: Request) -> Response:
        return JSONResponse([{"id": _GROUP, "name": self.place, "agent_ids": [_AGENT]}])

    def _page(self, request: Request, items: list[dict[str, Any]]) -> Response:
        size, page = request.query_params.get("per_page", "30"), request.query_params.get("page", "1")
        for name, value, most in (("per_page", size, 100), ("page", page, 10**9)):
            if not value.isdigit() or not 1 <= int(value) <= most:
                return problem(
                    name, f"It should be a Positive Integer less than or equal to {most}", "invalid_value"
                )
        start = (int(page) - 1) * int(size)
        answer = JSONResponse(items[start : start + int(size)])
        if len(items) > start + int(size):
            following = urlencode({**request.query_params, "page": str(int(page) + 1)})
            answer.headers["link"] = f'<{self.peer.url}{request.url.path}?{following}>;rel="next"'
        return answer

    def _ticket_json(self, ticket: Ticket, *, whole: bool, listed: bool = False) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": ticket.number,
            "subject": ticket.subject,
            "status": ticket.status,
            "priority": ticket.priority,
            "source": 2,
            "type": ticket.kind,
            "group_id": ticket.group,
            "requester_id": _REQUESTER,
            "spam": ticket.spam,
            "created_at": ticket.created_at,
            "updated_at": ticket.updated_at or ticket.created_at,
        }
        if whole:
            shown |= {"description": ticket.description, "description_text": as_text(ticket.description)}
        if not listed:  # the reference shows a listed ticket without these
            shown["tags"] = ticket.tags
            shown["attachments"] = [self._file_json(file) for file in ticket.files]
        return shown

    def _conversation_json(self, ticket: Ticket, each: Conversation) -> dict[str, Any]:
        return {
            "id": each.number,
            "ticket_id": ticket.number,
            "body": each.body,
            "body_text": as_text(each.body),
            "private": each.private,
            "incoming": False,
            "source": 2,
            "user_id": _AGENT,
            "created_at": each.created_at,
            "updated_at": each.created_at,
            "attachments": [self._file_json(file) for file in each.files],
        }

    def _file_json(self, file: File) -> dict[str, Any]:
        return {
            "id": file.number,
            "content_type": file.media_type,
            "file_size": file.blob.size,
            "name": file.name,
            "attachment_url": self.storage.sign(file.blob, file.name, file.media_type),
            "created_at": file.created_at,
            "updated_at": file.created_at,
        }

    def _time(self) -> str:
        return datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _versioned(response: Response) -> Response:
    response.headers["X-Freshdesk-Api-Version"] = "latest=v2; requested=v2"
    return response


def _not_found() -> Response:
    return _versioned(Response(status_code=404))


def _too_many(seconds: int) -> Response:
    answer = JSONResponse({"message": "You have exceeded the limit of requests per minute"}, 429)
    answer.headers["Retry-After"] = str(seconds)
    return _versioned(answer)
