#!/usr/bin/env python3
"""Writes a TWS settings folder as it looks after a morning's work: for the demonstration and for tests.

The lines are real ones of both generations of TWS, with identities replaced; sealed logs are random bytes, as
good as the encrypted ones to anyone but the vendor.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

NEW_USER = "djaophkncgmelbifpaodjkcehlgnmbiafpkdcoej"  # 40 letters from a to p
OLD_USER = "djgblkjyvm"

_LAUNCHER = """\
{day} 08:14:58.473 INFO  [JTS-Main] - --------------------------- TWS RESTART ----------------------------
{day} 08:14:58.543 INFO  [JTS-Main] - Setting custom timezone: America/New_York
{day} 08:14:59.012 INFO  [JTS-Main] - Build 10.50.1e, Aug 25, 2026 4:05:30 PM
{day} 08:14:59.383 INFO  [AWT-EventQueue-0] - Started on {stamp}-13:14:59
{day} 08:14:59.804 INFO  [AWT-EventQueue-0] - Contacting server.example:4001 as user NOT PRINTED
{day} 08:15:00.149 INFO  [JTS-AuthDispatcherS2-18] - Received NS_AUTH_START: 1
{day} 08:15:00.348 INFO  [JTS-AuthDispatcherS2-18] - Passed pwd authentication.
{day} 08:15:00.432 INFO  [JTS-PostAuthenticateS2-25] - Switching to a new encrypted log...
"""
_PLAIN_LINES = (
    "{at} [NR] INFO  [JTS-EServerSocket-271397] - [2147483647:142:142:1:0:0:0:SYS] Starting new conversation "
    "with client on 127.0.0.1",
    "{at} [SN] INFO  [JTS-CCPDispatcherS2-35] - Setting time offset to -870 diff -{n}",
    "{at} [QH] INFO  [JTS-SocketListener-58] - API server listening on port 4001",
    "{at} [UY] INFO  [JTS-AsyncNonLocked-32] - LOG Client 216 Output exceeded limit (was: {n}), removed "
    "first half",
    "{at} [WU] ERROR [JTS-Model-Notifier-200] - Model is not valid: Active:true SPY/20260731/742.0/Put "
    "TOP/PACED",
    "{at} INFO  [JTS-DeadlockMonitor-2] - Memory:total=786,432KB free={n}KB HeapUsage: Max=786,432KB "
    "used=37,946KB committed=70,656KB NonHeapUsage: Max=0KB used=91,629KB committed=102,720KB",
    "AWT-EventQueue-0: Couldn't write to log file - java.io.IOException: write beyond end of stream",
)
_API_LINES = (
    "{clock} <- [3;{n};{contract};{symbol};STK;;0.0;;;NYSE;NASDAQ;USD;{symbol};NMS;;;BUY;5;LMT;{price};;IOC",
    "{clock} -> [5;{n};{contract};{symbol};STK;;0;?;;SMART;USD;{symbol};NMS;BUY;5;LMT;{price};0.0;IOC",
    "Socket connection for client{{1}} has closed. Reason: Connection terminated",
)
_CONTRACTS = (
    (4815747, "NVDA", 187.39), (265598, "AAPL", 227.10), (272093, "MSFT", 415.10), (756733, "SPY", 545.21),
    (320227571, "QQQ", 470.02), (76792991, "TSLA", 248.50), (3691937, "AMZN", 178.22), (8314, "IBM", 201.04),
)  # fmt: skip
_JTS_INI = """\
[Logon]
UserNameToDirectory=ghbmadkl,{user}
TimeZone=America/New_York
[Communication]
Peer=server.example:4001
"""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Jts:
    """A settings folder: the logs of today, the logs of other days, and files that are no logs."""

    home: Path
    today: tuple[Path, ...]
    earlier: tuple[Path, ...]
    settings: tuple[Path, ...]


def make_jts(folder: Path, now: datetime) -> Jts:
    """Write a settings folder of two users, one on a recent TWS and one on an old one; `now` is aware."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday, last_week = midnight - timedelta(hours=6), midnight - timedelta(days=7, hours=-10)
    new, old = folder / NEW_USER, folder / OLD_USER
    chance = random.Random(2026)
    settings = {
        folder / "jts.ini": _JTS_INI.format(user=NEW_USER).encode(),
        new / "HotKeysSettings.json.ibgzenc": chance.randbytes(900),
        new / f"tws.{now:%Y%m%d}.xml": b"<Settings/>\n",
        old / "tws.xml": b"<Settings/>\n",
    }
    today = {
        folder / "launcher.log": _LAUNCHER.format(day=f"{now:%Y-%m-%d}", stamp=f"{now:%Y%m%d}").encode(),
        new / f"tws.{now:%Y%m%d}.081502.ibgzenc": chance.randbytes(60_000),
        new / f"api.7.{now:%Y%m%d}.081640.ibgzenc": chance.randbytes(140_000),
        # A session that runs past midnight writes on in the file it opened the day before.
        new / f"audit.{yesterday:%Y%m%d}.180003.ibgzenc": chance.randbytes(20_000),
        old / f"tws.{_DAYS[now.weekday()]}.log": text(_PLAIN_LINES, now, 90_000, chance),
        old / f"api.123.{_DAYS[now.weekday()]}.log": text(_API_LINES, now, 50_000, chance),
    }
    earlier = {
        folder / f"launcher.{yesterday:%Y%m%d}.log": _LAUNCHER.format(
            day=f"{yesterday:%Y-%m-%d}", stamp=f"{yesterday:%Y%m%d}"
        ).encode(),
        new / f"tws.{yesterday:%Y%m%d}.080113.ibgzenc": chance.randbytes(50_000),
        old / f"tws.{_DAYS[yesterday.weekday()]}.log": text(_PLAIN_LINES, yesterday, 30_000, chance),
    }
    stale = {
        old / f"ibgateway.{_DAYS[last_week.weekday()]}.log": text(_PLAIN_LINES, last_week, 30_000, chance)
    }
    for files, modified in ((settings, now), (today, now), (earlier, yesterday), (stale, last_week)):
        _write(files, modified)
    return Jts(folder, tuple(today), (*earlier, *stale), tuple(settings))


