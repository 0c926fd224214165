"""Logs cut to a window of time, and windows as people write them."""

from __future__ import annotations

import codecs
import io
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snapper.errors import UsageError
from snapper.logs.clocks import LogClock
from snapper.logs.cut import cut, possible_zones
from snapper.logs.found import LogFile, TodaysLogs
from snapper.logs.names import log_kind
from snapper.logs.window import TimeWindow, parse_window
from snapper.logs.zones import unix_times, wall_clock, zone
from snapper.report import LogKind

MINUTE = timedelta(minutes=1)
START = datetime(2026, 8, 31, 14)  # on the clock of the log, which is UTC unless a test says otherwise
LONG = "and so on, " * 40  # makes logs longer than what is searched line by line


@pytest.fixture(autouse=True)
def _new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This computer's clock shows New York's time."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def unix(wall: datetime, name: str | None = "UTC") -> float:
    return unix_times(wall, zone(name))[0]


def window(start: datetime, end: datetime, name: str | None = "UTC") -> TimeWindow:
    return TimeWindow(unix(start, name), unix(end, name))


def dated(wall: datetime, text: str = "") -> str:
    return f"{wall:%Y-%m-%d %H:%M:%S}.{wall.microsecond // 1000:03} INFO  [JTS-Main] - {text}{LONG}"


def undated(wall: datetime, text: str = "") -> str:
    return f"{wall:%H:%M:%S}:{wall.microsecond // 1000:03} -> {text}{LONG}"


def log(
    path: Path,
    content: bytes | Sequence[str],
    *,
    modified: datetime = START + 400 * MINUTE,
    name: str | None = "UTC",
) -> LogFile:
    """A log on disk; `modified` is on the log's clock, whose zone is `name`."""
    data = content if isinstance(content, bytes) else "".join(f"{line}\n" for line in content).encode()
    path.write_bytes(data)
    at = unix(modified, name)
    os.utime(path, (at, at))
    kind = log_kind(path.name) or LogKind.PLAIN
    return LogFile(path, path.name, len(data), at, kind, zone=name)


def after_cut(file: LogFile, asked: TimeWindow) -> LogFile | None:
    files = cut(TodaysLogs((file,), ()), asked).files
    return files[0] if files else None


def text(file: LogFile | None) -> str:
    """What would be packed of a log; nothing when it was left out."""
    if file is None:
        return ""
    start, end = file.span or (0, file.size)
    assert end - start == file.size
    return file.path.read_bytes()[start:end].decode()


def minutes(content: str) -> list[str]:
    """The numbers that test lines carry, in their order."""
    return [word[1:] for word in content.split() if word.startswith("#")]


def every_minute(count: int, line: Callable[[datetime, str], str] = dated) -> list[str]:
    return [line(START + number * MINUTE, f"#{number} ") for number in range(count)]


# --- lines with a date -------------------------------------------------------------------------------------


def test_the_lines_of_the_window_are_left_whole(tmp_path: Path) -> None:
    file = log(tmp_path / "tws.Mon.log", every_minute(300))
    left = after_cut(file, window(START + 100 * MINUTE, START + 102 * MINUTE))
    assert minutes(text(left)) == ["100", "101", "102"]
    assert text(left).startswith("2026-08-31 15:40:00.000") and text(left).endswith("\n")


def test_a_line_that_continues_another_goes_with_it(tmp_path: Path) -> None:
    lines = [part for line in every_minute(200) for part in (line, "\tat jclient.Login", "", "  #more")]
    left = after_cut(log(tmp_path / "a.log", lines), window(START + 50 * MINUTE, START + 50 * MINUTE))
    assert minutes(text(left)) == ["50", "more"] and text(left).endswith("#more\n")


def test_the_first_lines_keep_what_stands_above_them(tmp_path: Path) -> None:
    lines = ["==== TWS RESTART ====", *every_minute(100)]
    left = after_cut(log(tmp_path / "a.log", lines), window(START - MINUTE, START + MINUTE))
    assert text(left).startswith("==== TWS RESTART")


