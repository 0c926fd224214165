"""What every benchmark uses: a figure, percentiles, and a process with its time and peak memory."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1e6


@dataclass(frozen=True)
class Figure:
    """One measured value; `target` in words and whether it was met, where there is one."""

    name: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None


def at_most(name: str, value: float, unit: str, limit: float) -> Figure:
    """A figure that should not be above a limit."""
    return Figure(name, value, unit, f"≤ {limit:g} {unit}", value <= limit)


def at_least(name: str, value: float, unit: str, limit: float) -> Figure:
    """A figure that should not be below a limit."""
    return Figure(name, value, unit, f"≥ {limit:g} {unit}", value >= limit)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(len(ordered) * percent / 100)) - 1]


def milliseconds(action: Callable[[], object], times: int, pause: float = 0.0) -> list[float]:
    """How long each of several calls took; what a call returns is let go before the next, and not timed."""
    taken = []
    for _ in range(times):
        time.sleep(pause)
        begin = time.perf_counter()
        result = action()
        taken.append((time.perf_counter() - begin) * 1000)
        del result
    return taken


@dataclass(frozen=True)
class Run:
    """How one process went: wall time in seconds, peak memory in bytes."""

    seconds: float
    peak: float


# A process starts with the peak memory of the one that started it: so a small one starts it.
_STARTER = """
import json, resource, subprocess, sys, time
with open(sys.argv[1], "wb") as sink:
    begin = time.perf_counter()
    subprocess.run(sys.argv[2:], stdout=sink, check=True)
seconds = time.perf_counter() - begin
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024]))
"""


def run(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None, output: Path | None = None
) -> Run:
    """Run a program to its end; raises CalledProcessError when it fails."""
    sink = output or Path(os.devnull)
    starter = [sys.executable, "-S", "-c", _STARTER, sink, *command]
    done = subprocess.run(starter, env=environment, check=True, stdout=subprocess.PIPE)
    return Run(*json.loads(done.stdout))
