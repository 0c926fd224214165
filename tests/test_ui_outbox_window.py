"""The outbox window: rows in words, and what can be done with one."""

from __future__ import annotations

from pathlib import Path

from scripts.screen import VirtualScreen, wait_until
from tests.test_ui_receipt_window import clipboard
from tests.ui_driver import FOR_IT, ID
from tests.ui_process import ui


def test_rows_say_state_receipt_ticket_note_and_size_newest_first(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["delivered", "waiting"])
        window.wait("refresh")
        waiting, delivered = window.ask()["rows"]
        assert delivered[:4] == ["Delivered", "SNP-7K3F-Q2", "1042", "Note 0"]
        assert waiting[:4] == ["Waiting to be sent", "", "new", "Note 1"]
        assert waiting[5] == "40.4 MB"


def test_the_destination_is_shown_where_there_are_several(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["waiting", "delivered"])
        assert "Destination" not in window.ask()["columns"]
        window.do("show", states=["waiting", "delivered"], to="our RT")
        assert window.ask()["columns"][2] == "Destination"
        assert [row[2] for row in window.ask()["rows"]] == ["desk", "our RT"]
    with ui(screen, "outbox", "", "desk", "our RT") as window:
        window.do("show", states=["waiting"])
        assert [row[2] for row in window.ask()["rows"]] == ["desk"]


def test_a_long_destination_leaves_room_for_the_note(screen: VirtualScreen) -> None:
    with ui(screen, "outbox", "", "desk") as window:
        window.do("show", states=["delivered"], to="W" * 60)
        state = window.ask()
        assert state["rows"][0][2] == f"{'W' * 27}…"
        assert state["headline"] == f"Delivered: SNP-7K3F-Q2, ticket 1042 at {'W' * 60}"


def test_what_support_needs_is_copied(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["delivered"], to="our RT")
        window.do("click", name="Copy receipt")
        expected = "Receipt SNP-7K3F-Q2\nTicket 1042 at our RT\nhttps://desk.example/tickets/1042"
        wait_until(lambda: clipboard(screen) == expected, "the clipboard")


def test_the_ticket_is_opened_by_keys(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["delivered"])
        wait_until(lambda: screen.focused_title() == "Outbox – snapper", "it has the keyboard")
        screen.press("alt+o")
        assert window.wait("opened")["url"] == "https://desk.example/tickets/1042"


def test_unconfirmed_says_what_to_do(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["unconfirmed"])
        assert window.ask()["status"] == "Ask support whether it is there."


def test_a_waiting_report_says_why_and_when_it_is_tried_again(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["blocked"])
        status = window.ask()["status"]
        assert status.startswith(
            "Your proxy wants a password. Enter it in the settings. It is tried again at "
        )


def test_new_entries_keep_the_selected_one(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["waiting", "waiting"])
        window.do("select", row=1)
        window.do("set", states=["waiting", "waiting", "waiting"])
        assert window.ask()["chosen"] == ID.format(0)


def test_retry_is_for_what_has_not_arrived(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["delivered"])
        assert not window.ask()["retry"]
        window.do("set", states=["rejected"])
        window.do("click", name="Try again")
        assert window.wait("retry")["id"] == ID.format(0)


def test_discard_asks_first_and_keeping_is_the_default(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["waiting"])
        wait_until(lambda: screen.focused_title().startswith("Outbox"), "the focus")
        window.do("click", name="Discard…")
        assert window.ask()["confirming"]
        screen.press("space")
        wait_until(lambda: not window.ask()["confirming"], "the question goes")
        assert window.count("discard") == 0
        window.do("click", name="Discard…")
        window.do("click", name="Discard")
        assert window.wait("discard")["id"] == ID.format(0)


def test_a_question_about_one_report_never_discards_another(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["waiting", "waiting"])
        window.do("click", name="Discard…")
        window.do("select", row=1)
        assert not window.ask()["confirming"]


def test_export_asks_for_a_folder(screen: VirtualScreen, tmp_path: Path) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["waiting"])
        window.do("choose_folder", folder=str(tmp_path))
        exported = window.wait("export")
        assert (exported["id"], exported["folder"]) == (ID.format(0), str(tmp_path))
        window.do("saved", sentence="Saved.", path="/x/snapper-1.zip")
        assert window.ask()["said"] == "Saved. The path of the zip is on the clipboard."
        wait_until(lambda: clipboard(screen) == "/x/snapper-1.zip", "the clipboard")


def test_an_obstacle_offers_a_sign_in_and_a_text_for_it(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["waiting", "proxy"])
        state = window.ask()
        assert state["status"].startswith("The proxy proxy.example:3128 wants a user name and a password")
        assert (state["sign_in"], state["for_it"]) == (True, True)
        window.do("click", name="Copy text for IT")
        wait_until(lambda: clipboard(screen) == FOR_IT, "the clipboard")
        window.do("click", name="Sign in to the proxy…")
        assert window.wait("sign_in")["id"] == ID.format(1)
        window.do("select", row=1)
        state = window.ask()
        assert (state["sign_in"], state["for_it"]) == (False, False)


def test_what_the_network_stopped_can_be_tried_again(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["stopped"])
        window.do("click", name="Try again")
        assert window.wait("retry")["id"] == ID.format(0)


def test_an_empty_outbox_says_so(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=[])
        assert window.ask()["empty"]


def test_escape_closes_and_f5_refreshes(screen: VirtualScreen) -> None:
    with ui(screen, "outbox") as window:
        window.do("show", states=["waiting"])
        wait_until(lambda: screen.focused_title().startswith("Outbox"), "the focus")
        screen.press("F5")
        window.wait("refresh", 2)
        screen.press("Escape")
        wait_until(lambda: not screen.window("Outbox – snapper"), "it closes")
