"""The acknowledgement: what it says, and that it never takes the keyboard focus."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.screen import VirtualScreen, wait_until
from tests.ui_process import UiProcess, ui


def clipboard(screen: VirtualScreen) -> str:
    """What is on the clipboard."""
    done = subprocess.run(
        ["xclip", "-o", "-selection", "clipboard"],
        env=screen.environment, capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
    return done.stdout


def click(screen: VirtualScreen, window: UiProcess, across: float, down: float) -> None:
    """A real click at a place of the window, as parts of its size."""
    left, top, width, height = window.ask()["place"]
    screen.xdotool("mousemove", str(int(left + width * across)), str(int(top + height * down)), "click", "1")


def visible(screen: VirtualScreen) -> bool:
    return bool(screen.window("Receipt – snapper"))


def test_keys_go_to_the_program_underneath_all_the_time(screen: VirtualScreen) -> None:
    """While it appears, is clicked, is replaced and closes."""
    with ui(screen, "underneath") as below, ui(screen, "receipt") as window:
        wait_until(lambda: screen.focused_title() == "underneath", "focus below")
        before = screen.focused()
        screen.type("a")
        window.do("delivered")
        wait_until(lambda: visible(screen), "the receipt")
        screen.type("b")
        click(screen, window, 0.5, 0.15)
        screen.type("c")
        window.do("problem", sentence="It failed.", next_sentence="It is tried again at 14:05.")
        window.ask()
        screen.type("d")
        window.do("click", name="Close")
        window.wait("closed")
        wait_until(lambda: not visible(screen), "the receipt closes")
        screen.type("e")
        wait_until(lambda: below.events[-1].get("text") == "abcde", "all letters below")
        assert screen.focused() == before


def test_says_code_and_contents_at_the_bottom_right(screen: VirtualScreen) -> None:
    with ui(screen, "receipt") as window:
        window.do("delivered")
        state = window.ask()
        assert state["code"] == "SNP-7K3F-Q2"
        assert state["explain"] == "Support does not watch uploads: quote this number."
        assert state["rows"][:4] == [
            ["Your note", "23 characters"],
            ["screenshot.png", "1.3 MB"],
            ["logs.zip", "39.1 MB"],
            ["launcher.log", "48.2 kB"],
        ]
        assert state["rows"][4] == ["djgblkjyvm/tws.20261121.081502.ibgzenc, encrypted by TWS", "8.4 MB"]
        left, top, width, height = state["place"]
        assert 1280 - 40 <= left + width <= 1280 and 800 - 40 <= top + height <= 800


def test_copy_and_link_work_with_the_mouse(screen: VirtualScreen) -> None:
    with ui(screen, "receipt") as window:
        window.do("delivered")
        wait_until(lambda: visible(screen), "the receipt")
        click(screen, window, 0.12, 0.92)
        expected = "Receipt SNP-7K3F-Q2\nTicket 1042\nhttps://desk.example/tickets/1042"
        wait_until(lambda: clipboard(screen) == expected, "the clipboard")
        window.do("click", name="Open ticket 1042")
        assert window.wait("opened")["url"] == "https://desk.example/tickets/1042"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "javascript:alert(1)", "desk", "https://"])
def test_only_web_links_are_offered(screen: VirtualScreen, url: str) -> None:
    with ui(screen, "receipt") as window:
        window.do("delivered", url=url)
        assert not window.ask()["link"]


def test_a_failure_says_what_happens_next(screen: VirtualScreen) -> None:
    with ui(screen, "receipt") as window:
        window.do("problem", sentence="Your proxy wants a password.", next_sentence="Tried again at 14:05.")
        state = window.ask()
        assert (state["code"], state["rows"]) == ("", [])
        assert state["problem"] == "Your proxy wants a password."
        assert state["explain"] == "Tried again at 14:05."


def test_a_failure_can_be_saved_for_sending_by_hand(screen: VirtualScreen, tmp_path: Path) -> None:
    with ui(screen, "receipt") as window:
        window.do("problem", sentence="A firewall.", next_sentence="Later.", report_id="abc")
        assert window.ask()["buttons"] == ["Save for sending by hand…"]
        window.do("choose_folder", folder=str(tmp_path))
        exported = window.wait("export")
        assert (exported["id"], exported["folder"]) == ("abc", str(tmp_path))
        window.do("saved", sentence="Saved in the folder x.", path="/x/snapper-1.zip")
        assert window.ask()["said"] == "Saved in the folder x. The path of the zip is on the clipboard."
        wait_until(lambda: clipboard(screen) == "/x/snapper-1.zip", "the clipboard")
        window.do("problem", sentence="Another.", next_sentence="Later.")
        state = window.ask()
        assert (state["said"], state["buttons"][:1]) == ("", ["1 earlier result: see the outbox"])


def test_a_folder_chosen_late_is_for_the_report_it_was_asked_for(
    screen: VirtualScreen, tmp_path: Path
) -> None:
    with ui(screen, "receipt") as window:
        window.do("problem", sentence="One.", next_sentence="Later.", report_id="one")
        window.do("click", name="Save for sending by hand…")
        wait_until(lambda: bool(screen.window("Folder to save")), "the question for a folder")
        window.do("problem", sentence="Two.", next_sentence="Later.", report_id="two")
        screen.xdotool("windowactivate", "--sync", screen.window("Folder to save"))
        screen.type(str(tmp_path))
        screen.press("Return")
        assert window.wait("export")["id"] == "one"


def test_the_text_for_it_is_copied_and_offered_only_where_there_is_one(screen: VirtualScreen) -> None:
    with ui(screen, "receipt") as window:
        text = "Please allow desk.example:443."
        window.do("problem", sentence="A firewall.", next_sentence="Later.", text_for_it=text)
        window.do("click", name="Copy text for the IT department")
        wait_until(lambda: clipboard(screen) == text, "the clipboard")
        assert window.ask()["buttons"] == ["Copied"]
        window.do("problem", sentence="A firewall.", next_sentence="Later.", text_for_it="Another text.")
        assert "Copy text for IT" in window.ask()["buttons"]
        window.do("delivered")
        assert "Copy text for IT" not in window.ask()["buttons"]


def test_unconfirmed_is_said_as_such(screen: VirtualScreen) -> None:
    with ui(screen, "receipt") as window:
        window.do("unconfirmed", sentence="Nothing proves that it was stored.")
        state = window.ask()
        assert (state["code"], state["problem"]) == ("SNP-7K3F-Q2", "Nothing proves that it was stored.")


TAG = "snp0123456789a0"
AT_RT = {"to": "our RT", "code": TAG, "ticket": "12", "url": "https://rt.example/12"}


def test_elsewhere_than_at_a_desk_the_ticket_is_large_and_the_tag_beside_it(screen: VirtualScreen) -> None:
    with ui(screen, "receipt") as window:
        window.do("delivered", **AT_RT)
        state = window.ask()
        assert (state["code"], state["link"]) == ("Ticket 12", True)
        assert state["beside"] == f"Support finds it at our RT by searching for {TAG}, too."
        window.do("click", name="Copy what support needs to find it")
        expected = f"Ticket 12 at our RT\nhttps://rt.example/12\nSearch for {TAG}"
        wait_until(lambda: clipboard(screen) == expected, "the clipboard")
        window.do("click", name="Open ticket 12")
        assert window.wait("opened")["url"] == "https://rt.example/12"


def test_unconfirmed_without_a_number_says_what_to_search_for(screen: VirtualScreen) -> None:
    with ui(screen, "receipt") as window:
        window.do("unconfirmed", sentence="Nothing proves it.", to="shake", code=TAG, ticket=TAG, url="none")
        state = window.ask()
        assert (state["code"], state["link"], state["problem"]) == (TAG, False, "Nothing proves it.")
        assert "searching at shake for this" in state["beside"]
        assert state["explain"].startswith("Ask support whether it is there")


def test_the_newest_replaces_and_the_earlier_are_counted(screen: VirtualScreen) -> None:
    with ui(screen, "receipt") as window:
        window.do("delivered")
        assert window.ask()["more"] == ""
        window.do("delivered", code="SNP-0000-00")
        state = window.ask()
        assert (state["code"], state["more"]) == ("SNP-0000-00", "1 earlier result: see the outbox")
        window.do("click", name="1 earlier result: see the outbox")
        window.wait("outbox_asked")
        window.do("click", name="Close")
        window.do("delivered")
        assert window.ask()["more"] == ""
