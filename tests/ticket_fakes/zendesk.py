"""Zendesk Support, from its documentation (developer.zendesk.com, read in 2026):

- api-reference/introduction/requests: JSON in and out, `Accept: application/json`, errors
  `{error, description, details}`, `X-Rate-Limit…`, 429 with `Retry-After`
- api-reference/introduction/security-and-auth: `Basic email/token:key`
- api-reference/ticketing/introduction#idempotency: `Idempotency-Key` on create, 2 hours, 400 for another body
- api-reference/ticketing/tickets/tickets, …/ticket_comments, …/ticket-attachments, …/groups/groups
- api-reference/ticketing/account-configuration/account_settings: with `markdown_ticket_comments` (here: on) a
  plain comment is read as Markdown
- documentation/ticketing/managing-tickets/working-with-url-properties and
  …/accessing-end-user-uploaded-attachments: `content_url` wants our login and leads to another host, which
  must not see it

Not said there, and chosen here: the statuses for a file too large (413) and for an upload token that is
spent, expired or unknown (`lost_uploads`: refused with 422, or ignored so that the files are missing).
"""

from __future__ import annotations

import html
import itertools
import json
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from tests.ticket_fakes import Fake, Refusal
from tests.ticket_fakes.asking import RateLimit, basic_login, json_body, media_type
from tests.ticket_fakes.bodies import TooLarge
from tests.ticket_fakes.storage import Storage
from tests.ticket_fakes.zendesk_parts import (
    AGENT,
    Answered,
    Comment,
    File,
    Ticket,
    Upload,
    error,
    forbidden,
    invalid,
    markdown,
    page_of_list,
    replay,
    ticket_json,
    too_many,
)

TOKEN_SECONDS = 60 * 60
IDEMPOTENCY_SECONDS = 2 * 60 * 60
FILE_BYTES = 50 << 20
COMMENT_CHARS = 65_535
KEY_CHARS = 255
_GROUP = 360_001


