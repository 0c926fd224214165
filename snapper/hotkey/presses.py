"""A press, and the thread that tells of it: no backend waits for what a press sets off."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import NamedTuple


class Press(NamedTuple):
    """The chord was pressed.

    `at` is time.monotonic() when it was seen; `server_time` is the X server's timestamp of the event in
    milliseconds, 0 on other systems.
    """

    at: float
    server_time: int = 0


OnPress = Callable[[Press], None]


class Presses:
    """Calls `on_press` for each press, in order, in a thread of its own.

    A keyboard hook that waits is dropped by the system, and a grab that waits holds the keyboard: hence the
    thread. `on_failure` runs if `on_press` raises, after which no press is told of any more.
    """

    def __init__(self, on_press: OnPress, on_failure: Callable[[], None]) -> None:
        self._on_press = on_press
        self._on_failure = on_failure
        self._queue: queue.SimpleQueue[Press | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="snapper-press", daemon=True)
        self._thread.start()

    def tell(self, press: Press) -> None:
        """Hand over a press; returns at once."""
        self._queue.put(press)

    def close(self) -> None:
        """End the thread once it has told of what was handed over; may be called from `on_press`."""
        self._queue.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        finished = False
        try:
            while press := self._queue.get():
                self._on_press(press)
            finished = True
        finally:
            if not finished:
                self._on_failure()
