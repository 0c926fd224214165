"""Looking for known problems in a plain log of 50 MB, against `grep -E` with the same patterns."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.bench_packing import write_log
from scripts.bench_tools import MEGABYTE, Figure, at_most, run

_BYTES = 50_000_000

# A process of its own, as the first search pays for compiling; prints load and search in seconds.
_CHECK = """
import json, sys, time
from pathlib import Path
import re2
from snapper.logs.found import LogFile
from snapper.logs.known_problems import load
from snapper.report import LogKind
path = Path(sys.argv[1])
begin = time.perf_counter()
known = load()
loaded = time.perf_counter()
known.in_logs([LogFile(path, path.name, path.stat().st_size, 0.0, LogKind.PLAIN)])
print(json.dumps([loaded - begin, time.perf_counter() - loaded]))
"""


def known_problems(quick: bool = False) -> Iterator[Figure]:
    """The median of several processes, the log in the system's cache; a log of working days and one full of
    one problem."""
    with tempfile.TemporaryDirectory() as name:
        log, full = Path(name) / "tws.log", Path(name) / "full.log"
        write_log(log, _BYTES)
        full.write_bytes(
            b"2026-08-31 11:00:04.000 INFO  [JTS-A] - AUTH_RESULT wrong? BAD CHARACTER\n" * 690_000
        )
        times = 3 if quick else 9
        loads, searches = zip(*(_check(log) for _ in range(times)), strict=True)
        yield at_most("table loaded", statistics.median(loads) * 1000, "ms", 30)
        yield at_most("50 MB log to findings", statistics.median(searches) * 1000, "ms", 300)
        crowded = statistics.median(_check(full)[1] for _ in range(times))
        yield at_most("50 MB log full of one problem", crowded * 1000, "ms", 300)
        yield from _peers(log, statistics.median(searches))


def _check(log: Path) -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", _CHECK, log], check=True, stdout=subprocess.PIPE)
    loaded, searched = json.loads(done.stdout)
    return loaded, searched


def _peers(log: Path, searched: float) -> Iterator[Figure]:
    ours = run([sys.executable, "-c", _CHECK, log])
    idle = run([sys.executable, "-c", "import re2, snapper.logs.known_problems"])
    yield Figure("snapper, whole process", ours.seconds * 1000, "ms")
    yield at_most("memory above that of the modules", (ours.peak - idle.peak) / MEGABYTE, "MB", 50)
    patterns = log.with_name("patterns")
    patterns.write_text("\n".join(map(_for_grep, _patterns())) + "\n")
    command = 'LC_ALL=C grep -E -c -f "$0" "$1"; [ $? -lt 2 ]'  # 1: nothing was found
    # Into a file: grep that writes to the null device ends at its first find.
    peer = run(["sh", "-c", command, patterns, log], output=log.with_name("found"))
    yield Figure("grep -E with the same patterns", peer.seconds * 1000, "ms")
    yield Figure("as fast as grep -E, times", peer.seconds / searched, "")


def _patterns() -> list[str]:
    from snapper.logs.known_problems import load

    conditions = [(one.after, one.unless) for one in load().problems]
    patterns = [pattern for one in load().problems for pattern in one.log_patterns]
    return patterns + [pattern for pair in conditions for pattern in pair if pattern]


def _for_grep(pattern: str) -> str:
    """The pattern as grep -E writes it; that some ignore case is left out, which only makes grep faster."""
    for ours, theirs in (
        ("(?:", "("), ("(?i)", ""), ("(?i:", "("), (r"\D", "[^0-9]"), ("[^\\w.]", "[^A-Za-z0-9_.]"),
        (r"(\d[;\x00])", "([0-9];)"), (r"[;\x00]", ";"), (r"[ \[;\x00]", r"[][ ;]"), (r"\d", "[0-9]"),
    ):  # fmt: skip
        pattern = pattern.replace(ours, theirs)
    return pattern