def text(lines: tuple[str, ...], end: datetime, size: int, chance: random.Random) -> bytes:
    """At least `size` bytes of a plain log whose last line is of the time `end`."""
    return "".join(_lines(lines, end, size, chance)).encode()


def plain_log(end: datetime, size: int) -> bytes:
    """At least `size` bytes of an exported log of TWS and its API, the same for the same arguments."""
    return text(_PLAIN_LINES + _API_LINES * 4, end, size, random.Random(size))


def _lines(lines: tuple[str, ...], end: datetime, size: int, chance: random.Random) -> Iterator[str]:
    at = end - timedelta(milliseconds=7) * (size // 100)
    while size > 0:
        at = min(at + timedelta(milliseconds=chance.randrange(1, 14)), end)
        stamp = f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"
        contract, symbol, price = chance.choice(_CONTRACTS)
        line = chance.choice(lines).format(
            at=stamp,
            clock=f"{stamp[11:19]}:{stamp[20:]}",
            n=chance.randrange(10**6),
            contract=contract,
            symbol=symbol,
            price=f"{price * chance.uniform(0.99, 1.01):.2f}",
        )
        yield f"{line}\n"
        size -= len(line) + 1


def _write(files: dict[Path, bytes], modified: datetime) -> None:
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (modified.timestamp(), modified.timestamp()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write a TWS settings folder with logs of today.")
    parser.add_argument("folder", type=Path)
    made = make_jts(parser.parse_args().folder, datetime.now().astimezone())
    print(*made.today, sep="\n")