class System(Fake):
    """A Zendesk account with one agent, one group and one who may only read (a token of the same login, so
    that tests need to change the token only). `required` is a field that new tickets must have, in vain."""

    system = "zendesk"
    commits = re.compile(r"POST /api/v2/tickets(\.json)?|PUT /api/v2/tickets/\d+(\.json)?")
    login = "agent@example.com"
    token = "zendesk-key"
    place = "Support"

    def __init__(
        self,
        folder: Path,
        file_bytes: int = FILE_BYTES,
        requests_a_minute: int | None = None,
        lost_uploads: Literal["refused", "ignored"] = "refused",
        role: Literal["agent", "end-user"] = "agent",
        required: str = "",
    ) -> None:
        self._role = role
        self._required = required
        self._file_bytes = file_bytes
        self._lost_uploads = lost_uploads
        self._numbers = itertools.count(1)
        self._uploads: dict[str, Upload] = {}
        self._files: dict[str, File] = {}
        self._tickets: dict[int, Ticket] = {}
        self._keys: dict[str, Answered] = {}
        self._indexed: set[int] = set()
        super().__init__(folder)
        self.storage = Storage(self.clock.now, 60)
        self.hosts = (self.storage.serving,)
        self._rate = RateLimit(requests_a_minute, 60, self.clock.now)

    def tickets(self) -> list[str]:
        """All ticket ids."""
        return [str(number) for number in self._tickets]

    def close(self, ticket: str) -> None:
        """Closed for good, as it happens some days after “solved”."""
        self._tickets[int(ticket)].status = "closed"

    def solve(self, ticket: str) -> None:
        """Solved: a comment may still be added, and opens it again."""
        self._tickets[int(ticket)].status = "solved"

    def reader_token(self) -> str:
        """A key of a light agent who may read everything."""
        return "zendesk-reader-key"

    def settle(self) -> None:
        """Index all tickets for /search."""
        self._indexed = set(self._tickets)

    # --- how it answers -------------------------------------------------------------------------------------

    def unknown(self, request: Request) -> Response:
        """An address that does not exist."""
        return error(404, "InvalidEndpoint", "Not found")

    def broken(self, status: int) -> Response:
        """Out of order."""
        if status == 429:
            return too_many(93)
        if status == 503:
            return error(503, "ServiceUnavailable", "Service Unavailable", {"Retry-After": "30"})
        return error(500, "InternalServerError", "Internal Server Error")

    def routes(self) -> Sequence[BaseRoute]:
        """The part of the API that reports need, each with and without “.json”."""
        served: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("GET", "/users/me", self._me),
            ("GET", "/groups", self._groups),
            ("POST", "/uploads", self._upload),
            ("GET", "/tickets", self._list),
            ("POST", "/tickets", self._create),
            ("GET", "/search", self._search),
            ("GET", "/tickets/{ticket:int}", self._show),
            ("PUT", "/tickets/{ticket:int}", self._update),
            ("GET", "/tickets/{ticket:int}/comments", self._comments),
        ]
        return [
            *(
                Route(f"/api/v2{path}{ending}", self._limited(work), methods=[method])
                for method, path, work in served
                for ending in ("", ".json")
            ),
            Route("/attachments/token/{secret}/", self._content, methods=["GET"]),
        ]

    def _limited(self, work: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            if seconds := self._rate.take():
                return too_many(seconds)
            if "application/json" not in request.headers.get("accept", ""):
                return PlainTextResponse("Not Acceptable", 406)
            response: Response = await work(request)
            if self._rate.limit:
                response.headers["X-Rate-Limit"] = str(self._rate.limit)
                response.headers["X-Rate-Limit-Remaining"] = str(self._rate.left)
            return response

        return answer

    def _check(self, request: Request, *, writes: bool = False) -> None:
        """Refuse who is unknown (401) or may not (403)."""
        login = basic_login(request)
        if login == (f"{self.login}/token", self.token):
            return
        if login != (f"{self.login}/token", self.reader_token()):
            answer = JSONResponse({"error": "Couldn't authenticate you"}, 401)
            answer.headers["WWW-Authenticate"] = 'Basic realm="Web Password"'
            raise Refusal(answer)
        if writes:
            raise Refusal(forbidden())

    async def _json(self, request: Request) -> dict[str, Any]:
        if media_type(request) != "application/json":
            raise Refusal(PlainTextResponse("Unsupported Media Type", 415))
        return await json_body(request, lambda: error(400, "InvalidJSON", "Server could not parse JSON"))

    # --- who and where --------------------------------------------------------------------------------------

    async def _me(self, request: Request) -> Response:
        if "authorization" not in request.headers:
            return JSONResponse({"user": {"id": None, "name": "Anonymous user", "role": "end-user"}})
        self._check(request)
        return JSONResponse(
            {"user": {"id": AGENT, "name": "Agent", "email": self.login, "role": self._role, "active": True}}
        )

    async def _groups(self, request: Request) -> Response:
        self._check(request)
        groups = [{"id": _GROUP, "name": self.place, "deleted": False}]
        return JSONResponse({"groups": groups, "next_page": None, "previous_page": None, "count": 1})

    # --- files ----------------------------------------------------------------------------------------------

    async def _upload(self, request: Request) -> Response:
        self._check(request, writes=True)
        name = request.query_params.get("filename", "")
        if not name:
            return error(400, "ParameterMissing", "filename is missing")
        if "/" not in media_type(request):
            return PlainTextResponse("Unsupported Media Type", 415)
        token = request.query_params.get("token") or self._new_upload()
        upload = self._live_upload(token)
        if upload is None:
            return error(404, "RecordNotFound", "Not found")
        try:
            blob = await self.shelf.body(request, self._file_bytes)
        except TooLarge:
            return error(413, "RequestEntityTooLarge", "The file exceeds the maximum permitted size.")
        file = File(next(self._numbers), name, media_type(request), blob, secrets.token_urlsafe(12))
        upload.files.append(file)
        self._files[file.secret] = file
        files = [self._file_json(each) for each in upload.files]
        answer = {"upload": {"token": token, "attachment": self._file_json(file), "attachments": files}}
        return JSONResponse(answer, 201)

    def _new_upload(self) -> str:
        token = secrets.token_urlsafe(12)
        self._uploads[token] = Upload(self.clock.now() + TOKEN_SECONDS)
        return token

    def _live_upload(self, token: object) -> Upload | None:
        upload = self._uploads.get(token) if isinstance(token, str) else None
        return upload if upload and self.clock.now() <= upload.until else None

    def _file_json(self, file: File) -> dict[str, Any]:
        named = urlencode({"name": file.name})
        return {
            "id": file.number,
            "file_name": file.name,
            "content_type": file.media_type,
            "content_url": f"{self.peer.url}/attachments/token/{file.secret}/?{named}",
            "size": file.blob.size,
            "inline": False,
            "deleted": False,
            "malware_scan_result": "not_scanned",
            "thumbnails": [],
        }

    async def _content(self, request: Request) -> Response:
        file = self._files.get(request.path_params["secret"])
        if file is None or request.query_params.get("name") != file.name:
            return Response("Not found", 404, media_type="text/html")
        self._check(request)
        return RedirectResponse(self.storage.sign(file.blob, file.name, file.media_type), 302)

    # --- tickets --------------------------------------------------------------------------------------------

    async def _create(self, request: Request) -> Response:
        self._check(request, writes=True)
        key, body = request.headers.get("idempotency-key"), await request.body()
        if key is not None and len(key) > KEY_CHARS:
            return error(400, "InvalidIdempotencyKey", "The idempotency key is too long")
        if key is not None and (earlier := self._earlier(key)):
            return replay(earlier, body)
        wanted = (await self._json(request)).get("ticket")
        if not isinstance(wanted, dict):
            return error(400, "ParameterMissing", "ticket is required")
        ticket = self._new_ticket(wanted)
        answer = {"ticket": ticket_json(self.peer.url, ticket), "audit": {"ticket_id": ticket.number}}
        if key is None:
            return JSONResponse(answer, 201)
        self._keys[key] = Answered(body, answer, self.clock.now() + IDEMPOTENCY_SECONDS)
        return JSONResponse(answer, 201, {"x-idempotency-lookup": "miss"})

    def _earlier(self, key: str) -> Answered | None:
        earlier = self._keys.get(key)
        return earlier if earlier and self.clock.now() <= earlier.until else None

    def _new_ticket(self, wanted: dict[str, Any]) -> Ticket:
        group = wanted.get("group_id")
        if group not in (None, _GROUP):
            raise Refusal(invalid("group", "Group: is invalid", "InvalidValue"))
        if self._required:
            raise Refusal(invalid("base", f"{self._required}: is required when creating a ticket", None))
        external_id = wanted.get("external_id")
        comment = self._new_comment(wanted.get("comment"))
        subject = str(wanted.get("subject") or comment.text[:80])
        ticket = Ticket(
            next(self._numbers), subject, None if external_id is None else str(external_id), group, "new",
            self._time(),
        )  # fmt: skip
        ticket.comments.append(comment)
        self._tickets[ticket.number] = ticket
        return ticket

    def _new_comment(self, wanted: object) -> Comment:
        wanted = wanted if isinstance(wanted, dict) else {}
        text, formatted = wanted.get("body"), wanted.get("html_body")
        if isinstance(formatted, str) and formatted:
            text = html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<br\s*/?>|</p>", "\n", formatted)))
        if not isinstance(text, str) or not text.strip():
            raise Refusal(invalid("base", "Description: cannot be blank", "BlankValue"))
        if max(len(text), len(str(formatted or ""))) > COMMENT_CHARS:
            raise Refusal(invalid("comment", "Comment: is too long (maximum is 65535 characters)", "TooLong"))
        shown = formatted if isinstance(formatted, str) and formatted else markdown(text)
        public = wanted.get("public", True) is not False
        files = self._spend(wanted.get("uploads") or [])
        return Comment(next(self._numbers), text, shown, public, files, self._time())

    def _spend(self, tokens: object) -> tuple[File, ...]:
        """The files of upload tokens, each good for one comment; all or none."""
        wanted = [tokens] if isinstance(tokens, str) else tokens if isinstance(tokens, list) else []
        live = [token for token in wanted if self._live_upload(token)]
        if len(live) < len(wanted) and self._lost_uploads == "refused":
            raise Refusal(invalid("base", "Attachment: upload token is invalid or expired", "InvalidValue"))
        return tuple(file for token in live for file in self._uploads.pop(token).files)

    async def _update(self, request: Request) -> Response:
        self._check(request, writes=True)
        ticket = self._found(request)
        wanted = (await self._json(request)).get("ticket")
        if not isinstance(wanted, dict):
            return error(400, "ParameterMissing", "ticket is required")
        if ticket.status == "closed":
            return invalid("status", "Status: closed prevents ticket update", None)
        if "comment" in wanted:
            ticket.comments.append(self._new_comment(wanted["comment"]))
            ticket.status = "open" if ticket.status == "solved" else ticket.status
        ticket.status = wanted.get("status", ticket.status)
        ticket.external_id = wanted.get("external_id", ticket.external_id)
        return JSONResponse(
            {"ticket": ticket_json(self.peer.url, ticket), "audit": {"ticket_id": ticket.number}}
        )

    async def _show(self, request: Request) -> Response:
        self._check(request)
        return JSONResponse({"ticket": ticket_json(self.peer.url, self._found(request))})

    def _found(self, request: Request) -> Ticket:
        ticket = self._tickets.get(request.path_params["ticket"])
        if ticket is None:
            raise Refusal(error(404, "RecordNotFound", "Not found"))
        return ticket

    async def _list(self, request: Request) -> Response:
        self._check(request)
        wanted = request.query_params.get("external_id")
        found = [each for each in self._tickets.values() if wanted is None or each.external_id == wanted]
        return page_of_list(
            self.peer.url, request, "tickets", [ticket_json(self.peer.url, each) for each in found]
        )

    async def _search(self, request: Request) -> Response:
        self._check(request)
        query = request.query_params.get("query", "")
        if not query:
            return error(422, "invalid", "Invalid search: query is missing")
        words = [word for word in query.replace('"', " ").split() if word != "type:ticket"]
        texts = {
            number: json.dumps(ticket_json(self.peer.url, each))
            + " ".join(comment.text for comment in each.comments)
            for number, each in self._tickets.items()
            if number in self._indexed
        }
        found = [number for number, text in texts.items() if all(word in text for word in words)]
        results = [
            ticket_json(self.peer.url, self._tickets[number]) | {"result_type": "ticket"} for number in found
        ]
        return page_of_list(self.peer.url, request, "results", results)

    async def _comments(self, request: Request) -> Response:
        self._check(request)
        comments = [self._comment_json(each) for each in self._found(request).comments]
        query = request.query_params
        if query.get("sort") == "-created_at" or query.get("sort_order") == "desc":
            comments.reverse()
        return page_of_list(self.peer.url, request, "comments", comments)

    # --- pages and shapes -----------------------------------------------------------------------------------

    def _comment_json(self, comment: Comment) -> dict[str, Any]:
        return {
            "id": comment.number,
            "type": "Comment",
            "author_id": AGENT,
            "body": comment.text,
            "plain_body": comment.text,
            "html_body": f'<div class="zd-comment" dir="auto">{comment.html}</div>',
            "public": comment.public,
            "attachments": [self._file_json(file) for file in comment.files],
            "created_at": comment.created_at,
        }

    def _time(self) -> str:
        return datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
