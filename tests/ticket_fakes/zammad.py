"""Zammad, from its documentation (docs.zammad.org: api/intro, api/ticket/index, api/ticket/articles) and what
its public source says where that is silent (github.com/zammad/zammad, 2022–2026):

- `Authorization: Token token=…`; without a login 403, with a wrong one 401
- errors are `{error, error_human}`; what is not meant for users is hidden from them behind an “Error ID”
- a ticket has an id (in addresses) and a number (what people say); files come as base64 inside JSON
- search by `query` asks Elasticsearch where there is one, whose index lags; without one it is SQL's LIKE over
  title, number and articles; search by `condition` always asks the database
- only agents write internal articles; an agent may add to a closed ticket, a customer only where the group
  allows it (`follow_up`)
- texts lose NUL characters, file names and titles are cut at 250 characters, articles have at most 1.5 M
- the nginx of the packages refuses requests over 50 MB, in HTML
"""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.ticket_fakes import Fake, Refusal, big_json
from tests.ticket_fakes.asking import media_type
from tests.ticket_fakes.zammad_parts import (
    GROUP,
    STATES,
    TYPES,
    TYPES_OF_STATES,
    Article,
    File,
    Ticket,
    User,
    article_json,
    cut,
    error,
    fits,
    fits_query,
    hidden,
    nginx,
    part,
    ticket_json,
    words,
)

REQUEST_BYTES = 50 << 20
ARTICLE_CHARS = 1_500_000


