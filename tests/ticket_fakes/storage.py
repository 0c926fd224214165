"""A storage host as vendors put behind their ticket systems: files at signed addresses that soon expire.

It is another host than the ticket system (another port of this computer), and like S3 it refuses a request
that brings a login of its own: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.ticket_fakes.bodies import Blob
from tests.ticket_fakes.serving import Breaker, Serving


@dataclass(frozen=True)
class _Signed:
    blob: Blob
    name: str
    media_type: str
    until: float


class Storage:
    """Files at signed addresses; `seen` are the Authorization headers that reached it."""

    def __init__(self, now: Callable[[], float], seconds: float) -> None:
        self.seen: list[str] = []
        self._now = now
        self._seconds = seconds
        self._signed: dict[str, _Signed] = {}
        app = Starlette(routes=[Route("/data/{name:path}", self._get, methods=["GET"])])
        self.serving = Serving(app, Breaker(re.compile("(?!)"), lambda status: Response(status_code=status)))

    def sign(self, blob: Blob, name: str, media_type: str) -> str:
        """An address of the file that works for a while."""
        signature = secrets.token_hex(16)
        self._signed[signature] = _Signed(blob, name, media_type, self._now() + self._seconds)
        return f"{self.serving.url}/data/{quote(name, safe='')}?Signature={signature}"

    async def _get(self, request: Request) -> Response:
        if login := request.headers.get("authorization"):
            self.seen.append(login)
            return _refused(400, "InvalidArgument", "Only one auth mechanism allowed")
        signed = self._signed.get(request.query_params.get("Signature", ""))
        if signed is None or signed.name != request.path_params["name"]:
            return _refused(403, "SignatureDoesNotMatch", "The request signature does not match")
        if self._now() > signed.until:
            return _refused(403, "AccessDenied", "Request has expired")
        return signed.blob.response(signed.name, signed.media_type)


def _refused(status: int, code: str, message: str) -> Response:
    text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(text, status, media_type="application/xml")
