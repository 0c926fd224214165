"""Where reports can go, and what is asked of the places there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from snapper.config import Settings
from snapper.delivery.endpoints import Ticket
from snapper.destinations import Destination
from snapper.errors import NotReached, UsageError
from snapper.sources import ThisMachine

RT = Destination("our RT", "rt", "https://rt.example")
SHAKE = Destination("shake", "rageshake", "https://shake.example")


def machine(connect: Callable[[str], Any] = lambda name: None, **settings: Any) -> ThisMachine:
    """This machine with these settings."""
    return ThisMachine(Settings(outbox_folder=Path("unused"), **settings), connect)


def names(**settings: Any) -> list[str]:
    """What the note window offers with these settings."""
    return [each.name for each in machine(**settings).destinations]


def test_the_usual_destination_comes_first() -> None:
    url = "https://desk.example"
    assert names(others=(RT, SHAKE), delivery_to="shake", delivery_url=url) == ["shake", "desk", "our RT"]
    assert names(others=(RT,)) == ["desk", "our RT"]
    assert names() == ["desk"]


@pytest.mark.parametrize(
    ("more", "offered"),
    [
        ({}, False),
        ({"delivery_url": "https://desk.example"}, True),
        ({"delivery_token": "t"}, True),
        ({"others": (RT, Destination("desk", "desk", "http://127.0.0.1:8765"))}, True),
    ],
)
def test_a_desk_that_nobody_set_up_is_not_offered(more: dict[str, Any], offered: bool) -> None:
    assert ("desk" in names(**{"others": (RT,), "delivery_to": "our RT"} | more)) is offered


def test_the_room_of_each_destination_is_asked_once() -> None:
    asked: list[str] = []

    def connect(name: str) -> Any:
        asked.append(name)
        return SimpleNamespace(room=lambda: len(asked))

    sources = machine(connect)
    assert [sources.room(name) for name in ("a", "b", "a", "b")] == [1, 2, 1, 2]
    assert asked == ["a", "b"]


@pytest.mark.parametrize("error", [NotReached("Nothing answers."), UsageError("“x” is gone.")])
def test_the_room_of_what_cannot_be_asked_is_not_known(error: Exception) -> None:
    """Also when a report that a crash interrupted goes where the settings no longer lead."""

    def connect(name: str) -> Any:
        raise error

    assert machine(connect).room("x") is None


def test_the_largest_file_is_known_from_the_settings() -> None:
    whole = Destination("whole", "rageshake", "https://shake.example", file_bytes=5_000_000)
    pieces = Destination("pieces", "rt", "https://rt.example", file_bytes=5_000_000)
    sources = machine(others=(whole, pieces))
    assert [sources.largest(name) for name in ("whole", "pieces", "gone")] == [5_000_000, None, None]


def test_a_ticket_is_looked_up_where_it_is() -> None:
    connect = {"our RT": SimpleNamespace(ticket=lambda number: Ticket(number, "Chart freezes"))}.__getitem__
    assert machine(connect).ticket("our RT", "12") == Ticket("12", "Chart freezes")
