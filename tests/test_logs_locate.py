"""Finding the settings folders of TWS: settings, running programs, usual places."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from scripts.demo_tws import NEW_USER, OLD_USER, make_jts
from scripts.screen import wait_until
from snapper.logs.jts_ini import server, time_zone, user_names
from snapper.logs.locate import (
    LogHome,
    Process,
    find_homes,
    is_home,
    running_java,
    user_folders,
)

NOWHERE = Path("/nonexistent")


def jts(folder: Path, *, launcher: bool = True, user: str = "") -> Path:
    """A settings folder as small as it can be."""
    folder.mkdir(parents=True)
    (folder / "jts.ini").touch()
    if launcher:
        (folder / "launcher.log").touch()
    if user:
        (folder / user).mkdir()
    return folder


def found(
    *processes: Process, configured: Sequence[Path] = (), home: Path = NOWHERE, platform: str = "linux"
) -> tuple[LogHome, ...]:
    return find_homes(configured, platform=platform, home=home, processes=processes, root=NOWHERE).homes


def paths(homes: Sequence[LogHome]) -> list[Path]:
    return [home.path for home in homes]


# --- what counts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["djgblkjyv", OLD_USER, NEW_USER])
def test_a_folder_with_settings_and_a_user_counts(tmp_path: Path, user: str) -> None:
    assert is_home(jts(tmp_path / "a", launcher=False, user=user))


def test_a_folder_with_settings_and_a_launcher_log_counts(tmp_path: Path) -> None:
    assert is_home(jts(tmp_path / "a"))


@pytest.mark.parametrize("other", ["", "ibgateway", "resources", "jars", "q" * 40, "1026"])
def test_settings_alone_or_with_program_folders_do_not_count(tmp_path: Path, other: str) -> None:
    assert not is_home(jts(tmp_path / "a", launcher=False, user=other))


def test_a_launcher_log_without_settings_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "launcher.log").touch()
    assert not is_home(tmp_path)


def test_a_link_out_of_the_folder_is_no_user_folder(tmp_path: Path) -> None:
    home = jts(tmp_path / "Jts", user=NEW_USER)
    (tmp_path / "elsewhere").mkdir()
    (home / OLD_USER).symlink_to(tmp_path / "elsewhere")
    assert [folder.name for folder in user_folders(home)] == [NEW_USER]


# --- where it is looked for --------------------------------------------------------------------------------


def test_a_folder_in_the_settings_always_counts_and_comes_first(tmp_path: Path) -> None:
    usual = jts(tmp_path / "Jts")
    named = tmp_path / "exports"
    named.mkdir()
    homes = found(configured=[named, tmp_path / "gone"], home=tmp_path)
    assert paths(homes) == [named, tmp_path / "gone", usual]
    assert "settings" in homes[0].found_by


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_the_users_own_jts_folder_is_a_usual_place(tmp_path: Path, platform: str) -> None:
    assert paths(found(home=tmp_path, platform=platform)) == []
    home = jts(tmp_path / "Jts")
    assert paths(found(home=tmp_path, platform=platform)) == [home]


@pytest.mark.parametrize(
    "place",
    [
        "C:/Jts",
        "C:/Jts/1026",
        "C:/Jts/ibgateway/1040",
        "C:/IBKR/ibgateway/1040",
        "D:/ibgateway",
        "D:/Jts/981c",
    ],
)
def test_the_usual_places_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Here a drive is a folder below the current one."""
    monkeypatch.chdir(tmp_path)
    home = jts(tmp_path / place)
    assert paths(found(platform="win32")) == [home]
    assert paths(found(platform="linux")) == []


def test_versions_with_folders_of_their_own_are_found_the_newest_first(tmp_path: Path) -> None:
    old, new = jts(tmp_path / "Jts/1019"), jts(tmp_path / "Jts/1026")
    gateway = jts(tmp_path / "Jts/ibgateway/1040")
    homes = found(home=tmp_path)
    assert paths(homes) == [new, old, gateway]
    assert [home.program for home in homes] == ["TWS", "TWS", "IB Gateway"]


