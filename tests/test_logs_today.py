"""Which logs are today's: by name, time and place."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scripts.demo_tws import NEW_USER, OLD_USER, make_jts
from snapper.logs.found import Instance, LogFile, TodaysLogs, chosen, instance_of
from snapper.logs.locate import LogHome, Places, Process, find_homes
from snapper.logs.names import log_kind
from snapper.logs.today import LOGS_MAX, written_today
from snapper.report import LogKind

NOON = datetime(2026, 8, 31, 12).astimezone()


def places(*homes: Path) -> Places:
    return Places(tuple(LogHome(home, "TWS", "for a test") for home in homes), homes)


def logs(*homes: Path, now: datetime = NOON, days: int = 0) -> TodaysLogs:
    return written_today(places(*homes), now, days)


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
        "IBC-3.19.0_GATEWAY-1026_MONDAY.txt",
        "ibc-3.8.7-beta.1_TWS-984_Monday.txt",
        "ibc-3.21.2_GATEWAY-10.30.1t_Donnerstag.txt",
        "ibc-3.4.0_tws-978_星期四.txt",
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
        "IBC-README.txt",
        "ibc-3.19.0_TWS-1026_Monday.txt.bak",
        "tws-exported-logs.zip",
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


@pytest.mark.usefixtures("new_york")
@pytest.mark.parametrize(
    ("zone", "now", "since"),
    [
        # In Tokyo, TWS's midnight is at eleven in the morning here.
        ("Asia/Tokyo", "2026-08-31T19:00:00-04:00", "2026-08-31T00:00:00-04:00"),
        ("Asia/Tokyo", "2026-08-31T09:00:00-04:00", "2026-08-30T11:00:00-04:00"),
        # Nine in the evening of the day before in Los Angeles.
        ("America/Los_Angeles", "2026-08-31T00:30:00-04:00", "2026-08-30T03:00:00-04:00"),
        ("PST", "2026-08-31T00:30:00-04:00", "2026-08-30T03:00:00-04:00"),
        ("Nowhere/Land", "2026-08-31T00:30:00-04:00", "2026-08-31T00:00:00-04:00"),
    ],
)
def test_the_day_begins_at_the_earlier_of_both_midnights(
    tmp_path: Path, zone: str, now: str, since: str
) -> None:
    (tmp_path / "jts.ini").write_text(f"[Logon]\nTimeZone={zone}\n")
    begin = datetime.fromisoformat(since)
    write(tmp_path / "tws.Mon.log", begin)
    write(tmp_path / "tws.Sun.log", begin - timedelta(seconds=1))
    found = logs(tmp_path, now=datetime.fromisoformat(now))
    assert names(found) == ["tws.Mon.log"] and found.files[0].zone == zone


@pytest.mark.usefixtures("new_york")
def test_a_date_in_a_name_is_one_of_twss_clock(tmp_path: Path) -> None:
    """Half past midnight here is still yesterday there, and the file's time was lost."""
    (tmp_path / "jts.ini").write_text("TimeZone=America/Los_Angeles\n")
    write(tmp_path / "tws.20260830.200000.ibgzenc", NOON - timedelta(days=9))
    assert names(logs(tmp_path, now=datetime.fromisoformat("2026-08-31T00:30:00-04:00"))) != []
    assert names(logs(tmp_path, now=datetime.fromisoformat("2026-08-31T12:30:00-04:00"))) == []


@pytest.mark.parametrize(("days", "count"), [(-1, 1), (0, 1), (1, 2), (7, 8), (30, 8)])
def test_earlier_days_are_added_but_no_more_than_seven(tmp_path: Path, days: int, count: int) -> None:
    for back in range(12):
        day = NOON - timedelta(days=back)
        write(tmp_path / f"tws.{day:%Y%m%d}.081502.ibgzenc", day)
    assert len(names(logs(tmp_path, days=days))) == count


def test_a_weekday_of_more_than_a_week_ago_does_not_count_among_earlier_days(tmp_path: Path) -> None:
    """Seven days before today, but in the morning: TWS has not begun this week's file yet."""
    write(tmp_path / "tws.Mon.log", NOON - timedelta(days=7, hours=2))
    write(tmp_path / "ibc-3.21.2_TWS-1037_Monday.txt", NOON - timedelta(days=7, hours=2))
    write(tmp_path / "tws.20260824.100000.log", NOON - timedelta(days=7, hours=2))
    write(tmp_path / "tws.Tue.log", NOON - timedelta(days=6))
    assert names(logs(tmp_path, days=7)) == ["tws.20260824.100000.log", "tws.Tue.log"]


def test_without_a_log_of_the_days_asked_for_the_sentence_tells_them(tmp_path: Path) -> None:
    assert "written today or in the 3 days before" in (logs(tmp_path, days=3).sentence or "")
    assert "written today or the day before" in (logs(tmp_path, days=1).sentence or "")


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


def test_a_link_with_a_name_of_its_own_gives_a_log_no_other_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(write(tmp_path / "tws.Mon.log"))
    assert names(logs(tmp_path)) == ["tws.Mon.log"]


