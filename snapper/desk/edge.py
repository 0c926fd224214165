"""Where requests come in and answers go out: bounds on headers, safe response headers, polite refusals.

Refusing a large upload and closing at once makes the system reset the connection, and the client never
sees why. So the answer is sent first, then what still comes in is read and dropped within bounds.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, cast

import h11
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from snapper.desk.problem import Kind, problem_json

HEADERS_MAX = 100  # browsers send about 20
HEADER_BYTES = 1 << 15
PROBLEM_TYPE = "application/problem+json"
_LINGER_SECONDS = 2.0
_UNREAD = "snapper.unread"  # in a scope: a message with what had come when the connection broke

_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class _Body:
    """The request body of one exchange: how much of it is still to come, and a limit on silence."""

    def __init__(self, scope: Scope, receive: Receive, idle_seconds: float) -> None:
        self._scope = scope
        headers = dict(scope["headers"])
        announced = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        self.pending = announced
        # Nothing will come from who waits for "100 Continue" and gets a refusal, or has stopped sending.
        self._silent = headers.get(b"expect", b"").lower() == b"100-continue"
        self._receive = receive
        self._idle_seconds = idle_seconds

    async def receive(self) -> Message:
        """The next piece; a client that is silent for too long counts as gone."""
        self._silent = False
        try:
            async with asyncio.timeout(self._idle_seconds if self.pending else None):
                message = await self._receive()
        except TimeoutError:
            self._silent = True
            return {"type": "http.disconnect"}
        if message["type"] == "http.disconnect":
            message = self._scope.pop(_UNREAD, message)
        if not message.get("more_body", False):
            self.pending = False
        return message

    async def drop(self, limit: int) -> None:
        """Read the rest, at most `limit` bytes, and forget it."""
        while self.pending and not self._silent and limit > 0:
            message = await self.receive()
            limit -= len(message.get("body", b""))


class Edge:
    """ASGI middleware around the whole desk; `drop_bytes` and `idle_seconds` bound a polite refusal."""

    def __init__(self, app: ASGIApp, drop_bytes: int, idle_seconds: float) -> None:
        self._app = app
        self._drop_bytes = drop_bytes
        self._idle_seconds = idle_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one exchange."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(scope, receive, self._idle_seconds)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                _complete_headers(message, closing=body.pending)
            elif body.pending and not message.get("more_body", False):
                await send({**message, "more_body": True})
                await body.drop(self._drop_bytes)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        app = self._app if len(scope["headers"]) <= HEADERS_MAX else _too_many_headers
        await app(scope, body.receive, answer)


def _complete_headers(message: Message, *, closing: bool) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in _SAFE.items():
        headers.setdefault(name, value)
    if closing:
        headers["Connection"] = "close"


def _problem_body(kind: Kind, detail: str) -> bytes:
    return json.dumps(problem_json(kind, detail), ensure_ascii=False).encode()


async def _too_many_headers(scope: Scope, receive: Receive, send: Send) -> None:
    body = _problem_body(Kind.TOO_MANY_HEADERS, "The request has too many headers.")
    headers = [
        (b"content-type", PROBLEM_TYPE.encode()), (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": Kind.TOO_MANY_HEADERS.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class DeskProtocol(H11Protocol):
    """HTTP/1.1 that answers what is not HTTP, or has endless headers, with a problem the sender can read."""

    _refused = False

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network; after a refusal they are dropped."""
        if not self._refused:
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave what had come before the connection broke to be read: an upload goes on from there.

        uvicorn would drop it, and who is cut off after every few bytes would never get on.
        """
        if self.cycle and self.cycle.body:
            body, scope = bytes(self.cycle.body), cast(Scope, self.cycle.scope)
            scope[_UNREAD] = {"type": "http.request", "body": body, "more_body": self.cycle.more_body}
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that h11 cannot read, then wait a moment for the sender to stop."""
        error = sys.exception()
        too_long = isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == 431
        kind = Kind.TOO_MANY_HEADERS if too_long else Kind.BAD_REQUEST
        body = _problem_body(kind, "The desk cannot read this request.")
        self._send_all(kind.status, body)
        self._refused = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def _send_all(self, status: int, body: bytes) -> None:
        length = str(len(body)).encode()
        headers = [
            (b"content-type", PROBLEM_TYPE.encode()), (b"content-length", length),
            (b"x-content-type-options", b"nosniff"), (b"connection", b"close"),
        ]  # fmt: skip
        response = h11.Response(status_code=status, headers=headers, reason=b"")
        events: tuple[Any, ...] = (response, h11.Data(data=body), h11.EndOfMessage())
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
