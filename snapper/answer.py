"""What a person decides at Submit: pure data, made by the windows and the command line, read by the flow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from snapper.capture.frame import Rect
from snapper.logs.cut import TimeWindow
from snapper.privacy.classes import Private


class Picture(StrEnum):
    """Which picture of the frozen desktop goes into a report."""

    SCREEN = "screen"
    WINDOW = "window"
    NONE = "none"


@dataclass(frozen=True)
class LogChoice:
    """Which logs go: those of today and so many `days` before it, cut to a `window` (None: whole), of some
    `instances` of TWS by their keys (empty: of all)."""

    days: int = 0
    window: TimeWindow | None = None
    instances: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What was decided. `ticket` is None for a new one, `logs` None for no logs; `covers` are the parts of
    the desktop that are painted over, `account` is the user name or account number a person chose to tell,
    `keep` the private classes that are sent as they are."""

    note: str
    ticket: str | None
    picture: Picture
    logs: LogChoice | None
    account: str = ""
    covers: tuple[Rect, ...] = ()
    keep: frozenset[Private] = frozenset()