def test_a_link_makes_no_export_of_a_log(tmp_path: Path) -> None:
    saved = tmp_path / "Documents"
    (tmp_path / "Jts").mkdir()
    write(saved / "launcher.log")
    (saved / "tws-exported-logs.txt").symlink_to(saved / "launcher.log")
    assert names(written_today(elsewhere(tmp_path / "Jts", exports=(saved,)), NOON)) == []


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


# --- IBC and exports ---------------------------------------------------------------------------------------


def elsewhere(home: Path, *, ibc: tuple[Path, ...] = (), exports: tuple[Path, ...] = ()) -> Places:
    return Places((LogHome(home, "TWS", "for a test"),), (home,), ibc, exports)


def test_ibcs_logs_of_today_are_taken_and_nothing_else_of_it(tmp_path: Path) -> None:
    home, ibc = tmp_path / "Jts", tmp_path / "ibc/logs"
    write(home / "launcher.log")
    write(ibc / "ibc-3.21.2_GATEWAY-1037_Monday.txt")
    write(ibc / "ibc-3.21.2_GATEWAY-1037_Sunday.txt", NOON - timedelta(days=1))
    write(ibc / "config.ini", content=b"IbPassword=secret")
    write(ibc / "README.txt")
    write(ibc / "tws-exported-logs.txt")
    found = written_today(elsewhere(home, ibc=(ibc,)), NOON)
    assert names(found) == ["ibc/ibc-3.21.2_GATEWAY-1037_Monday.txt", "launcher.log"]


def test_an_export_is_picked_up_where_it_was_saved_today(tmp_path: Path) -> None:
    home, saved = tmp_path / "Jts", tmp_path / "Downloads"
    write(home / NEW_USER / "tws.20260831.081502.ibgzenc")
    write(saved / "tws-exported-logs.txt")
    write(saved / "api-exported-logs (2).txt", NOON - timedelta(days=1))
    write(saved / "tws.Mon.log")  # the log of somebody else, sent by mail
    write(tmp_path / "secret/gateway-exported-logs.txt")
    (saved / "gateway-exported-logs.txt").symlink_to(tmp_path / "secret/gateway-exported-logs.txt")
    (saved / "ibgateway-exported-logs.txt").mkdir()
    found = written_today(elsewhere(home, exports=(saved, tmp_path / "gone")), NOON)
    assert names(found) == [f"{NEW_USER}/tws.20260831.081502.ibgzenc", "exports/tws-exported-logs.txt"]
    assert found.sentence is None


def test_an_export_is_on_the_clock_that_all_tws_share(tmp_path: Path) -> None:
    home, other, saved = tmp_path / "Jts", tmp_path / "other", tmp_path / "Downloads"
    write(home / "jts.ini", content=b"TimeZone=Asia/Tokyo\n")
    write(saved / "tws-exported-logs.txt")
    alone = written_today(elsewhere(home, exports=(saved,)), NOON)
    assert [file.zone for file in alone.files] == ["Asia/Tokyo"]
    write(other / "jts.ini", content=b"TimeZone=Asia/Seoul\n")
    two = Places((*places(home, other).homes,), (), (), (saved,))
    assert [file.zone for file in written_today(two, NOON).files] == [None]


def test_a_folder_of_exports_that_is_a_settings_folder_gives_each_log_once(tmp_path: Path) -> None:
    write(tmp_path / "tws-exported-logs.txt")
    found = written_today(elsewhere(tmp_path, exports=(tmp_path,)), NOON)
    assert names(found) == ["tws-exported-logs.txt"]


def test_only_sealed_logs_until_an_export_appears(tmp_path: Path) -> None:
    """launcher.log ends at the login, and IBC sees windows only."""
    home, saved = tmp_path / "Jts", tmp_path / "Documents"
    assert not written_today(elsewhere(home, exports=(saved,)), NOON).only_sealed
    write(home / "launcher.log")
    write(home / "ibc-3.21.2_TWS-1037_Monday.txt")
    assert not written_today(elsewhere(home, exports=(saved,)), NOON).only_sealed
    write(home / NEW_USER / "tws.20260831.081502.ibgzenc")
    assert written_today(elsewhere(home, exports=(saved,)), NOON).only_sealed
    write(saved / "tws-exported-logs.txt")
    assert not written_today(elsewhere(home, exports=(saved,)), NOON).only_sealed


# --- instances ---------------------------------------------------------------------------------------------


def running(home: Path, *processes: Process) -> Places:
    return Places((LogHome(home, "TWS", "for a test", processes),), (home,))


def by_title(found: TodaysLogs, part: str) -> Instance:
    (instance,) = (one for one in found.instances if part in one.title)
    return instance


@pytest.fixture
def two_users(tmp_path: Path) -> Path:
    """A settings folder that two users have logs of today in."""
    write(tmp_path / "launcher.log")
    write(tmp_path / NEW_USER / "ibgateway.20260831.081502.ibgzenc")
    write(tmp_path / OLD_USER / "tws.Mon.log", NOON - timedelta(hours=1))
    return tmp_path


