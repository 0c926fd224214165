"""The doctor's window: findings in a table that can be read whole, copied and sent along."""

from __future__ import annotations

from scripts.screen import VirtualScreen, wait_until
from tests.test_ui_receipt_window import clipboard
from tests.ui_process import ui

LONG = "Market data, port 4000: dropped on 12 of 12 hosts. TWS cannot connect here. " * 3
ROWS = [
    ["✗", "TWS: port 4000", LONG, "Use another network."],
    ["!", "This computer: disk space", "312 MB free.", "Free some space."],
    ["✓", "Network: DNS", "desk.example is 192.0.2.7.", ""],
]


def test_findings_are_shown_whole_with_their_remedies(screen: VirtualScreen) -> None:
    with ui(screen, "doctor") as window:
        window.do("show")
        window.wait("check")
        assert window.ask()["buttons"] == {"Check again": False, "Copy": False, "Send to support…": False}
        window.do("findings", summary="1 of 3 checks failed.", rows=ROWS, text="all of it")
        said = window.ask()
        assert said["summary"] == "1 of 3 checks failed."
        assert said["rows"][0] == ["✗", "TWS: port 4000", f"{LONG}\n→ Use another network."]
        assert said["rows"][2][2] == "desk.example is 192.0.2.7."
        assert said["cut"] == []
        assert all(said["buttons"].values())


def test_findings_can_be_copied_checked_again_and_sent(screen: VirtualScreen) -> None:
    with ui(screen, "doctor") as window:
        window.do("show")
        wait_until(lambda: screen.focused_title().startswith("Check"), "the focus")
        window.do("findings", summary="x", rows=ROWS, text="all of it")
        window.click(screen, "Copy")
        wait_until(lambda: clipboard(screen) == "all of it", "the text is on the clipboard")
        window.click(screen, "Send to support…")
        window.wait("report")
        window.click(screen, "Check again")
        window.wait("check", 2)


def test_the_window_is_used_by_keyboard_alone(screen: VirtualScreen) -> None:
    with ui(screen, "doctor") as window:
        window.do("show")
        window.do("findings", summary="x", rows=ROWS, text="all of it")
        wait_until(lambda: screen.focused_title().startswith("Check"), "the focus")
        screen.press("alt+c")
        wait_until(lambda: clipboard(screen) == "all of it", "the text is on the clipboard")
        screen.press("F5")
        window.wait("check", 2)
        screen.press("Escape")
        wait_until(lambda: not window.ask()["visible"], "the window is gone")
