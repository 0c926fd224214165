"""A fake on a socket: started, ended and started again at one address; requests broken on purpose.

No ticket system's rules here.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable
from typing import Literal

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

Before = Literal["cut", "503", "429"]
After = Literal["cut", "silent", "500"]

_Transports = dict[tuple[str, int], asyncio.BaseTransport]


class Breaker:
    """Breaks the one request that it was told to break, at the moment it was told."""

    def __init__(self, commits: re.Pattern[str], answer: Callable[[int], Response]) -> None:
        self.before: Before | None = None
        self.after: After | None = None
        self.heard: list[str] = []
        self._commits = commits
        self._answer = answer

    def before_work(self, request: str) -> Before | None:
        """How to break this request (“METHOD /path”) before its work."""
        self.heard.append(request)
        if not self._commits.fullmatch(request):
            return None
        how, self.before = self.before, None
        return how

    def after_work(self, request: str, status: int) -> After | None:
        """How to break this request after its work; only what was stored is worth breaking."""
        if status >= 300 or not self._commits.fullmatch(request):
            return None
        how, self.after = self.after, None
        return how

    def answer(self, status: int) -> Response:
        """The vendor's answer of this status."""
        return self._answer(status)


class Serving:
    """An ASGI application on a free port of this computer, which it keeps from one start to the next."""

    def __init__(self, app: ASGIApp, breaker: Breaker) -> None:
        self.breaker = breaker
        self._app = app
        self._port = 0
        self._transports: _Transports = {}
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen; connections are taken when this returns."""
        listener = socket.create_server(("127.0.0.1", self._port), backlog=128)
        self._port = listener.getsockname()[1]
        listens = threading.Event()
        self._server = server = _Server(self._config(), listens)
        self._thread = threading.Thread(target=self._run, args=(server, listener), daemon=True)
        self._thread.start()
        if not listens.wait(30):
            raise TimeoutError("The fake did not start.")

    def stop(self) -> None:
        """End at once: connections break off, requests under way are abandoned."""
        server, loop, thread = self._server, self._loop, self._thread
        if server is None or loop is None or thread is None:
            return
        server.should_exit = True
        loop.call_soon_threadsafe(self._abort_all)
        self._server = None
        thread.join(30)
        if thread.is_alive():
            raise TimeoutError("The fake did not end.")

    def _run(self, server: uvicorn.Server, listener: socket.socket) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await server.serve([listener])

        with listener:
            asyncio.run(serve())

    def _abort_all(self) -> None:
        for transport in list(self._transports.values()):
            transport.abort()  # type: ignore[attr-defined]

    def _config(self) -> uvicorn.Config:
        transports = self._transports

        class Protocol(H11Protocol):
            """Remembers its connection, so that a request can cut it."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                if self.client:
                    transports[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client:
                    transports.pop(self.client, None)
                super().connection_lost(exc)

        return uvicorn.Config(
            self._serve, http=Protocol, ws="none", lifespan="off", loop="asyncio", interface="asgi3",
            log_config=None, access_log=False, server_header=False, proxy_headers=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip

    # --- one request ----------------------------------------------------------------------------------------

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = f"{scope['method']} {scope['path']}"
        match self.breaker.before_work(request):
            case "cut":
                await receive()  # a part of it has arrived
                await self._cut(scope, receive)
            case ("503" | "429") as status:
                await self.breaker.answer(int(status))(scope, receive, send)
            case _:
                await self._work(request, scope, receive, send)

    async def _work(self, request: str, scope: Scope, receive: Receive, send: Send) -> None:
        broken = False

        async def answer(message: Message) -> None:
            nonlocal broken
            if message["type"] == "http.response.start":
                match self.breaker.after_work(request, message["status"]):
                    case "cut":
                        broken = True
                        await self._cut(scope, receive)
                    case "silent":
                        broken = True
                        await _gone(receive)
                    case "500":
                        broken = True
                        await self.breaker.answer(500)(scope, receive, send)
            if not broken:
                await send(message)

        await self._app(scope, receive, answer)

    async def _cut(self, scope: Scope, receive: Receive) -> None:
        transport = self._transports.get(tuple(scope["client"]))
        if transport:
            transport.abort()  # type: ignore[attr-defined]
        await _gone(receive)


async def _gone(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class _Server(uvicorn.Server):
    """Says when it listens, and leaves signals to the tests."""

    def __init__(self, config: uvicorn.Config, listens: threading.Event) -> None:
        super().__init__(config)
        self._listens = listens

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so."""
        await super().startup(sockets)
        self._listens.set()
