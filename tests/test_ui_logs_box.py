"""The note window's questions about logs, with real keys and the mouse."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.screen import VirtualScreen, wait_until
from snapper.answer import LogChoice
from snapper.logs.found import LogFile
from snapper.logs.window import TimeWindow
from snapper.report import LogKind
from snapper.ui.log_limit import packed_cut_size, packed_size
from tests.test_ui_note_window import note_is, open_window
from tests.ui_process import UiProcess, ui

SIZE = [640, 400]
TWO = [["live", "TWS, user 1"], ["paper", "IB Gateway"]]
FILES = [
    ["a/tws.log", 10_000_000, "plain", "live"],
    ["b/tws.log", 1_000_000, "plain", "paper"],
    ["ibc.log", 500_000, "plain", "live", "paper"],
]
SEALED = [["tws.20261121.081502.ibgzenc", 8_400_000, "sealed"]]


@contextlib.contextmanager
def showing(screen: VirtualScreen, **logs: Any) -> Iterator[UiProcess]:
    """The note window, open, with these logs found."""
    with ui(screen, "note") as window:
        open_window(window, size=SIZE)
        window.do("set_logs", **logs)
        yield window


def test_only_the_chosen_tws_is_sent_with_its_size(screen: VirtualScreen) -> None:
    with showing(screen, files=FILES, instances=TWO, keys=["paper"]) as window:
        assert window.ask("more")["instances"] == {"Logs of TWS, user 1": False, "Logs of IB Gateway": True}
        assert [row[0] for row in window.ask()["rows"]] == ["b/tws.log", "ibc.log"]
        assert "2 files, 1.5 MB" in window.ask()["logs"]
        screen.press("ctrl+Return")
        assert window.wait("answer")["instances"] == ["paper"]


def test_a_clicked_instance_stays_when_logs_come_again(screen: VirtualScreen) -> None:
    with showing(screen, files=FILES, instances=TWO, keys=["paper"]) as window:
        screen.press("alt+1")
        wait_until(lambda: all(window.ask("more")["instances"].values()), "both instances")
        window.do("set_logs", files=FILES, instances=TWO, keys=["paper"])
        assert all(window.ask("more")["instances"].values())
        screen.press("ctrl+Return")
        assert window.wait("answer")["instances"] == []


def test_no_instance_means_no_logs(screen: VirtualScreen) -> None:
    with showing(screen, files=FILES, instances=TWO, keys=["paper"]) as window:
        screen.press("alt+2")
        wait_until(lambda: "no logs will be sent" in window.ask()["logs_sentence"], "a sentence")
        screen.type("x")
        screen.press("ctrl+Return")
        assert window.wait("answer")["instances"] is None


def test_a_cut_is_chosen_by_keys_and_its_size_is_asked(screen: VirtualScreen) -> None:
    with showing(screen, files=FILES) as window:
        screen.press("alt+m")
        screen.press("Down")
        assert 900 <= window.wait("size_asked")["seconds"] < 960
        window.do("set_cut_size", size=3_100_000)
        assert window.ask()["logs"].replace("&", "") == "Include the last 15 minutes of the log (3.1 MB)"
        screen.press("ctrl+Return")
        assert 900 <= window.wait("answer")["seconds"] < 960


def test_other_days_are_asked_for(screen: VirtualScreen) -> None:
    with showing(screen, files=FILES) as window:
        screen.press("alt+y")
        screen.press("Up")
        screen.press("Up")
        wait_until(lambda: window.count("wish") and window.wait("wish")["days"] == 2, "two days")
        screen.press("ctrl+Return")
        assert window.wait("answer")["days"] == 2


def test_the_mouse_chooses_an_instance_and_a_time(screen: VirtualScreen) -> None:
    with showing(screen, files=FILES, instances=TWO, keys=["paper"]) as window:
        window.click(screen, "Logs of TWS, user 1")
        wait_until(lambda: all(window.ask("more")["instances"].values()), "both instances")
        window.click(screen, "How much of the logs")
        screen.press("Down")
        screen.press("Return")
        assert 900 <= window.wait("size_asked")["seconds"] < 960
        window.click(screen, "Include the last 15 minutes of the log")
        wait_until(lambda: not window.ask()["logs_wanted"], "no logs")


def test_the_wheel_scrolls_and_changes_no_choice(screen: VirtualScreen) -> None:
    with showing(screen, files=FILES) as window:
        window.click(screen, "How much of the logs")
        screen.press("Escape")
        screen.xdotool("click", "5")
        screen.press("ctrl+Return")
        assert window.wait("answer")["seconds"] is None


def type_times(screen: VirtualScreen, start: str, end: str) -> None:
    """Choose “From … to …” and fill it in, by keys."""
    screen.press("alt+m")
    screen.press("End")
    for keys, time in (("alt+f", start), ("alt+o", end)):
        screen.press(keys)
        screen.press("ctrl+a")
        screen.type(time)


def test_a_time_from_to_is_typed(screen: VirtualScreen) -> None:
    with showing(screen, files=FILES) as window:
        type_times(screen, "10:00", "10:30")
        wait_until(lambda: "10:00 to 10:30 of the log" in window.ask()["logs"].replace("&", ""), "the label")
        screen.press("ctrl+Return")
        assert window.wait("answer")["seconds"] == 1800


def test_a_time_that_is_none_is_said_at_submit(screen: VirtualScreen) -> None:
    with showing(screen, files=FILES) as window:
        type_times(screen, "10:00", "10:00")
        wait_until(lambda: window.ask("more")["times"] == ["10:00", "10:00"], "the times")
        screen.press("ctrl+Return")
        wait_until(lambda: window.ask()["problem"], "a problem")
        said = window.ask()["problem"]
        assert "ends before it begins" in said and "two different times" in said
        assert window.count("submitted") == 0
        screen.press("ctrl+a")
        screen.type("10:05")
        screen.press("ctrl+Return")
        assert window.wait("answer")["seconds"] == 300


def test_an_emptied_time_shows_what_counts(screen: VirtualScreen) -> None:
    with showing(screen, files=FILES) as window:
        type_times(screen, "10:00", "10:30")
        screen.press("ctrl+a")
        screen.press("Delete")
        wait_until(lambda: window.ask("more")["times"] == ["10:00", ":30"], "no hour")
        screen.press("ctrl+Return")
        wait_until(lambda: window.ask("more")["times"] == ["10:00", "00:30"], "an hour")
        assert window.wait("answer")["seconds"] == 14.5 * 3600


def test_a_time_without_logs_is_said(screen: VirtualScreen) -> None:
    with showing(screen, files=FILES) as window:
        screen.press("alt+m")
        screen.press("Down")
        window.wait("size_asked")
        window.do("set_cut_size", size=0)
        assert "No log was written in that time" in window.ask()["logs_sentence"]


def test_days_that_are_preset_are_not_asked_for_again(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=SIZE)
        window.do("preset_logs", days=2)
        window.do("set_logs", files=FILES)
        screen.press("alt+m")
        screen.press("Down")
        window.wait("size_asked")
        assert (window.ask("more")["days"], window.count("wish")) == (2, 0)
        screen.press("ctrl+Return")
        assert window.wait("answer")["days"] == 2


# --- the limit --------------------------------------------------------------------------------------------


def too_large(window: UiProcess, *sizes: int) -> dict[str, Any]:
    """Show logs of 440 MB where 20 MB are taken, answer the questions about cuts, and tell what is said."""
    open_window(window, size=SIZE)
    window.do("set_logs", files=[["tws.log", 440_000_000, "plain"]])
    window.do("set_limit", limit=20_000_000)
    for number, size in enumerate(sizes, 1):
        window.wait("size_asked", number)
        window.do("set_cut_size", size=size)
    return window.ask("more")


def test_over_the_limit_the_last_hour_is_offered(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        state = too_large(window, 32_000_000)
        assert state["too_large"] == (
            "our desk (desk.example) takes at most 20.0 MB; these logs are about 55.0 MB packed."
        )
        assert state["offer"] == "Send the last hour instead (about 4.0 MB packed)"
        screen.press("alt+l")
        wait_until(lambda: window.ask("more")["amount"] == "The last hour", "the cut")
        wait_until(lambda: window.ask("more")["offer"] == "", "no offer any more")
        screen.press("ctrl+Return")
        assert 3600 <= window.wait("answer")["seconds"] < 3660


def test_an_hour_that_is_too_large_itself_is_not_offered(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        state = too_large(window, 240_000_000, 32_000_000)
        assert state["offer"] == "Send the last 15 minutes instead (about 4.0 MB packed)"
        window.click(screen, state["offer"])
        wait_until(lambda: window.ask("more")["amount"] == "The last 15 minutes", "the cut")


def test_nothing_is_offered_where_nothing_would_fit(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        state = too_large(window, 240_000_000, 200_000_000)
        assert state["too_large"].endswith("Choose a shorter time, or fewer logs.")
        assert state["offer"] == ""
        screen.press("ctrl+Return")
        assert window.wait("answer")["days"] == 0, "never in the way of Submit"


def test_a_chosen_time_that_is_too_large_is_said_as_well(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        too_large(window, 32_000_000)
        screen.press("alt+m")
        screen.press("Down")
        screen.press("Down")
        screen.press("Down")
        wait_until(lambda: window.wait("size_asked")["seconds"] > 14_000, "four hours")
        window.do("set_cut_size", size=240_000_000)
        assert "these logs are about 30.0 MB packed" in window.ask("more")["too_large"]


def test_within_the_limit_nothing_is_offered(screen: VirtualScreen) -> None:
    with showing(screen, files=[["tws.log", 160_000_000, "plain"]]) as window:
        window.do("set_limit", limit=20_000_000)
        assert window.ask("more")["too_large"] == ""
        window.do("set_logs", files=[["tws.ibgzenc", 20_000_001, "sealed"]])
        assert window.ask("more")["offer"]


def test_a_sealed_log_of_the_time_counts_as_it_is() -> None:
    logs = [
        LogFile(Path("a"), "a", 80_000, 2000.0, LogKind.PLAIN),
        LogFile(Path("b"), "b", 5_000, 2000.0, LogKind.SEALED),
        LogFile(Path("c"), "c", 7_000, 900.0, LogKind.SEALED),
    ]
    choice = LogChoice(window=TimeWindow(1000.0, 2100.0))
    assert packed_size(logs) == 10_000 + 5_000 + 7_000
    assert packed_cut_size(logs, choice, 13_000) == 5_000 + 1_000
    assert packed_cut_size(logs, choice, 800) == 800, "never more than there is"


# --- logs that come later ---------------------------------------------------------------------------------


def test_an_exported_file_is_picked_up_while_typing(screen: VirtualScreen) -> None:
    with showing(screen, files=SEALED) as window:
        said = window.ask()["logs_sentence"]
        assert "Export Today Logs" in said and "Waiting for the exported file" in said
        screen.type("one ")
        exported = ["exports/20261121-exported-logs.txt", 9_000, "plain"]
        window.do("set_logs", files=[*SEALED, exported])
        screen.type("two")
        note_is(window, "one two")
        state = window.ask()
        assert (len(state["rows"]), state["logs_wanted"]) == (2, True)


def test_logs_that_come_again_leave_field_and_text_alone(screen: VirtualScreen) -> None:
    with showing(screen, files=SEALED) as window:
        screen.press("alt+n")
        screen.type("trad")
        exported = ["exports/20261121-exported-logs.txt", 9_000, "plain"]
        window.do("set_logs", files=[*SEALED, exported], instances=TWO, keys=["paper"])
        screen.type("er7")
        wait_until(lambda: window.ask("more")["account"] == "trader7", "the account")
        assert window.ask("focus")["name"] == "User name or account number, optional"
        assert window.ask()["note"] == ""


def test_logs_found_after_all_are_included_unless_a_person_said_no(screen: VirtualScreen) -> None:
    with showing(screen, files=[]) as window:
        assert not window.ask()["logs_wanted"]
        window.do("set_logs", files=FILES)
        assert window.ask()["logs_wanted"]
        screen.press("alt+g")
        wait_until(lambda: not window.ask()["logs_wanted"], "no logs")
        window.do("set_logs", files=[])
        window.do("set_logs", files=FILES)
        assert not window.ask()["logs_wanted"]
