"""Start at sign-in: what each system is told. What Windows makes of it is in tests/windows."""

from __future__ import annotations

import json
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.screen import wait_until
from snapper import menu_entry
from snapper.autostart import Autostart, autostart_for, listen_command
from snapper.autostart.linux_desktop import LinuxDesktop, entry, read
from snapper.autostart.mac_agent import LABEL, MacAgent, agent
from snapper.autostart.mac_agent import read as read_agent
from snapper.autostart.windows_run import WindowsRun, joined, switched_off
from snapper.errors import Unavailable

COMMAND = ("/opt/a folder/python", "-m", "snapper", "listen")
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@pytest.fixture(params=["linux", "darwin"])
def autostart(request: pytest.FixtureRequest, tmp_path: Path) -> Autostart:
    """Autostart in an empty home."""
    return autostart_for(request.param, {}, tmp_path / "home")


def test_it_is_off_then_on_then_off_and_says_where(autostart: Autostart, tmp_path: Path) -> None:
    assert autostart.line() == ""
    autostart.switch_off()
    for _ in range(2):
        autostart.switch_on(COMMAND)
        assert "snapper listen" in autostart.line()
        assert Path(autostart.place).is_relative_to(tmp_path / "home")
        assert Path(autostart.place).is_file()
        autostart.switch_off()
        assert autostart.line() == ""
        assert not Path(autostart.place).exists()


def test_switching_on_again_starts_the_new_program_only(autostart: Autostart) -> None:
    autostart.switch_on(COMMAND)
    autostart.switch_on(("/other/python", "-m", "snapper", "listen"))
    assert autostart.line().startswith("/other/python")
    assert "a folder" not in Path(autostart.place).read_text()
    assert len([*Path(autostart.place).parent.iterdir()]) == 1


def test_a_folder_that_cannot_be_written_is_said(autostart: Autostart) -> None:
    Path(autostart.place).parent.parent.mkdir(parents=True)
    Path(autostart.place).parent.write_text("a file, no folder")
    for action in (autostart.line, autostart.switch_off, lambda: autostart.switch_on(COMMAND)):
        with pytest.raises(Unavailable, match="cannot be read or written") as refusal:
            action()
        assert refusal.value.remedy


def test_the_listener_is_started_by_this_python_without_a_console_where_there_is_one() -> None:
    assert listen_command("linux", "/venv/bin/python") == ("/venv/bin/python", "-m", "snapper", "listen")
    python, windowed = r"C:\venv\Scripts\Python.exe", r"C:\venv\Scripts\pythonw.exe"
    assert listen_command("win32", python, is_file=True)[0] == windowed
    assert listen_command("win32", python, is_file=False)[0] == python
    assert (
        listen_command("win32", r"C:\python.exe\python.exe", is_file=True)[0] == r"C:\python.exe\pythonw.exe"
    )


# --- Linux -------------------------------------------------------------------------------------------------


def test_the_entry_is_where_the_desktop_looks_for_it(tmp_path: Path) -> None:
    home, name = tmp_path / "home", "desk.snapper.Snapper.desktop"
    assert LinuxDesktop({}, home).place == str(home / f".config/autostart/{name}")
    assert LinuxDesktop({"XDG_CONFIG_HOME": "/x"}, home).place == f"/x/autostart/{name}"
    assert LinuxDesktop({"XDG_CONFIG_HOME": "x"}, home).place == str(home / f".config/autostart/{name}")
    assert menu_entry.path({}, home).name == name, "the desktop knows the program by one name"


def test_an_entry_of_an_earlier_version_counts_and_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "autostart"
    folder.mkdir()
    former = folder / "snapper.desktop"
    kept = LinuxDesktop({"XDG_CONFIG_HOME": str(tmp_path)}, tmp_path)
    for on in (False, True):
        former.write_text(entry(("/old/python", "-m", "snapper", "listen")))
        assert kept.line() == "/old/python -m snapper listen"
        kept.switch_on(COMMAND) if on else kept.switch_off()
        assert not former.exists()
        assert kept.line() == (read(entry(COMMAND)) if on else "")


def test_another_program_of_that_name_is_left_alone(tmp_path: Path) -> None:
    former = tmp_path / "autostart" / "snapper.desktop"
    former.parent.mkdir()
    former.write_text(entry(("/usr/bin/snapper-gui", "list")))
    kept = LinuxDesktop({"XDG_CONFIG_HOME": str(tmp_path)}, tmp_path)
    assert kept.line() == ""
    kept.switch_on(COMMAND)
    kept.switch_off()
    assert former.exists()


def test_a_settings_file_of_its_own_is_named_in_the_command() -> None:
    command = listen_command("linux", "/python", config="/a b/x.toml")
    assert command == ("/python", "-m", "snapper", "--config", "/a b/x.toml", "listen")


