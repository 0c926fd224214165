"""What all requests of the contract share: lengths and digests, the body in pieces, problems as answers."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from snapper.desk.edge import PROBLEM_TYPE
from snapper.desk.problem import Kind, Problem, of_status, problem_json, too_large

_SHA256_DIGEST = re.compile(r"(?:^|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/=]*):")

Authorize = Callable[[Request], Awaitable[str]]  # gives the name of the request's token
log = logging.getLogger(__name__)


def content_length(request: Request, limit: int) -> int:
    """How long the body is. Raises Problem: NO_LENGTH, TOO_LARGE."""
    text = request.headers.get("content-length", "")
    if "transfer-encoding" in request.headers or not text.isdigit():
        raise Problem(Kind.NO_LENGTH, "The size of the request must be known.")
    if int(text) > limit:
        raise too_large(limit)
    return int(text)


def media_type(request: Request) -> str:
    """What the body is said to be, without parameters: `application/json`."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes. Raises Problem when the client stops in the middle."""
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect as error:
        raise Problem(Kind.TOO_SLOW, "The report stopped arriving half-way.", "Send it again.") from error


class Digested:
    """A body whose SHA-256 is compared with the one its Content-Digest header claims (RFC 9530), if any."""

    def __init__(self, request: Request) -> None:
        """Raises Problem when the header is malformed."""
        self._request = request
        self._expected = _content_digest(request.headers.get("content-digest"))

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises Problem when it stops in the middle, or ends and is another one."""
        sha256 = hashlib.sha256()
        async for piece in pieces(self._request):
            sha256.update(piece)
            yield piece
        if self._expected is not None and not hmac.compare_digest(self._expected, sha256.digest()):
            raise Problem(Kind.WRONG_CONTENT, "The report was changed on the way here.", "Send it again.")


def _content_digest(header: str | None) -> bytes | None:
    found = _SHA256_DIGEST.search(header or "")
    if not found:
        return None
    try:
        return base64.b64decode(found[1], validate=True)
    except binascii.Error as error:
        raise Problem(Kind.BAD_REQUEST, "The Content-Digest header is malformed.") from error


# --- errors -----------------------------------------------------------------------------------------------


def _answer(content: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(content, content["status"], headers, media_type=PROBLEM_TYPE)


def problem_answer(_: Request, error: Exception) -> Response:
    """A Problem as problem+json."""
    assert isinstance(error, Problem)
    if error.kind.status >= 500:
        log.error("%s", error, exc_info=error)
    return _answer(problem_json(error.kind, str(error)), error.headers)


def status_answer(_: Request, error: Exception) -> Response:
    """An unknown route or method as problem+json."""
    assert isinstance(error, HTTPException)
    return _answer(of_status(error.status_code), dict(error.headers or {}))


def mistake_answer(_: Request, __: Exception) -> Response:
    """Our own mistake as problem+json; Starlette raises the error again afterwards, so that it is logged."""
    return _answer(problem_json(Kind.INTERNAL, "The support desk made a mistake. Try again later."))
