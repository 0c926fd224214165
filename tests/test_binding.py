"""The chord in the settings of a desktop: what a person is told, and what is written and taken back."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapper.binding import ask_command, binding_for, steps
from snapper.binding.gnome import GnomeBinding, accelerator, normal
from snapper.binding.sway import SwayBinding
from snapper.desktop import Desktop
from snapper.errors import ChordTaken, Unavailable
from snapper.hotkey.chord import parse_chord

CHORD = parse_chord("Ctrl+Alt+H")
COMMAND = ("/opt/it's, here/python", "-m", "snapper", "capture", "--ask")


@pytest.mark.parametrize(
    ("desktop", "named"),
    [
        (Desktop.GNOME, ("GNOME", "Keyboard", "Custom Shortcuts", "“snapper capture --ask”", "Ctrl+Alt+H")),
        (Desktop.KDE, ("KDE Plasma", "Shortcuts", "Command or Script", "snapper capture --ask", "Apply")),
        (
            Desktop.SWAY,
            (
                "~/.config/sway/config",
                "bindcode --no-repeat Ctrl+Mod1+43 exec snapper capture --ask",
                "swaymsg reload",
            ),
        ),
        (Desktop.HYPRLAND, ("hyprland.conf", "bind = CTRL ALT, code:43, exec, snapper capture --ask")),
        (Desktop.OTHER, ("this desktop", "snapper capture --ask", "Ctrl+Alt+H")),
    ],
)
def test_every_desktop_has_its_steps(desktop: Desktop, named: tuple[str, ...]) -> None:
    said = steps(CHORD, desktop)
    assert all(each in said for each in named), said


@pytest.mark.parametrize(
    ("chord", "keys"), [("Win+Shift+F5", "Shift+Mod4+71"), ("Pause", "127"), ("Ctrl+Alt+0", "Ctrl+Mod1+19")]
)
def test_sway_is_told_physical_keys(chord: str, keys: str) -> None:
    assert f"--no-repeat {keys} exec" in steps(parse_chord(chord), Desktop.SWAY)


def test_the_command_names_this_python_and_no_folder_of_path() -> None:
    assert ask_command("/venv/bin/python") == ("/venv/bin/python", "-m", "snapper", "capture", "--ask")


def test_where_snapper_cannot_write_a_person_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot write") as refusal:
        binding_for(CHORD, {"XDG_CURRENT_DESKTOP": "KDE"}, tmp_path)
    assert "System Settings" in refusal.value.remedy
    assert isinstance(binding_for(CHORD, {"SWAYSOCK": "/nowhere"}, tmp_path), SwayBinding)
    assert isinstance(binding_for(CHORD, {"XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}, tmp_path), GnomeBinding)


# --- sway's files -----------------------------------------------------------------------------------------


class Person:
    """Somebody's folders, and the binding in them; no sway is running."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.system = home / "etc-sway-config"
        self.system.write_text("bindsym Mod4+Return exec foot\n")
        self.config = home / ".config" / "sway" / "config"
        self.own = home / ".config" / "sway" / "config.d" / "snapper.conf"
        self.binding = SwayBinding({}, home, self.system)

    def wrote(self, text: str, place: Path | None = None) -> Path:
        place = place or self.config
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def files(self) -> dict[str, str]:
        return {str(path): path.read_text() for path in self.home.rglob("*") if path.is_file()}


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "set $mod Mod4\n", "no line feed at the end", "include config.d/*\n", "ä \u2028 漢\n"]
)
def test_what_is_written_is_taken_back_to_the_letter(person: Person, text: str) -> None:
    person.wrote(text)
    before = person.files()
    person.binding.bind(CHORD, COMMAND)
    assert "bindcode --no-repeat Ctrl+Mod1+43 exec" in person.binding.line()
    person.binding.unbind()
    person.binding.unbind()
    assert person.files() == before
    assert person.binding.line() == ""


def test_writing_again_changes_the_one_binding(person: Person) -> None:
    person.wrote("set $mod Mod4\n")
    person.binding.bind(CHORD, COMMAND)
    once = person.files()
    person.binding.bind(CHORD, COMMAND)
    assert person.files() == once
    person.binding.bind(parse_chord("Ctrl+Alt+J"), ("true",))
    assert person.binding.line() == "bindcode --no-repeat Ctrl+Mod1+44 exec true"
    assert person.config.read_text() == once[str(person.config)]


def test_somebody_without_a_configuration_keeps_that_of_the_system(person: Person) -> None:
    before = person.files()
    person.binding.bind(CHORD, COMMAND)
    assert f"include {person.system}\n" in person.config.read_text()
    person.binding.unbind()
    assert person.files() == before


@pytest.mark.parametrize(
    "line",
    ["include ~/.config/sway/config.d/*", "include config.d/*.conf", "include $HOME/.config/sway/config.d/*",
     'include "config.d/snapper.conf"'],
)  # fmt: skip
def test_a_folder_that_is_included_already_is_enough(person: Person, line: str) -> None:
    person.wrote(f"{line}\n")
    person.binding.bind(CHORD, COMMAND)
    assert person.config.read_text() == f"{line}\n"
    assert person.binding.line()


def test_the_file_alone_binds_nothing(person: Person) -> None:
    person.wrote("set $mod Mod4\n")
    person.binding.bind(CHORD, COMMAND)
    person.wrote("set $mod Mod4\n")
    assert person.binding.line() == ""


@pytest.mark.parametrize("place", [".sway/config", ".i3/config", ".config/i3/config"])
def test_the_configuration_that_sway_reads_is_the_one_that_includes(person: Person, place: str) -> None:
    config = person.wrote("set $mod Mod4\n", person.home / place)
    person.binding.bind(CHORD, COMMAND)
    assert str(person.own) in config.read_text() and not person.config.exists()


