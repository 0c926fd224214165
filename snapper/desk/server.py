"""The desk as a running server: the application put together, a socket, and an orderly end."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from snapper.desk.api import Api
from snapper.desk.edge import HEADER_BYTES, DeskProtocol, Edge
from snapper.desk.inbox import SESSION_COOKIE, SESSION_SECONDS, Inbox
from snapper.desk.limits import Limits
from snapper.desk.problem import Problem
from snapper.desk.store import Store
from snapper.errors import SnapperError

_DROP_BYTES = 64 << 20  # read at least so much of what is refused, so that the sender comes to read why
_GRACE_SECONDS = 5  # for uploads under way when the desk is told to stop; they are sent again


def create_app(store: Store, limits: Limits | None = None, public_url: str | None = None) -> Starlette:
    """The desk as an ASGI application.

    `public_url` is where people reach it (None: as each client addressed it); over https the session
    cookie is kept to https.
    """
    limits = limits or Limits()
    public_url = public_url.rstrip("/") if public_url else None
    inbox = Inbox(store)
    secure = bool(public_url and public_url.startswith("https:"))
    drop_bytes = max(limits.request_bytes, _DROP_BYTES)
    app = Starlette(
        routes=[
            Route("/generate_204", _nothing, methods=["GET"]),
            Mount("/api", app=Api(store, limits, public_url).app()),
            *inbox.routes(),
        ],
        middleware=[
            Middleware(Edge, drop_bytes=drop_bytes, idle_seconds=limits.idle_seconds),
            Middleware(
                SessionMiddleware, secret_key=store.secret, session_cookie=SESSION_COOKIE,
                max_age=SESSION_SECONDS, same_site="strict", https_only=secure,
            ),
        ],
        exception_handlers={Problem: inbox.problem, HTTPException: inbox.status},
    )  # fmt: skip
    app.router.redirect_slashes = False
    return app


def _nothing(_: Request) -> Response:
    return Response(status_code=204)


class _Server(uvicorn.Server):
    """Says when it listens, and ends by returning where uvicorn would raise the signal again."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so."""
        await super().startup(sockets)
        self._announce()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; a second signal does not wait for uploads under way."""
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(
    store: Store,
    host: str,
    port: int,
    limits: Limits | None = None,
    announce: Callable[[str], None] = lambda url: None,
    public_url: str | None = None,
) -> None:
    """Run the desk in this thread until SIGINT or SIGTERM; port 0 takes a free one.

    `announce` gets the address as soon as the desk listens there. Raises SnapperError when the address
    cannot be had or another desk serves the folder.
    """
    with store.serving(), _listening(host, port) as (listener, url):
        _server(store, limits, public_url, lambda: announce(url)).run(sockets=[listener])


@contextlib.contextmanager
def running(
    store: Store,
    host: str = "127.0.0.1",
    port: int = 0,
    limits: Limits | None = None,
    public_url: str | None = None,
) -> Iterator[str]:
    """Run the desk in a thread for the time of the block; gives its address. Raises as `serve` does."""
    listens = threading.Event()
    with store.serving(), _listening(host, port) as (listener, url), ThreadPoolExecutor(1) as thread:
        server = _server(store, limits, public_url, listens.set)
        ended = thread.submit(server.run, sockets=[listener])
        ended.add_done_callback(lambda _: listens.set())
        listens.wait()
        try:
            yield url
        finally:
            server.should_exit = True
            ended.result()


def _server(
    store: Store, limits: Limits | None, public_url: str | None, listens: Callable[[], None]
) -> _Server:
    config = uvicorn.Config(
        create_app(store, limits, public_url), http=DeskProtocol, ws="none", lifespan="off", loop="asyncio",
        log_config=None, access_log=False, server_header=False, proxy_headers=False,
        h11_max_incomplete_event_size=HEADER_BYTES, timeout_graceful_shutdown=_GRACE_SECONDS,
    )  # fmt: skip
    return _Server(config, listens)


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[tuple[socket.socket, str]]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        raise _cannot_listen(host, port, error) from error
    with listener:
        shown = f"[{host}]" if ":" in host else host
        yield listener, f"http://{shown}:{listener.getsockname()[1]}"


def _cannot_listen(host: str, port: int, error: Exception) -> SnapperError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE or getattr(error, "winerror", None) == 10048:
        return SnapperError(
            f"Another program already uses port {port} on {host}.", "Stop it, or choose another port."
        )
    if number == errno.EACCES:
        return SnapperError(f"Port {port} is kept for the system.", "Choose a port above 1023.")
    return SnapperError(f"The desk cannot listen at {host}, port {port}.", "Check the address and the port.")