def test_a_log_that_lies_in_the_window_goes_whole(tmp_path: Path) -> None:
    file = log(tmp_path / "a.log", every_minute(100))
    assert after_cut(file, window(START - MINUTE, START + 500 * MINUTE)) == file


@pytest.mark.parametrize(("first", "last"), [(-60, -5), (101, 200), (50.2, 50.8)])
def test_a_log_without_a_line_in_the_window_is_left_out_with_a_sentence(
    tmp_path: Path, first: float, last: float
) -> None:
    file = log(tmp_path / "a.log", every_minute(100))
    found = cut(TodaysLogs((file,), ()), window(START + first * MINUTE, START + last * MINUTE))
    assert found.files == () and "in the time that was asked for" in (found.sentence or "")


def test_threads_that_overtake_one_another_lose_no_line(tmp_path: Path) -> None:
    """A line of a second ago follows a newer one: both are in a window that begins between them."""
    walls = [START + number * MINUTE for number in range(200)]
    lines = [dated(wall, f"#{number} ") for number, wall in enumerate(walls)]
    lines.insert(101, dated(walls[100] - timedelta(seconds=1), "#late "))
    left = after_cut(log(tmp_path / "a.log", lines), window(walls[100], walls[101]))
    assert minutes(text(left)) == ["100", "late", "101"]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16", "cp1252"])
def test_every_encoding_and_line_ending_is_cut_between_characters(
    tmp_path: Path, encoding: str, ending: str
) -> None:
    content = "".join(f"{line} für Jürgen{ending}" for line in every_minute(120))
    data = content.encode(encoding)
    file = log(tmp_path / "tws-exported-logs.txt", data)
    left = after_cut(file, window(START + 40 * MINUTE, START + 41 * MINUTE))
    assert left and left.span
    part = data[slice(*left.span)].decode(
        {"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(encoding, encoding)
    )
    assert minutes(part) == ["40", "41"] and part.startswith("2026") and part.endswith(ending)


def test_an_export_of_utf_16_keeps_its_byte_order_mark_when_its_beginning_is_taken(tmp_path: Path) -> None:
    data = codecs.BOM_UTF16_BE + "".join(f"{line}\n" for line in every_minute(50)).encode("utf-16-be")
    left = after_cut(log(tmp_path / "a.log", data), window(START, START + MINUTE))
    assert left and left.span and left.span[0] == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=st.lists(st.integers(0, 900), min_size=1, max_size=150),
    continued=st.lists(st.integers(0, 3), min_size=1, max_size=5),
    first=st.integers(-100, 60_000),
    length=st.integers(0, 20_000),
    padding=st.sampled_from([0, 30, 400]),
)
def test_it_finds_what_reading_every_line_finds(
    tmp_path: Path, gaps: list[int], continued: list[int], first: int, length: int, padding: int
) -> None:
    wall, pieces = START, []
    for number, gap in enumerate(gaps):
        wall += timedelta(seconds=gap)
        more = "".join("\tmore\n" * continued[number % len(continued)])
        pieces.append((wall, f"{wall:%Y-%m-%d %H:%M:%S}.000 INFO [x] - #{number} {'y' * padding}\n{more}"))
    begin, end = START + timedelta(seconds=first), START + timedelta(seconds=first + length)
    slack = timedelta(seconds=2)
    wanted = "".join(piece for wall, piece in pieces if begin - slack <= wall <= end + slack)
    file = log(tmp_path / "a.log", "".join(piece for _, piece in pieces).encode(), modified=wall)
    assert text(after_cut(file, window(begin, end))) == wanted


