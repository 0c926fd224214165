"""What a screen reader gets to know of every window, read over D-Bus as a screen reader reads it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.screen import VirtualScreen, wait_until
from tests.at_spi import Heard, Reader, reader
from tests.shown import NAMES, ScreenWith, shown
from tests.ui_process import UiProcess, ui

NOTE = "Report to support – snapper"
MEANINGLESS = {"filler", "unknown", "invalid", "panel", "redundant object"}


@pytest.fixture
def listening() -> Iterator[Reader]:
    with reader() as running:
        yield running


def told(listening: Reader, window: UiProcess) -> Heard:
    return listening.window(window.ask("shown")["title"])


@pytest.mark.parametrize("name", NAMES)
def test_whatever_takes_the_keyboard_or_a_click_has_a_role_and_a_name(
    screen: VirtualScreen, listening: Reader, name: str
) -> None:
    with shown(screen, name, **listening.environ) as window:
        tree = told(listening, window)
        assert tree.role in ("frame", "dialog") and tree.name
        used = [each for each in tree.all() if "visible" in each.states and is_used(each)]
        assert used
        assert [each for each in used if not each.name.strip() or each.role in MEANINGLESS] == []


def is_used(each: Heard) -> bool:
    return bool({"focusable", "checkable", "editable"} & each.states) or "Press" in each.actions


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read(screen: VirtualScreen, listening: Reader, name: str) -> None:
    """A name that takes the place of a label's text would hide the text."""
    with shown(screen, name, **listening.environ) as window:
        names = {each.name for each in told(listening, window).all()}
        assert [text for text in window.ask("labels")["texts"] if text not in names] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_field_belongs_to_its_label(screen: VirtualScreen, listening: Reader, name: str) -> None:
    with shown(screen, name, **listening.environ) as window:
        every = told(listening, window).all()
        fields = [each for each in every if each.role in ("combo box", "spin box") or is_field(each)]
        assert [each.name for each in fields if "labelled by" not in dict(each.relations)] == []


def is_field(each: Heard) -> bool:
    return {"editable", "visible", "focusable"} <= each.states


def test_the_note_window_says_what_is_on_the_screen(screen: VirtualScreen, listening: Reader) -> None:
    with ui(ScreenWith(screen.display, listening.environ), "covers") as window:
        window.do("begin", size=[600, 400], covers=[[10, 10, 40, 40]])
        window.wait("focused")
        tree = listening.window(NOTE)
        assert "focused" in tree.find("text", "What happened?").states
        assert ("labelled by", "What happened?") in tree.find("text", "What happened?").relations
        assert {"checked", "enabled"} <= tree.find("check box", "Include screenshot").states
        assert "enabled" not in tree.find("radio button", "This window").states
        picture = tree.find("push button", "Screenshot, full-size look")
        assert picture.description == "600 × 400 pixels; 1 part is covered"
        assert tree.find("spin box", "Earlier days").value == 0


def test_typed_text_and_a_changed_choice_are_told(screen: VirtualScreen, listening: Reader) -> None:
    with ui(ScreenWith(screen.display, listening.environ), "note") as window:
        window.do("present", size=[600, 400])
        window.wait("focused")
        screen.type("hangs")
        screen.press("alt+s")
        wait_until(lambda: "checked" not in states(listening, "Include screenshot"), "it is unchecked")
        assert listening.window(NOTE).find("text", "What happened?").text == "hangs"


def states(listening: Reader, name: str) -> frozenset[str]:
    return listening.window(NOTE).find("check box", name).states


def test_an_error_interrupts_and_what_is_only_told_waits(screen: VirtualScreen, listening: Reader) -> None:
    with ui(ScreenWith(screen.display, listening.environ), "note") as window:
        window.do("present")
        window.wait("focused")
        said = listening.announced(
            lambda: window.do("keep_open", sentence="It is full.", remedy="Free some.")
        )
        assert said == [("It is full. Free some.", 2)]
        findings = listening.announced(lambda: window.do("set_findings", titles=["Port in use"]))
        assert findings == [("This looks like: Port in use", 1)]
        [(hint, urgency)] = listening.announced(lambda: screen.press("alt+t") or screen.press("7"))
        assert ("number" in hint, urgency) == (True, 1)


def test_a_receipt_that_takes_no_focus_is_said(screen: VirtualScreen, listening: Reader) -> None:
    with ui(ScreenWith(screen.display, listening.environ), "receipt") as window:
        [(said, urgency)] = listening.announced(lambda: window.do("delivered"))
        assert "Your report has arrived" in said and "SNP-7K3F-Q2" in said and urgency == 1
        told_apart = listening.window("Receipt – snapper").find("label", "SNP-7K3F-Q2")
        assert told_apart.description == "What to quote to support"


def test_the_end_of_a_check_is_said_and_marks_are_words(screen: VirtualScreen, listening: Reader) -> None:
    with ui(ScreenWith(screen.display, listening.environ), "doctor") as window:
        window.do("show")
        window.ask("state")
        rows = [
            ["✗", "Proxy", "It says no.", "Ask."],
            ["!", "Clock", "Off.", ""],
            ["✓", "Screen", "Good.", ""],
        ]
        said = listening.announced(
            lambda: window.do("findings", summary="One thing is wrong.", rows=rows, text="")
        )
        assert said == [("One thing is wrong.", 1)]
        cells = [each.name for each in listening.window("Check of this computer – snapper").all()]
        assert [cells.count(word) for word in ("wrong", "needs a look", "in order", "✗")] == [1, 1, 1, 0]


def test_covers_are_told_as_they_are_made_and_the_editor_goes_quietly(
    screen: VirtualScreen, listening: Reader
) -> None:
    """The canvas is told by an object of our own: it must go when the canvas goes, again and again."""
    with ui(ScreenWith(screen.display, listening.environ), "covers") as window:
        window.do("begin", size=[600, 400])
        window.wait("focused")
        for number in range(1, 4):
            screen.press("alt+v")
            wait_until(lambda: "focused" in canvas(listening).states, "the canvas has the keyboard")
            [(said, _)] = listening.announced(lambda: screen.press("n"))
            assert said.startswith(f"Covered part {number} of {number}: ")
            screen.press("Escape")
            wait_until(lambda: listening.titles() == [NOTE], "the editor is closed")
        assert listening.window(NOTE).find("label", "3 parts are covered")


def canvas(listening: Reader) -> Heard:
    return listening.window("Whole screen – snapper").find("graphic", "Picture")


def test_nothing_is_announced_of_a_window_that_is_not_there(screen: VirtualScreen, listening: Reader) -> None:
    with ui(ScreenWith(screen.display, listening.environ), "note") as window:
        window.do("set_note_warning", sentence="Unseen")
        window.do("present")
        window.wait("focused")
        said = listening.announced(lambda: window.do("set_note_warning", sentence="Seen"))
        assert said == [("Seen", 1)]
