"""The note window's questions about privacy, its findings and its looks, with real keys and the mouse."""

from __future__ import annotations

import json

import pytest

from scripts.screen import VirtualScreen, virtual_screen, wait_until
from tests.test_ui_logs_box import FILES, TWO
from tests.test_ui_note_window import note_is, open_window
from tests.ui_process import UiProcess, ui

SIZE = [640, 400]


def test_a_class_is_switched_off_by_keys_and_the_line_says_so(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=SIZE)
        screen.press("alt+h")
        wait_until(lambda: screen.focused_title().startswith("What is replaced"), "the panel")
        assert window.ask("more")["secrets"] is False
        screen.press("space")  # the first box that can be changed
        screen.press("Return")
        wait_until(lambda: not window.ask("more")["panel"], "no panel")
        assert "Support will see: account numbers." in window.ask("more")["privacy"]
        wait_until(lambda: screen.focused_title().startswith("Report"), "focus back")
        screen.press("ctrl+Return")
        assert window.wait("answer")["keep"] == ["accounts"]


def test_escape_in_the_panel_changes_nothing(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        window.do("preset_privacy", keep=["orders", "secrets"])
        open_window(window, size=SIZE)
        screen.press("alt+h")
        wait_until(lambda: screen.focused_title().startswith("What is replaced"), "the panel")
        screen.press("space")
        screen.press("Escape")
        wait_until(lambda: not window.ask("more")["panel"], "no panel")
        wait_until(lambda: screen.focused_title().startswith("Report"), "focus back")
        screen.press("ctrl+Return")
        assert window.wait("answer")["keep"] == ["orders"], "secrets are never kept"


def test_the_account_is_sent_as_written_and_forgotten(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=SIZE)
        screen.press("alt+n")
        screen.type("trader7")
        screen.press("ctrl+Return")
        assert window.wait("answer")["account"] == "trader7"
        window.do("finish")
        assert window.ask("more")["account"] == ""


def test_findings_leave_note_and_focus_where_they_are(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=SIZE)
        before = window.ask("more")["note_place"]
        screen.type("port ")
        window.do("set_findings", titles=["a port in use", "a lost link"])
        window.do("set_note_warning", sentence="Take the password out of your note.")
        screen.type("busy")
        note_is(window, "port busy")
        state = window.ask("more")
        assert state["note_place"] == before
        assert state["findings"] == ["This looks like: a port in use", "This looks like: a lost link"]
        assert (state["warning"], state["details"]) == ("Take the password out of your note.", [])
        window.click(screen, "Details: a port in use")
        wait_until(lambda: window.ask("more")["details"], "the details")
        window.do("set_findings", titles=["a port in use"])
        [details] = window.ask("more")["details"]
        assert "<b>7496</b>" in details and "Telephone the desk." in details
        window.do("finish")
        open_window(window, 2, size=SIZE)
        assert (window.ask("more")["findings"], window.ask("more")["warning"]) == ([], "")


def test_a_finding_that_goes_takes_no_focus_with_it(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=SIZE)
        window.do("set_findings", titles=["a port in use", "a lost link"])
        window.click(screen, "Details: a lost link")
        wait_until(lambda: window.ask("focus")["name"] == "Details: a lost link", "focus on the button")
        window.do("set_findings", titles=["a port in use"])
        assert window.ask("focus")["name"] == "Details: a lost link"
        screen.press("alt+w")
        wait_until(
            lambda: window.ask("more")["findings"] == ["This looks like: a port in use"],
            "gone with the focus",
        )
        assert window.ask("focus")["name"] == "What happened?"
        window.do("set_findings", titles=[])
        assert window.ask("focus")["name"] == "What happened?"


def test_the_mouse_switches_a_class_off(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=SIZE)
        window.click(screen, "Change what is replaced")
        wait_until(lambda: screen.focused_title().startswith("What is replaced"), "the panel")
        window.click(screen, "Hide order numbers")
        window.click(screen, "Hide passwords, tokens and other secrets")
        window.click(screen, "OK")
        wait_until(lambda: not window.ask("more")["panel"], "no panel")
        line = window.ask("more")["privacy"]
        assert line.startswith("Support will see: order numbers. Replaced before sending: passwords")
        assert line.endswith("not in encrypted logs and the picture.")


# --- looks ------------------------------------------------------------------------------------------------

LONG = "TWS in /home/trader/Applications/Trader Workstation/Jts, user folder djaophkncgmelb"
THREE = [["live", LONG], ["paper", "IB Gateway"], ["third", f"{LONG} & more"]]
WARNING = "Your note seems to hold a password or a code. Please take it out: support never needs it."


PLACES = [
    ["the desk of Example & Sons", "desk", "https://desk.example", {}],
    ["Kundendienst für Wertpapierhandelsprogramme", "rt", f"https://{'rt.' * 20}example.com", {}],
]


def fill(window: UiProcess) -> None:
    """Everything that can be seen at once, with long texts."""
    window.do("preset_privacy", keep=["accounts", "orders", "amounts", "paths"])
    open_window(window, size=[1280, 800], active=[0, 0, 900, 700], title="W" * 300)
    file = [f"{'u' * 80}/tws.20261121.081502.ibgzenc", 8_400_000, "sealed", "live"]
    window.do("set_logs", files=[file, ["tws.log", 990_000_000, "plain", "third"]], instances=THREE)
    window.do("set_limit", limit=20_000_000)
    window.wait("size_asked")
    window.do("set_cut_size", size=32_000_000)
    window.do("set_findings", titles=["a port in use", "a question about login, password or device" * 3])
    window.do("set_note_warning", sentence=WARNING)
    wait_until(lambda: len(window.ask("more")["findings"]) == 2, "the findings")
    window.do("click", name="Details: a port in use")


@pytest.mark.parametrize("size", ["1280x800", "1024x700", "800x600"])
def test_nothing_is_cut_off_however_much_is_said(size: str) -> None:
    with virtual_screen(size) as small, ui(small, "note", "", json.dumps(PLACES)) as window:
        fill(window)
        window.do("restore", note="x", ticket="12", destination=PLACES[1][0], sentence="Written earlier.")
        name, number = window.wait("ticket_asked")["asked"]
        window.do("set_ticket", name=name, number=number, sentence=f"Ticket 12: {'W' * 200}")
        assert window.ask("looks")["cut_off"] == []


def test_all_is_reached_by_tab_in_a_small_window() -> None:
    with virtual_screen("1024x700") as small, ui(small, "note") as window:
        fill(window)
        looks = window.ask("looks")
        assert looks["to_scroll"] > 0
        reached = ["What happened?"]
        while reached[-1] != "Change what is replaced" and len(reached) < 30:
            small.press("Tab")
            wait_until(lambda: window.ask("focus")["name"] != reached[-1], f"on from {reached[-1]}")
            reached.append(window.ask("focus")["name"])
        assert reached[-1] == "Change what is replaced", reached
        offer = "Send the last hour instead (about 4.0 MB packed)"
        assert {"Earlier days", offer, "Details: a port in use"} <= {*reached}
        wait_until(lambda: window.ask("looks")["scrolled"] > looks["to_scroll"] // 2, "scrolled down")


def test_two_findings_are_seen_without_scrolling(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[1280, 800], active=[0, 0, 900, 700])
        window.do("set_logs", files=FILES, instances=TWO)
        window.do("set_findings", titles=["a port in use", "a lost link"])
        window.do("set_note_warning", sentence=WARNING)
        looks = window.ask("looks")
    assert (looks["cut_off"], looks["to_scroll"]) == ([], 0)


def test_a_long_title_gives_way_and_is_told_whole(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=SIZE)
        window.do("set_logs", files=FILES, instances=THREE)
        shown, tip = window.ask("instance", key="live")["told"]
        assert "…" in shown and shown.endswith("djaophkncgmelb")
        assert tip == LONG


def test_no_letter_chooses_two_parts(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        fill(window)
        screen.press("alt+m")
        screen.press("End")
        wait_until(lambda: ["Alt+F", "&From"] in window.ask("mnemonics")["found"], "the times")
        found = window.ask("mnemonics")["found"]
    letters = [keys for keys, _ in found]
    assert len(set(letters)) == len(letters), found
    assert {"Alt+W", "Alt+T", "Alt+N", "Alt+S", "Alt+1", "Alt+G", "Alt+M", "Alt+U", "Alt+E"} <= set(letters)


def test_parts_made_late_have_their_place_among_the_others(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=SIZE)
        window.do("set_findings", titles=["a port in use"])
        window.do("set_logs", files=FILES, instances=TWO, keys=["paper"])
        wait_until(lambda: len(window.ask("more")["findings"]) == 1, "the finding")
        names = [name for _, name in window.ask("names")["names"]]
        assert names.index("Logs of TWS, user 1") == names.index("How much of the logs") - 2
        window.do("set_findings", titles=["a lost link", "a port in use"])
        wait_until(lambda: len(window.ask("more")["findings"]) == 2, "the findings")
        names = [name for _, name in window.ask("names")["names"]]
    start = names.index("Include today's log (2 files, 1.5 MB)")
    assert names[start:] == [
        "Include today's log (2 files, 1.5 MB)",
        "Logs of TWS, user 1",
        "Logs of IB Gateway",
        "How much of the logs",
        "Earlier days",
        "Logs of today, with sizes",
        "Details: a lost link",
        "Details: a port in use",
        "Change what is replaced",
        "Show exactly what will be sent",
        "Submit",
        "Cancel",
    ]


def test_an_untouched_window_is_the_same_after_a_second_press(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=SIZE)
        window.do("preset_logs", days=2)
        window.do("set_logs", files=FILES, instances=TWO, keys=["paper"])
        window.do("set_findings", titles=["a port in use"])
        before = (window.ask(), window.ask("more"))
        open_window(window, 2, size=[320, 200])
        assert (window.ask(), window.ask("more")) == before
        screen.type("x")
        note_is(window, "x")
