"""How reports end is told: soon in a window, later by a notification whose click opens it.

A trader types all the while, and every key arrives at TWS.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import wait_until
from snapper.answer import Todo
from snapper.outbox import Outbox
from snapper.report import Report, timestamp
from snapper.state import State
from tests.desks import Desk, desk_at, refused_url
from tests.journeys.stage import SNAPPER, Stage, running, stage, unused_port
from tests.wayland.stage import Environ, Running, bus, home, speaking

ABLE = ["actions", "body", "body-markup", "persistence"]
RECEIPT = "Receipt – snapper"
HOUR = 3600.0


@pytest.fixture
def session() -> Iterator[Environ]:
    with home() as empty, bus(empty) as environ:
        yield environ


@pytest.fixture
def desktop(session: Environ) -> Iterator[Running]:
    """A desktop that shows notifications."""
    command = [sys.executable, "-m", "tests.notification_daemon", json.dumps(ABLE)]
    with speaking(command, session) as daemon:
        yield daemon
        assert not daemon.events("wrong")


@pytest.fixture
def world(session: Environ, tmp_path: Path) -> Iterator[tuple[Stage, Desk]]:
    """A stage and a desk on the session's bus."""
    told = {"DBUS_SESSION_BUS_ADDRESS": session["DBUS_SESSION_BUS_ADDRESS"]}
    with desk_at(tmp_path / "desk") as desk, stage(tmp_path, {**desk.environment, **told}) as ready:
        yield ready, desk


def earlier(outbox: Outbox, age: float = HOUR, note: str = "It froze.") -> str:
    """A report submitted so many seconds ago, which waits; its id."""
    with outbox.prepare() as preparation:
        draft = Report(preparation.id, timestamp(time.time() - age), note)
        preparation.accept(draft, Todo())
        preparation.seal(draft)
        return preparation.publish().id


class Typing:
    """Somebody who types into TWS without a pause."""

    def __init__(self, ready: Stage) -> None:
        self._ready = ready
        self._typed = ""
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._type)

    def _type(self) -> None:
        while not self._done.is_set():
            self._ready.screen.type("buysell", delay_ms=8)
            self._typed += "buysell"

    def __enter__(self) -> Typing:
        self._thread.start()
        wait_until(lambda: self._ready.typed_underneath(), "the first keys arrive")
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        wait_until(lambda: self._ready.typed_underneath() == self._typed, "every key went to TWS")


def receipt_shown(ready: Stage) -> bool:
    return bool(ready.screen.window(RECEIPT))


def test_what_arrives_late_is_a_notification_and_its_click_shows_the_receipt(
    world: tuple[Stage, Desk], desktop: Running
) -> None:
    ready, _ = world
    earlier(ready.outbox)
    with Typing(ready), ready.listener():
        [entry] = ready.wait_for_state(State.DELIVERED)
        shown = desktop.wait_for("shown")
        assert entry.delivery.receipt
        assert shown["title"] == "Your report has arrived"
        assert entry.delivery.receipt.code in shown["body"]
        assert "It froze." not in shown["body"]
        assert not receipt_shown(ready)
        desktop.command(f"click {shown['id']}")
        wait_until(lambda: receipt_shown(ready), "the receipt")
        ready.tws_has_focus()
    assert len(desktop.events("shown")) == 1


def test_what_fails_late_is_a_notification_that_the_receipt_replaces(
    world: tuple[Stage, Desk], desktop: Running
) -> None:
    ready, _ = world
    earlier(ready.outbox)
    down = {**ready.environment, "SNAPPER_DELIVERY_URL": refused_url()}
    with running([*SNAPPER, "listen"], down):
        shown = desktop.wait_for("shown")
        assert shown["title"] == "Your report has not been sent yet"
        desktop.command(f"click {shown['id']}")
        wait_until(lambda: receipt_shown(ready), "what happened")
        ready.tws_has_focus()


def test_without_notifications_it_is_a_window_that_does_not_take_the_keyboard(
    world: tuple[Stage, Desk],
) -> None:
    ready, _ = world
    earlier(ready.outbox)
    with Typing(ready), ready.listener():
        wait_until(lambda: receipt_shown(ready), "the receipt")
        ready.tws_has_focus()
        told = subprocess.run(
            ["xprop", "-id", ready.screen.window(RECEIPT), "_NET_WM_USER_TIME"],
            env=ready.environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert told.strip().endswith("= 0"), "the window manager is told that nobody asked for it"


def test_what_was_just_submitted_is_told_in_the_window_only(
    world: tuple[Stage, Desk], desktop: Running
) -> None:
    ready, _ = world
    with ready.asked():
        ready.submit("now")
        wait_until(lambda: receipt_shown(ready), "the receipt")
        ready.tws_has_focus()
    assert not desktop.events("shown")


def test_the_window_of_a_report_is_brought_up_to_date_when_it_arrives_late(
    session: Environ, desktop: Running, tmp_path: Path
) -> None:
    """What is on the screen must not go on saying that the report was not sent."""
    port = unused_port()
    told = {"DBUS_SESSION_BUS_ADDRESS": session["DBUS_SESSION_BUS_ADDRESS"]}
    with contextlib.ExitStack() as parts:
        with desk_at(tmp_path / "desk", port) as desk:  # it makes its token, and is down again
            ready = parts.enter_context(stage(tmp_path, {**desk.environment, **told}))
        earlier(ready.outbox)
        parts.enter_context(ready.listener())
        desktop.command(f"click {desktop.wait_for('shown')['id']}")
        window = wait_until(lambda: ready.screen.window(RECEIPT), "what happened")
        before = ready.screen.xdotool("getwindowgeometry", window)
        parts.enter_context(desk_at(tmp_path / "desk", port))
        wait_until(lambda: ready.outbox.entries()[0].state is State.DELIVERED, "it arrives", 60)
        wait_until(lambda: ready.screen.xdotool("getwindowgeometry", window) != before, "the window tells")
        ready.tws_has_focus()
    assert len(desktop.events("shown")) == 1