def test_each_user_is_an_instance_and_shared_logs_belong_to_both(two_users: Path) -> None:
    found = logs(two_users)
    new, old = by_title(found, NEW_USER[:10]), by_title(found, OLD_USER)
    assert {file.name: set(file.instances) for file in found.files} == {
        "launcher.log": {new.key, old.key},
        f"{NEW_USER}/ibgateway.20260831.081502.ibgzenc": {new.key},
        f"{OLD_USER}/tws.Mon.log": {old.key},
    }
    assert new.title.startswith("IB Gateway in") and old.title.startswith("TWS in")


def test_a_users_folder_without_a_log_is_no_instance(tmp_path: Path) -> None:
    write(tmp_path / "launcher.log")
    (tmp_path / OLD_USER).mkdir()
    (only,) = logs(tmp_path).instances
    assert OLD_USER not in only.title and str(tmp_path)[-30:] in only.title


def test_a_running_tws_is_an_instance_before_it_writes_and_an_idle_folder_is_none(tmp_path: Path) -> None:
    assert logs(tmp_path).instances == ()
    (only,) = written_today(running(tmp_path, Process("java", pid=7)), NOON).instances
    assert only.pids == (7,)


def test_keys_name_nobody_and_stay_the_same(two_users: Path) -> None:
    first, second = logs(two_users), logs(two_users, now=NOON + timedelta(minutes=1))
    assert [one.key for one in first.instances] == [one.key for one in second.instances]
    assert len({one.key for one in first.instances}) == 2
    assert not any(OLD_USER in one.key or str(two_users) in one.key for one in first.instances)


def test_the_logs_of_a_chosen_instance_keep_their_names(two_users: Path) -> None:
    found = logs(two_users)
    old = by_title(found, OLD_USER)
    only = chosen(found, [old.key])
    assert names(only) == [f"{OLD_USER}/tws.Mon.log", "launcher.log"] and only.instances == (old,)
    assert chosen(found, []) == found


def test_an_instance_chosen_before_its_login_is_that_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "launcher.log")
    before = logs(tmp_path)
    write(tmp_path / NEW_USER / "tws.20260831.081502.ibgzenc")
    after = logs(tmp_path)
    assert before.instances[0].key != after.instances[0].key
    assert names(chosen(after, [before.instances[0].key])) == names(after)
    assert names(chosen(before, [after.instances[0].key])) == ["launcher.log"]


def test_a_chosen_instance_that_is_gone_leaves_no_log_of_another_and_a_sentence(tmp_path: Path) -> None:
    write(tmp_path / "a/launcher.log")
    write(tmp_path / "b/launcher.log")
    gone = chosen(logs(tmp_path / "b"), [logs(tmp_path / "a").instances[0].key])
    assert gone.files == () and "wrote no log" in (gone.sentence or "")


def test_the_active_window_tells_the_instance_by_open_files(two_users: Path) -> None:
    new = Process("java", pid=10, open_files=(str(two_users / NEW_USER / "x.ibgzenc"),), family=(11, 12))
    old = Process("java", pid=20, open_files=(str(two_users / OLD_USER / "tws.Mon.log"),))
    found = written_today(running(two_users, new, old), NOON)
    assert instance_of(found, 12) == by_title(found, NEW_USER[:10]).key
    assert instance_of(found, 20) == by_title(found, OLD_USER).key
    assert instance_of(found, 99) is None and instance_of(found, None) is None


def test_of_several_programs_that_tell_nothing_none_is_taken_for_a_users(two_users: Path) -> None:
    one, other = Process("java", pid=10), Process("java", pid=20)
    assert instance_of(written_today(running(two_users, one, other), NOON), 10) is None
    alone = written_today(running(two_users, one), NOON)
    assert instance_of(alone, 10) == by_title(alone, NEW_USER[:10]).key  # who wrote last


def test_a_launcher_and_the_program_it_started_are_one(two_users: Path) -> None:
    launcher, program = Process("tws", pid=10, family=(20,)), Process("java", pid=20, family=(10,))
    found = written_today(running(two_users, launcher, program), NOON)
    last = by_title(found, NEW_USER[:10])
    assert instance_of(found, 10) == instance_of(found, 20) == last.key and last.pids == (10, 20)


def test_a_program_of_two_instances_is_that_of_none(two_users: Path) -> None:
    found = TodaysLogs((), (), None, (Instance("a.", "A", (5,)), Instance("b.", "B", (5, 6))))
    assert instance_of(found, 5) is None and instance_of(found, 6) == "b."


def test_a_log_from_elsewhere_belongs_to_every_instance(two_users: Path, tmp_path: Path) -> None:
    write(tmp_path / "Documents/tws-exported-logs.txt")
    found = written_today(elsewhere(two_users, exports=(tmp_path / "Documents",)), NOON)
    (export,) = (file for file in found.files if isinstance(file, LogFile) and "exports/" in file.name)
    assert set(export.instances) == {one.key for one in found.instances}
