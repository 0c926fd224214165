"""Who may work on an upload: one request at a time, and the newest ends those before it. No HTTP, no files.

A client whose connection was cut comes back at once, while its old request still waits for bytes that will
never come. Runs in one event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from snapper.desk.problem import Kind, Problem


class Turn:
    """One request's time with an upload, until a newer request comes."""

    def __init__(self) -> None:
        self._ended = False
        self._waiting: asyncio.Timeout | None = None

    def end(self) -> None:
        """Wait for no more bytes; those that are there already are still taken."""
        if not self._ended:
            self._ended = True
            if self._waiting:
                self._waiting.reschedule(asyncio.get_running_loop().time())

    async def pieces(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The body as it comes. Raises Problem TAKEN_OVER when the turn ends before the body does."""
        while (piece := await self._next(body)) is not None:
            yield piece

    async def _next(self, body: AsyncIterator[bytes]) -> bytes | None:
        try:
            async with asyncio.timeout(0 if self._ended else None) as self._waiting:
                return await anext(body, None)
        except TimeoutError as error:
            raise Problem(Kind.TAKEN_OVER, "This upload went on in another connection.") from error
        finally:
            self._waiting = None


@dataclass
class _Line:
    """The turns with one upload, the one at work and those that wait, and what lets one work."""

    turns: list[Turn] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Turns:
    """The turns with all uploads."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    @contextlib.asynccontextmanager
    async def turn(self, upload_id: str) -> AsyncIterator[Turn]:
        """Alone with an upload for the time of the block; those who came before are ended first."""
        line = self._lines.setdefault(upload_id, _Line())
        for earlier in line.turns:
            earlier.end()
        turn = Turn()
        line.turns.append(turn)
        try:
            async with line.lock:
                yield turn
        finally:
            line.turns.remove(turn)
            if not line.turns:
                del self._lines[upload_id]
