"""Packing a plain log of 1 GB, against gzip and zip."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from scripts.bench_tools import MEGABYTE, Figure, Run, at_least, at_most, run
from scripts.demo_tws import plain_log

_BLOCK = 8_000_000  # far more than deflate looks back, so that repeating it makes nothing smaller

_PACK = """
import sys
from pathlib import Path
from snapper.logs.pack import pack
from snapper.logs.found import LogFile
from snapper.report import LogKind
source, target = map(Path, sys.argv[1:])
pack([LogFile(source, source.name, source.stat().st_size, 0.0, LogKind.PLAIN)], target)
"""


def packing(quick: bool = False) -> Iterator[Figure]:
    """Whole processes, archives synced to disk as each program does it; the log is in the system's cache."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "tws.log"
        size = write_log(log, 200_000_000 if quick else 1_000_000_000)
        ours, gzip, zip_ = _fastest_in_turns(log, folder, 1 if quick else 3)
        yield at_least("packed as fast as gzip -6, times", gzip.seconds / ours.seconds, "", 8)
        yield Figure("packed as fast as zip, times", zip_.seconds / ours.seconds, "")
        yield at_most("packing: peak memory", ours.peak / MEGABYTE, "MB", 100)
        for program, taken, file in (
            ("snapper", ours, "logs.zip"), ("gzip -6", gzip, "log.gz"), ("zip", zip_, "other.zip"),
        ):  # fmt: skip
            yield Figure(f"{program}: {size / MEGABYTE:.0f} MB log", taken.seconds, "s")
            yield Figure(f"{program}: archive", (folder / file).stat().st_size / MEGABYTE, "MB")


def _fastest_in_turns(log: Path, folder: Path, rounds: int) -> list[Run]:
    """The best run of snapper, gzip and zip: in turns, so that what else the machine does hits all alike."""

    def once() -> tuple[Run, ...]:
        (folder / "other.zip").unlink(missing_ok=True)  # zip would update it
        return (
            pack(log, folder / "logs.zip"),
            run(["gzip", "-6", "-c", log], output=folder / "log.gz"),
            run(["zip", "-q", folder / "other.zip", log]),
        )

    return [
        min(runs, key=lambda run: run.seconds) for runs in zip(*(once() for _ in range(rounds)), strict=True)
    ]


def write_log(path: Path, size: int) -> int:
    """Write a plain log of about that size; returns its size in bytes."""
    block = plain_log(datetime(2026, 8, 31), _BLOCK)
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(block)
    os.sync()  # else the first program measured pays for writing the log
    return path.stat().st_size


def pack(log: Path, archive: Path) -> Run:
    """Pack the log in a process of its own."""
    archive.unlink(missing_ok=True)
    return run([sys.executable, "-c", _PACK, log, archive])
