"""Ticket systems that nobody can run on a test machine, made from their vendors' documentation.

Each module here is one system: an ASGI application that enforces what the documentation says, on a socket of
this computer. They offer what the real systems of `scripts/ticket_systems` offer, and ways to break a request
at the worst moment. What they share lives here and in:

serving     the server, requests that break, restarts
storage     another host, for downloads at signed addresses
bodies      files on disk, multipart forms, digests
asking      refusals, logins, rate limits, what requests say
"""

from __future__ import annotations

import contextlib
import importlib
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from scripts.ticket_systems import Peer
from tests.ticket_fakes.asking import Refusal
from tests.ticket_fakes.bodies import Shelf
from tests.ticket_fakes.serving import After, Before, Breaker, Serving

SYSTEMS = ("zendesk", "freshdesk", "zammad", "jira_sm", "gitlab", "servicenow", "rageshake")


class Clock:
    """The fake's time in seconds since 1970; tests move it on instead of waiting."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """What time it is there."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass there."""
        self._ahead += seconds


class Fake(ABC):
    """A ticket system. A subclass gives its routes and keeps its data in its own attributes, which outlive a
    restart; files go to the `shelf`, and `hosts` are further servers that run while it runs (storage).

    `commits` matches “METHOD /path” of the requests that make a ticket or add to one: those which
    `before_commit` and `after_commit` break.
    """

    system: ClassVar[str]
    commits: ClassVar[re.Pattern[str]]
    token: str
    login: str = ""
    place: str = ""
    hosts: tuple[Serving, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.shelf = Shelf(folder)
        self._serving = Serving(self._app(), Breaker(self.commits, self.broken))

    # --- what every ticket system offers here, the real ones too --------------------------------------------

    @property
    def peer(self) -> Peer:
        """How to reach it."""
        return Peer(self.system, self._serving.url, self.token, self.login, self.place)

    def restart(self) -> None:
        """End it, whatever is under way, and start it again at the same address with the same data."""
        self.stop()
        self._start()

    def stop(self) -> None:
        """End it, whatever is under way; `restart` starts it again."""
        for host in (self._serving, *self.hosts):
            host.stop()

    @abstractmethod
    def tickets(self) -> list[str]:
        """Every ticket there is, as people there call it; read past the API."""

    @abstractmethod
    def close(self, ticket: str) -> None:
        """Put a ticket into the state from which nothing may be added to it."""

    @abstractmethod
    def reader_token(self) -> str:
        """A token of somebody who may read the tickets of `place` and not write."""

    # --- what only fakes can do ----------------------------------------------------------------------------

    def settle(self) -> None:  # noqa: B027 - systems without a search index have nothing to do
        """Let the search index catch up: what was stored until now can be found."""

    def before_commit(self, how: Before) -> None:
        """Break the next request that creates or attaches before anything is stored: cut the connection, or
        answer 503 or 429 as the vendor does."""
        self._serving.breaker.before = how

    def after_commit(self, how: After) -> None:
        """Let the next request that creates or attaches do its work, then cut the connection, stay silent
        until the client goes, or answer 500."""
        self._serving.breaker.after = how

    @property
    def heard(self) -> list[str]:
        """“METHOD /path” of every request so far, in order."""
        return self._serving.breaker.heard

    # --- what a system must say -----------------------------------------------------------------------------

    @abstractmethod
    def routes(self) -> Sequence[BaseRoute]:
        """The addresses it serves."""

    @abstractmethod
    def unknown(self, request: Request) -> Response:
        """Its answer to an address that it does not have."""

    def broken(self, status: int) -> Response:
        """Its answer when it cannot go on (429, 500, 503)."""
        return JSONResponse({"error": "Internal Server Error"}, status)

    def wrong_method(self, request: Request) -> Response:
        """Its answer to a known address with another method; most do not know that address then."""
        return self.unknown(request)

    def _app(self) -> Starlette:
        async def refused(_: Request, error: Exception) -> Response:
            assert isinstance(error, Refusal)
            return error.response

        async def no_route(request: Request, error: Exception) -> Response:
            assert isinstance(error, HTTPException)
            if error.status_code == 405:
                return self.wrong_method(request)
            if error.status_code == 404:
                return self.unknown(request)
            return JSONResponse({"error": error.detail}, error.status_code)

        app = Starlette(
            routes=list(self.routes()), exception_handlers={Refusal: refused, HTTPException: no_route}
        )
        app.router.redirect_slashes = False
        return app

    def _start(self) -> None:
        for host in (self._serving, *self.hosts):
            host.start()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Serve for the time of the block."""
        self._start()
        try:
            yield
        finally:
            self.stop()


@contextlib.contextmanager
def start(system: str, folder: Path, **options: Any) -> Iterator[Any]:
    """Run one of SYSTEMS on a free port for the time of the block; its class in `tests.ticket_fakes.<system>`
    is called `System` and takes the folder and the options."""
    fake: Fake = importlib.import_module(f"tests.ticket_fakes.{system}").System(folder, **options)
    with fake.running():
        yield fake


__all__ = ["SYSTEMS", "After", "Before", "Clock", "Fake", "Peer", "Refusal", "start"]