def test_the_lines_of_ibc_tell_their_time_with_a_colon(tmp_path: Path) -> None:
    lines = [f"{START + n * MINUTE:%Y-%m-%d %H:%M:%S}:327 IBC: #{n} {LONG}" for n in range(60)]
    file = log(tmp_path / "ibc-3.21.2_TWS-1037_Monday.txt", lines)
    assert minutes(text(after_cut(file, window(START + 7 * MINUTE, START + 8 * MINUTE)))) == ["7", "8"]


# --- lines without a date ----------------------------------------------------------------------------------


def test_a_clock_without_a_day_is_of_the_day_of_the_last_change(tmp_path: Path) -> None:
    file = log(tmp_path / "api.7.Mon.log", every_minute(100, undated), modified=START + 99 * MINUTE)
    assert minutes(text(after_cut(file, window(START + 7 * MINUTE, START + 8 * MINUTE)))) == ["7", "8"]
    day = timedelta(days=1)
    assert after_cut(file, window(START + 7 * MINUTE - day, START + 8 * MINUTE - day)) is None


def test_a_clock_without_a_day_runs_over_midnight(tmp_path: Path) -> None:
    """Two nights are in the log: each time of day is there three times."""
    count = 2 * 24 * 60 + 30
    lines = every_minute(count, undated)
    file = log(tmp_path / "api.7.Mon.log", lines, modified=START + count * MINUTE)
    for back in (0, 1, 2):
        asked = START + (count - 20 - back * 24 * 60) * MINUTE
        assert minutes(text(after_cut(file, window(asked, asked + MINUTE)))) == [
            str(count - 20 - back * 24 * 60),
            str(count - 19 - back * 24 * 60),
        ]


def test_a_window_over_midnight_is_one_piece(tmp_path: Path) -> None:
    lines = every_minute(900, undated)
    file = log(tmp_path / "api.7.Mon.log", lines, modified=START + 900 * MINUTE)
    left = after_cut(file, window(START + 598 * MINUTE, START + 602 * MINUTE))
    assert minutes(text(left)) == ["598", "599", "600", "601", "602"]


def test_the_last_line_may_be_of_the_evening_before_the_last_change(tmp_path: Path) -> None:
    evening = datetime(2026, 8, 30, 23, 50)
    lines = [undated(evening + number * MINUTE, f"#{number} ") for number in range(9)]
    file = log(tmp_path / "api.7.Sun.log", lines, modified=datetime(2026, 8, 31, 0, 1))
    assert minutes(text(after_cut(file, window(evening, evening + MINUTE)))) == ["0", "1"]


def test_in_a_log_of_both_kinds_a_line_without_a_day_continues_one_with(tmp_path: Path) -> None:
    lines = [part for line in every_minute(100) for part in (line, undated(START, "#api "))]
    left = after_cut(log(tmp_path / "a.log", lines), window(START + 30 * MINUTE, START + 30 * MINUTE))
    assert minutes(text(left)) == ["30", "api"]


@pytest.mark.parametrize("api_last", [True, False])
@pytest.mark.parametrize("count", [200, 9000])
def test_a_log_may_change_from_one_kind_to_the_other(tmp_path: Path, count: int, api_last: bool) -> None:
    """An export of TWS's log and its API's, one after the other."""
    walls = [START + timedelta(seconds=3 * number) for number in range(count)]
    with_day = [dated(wall, f"#{number} ") for number, wall in enumerate(walls)]
    without = [undated(wall, f"#api{number} ") for number, wall in enumerate(walls)]
    lines = with_day + without if api_last else without + with_day
    file = log(tmp_path / "a.log", lines, modified=walls[-1])
    for asked in (0, 7, 40, 80, count - 1):
        kept = minutes(text(after_cut(file, window(walls[asked], walls[asked]))))
        assert {str(asked), f"api{asked}"} <= set(kept)