@pytest.mark.parametrize("off", ["Hidden=true", "Hidden = true", "X-GNOME-Autostart-enabled=false"])
def test_what_the_desktops_own_settings_switched_off_is_off(off: str) -> None:
    text = entry(COMMAND)
    assert read(text)
    kept = [line for line in text.splitlines() if not line.startswith(off.partition("=")[0].strip())]
    assert read("\n".join([*kept, off, ""])) == ""


def test_an_entry_without_a_command_starts_nothing() -> None:
    assert read("") == read("[Desktop Entry]\nType=Application\n") == read("\0\xff") == ""


@pytest.mark.skipif(not shutil.which("gio"), reason="needs GLib, which starts desktop entries")
@pytest.mark.parametrize(
    "argument",
    [
        "plain",
        "two words",
        "a'b",
        'a"b',
        "$HOME `id` ~ *",
        "100%",
        "%f %u",
        r"back\slash\\",
        "漢字 ü",
        "",
        "line\nfeed",
    ],
)
def test_a_desktop_starts_exactly_this_command(tmp_path: Path, argument: str) -> None:
    told = tmp_path / "told.json"
    code = (
        "import json, pathlib, sys; *arguments, told = sys.argv[1:]; new = pathlib.Path(told + '.new')\n"
        "new.write_text(json.dumps(arguments)); new.rename(told)"
    )
    file = LinuxDesktop({"XDG_CONFIG_HOME": str(tmp_path)}, tmp_path)
    file.switch_on((sys.executable, "-c", code, argument, "last", str(told)))
    subprocess.run(["gio", "launch", file.place], check=True, timeout=60)
    wait_until(told.exists, "it was started")
    assert json.loads(told.read_text()) == [argument, "last"]


@given(st.lists(texts, min_size=1, max_size=4))
def test_no_argument_breaks_out_of_its_line(arguments: list[str]) -> None:
    text = entry(arguments)
    assert text.count("\n") == entry(["x"]).count("\n")


# --- the Mac -----------------------------------------------------------------------------------------------


def test_launchd_is_told_to_start_it_once_with_windows(tmp_path: Path) -> None:
    mac = MacAgent(tmp_path)
    mac.switch_on(COMMAND)
    assert mac.place == str(tmp_path / f"Library/LaunchAgents/{LABEL}.plist")
    told = plistlib.loads(Path(mac.place).read_bytes())
    assert told["Label"] == LABEL
    assert told["ProgramArguments"] == [*COMMAND]
    assert told["RunAtLoad"] is True
    assert "KeepAlive" not in told  # who quits snapper does not want it back at once
    assert mac.line() == "'/opt/a folder/python' -m snapper listen"


@given(st.lists(texts.filter(str.isprintable), min_size=1, max_size=4))
def test_an_agents_command_is_read_back(command: list[str]) -> None:
    assert read_agent(agent(command)) == tuple(command)


@pytest.mark.parametrize(
    "told",
    [
        {}, {"RunAtLoad": True}, {"ProgramArguments": ["x"]}, {"ProgramArguments": ["x"], "RunAtLoad": False},
        {"ProgramArguments": [], "RunAtLoad": True}, {"ProgramArguments": [1], "RunAtLoad": True},
        {"ProgramArguments": "x", "RunAtLoad": True}, [],
        {"ProgramArguments": ["x"], "RunAtLoad": True, "Disabled": True},
    ],
)  # fmt: skip
def test_an_agent_that_starts_nothing_is_off(told: object) -> None:
    assert read_agent(plistlib.dumps(told)) == ()


@given(st.binary(max_size=200) | st.binary(max_size=50).map(lambda tail: agent(COMMAND)[:-20] + tail))
def test_a_damaged_agent_is_off(data: bytes) -> None:
    read_agent(data)


def test_damage_is_no_error() -> None:
    for data in (b"", b"bplist00", b"<plist", b"\xff\xfe<", agent(COMMAND)[:-9]):
        assert read_agent(data) == ()


# --- Windows -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="there it works")
def test_elsewhere_windows_is_refused() -> None:
    with pytest.raises(Unavailable, match="not Windows"):
        WindowsRun()


def test_a_path_with_spaces_is_one_word_for_windows() -> None:
    assert joined((r"C:\Program Files\py.exe", "listen")) == r'"C:\Program Files\py.exe" listen'
    assert joined(("x" * 253, "listen"))
    with pytest.raises(Unavailable, match="longer than 260"):
        joined(("x" * 254, "listen"))


@pytest.mark.parametrize(
    ("approval", "off"),
    [
        (b"\x02" + bytes(11), False),
        (b"\x03" + bytes(11), True),
        (b"\x06", False),
        (b"\x07", True),
        (b"", False),
        (None, False),
        ("text", False),
    ],
)
def test_the_task_managers_note_is_read(approval: object, off: bool) -> None:
    assert switched_off(approval) is off
