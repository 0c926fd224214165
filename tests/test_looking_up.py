"""What the note window is told of a destination and a ticket, whatever comes back, and until it is closed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from snapper.delivery.endpoints import Ticket
from snapper.looking_up import LookUp


def looking(told: list[Any], ticket: Callable[[str, str], Ticket]) -> LookUp:
    """A looking up that appends what it shows to `told`; everything posted is done at once."""
    window = SimpleNamespace(set_ticket=told.append, set_limit=lambda *room: told.append(room))
    sources = SimpleNamespace(ticket=ticket, room=lambda name: len(name), words=())
    loop, windows = SimpleNamespace(post=lambda action: action()), SimpleNamespace()
    parts: tuple[Any, ...] = (loop, window, windows, sources, None, 0, Path("unused"))
    return LookUp(*parts)


def test_a_ticket_and_a_room_are_shown_until_the_window_is_closed() -> None:
    told: list[Any] = []
    look_up = looking(told, lambda name, number: Ticket(number, f"at {name}"))
    look_up._look_at_ticket("our RT", "12")
    look_up._ask_for_room("our RT")
    assert (told[0].sentence, told[1]) == ("Ticket 12: at our RT", ("our RT", 6))
    look_up.end()
    look_up._look_at_ticket("our RT", "13")
    look_up._ask_for_room("our RT")
    assert len(told) == 2


def test_a_mistake_of_ours_leaves_nobody_waiting_and_is_reported() -> None:
    told: list[Any] = []

    def mistake(name: str, number: str) -> Ticket:
        raise KeyError("Subject")

    with pytest.raises(KeyError):
        looking(told, mistake)._look_at_ticket("our RT", "12")
    (look,) = told
    assert look.sentence.startswith("Ticket 12 could not be looked up") and not look.remedy