def test_the_night_on_which_summer_time_ends_is_no_new_day(tmp_path: Path) -> None:
    walls = [START + number * MINUTE for number in (*range(120), *range(60, 200))]
    lines = [undated(wall, f"#{number} ") for number, wall in enumerate(walls)]
    file = log(tmp_path / "api.7.Mon.log", lines, modified=walls[-1])
    assert minutes(text(after_cut(file, window(walls[30], walls[30])))) == ["30"]


def test_a_session_of_the_next_morning_is_a_new_day(tmp_path: Path) -> None:
    evening, morning = datetime(2026, 8, 30, 17), datetime(2026, 8, 31, 9)
    walls = [start + number * MINUTE for start in (evening, morning) for number in range(60)]
    lines = [undated(wall, f"#{number} ") for number, wall in enumerate(walls)]
    file = log(tmp_path / "api.7.Mon.log", lines, modified=walls[-1])
    assert minutes(text(after_cut(file, window(walls[30], walls[30])))) == ["30"]
    assert minutes(text(after_cut(file, window(walls[90], walls[90])))) == ["90"]


# --- clocks that jump --------------------------------------------------------------------------------------


def test_the_hour_that_comes_twice_is_taken_twice(tmp_path: Path) -> None:
    """Summer time ends in New York: half past one is there two times, an hour apart."""
    night = datetime(2026, 11, 1, 0)
    walls = [night + number * MINUTE for number in range(120)] + [
        night + (60 + number) * MINUTE for number in range(180)
    ]
    lines = [dated(wall, f"#{number} ") for number, wall in enumerate(walls)]
    file = log(tmp_path / "a.log", lines, modified=walls[-1], name="America/New_York")
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC).timestamp()
    assert {"90", "91"} <= set(minutes(text(after_cut(file, TimeWindow(first, first + 60)))))
    again = first + 3600
    assert {"150", "151"} <= set(minutes(text(after_cut(file, TimeWindow(again, again + 60)))))
    late = datetime(2026, 11, 1, 8, 0, tzinfo=UTC).timestamp()  # three o'clock is there once
    assert minutes(text(after_cut(file, TimeWindow(late, late + 60)))) == ["240", "241"]


def test_after_a_restart_in_another_zone_the_widest_part_is_taken(tmp_path: Path) -> None:
    """The clock jumps back by five hours: the window is there before and after."""
    walls = [START + number * MINUTE for number in range(400)]
    walls += [START + (number + 100) * MINUTE for number in range(400)]
    lines = [dated(wall, f"#{number} ") for number, wall in enumerate(walls)]
    file = log(tmp_path / "a.log", lines, modified=walls[-1])
    kept = minutes(text(after_cut(file, window(START + 150 * MINUTE, START + 151 * MINUTE))))
    assert kept[0] == "150" and kept[-1] == "451" and len(kept) == 302
    assert minutes(text(after_cut(file, window(START + 5 * MINUTE, START + 5 * MINUTE)))) == ["5"]


def test_a_log_of_another_day_quoted_in_a_line_does_not_hide_the_rest(tmp_path: Path) -> None:
    lines = every_minute(300)
    lines.insert(150, "2019-01-01 00:00:00.000 of a message that was kept")
    left = after_cut(log(tmp_path / "a.log", lines), window(START + 10 * MINUTE, START + 290 * MINUTE))
    assert minutes(text(left))[0] == "10" and minutes(text(left))[-1] == "290"


# --- zones -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Asia/Kolkata", "GMT+05:30", "IST"])
def test_the_clock_of_a_log_is_in_the_zone_of_twss_settings(tmp_path: Path, name: str) -> None:
    file = log(tmp_path / "a.log", every_minute(100), name=name)
    at = datetime(2026, 8, 31, 9, 0, tzinfo=UTC).timestamp()  # half past two in India
    assert minutes(text(after_cut(file, TimeWindow(at, at + 60)))) == ["30", "31"]


