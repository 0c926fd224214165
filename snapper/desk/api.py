"""The contract `snapper-report/1` over HTTP: routes below /api, bearer tokens, receipts. No files, no pages.

Every error is problem+json, also for unknown routes: a client takes anything else for a middlebox.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from snapper import __version__
from snapper.desk import tus, wire
from snapper.desk.hand_over import alone_with, keep_uploaded, read_hand_over
from snapper.desk.ingest import Ingest
from snapper.desk.limits import HAND_OVER_BYTES, HEALTH_BYTES, Limits
from snapper.desk.problem import Kind, Problem, too_large
from snapper.desk.store import Kept, Store
from snapper.desk.turns import Turns
from snapper.report import CONTRACT, Report, timestamp

_NONCE_MAX_CHARS = 200
_BOUNDARY = re.compile(
    r'multipart/form-data\s*;(?:.*;)?\s*boundary=("?)([^";]{1,70})\1\s*(?:;.*)?', re.IGNORECASE
)


class _AlreadyHere(Exception):
    """The same report was stored before: its receipt is the answer, its files need not be taken again."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept


class Api:
    """The routes of the contract; `public_url` (None: as the client addressed us) goes into receipts."""

    def __init__(self, store: Store, limits: Limits, public_url: str | None) -> None:
        self._store = store
        self._limits = limits
        self._public_url = public_url
        self._turns = Turns()
        self._tus = tus.Tus(store.uploads, self._turns, limits, self._authorize)

    def app(self) -> Starlette:
        """The application to mount below /api."""
        app = Starlette(
            routes=[
                Route("/v1", self.about, methods=["GET"]),
                Route("/v1/health", self.health, methods=["GET", "POST"]),
                Route("/v1/reports", self.post_report, methods=["POST"]),
                Route("/v1/reports/{id}", self.get_report, methods=["GET"]),
                Route("/v1/tickets/{number}", self.get_ticket, methods=["GET"]),
                *self._tus.routes(),
            ],
            exception_handlers={
                Problem: wire.problem_answer, HTTPException: wire.status_answer,
                Exception: wire.mistake_answer,
            },
        )  # fmt: skip
        app.router.redirect_slashes = False
        return app

    def about(self, _: Request) -> Response:
        """Who answers here, and what it takes."""
        limits = {"request_bytes": self._limits.request_bytes, "report_bytes": self._limits.report_bytes}
        return JSONResponse(
            {
                "contract": CONTRACT, "name": "snapper desk", "version": __version__,
                "limits": limits, "uploads": f"tus-{tus.VERSION}",
            }
        )  # fmt: skip

    async def health(self, request: Request) -> Response:
        """Prove that it is the desk that answers; a body is read and dropped."""
        nonce = request.query_params.get("nonce", "")
        if len(nonce) > _NONCE_MAX_CHARS:
            raise Problem(Kind.BAD_REQUEST, "The nonce is too long.")
        if request.method == "POST":
            wire.content_length(request, HEALTH_BYTES)
            async for _ in wire.pieces(request):
                continue
        return JSONResponse({"nonce": nonce, "time": timestamp(time.time())})

    async def get_report(self, request: Request) -> Response:
        """The receipt of a report that is here."""
        await self._authorize(request)
        kept = await run_in_threadpool(self._store.find, request.path_params["id"])
        if kept is None:
            raise Problem(Kind.NO_SUCH_REPORT, "The desk has no such report.")
        return self._receipt(request, kept, 200)

    async def get_ticket(self, request: Request) -> Response:
        """Whether there is such a ticket, and how it stands; not what others wrote there."""
        await self._authorize(request)
        number = request.path_params["number"]
        ticket = None
        if number.isascii() and number.isdigit() and len(number) <= 12:
            ticket = await run_in_threadpool(self._store.ticket, int(number))
        if ticket is None:
            raise Problem(Kind.NO_SUCH_TICKET, f"There is no ticket {number[:64]}.", "Check the number.")
        return JSONResponse({"ticket": str(ticket.number), "state": ticket.state})

    async def post_report(self, request: Request) -> Response:
        """Take a report: 201 when it is new, 200 when it was here already or is whole now, 202 while files of
        it are still to come."""
        token = await self._authorize(request)
        uploaded = wire.media_type(request) == "application/json"
        take = self._take_uploaded if uploaded else self._take
        with self._store.staging() as folder:
            try:
                kept, new = await take(request, folder, token)
            except _AlreadyHere as same:
                kept, new = same.kept, False
        return self._receipt(request, kept, 202 if kept.missing else 201 if new else 200)

    async def _take(self, request: Request, folder: Path, token: str) -> tuple[Kept, bool]:
        """A report with all its files in the body."""
        wire.content_length(request, self._limits.request_bytes)
        key = request.headers.get("idempotency-key")

        def accept(report: Report, manifest: bytes) -> None:
            self._check(report, manifest, key)

        body = wire.Digested(request)
        with Ingest(_boundary(request), folder, accept) as ingest:
            async for piece in body.pieces():
                await run_in_threadpool(ingest.feed, piece)
            arrival = ingest.finish()
        return await run_in_threadpool(self._store.keep, arrival, token)

    async def _take_uploaded(self, request: Request, folder: Path, token: str) -> tuple[Kept, bool]:
        """A report whose files were uploaded before, as many of them as there are."""
        wire.content_length(request, min(self._limits.request_bytes, HAND_OVER_BYTES))
        body = b"".join([piece async for piece in wire.Digested(request).pieces()])
        given = await run_in_threadpool(read_hand_over, body)
        key = request.headers.get("idempotency-key")
        await run_in_threadpool(self._check, given.report, given.manifest, key)
        async with alone_with(self._turns, given.uploads):
            return await run_in_threadpool(keep_uploaded, self._store, given, folder, token)

    def _check(self, report: Report, manifest: bytes, key: str | None) -> None:
        """Refuse a report by its manifest alone, before its files are taken."""
        if key is not None and key.strip('"') != report.id:
            raise Problem(Kind.MALFORMED, "The Idempotency-Key is not the id of the report.")
        size = len(manifest) + sum(part.size for part in report.attachments)
        if size > self._limits.report_bytes:
            raise too_large(self._limits.report_bytes)
        known = self._store.check(report, manifest)
        if known and not known.missing:
            raise _AlreadyHere(known)

    async def _authorize(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            name = await run_in_threadpool(self._store.token_name, token.strip())
            if name is not None:
                return name
        raise Problem(
            Kind.NO_TOKEN, "The support desk does not know this token.", "Ask support for a new one.",
            {"WWW-Authenticate": 'Bearer realm="snapper desk"'},
        )  # fmt: skip

    def _receipt(self, request: Request, kept: Kept, status: int) -> Response:
        base_url = self._public_url or str(request.base_url).removesuffix("/").removesuffix("/api")
        return JSONResponse(kept.receipt(base_url).to_dict(), status)


def _boundary(request: Request) -> str:
    found = _BOUNDARY.fullmatch(request.headers.get("content-type", ""))
    if not found:
        raise Problem(Kind.NOT_MULTIPART, "A report must come as multipart/form-data with a boundary.")
    return found[2]
