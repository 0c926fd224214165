"""What TWS's logs say of it: build, zone, clock and memory."""

from __future__ import annotations

from pathlib import Path

from snapper.logs.facts import log_facts, tws_build
from snapper.logs.found import LogFile, TodaysLogs
from snapper.logs.names import log_kind
from snapper.report import LogKind

START = (
    "2026-08-31 08:14:58.543 INFO  [JTS-Main] - Setting custom timezone: America/New_York\n"
    "2026-08-31 08:14:59.012 INFO  [JTS-Main] - Build 10.50.1e, Aug 25, 2026 4:05:30 PM\n"
)
OFFSET = "2026-08-31 15:36:58.870 [SN] INFO  [JTS-CCPDispatcherS2-35] - Setting time offset to {} diff -128\n"
MEMORY = (
    "2026-08-31 22:20:09.850 INFO  [JTS-DeadlockMonitor-2] - Memory:total=786,432KB free=748,188KB "
    "HeapUsage: Max=786,432KB used=37,946KB committed=70,656KB NonHeapUsage: Max=0KB used=91,629KB\n"
)


def log(path: Path, content: str | bytes, modified: float = 1.0) -> LogFile:
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(data)
    return LogFile(path, path.name, len(data), modified, log_kind(path.name) or LogKind.PLAIN)


def facts(*files: LogFile) -> dict[str, str]:
    return log_facts(TodaysLogs(files, ()))


def test_everything_that_support_asks_for_is_read(tmp_path: Path) -> None:
    text = START + OFFSET.format("-870") + MEMORY
    assert facts(log(tmp_path / "tws.Mon.log", text)) == {
        "TWS build": "10.50.1e, Aug 25, 2026 4:05:30 PM",
        "TWS time zone": "America/New_York",
        "TWS clock offset": "-870 diff -128",
        "TWS memory": "Max=786,432KB used=37,946KB",
    }


def test_what_a_log_says_last_counts_and_its_beginning_where_its_end_is_silent(tmp_path: Path) -> None:
    middle = OFFSET.format("77") + "x" * 70 + "\n"
    large = (
        START + OFFSET.format("1") + "filling\n" * 20_000 + middle + "filling\n" * 60_000 + OFFSET.format("5")
    )
    found = facts(log(tmp_path / "tws.Mon.log", OFFSET.format("0") + large))
    assert found["TWS clock offset"] == "5 diff -128" and found["TWS build"].startswith("10.50.1e")


def test_several_instances_are_told_once_each_the_latest_first(tmp_path: Path) -> None:
    older = log(tmp_path / "launcher.log", START)
    newer = log(tmp_path / "tws.Mon.log", START.replace("10.50.1e", "10.51.1a"), 2.0)
    again = log(tmp_path / "tws.Sun.log", START, 1.5)
    said = "10.51.1a, Aug 25, 2026 4:05:30 PM; 10.50.1e, Aug 25, 2026 4:05:30 PM"
    assert facts(older, newer, again)["TWS build"] == said


def test_an_export_of_utf_16_is_read_as_well(tmp_path: Path) -> None:
    export = log(tmp_path / "tws-exported-logs.txt", START.encode("utf-16"))
    assert tws_build(export) == "10.50.1e, Aug 25, 2026 4:05:30 PM"


def test_nothing_is_read_of_sealed_logs_crashes_and_ibc(tmp_path: Path) -> None:
    names = ("tws.20260831.081502.ibgzenc", "hs_err_pid7.log", "ibc-3.21.2_TWS-1037_Monday.txt")
    assert facts(*(log(tmp_path / name, START) for name in names)) == {}


def test_only_the_form_of_a_fact_gets_out_of_a_log(tmp_path: Path) -> None:
    text = (
        "x - Build 10.50.1e, Aug 25, 2026 4:05:30 PM user@example.com\n"
        "x - Setting custom timezone: ../../" + "a" * 9000 + "\nx - Build by U1234567\n"
    )
    found = facts(log(tmp_path / "launcher.log", text))
    assert found["TWS build"].endswith("4:05:30 PM") and "U1234567" not in str(found)
    assert all(len(value) < 120 for value in found.values())


def test_a_log_that_vanished_says_nothing(tmp_path: Path) -> None:
    gone = log(tmp_path / "launcher.log", START)
    gone.path.unlink()
    assert facts(gone) == {} and tws_build(gone) is None
