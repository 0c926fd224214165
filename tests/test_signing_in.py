"""Who is asked when to sign in to a proxy: once for each, one question at a time, and only while needed."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.screen import wait_until
from snapper.answer import Todo
from snapper.delivery import credentials, vault
from snapper.delivery.causes import Cause
from snapper.delivery.route import Login
from snapper.errors import Obstacle
from snapper.outbox import Outbox
from snapper.report import Report, timestamp
from snapper.signing_in import SigningIn, Then
from snapper.state import Delivery, Entry, State
from tests.test_credentials import forget_all

OFFICE, BRANCH = "proxy.example:3128", "branch.example:8080"


class Window:
    """The window without a screen."""

    def __init__(self) -> None:
        self.address = ""
        self.asked: list[tuple[str, str, bool, bool]] = []
        self.problems: list[str | None] = []

    def ask(self, address: str, user: str, *, wrong: bool, asked_for: bool) -> None:
        self.address = address
        self.asked.append((address, user, wrong, asked_for))

    def set_keyring(self, problem: str | None) -> None:
        self.problems.append(problem)

    def withdraw(self) -> None:
        self.address = ""


class Desk:
    """What surrounds a SigningIn."""

    def __init__(self, folder: Path) -> None:
        self.outbox = Outbox(folder / "outbox")
        self.window = Window()
        self.posted: queue.Queue[Callable[[], None]] = queue.Queue()
        self.delivered: list[str] = []
        self.later: list[str] = []
        self.said: list[str] = []
        then = Then(self.delivered.append, lambda entry: self.later.append(entry.id), self.said.append)
        loop: Any = SimpleNamespace(post=self.posted.put)
        self.signing_in = SigningIn(loop, self.outbox, then)
        self.signing_in._window = self.window  # type: ignore[assignment]

    def report(self, at: str = OFFICE, cause: Cause = Cause.PROXY_WANTS_PASSWORD) -> Entry:
        """A report that met an obstacle."""
        with self.outbox.prepare() as preparation:
            report = Report(preparation.id, timestamp(time.time()), "x")
            preparation.accept(report, Todo())
            preparation.seal(report)
            entry = preparation.publish()
        return self.stands(entry, Delivery(State.BLOCKED, 1, obstacle=Obstacle(cause, at)))

    def stands(self, entry: Entry, delivery: Delivery) -> Entry:
        """Keep how a report stands."""
        with self.outbox.hold(entry.id) as held:
            assert held
            held.record(delivery)
            return held.entry

    def run(self, times: int = 1) -> None:
        """Do what threads have posted."""
        for _ in range(times):
            self.posted.get(timeout=20)()

    def sign_in(self, remember: bool = False) -> None:
        address, self.window.address = self.window.address, ""
        self.signing_in._signed_in(address, Login("anna", "x"), remember)

    def put_off(self) -> None:
        address, self.window.address = self.window.address, ""
        self.signing_in._put_off(address)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """No keyring, nothing remembered."""
    monkeypatch.setattr(vault, "_SAFE", ())
    forget_all()
    yield Desk(tmp_path)
    forget_all()


def test_a_proxy_is_asked_about_once_until_it_is_answered(desk: Desk) -> None:
    first, second = desk.report(), desk.report()
    assert desk.signing_in.wanted(first)
    assert desk.signing_in.wanted(second), "the open question says it all"
    assert desk.window.asked == [(OFFICE, "", False, False)]
    desk.put_off()
    assert desk.later == [first.id]
    assert not desk.signing_in.wanted(second)
    assert len(desk.window.asked) == 1


def test_an_answer_is_kept_and_everything_that_waits_is_tried(desk: Desk) -> None:
    entries = [desk.report(), desk.report(BRANCH)]
    over = desk.report()
    desk.stands(over, Delivery(State.REJECTED))
    desk.signing_in.wanted(entries[0])
    desk.sign_in()
    desk.run(2)
    assert credentials.find(OFFICE) == Login("anna", "x")
    assert sorted(desk.delivered) == sorted(entry.id for entry in entries)
    assert (desk.said, desk.later) == ([], [])


def test_a_login_that_could_not_be_remembered_is_said(desk: Desk) -> None:
    desk.signing_in.wanted(desk.report())
    desk.sign_in(remember=True)
    desk.run(2)
    assert desk.window.problems == ["This computer has no keyring that snapper can use."]
    assert desk.said == [
        "This computer has no keyring that snapper can use. The proxy's login is forgotten when snapper ends."
    ]


def test_a_wrong_password_is_asked_for_again_with_the_user_name(desk: Desk) -> None:
    entry = desk.report()
    desk.signing_in.wanted(entry)
    desk.sign_in()
    desk.run(2)
    wrong = desk.stands(
        entry, Delivery(State.BLOCKED, 2, obstacle=Obstacle(Cause.PROXY_WRONG_PASSWORD, OFFICE))
    )
    assert desk.signing_in.wanted(wrong)
    assert desk.window.asked[-1] == (OFFICE, "anna", True, False)


def test_a_second_proxy_waits_for_its_turn(desk: Desk) -> None:
    desk.signing_in.wanted(desk.report())
    assert desk.signing_in.wanted(desk.report(BRANCH))
    assert desk.window.address == OFFICE
    desk.put_off()
    assert desk.window.address == BRANCH
    desk.put_off()
    assert desk.window.address == ""


def test_a_person_can_ask_to_be_asked_again(desk: Desk) -> None:
    entry = desk.report()
    desk.signing_in.wanted(entry)
    desk.put_off()
    desk.signing_in.open(entry)
    assert desk.window.asked[-1] == (OFFICE, "", False, True)


def test_a_question_opened_over_another_one_does_not_lose_it(desk: Desk) -> None:
    desk.signing_in.wanted(desk.report())
    desk.signing_in.open(desk.report(BRANCH))
    desk.put_off()
    assert desk.window.address == OFFICE


def test_a_question_is_taken_back_when_nothing_waits_for_it_any_more(desk: Desk) -> None:
    entry, other = desk.report(), desk.report(BRANCH)
    desk.signing_in.wanted(entry)
    desk.signing_in.wanted(other)
    desk.signing_in.review()
    assert desk.window.address == OFFICE
    desk.stands(entry, Delivery(State.DELIVERED))
    desk.signing_in.review()
    assert desk.window.address == BRANCH
    desk.outbox.discard(other.id)
    desk.signing_in.review()
    assert desk.window.address == ""
    assert desk.signing_in.wanted(desk.report()), "another time it is asked again"


def test_other_obstacles_are_none_of_its_business(desk: Desk) -> None:
    assert not desk.signing_in.wanted(desk.report(cause=Cause.PROXY_FORBIDS))
    assert not desk.signing_in.wanted(desk.report(at=""))
    assert desk.window.asked == []


def test_whether_there_is_a_keyring_is_found_out_aside(desk: Desk) -> None:
    desk.signing_in.wanted(desk.report())
    assert desk.window.problems == []
    wait_until(lambda: not desk.posted.empty(), "the keyring was looked for")
    desk.run()
    assert desk.window.problems == ["This computer has no keyring that snapper can use."]