class System(Fake):
    """A Zammad with one group and three people: `role` says whose token `peer` has, an agent's or a
    customer's; the third may only read."""

    system = "zammad"
    commits = re.compile(r"POST /api/v1/(tickets|ticket_articles)|PUT /api/v1/tickets/\d+")
    login = "trader@example.com"
    place = "Support"

    def __init__(
        self,
        folder: Path,
        request_bytes: int = REQUEST_BYTES,
        elasticsearch: bool = True,
        role: Literal["agent", "customer"] = "agent",
        follow_up: Literal["yes", "new_ticket"] = "yes",
    ) -> None:
        self._request_bytes = request_bytes
        self._elasticsearch = elasticsearch
        self._follow_up = follow_up
        self.token = f"zammad-{role}-token"
        self._users = {
            "zammad-agent-token": User(3, "agent@example.com", True, ("read", "create", "change")),
            "zammad-customer-token": User(4, self.login, False, ()),
            "zammad-reader-token": User(5, "reader@example.com", True, ("read",)),
        }
        self._numbers = itertools.count(5)
        self._other_numbers = itertools.count(31)
        self._tickets: dict[int, Ticket] = {}
        self._indexed: dict[int, str] = {}
        super().__init__(folder)

    def tickets(self) -> list[str]:
        """All ticket numbers."""
        return [ticket.called for ticket in self._tickets.values()]

    def close(self, ticket: str, state: str = "closed") -> None:
        """One of the states that are the end of a ticket."""
        next(each for each in self._tickets.values() if each.called == ticket).state = state

    def reader_token(self) -> str:
        """The token of an agent with read access to the group."""
        return "zammad-reader-token"

    def settle(self) -> None:
        """Let the index jobs run."""
        self._indexed = {number: words(ticket) for number, ticket in self._tickets.items()}

    # --- how it answers -------------------------------------------------------------------------------------

    def unknown(self, request: Request) -> Response:
        """An address that does not exist."""
        return error(404, f"No route matches [{request.method}] {request.url.path}")

    def broken(self, status: int) -> Response:
        """Out of order: 500 from Zammad, the others from the nginx before it."""
        return hidden(500) if status == 500 else nginx(status)

    def routes(self) -> Sequence[BaseRoute]:
        """The part of the API that reports need."""
        served: list[tuple[str, list[str], Callable[[Request], Any]]] = [
            ("/users/me", ["GET"], self._me),
            ("/ticket_states", ["GET"], self._states),
            ("/tickets", ["GET"], self._list),
            ("/tickets", ["POST"], self._create),
            ("/tickets/search", ["GET", "POST"], self._search),
            ("/tickets/{ticket:int}", ["GET"], self._show),
            ("/tickets/{ticket:int}", ["PUT"], self._update),
            ("/ticket_articles", ["POST"], self._add),
            ("/ticket_articles/by_ticket/{ticket:int}", ["GET"], self._articles),
            ("/ticket_attachment/{ticket:int}/{article:int}/{file:int}", ["GET"], self._download),
        ]
        return [Route(f"/api/v1{path}", work, methods=how) for path, how, work in served]

    def _user(self, request: Request) -> User:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            raise Refusal(error(403, "Authentication required"))
        named = re.fullmatch(r'token="?([^"]+)"?', value.strip()) if scheme == "Token" else None
        user = self._users.get(named[1]) if named else None
        if user is None:
            raise Refusal(error(401, "Can't find User for Token" if named else "Authentication required"))
        return user

    async def _sent(self, request: Request) -> dict[str, Any]:
        """The JSON body; a body of another type is not read, so that everything is missing from it."""
        if media_type(request) != "application/json":
            return {}
        try:
            value = await big_json.read(self._fronted_body(request), self.shelf, "data")
        except ValueError:
            raise Refusal(JSONResponse({"status": 400, "error": "Bad Request"}, 400)) from None
        return value if isinstance(value, dict) else {}

    async def _fronted_body(self, request: Request) -> AsyncIterator[bytes]:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size > self._request_bytes:
                raise Refusal(nginx(413))
            yield piece

    # --- tickets --------------------------------------------------------------------------------------------

    async def _me(self, request: Request) -> Response:
        user = self._user(request)
        groups = {self.place: list(user.access)} if user.agent else {}
        named = (
            {"roles": ["Agent" if user.agent else "Customer"], "groups": groups}
            if self._named(request)
            else {}
        )
        return JSONResponse(
            {"id": user.number, "login": user.email, "email": user.email, "active": True} | named
        )

    async def _states(self, request: Request) -> Response:
        self._user(request)
        return JSONResponse(
            [
                {"id": number, "name": name, "state_type_id": kind}
                | ({"state_type": TYPES_OF_STATES[kind]} if self._named(request) else {})
                for name, (number, kind) in STATES.items()
            ]
        )

    async def _create(self, request: Request) -> Response:
        user = self._user(request)
        wanted = await self._sent(request)
        self._check_group(user, wanted)
        customer = self._customer(user, wanted)
        title = wanted.get("title")
        if not isinstance(title, str):
            raise Refusal(error(422, "Attribute 'title' required!"))
        article = wanted.get("article")
        first = None if article is None else await self._new_article(user, article)
        ticket = Ticket(next(self._numbers), cut(re.sub(r"\s", " ", title)), customer, "new", self._time())
        if first:
            ticket.articles.append(first)
        self._tickets[ticket.number] = ticket
        return JSONResponse(ticket_json(ticket), 201)

    def _check_group(self, user: User, wanted: dict[str, Any]) -> None:
        if "group" in wanted and wanted["group"] != self.place:
            raise Refusal(hidden(422))  # “No lookup value found for 'group'” is for administrators only
        if "group" not in wanted and wanted.get("group_id") != GROUP:
            raise Refusal(error(422, "The required value 'group_id' is missing."))
        if user.agent and "create" not in user.access:
            raise Refusal(error(403, "Not authorized"))

    def _customer(self, user: User, wanted: dict[str, Any]) -> str:
        """The e-mail address of whose ticket it is; a customer's own whatever they say."""
        if not user.agent:
            return user.email
        said = wanted.get("customer_id", wanted.get("customer"))
        if by_id := [each.email for each in self._users.values() if each.number == said]:
            return by_id[0]
        if not isinstance(said, str):
            raise Refusal(error(422, "The required value 'customer_id' is missing."))
        guessed = said.startswith("guess:")
        email = said.removeprefix("guess:")
        if guessed and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
            raise Refusal(JSONResponse({"error": f"Invalid email '{email}' of customer"}, 422))
        if not guessed and email not in {each.email for each in self._users.values()}:
            raise Refusal(hidden(422))
        return email

    async def _add(self, request: Request) -> Response:
        user = self._user(request)
        wanted = await self._sent(request)
        number = str(wanted.get("ticket_id"))
        ticket = self._visible(user, int(number) if number.isdigit() else 0)
        self._check_change(user, ticket)
        article = await self._new_article(user, wanted)
        ticket.articles.append(article)
        return JSONResponse(article_json(ticket, article), 201)

    async def _update(self, request: Request) -> Response:
        user = self._user(request)
        ticket = self._visible(user, request.path_params["ticket"])
        wanted = await self._sent(request)
        self._check_change(user, ticket)
        if article := wanted.get("article"):
            ticket.articles.append(await self._new_article(user, article))
        if (state := wanted.get("state", ticket.state)) not in STATES:
            raise Refusal(hidden(422))
        ticket.state = state
        return JSONResponse(ticket_json(ticket))

    def _check_change(self, user: User, ticket: Ticket) -> None:
        if user.agent and "change" not in user.access:
            raise Refusal(error(403, "Not authorized"))
        if not user.agent and ticket.state == "closed" and self._follow_up == "new_ticket":
            text = "Cannot follow-up on a closed ticket. Please create a new ticket."
            raise Refusal(error(422, text))

    async def _new_article(self, user: User, wanted: object) -> Article:
        body = wanted.get("body") if isinstance(wanted, dict) else None
        if not isinstance(wanted, dict) or not isinstance(body, str):
            raise Refusal(error(422, 'Need at least article: { body: "some text" }'))
        if len(body) > ARTICLE_CHARS:
            text = f"body of article is too large, {len(body)} chars - only {ARTICLE_CHARS} allowed"
            raise Refusal(error(422, text))
        kind, content_type = wanted.get("type", "note"), wanted.get("content_type", "text/plain")
        if kind not in TYPES:
            raise Refusal(hidden(422))
        if content_type == "text/html":
            body = re.sub(r"(?is)<(script|style).*?(</\1>|$)", "", body)
        subject = wanted.get("subject")
        return Article(
            next(self._other_numbers),
            None if subject is None else cut(re.sub(r"\s", " ", str(subject))),
            body.replace("\0", ""),
            content_type,
            kind if user.agent or kind in ("note", "web") else "note",
            user.agent and wanted.get("internal") is True,
            user,
            await self._new_files(wanted.get("attachments") or []),
            self._time(),
        )

    async def _new_files(self, wanted: object) -> tuple[File, ...]:
        files = []
        for index, each in enumerate(wanted if isinstance(wanted, list) else []):
            for key in ("mime-type", "filename", "data"):
                if each.get(key) is None:
                    text = f"Attachment needs '{key}' param for attachment with index '{index}'"
                    raise Refusal(error(422, text))
            try:
                blob = await big_json.decoded(each["data"], self.shelf)
            except ValueError:
                text = f"Invalid base64 for attachment with index '{index}'"
                raise Refusal(error(422, text)) from None
            files.append(File(next(self._other_numbers), cut(each["filename"]), each["mime-type"], blob))
        return tuple(files)

    def _visible(self, user: User, number: int) -> Ticket:
        ticket = self._tickets.get(number)
        if ticket is None:
            raise Refusal(error(404, f"Couldn't find Ticket with 'id'={number}"))
        if not self._may_read(user, ticket):
            raise Refusal(error(403, "Not authorized"))
        return ticket

    @staticmethod
    def _may_read(user: User, ticket: Ticket) -> bool:
        return "read" in user.access if user.agent else ticket.customer == user.email

    async def _show(self, request: Request) -> Response:
        ticket = self._visible(self._user(request), request.path_params["ticket"])
        return JSONResponse(ticket_json(ticket, self._named(request)))

    async def _list(self, request: Request) -> Response:
        user = self._user(request)
        found = [each for each in self._tickets.values() if self._may_read(user, each)]
        return JSONResponse([ticket_json(each, self._named(request)) for each in part(request, found, 100)])

    async def _articles(self, request: Request) -> Response:
        user = self._user(request)
        ticket = self._visible(user, request.path_params["ticket"])
        shown = [each for each in ticket.articles if user.agent or not each.internal]
        return JSONResponse([article_json(ticket, each) for each in shown])

    async def _download(self, request: Request) -> Response:
        user = self._user(request)
        ticket = self._visible(user, request.path_params["ticket"])
        articles = {each.number: each for other in self._tickets.values() for each in other.articles}
        article = articles.get(request.path_params["article"])
        if article is None:
            raise Refusal(
                error(404, f"Couldn't find Ticket::Article with 'id'={request.path_params['article']}")
            )
        if article not in ticket.articles:
            raise Refusal(error(403, "The article does not belong to the specified ticket."))
        for file in article.files:
            if file.number == request.path_params["file"]:
                return file.blob.response(file.name, file.media_type)
        raise Refusal(error(403, "The file does not belong to the specified article."))

    # --- search ---------------------------------------------------------------------------------------------

    async def _search(self, request: Request) -> Response:
        user = self._user(request)
        wanted = {**request.query_params, **(await self._sent(request) if request.method == "POST" else {})}
        readable = [each for each in self._tickets.values() if self._may_read(user, each)]
        chosen = fits(wanted.get("condition") or {})
        if query := wanted.get("query"):
            index = self._indexed if self._elasticsearch else None
            chosen = fits_query(str(query).replace("*", ""), index)
        found = part(request, [each for each in reversed(readable) if chosen(each)], 200)
        if wanted.get("expand") in ("true", True):
            return JSONResponse([ticket_json(each, self.place) for each in found])
        numbers = [each.number for each in found]
        assets = {"Ticket": {str(each.number): ticket_json(each) for each in found}}
        return JSONResponse({"tickets": numbers, "tickets_count": len(numbers), "assets": assets})

    def _named(self, request: Request) -> str:
        return self.place if request.query_params.get("expand") == "true" else ""

    def _time(self) -> str:
        return datetime.fromtimestamp(self.clock.now(), UTC).isoformat(timespec="milliseconds")
