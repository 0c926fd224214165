"""Redacting a plain log, looking through it afterwards, and the same patterns with Python's own re."""

from __future__ import annotations

import io
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from scripts.bench_packing import write_log
from scripts.bench_tools import MEGABYTE, Figure, at_least, at_most, run
from scripts.demo_tws import plain_log
from snapper.privacy.redact import Redactor
from snapper.privacy.rescan import Part, first_leak
from snapper.privacy.seeds import Known, seeds_of

_KNOWN = Known(users=("jgruenwald",), homes=("/home/jgruenwald",), accounts=("U1234567",))
# One of each class, as one would write them at first.
_NAIVE = re.compile(
    rb"(?P<account>(?<![A-Z0-9])(?:D?U|D?F|I)\d{5,9}(?![0-9]))|(?P<email>[\w.+-]+@[\w.-]+\.\w+)|"
    rb"(?P<ip>\b\d{1,3}(?:\.\d{1,3}){3}\b)|(?P<mac>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})|"
    rb"(?P<secret>(?i:password|token|secret)=\S+)|(?P<user>/home/\w+)|(?P<order>[<-][->] \[[35];\d+)"
)

_PACK = """
import sys
from pathlib import Path
from snapper.logs.pack import pack
from snapper.logs.found import LogFile
from snapper.privacy.redact import Redactor
from snapper.privacy.seeds import Known, seeds_of
from snapper.report import LogKind
source, target = map(Path, sys.argv[1:])
redactor = Redactor(seeds_of(Known(users=("jgruenwald",), accounts=("U1234567",))), b"key")
log = LogFile(source, source.name, source.stat().st_size, 0.0, LogKind.PLAIN)
pack([log], target, redactor=redactor)
"""


def privacy(quick: bool = False) -> Iterator[Figure]:
    """Megabytes per second in this process, and 1 GB redacted and packed in one of its own."""
    log, times = plain_log(datetime(2026, 8, 31), 8_000_000 if quick else 40_000_000), 2 if quick else 5
    seeds = seeds_of(_KNOWN)

    def redacted() -> None:
        for _ in Redactor(seeds, b"key").stream([log] * times):
            pass

    def looked_through() -> None:
        first_leak([Part("a.log", lambda: io.BytesIO(log))], seeds)

    yield at_least("redaction", _speed(len(log) * times, redacted), "MB/s", 100)
    yield at_least("looking through it afterwards", _speed(len(log), looked_through), "MB/s", 100)
    sample = log[:4_000_000]
    yield Figure(
        "seven naive patterns with re", _speed(len(sample), lambda: _NAIVE.sub(b"x", sample)), "MB/s"
    )
    yield from _in_a_process(100_000_000 if quick else 1_000_000_000)


def _speed(size: int, action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return size / MEGABYTE / (time.perf_counter() - begun)


def _in_a_process(size: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        log = Path(name, "tws-exported-logs.txt")
        written = write_log(log, size)
        taken = run([sys.executable, "-c", _PACK, log, Path(name, "logs.zip")])
        yield Figure(f"{written / MEGABYTE:.0f} MB redacted and packed", taken.seconds, "s")
        yield at_most("redacted and packed: peak memory", taken.peak / MEGABYTE, "MB", 100)
