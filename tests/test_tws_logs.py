"""The generator of logs: every form of line there is, any size, the same bytes from the same seed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scripts.tws_logs import PROBLEMS, Cast, Kind, lines, pieces, write
from snapper.logs.found import LogFile
from snapper.logs.known_problems import load
from snapper.privacy.redact import Redactor
from snapper.privacy.rescan import Part, first_leak
from snapper.privacy.seeds import Known, seeds_of
from snapper.report import LogKind

END = datetime(2026, 8, 31, 14, 0, tzinfo=ZoneInfo("Asia/Kolkata"))
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")

# One expression for each form of line that is known, by who writes it.
FORMS = [
    (Kind.GATEWAY, r"INFO  \[JTS-Main\] - -+ IB GATEWAY RESTART -+"),
    (Kind.TWS, r"Setting custom timezone: Asia/Kolkata"),
    (Kind.TWS, r"Build 10\.50\.1e, Aug 25, 2026 4:05:30 PM"),
    (Kind.TWS, r"Started on 2026\d{4}-\d\d:\d\d:\d\d"),
    (Kind.TWS, r"Contacting server\.example:4001 as user NOT PRINTED"),
    (Kind.TWS, r"Received NS_AUTH_START: 1"),
    (Kind.TWS, r"Passed pwd authentication\."),
    (Kind.LAUNCHER, r"Switching to a new encrypted log\.\.\."),
    (Kind.TWS, r"Memory:total=786,432KB free=\d+KB HeapUsage: Max=786,432KB"),
    (Kind.TWS, r"\[NR\] INFO  \[JTS-EServerSocket-\d+\] - \[2147483647:\S+:SYS\] Starting new conversation"),
    (Kind.TWS, r"\[SN\] INFO .*Setting time offset to -870 diff -\d+"),
    (Kind.TWS, r"\[QH\] INFO .*API server listening on port 4001"),
    (Kind.TWS, r"API in Read-Only mode: false"),
    (Kind.TWS, r"LOG Client 216 Output exceeded limit \(was: \d+\), removed first half"),
    (Kind.TWS, r"\[WU\] ERROR .*Model is not valid: Active:true \w+/20260731/742\.0/Put TOP/PACED"),
    (Kind.TWS, r"CM Sending current account image \S+ to API"),
    (Kind.TWS, r"(?m)^\tat java\.base/java\.lang\.Thread\.run"),
    (
        Kind.LEGACY,
        r"(?m)^\d\d:\d\d:\d\d:\d{3} JTS-CCPPingS925-\d+: Warning: sending test request at 2359542000",
    ),
    (Kind.LEGACY, r"AWT-EventQueue-0: Couldn't write to log file - java\.io\.IOException: write beyond end"),
    (Kind.API, r"(?m)^\d\d:\d\d:\d\d:\d{3} <- \[3;\d+;\d+;\w+;STK;;0\.0;;;NYSE;NASDAQ;USD"),
    (Kind.API, r"-> \[5;\d+;"),
    (Kind.API, r"Socket connection for client\{1\} has closed\. Reason: Connection terminated"),
    (Kind.IBC, r"IBC: detected frame entitled: \S+ Trader Workstation"),
    (Kind.CRASH, r"A fatal error has been detected by the Java Runtime Environment"),
    (Kind.EXPORT, r"(?s)INFO  \[JTS.*-> \[1;6;"),
]


def text(kind: Kind, size: int = 300_000, **more: object) -> str:
    """A log of that kind."""
    return b"".join(pieces(kind, size, END, **more)).decode()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def logs() -> dict[Kind, str]:
    """A log of each kind."""
    return {kind: text(kind) for kind in Kind}


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_every_form_of_line_occurs(logs: dict[Kind, str], kind: Kind, form: str) -> None:
    assert re.search(form, logs[kind])


@pytest.mark.parametrize("kind", Kind)
def test_times_never_go_back_and_end_in_time(logs: dict[Kind, str], kind: Kind) -> None:
    times = STAMP.findall(logs[kind])
    assert times == sorted(times)
    assert all(time <= f"{END:%Y-%m-%d %H:%M:%S}.000" for time in times)


@pytest.mark.parametrize("kind", Kind)
def test_the_size_is_that_asked_for(kind: Kind) -> None:
    for size in (1, 5_000, 200_000):
        made = len(text(kind, size))
        assert size <= made <= size + 120_000


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    assert text(Kind.API, 20_000, seed=3) == text(Kind.API, 20_000, seed=3)
    assert text(Kind.API, 20_000, seed=3) != text(Kind.API, 20_000, seed=4)


def test_a_session_runs_over_midnight() -> None:
    begin = END.replace(hour=23, minute=59, second=59)
    told = list(islice(lines(Kind.TWS, begin, begin + timedelta(hours=1)), 500))
    days = {day for line in told for day in re.findall(r"^2026-\d\d-\d\d", line)}
    assert days == {"2026-08-31", "2026-09-01"}


@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-16", b"\xff\xfe"), ("cp1252", b"2026"), ("utf-8", b"2026")]
)
def test_other_encodings_and_line_ends(encoding: str, mark: bytes) -> None:
    made = b"".join(pieces(Kind.TWS, 20_000, END, encoding=encoding, newline="\r\n"))
    assert made.startswith(mark)
    assert re.search(r"[^\r]\n", made.decode(encoding)) is None


def test_the_cast_appears_and_nobody_else() -> None:
    cast = Cast()
    everything = "".join(text(kind, 400_000, cast=cast) for kind in (*Kind,))
    assert [value for value in cast.values() if value not in everything and "@" not in value] == []
    assert not set(cast.values()).intersection("".join(text(kind) for kind in Kind).split())


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_known_problem_is_recognised(tmp_path: Path, problem: str) -> None:
    path = write(tmp_path / "tws.Mon.log", pieces(Kind.TWS, 50_000, END, problems=(problem,)), END)
    log = LogFile(path, path.name, path.stat().st_size, END.timestamp(), LogKind.PLAIN)
    assert path.stat().st_mtime == END.timestamp()
    assert problem in {match.problem.id for match in load().in_logs([log])}


@pytest.mark.parametrize("kind", Kind)
def test_nobody_of_the_cast_is_left_after_redaction(kind: Kind) -> None:
    cast = Cast()
    known = Known(**{name: value for name, value in vars(cast).items() if hasattr(Known(), name)})
    redactor = Redactor(seeds_of(known), b"key")
    left = b"".join(redactor.stream(pieces(kind, 400_000, END, cast=cast))).decode()
    assert [value for value in cast.values() if value.lower() in left.lower()] == []
    assert (
        first_leak([Part("a.log", lambda: __import__("io").BytesIO(left.encode()))], redactor.seeds()) is None
    )
