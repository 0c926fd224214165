"""Every backend's “can't, because…” as the doctor shows it: real screens, buses, portals and trays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import VirtualScreen, wait_until
from snapper import autostart, doctor, hotkey
from snapper.binding import ask_command
from snapper.binding.sway import SwayBinding
from snapper.config import load
from snapper.connect import open_outbox
from snapper.delivery import vault
from snapper.doctor import Verdict, desktop_services, examine, here, keys_and_screen, tray_host
from snapper.doctor.findings import _SHOWN, Finding
from snapper.doctor.ways import KEYS
from snapper.errors import ChordTaken, Unavailable
from snapper.hotkey import Choice
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.x11_grab import X11Grab
from tests.desks import refused_url
from tests.test_wayland_choice import ALL, desktop
from tests.wayland.stage import Environ, bus, fake_portal, home, speaking

CHORD = parse_chord("ctrl+alt+h")


def live_in(environ: Environ, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process is started in that desktop; a test may go on in another one after undo()."""
    monkeypatch.setattr(os, "environ", {**environ})


def refused(finding: Finding) -> list[str]:
    """The ways that are not used, as programs read them; each has its reason."""
    assert all(each["because"].endswith(".") for each in finding.facts["refused"])
    return [each["backend"] for each in finding.facts["refused"]]


def chord(listening: bool = False) -> Finding:
    """What the doctor says of the usual chord."""
    return keys_and_screen.chord(CHORD, "By rule.", "auto", listening)


# --- the chord --------------------------------------------------------------------------------------------


