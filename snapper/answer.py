"""What a person decides at Submit: pure data, made by the windows and the command line, read by the flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from snapper.capture.frame import Rect
from snapper.logs.window import TimeWindow
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
    `keep` the private classes that are sent as they are; `destination` is where it goes, as the settings call
    it (“”: the desk)."""

    note: str
    ticket: str | None
    picture: Picture
    logs: LogChoice | None
    account: str = ""
    covers: tuple[Rect, ...] = ()
    keep: frozenset[Private] = frozenset()
    destination: str = ""


@dataclass(frozen=True)
class Todo:
    """What is still to be done for a report after Submit; kept on disk with it, for after a crash."""

    logs: LogChoice | None = None
    keep: frozenset[Private] = frozenset()

    def to_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"logs": asdict(self.logs) if self.logs else None, "keep": sorted(self.keep)}

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> Todo:
        """Read what to_data made; raises ValueError, KeyError or TypeError when it is something else."""
        logs, keep = data["logs"], frozenset(map(Private, data["keep"]))
        if logs is None:
            return Todo(None, keep)
        window = TimeWindow(*map(float, logs["window"])) if logs["window"] else None
        return Todo(LogChoice(int(logs["days"]), window, tuple(map(str, logs["instances"]))), keep)
