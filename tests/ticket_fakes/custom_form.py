"""A help desk that takes forms with files and answers in JSON, like many: the first example of the README.

It wants a form, the fields by their names and files as attachments[]; its search lags until the index has
caught up, and shows ten tickets; files come in pages of five. Files may also be added to a ticket one by one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.ticket_fakes import Fake, Refusal
from tests.ticket_fakes.asking import media_type, page_of
from tests.ticket_fakes.bodies import Form, Sent

TICKET_BYTES = 20_000_000
_PAGE, _HITS = 5, 10


@dataclass
class Ticket:
    """One ticket: its messages, the first of which opened it, and all its files."""

    number: int
    subject: str
    messages: list[str]
    files: list[int] = field(default_factory=list)
    state: str = "open"


class System(Fake):
    """The help desk; where its search `finds_all`, it shows every ticket whatever is looked for; `instead` is
    what it answers to a new ticket, once."""

    system = "custom"
    commits = re.compile(r"POST /api/tickets(/\d+/replies)?")
    token = "help-desk-token"

    def __init__(self, folder: Path, *, finds_all: bool = False) -> None:
        self.finds_all = finds_all
        self.instead: Response | None = None
        self._numbers = itertools.count(1)
        self.kept: dict[int, Ticket] = {}
        self.files: list[Sent] = []
        self._indexed: dict[int, set[str]] = {}
        super().__init__(folder)

    def tickets(self) -> list[str]:
        """All ids."""
        return [str(number) for number in self.kept]

    def close(self, ticket: str) -> None:
        """Solve it."""
        self.kept[int(ticket)].state = "Solved"

    def reader_token(self) -> str:
        """Of somebody who may only look."""
        return "help-desk-reader"

    def settle(self) -> None:
        """Index every ticket by the words of its subject."""
        self._indexed = {
            number: set(re.findall(r"\w+", kept.subject.lower())) for number, kept in self.kept.items()
        }

    def routes(self) -> Sequence[BaseRoute]:
        """Its API."""
        return [
            Route("/api/me", self._me),
            Route("/api/tickets", self._create, methods=["POST"]),
            Route("/api/tickets", self._search, methods=["GET"]),
            Route("/api/tickets/{number:int}", self._show),
            Route("/api/tickets/{number:int}/replies", self._reply, methods=["POST"]),
            Route("/api/tickets/{number:int}/files", self._list, methods=["GET"]),
            Route("/api/tickets/{number:int}/files", self._add, methods=["POST"]),
            Route("/api/tickets/{number:int}/messages", self._messages),
            Route("/files/{number:int}", self._download),
        ]

    def unknown(self, request: Request) -> Response:
        """No such address."""
        return _error(404, "Not found")

    # --- the API --------------------------------------------------------------------------------------------

    async def _me(self, request: Request) -> Response:
        self._who(request)
        return JSONResponse({"user": {"name": "Terry Trader"}})

    async def _create(self, request: Request) -> Response:
        form = await self._form(request, "subject", "message")
        ticket = Ticket(next(self._numbers), form.fields["subject"][0], form.fields["message"])
        self.kept[ticket.number] = ticket
        self._take(ticket, form)
        answer, self.instead = self.instead, None
        shown = {"id": ticket.number, "url": f"/tickets/{ticket.number}"}
        return answer or JSONResponse({"ticket": shown}, 201)

    async def _reply(self, request: Request) -> Response:
        form = await self._form(request, "message")
        ticket = self._ticket(request)
        if ticket.state != "open":
            raise Refusal(_error(422, "The ticket takes no more replies"))
        ticket.messages += form.fields["message"]
        self._take(ticket, form)
        return JSONResponse({"reply": {"id": len(ticket.messages)}}, 201)

    async def _add(self, request: Request) -> Response:
        form = await self._form(request)
        self._take(self._ticket(request), form)
        return JSONResponse({"added": len(form.files)}, 201)

    async def _show(self, request: Request) -> Response:
        self._who(request)
        ticket = self._ticket(request)
        shown = {"id": ticket.number, "subject": ticket.subject, "status": {"name": ticket.state}}
        return JSONResponse({"ticket": shown})

    async def _messages(self, request: Request) -> Response:
        self._who(request)
        return JSONResponse({"messages": self._ticket(request).messages})

    async def _search(self, request: Request) -> Response:
        self._who(request)
        wanted = set(re.findall(r"\w+", request.query_params.get("search", "").lower()))
        found = [number for number, words in self._indexed.items() if wanted <= words or self.finds_all]
        hits = [{"id": number, "subject": self.kept[number].subject} for number in found[:_HITS]]
        return JSONResponse({"tickets": hits, "total": len(found)})

    async def _list(self, request: Request) -> Response:
        self._who(request)
        start = (page_of(request) - 1) * _PAGE
        shown = [
            {"filename": self.files[number].name, "links": {"self": f"/files/{number}"}}
            for number in self._ticket(request).files[start : start + _PAGE]
        ]
        return JSONResponse({"files": shown})

    async def _download(self, request: Request) -> Response:
        self._who(request)
        sent = self.files[request.path_params["number"]]
        return sent.blob.response(sent.name)

    # --- its rules ------------------------------------------------------------------------------------------

    def _who(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in (self.token, self.reader_token()):
            raise Refusal(_error(401, "The token is not known"))
        return token

    async def _form(self, request: Request, *names: str) -> Form:
        if self._who(request) != self.token:
            raise Refusal(_error(403, "You may only read"))
        if media_type(request) != "multipart/form-data":
            raise Refusal(_error(415, "Send a form"))
        form = await self.shelf.form(request)
        wrong = {name for name in (*form.fields, *names) if name not in names or name not in form.fields}
        if wrong or any(file.field != "attachments[]" for file in form.files):
            raise Refusal(_error(422, f"Wrong fields: {', '.join(sorted(wrong))}"))
        if sum(file.blob.size for file in form.files) > TICKET_BYTES:
            raise Refusal(_error(413, "More than 20 MB"))
        return form

    def _ticket(self, request: Request) -> Ticket:
        if ticket := self.kept.get(request.path_params["number"]):
            return ticket
        raise Refusal(_error(404, "There is no such ticket"))

    def _take(self, ticket: Ticket, form: Form) -> None:
        for sent in form.files:
            ticket.files.append(len(self.files))
            self.files.append(sent)


def _error(status: int, words: str) -> Response:
    return JSONResponse({"error": words}, status)
