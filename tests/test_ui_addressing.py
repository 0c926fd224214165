"""Where a report goes, chosen and typed in the note window with real keys and the mouse."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.screen import VirtualScreen, virtual_screen, wait_until
from tests.test_ui_note_window import note_is, open_window, paste
from tests.ui_process import UiProcess, ui

SIZE = [640, 400]
DESK = ["our desk", "desk", "https://desk.example", {}]
RT = ["our RT", "rt", "https://rt.example/rt", {"file_bytes": 10_000_000}]
SHAKE = ["shake", "rageshake", "https://shake.example", {"report_bytes": 30_000_000}]
PLACES = (DESK, RT, SHAKE)


@contextlib.contextmanager
def window_with(screen: VirtualScreen, *places: list[Any], **opened: Any) -> Iterator[UiProcess]:
    """The note window with these destinations, open."""
    with ui(screen, "note", "", json.dumps(places)) as window:
        open_window(window, size=SIZE, **opened)
        yield window


def is_now(window: UiProcess, **wanted: Any) -> None:
    """Wait until the window shows this of where the report goes."""

    def there() -> bool:
        found = window.ask("address")
        return all(found[name] == value for name, value in wanted.items())

    with contextlib.suppress(AssertionError):
        wait_until(there, "the address", 10)
    found = window.ask("address")
    assert {name: found[name] for name in wanted} == wanted


def asked(window: UiProcess, name: str, number: str) -> None:
    """Wait until this ticket is to be looked up."""
    wait_until(
        lambda: window.count("ticket_asked") and window.wait("ticket_asked")["asked"] == [name, number],
        f"ticket {number} of {name} is asked for",
    )


# --- the destination --------------------------------------------------------------------------------------


def test_a_single_destination_is_only_named(screen: VirtualScreen) -> None:
    with window_with(screen, DESK) as window:
        state = window.ask("address")
        assert not state["shown"] and state["footer"].startswith("Sends to our desk (desk.example), with")
        screen.press("ctrl+Return")
        assert window.wait("answer")["destination"] == "our desk"


def test_another_destination_is_chosen_by_keys_and_the_footer_follows(screen: VirtualScreen) -> None:
    with window_with(screen, *PLACES) as window:
        first = ["our desk (desk.example)", "our RT (rt.example)", "shake (shake.example)"]
        is_now(window, list=first, shown=True, chosen="our desk")
        screen.press("alt+i")
        screen.press("Down")
        is_now(window, chosen="our RT")
        assert window.ask("address")["footer"].startswith("Sends to our RT (rt.example), with")
        assert window.wait("destination_chosen")["name"] == "our RT"
        screen.press("ctrl+Return")
        assert window.wait("answer")["destination"] == "our RT"
        window.do("finish")
        open_window(window, 2, size=SIZE)
        is_now(window, chosen="our desk")


def test_escape_closes_the_open_list_and_nothing_else(screen: VirtualScreen) -> None:
    with window_with(screen, *PLACES) as window:
        screen.press("alt+i")
        screen.press("alt+Down")
        wait_until(lambda: window.ask("address")["open"], "the list is open")
        screen.press("Escape")
        wait_until(lambda: not window.ask("address")["open"], "the list is closed")
        assert window.count("cancelled") == 0 and window.ask()["visible"]


def test_the_list_has_a_name_and_its_place_among_the_others(screen: VirtualScreen) -> None:
    with window_with(screen, *PLACES) as window:
        names = [name for _, name in window.ask("names")["names"]]
        assert names[:3] == ["What happened?", "Destination", "Ticket number, optional"]
        assert "Alt+I" in [keys for keys, _ in window.ask("mnemonics")["found"]]


def test_the_wheel_changes_no_destination(screen: VirtualScreen) -> None:
    with window_with(screen, *PLACES) as window:
        x, y = window.ask("place", name="Destination")["place"]
        screen.xdotool("mousemove", str(x + 200), str(y), "click", "5", "click", "5")
        screen.type("x")
        note_is(window, "x")
        assert window.ask("address")["chosen"] == "our desk"


def test_what_is_typed_is_told_with_its_destination(screen: VirtualScreen) -> None:
    with window_with(screen, *PLACES) as window:
        screen.press("alt+i")
        screen.press("Down")
        window.wait("edited")
        assert window.wait("edited")["destination"] == "our RT"


def test_what_was_written_earlier_goes_where_it_was_to_go(screen: VirtualScreen) -> None:
    with window_with(screen, *PLACES) as window:
        window.do("restore", note="x", ticket="12", destination="our RT", sentence="Again.")
        asked(window, "our RT", "12")
        is_now(window, chosen="our RT", ticket="12")


@pytest.mark.parametrize("size", ["1366x768", "800x600"])
def test_in_a_small_window_nothing_stands_on_anything_else(size: str) -> None:
    long = ["Kundendienst für Wertpapierhandelsprogramme", "rt", f"https://{'rt.' * 20}example.com", {}]
    with virtual_screen(size) as small, window_with(small, long, *PLACES, ticket="12") as window:
        name, number = window.wait("ticket_asked")["asked"]
        window.do("set_ticket", name=name, number=number, sentence=f"Ticket 12: {'W' * 200}")
        is_now(window, said=f"Ticket 12: {'W' * 200}")
        assert window.ask("address")["elided"].endswith("…")
        assert window.ask("looks")["cut_off"] == []
        window.do("set_logs", files=[["tws.log", 320_000_000, "plain"]])
        assert window.ask("looks")["cut_off"] == []


# --- the ticket -------------------------------------------------------------------------------------------


def type_ticket(screen: VirtualScreen, text: str) -> None:
    """Type into the field for a ticket."""
    screen.press("alt+t")
    screen.type(text)


@pytest.mark.parametrize("text", ["12", "#12", " 12 "])
def test_a_ticket_is_looked_up_when_typing_pauses(screen: VirtualScreen, text: str) -> None:
    with window_with(screen, RT) as window:
        type_ticket(screen, text)
        asked(window, "our RT", "12")
        assert window.ask("address")["said"] == "Looking for ticket 12 at our RT…"
        window.do("set_ticket", name="our RT", number="12", sentence="Ticket 12: <b>Chart</b> freezes")
        is_now(window, said="Ticket 12: <b>Chart</b> freezes")
        screen.press("ctrl+Return")
        assert window.wait("submitted")["ticket"] == "12"


def test_a_look_at_what_is_no_longer_typed_is_not_shown(screen: VirtualScreen) -> None:
    with window_with(screen, RT) as window:
        type_ticket(screen, "12")
        asked(window, "our RT", "12")
        screen.type("3")
        is_now(window, ticket="123")
        window.do("set_ticket", name="our RT", number="12", sentence="Too late.", remedy="Never said.")
        assert "Too late" not in window.ask("address")["said"]
        asked(window, "our RT", "123")
        screen.press("ctrl+Return")
        assert window.wait("submitted")["ticket"] == "123"


def test_a_ticket_known_to_be_closed_is_refused_until_the_field_is_cleared(screen: VirtualScreen) -> None:
    with window_with(screen, RT) as window:
        type_ticket(screen, "12")
        asked(window, "our RT", "12")
        closed = {"sentence": "Ticket 12 of our RT is closed.", "remedy": "Give another one."}
        window.do("set_ticket", name="our RT", number="12", **closed)
        is_now(window, said="Ticket 12 of our RT is closed. Give another one.")
        screen.press("ctrl+Return")
        said = "Ticket 12 of our RT is closed. Give another one."
        wait_until(lambda: window.ask()["problem"] == said, "the refusal")
        assert window.count("submitted") == 0
        assert window.count("ticket_asked") == 2, "it may have been opened again"
        screen.press("Delete")  # the number is selected
        is_now(window, ticket="", said="")
        screen.press("ctrl+Return")
        assert window.wait("submitted")["ticket"] is None


def test_a_ticket_that_was_opened_again_is_taken(screen: VirtualScreen) -> None:
    with window_with(screen, RT) as window:
        type_ticket(screen, "12")
        asked(window, "our RT", "12")
        window.do("set_ticket", name="our RT", number="12", sentence="Closed.", remedy="Another.")
        screen.press("ctrl+Return")
        wait_until(lambda: window.ask()["problem"], "the refusal")
        window.do("set_ticket", name="our RT", number="12", sentence="Ticket 12 is there.")
        screen.press("ctrl+Return")
        assert window.wait("submitted")["ticket"] == "12"


def test_submit_waits_for_no_look(screen: VirtualScreen) -> None:
    with window_with(screen, RT) as window:
        type_ticket(screen, "12")
        asked(window, "our RT", "12")
        screen.press("ctrl+Return")
        assert window.wait("submitted")["ticket"] == "12"


def test_what_is_no_ticket_is_said_softly_and_at_submit(screen: VirtualScreen) -> None:
    with window_with(screen, RT) as window:
        type_ticket(screen, "OPS-12")
        wait_until(lambda: "is not a ticket of our RT" in window.ask("address")["said"], "the soft word")
        assert window.ask()["problem"] == "" and window.count("ticket_asked") == 0
        screen.press("ctrl+Return")
        wait_until(lambda: "“OPS-12” is not a ticket of our RT" in window.ask()["problem"], "the refusal")


def test_an_address_is_taken_apart_and_chooses_its_destination(screen: VirtualScreen) -> None:
    with window_with(screen, *PLACES) as window:
        screen.press("alt+t")
        paste(screen, "https://rt.example/rt/Ticket/Display.html?id=12")
        asked(window, "our RT", "12")
        is_now(window, chosen="our RT", ticket="12")
        screen.press("ctrl+z")  # a person can see again what they pasted
        is_now(window, ticket="https://rt.example/rt/Ticket/Display.html?id=12")


def test_an_address_counts_even_before_typing_pauses(screen: VirtualScreen) -> None:
    with window_with(screen, *PLACES, ticket="https://rt.example/rt/Ticket/Display.html?id=12") as window:
        screen.press("ctrl+Return")
        answer, plain = window.wait("submitted"), window.wait("answer")
        assert (answer["ticket"], plain["destination"]) == ("12", "our RT")


@pytest.mark.parametrize("address", ["https://other.example/12", "http://[", "https://rt.example/rt/x"])
def test_an_address_that_leads_nowhere_is_said(screen: VirtualScreen, address: str) -> None:
    with window_with(screen, *PLACES, ticket=address) as window:
        screen.press("ctrl+Return")
        wait_until(lambda: "address" in window.ask()["problem"], "the refusal")
        assert window.count("submitted") == 0


def test_a_number_that_people_say_otherwise_takes_the_place_of_what_was_pasted(
    screen: VirtualScreen,
) -> None:
    with window_with(screen, RT, ticket="https://rt.example/rt/Ticket/Display.html?id=12") as window:
        asked(window, "our RT", "12")
        window.do("set_ticket", name="our RT", number="12", sentence="Ticket 4012: x", quoted="4012")
        is_now(window, ticket="4012", said="Ticket 4012: x")
        screen.press("ctrl+Return")
        assert window.wait("submitted")["ticket"] == "4012"


def test_a_ticket_is_looked_up_anew_at_another_destination(screen: VirtualScreen) -> None:
    with window_with(screen, *PLACES, ticket="12") as window:
        asked(window, "our desk", "12")
        window.do("set_ticket", name="our desk", number="12", sentence="Closed.", remedy="Another.")
        screen.press("alt+i")
        screen.press("Down")
        asked(window, "our RT", "12")
        assert window.ask("address")["said"] == "Looking for ticket 12 at our RT…"
        screen.press("ctrl+Return")
        assert window.wait("submitted")["ticket"] == "12", "it is closed elsewhere"


def test_a_destination_without_additions_disables_the_field_and_says_why(screen: VirtualScreen) -> None:
    with window_with(screen, *PLACES, ticket="12") as window:
        screen.press("alt+i")
        screen.press("End")
        reason = "shake takes new reports only: nothing can be added to a ticket there."
        is_now(window, chosen="shake", enabled=False, ticket="", said=reason)
        screen.press("Up")
        is_now(window, chosen="our RT", enabled=True, ticket="12")
        screen.press("Down")
        is_now(window, chosen="shake", ticket="")
        screen.press("ctrl+Return")
        assert window.wait("submitted")["ticket"] is None


def test_a_ticket_that_must_be_given_is_for_a_destination_that_takes_one(screen: VirtualScreen) -> None:
    with window_with(screen, SHAKE, RT) as window:
        window.do("preset", to_ticket=True)
        is_now(window, chosen="our RT", enabled=True)
        screen.press("ctrl+Return")
        wait_until(lambda: "number is missing" in window.ask()["problem"], "the question")


def test_where_no_destination_takes_one_it_is_a_new_report(screen: VirtualScreen) -> None:
    with window_with(screen, SHAKE) as window:
        window.do("preset", to_ticket=True)
        screen.press("ctrl+Return")
        assert window.wait("submitted")["ticket"] is None


# --- what it takes ----------------------------------------------------------------------------------------


def test_limits_follow_the_destination(screen: VirtualScreen) -> None:
    with window_with(screen, *PLACES) as window:
        window.do("set_logs", files=[["tws.log", 320_000_000, "plain"]])
        window.do("set_picture_size", size=12_000_000)
        assert window.ask("more")["too_large"] == ""
        screen.press("alt+i")
        screen.press("Down")
        pieces = (
            "This archive (about 40.0 MB packed) goes in 4 pieces: our RT takes at most 10.0 MB in one file."
        )
        wait_until(lambda: window.ask("more")["too_large"] == pieces, "pieces")
        assert window.ask("more")["offer"] == ""
        assert window.ask("address")["picture"] == "Include screenshot (12.0 MB, in 2 pieces)"
        screen.press("Down")
        too_much = "shake (shake.example) takes at most 30.0 MB; these logs are about 40.0 MB packed."
        wait_until(lambda: window.ask("more")["too_large"] == too_much, "the limit")
        assert window.ask("address")["picture"] == "Include screenshot (12.0 MB)"
        screen.press("Home")
        wait_until(lambda: window.ask("more")["too_large"] == "", "no limit is known")


def test_what_another_destination_takes_is_not_shown(screen: VirtualScreen) -> None:
    with window_with(screen, *PLACES) as window:
        window.do("set_logs", files=[["tws.log", 320_000_000, "plain"]])
        window.do("set_limit", limit=1_000_000, name="our RT")
        assert window.ask("more")["too_large"] == ""
        window.do("set_limit", limit=1_000_000, name="our desk")
        assert "takes at most 1.0 MB" in window.ask("more")["too_large"]


def test_a_picture_that_is_too_large_is_told_at_submit(screen: VirtualScreen) -> None:
    with window_with(screen, SHAKE, active=[0, 0, 300, 300]) as window:
        window.do("set_picture_size", size=30_000_001)
        screen.type("x")
        screen.press("ctrl+Return")
        said = "The picture has 30.0 MB, but shake takes at most 30.0 MB in one report."
        wait_until(lambda: window.ask()["problem"].startswith(said), "the refusal")
        assert window.count("submitted") == 0
        screen.press("alt+d")  # this window only
        screen.press("ctrl+Return")
        assert window.wait("submitted")["picture"] == "window"
