"""Redacting a plain log and looking through it afterwards."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from datetime import datetime

from scripts.bench_tools import MEGABYTE, Figure, at_least
from scripts.demo_tws import plain_log
from snapper.privacy.redact import Redactor
from snapper.privacy.rescan import Part, first_leak
from snapper.privacy.seeds import Known, seeds_of


def privacy(quick: bool = False) -> Iterator[Figure]:
    """Megabytes per second of text like an exported log, in this process."""
    log = plain_log(datetime(2026, 8, 31), 8_000_000 if quick else 40_000_000)
    seeds = seeds_of(Known(users=("jgruenwald",), homes=("/home/jgruenwald",), accounts=("U1234567",)))
    redactor, begun = Redactor(seeds, b"key"), time.perf_counter()
    for _ in redactor.stream([log]):
        pass
    yield at_least("redaction", len(log) / MEGABYTE / (time.perf_counter() - begun), "MB/s", 100)
    begun = time.perf_counter()
    first_leak([Part("a.log", lambda: io.BytesIO(log))], seeds)
    yield at_least("looking through it", len(log) / MEGABYTE / (time.perf_counter() - begun), "MB/s", 150)
