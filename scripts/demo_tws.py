#!/usr/bin/env python3
"""Writes a TWS settings folder as it looks after a morning's work: for the demonstration and for tests.

Sealed logs are random bytes, as good as the encrypted ones to anyone but the vendor.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from scripts.tws_logs import Cast, Kind, pieces, write

NEW_USER = "djaophkncgmelbifpaodjkcehlgnmbiafpkdcoej"  # 40 letters from a to p
OLD_USER = "djgblkjyvm"

# What appears in the readable logs; none of it is anybody's.
CAST = Cast(users=(OLD_USER, "edemo2041"), accounts=("DU1234567", "U7654321"))
ZONE = ZoneInfo("America/New_York")  # of TWS's clock, as its settings say
_JTS_INI = """\
[Logon]
UserNameToDirectory=ghbmadkl,{user}
TimeZone=America/New_York
[Communication]
Peer=server.example:4001
"""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_START_BYTES = 800  # of one start of TWS


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
    # Two dates are today's while this computer's clock and TWS's own show different ones, and the earlier of
    # their midnights counts; so much before both it is yesterday wherever this computer is.
    ahead = max(now.date() - now.astimezone(ZONE).date(), timedelta(0))
    yesterday, last_week = midnight - ahead - timedelta(hours=14), midnight - timedelta(days=7, hours=-10)
    new, old = folder / NEW_USER, folder / OLD_USER
    chance = random.Random(2026)
    settings = {
        folder / "jts.ini": _JTS_INI.format(user=NEW_USER).encode(),
        new / "HotKeysSettings.json.ibgzenc": chance.randbytes(900),
        new / f"tws.{now:%Y%m%d}.xml": b"<Settings/>\n",
        old / "tws.xml": b"<Settings/>\n",
    }
    today = {
        folder / "launcher.log": text(Kind.LAUNCHER, now, _START_BYTES, problems=("other-session",)),
        new / f"tws.{now:%Y%m%d}.081502.ibgzenc": chance.randbytes(60_000),
        new / f"api.7.{now:%Y%m%d}.081640.ibgzenc": chance.randbytes(140_000),
        # A session that runs past midnight writes on in the file it opened the day before.
        new / f"audit.{yesterday:%Y%m%d}.180003.ibgzenc": chance.randbytes(20_000),
        old / f"tws.{_DAYS[now.weekday()]}.log": text(Kind.TWS, now, 90_000),
        old / f"api.123.{_DAYS[now.weekday()]}.log": text(Kind.API, now, 50_000),
    }
    earlier = {
        folder / f"launcher.{yesterday:%Y%m%d}.log": text(Kind.LAUNCHER, yesterday, _START_BYTES),
        new / f"tws.{yesterday:%Y%m%d}.080113.ibgzenc": chance.randbytes(50_000),
        old / f"tws.{_DAYS[yesterday.weekday()]}.log": text(Kind.TWS, yesterday, 30_000),
    }
    stale = {old / f"ibgateway.{_DAYS[last_week.weekday()]}.log": text(Kind.GATEWAY, last_week, 30_000)}
    for files, modified in ((settings, now), (today, now), (earlier, yesterday), (stale, last_week)):
        for path, content in files.items():
            write(path, [content], modified)
    return Jts(folder, tuple(today), (*earlier, *stale), tuple(settings))


def text(kind: Kind, end: datetime, size: int, problems: tuple[str, ...] = ()) -> bytes:
    """At least `size` bytes of a plain log whose last lines are of the time `end` (aware)."""
    return b"".join(pieces(kind, size, end.astimezone(ZONE), cast=CAST, problems=problems))


def plain_log(end: datetime, size: int) -> bytes:
    """At least `size` bytes of an exported log of TWS and its API, the same for the same arguments."""
    return b"".join(pieces(Kind.EXPORT, size, end))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write a TWS settings folder with logs of today.")
    parser.add_argument("folder", type=Path)
    made = make_jts(parser.parse_args().folder, datetime.now().astimezone())
    print(*made.today, sep="\n")
