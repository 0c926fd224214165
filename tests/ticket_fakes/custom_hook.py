"""A web hook that takes a report as JSON and answers 204, without a word of what became of it: the third
example of the README."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from tests.ticket_fakes import Fake, Refusal
from tests.ticket_fakes.asking import json_body, media_type

REQUEST_BYTES = 10_000_000


@dataclass(frozen=True)
class Message:
    """What came."""

    title: str
    body: str
    files: dict[str, bytes]


class System(Fake):
    """The hook; `messages` is what reached the people behind it."""

    system = "custom"
    commits = re.compile(r"POST /hooks/support")
    token = "hook-token"

    def __init__(self, folder: Path) -> None:
        self.messages: list[Message] = []
        super().__init__(folder)

    def tickets(self) -> list[str]:
        """Nobody outside knows a number."""
        return [str(number) for number in range(len(self.messages))]

    def close(self, ticket: str) -> None:
        """There is no such thing here."""
        raise NotImplementedError

    def reader_token(self) -> str:
        """Nothing can be read."""
        return ""

    def routes(self) -> Sequence[BaseRoute]:
        """Two addresses."""
        return [
            Route("/health", lambda _: PlainTextResponse("alive")),
            Route("/hooks/support", self._take, methods=["POST"]),
        ]

    def unknown(self, request: Request) -> Response:
        """Nothing there."""
        return PlainTextResponse("no such hook", 404)

    async def _take(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise Refusal(JSONResponse({"message": "who are you?"}, 401))
        if int(request.headers.get("content-length", REQUEST_BYTES + 1)) > REQUEST_BYTES:
            raise Refusal(JSONResponse({"message": "at most 10 MB"}, 413))
        if media_type(request) != "application/json":
            raise Refusal(_malformed())
        content = await json_body(request, _malformed)
        if content.keys() != {"title", "body", "files"}:
            raise Refusal(_malformed())
        files = dict(_file(each) for each in content["files"])
        self.messages.append(Message(content["title"], content["body"], files))
        return Response(status_code=204)


def _file(given: dict[str, Any]) -> tuple[str, bytes]:
    data = base64.b64decode(given["content"], validate=True)
    if given.keys() != {"name", "type", "size", "content"} or given["size"] != len(data):
        raise Refusal(_malformed())
    return given["name"], data


def _malformed() -> Response:
    return JSONResponse({"message": "that is no message"}, 400)
