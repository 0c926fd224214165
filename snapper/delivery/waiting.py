"""Waiting for what cannot be interrupted: for one thing, or for several side by side, never beyond a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

Key = TypeVar("Key")
Result = TypeVar("Result")


def within(seconds: float, action: Callable[[], Result]) -> Result:
    """The result of something that cannot be interrupted. Raises what it raises, or TimeoutError; then it
    goes on in a thread that nobody waits for."""
    outcome: list[Result | BaseException] = []

    def run() -> None:
        try:
            outcome.append(action())
        except BaseException as error:  # noqa: BLE001 - handed on to the caller
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    if not outcome:
        raise TimeoutError
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def side_by_side(actions: Mapping[Key, Callable[[], Result]], end: float) -> dict[Key, Result]:
    """The results of all that are done by `end` (time.monotonic), each in a thread of its own; no action may
    raise. What is not done goes on, and its result is dropped."""
    found: dict[Key, Result] = {}

    def run(key: Key, action: Callable[[], Result]) -> None:
        found[key] = action()

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in actions.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return dict(found)
