"""The chord through the desktop's portal, on a real bus; the portal keeps to the contract, or does not."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import wait_until
from snapper.errors import Unavailable
from snapper.hotkey.chord import parse_chord
from snapper.hotkey.presses import Press
from snapper.hotkey.wayland_portal import PortalShortcut, trigger
from tests.wayland.stage import Environ, Running, bus, fake_portal, home

CHORD = parse_chord("Ctrl+Alt+H")


@pytest.fixture
def session() -> Iterator[Environ]:
    with home() as empty, bus(empty) as environ:
        yield environ


class Ear:
    """A shortcut that listens, what it told of, and what it lost."""

    def __init__(self, environ: Environ) -> None:
        self.presses: list[Press] = []
        self.lost: list[Unavailable] = []
        self.told: list[str] = []
        self.hotkey = PortalShortcut(CHORD, environ, self.lost.append, self.told.append)

    def wait_for(self, count: int) -> None:
        wait_until(lambda: len(self.presses) >= count, f"{count} presses told")


@contextlib.contextmanager
def listening(environ: Environ) -> Iterator[Ear]:
    ear = Ear(environ)
    ear.hotkey.start(ear.presses.append)
    try:
        yield ear
    finally:
        ear.hotkey.stop()


def settled(portal: Running, ear: Ear) -> None:
    """All that was said so far has arrived: a press after it has."""
    count = len(ear.presses)
    portal.command("press")
    ear.wait_for(count + 1)


@pytest.mark.parametrize(
    ("chord", "written"),
    [
        ("Ctrl+Alt+H", "CTRL+ALT+h"),
        ("Ctrl+Shift+F9", "CTRL+SHIFT+F9"),
        ("Win+Alt+PageUp", "ALT+LOGO+Page_Up"),
        ("Pause", "Pause"),
        ("Ctrl+Alt+/", None),
        ("Ctrl+Alt+PrintScreen", "CTRL+ALT+Print"),
        ("Ctrl+Alt+7", "CTRL+ALT+7"),
    ],
)
def test_chords_are_written_as_the_portal_reads_them(chord: str, written: str | None) -> None:
    assert trigger(parse_chord(chord if written else "Ctrl+Alt+Slash")) == (written or "CTRL+ALT+slash")


def test_the_desktop_is_asked_for_the_chord_under_a_name_and_its_presses_are_told(session: Environ) -> None:
    with fake_portal(session) as portal, listening(session) as ear:
        assert portal.wait_for("session")["app"] == "desk.snapper.Snapper"
        assert portal.wait_for("bind") == {"event": "bind", "id": "report", "trigger": "CTRL+ALT+h"}
        portal.command("press")
        portal.command("press")
        ear.wait_for(2)
        wait_until(lambda: "Ctrl+Alt+H" in "".join(ear.hotkey.notes), "the keys are told")
        assert len(ear.presses) == 2 and not ear.lost


def test_keys_that_were_given_before_are_not_asked_for_again(session: Environ) -> None:
    with fake_portal(session, remembered=True) as portal, listening(session) as ear:
        settled(portal, ear)
        assert portal.events("bind") == []
        assert ear.hotkey.notes == ("The desktop calls the keys “kept keys”.",)
        assert ear.told == []  # whoever started it reads the notes then


def test_an_old_portal_that_takes_no_names_gives_keys_as_well(session: Environ) -> None:
    with fake_portal(session, registry=False) as portal, listening(session) as ear:
        settled(portal, ear)
        assert portal.wait_for("session")["app"] == ""


def test_start_does_not_wait_for_the_person(session: Environ) -> None:
    with fake_portal(session, keys="later") as portal, listening(session) as ear:
        portal.wait_for("bind")
        portal.command("answer 0")
        wait_until(lambda: ear.told, "the answer has arrived")
        settled(portal, ear)
        assert ear.told == [*ear.hotkey.notes]
        assert not ear.lost


@pytest.mark.parametrize(
    ("answer", "said"),
    [("no", "answered with no"), ("nonsense", "makes no sense"), ("empty", "did not say that it took")],
)
def test_what_comes_to_nothing_later_is_told_in_words(session: Environ, answer: str, said: str) -> None:
    with fake_portal(session, keys=answer), listening(session) as ear:
        wait_until(lambda: ear.lost, "the loss is told")
        assert said in ear.lost[0].sentence and "Ctrl+Alt+H" in ear.lost[0].sentence
        assert ear.lost[0].remedy


def test_an_answer_that_names_nothing_does_not_end_the_listening(session: Environ) -> None:
    with fake_portal(session, keys="empty") as portal, listening(session) as ear:
        wait_until(lambda: ear.lost, "it is told")
        settled(portal, ear)


def test_other_shortcuts_and_other_programs_are_not_heard(session: Environ) -> None:
    with fake_portal(session) as portal, listening(session) as ear:
        settled(portal, ear)
        portal.command("press other")
        portal.command("spoof report")
        portal.wait_for("spoofed")
        settled(portal, ear)
        assert len(ear.presses) == 2


def test_other_keys_chosen_in_the_settings_are_told(session: Environ) -> None:
    with fake_portal(session) as portal, listening(session) as ear:
        settled(portal, ear)
        portal.command("change Super+J")
        settled(portal, ear)
        assert ear.hotkey.notes == ("The desktop calls the keys “Super+J”.",)
        assert ear.told[-1] == "The desktop calls the keys “Super+J”."


@pytest.mark.parametrize("command", ["close", "end"])
def test_a_session_that_ends_is_told(session: Environ, command: str) -> None:
    with fake_portal(session) as portal, listening(session) as ear:
        settled(portal, ear)
        portal.command(command)
        wait_until(lambda: ear.lost, "the end is told")
        assert "has ended" in ear.lost[0].sentence


def test_a_bus_that_ends_is_told() -> None:
    with home() as empty, contextlib.ExitStack() as stack:
        signed_in = stack.enter_context(contextlib.ExitStack())
        environ = signed_in.enter_context(bus(empty))
        portal = stack.enter_context(fake_portal(environ))
        ear = stack.enter_context(listening(environ))
        settled(portal, ear)
        signed_in.close()
        wait_until(lambda: ear.lost, "the end is told")


def test_the_chord_is_given_back_when_listening_stops(session: Environ) -> None:
    with fake_portal(session) as portal:
        with listening(session) as ear:
            settled(portal, ear)
        assert "snapper-hotkey" not in [thread.name for thread in threading.enumerate()]
        ear.hotkey.stop()
        portal.wait_for("session ended")
        with listening(session) as again:
            settled(portal, again)


def test_it_may_be_stopped_from_a_press(session: Environ) -> None:
    with fake_portal(session) as portal:
        hotkey = PortalShortcut(CHORD, session)
        hotkey.start(lambda press: hotkey.stop())
        portal.wait_for("bind")
        portal.command("press")
        portal.wait_for("session ended")


def test_it_may_be_stopped_from_where_the_loss_is_told(session: Environ) -> None:
    with fake_portal(session, keys="no"):
        stopped = threading.Event()

        def lost(refusal: Unavailable) -> None:
            hotkey.stop()
            stopped.set()

        hotkey = PortalShortcut(CHORD, session, lost)
        hotkey.start(lambda press: None)
        assert stopped.wait(20)


def test_a_portal_that_does_not_start_says_so() -> None:
    with home() as empty:
        services = Path(empty["XDG_DATA_HOME"], "dbus-1", "services")
        services.mkdir(parents=True)
        name = "org.freedesktop.portal.Desktop"
        (services / f"{name}.service").write_text(f"[D-BUS Service]\nName={name}\nExec=/bin/false\n")
        with bus(empty, services=True) as environ, pytest.raises(Unavailable, match="is not installed"):
            PortalShortcut(CHORD, environ)


def test_a_portal_without_keys_says_so(session: Environ) -> None:
    with fake_portal(session, parts=["Screenshot"]), pytest.raises(Unavailable, match="does not offer it"):
        PortalShortcut(CHORD, session)


def test_a_desktop_without_a_portal_says_so(session: Environ) -> None:
    with pytest.raises(Unavailable, match="is not installed") as refusal:
        PortalShortcut(CHORD, session)
    assert "xdg-desktop-portal" in refusal.value.remedy


@pytest.mark.parametrize("address", ["", "unix:path=/nonexistent/bus", "no address at all", "tcp:host=::"])
def test_without_a_bus_it_says_so(session: Environ, address: str) -> None:
    gone = {**session, "DBUS_SESSION_BUS_ADDRESS": address}
    with pytest.raises(Unavailable, match="cannot be asked from here"):
        PortalShortcut(CHORD, gone)
