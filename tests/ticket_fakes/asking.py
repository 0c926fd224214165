"""What fakes ask of a request: a login, a JSON body, not too many of them; and how they refuse.

No ticket system's rules here: status and words of a refusal come from the system.
"""

from __future__ import annotations

import base64
import json
import math
from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response


class Refusal(Exception):
    """Raised anywhere below a request: its response is the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def basic_login(request: Request) -> tuple[str, str] | None:
    """User and password of `Authorization: Basic`, None when there is none or it is malformed."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if colon else None


def media_type(request: Request) -> str:
    """The body's media type in lower case, without parameters; "" when it is not said."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def json_body(request: Request, malformed: Callable[[], Response]) -> dict[str, Any]:
    """The body as a JSON object; anything else is refused with the system's own answer."""
    try:
        value = json.loads(await request.body())
    except ValueError:
        raise Refusal(malformed()) from None
    if not isinstance(value, dict):
        raise Refusal(malformed())
    return value


def page_of(request: Request, name: str = "page") -> int:
    """A page number from the query, 1 when there is none or it is nonsense."""
    text = request.query_params.get(name, "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() else 1


class RateLimit:
    """At most `limit` requests within any `seconds`; None: as many as they like."""

    def __init__(self, limit: int | None, seconds: float, now: Callable[[], float]) -> None:
        self.limit = limit
        self.seconds = seconds
        self._now = now
        self._taken: deque[float] = deque()

    def take(self) -> int | None:
        """Count a request: None when it may pass, else the whole seconds to wait (at least 1)."""
        if self.limit is None:
            return None
        now = self._now()
        while self._taken and self._taken[0] <= now - self.seconds:
            self._taken.popleft()
        if len(self._taken) >= self.limit:
            return max(1, math.ceil(self._taken[0] + self.seconds - now))
        self._taken.append(now)
        return None

    @property
    def left(self) -> int:
        """How many more may pass now."""
        return max(0, (self.limit or 0) - len(self._taken))
