"""How large a body gets through: random bytes of growing size go to the server's health address, all at once.
They carry nothing of the report, so what stops the report but not them minds its content."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from snapper.delivery.dial import Caps, Line
from snapper.delivery.evidence import Stop, Stopped
from snapper.delivery.http import Answer, Http
from snapper.delivery.looks import SMALL_SEGMENTS, Looker, foreign_stop
from snapper.delivery.waiting import side_by_side

RUNGS = (
    600,
    4096,
    32 * 1024,
    512 * 1024,
)  # bytes: one packet, some, a body limit, what the health address takes
LADDER_SECONDS = 4.0
_STALL_SECONDS = 2.5

# Sends random bytes to the server: None when they arrived, else the answer that was not the server's.
SendRandom = Callable[[Http, bytes], Answer | None]


@dataclass(frozen=True)
class Ladder:
    """Which sizes arrived (`passed`), what stopped the others (`stopped`), and the largest TCP segment with
    which a body gets through that otherwise does not (0: none does, or none is needed)."""

    passed: tuple[int, ...]
    stopped: dict[int, Stop]
    small_segment: int = 0

    @property
    def all_passed(self) -> bool:
        """Whether nothing was stopped."""
        return not self.stopped


def climb(looker: Looker, line: Line, send: SendRandom, caps: Caps) -> Ladder:
    """Try all rungs at once, and one of them with small packets; takes at most LADDER_SECONDS."""
    end = time.monotonic() + LADDER_SECONDS

    def rung(size: int, segment: int) -> Stop | None:
        wanted = replace(line, segment=segment) if segment else line
        http = looker.session(wanted, caps, end, _STALL_SECONDS)
        try:
            foreign = send(http, os.urandom(size))
            return foreign_stop(foreign, wanted, looker.server) if foreign else None
        except Stopped as stopped:
            return stopped.stop
        finally:
            http.close()

    tries = [(size, 0) for size in RUNGS] + [(RUNGS[1], each) for each in SMALL_SEGMENTS if not line.segment]
    return _read(side_by_side({each: partial(rung, *each) for each in tries}, end))


def _read(results: dict[tuple[int, int], Stop | None]) -> Ladder:
    """What is still on its way when the time is over got through so far: the line is slow."""
    stopped = {size: stop for (size, segment), stop in results.items() if stop and not segment}
    passed = tuple(size for size in RUNGS if size not in stopped)
    small = [segment for (_, segment), stop in results.items() if segment and stop is None]
    needed = RUNGS[1] in stopped and RUNGS[0] in passed
    return Ladder(passed, stopped, max(small, default=0) if needed else 0)
