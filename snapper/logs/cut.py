"""Plain logs cut to a window of time."""

from __future__ import annotations

from typing import NamedTuple


class TimeWindow(NamedTuple):
    """From `start` to `end`, both in Unix seconds and included."""

    start: float
    end: float
