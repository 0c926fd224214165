"""Logs as TWS, IB Gateway, their API, the launcher and IBC write them: for demonstrations, tests and figures.

Any size, from any seed: the same arguments give the same bytes, times never go back, and nothing is kept in
memory. The lines are real ones with identities replaced; a Cast holds those that appear in their place, so
that a test can look for each of them.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """What writes a log."""

    TWS = "tws"
    GATEWAY = "gateway"
    API = "api"
    LAUNCHER = "launcher"
    IBC = "ibc"
    LEGACY = "legacy"
    CRASH = "crash"
    EXPORT = "export"


@dataclass(frozen=True)
class Cast:
    """The private values that appear in a log, all of them made up."""

    users: tuple[str, ...] = ("edemo2041", "jgruenwald")
    accounts: tuple[str, ...] = ("U1234567", "DU7654321")
    hosts: tuple[str, ...] = ("WKS-LON-0042",)
    addresses: tuple[str, ...] = ("10.20.30.40", "2001:db8::17")
    macs: tuple[str, ...] = ("00:15:5d:01:a2:b3",)
    emails: tuple[str, ...] = ("j.gruenwald@firm.example",)
    homes: tuple[str, ...] = (r"C:\Users\jgruenwald", "/home/jgruenwald")
    secrets: tuple[str, ...] = ("Tr0ub4dor3x",)

    def values(self) -> tuple[str, ...]:
        """Every one of them."""
        return (
            *self.users, *self.accounts, *self.hosts, *self.addresses, *self.macs, *self.emails, *self.homes,
            *self.secrets,
        )  # fmt: skip


Forms = tuple[tuple[int, str], ...]  # how often, and the line (or lines) with what is filled in

# What a program writes when it starts, in this order.
_START = (
    "{at} INFO  [JTS-Main] - ------------------------------- {program} RESTART --------------------------------",
    "{at} INFO  [JTS-Main] - Setting custom timezone: {zone}",
    "{at} INFO  [JTS-Main] - Build 10.50.1e, Aug 25, 2026 4:05:30 PM",
    "{at} INFO  [AWT-EventQueue-0] - Started on {utc}",
    "{at} INFO  [AWT-EventQueue-0] - Contacting server.example:4001 as user NOT PRINTED",
    "{at} INFO  [JTS-AuthDispatcherS2-18] - Received NS_AUTH_START: 1",
    "{at} INFO  [JTS-AuthDispatcherS2-18] - Passed pwd authentication.",
    "{at} INFO  [JTS-PostAuthenticateS2-25] - Switching to a new encrypted log...",
)
_SESSION: Forms = (
    (6, "{at} [NR] INFO  [JTS-EServerSocket-{n}] - [2147483647:142:142:1:0:0:0:SYS] Starting new conversation "
        "with client on 127.0.0.1"),
    (4, "{at} [SN] INFO  [JTS-CCPDispatcherS2-35] - Setting time offset to -870 diff -{n}"),
    (2, "{at} [QH] INFO  [JTS-SocketListener-58] - API server listening on port 4001"),
    (2, "{at} [QH] INFO  [JTS-SocketListener-58] - API in Read-Only mode: false"),
    (6, "{at} [UY] INFO  [JTS-AsyncNonLocked-32] - LOG Client 216 Output exceeded limit (was: {n}), removed "
        "first half"),
    (6, "{at} [WU] ERROR [JTS-Model-Notifier-200] - Model is not valid: Active:true {symbol}/20260731/742.0/Put "
        "TOP/PACED"),
    (9, "{at} INFO  [JTS-DeadlockMonitor-2] - Memory:total=786,432KB free={n}KB HeapUsage: Max=786,432KB "
        "used=37,946KB committed=70,656KB NonHeapUsage: Max=0KB used=91,629KB committed=102,720KB"),
    (3, "{at} [XN] INFO  [JTS-EMsgPacer-152] - CM Sending current account image {account} to API"),
    (1, "{at} WARN  [JTS-Model-Notifier-200] - Cannot draw {symbol}\njava.lang.IllegalStateException: no such "
        "column\n\tat jtstools.ui.Table.column(Table.java:{n})\n\tat java.base/java.lang.Thread.run(Thread.java:840)"
        "\nCaused by: java.lang.NullPointerException\n\t... 12 more"),
    (1, "{at} INFO  [JTS-Main] - Settings of {user} in {home} on {host}, {address}, {mac}"),
)  # fmt: skip
# What is known to go wrong, by the id in the table of known problems.
PROBLEMS: Mapping[str, tuple[str, ...]] = {
    "other-session": (
        "{at} INFO  [JTS-AuthDispatcherS2-18] - Competition detected: from IP={address} logged "
        "at=2026-08-28T22:27:52.000+0530",
    ),
    "second-factor-unanswered": (
        "{at} INFO  [JTS-AuthDispatcherS2-18] - Received CHALLENGE",
        "{at} INFO  [JTS-Fuse-ClosedSocket-336] - Authorization failed: SUPPRESS_MESSAGE_BOX. MessageType: null. "
        "FailReason: 2147483647",
    ),
    "wrong-password": ("{at} INFO  [JTS-AuthDispatcherS2-18] - AUTH_RESULT indicates wrong password",),
    "too-many-attempts": (
        "{at} ERROR [AWT-EventQueue-0] - Too many failed login attempts. Please wait 4 minutes & 55 seconds "
        "before attempting to re-login again.",
    ),
    "network-errors": (
        "{at} INFO  [JTS-AuthTimeoutMonitorThread-CCP-115] - AuthTimeoutMonitor-CCP: Timeout!",
        *(
            "{at} INFO  [JTS-AuthTimeoutMonitorThread-CCP-115] - "
            f"SPLASH Attempt {number}: network error, will retry in seconds"
            for number in (1, 2, 3)
        ),
        "{at} INFO  [JTS-CCPListenerS29-329] - Socket for connection server.example:4001 (SSL) was closed by "
        "peer.",
    ),
    "log-not-written": (
        "AWT-EventQueue-0: Couldn't write to log file - java.io.IOException: write beyond end of stream",
    ),
}
_MESSAGES: Forms = (
    (6, "{clock} <- [3;{order};{contract};{symbol};STK;;0.0;;;NYSE;NASDAQ;USD;{symbol};NMS;;;BUY;5;LMT;{price};;IOC"),
    (8, "{clock} -> [5;{order};{contract};{symbol};STK;;0;?;;SMART;USD;{symbol};NMS;BUY;5;LMT;{price};0.0;IOC;;"
        "{account};"),
    (8, "{clock} -> [3;{order};Filled;5;0;{price};{n};0;{price};7;;0"),
    (1, "{clock} <- [4;1;{order}"),
    (3, "{clock} -> [11;-1;{order};{contract};{symbol};STK;;0.0;;;NASDAQ;USD;{symbol};NMS;0000e0d5.{n}.01.01;"
        "20260831 10:00:04;{account};NASDAQ;BOT;5;{price}"),
    (2, "{clock} -> [6;2;NetLiquidation;{money};USD;{account}"),
    (20, "{clock} -> [1;6;{n};1;{price};300;1"),
    (1, "{clock} -> [4;2;-1;2104;Market data farm connection is OK:usfarm"),
    (1, "Socket connection for client{{1}} has closed. Reason: Connection terminated"),
)  # fmt: skip
_LEGACY: Forms = (
    (5, "{clock} JTS-CCPPingS925-{n}: Warning: sending test request at 2359542000"),
    (3, "{clock} JTS-usfarmDispatcherS{n}-91: Subscribed {symbol} for {account}"),
    (1, "AWT-EventQueue-0: Couldn't write to log file - java.io.IOException: write beyond end of stream"),
)
_IBC: Forms = (
    (
        4,
        "{at} IBC: detected frame entitled: {account} Trader Workstation (Simulated Trading); event=Activated",
    ),
    (2, "{at} IBC: detected dialog entitled: Existing session detected; event=Opened"),
    (1, "{at} IBC: Setting user name {user}"),
    (1, "{at} IBC: java -Duser.home={home} -cp IBC.jar ibcalpha.ibc.IbcTws /User:{user} /PW:{secret}"),
    (1, "{at} IBC: Login has completed"),
)
_CRASH: Forms = (
    (1, "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at "
        "pc=0x00007f1c2b3d{n}, pid={n}, tid={n}\n# Problematic frame:\n# C  [libawt.so+0x{n}]\n#\n"
        "# Command Line: -Xmx768m -DjtsConfigDir={home}\n# Host: {host}, AMD EPYC, 8 cores, 15G"),
)  # fmt: skip
_FORMS: Mapping[Kind, Forms] = {
    Kind.TWS: _SESSION, Kind.GATEWAY: _SESSION, Kind.LAUNCHER: tuple((1, line) for line in _START),
    Kind.API: _MESSAGES, Kind.IBC: _IBC, Kind.LEGACY: _LEGACY, Kind.CRASH: _CRASH,
    Kind.EXPORT: _SESSION + tuple((4 * often, line) for often, line in _MESSAGES),
}  # fmt: skip
_CONTRACTS = (
    (4815747, "NVDA", 187.39), (265598, "AAPL", 227.10), (272093, "MSFT", 415.10), (756733, "SPY", 545.21),
    (320227571, "QQQ", 470.02), (76792991, "TSLA", 248.50), (3691937, "AMZN", 178.22), (8314, "IBM", 201.04),
)  # fmt: skip
_STEP_MS = 14  # the longest time from one line to the next
_LINE_BYTES = 110  # of an average line
NOBODY = Cast(
    ("NOT PRINTED",), ("*ACCOUNTNUMBER*",), ("server.example",), ("192.0.2.1",), ("not printed",), ("-",),
    ("the settings folder",), ("NOT PRINTED",),
)  # fmt: skip


def lines(
    kind: Kind,
    begin: datetime,
    end: datetime,
    seed: int = 0,
    cast: Cast = NOBODY,
    problems: tuple[str, ...] = (),
) -> Iterator[str]:
    """Lines without end, from `begin` on and never after `end`, on TWS's clock; entries of several lines come
    as one text.

    `problems` are ids of PROBLEMS that come after the start, and again now and then.
    """
    chance, at = random.Random(f"{kind}/{seed}"), begin
    order = chance.randrange(1000, 90_000)
    for text in _texts(kind, problems, chance):
        order += chance.random() < 0.02  # an order is spoken of many times
        yield _filled(text, kind, at, order, cast, chance)
        at = min(at + timedelta(milliseconds=chance.randrange(1, _STEP_MS)), end)


def _texts(kind: Kind, problems: tuple[str, ...], chance: random.Random) -> Iterator[str]:
    """The forms in the order in which a program would write them."""
    often, forms = zip(*_FORMS[kind], strict=True)
    told = [line for problem in problems for line in PROBLEMS[problem]]
    while kind is Kind.LAUNCHER:  # one start after the other: at the login it hands over to the sealed log
        yield from (*_START, *told)
    if kind in (Kind.TWS, Kind.GATEWAY, Kind.EXPORT):
        yield from _START
    while True:
        yield from told
        yield from chance.choices(forms, often, k=500)


def _filled(text: str, kind: Kind, at: datetime, order: int, cast: Cast, chance: random.Random) -> str:
    contract, symbol, price = chance.choice(_CONTRACTS)
    stamp = f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"
    return text.format(
        at=stamp, clock=f"{stamp[11:19]}:{stamp[20:]}", utc=f"{_in_utc(at):%Y%m%d-%H:%M:%S}",
        program="IB GATEWAY" if kind is Kind.GATEWAY else "TWS", zone=getattr(at.tzinfo, "key", "America/New_York"),
        n=chance.randrange(1000, 10**6), order=order, contract=contract, symbol=symbol,
        price=f"{price * chance.uniform(0.99, 1.01):.2f}", money=f"{chance.uniform(1e4, 9e5):.2f}",
        account=chance.choice(cast.accounts), user=chance.choice(cast.users), home=chance.choice(cast.homes),
        host=chance.choice(cast.hosts), address=chance.choice(cast.addresses), mac=chance.choice(cast.macs),
        secret=chance.choice(cast.secrets),
    )  # fmt: skip


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at


def pieces(
    kind: Kind, size: int, end: datetime, seed: int = 0, cast: Cast = NOBODY, problems: tuple[str, ...] = (),
    encoding: str = "utf-8", newline: str = "\n",
) -> Iterator[bytes]:  # fmt: skip
    """At least `size` bytes of a log, a few hundred lines at a time, whose last lines are of the time `end`."""
    begin = end - timedelta(milliseconds=size / _LINE_BYTES * _STEP_MS / 2 + 1000)
    if encoding == "utf-16":
        yield "\ufeff".encode("utf-16-le")
        encoding = "utf-16-le"
    held: list[str] = []
    for text in lines(kind, begin, end, seed, cast, problems):
        held.append(text.replace("\n", newline))
        if len(held) == 400 or sum(map(len, held)) > size:
            yield (block := (newline.join(held) + newline).encode(encoding, "replace"))
            held, size = [], size - len(block)
            if size <= 0:
                return


def write(path: Path, content: Iterable[bytes], modified: datetime) -> Path:
    """Write a file with this time of change, and the folders above it; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(content)
    os.utime(path, (modified.timestamp(), modified.timestamp()))
    return path
