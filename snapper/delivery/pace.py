"""How fast an upload goes and how long it will take, said once that is known to be long. Pure."""

from __future__ import annotations

from collections.abc import Callable

from snapper.delivery.causes import Cause
from snapper.delivery.wording import WORDING
from snapper.words import duration_text

KNOWN_AFTER_SECONDS = 4.0  # what went before filled the buffers on the way
LONG_SECONDS = 60.0  # what takes longer is said
AGAIN_SECONDS = 60.0
_WINDOW_SECONDS = 20.0


class Pace:
    """The pace of one upload of `total` bytes; `clock` tells seconds."""

    def __init__(self, total: int, clock: Callable[[], float]) -> None:
        self._total = total
        self._clock = clock
        self._seen: list[tuple[float, int]] = []
        self._said_at: float | None = None

    def at(self, sent: int) -> str:
        """Note how much has gone; a sentence when it is slow and has not been said lately, else “”."""
        now = self._clock()
        if not self._seen or now - self._seen[-1][0] >= 1.0:
            self._seen = [each for each in self._seen if now - each[0] < _WINDOW_SECONDS]
            self._seen.append((now, sent))
        left = self._left(now, sent)
        if left < LONG_SECONDS or (self._said_at is not None and now - self._said_at < AGAIN_SECONDS):
            return ""
        self._said_at = now
        return WORDING[Cause.SLOW_LINK].sentence.format(time=_rounded(left))

    def _left(self, now: float, sent: int) -> float:
        began, before = self._seen[0]
        if now - began < KNOWN_AFTER_SECONDS or sent <= before:
            return 0.0
        return (self._total - sent) * (now - began) / (sent - before)


def _rounded(seconds: float) -> str:
    if seconds < 90 * 60:
        return duration_text(max(1, round(seconds / 60)) * 60)
    return duration_text(round(seconds / 3600) * 3600)
