"""Notifications by the desktop's service, on a real bus; it keeps to the specification, or is not there."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.screen import wait_until
from snapper import notices
from snapper.notices import DesktopNotices, Notice
from tests.wayland.stage import Environ, Running, bus, home, speaking

ABLE = ("actions", "body", "body-markup")


@pytest.fixture
def session() -> Iterator[Environ]:
    with home() as empty, bus(empty) as environ:
        yield environ


@contextlib.contextmanager
def daemon(environ: Environ, *able: str) -> Iterator[Running]:
    """A notification service that can do this."""
    with speaking([sys.executable, "-m", "tests.notification_daemon", json.dumps(able)], environ) as running:
        yield running
        assert not running.events("wrong")


class Person:
    """Notices, and what became of them."""

    def __init__(self, environ: Environ) -> None:
        self.clicked: list[str] = []
        self.refused: list[str] = []
        self.notices = DesktopNotices(environ, self.clicked.append)

    def show(self, key: str, title: str = "A title", text: str = "A text.") -> None:
        self.notices.show(Notice(key, title, text), lambda: self.refused.append(key))


@pytest.fixture
def person(session: Environ) -> Iterator[Person]:
    made = Person(session)
    yield made
    made.notices.close()


def test_a_notice_is_shown_and_a_click_tells_which(session: Environ, person: Person) -> None:
    with daemon(session, *ABLE) as desktop:
        person.show("one", "Arrived", "A <b> & C.")
        person.show("two")
        desktop.wait_for("shown", 2)
        first, second = desktop.events("shown")
        assert (first["title"], first["body"]) == ("Arrived", "A &lt;b&gt; &amp; C.")
        assert first["actions"] == ["default", "Open"]
        assert first["hints"]["desktop-entry"] == "desk.snapper.Snapper"
        assert first["expires"] == 0, "it stays until the person has seen it"
        assert first["id"] != second["id"]
        desktop.command(f"click {second['id']}")
        wait_until(lambda: person.clicked == ["two"], "the click is told")
        assert not person.refused


def test_later_news_takes_the_place_of_earlier_ones_while_these_are_seen(
    session: Environ, person: Person
) -> None:
    with daemon(session, *ABLE) as desktop:
        person.show("one")
        first = desktop.wait_for("shown")["id"]
        person.show("one", "Newer")
        assert desktop.wait_for("shown", 2)["id"] == first
        desktop.command(f"expire {first}")
        desktop.wait_for("closed")
        person.show("two")
        desktop.wait_for("shown", 3)
        person.show("one")
        assert desktop.wait_for("shown", 4)["replaces"] == 0


def test_what_a_window_tells_by_now_is_taken_back(session: Environ, person: Person) -> None:
    with daemon(session, *ABLE) as desktop:
        person.show("one")
        number = desktop.wait_for("shown")["id"]
        person.notices.withdraw("two")
        for _ in range(2):
            person.notices.withdraw("one")
        assert desktop.wait_for("closed") == {"event": "closed", "id": number, "reason": 3}
        person.show("two")
        desktop.wait_for("shown", 2)
        assert len(desktop.events("closed")) == 1


def test_a_service_that_can_do_little_gets_no_more(session: Environ, person: Person) -> None:
    with daemon(session, "body") as desktop:
        person.show("one", "A & B", "C <d>.")
        shown = desktop.wait_for("shown")
        assert shown["body"] == "C <d>.\n“snapper outbox” tells more."
        assert shown["actions"] == []
    with daemon(session) as desktop:
        person.show("two", "A & B", "C.")
        shown = desktop.wait_for("shown")
        assert shown["title"].startswith("A & B: C.")
        assert shown["body"] == ""


def test_another_service_knows_nothing_of_the_first(session: Environ, person: Person) -> None:
    with daemon(session, *ABLE) as desktop:
        person.show("one")
        desktop.wait_for("shown")
        desktop.command("end")
        wait_until(lambda: desktop.process.poll() is not None, "the service has ended")
    with daemon(session, *ABLE) as desktop:
        person.show("two")
        assert desktop.wait_for("shown")["replaces"] == 0
        person.show("one")
        assert desktop.wait_for("shown", 2)["replaces"] == 0
        desktop.command(f"click {desktop.events('shown')[0]['id']}")
        wait_until(lambda: person.clicked == ["two"], "its click is that of its own notice")


def test_a_click_that_another_program_claims_is_none(session: Environ, person: Person) -> None:
    with daemon(session, *ABLE) as desktop:
        person.show("one")
        person.show("two")
        desktop.wait_for("shown", 2)
        desktop.command("spoof 1")
        desktop.wait_for("spoofed")
        desktop.command("click 2")
        wait_until(lambda: person.clicked, "the click is told")
        assert person.clicked == ["two"]


def test_without_a_service_it_is_refused_and_shown_once_there_is_one(
    session: Environ, person: Person
) -> None:
    person.show("one")
    wait_until(lambda: person.refused == ["one"], "it is refused")
    with daemon(session, *ABLE) as desktop:
        person.show("two")
        desktop.wait_for("shown")
        assert person.refused == ["one"]


def test_a_service_that_hangs_delays_nobody(
    session: Environ, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_CALL_SECONDS", 0.2)
    with daemon(session, *ABLE) as desktop:
        desktop.command("hang")
        desktop.wait_for("hangs")
        person.show("one")
        wait_until(lambda: person.refused == ["one"], "it is refused")


@pytest.mark.parametrize("address", ["", "unix:path=/nonexistent/bus", "nonsense"])
def test_without_a_bus_it_is_refused_each_time(address: str) -> None:
    person = Person({"DBUS_SESSION_BUS_ADDRESS": address})
    for count in (1, 2):
        person.show("one")
        wait_until(lambda count=count: len(person.refused) == count, "it is refused")
    person.notices.close()


def test_a_bus_that_ends_is_survived() -> None:
    with home() as empty:
        with bus(empty) as environ:
            person = Person(environ)
            with daemon(environ, *ABLE) as desktop:
                person.show("one")
                desktop.wait_for("shown")
        wait_until(lambda: not _running(), "the thread of the notices has ended")
        person.show("two")
        wait_until(lambda: person.refused == ["two"], "it is refused")
        person.notices.close()


def _running() -> bool:
    return any(each.name == "notifications" for each in threading.enumerate())


@given(st.text(), st.text(), st.sets(st.sampled_from(ABLE)))
def test_no_text_breaks_a_notification(title: str, text: str, able: set[str]) -> None:
    summary, body = notices._worded(Notice("", title, text), frozenset(able))
    assert "\0" not in (summary + body).encode().decode()
    assert len(summary.splitlines()) <= 1
    if "body-markup" in able:
        ET.fromstring(f"<text>{''.join(filter(_in_xml, body))}</text>")


def _in_xml(character: str) -> bool:
    return character >= " " and character not in "\ufffe\uffff"


def test_endless_words_are_cut() -> None:
    _title, text = notices._worded(Notice("", "t", "x" * 10**6), frozenset(ABLE))
    assert len(text) < 3000
