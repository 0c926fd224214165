"""The note window on a real screen, with real keys."""

from __future__ import annotations

import subprocess

import pytest
from Xlib import X
from Xlib.display import Display

from scripts.screen import VirtualScreen, virtual_screen, wait_until
from tests.ui_process import UiProcess, ui

LOGS = [
    ["launcher.log", 48_211, "plain"],
    ["tws.20261121.081502.ibgzenc", 8_400_000, "sealed"],
]


def note_is(window: UiProcess, text: str) -> None:
    """Wait until the note is this text."""
    try:
        wait_until(lambda: window.ask()["note"] == text, "the note", 10)
    except AssertionError:
        assert window.ask()["note"] == text


def open_window(window: UiProcess, times: int = 1, **arguments: object) -> None:
    """Present the window and wait until letters land in it."""
    window.do("present", **arguments)
    window.wait("focused", times)


def paste(screen: VirtualScreen, text: str) -> None:
    """Put text on the clipboard and press the paste keys."""
    subprocess.run(
        ["xclip", "-selection", "clipboard"],
        input=text.encode(), env=screen.environment, stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    screen.press("ctrl+v")


def test_letters_typed_at_once_land_in_the_note(screen: VirtualScreen) -> None:
    text = "letters typed right after the press"
    with ui(screen, "underneath") as below, ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        screen.type(text, delay_ms=30)
        note_is(window, text)
        assert below.count("typed") == 0


def test_at_the_end_of_the_program_what_was_typed_last_is_told_once(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        window.do("pause", milliseconds=3_600_000)
        open_window(window)
        screen.type("not yet")
        window.do("end")
        assert window.wait("edited")["note"] == "not yet"
        window.do("finish")
        window.do("end")
        assert window.count("edited") == 1


def test_focus_is_noticed_while_the_keyboard_is_held_back(screen: VirtualScreen) -> None:
    """The chord's grab freezes the keyboard until `focused`: it must come in spite of the grab."""
    with ui(screen, "underneath") as below, ui(screen, "note") as window:
        connection = Display(screen.display)
        connection.screen().root.grab_keyboard(True, X.GrabModeAsync, X.GrabModeSync, X.CurrentTime)
        connection.sync()
        window.do("present", size=[640, 400])
        screen.type("held ", delay_ms=5)
        window.wait("focused")
        connection.allow_events(X.AsyncKeyboard, X.CurrentTime)
        connection.ungrab_keyboard(X.CurrentTime)
        connection.close()
        screen.type("back")
        wait_until(lambda: window.ask()["note"].endswith("back"), "typed text")
        assert below.count("typed") == 0


def test_takes_the_focus_from_a_program_in_use(screen: VirtualScreen) -> None:
    """Window managers keep a window back whose program was idle while the user worked elsewhere."""
    with ui(screen, "note") as window, ui(screen, "underneath") as below:
        wait_until(lambda: screen.focused_title() == "underneath", "focus below")
        screen.type("working", delay_ms=5)
        wait_until(lambda: below.events[-1].get("text") == "working", "text below")
        open_window(window, size=[640, 400])
        screen.type("note", delay_ms=5)
        note_is(window, "note")


def test_ctrl_enter_submits_what_was_decided(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        screen.type("hangs")
        screen.press("Tab")
        screen.type("#1042")
        screen.press("ctrl+Return")
        answer = window.wait("submitted")
    del answer["event"]
    assert answer == {"note": "hangs", "ticket": "1042", "picture": "screen", "logs": True}


def test_a_second_ctrl_enter_waits_for_the_first(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        for _ in range(3):
            screen.press("ctrl+Return")
        screen.press("Escape")
        window.wait("submitted")
        assert window.ask()["visible"]
        assert (window.count("submitted"), window.count("cancelled")) == (1, 0)


def test_escape_cancels_and_gives_the_focus_back(screen: VirtualScreen) -> None:
    with ui(screen, "underneath") as below, ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        screen.type("never mind")
        screen.press("Escape")
        window.wait("cancelled")
        state = window.ask()
        assert (state["visible"], state["note"], state["frame"]) == (False, "", False)
        wait_until(lambda: screen.focused_title() == "underneath", "focus below")
        screen.type("x")
        assert below.wait("typed")["text"] == "x"


def test_closing_the_window_cancels(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        # The window has the keyboard a moment before the window manager knows for whom Alt+F4 is.
        wait_until(lambda: screen.focused_title().startswith("Report"), "the window manager knows")
        screen.press("alt+F4")
        window.wait("cancelled")
        assert not window.ask()["visible"]


def test_a_second_press_keeps_text_frame_and_choices(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400], active=[10, 10, 200, 100])
        screen.type("first")
        note_is(window, "first")
        window.do("click", name="This window: TWS")
        window.do("set_logs", files=LOGS)
        before = window.ask()
        open_window(window, 2, size=[320, 200])
        assert window.ask() == before
        screen.type(" second")
        note_is(window, "first second")


def test_a_second_press_comes_back_from_behind_another_program(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        screen.type("kept")
        with ui(screen, "underneath") as below:
            wait_until(lambda: below.ask()["active"], "focus below")
            open_window(window, window.count("focused") + 1, size=[640, 400])
            screen.type("!")
            note_is(window, "kept!")


UNICODE = "ä ß 漢字 ✓ é\u0301 \u00a0nbsp 👩‍👩‍👧 𝔘 ﷽ עברית\tTab\n\nlast"  # noqa: RUF100


def test_any_character_passes_unchanged(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        paste(screen, UNICODE)
        note_is(window, UNICODE)
        screen.press("ctrl+Return")
        assert window.wait("submitted")["note"] == UNICODE


def test_line_breaks_and_undo(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        screen.type("a")
        screen.press("Return")
        screen.type("b")
        screen.press("shift+Return")
        screen.type("c")
        note_is(window, "a\nb\nc")
        screen.press("ctrl+a")
        screen.press("Delete")
        note_is(window, "")
        screen.press("ctrl+z")
        note_is(window, "a\nb\nc")


def test_nothing_of_the_last_report_can_be_undone_back(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400], ticket="77")
        screen.type("secret")
        note_is(window, "secret")
        window.do("finish")
        open_window(window, 2, size=[640, 400])
        screen.press("ctrl+z")
        screen.type("x")
        note_is(window, "x")
        assert window.ask()["ticket"] == ""


def test_a_wrong_ticket_number_is_said_in_the_window(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400], ticket="12 34")
        screen.press("ctrl+Return")
        wait_until(lambda: window.ask()["problem"], "a problem")
        assert "“12 34” is not a ticket of our desk" in window.ask()["problem"]
        screen.type("1234")  # the wrong number is selected
        screen.press("Return")
        assert window.wait("submitted")["ticket"] == "1234"


def test_an_existing_ticket_that_was_asked_for_is_required(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        window.do("preset", to_ticket=True)
        screen.press("ctrl+Return")
        wait_until(lambda: "number is missing" in window.ask()["problem"], "a problem")
        screen.type("88")
        screen.press("Return")
        assert window.wait("submitted")["ticket"] == "88"


def test_there_must_be_something_to_send(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, remark="The screen could not be read.")
        window.do("set_logs", files=[], sentence="No log of today in ~/Jts.")
        state = window.ask()
        assert (state["picture"], state["include"], state["logs_enabled"]) == ("none", False, False)
        assert state["remark"] == "The screen could not be read."
        assert state["logs_sentence"] == "No log of today in ~/Jts."
        screen.press("ctrl+Return")
        wait_until(lambda: "nothing to send" in window.ask()["problem"], "a problem")
        screen.type("now there is")
        screen.press("ctrl+Return")
        answer = window.wait("submitted")
        assert (answer["note"], answer["picture"], answer["logs"]) == ("now there is", "none", False)


def test_a_note_that_is_too_long_is_refused(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        paste(screen, "x" * 100_001)
        wait_until(lambda: len(window.ask()["note"]) == 100_001, "pasted text")
        screen.press("ctrl+Return")
        wait_until(lambda: "longer than 100,000" in window.ask()["problem"], "a problem")
        assert window.count("submitted") == 0


def test_what_could_not_be_kept_stays_in_the_window(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        screen.type("precious")
        screen.press("ctrl+Return")
        window.wait("submitted")
        window.do("keep_open", sentence="The disk is full.", remedy="Free some space and press Submit again.")
        state = window.ask()
        assert state["problem"] == "The disk is full. Free some space and press Submit again."
        assert (state["note"], state["visible"], state["frame"]) == ("precious", True, True)
        screen.press("ctrl+Return")
        assert window.wait("submitted", 2)["note"] == "precious"
        window.do("finish")
        state = window.ask()
        assert (state["note"], state["visible"], state["frame"]) == ("", False, False)


def test_the_window_choice_needs_an_active_window(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        window.do("preset", picture="window")
        state = window.ask()
        assert (state["window_choice"], state["picture"]) == (False, "screen")
        assert state["window_text"] == "No window was active when the picture was taken."


def test_the_window_choice_is_named_and_can_be_preset(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400], active=[-50, 10, 200, 100], title="TWS & more")
        window.do("preset", picture="window")
        state = window.ask()
        assert (state["window_text"], state["picture"]) == ("TWS & more", "window")


def test_the_preview_shows_exactly_the_chosen_part(screen: VirtualScreen) -> None:
    """The part of the window that is on the desktop; Enter on the thumbnail opens it, Esc closes only it."""
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400], active=[-50, 10, 200, 100])
        window.do("preset", picture="window")
        for _ in range(5):
            screen.press("Tab")
        screen.press("Return")
        wait_until(lambda: window.ask()["previews"] == [[150, 100]], "the preview")
        wait_until(lambda: screen.focused_title().startswith("This window"), "focus in the preview")
        screen.press("Escape")
        wait_until(lambda: not window.ask()["previews"], "no preview")
        assert window.count("cancelled") == 0
        window.do("preset", picture="screen")
        window.do("click", name="Screenshot, full-size look")
        wait_until(lambda: window.ask()["previews"] == [[640, 400]], "the whole screen")


def test_a_second_press_closes_the_preview(screen: VirtualScreen) -> None:
    """Else letters typed for the note would go to it."""
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        window.do("click", name="Screenshot, full-size look")
        wait_until(lambda: screen.focused_title().startswith("Whole screen"), "focus in the preview")
        open_window(window, window.count("focused") + 1, size=[640, 400])
        screen.type("note")
        note_is(window, "note")
        assert not window.ask()["previews"]


def test_a_new_press_right_after_the_end_has_the_focus(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        window.do("finish")
        open_window(window, 2, size=[640, 400])
        screen.type("again")
        note_is(window, "again")


def test_ends_with_the_program_even_while_saving(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        screen.press("ctrl+Return")
        window.wait("submitted")
    assert window.count("cancelled") == 0


def test_logs_arrive_later_with_sizes_and_kinds(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        assert window.ask()["logs_sentence"] == "Looking for today's logs…"
        window.do("click", name="Include today's log")
        window.do("set_logs", files=LOGS)
        state = window.ask()
        assert state["logs"].replace("&", "") == "Include today's log (2 files, 8.4 MB)"
        assert state["rows"][0] == ["launcher.log", "48.2 kB"]
        assert state["rows"][1][0].endswith("encrypted by TWS, only IBKR can read it")
        assert not state["logs_wanted"], "a check mark that was taken away stays away"


def test_opens_on_the_monitor_and_fits_a_small_one() -> None:
    with virtual_screen("1024x700") as small, ui(small, "note") as window:
        open_window(window, size=[1024, 700], active=[0, 0, 300, 300])
        left, top, width, height = window.ask()["place"]
        assert left >= 0 and top >= 0 and left + width <= 1024 and top + height <= 700


def test_every_part_has_a_name_and_tab_goes_from_top_to_bottom(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400], active=[0, 0, 300, 300])
        window.do("set_logs", files=LOGS)
        names = [name for _, name in window.ask("names")["names"]]
    assert names == [
        "What happened?",
        "Ticket number, optional",
        "User name or account number, optional",
        "Include screenshot",
        "Whole screen",  # the chosen one: arrows go to the other
        "Screenshot, full-size look",
        "Cover something",
        "Include today's log (2 files, 8.4 MB)",
        "How much of the logs",
        "Earlier days",
        "Logs of today, with sizes",
        "Change what is replaced",
        "Show exactly what will be sent",
        "Submit",
        "Cancel",
    ]


@pytest.mark.parametrize(
    ("keys", "part", "value"), [("alt+s", "picture", "none"), ("alt+g", "logs_wanted", False)]
)
def test_mnemonics_reach_the_check_boxes(screen: VirtualScreen, keys: str, part: str, value: object) -> None:
    with ui(screen, "note") as window:
        open_window(window, size=[640, 400])
        screen.press(keys)
        wait_until(lambda: window.ask()[part] == value, f"{keys} changes {part}")
