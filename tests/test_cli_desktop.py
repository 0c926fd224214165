"""`snapper autostart` and `snapper binding` as people and scripts meet them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from snapper import starting
from snapper.autostart.linux_desktop import LinuxDesktop
from snapper.config import Settings
from snapper.starting import Standing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what Linux desktops keep")

COMMAND = f"{sys.executable} -m snapper listen"


class Person:
    """Somebody with empty folders on some desktop."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.entry = home / ".config" / "autostart" / "desk.snapper.Snapper.desktop"
        self.environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "SNAPPER_HOTKEY_CHORD": "Ctrl+Alt+H"}

    def snapper(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "snapper", *arguments],
            env={**self.environment, **environment}, cwd=Path(__file__).parents[1],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def told(self, *arguments: str, **environment: str) -> dict[str, Any]:
        """What a command says in JSON."""
        found: dict[str, Any] = json.loads(self.snapper(*arguments, "--json", **environment).stdout)
        return found


@pytest.fixture
def person(tmp_path: Path) -> Person:
    home = tmp_path / "home"
    home.mkdir()
    return Person(home)


# --- the start at sign-in ----------------------------------------------------------------------------------


def test_it_is_off_then_on_then_off(person: Person) -> None:
    assert person.told("autostart") == {
        "on": False, "command": "", "place": str(person.entry), "problem": ""
    }  # fmt: skip
    assert "does not start" in person.snapper("autostart").stdout
    on = person.snapper("autostart", "on")
    assert (on.returncode, on.stderr) == (0, "")
    assert COMMAND in on.stdout and str(person.entry) in on.stdout
    assert person.told("autostart") == {
        "on": True, "command": COMMAND, "place": str(person.entry), "problem": ""
    }  # fmt: skip
    off = person.snapper("autostart", "off")
    assert off.returncode == 0
    assert not person.entry.exists()
    assert person.told("autostart")["on"] is False


def test_a_settings_file_that_was_named_is_named_at_sign_in_too(person: Person) -> None:
    own = person.home / "my settings.toml"
    own.write_text("")
    for told in (
        person.told("--config", str(own), "autostart", "on"),
        person.told("autostart", "on", SNAPPER_CONFIG=str(own)),
    ):
        assert told["command"] == f'{sys.executable} -m snapper --config "{own}" listen'
    assert person.told("autostart", "on")["command"] == COMMAND


def test_what_cannot_be_switched_is_said_with_what_to_do(person: Person) -> None:
    person.entry.parent.parent.mkdir()
    person.entry.parent.write_text("a file, no folder")
    done = person.snapper("autostart", "on")
    assert done.returncode == 1
    assert "cannot be read or written. Allow it" in done.stderr
    assert "not known" in done.stdout
    told = person.told("autostart", "off")
    assert not told["on"] and "cannot be read or written" in told["problem"]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"SWAYSOCK": "/x"}, "add the line “exec snapper listen” to ~/.config/sway/config"),
        ({"XDG_CURRENT_DESKTOP": "Hyprland"}, "“exec-once = snapper listen” to ~/.config/hypr/hyprland.conf"),
        ({"XDG_CURRENT_DESKTOP": "XFCE"}, ""),
    ],
)
def test_a_desktop_that_starts_nothing_by_itself_is_named(
    person: Person, environment: dict[str, str], said: str
) -> None:
    done = person.snapper("autostart", "on", **environment)
    assert done.returncode == 0
    assert said in done.stderr if said else not done.stderr
    assert person.snapper("autostart", "off", **environment).stderr == ""


def test_a_refusal_is_told_beside_how_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = LinuxDesktop({"XDG_CONFIG_HOME": str(tmp_path)}, tmp_path)
    assert starting.switched(Settings(), True, kept).on
    entry = Path(kept.place)

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("snapper.disk.replace", full)
    now = starting.switched(Settings(), True, kept)
    assert now.on and now.problem.startswith(f"{entry} cannot be read or written.")
    assert starting.standing(kept) == Standing(now.line, str(entry))


# --- keys of the desktop -----------------------------------------------------------------------------------


def test_keys_are_written_for_sway_and_removed(person: Person) -> None:
    sway = {"XDG_CURRENT_DESKTOP": "sway", "WAYLAND_DISPLAY": "wayland-9"}
    before = person.snapper("binding", **sway)
    assert before.returncode == 0
    assert "No keys of the desktop" in before.stdout and "snapper binding write" in before.stderr
    done = person.snapper("binding", "write", **sway)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Ctrl+Alt+H" in done.stdout
    told = person.told("binding", **sway)
    assert told["bound"] == (
        f"bindcode --no-repeat Ctrl+Mod1+43 exec {sys.executable} -m snapper capture --ask"
    )
    assert (told["chord"], told["problem"]) == ("Ctrl+Alt+H", "")
    own = Path(told["place"])
    assert "“snapper binding remove” takes it away" in own.read_text()
    assert person.snapper("binding", "remove", **sway).returncode == 0
    assert not own.exists()
    assert person.told("binding", **sway)["bound"] == ""


def test_a_settings_file_that_was_named_is_named_by_the_keys_too(person: Person) -> None:
    own = person.home / "own.toml"
    own.write_text('[hotkey]\nchord = "Ctrl+Alt+J"\n')
    sway = {"XDG_CURRENT_DESKTOP": "sway", "SNAPPER_HOTKEY_CHORD": ""}
    del person.environment["SNAPPER_HOTKEY_CHORD"]
    sway.pop("SNAPPER_HOTKEY_CHORD")
    told = person.told("--config", str(own), "binding", "write", **sway)
    assert told["chord"] == "Ctrl+Alt+J"
    assert f"--config {own} capture --ask" in told["bound"]


def test_keys_that_do_something_else_are_not_taken(person: Person) -> None:
    config = person.home / ".config" / "sway" / "config"
    config.parent.mkdir(parents=True)
    config.write_text("bindsym Ctrl+Mod1+h exec htop\n")
    done = person.snapper("binding", "write", XDG_CURRENT_DESKTOP="sway")
    assert done.returncode == 1
    assert "htop" in done.stderr and "hotkey" in done.stderr
    assert config.read_text() == "bindsym Ctrl+Mod1+h exec htop\n"


@pytest.mark.parametrize("action", ["write", "remove"])
def test_elsewhere_the_steps_are_told_and_that_nothing_was_done(person: Person, action: str) -> None:
    kde = {"XDG_CURRENT_DESKTOP": "KDE"}
    done = person.snapper("binding", action, **kde)
    assert done.returncode == 1
    assert "System Settings" in done.stderr and "snapper capture --ask" in done.stderr
    assert "System Settings" in person.told("binding", action, **kde)["steps"]
    assert person.snapper("binding", "show", **kde).returncode == 0


def test_where_snapper_takes_the_keys_itself_one_of_the_two_is_enough(person: Person) -> None:
    done = person.snapper("binding", "write", XDG_CURRENT_DESKTOP="sway", DISPLAY=":99")
    assert done.returncode == 0
    assert "one of the two is enough" in done.stderr