def test_where_the_desktop_gives_no_keys_it_is_said_what_is_used_and_what_a_person_can_do(
    screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desktop("GNOME", ("Screenshot",), display=screen.display) as environ:
        live_in(environ, monkeypatch)
        found = chord()
    assert (found.verdict, found.facts["backend"], refused(found)) == (
        Verdict.WARNING, "x11_grab", ["wayland_portal"],
    )  # fmt: skip
    assert f"Not used: {KEYS['wayland_portal']}. The desktop does not give Ctrl+Alt+H" in found.sentence
    assert "Under Wayland the chord is only seen while" in found.sentence
    assert "Custom Shortcuts" in found.remedy


def test_a_desktop_that_would_ask_the_person_is_not_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with home() as environ, bus(environ) as with_bus, fake_portal(with_bus) as portal:
        live_in({**with_bus, "XDG_SESSION_TYPE": "wayland", "WAYLAND_DISPLAY": "w"}, monkeypatch)
        found = chord()
        assert (found.verdict, found.facts["backend"]) == (Verdict.OK, "wayland_portal")
        assert portal.events("session") == []


def test_a_chord_of_another_program_is_said_with_another_one_to_choose(
    screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_in(screen.environment, monkeypatch)
    other = X11Grab(CHORD, screen.environment)
    other.start(lambda press: None)
    try:
        found = chord()
    finally:
        other.stop()
    assert found.verdict is Verdict.FAILED
    assert "already taken by another program" in found.sentence
    assert 'hotkey.chord = "Ctrl+Alt+J"' in found.remedy
    assert chord().verdict is Verdict.OK


class Told:
    """A backend with something to say."""

    name = "win32_register"
    notes = ("On this keyboard AltGr+Q writes @.",)

    def start(self, on_press: object) -> None:
        """Nothing to do."""

    stop = release_keys = lambda self: None


def test_what_a_keyboard_writes_with_the_chord_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("choose", "take"):
        monkeypatch.setattr(keys_and_screen, name, lambda *_: Choice(Told()))
    found = chord()
    assert found.verdict is Verdict.WARNING
    assert "AltGr+Q writes @" in found.sentence


def test_a_listener_tells_what_it_listens_with_and_what_refused_at_its_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choice = Choice(Told(), ("mac_carbon: macOS does not give it out.",))
    monkeypatch.setattr(keys_and_screen, "last_taken", lambda: choice)
    found = chord(listening=True)
    assert "snapper is listening for Ctrl+Alt+H." in found.sentence
    assert "Not used: keys that macOS gives to snapper. macOS does not give it out." in found.sentence
    assert refused(found) == ["mac_carbon"]
    monkeypatch.setenv("DISPLAY", ":1")
    monkeypatch.setattr(keys_and_screen, "last_taken", lambda: ChordTaken("Another one has it.", "Choose."))
    found = chord(listening=True)
    assert (found.verdict, found.sentence, found.remedy) == (
        Verdict.FAILED, "Another one has it.", "Choose.",
    )  # fmt: skip


@pytest.mark.parametrize("mac", [True, False])
def test_on_a_mac_the_chord_is_tried_in_the_main_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mac: bool
) -> None:
    threads: list[threading.Thread] = []

    def tried(*_: object) -> Finding:
        threads.append(threading.current_thread())
        return doctor.findings.ok("This computer", "chord", "Tried.")

    monkeypatch.setattr(keys_and_screen, "chord", tried)
    monkeypatch.setattr(doctor, "wants_main_thread", lambda platform: mac)
    monkeypatch.setenv("HOME", str(tmp_path))
    flags = {"outbox.folder": str(tmp_path / "outbox"), "delivery.url": refused_url(), "doctor.tws_hosts": []}
    settings = load(flags={**flags, "doctor.web_hosts": []}, environment={})
    findings = examine(settings, open_outbox(settings), listening=False)
    assert [each.sentence for each in findings if each.name == "chord"] == ["Tried."]
    assert (threads[0] is threading.main_thread()) is mac


# --- the screen and the window in front -------------------------------------------------------------------


def test_who_takes_the_picture_and_why_no_other(
    screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desktop("GNOME", (), display=screen.display) as environ:
        live_in(environ, monkeypatch)
        (found,) = keys_and_screen.screen()  # nothing is in front
    monkeypatch.undo()
    assert found.verdict is Verdict.FAILED
    with desktop("sway", None, "#!/bin/sh\nprintf 'P6\\n2 1\\n255\\nabcdef'\n", screen.display) as environ:
        live_in(environ, monkeypatch)
        picture, window = keys_and_screen.screen()
    assert (picture.facts["backend"], refused(picture)) == ("grim", [])
    assert "Used: a picture that the program grim takes." in picture.sentence
    assert window.facts["backend"] == "x11_windows_on_wayland"
    assert "only windows of X11 programs" in window.sentence


def test_a_portal_that_takes_no_pictures_is_named_with_its_reason(
    screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desktop("KDE", None, "#!/bin/sh\nprintf 'P6\\n2 1\\n255\\nabcdef'\n", screen.display) as environ:
        live_in(environ, monkeypatch)
        picture, _ = keys_and_screen.screen()
    assert refused(picture) == ["wayland_portal"]
    assert "Not used: a picture that the desktop takes." in picture.sentence
    assert "not installed" in picture.sentence


def test_the_window_in_front_is_known_on_x11(screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(screen.environment, monkeypatch)
    _, window = keys_and_screen.screen()
    assert (window.verdict, window.facts["backend"]) == (Verdict.OK, "x11_windows")


# --- the icon and messages --------------------------------------------------------------------------------

WATCHER = """
import sys
from tests.wayland.service import Service
class Watcher(Service):
    def Properties_Get(self, sender, interface, name):
        assert (interface, name) == ("org.kde.StatusNotifierWatcher", "IsStatusNotifierHostRegistered")
        return "v", (("b", sys.argv[1] == "True"),)
Watcher("org.kde.StatusNotifierWatcher").serve()
"""


@pytest.fixture
def on_a_bus(screen: VirtualScreen) -> Iterator[Environ]:
    """An X11 desktop with a bus."""
    with home() as environ, bus(environ) as with_bus:
        yield {**with_bus, "DISPLAY": screen.display, "XDG_SESSION_TYPE": "x11"}


def test_a_desktop_without_a_place_for_icons_is_said_with_what_to_do(
    on_a_bus: Environ, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_in(on_a_bus, monkeypatch)
    tray, messages = desktop_services.tray()
    assert (tray.verdict, refused(tray)) == (Verdict.WARNING, ["status_notifier", "xembed"])
    assert "the keys and commands work" in tray.sentence and tray.remedy
    assert (messages.verdict, messages.facts["backend"]) == (Verdict.OK, "own_windows")
    live_in({**on_a_bus, "XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}, monkeypatch)
    assert "AppIndicator" in desktop_services.tray()[0].remedy


def test_a_tray_for_x11_programs_is_found(on_a_bus: Environ, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(on_a_bus, monkeypatch)
    with subprocess.Popen(["trayer"], env=on_a_bus, stderr=subprocess.DEVNULL) as trayer:
        try:
            wait_until(lambda: tray_host.find("linux", on_a_bus).name, "the tray is there")
            tray, messages = desktop_services.tray()
        finally:
            trayer.kill()
    assert (tray.verdict, tray.facts["backend"], refused(tray)) == (
        Verdict.OK, "xembed", ["status_notifier"],
    )  # fmt: skip
    assert (messages.facts["backend"], refused(messages)) == ("own_windows", ["notifications"])


def test_notifications_of_the_desktop_are_found(on_a_bus: Environ, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(on_a_bus, monkeypatch)
    with speaking([sys.executable, "-m", "tests.notification_daemon", "[]"], on_a_bus):
        _tray, messages = desktop_services.tray()
    assert (messages.facts["backend"], refused(messages)) == ("notifications", [])


def test_without_a_desktop_no_icon_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    live_in({}, monkeypatch)
    [tray] = desktop_services.tray()
    assert "no desktop" in tray.sentence and not tray.remedy


@pytest.mark.parametrize(("shows", "found"), [(True, "status_notifier"), (False, "")])
def test_a_panel_that_shows_icons_is_found_and_one_without_them_is_not(
    on_a_bus: Environ, shows: bool, found: str
) -> None:
    with speaking(["python3", "-c", WATCHER, str(shows)], {**on_a_bus, "PATH": _path()}):
        host = tray_host.find("linux", {**on_a_bus, "DISPLAY": ""})
    assert host.name == found
    assert shows or "No panel of the desktop shows icons." in host.refused[0]


def _path() -> str:
    import sys

    return os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


def test_windows_and_the_mac_have_their_own_places() -> None:
    assert tray_host.find("darwin", {}).name == "menu_bar"
    assert tray_host.find("win32", {}).refused == ("taskbar: This is not Windows.",)


# --- portals ----------------------------------------------------------------------------------------------


def test_what_the_portal_offers_is_told_with_what_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with desktop("KDE", ALL) as environ:
        live_in(environ, monkeypatch)
        (found,) = desktop_services.portals()
        assert found.verdict is Verdict.OK
        assert found.facts["versions"] == {"GlobalShortcuts": 2, "Screenshot": 3}
        assert refused(found) == ["ProxyResolver"]
        assert "keys for all programs, pictures of the screen" in found.sentence
        monkeypatch.undo()
    with desktop("KDE", ("Screenshot",)) as environ:
        live_in(environ, monkeypatch)
        (found,) = desktop_services.portals()
        assert (found.verdict, "install" in found.remedy) == (Verdict.WARNING, True)


def test_on_x11_no_portal_is_missed(on_a_bus: Environ, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(on_a_bus, monkeypatch)
    (found,) = desktop_services.portals()
    assert (found.verdict, found.facts["versions"], len(refused(found))) == (Verdict.OK, {}, 3)
    assert found.sentence.count("not installed") == 1


# --- the start at sign-in, keys by hand, the keyring ------------------------------------------------------


def test_the_start_at_sign_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with home() as environ:
        live_in(environ, monkeypatch)
        off = desktop_services.start_at_sign_in()
        autostart.here().switch_on(("snapper", "listen"))
        on = desktop_services.start_at_sign_in()
    assert [each.facts["on"] for each in (off, on)] == [False, True]
    assert off.sentence != on.sentence and on.facts["backend"] == "linux_desktop"


def test_a_start_at_sign_in_that_cannot_be_known_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> autostart.Autostart:
        raise Unavailable("It cannot be read.", "Allow it.")

    monkeypatch.setattr(autostart, "here", refuse)
    found = desktop_services.start_at_sign_in()
    assert (found.verdict, found.sentence, found.remedy) == (
        Verdict.WARNING, "It cannot be read.", "Allow it.",
    )  # fmt: skip


def test_keys_in_the_desktops_own_settings_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with desktop("KDE", None) as environ:
        live_in(environ, monkeypatch)
        assert "System Settings, Shortcuts" in desktop_services.binding(CHORD).sentence
        monkeypatch.undo()
    with desktop("sway", None) as environ:
        live_in(environ, monkeypatch)
        assert desktop_services.binding(CHORD).facts["bound"] is False
        monkeypatch.setattr(SwayBinding, "line", lambda self: " ".join(ask_command()))
        assert desktop_services.binding(CHORD).facts["bound"] is True


def test_on_x11_no_keys_of_the_desktop_are_needed(on_a_bus: Environ, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(on_a_bus, monkeypatch)
    assert desktop_services.binding(CHORD).facts["needed"] is False


def test_every_keyring_that_is_not_there_is_told_to_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    with home() as environ:
        live_in(environ, monkeypatch)
        monkeypatch.setattr(vault, "_SAFE", (("Windows", "WinVaultKeyring"), ("macOS", "Keyring")))
        none = here.keyring()
        assert (none.facts["backend"], refused(none)) == ("", ["Windows", "macOS"])
        assert "asked for again" in none.sentence


def test_the_keyring_that_is_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "choice", lambda: ("kwallet", ("libsecret: It is not there.",)))
    found = here.keyring()
    assert "Used: KDE's wallet." in found.sentence
    assert (found.facts["backend"], refused(found)) == ("kwallet", ["libsecret"])


def test_everything_has_a_name_for_people_and_facts_for_programs(
    tmp_path: Path, screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hotkey, "_last_taken", None)
    live_in({**screen.environment, "HOME": str(tmp_path)}, monkeypatch)
    flags = {"outbox.folder": str(tmp_path / "outbox"), "delivery.url": refused_url(), "doctor.tws_hosts": []}
    settings = load(flags={**flags, "doctor.web_hosts": []}, environment={})
    findings = examine(settings, open_outbox(settings), listening=False)
    backends = {
        "chord", "screen", "active window", "tray", "notifications", "portals", "autostart",
        "keys of the desktop", "keyring",
    }  # fmt: skip
    told = {each.name: each for each in findings if "backend" in each.facts}
    assert backends <= set(told) and backends <= set(_SHOWN)
    assert all(isinstance(each.facts["refused"], list) for each in told.values())
    assert json.dumps([dict(each.facts) for each in findings])
