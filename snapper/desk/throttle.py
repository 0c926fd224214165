"""How often somebody may try to sign in. Pure but for the clock passed in."""

from __future__ import annotations

import threading
from collections.abc import Callable

TRIES = 10
WINDOW_SECONDS = 60.0
_KNOWN_MAX = 10_000  # addresses remembered at once


class Throttle:
    """Allows TRIES per WINDOW_SECONDS and key; a success starts afresh. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tries: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def wait(self, key: str) -> float:
        """Count a try: 0 when it may go on, else the seconds until the next one may."""
        with self._lock:
            now = self._clock()
            recent = [time for time in self._tries.pop(key, []) if now - time < WINDOW_SECONDS]
            allowed = len(recent) < TRIES
            self._tries[key] = [*recent, now] if allowed else recent
            if len(self._tries) > _KNOWN_MAX:
                self._tries.pop(next(iter(self._tries)))  # the one tried longest ago
            return 0.0 if allowed else recent[0] + WINDOW_SECONDS - now

    def succeeded(self, key: str) -> None:
        """Forget the tries of a key."""
        with self._lock:
            self._tries.pop(key, None)