@pytest.mark.parametrize("name", [None, "Nowhere/Land", "../../etc/passwd", "GMT+99:99", ""])
def test_a_zone_that_nobody_knows_is_that_of_this_computer(tmp_path: Path, name: str | None) -> None:
    file = log(tmp_path / "a.log", every_minute(100), name=name)
    at = datetime(2026, 8, 31, 18, 30, tzinfo=UTC).timestamp()
    assert minutes(text(after_cut(file, TimeWindow(at, at + 60)))) == ["30", "31"]


@pytest.mark.parametrize(
    "line",
    [
        "2026-08-31 14:00:00.543 INFO  [JTS-Main] - Setting custom timezone: Asia/Kolkata",
        "2026-08-31 14:00:00.383 INFO  [AWT-EventQueue-0] - Started on 20260831-08:29:59",
        "2026-08-31 14:00:00.543 INFO  [JTS-Main] - Setting custom timezone: Land\n"
        "2026-08-31 14:00:00.383 INFO  [AWT-EventQueue-0] - Started on 20260831-08:29:59",
    ],
)
def test_without_settings_a_log_tells_its_zone_itself(tmp_path: Path, line: str) -> None:
    file = log(tmp_path / "tws-exported-logs.txt", [line, *every_minute(100)], name=None)
    at = datetime(2026, 8, 31, 9, 0, tzinfo=UTC).timestamp()
    assert minutes(text(after_cut(file, TimeWindow(at, at + 60)))) == ["30", "31"]


@pytest.mark.parametrize("line", ["Started on 20269931-08:29:59", "Started on 20200831-08:29:59"])
def test_an_impossible_beginning_tells_no_zone(tmp_path: Path, line: str) -> None:
    file = log(tmp_path / "a.log", [f"2026-08-31 14:00:00.383 INFO  [x] - {line}"], name=None)
    assert possible_zones(file) == (None,)


def test_settings_that_were_changed_since_do_not_move_the_lines(tmp_path: Path) -> None:
    """The last line is as old as the file only on this computer's clock, which TWS was started with."""
    for name, line in (("tws.Mon.log", dated), ("api.7.Mon.log", undated)):
        file = log(tmp_path / name, every_minute(100, line), modified=START + 99 * MINUTE, name=None)
        asked = window(START + 30 * MINUTE, START + 31 * MINUTE, None)
        assert minutes(text(after_cut(replace(file, zone="Asia/Tokyo"), asked))) == ["30", "31"]


def test_the_zone_may_be_told(tmp_path: Path) -> None:
    file = log(tmp_path / "a.log", every_minute(100), modified=START + 99 * MINUTE)
    asked = window(START + 30 * MINUTE, START + 31 * MINUTE, "Asia/Tokyo")
    (left,) = cut(TodaysLogs((file,), ()), asked, lambda log: zone("Asia/Tokyo")).files
    assert minutes(text(left)) == ["30", "31"]


# --- ends and oddities -------------------------------------------------------------------------------------


def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    lines = every_minute(50)
    content = ("\n".join(lines) + "\n" + dated(START + 50 * MINUTE, "#half")[:45]).encode()
    now = START + 50 * MINUTE
    file = log(tmp_path / "a.log", content, modified=now)
    assert minutes(text(after_cut(file, window(now - MINUTE, now)))) == ["49"]
    assert after_cut(file, window(now, now)) is None
    old = log(tmp_path / "a.log", content, modified=now - 5 * MINUTE)
    assert text(after_cut(old, window(now - MINUTE, now))).endswith("#h")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"no clock at all\n" * 3000,
        bytes(range(256)) * 100,
        b"\xff\xfe",
        b"2026-13-45 99:99:99.000 x\n",
    ],
)
def test_a_log_without_a_clock_goes_whole_if_it_was_changed_since(tmp_path: Path, content: bytes) -> None:
    file = log(tmp_path / "a.log", content, modified=START)
    assert after_cut(file, window(START - MINUTE, START + MINUTE)) == file
    assert after_cut(file, window(START + MINUTE, START + 2 * MINUTE)) is None


