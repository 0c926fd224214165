"""The contract `snapper-report/1` over HTTP: routes below /api, bearer tokens, receipts. No files, no pages.

Every error is problem+json, also for unknown routes: a client takes anything else for a middlebox.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from snapper import __version__
from snapper.desk.edge import PROBLEM_TYPE
from snapper.desk.ingest import Ingest
from snapper.desk.problem import Kind, Problem, of_status, problem_json
from snapper.desk.store import Kept, Store
from snapper.report import CONTRACT, Report, timestamp

HEALTH_BYTES = 512 * 1024  # what a probe of the way here may send
_NONCE_MAX_CHARS = 200
_BOUNDARY = re.compile(
    r'multipart/form-data\s*;(?:.*;)?\s*boundary=("?)([^";]{1,70})\1\s*(?:;.*)?', re.IGNORECASE
)
_SHA256_DIGEST = re.compile(r"(?:^|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/=]*):")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What the desk takes, in bytes: one request, one report (manifest and files); and the longest silence
    of a client in seconds."""

    request_bytes: int = 1 << 30
    report_bytes: int = 1 << 30
    idle_seconds: float = 60.0


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

    def app(self) -> Starlette:
        """The application to mount below /api."""
        app = Starlette(
            routes=[
                Route("/v1", self.about, methods=["GET"]),
                Route("/v1/health", self.health, methods=["GET", "POST"]),
                Route("/v1/reports", self.post_report, methods=["POST"]),
                Route("/v1/reports/{id}", self.get_report, methods=["GET"]),
            ],
            exception_handlers={Problem: _problem, HTTPException: _status, Exception: _mistake},
        )
        app.router.redirect_slashes = False
        return app

    def about(self, _: Request) -> Response:
        """Who answers here, and what it takes."""
        limits = {"request_bytes": self._limits.request_bytes, "report_bytes": self._limits.report_bytes}
        return JSONResponse(
            {
                "contract": CONTRACT, "name": "snapper desk", "version": __version__,
                "limits": limits, "uploads": None,
            }
        )  # fmt: skip

    async def health(self, request: Request) -> Response:
        """Prove that it is the desk that answers; a body is read and dropped."""
        nonce = request.query_params.get("nonce", "")
        if len(nonce) > _NONCE_MAX_CHARS:
            raise Problem(Kind.BAD_REQUEST, "The nonce is too long.")
        if request.method == "POST":
            _content_length(request, HEALTH_BYTES)
            async for _ in _pieces(request):
                continue
        return JSONResponse({"nonce": nonce, "time": timestamp(time.time())})

    async def get_report(self, request: Request) -> Response:
        """The receipt of a report that is here."""
        await self._authorize(request)
        kept = await run_in_threadpool(self._store.find, request.path_params["id"])
        if kept is None:
            raise Problem(Kind.NO_SUCH_REPORT, "The desk has no such report.")
        return self._receipt(request, kept, 200)

    async def post_report(self, request: Request) -> Response:
        """Take a report: 201 when it is new, 200 when it was here already."""
        token = await self._authorize(request)
        _content_length(request, self._limits.request_bytes)
        with self._store.staging() as folder:
            try:
                kept, new = await self._take(request, folder, token)
            except _AlreadyHere as same:
                kept, new = same.kept, False
        return self._receipt(request, kept, 201 if new else 200)

    async def _take(self, request: Request, folder: Path, token: str) -> tuple[Kept, bool]:
        expected = _content_digest(request.headers.get("content-digest"))
        key = request.headers.get("idempotency-key")
        whole = hashlib.sha256()

        def accept(report: Report, manifest: bytes) -> None:
            self._check(report, manifest, key)

        with Ingest(_boundary(request), folder, accept) as ingest:
            async for piece in _pieces(request):
                whole.update(piece)
                await run_in_threadpool(ingest.feed, piece)
            if expected is not None and not hmac.compare_digest(expected, whole.digest()):
                raise Problem(Kind.WRONG_CONTENT, "The report was changed on the way here.", "Send it again.")
            arrival = ingest.finish()
        return await run_in_threadpool(self._store.keep, arrival, token)

    def _check(self, report: Report, manifest: bytes, key: str | None) -> None:
        """Refuse a report by its manifest alone, before its files are taken."""
        if key is not None and key.strip('"') != report.id:
            raise Problem(Kind.MALFORMED, "The Idempotency-Key is not the id of the report.")
        size = len(manifest) + sum(part.size for part in report.attachments)
        if size > self._limits.report_bytes:
            raise _too_large(self._limits.report_bytes)
        known = self._store.check(report, manifest)
        if known:
            raise _AlreadyHere(known)

    async def _authorize(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            name = await run_in_threadpool(self._store.token_name, token.strip())
            if name is not None:
                return name
        raise Problem(
            Kind.NO_TOKEN, "The support desk does not know this token.", "Ask support for a new one."
        )

    def _receipt(self, request: Request, kept: Kept, status: int) -> Response:
        base_url = self._public_url or str(request.base_url).removesuffix("/").removesuffix("/api")
        return JSONResponse(kept.receipt(base_url).to_dict(), status)


def _content_length(request: Request, limit: int) -> int:
    text = request.headers.get("content-length", "")
    if "transfer-encoding" in request.headers or not text.isdigit():
        raise Problem(Kind.NO_LENGTH, "The size of the request must be known.")
    if int(text) > limit:
        raise _too_large(limit)
    return int(text)


def _too_large(limit: int) -> Problem:
    sentence = f"The report is larger than the {limit / 2**20:g} MB the support desk takes."
    return Problem(Kind.TOO_LARGE, sentence, "Send it without the logs, or ask support for another way.")


def _boundary(request: Request) -> str:
    found = _BOUNDARY.fullmatch(request.headers.get("content-type", ""))
    if not found:
        raise Problem(Kind.NOT_MULTIPART, "A report must come as multipart/form-data with a boundary.")
    return found[2]


def _content_digest(header: str | None) -> bytes | None:
    """The SHA-256 a Content-Digest header claims (RFC 9530); None when it claims none."""
    found = _SHA256_DIGEST.search(header or "")
    if not found:
        return None
    try:
        return base64.b64decode(found[1], validate=True)
    except binascii.Error as error:
        raise Problem(Kind.BAD_REQUEST, "The Content-Digest header is malformed.") from error


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes. Raises Problem when the client stops in the middle."""
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect as error:
        raise Problem(Kind.TOO_SLOW, "The report stopped arriving half-way.", "Send it again.") from error


# --- errors -----------------------------------------------------------------------------------------------


def _answer(content: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(content, content["status"], headers, media_type=PROBLEM_TYPE)


def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if error.kind.status >= 500:
        log.error("%s", error, exc_info=error)
    challenge = {"WWW-Authenticate": 'Bearer realm="snapper desk"'} if error.kind is Kind.NO_TOKEN else None
    return _answer(problem_json(error.kind, str(error)), challenge)


def _status(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _answer(of_status(error.status_code), dict(error.headers or {}))


def _mistake(_: Request, __: Exception) -> Response:
    # Starlette raises the error again after this answer, so that it is logged.
    return _answer(problem_json(Kind.INTERNAL, "The support desk made a mistake. Try again later."))