def test_the_running_program_names_its_folder(tmp_path: Path) -> None:
    home = jts(tmp_path / "my settings")
    program = Process("java", ("java", "-Xmx768m", f"-DjtsConfigDir={home}", "jclient.LoginFrame"))
    (only,) = found(program)
    assert only == LogHome(home, "TWS", "The running program java uses it.", (program,))


def test_a_relative_folder_is_below_the_programs_own(tmp_path: Path) -> None:
    home = jts(tmp_path / "here")
    assert paths(found(Process("java", ("java", "-DjtsConfigDir=here"), folder=str(tmp_path)))) == [home]


@pytest.mark.parametrize(
    "line", ["-DjtsConfigDir={}", '  "-DjtsConfigDir={}"  ', "-Xmx768m\n-DjtsConfigDir={}\n"]
)
def test_the_options_file_of_the_running_program_names_its_folder(tmp_path: Path, line: str) -> None:
    home = jts(tmp_path / "settings")
    options = tmp_path / "my.vmoptions"
    options.write_text(f"# -DjtsConfigDir=/wrong\n{line.format(home)}")
    assert paths(found(Process("java", (f"-DvmOptionsPath={options}",)))) == [home]


def test_an_options_file_that_lies_in_the_settings_folder_points_there(tmp_path: Path) -> None:
    home = jts(tmp_path / "Jts")
    assert paths(found(Process("java", (f"-DvmOptionsPath={home}/tws.vmoptions",)))) == [home]


def test_the_folder_a_program_lies_in_is_tried_and_its_options_file(tmp_path: Path) -> None:
    home, moved = jts(tmp_path / "Jts/1026"), jts(tmp_path / "moved")
    (home / "tws.vmoptions").write_text(f"-DjtsConfigDir={moved}\n")
    program = Process("java", ("java",), executable=str(home / "jre/bin/java"))
    assert paths(found(program)) == [moved, home]


def test_a_gateway_is_called_so(tmp_path: Path) -> None:
    home = jts(tmp_path / "x")
    program = Process("java", ("java", f"-DjtsConfigDir={home}", "ibgateway.GWClient"))
    assert found(program)[0].program == "IB Gateway"


def test_a_folder_found_in_three_ways_is_one(tmp_path: Path) -> None:
    home = jts(tmp_path / "Jts")
    link = tmp_path / "link"
    link.symlink_to(home)
    program = Process("java", (f"-DjtsConfigDir={home}/",))
    (only,) = found(program, configured=[link, home], home=tmp_path)
    assert only.path == home and "settings" in only.found_by


def test_links_in_a_circle_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "Jts").symlink_to(tmp_path / "Jts")
    assert found(home=tmp_path) == ()


def test_it_can_be_told_where_it_was_looked(tmp_path: Path) -> None:
    places = find_homes([], platform="linux", home=tmp_path, processes=[])
    assert places.homes == () and tmp_path / "Jts" in places.looked_in


def test_other_programs_lead_nowhere(tmp_path: Path) -> None:
    other = Process("java", ("java", "-jar", "x.jar"), "/usr/lib/jvm/17/bin/java", str(tmp_path))
    assert found(other, Process("java")) == ()


@pytest.mark.alone
def test_a_running_program_is_seen_with_its_command_line(tmp_path: Path) -> None:
    """A real process of that name: a link called java to this interpreter."""
    java = tmp_path / "java"
    java.symlink_to(sys.executable)
    home = make_jts(tmp_path / "Jts", datetime.now().astimezone()).home
    command = [str(java), "-S", "-c", "import sys; sys.stdin.read()", f"-DjtsConfigDir={home}"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE) as program:
        mine = wait_until(
            lambda: [one for one in running_java() if f"-DjtsConfigDir={home}" in one.command],
            "the program is seen",
        )
        program.communicate(b"")
    assert mine[0].folder == os.path.realpath(tmp_path) and mine[0].executable
    assert home in paths(found(*mine))