def test_what_java_left_when_it_broke_down_goes_if_that_was_in_the_window(tmp_path: Path) -> None:
    file = log(tmp_path / "hs_err_pid7.log", [dated(START - 99 * MINUTE)], modified=START)
    assert after_cut(file, window(START - MINUTE, START + MINUTE)) == file
    assert after_cut(file, window(START - 3 * MINUTE, START - MINUTE)) is None
    assert after_cut(file, window(START + MINUTE, START + 2 * MINUTE)) is None


@pytest.mark.parametrize(
    "line", ["0001-01-01 00:00:00.000", "9999-12-31 23:59:59.999", "1969-12-31 23:00:00.000"]
)
def test_times_that_no_log_is_of_are_no_times(tmp_path: Path, line: str) -> None:
    file = log(tmp_path / "a.log", [f"{line} x", *every_minute(50), f"{line} x"], name=None)
    local = window(START + 3 * MINUTE, START + 3 * MINUTE, None)
    assert minutes(text(after_cut(file, local))) == ["3"]


@pytest.mark.parametrize("unix_time", [-1e18, 1e18])
def test_a_broken_time_is_a_time_of_this_century(unix_time: float) -> None:
    assert 1999 <= wall_clock(unix_time, None).year <= 2100


@pytest.mark.parametrize("modified", [-1e10, 0, 1e11])
def test_a_file_may_be_of_any_time(tmp_path: Path, modified: float) -> None:
    file = log(tmp_path / "api.7.Mon.log", every_minute(50, undated), name=None)
    os.utime(file.path, (modified, modified))
    assert after_cut(file, window(START, START + MINUTE)) is None


def test_a_line_of_megabytes_is_one_line(tmp_path: Path) -> None:
    lines = every_minute(20)
    lines.insert(10, "x" * 3_000_000)
    left = after_cut(log(tmp_path / "a.log", lines), window(START + 9 * MINUTE, START + 10 * MINUTE))
    assert minutes(text(left)) == ["9", "10"] and left and left.size > 3_000_000


def test_a_log_that_vanished_is_left_for_the_packer_to_say(tmp_path: Path) -> None:
    file = log(tmp_path / "a.log", every_minute(3))
    file.path.unlink()
    assert after_cut(file, window(START, START + MINUTE)) == file


@pytest.mark.parametrize(
    ("opened", "changed", "first", "last", "goes"),
    [
        (0, 100, 40, 50, True),
        (0, 100, 90, 500, True),
        (0, 100, -50, 10, True),
        (0, 100, 101, 200, False),
        (0, 100, -50, -10, False),
        (0, -9999, 10, 20, True),  # its time was lost in copying
        (0, -9999, -20, -10, False),
    ],
)
def test_a_sealed_log_goes_whole_if_it_was_open_in_the_window(
    tmp_path: Path, opened: int, changed: int, first: int, last: int, goes: bool
) -> None:
    name = f"tws.{START + opened * MINUTE:%Y%m%d.%H%M%S}.ibgzenc"
    file = log(tmp_path / name, os.urandom(500), modified=START + changed * MINUTE)
    assert file.kind is LogKind.SEALED
    left = after_cut(file, window(START + first * MINUTE, START + last * MINUTE))
    assert left == (file if goes else None)


def test_names_and_instances_stay_and_sizes_are_those_of_the_parts(tmp_path: Path) -> None:
    file = log(tmp_path / "a.log", every_minute(300))
    found = TodaysLogs((file,), (tmp_path,), "Something was said before.")
    left = cut(found, window(START, START + MINUTE))
    assert left.files[0].name == file.name and left.looked_in == (tmp_path,)
    assert left.sentence == found.sentence and left.files[0].size < file.size // 50


