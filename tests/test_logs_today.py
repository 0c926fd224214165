"""Which logs are today's: by name, time and place."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scripts.demo_tws import NEW_USER, OLD_USER, make_jts
from snapper.logs.locate import LogHome, Places, find_homes
from snapper.logs.today import LOGS_MAX, TodaysLogs, log_kind, written_today
from snapper.report import LogKind

NOON = datetime(2026, 8, 31, 12).astimezone()


def places(*homes: Path) -> Places:
    return Places(tuple(LogHome(home, "TWS", "for a test") for home in homes), homes)


def logs(*homes: Path, now: datetime = NOON) -> TodaysLogs:
    return written_today(places(*homes), now)


def write(path: Path, modified: datetime = NOON, content: bytes = b"a line\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (modified.timestamp(), modified.timestamp()))
    return path


def names(found: TodaysLogs) -> list[str]:
    return [file.name for file in found.files]


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This computer's clock shows New York's time."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


# --- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "tws.20260831.081502.ibgzenc",
        "ibgateway.20260831.081502.ibgzenc",
        "api.0.20260831.081640.ibgzenc",
        "api.-1.20260831.081640.ibgzenc",
        "audit.20260831.180003.ibgzenc",
        "audit.fix.20260831.ibgzenc",
    ],
)
def test_sealed_logs_are_known_by_name(name: str) -> None:
    assert log_kind(name) is LogKind.SEALED


@pytest.mark.parametrize(
    "name",
    [
        "launcher.log",
        "launcher.20260831.log",
        "log.Thu.txt",
        "tws.Mon.log",
        "ibgateway.Sun.log",
        "api.123.Thu.log",
        "tws-exported-logs.txt",
        "gateway-exported-logs.txt",
        "api-exported-logs (2).txt",
        "hs_err_pid4711.log",
    ],
)
def test_plain_logs_are_known_by_name(name: str) -> None:
    assert log_kind(name) is LogKind.PLAIN


@pytest.mark.parametrize(
    "name",
    [
        "HotKeysSettings.json.ibgzenc",
        "audit.settings.json.ibgzenc",
        "tws.xml.ibgzenc",
        "tws.20260831.xml",
        "tws.ibgzenc",
        "tws.20260831.081502.xml.ibgzenc",
        "jts.ini",
        "api.log.config",
        "launcher.log.bak",
        "config.ini",
        "notes.txt",
        ".ibgzenc",
        "IBC-3.19.0_TWS-1026_MONDAY.txt",  # has held passwords
    ],
)
def test_settings_and_strangers_are_no_logs(name: str) -> None:
    assert log_kind(name) is None


# --- time --------------------------------------------------------------------------------------------------


def test_of_a_mornings_folder_exactly_todays_logs_are_taken(tmp_path: Path) -> None:
    """Both generations of TWS, sealed and plain; nothing of yesterday or last week, and no settings."""
    jts = make_jts(tmp_path / "Jts", NOON)
    found = written_today(find_homes([jts.home], platform="linux", home=tmp_path, processes=[]), NOON)
    assert {file.path for file in found.files} == set(jts.today)
    assert found.sentence is None
    assert all(file.size == file.path.stat().st_size for file in found.files)


def test_yesterdays_file_counts_when_it_was_written_today(tmp_path: Path) -> None:
    write(tmp_path / NEW_USER / "tws.20260830.180000.ibgzenc", NOON - timedelta(hours=11))
    assert names(logs(tmp_path)) == [f"{NEW_USER}/tws.20260830.180000.ibgzenc"]


def test_a_weekday_of_last_week_does_not_count(tmp_path: Path) -> None:
    write(tmp_path / "tws.Mon.log", NOON - timedelta(days=7))
    assert names(logs(tmp_path)) == []


def test_a_file_with_todays_date_counts_though_its_time_was_lost(tmp_path: Path) -> None:
    write(tmp_path / "tws.20260831.081502.ibgzenc", NOON - timedelta(days=3))
    write(tmp_path / "tws.20260830.081502.ibgzenc", NOON - timedelta(days=3))
    assert names(logs(tmp_path)) == ["tws.20260831.081502.ibgzenc"]


def test_a_file_from_the_future_counts_because_the_clock_was_set_back(tmp_path: Path) -> None:
    write(tmp_path / "launcher.log", NOON + timedelta(days=1))
    assert names(logs(tmp_path)) == ["launcher.log"]


@pytest.mark.usefixtures("new_york")
def test_the_day_begins_at_midnight_on_this_computers_clock(tmp_path: Path) -> None:
    now = datetime.fromisoformat("2026-08-31T01:00:00-04:00")
    write(tmp_path / "tws.Sun.log", datetime.fromisoformat("2026-08-30T23:59:59-04:00"))
    write(tmp_path / "tws.Mon.log", datetime.fromisoformat("2026-08-31T00:00:00-04:00"))
    assert names(logs(tmp_path, now=now)) == ["tws.Mon.log"]
    evening = datetime.fromisoformat("2026-08-31T22:00:00-04:00")
    assert names(logs(tmp_path, now=evening.astimezone(UTC))) == ["tws.Mon.log"]


@pytest.mark.usefixtures("new_york")
def test_a_day_on_which_summer_time_ends_begins_at_its_own_midnight(tmp_path: Path) -> None:
    """At noon the clock is an hour off from what it was at midnight."""
    now = datetime.fromisoformat("2026-11-01T12:00:00-05:00")
    write(tmp_path / "tws.Sat.log", datetime.fromisoformat("2026-10-31T23:30:00-04:00"))
    write(tmp_path / "tws.Sun.log", datetime.fromisoformat("2026-11-01T00:10:00-04:00"))
    assert names(logs(tmp_path, now=now)) == ["tws.Sun.log"]


# --- place -------------------------------------------------------------------------------------------------


def test_only_the_settings_folder_and_its_users_folders_are_searched(tmp_path: Path) -> None:
    for folder in ("", NEW_USER, OLD_USER, "backup", f"{NEW_USER}/{OLD_USER}"):
        write(tmp_path / folder / "tws.Mon.log")
    assert names(logs(tmp_path)) == [f"{NEW_USER}/tws.Mon.log", f"{OLD_USER}/tws.Mon.log", "tws.Mon.log"]


def test_a_link_that_leaves_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "private" / "tws.Mon.log")
    home = tmp_path / "Jts"
    write(home / "launcher.log")
    (home / "tws.Mon.log").symlink_to(secret)
    (home / OLD_USER).symlink_to(secret.parent)
    assert names(logs(home)) == ["launcher.log"]


def test_a_link_makes_no_log_of_a_settings_file(tmp_path: Path) -> None:
    write(tmp_path / "HotKeysSettings.json.ibgzenc")
    (tmp_path / "tws.20260831.081502.ibgzenc").symlink_to(tmp_path / "HotKeysSettings.json.ibgzenc")
    assert names(logs(tmp_path)) == []


def test_a_log_that_two_names_lead_to_is_taken_once(tmp_path: Path) -> None:
    real = write(tmp_path / "tws.Mon.log")
    (tmp_path / "tws.Tue.log").symlink_to(real)
    found = logs(tmp_path)
    assert [file.path for file in found.files] == [real] and names(found) == ["tws.Mon.log"]


def test_what_is_no_file_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "tws.Mon.log").mkdir()
    os.mkfifo(tmp_path / "tws.Tue.log")
    (tmp_path / "tws.Wed.log").symlink_to(tmp_path / "gone")
    assert names(logs(tmp_path)) == []


def test_two_settings_folders_keep_their_logs_apart_in_the_archive(tmp_path: Path) -> None:
    homes = [tmp_path / "a" / "Jts", tmp_path / "b" / "Jts"]
    for home in homes:
        write(home / "launcher.log")
        write(home / NEW_USER / "tws.Mon.log")
    assert set(names(logs(*homes))) == {
        "Jts/launcher.log",
        f"Jts/{NEW_USER}/tws.Mon.log",
        "Jts-2/launcher.log",
        f"Jts-2/{NEW_USER}/tws.Mon.log",
    }


def test_names_that_differ_only_in_case_stay_apart_on_every_system(tmp_path: Path) -> None:
    write(tmp_path / "tws.Mon.log")
    write(tmp_path / "TWS.mon.log")
    assert len({name.casefold() for name in names(logs(tmp_path))}) == 2


def test_more_logs_than_a_manifest_lists_leave_the_newest_and_a_sentence(tmp_path: Path) -> None:
    for number in range(LOGS_MAX + 2):
        write(tmp_path / f"hs_err_pid{number}.log", NOON + timedelta(seconds=number))
    found = logs(tmp_path)
    assert len(found.files) == LOGS_MAX
    assert {"hs_err_pid0.log", "hs_err_pid1.log"}.isdisjoint(names(found))
    assert f"only the {LOGS_MAX} newest" in (found.sentence or "")


# --- words -------------------------------------------------------------------------------------------------


def test_without_a_log_of_today_it_says_where_it_looked_and_how_to_export(tmp_path: Path) -> None:
    write(tmp_path / "launcher.log", NOON - timedelta(days=2))
    sentence = logs(tmp_path).sentence or ""
    assert str(tmp_path)[-100:] in sentence and "Export Today Logs" in sentence


def test_without_tws_it_says_where_it_looked_and_how_to_name_the_folder(tmp_path: Path) -> None:
    found = written_today(find_homes([], platform="linux", home=tmp_path, processes=[]), NOON)
    assert "No TWS or IB Gateway was found" in (found.sentence or "")
    assert "logs.folders" in (found.sentence or "") and found.looked_in


def test_a_named_folder_that_does_not_exist_is_said_while_others_are_read(tmp_path: Path) -> None:
    write(tmp_path / "Jts" / "launcher.log")
    found = logs(tmp_path / "gone", tmp_path / "Jts")
    assert len(found.files) == 1
    assert "gone does not exist." in (found.sentence or "")


def test_a_sentence_fits_into_a_manifest_whatever_the_folders_are_called(tmp_path: Path) -> None:
    """Manifests refuse half characters and remarks of more than 1000 characters."""
    homes = [tmp_path / f"{number}\udcff" / ("x" * 200) / ("y" * 200) for number in range(12)]
    for home in homes:
        home.mkdir(parents=True)
    sentence = logs(*homes).sentence or ""
    assert len(sentence.encode()) < 1000 and "and 9 more" in sentence
