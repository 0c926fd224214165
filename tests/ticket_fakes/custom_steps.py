"""A tracker that takes files one by one and then a ticket that names them: the second example of the README.

Made after what a Redmine 5 did. What an upload gave serves once and for an hour; a file of a name that it
does not like gets another; a note is answered with 204 and nothing; a key that is wrong finds nothing; an
answer without a body tells by a header only that it is its own.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.ticket_fakes import Fake, Refusal
from tests.ticket_fakes.asking import json_body, media_type
from tests.ticket_fakes.bodies import Blob, TooLarge

FILE_BYTES = 5 << 20
_TOKEN_SECONDS = 3600


@dataclass
class Issue:
    """One issue."""

    number: int
    subject: str
    texts: list[str]
    files: list[tuple[str, Blob]] = field(default_factory=list)
    closed: bool = False


class System(Fake):
    """The tracker, with one project."""

    system = "custom"
    commits = re.compile(r"POST /projects/support/issues\.json|PUT /issues/\d+\.json")
    token = "tracker-key"
    place = "support"

    def __init__(self, folder: Path) -> None:
        self._numbers = itertools.count(1)
        self.kept: dict[int, Issue] = {}
        self.uploads: dict[str, tuple[Blob, float]] = {}
        super().__init__(folder)

    def tickets(self) -> list[str]:
        """All numbers."""
        return [str(number) for number in self.kept]

    def close(self, ticket: str) -> None:
        """Close it."""
        self.kept[int(ticket)].closed = True

    def reader_token(self) -> str:
        """Of somebody who may only look; uploading needs no right."""
        return "tracker-reader"

    def routes(self) -> Sequence[BaseRoute]:
        """Its API."""
        return [
            Route("/users/current.json", self._me),
            Route("/uploads.json", self._upload, methods=["POST"]),
            Route("/projects/support/issues.json", self._create, methods=["POST"]),
            Route("/issues.json", self._search),
            Route("/issues/{number:int}.json", self._show, methods=["GET"]),
            Route("/issues/{number:int}.json", self._note, methods=["PUT"]),
            Route("/attachments/download/{number:int}", self._download),
        ]

    def unknown(self, request: Request) -> Response:
        """No such address."""
        return _empty(404)

    def broken(self, status: int) -> Response:
        """Out of order."""
        return JSONResponse({"error": "Internal Server Error"}, status, {"X-Runtime": "0.1"})

    # --- the API --------------------------------------------------------------------------------------------

    async def _me(self, request: Request) -> Response:
        self._who(request)
        return _json({"user": {"login": "reporter"}})

    async def _upload(self, request: Request) -> Response:
        self._who(request)
        if media_type(request) != "application/octet-stream":
            raise Refusal(_empty(406))
        try:
            blob = await self.shelf.body(request, FILE_BYTES)
        except TooLarge:
            raise Refusal(_json({"errors": ["This file is too large"]}, 422)) from None
        token = f"{len(self.uploads)}.{secrets.token_hex(8)}"
        self.uploads[token] = (blob, self.clock.now())
        return _json({"upload": {"token": token}}, 201)

    async def _create(self, request: Request) -> Response:
        content = await self._writing(request)
        files = self._taken(content)
        issue = Issue(next(self._numbers), content["subject"], [content["description"]], files)
        self.kept[issue.number] = issue
        where = {"Location": f"{self.peer.url}/issues/{issue.number}"}
        return JSONResponse({"issue": {"subject": issue.subject}}, 201, where)

    async def _note(self, request: Request) -> Response:
        content = await self._writing(request)
        issue = self._issue(request)
        issue.files += self._taken(content)
        issue.texts.append(content["notes"])
        return _empty(204)

    async def _show(self, request: Request) -> Response:
        self._who(request)
        issue = self._issue(request)
        shown: dict[str, Any] = {
            "id": issue.number, "subject": issue.subject,
            "status": {"name": "Closed" if issue.closed else "New"},
        }  # fmt: skip
        if request.query_params.get("include") == "attachments":
            shown["attachments"] = [
                {"id": issue.number * 1000 + number, "filename": name}
                for number, (name, _) in enumerate(issue.files)
            ]
        return _json({"issue": shown})

    async def _search(self, request: Request) -> Response:
        query = request.query_params
        known = request.headers.get("x-redmine-api-key") in (self.token, self.reader_token())
        wanted = query.get("subject", "").removeprefix("~").lower()
        found = [
            {"id": issue.number, "subject": issue.subject}
            for issue in self.kept.values()
            if wanted in issue.subject.lower() and (query.get("status_id") == "*" or not issue.closed)
        ]
        return _json({"issues": found if known else []})

    async def _download(self, request: Request) -> Response:
        if request.headers.get("x-redmine-api-key") not in (self.token, self.reader_token()):
            return Response(status_code=302, headers={"Location": "/login", "X-Runtime": "0.1"})
        number, file = divmod(request.path_params["number"], 1000)
        name, blob = self.kept[number].files[file]
        return blob.response(name)

    # --- its rules ------------------------------------------------------------------------------------------

    def _who(self, request: Request) -> str:
        key = request.headers.get("x-redmine-api-key", "")
        if key not in (self.token, self.reader_token()):
            raise Refusal(_empty(401))
        return key

    async def _writing(self, request: Request) -> dict[str, Any]:
        if self._who(request) != self.token:
            raise Refusal(_empty(403))
        content = await json_body(request, lambda: _empty(400))
        issue: dict[str, Any] = content.get("issue", {})
        return issue

    def _taken(self, content: dict[str, Any]) -> list[tuple[str, Blob]]:
        """The files that were uploaded before, all or none of them."""
        given = content.get("uploads", [])
        blobs = [self.uploads.get(each["token"]) for each in given]
        if any(found is None or self.clock.now() - found[1] > _TOKEN_SECONDS for found in blobs):
            raise Refusal(_json({"errors": ["1 file(s) could not be saved."]}, 422))
        for each in given:
            del self.uploads[each["token"]]
        names = (re.sub(r"""["'<>:|*?%]""", "_", each["filename"]) for each in given)
        return [(name, found[0]) for name, found in zip(names, blobs, strict=True) if found]

    def _issue(self, request: Request) -> Issue:
        if issue := self.kept.get(request.path_params["number"]):
            return issue
        raise Refusal(_empty(404))


def _json(content: Any, status: int = 200) -> Response:
    return JSONResponse(content, status, {"X-Runtime": "0.1"})


def _empty(status: int) -> Response:
    return Response(status_code=status, headers={"X-Runtime": "0.1"})