class _Counting(io.BytesIO):
    """Counts the bytes that are read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


def test_little_is_read_of_a_large_log() -> None:
    lines = [f"{dated(START + timedelta(seconds=number))}\n" for number in range(60_000)]
    file = _Counting("".join(lines).encode())
    size = len(file.getvalue())
    clock = LogClock(file, size, START)
    begin, end = START + timedelta(seconds=30_000), START + timedelta(seconds=30_001)
    span = clock.span(lambda wall: wall < begin, lambda wall: wall > end)
    assert span and span[1] - span[0] == 2 * len(lines[0])
    assert size > 29_000_000 and file.count < 3_000_000


# --- windows as people write them --------------------------------------------------------------------------

NOW = datetime.fromisoformat("2026-08-31T10:00:00-04:00")


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("15m", "2026-08-31T09:45-04:00", "2026-08-31T10:00-04:00"),
        (" 2h ", "2026-08-31T08:00-04:00", "2026-08-31T10:00-04:00"),
        ("1h 30 min", "2026-08-31T08:30-04:00", "2026-08-31T10:00-04:00"),
        ("2 Hours", "2026-08-31T08:00-04:00", "2026-08-31T10:00-04:00"),
        ("90s", "2026-08-31T09:58:30-04:00", "2026-08-31T10:00-04:00"),
        ("7d", "2026-08-24T10:00-04:00", "2026-08-31T10:00-04:00"),
        ("09:00-09:30", "2026-08-31T09:00-04:00", "2026-08-31T09:30-04:00"),
        ("9:00 – 9:30:15", "2026-08-31T09:00-04:00", "2026-08-31T09:30:15-04:00"),
        ("09:00 to 11:00", "2026-08-31T09:00-04:00", "2026-08-31T11:00-04:00"),
        ("14:00-14:30", "2026-08-30T14:00-04:00", "2026-08-30T14:30-04:00"),
        ("23:50-00:10", "2026-08-30T23:50-04:00", "2026-08-31T00:10-04:00"),
        ("09:00", "2026-08-31T08:45-04:00", "2026-08-31T09:15-04:00"),
        ("14:00", "2026-08-30T13:45-04:00", "2026-08-30T14:15-04:00"),
        ("2026-08-30 14:00 - 15:00", "2026-08-30T14:00-04:00", "2026-08-30T15:00-04:00"),
        ("2026-08-30T14:00", "2026-08-30T13:45-04:00", "2026-08-30T14:15-04:00"),
        ("2026-08-29 23:00 - 2026-08-30 01:00", "2026-08-29T23:00-04:00", "2026-08-30T01:00-04:00"),
        ("2026-08-29 23:00-01:00", "2026-08-29T23:00-04:00", "2026-08-30T01:00-04:00"),
    ],
)
def test_a_window_is_read_on_this_computers_clock(words: str, start: str, end: str) -> None:
    wanted = TimeWindow(datetime.fromisoformat(start).timestamp(), datetime.fromisoformat(end).timestamp())
    assert parse_window(words, NOW) == parse_window(words, NOW.astimezone(UTC)) == wanted


@pytest.mark.parametrize(
    "words",
    [
        *("", "x", "15", "m", "-15m", "0m", "25:00", "14:60", "14:00-", "2026-02-30 14:00", "2026-08-31"),
        *("9d", "99999h", "2026-08-31 12:00", "2026-08-30 15:00 - 2026-08-30 14:00", "2026-08-01 14:00"),
        "15m" * 5000,
    ],
)
def test_what_is_no_window_is_named_with_the_forms_there_are(words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_window(words, NOW)
    assert f"“{words[:40]}”" in caught.value.sentence and "14:00-14:30" in caught.value.remedy
    assert len(caught.value.sentence) < 140


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789:-mhd TZto. 2026", max_size=30))
def test_any_text_is_a_window_or_a_usage_error(words: str) -> None:
    try:
        found = parse_window(words, NOW)
    except UsageError:
        return
    assert found.start < found.end and found.start <= NOW.timestamp()