def test_a_link_stays_a_link_and_rights_stay_as_they_were(person: Person) -> None:
    real = person.wrote("set $mod Mod4\n", person.home / "dotfiles" / "sway")
    real.chmod(0o640)
    person.config.parent.mkdir(parents=True)
    person.config.symlink_to(real)
    person.binding.bind(CHORD, COMMAND)
    assert person.config.is_symlink() and str(person.own) in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "line",
    [
        "bindsym Ctrl+Mod1+h exec lock",
        "bindsym --to-code control+alt+H exec lock",
        "bindcode Mod1+Ctrl+43 nop",
        "set $c Ctrl+Mod1\nbindsym $c+h exec lock",
    ],
)
def test_a_chord_that_does_something_else_is_not_taken(person: Person, line: str) -> None:
    person.wrote(line + "\n")
    before = person.files()
    with pytest.raises(ChordTaken, match="does something else") as refusal:
        person.binding.bind(CHORD, COMMAND)
    assert "Ctrl+Alt+J" in refusal.value.remedy
    assert person.files() == before


@pytest.mark.parametrize(
    "line", ["bindsym Ctrl+Mod1+Shift+h exec lock", "bindsym Mod4+h exec x", "# bindsym Ctrl+Mod1+h x"]
)
def test_other_chords_are_no_hindrance(person: Person, line: str) -> None:
    person.wrote(line + "\n")
    person.binding.bind(CHORD, COMMAND)
    assert person.binding.line()


def test_folders_that_cannot_be_written_are_told_with_the_steps(person: Person) -> None:
    person.wrote("in the way", person.home / ".config" / "sway")
    with pytest.raises(Unavailable, match="cannot be read or written") as refusal:
        person.binding.bind(CHORD, COMMAND)
    assert "bindcode --no-repeat Ctrl+Mod1+43 exec" in refusal.value.remedy


# --- GNOME's settings -------------------------------------------------------------------------------------

MEDIA_KEYS = "org.gnome.settings-daemon.plugins.media-keys"


def gsettings(environ: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        ["gsettings", *words], env=environ, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


@pytest.fixture
def gnome(tmp_path: Path) -> Iterator[dict[str, str]]:
    """GNOME's settings in a folder of their own."""
    schemas = "" if not shutil.which("gsettings") else gsettings({"PATH": "/usr/bin:/bin"}, "list-schemas")
    if MEDIA_KEYS not in schemas:
        pytest.skip("GNOME's keys are missing: scripts/prepare wayland")
    yield {
        "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path),
        "GSETTINGS_BACKEND": "keyfile",
    }  # fmt: skip


def paths(environ: dict[str, str]) -> list[str]:
    text = gsettings(environ, "get", MEDIA_KEYS, "custom-keybindings")
    return list(ast.literal_eval(text.removeprefix("@as ")))


def test_gnome_runs_the_command_at_the_chord_until_it_is_taken_back(gnome: dict[str, str]) -> None:
    theirs = "/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings/custom0/"
    gsettings(gnome, "set", MEDIA_KEYS, "custom-keybindings", f"['{theirs}']")
    bound = GnomeBinding(gnome)
    assert bound.line() == ""
    bound.bind(CHORD, COMMAND)
    bound.bind(CHORD, COMMAND)
    own = f"{MEDIA_KEYS}.custom-keybinding:{paths(gnome)[1]}"
    assert len(paths(gnome)) == 2 and paths(gnome)[0] == theirs
    assert gsettings(gnome, "get", own, "binding") == "'<Control><Alt>h'"
    command = ast.literal_eval(gsettings(gnome, "get", own, "command"))
    words = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {command}"], check=True, capture_output=True, text=True
    )
    assert words.stdout.splitlines() == list(COMMAND)
    assert bound.line().startswith("<Control><Alt>h '/opt/it")
    bound.unbind()
    bound.unbind()
    assert paths(gnome) == [theirs] and bound.line() == ""
    assert gsettings(gnome, "get", own, "binding") == "''"


def test_a_chord_that_gnome_has_given_away_is_not_taken(gnome: dict[str, str]) -> None:
    gsettings(gnome, "set", "org.gnome.desktop.wm.keybindings", "close", "['<Alt>F4', '<Alt><Primary>H']")
    with pytest.raises(ChordTaken, match="close") as refusal:
        GnomeBinding(gnome).bind(CHORD, COMMAND)
    assert "Ctrl+Alt+J" in refusal.value.remedy and paths(gnome) == []


def test_a_custom_shortcut_of_the_person_is_not_taken(gnome: dict[str, str]) -> None:
    theirs = "/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings/custom0/"
    gsettings(gnome, "set", MEDIA_KEYS, "custom-keybindings", f"['{theirs}']")
    for key, value in (("binding", "<Ctrl><Alt>h"), ("name", "Hibernate")):
        gsettings(gnome, "set", f"{MEDIA_KEYS}.custom-keybinding:{theirs}", key, value)
    with pytest.raises(ChordTaken, match="Hibernate"):
        GnomeBinding(gnome).bind(CHORD, COMMAND)


def test_without_gnome_the_steps_are_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read or written") as refusal:
        GnomeBinding({"PATH": str(tmp_path)}).bind(CHORD, COMMAND)
    assert "Custom Shortcuts" in refusal.value.remedy


def test_gnomes_spellings_of_the_same_keys_are_equal() -> None:
    assert accelerator(parse_chord("Win+Shift+PageUp")) == "<Shift><Super>Page_Up"
    assert normal("<Primary><Alt>H") == normal("<Alt><ctrl>h") == normal(accelerator(CHORD))
    assert normal("<Control>h") != normal("<Control><Shift>h")