@pytest.mark.alone
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize(("seen_by", "count"), [(65_533, 0), (65_534, 1), (0, 1)])
def test_a_program_is_seen_by_its_user_and_the_administrator_alone(seen_by: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is closed to other users
        Path(folder).chmod(0o755)
        java = Path(folder, "java")
        java.symlink_to("/bin/cat")
        with subprocess.Popen([java], stdin=subprocess.PIPE, user=65_534) as program:
            assert seen_as(seen_by, program.pid) == count
            program.communicate(b"")


def seen_as(user: int, pid: int) -> int:
    """How many running programs of that id another user finds; this interpreter is not theirs to start."""
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.setgroups([])
        os.setuid(user)
        os.write(writer, bytes([sum(one.pid == pid for one in running_java())]))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        answer = said.read()
    os.waitpid(child, 0)
    return answer[0]


def test_a_program_that_the_system_does_not_speak_of_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows answers with bare errors for some programs; a report must not fail for them."""

    def refuse(self: psutil.Process) -> str:
        raise OSError(22, "Invalid parameter")

    monkeypatch.setattr(psutil.Process, "name", refuse)
    assert running_java() == []


# --- images and IBC ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        "root/Jts",
        "home/ibgateway/Jts",
        "home/ibgateway/tws_settings_paper",
        "home/ibg/Jts_live",
        "config/tws_settings",
        "opt/ibgateway",
        "opt/ibkr/1037",
    ],
)
def test_the_usual_places_in_docker_images(tmp_path: Path, place: str) -> None:
    home = jts(tmp_path / place)
    places = find_homes([], platform="linux", home=NOWHERE, processes=[], root=tmp_path)
    assert paths(places.homes) == [home]
    assert paths(find_homes([], platform="darwin", home=NOWHERE, processes=[], root=tmp_path).homes) == []


def ibc_folders(*processes: Process, home: Path, platform: str = "linux") -> tuple[Path, ...]:
    places = find_homes([], platform=platform, home=home, processes=processes, root=home / "root")
    return places.ibc_folders


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        ("linux", "ibc/logs"),
        ("linux", "root/opt/ibc/logs"),
        ("linux", "root/home/ibgateway/ibc/logs"),
        ("linux", "IBController/Logs"),
        ("darwin", "ibc/logs"),
        ("win32", "Documents/IBC/Logs"),
    ],
)
def test_the_usual_places_of_ibcs_logs(tmp_path: Path, platform: str, place: str) -> None:
    assert ibc_folders(home=tmp_path, platform=platform) == ()
    (tmp_path / place).mkdir(parents=True)
    assert ibc_folders(home=tmp_path, platform=platform) == (tmp_path / place,)


def test_a_running_ibc_names_its_folders(tmp_path: Path) -> None:
    for folder in ("program/Logs", "settings/logs", "jars/logs"):
        (tmp_path / folder).mkdir(parents=True)
    command = (
        "java",
        "-cp",
        f"{tmp_path}/jars/tws.jar:{tmp_path}/program/IBC.jar",
        "ibcalpha.ibc.IbcGateway",
        "settings/config.ini",
    )
    running = Process("java", command, folder=str(tmp_path))
    assert set(ibc_folders(running, home=NOWHERE)) == {tmp_path / "program/Logs", tmp_path / "settings/logs"}


def test_another_program_with_an_ini_file_names_no_folder_of_ibc(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    assert ibc_folders(Process("java", ("java", "x.Main", f"{tmp_path}/my.ini")), home=NOWHERE) == ()


def test_a_class_path_of_windows_is_taken_apart_at_its_semicolons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "C:/IBC/Logs").mkdir(parents=True)
    command = ("java", "-cp", "C:/Jts/1037/jars/a.jar;C:/IBC/IBC.jar", "ibcalpha.ibc.IbcTws")
    assert ibc_folders(Process("java", command), home=NOWHERE) == (Path("C:/IBC/Logs"),)


# --- where people save -------------------------------------------------------------------------------------


def saving(home: Path, platform: str) -> tuple[Path, ...]:
    return find_homes([], platform=platform, home=home, processes=[], root=NOWHERE).export_folders


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_exports_are_looked_for_where_people_save_files(tmp_path: Path, platform: str) -> None:
    assert set(saving(tmp_path, platform)) == {
        tmp_path,
        tmp_path / "Desktop",
        tmp_path / "Documents",
        tmp_path / "Downloads",
    }


def test_a_desktop_in_another_language_tells_its_folders(tmp_path: Path) -> None:
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config/user-dirs.dirs").write_text(
        '# made by xdg-user-dirs\nXDG_DESKTOP_DIR="$HOME/Schreibtisch"\n'
        'XDG_DOWNLOAD_DIR="/data/Téléchargements"\n'
        'XDG_MUSIC_DIR="$HOME/Musik"\nXDG_DOCUMENTS_DIR="relative"\n'
    )
    found = saving(tmp_path, "linux")
    assert {tmp_path / "Schreibtisch", Path("/data/Téléchargements")} <= set(found)
    assert tmp_path / "Musik" not in found and Path("relative") not in found


def test_windows_may_keep_the_desktop_in_onedrive(tmp_path: Path) -> None:
    (tmp_path / "OneDrive - Firm").mkdir()
    assert tmp_path / "OneDrive - Firm/Dokumente" in saving(tmp_path, "win32")


# --- what runs ---------------------------------------------------------------------------------------------


def test_a_program_is_counted_only_in_the_folder_it_names_first(tmp_path: Path) -> None:
    """Its own folder held settings in an earlier life."""
    named, own = jts(tmp_path / "named"), jts(tmp_path / "own")
    program = Process("java", (f"-DjtsConfigDir={named}",), str(own / "jre/bin/java"), pid=41, family=(7, 43))
    homes = {home.path: home for home in found(program, Process("java", folder=str(own), pid=50))}
    assert homes[named].pids == (41, 7, 43)
    assert homes[own].pids == (50,)


@pytest.mark.alone
def test_a_running_program_tells_its_open_files_and_its_children(tmp_path: Path) -> None:
    java, log = tmp_path / "java", tmp_path / "tws.Mon.log"
    java.symlink_to(sys.executable)
    script = (
        "import subprocess, sys; log = open('tws.Mon.log', 'w');"
        "child = subprocess.Popen(['cat'], stdin=subprocess.PIPE);"
        "print(child.pid, flush=True); sys.stdin.read()"
    )
    command = [str(java), "-S", "-c", script]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout
        child = int(program.stdout.readline())
        (mine,) = (one for one in running_java() if one.pid == program.pid)
        program.communicate("")
    assert mine.open_files == (str(log),) and child in mine.family


# --- TWS's clock -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("[Logon]\nTimeZone=America/New_York\n", "America/New_York"),
        ("[Logon]\r\n timezone = GMT+05\\:30 \r\n", "GMT+05:30"),
        ("[Logon]\nTimeZone=\nLocale=en\n", None),
        ("[Logon]\nMyTimeZone=Asia/Tokyo\n", None),
        ("", None),
    ],
)
def test_the_settings_name_the_time_zone_of_the_logs(tmp_path: Path, settings: str, said: str | None) -> None:
    (tmp_path / "jts.ini").write_bytes(settings.encode())
    assert time_zone(tmp_path) == said


def test_without_settings_there_is_no_time_zone(tmp_path: Path) -> None:
    assert time_zone(tmp_path) is None
    assert user_names(tmp_path) == []
    assert server(tmp_path) is None


@pytest.mark.parametrize(
    "line", ["Peer=zdc1.ibllc.com:4001", "peer = zdc1.ibllc.com\\:4001 ", "Peer=zdc1.ibllc.com"]
)
def test_the_server_of_tws_is_read(tmp_path: Path, line: str) -> None:
    (tmp_path / "jts.ini").write_text(f"[Communication]\n{line}\nUserNameToDirectory=abc,def\n")
    assert server(tmp_path) == "zdc1.ibllc.com"
    assert user_names(tmp_path) == ["abc", "def"]
