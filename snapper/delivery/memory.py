"""What worked last on each network: the route, how small packets had to be, how much went in one piece.

One small file beside the outbox. It names networks by a hash and proxies by their address, never with a
login; losing it costs a few seconds.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from snapper import disk

FILE_NAME = "networks.json"
LIMITS_SECONDS = 86_400  # what one bad day taught must not slow every later one
_NETWORKS_MAX = 50  # offices, homes, hotels; the one not met for longest goes


@dataclass(frozen=True)
class Remembered:
    """What worked: the route's label, the largest TCP segment and request body in bytes (0: any), and whether
    each request had a connection of its own."""

    route: str = ""
    segment: int = 0
    piece: int = 0
    fresh: bool = False


class Memory:
    """What worked on each network, in a file of a folder; None: only while the program runs. A route is
    remembered, limits are for a day; `clock` tells Unix time."""

    def __init__(self, folder: Path | None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._path = folder / FILE_NAME if folder else None
        self._unkept: dict[str, Remembered] = {}

    def recall(self, network: str) -> Remembered | None:
        """What worked last on this network."""
        found = self._read().get(network)
        with contextlib.suppress(TypeError, KeyError, ValueError):
            if isinstance(found, dict):
                what = Remembered(
                    str(found["route"]), int(found["segment"]), int(found["piece"]), found["fresh"] is True
                )
                if not 0 <= self._clock() - float(found["at"]) < LIMITS_SECONDS:
                    return Remembered(what.route)
                return what if what.segment >= 0 and what.piece >= 0 else None
        return self._unkept.get(network)

    def keep(self, network: str, what: Remembered) -> None:
        """Remember what worked; a disk that cannot take it is told where it matters."""
        if not network or self.recall(network) == what:
            return
        self._unkept[network] = what
        if self._path is None:
            return
        known = self._read()
        known.pop(network, None)
        known[network] = {**asdict(what), "at": int(self._clock())}
        newest = dict(list(known.items())[-_NETWORKS_MAX:])
        with contextlib.suppress(OSError):
            disk.make_private(self._path.parent)
            disk.replace(self._path, json.dumps(newest, indent=1).encode())

    def _read(self) -> dict[str, object]:
        if self._path is None:
            return {}
        try:
            content = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}
