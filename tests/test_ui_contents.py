"""“Show exactly what will be sent”, with real keys, and the pages of a text."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.screen import VirtualScreen, wait_until
from snapper.capture.frame import Frame, Monitor, Rect
from snapper.capture.png import encode
from snapper.report import Report
from snapper.ui import pages
from snapper.ui.pages import Pages
from tests.test_ui_note_window import open_window
from tests.ui_process import UiProcess, ui

SIZE = [640, 400]


def ask(screen: VirtualScreen, window: UiProcess) -> None:
    """Ask for the contents by keys and wait for the dialog."""
    open_window(window, size=SIZE)
    screen.press("alt+e")
    window.wait("contents_asked")
    wait_until(lambda: screen.focused_title().startswith("Exactly"), "the dialog")


def show(window: UiProcess, folder: Path) -> None:
    """Answer with the files of a folder."""
    window.do("show_contents", folder=str(folder))
    assert window.ask("more")["can_send"]


def test_preparing_can_be_taken_back(screen: VirtualScreen, tmp_path: Path) -> None:
    with ui(screen, "note") as window:
        ask(screen, window)
        state = window.ask("more")
        assert (state["exactly"], state["can_send"], state["about"]) == ("Preparing…", False, "Preparing…")
        screen.press("Escape")
        window.wait("contents_dropped")
        window.do("show_contents", folder=str(tmp_path))
        assert not window.ask("more")["contents"], "too late"
        assert window.ask()["visible"] and window.count("cancelled") == 0


def test_every_file_is_shown_and_sent_by_keys(screen: VirtualScreen, tmp_path: Path) -> None:
    (tmp_path / "logs.zip").mkdir()
    (tmp_path / "logs.zip" / "b.txt").write_text("ACCT-7K3QF <b>ordered</b>\n")
    report = Report("0192f0c1-2345-7abc-8def-0123456789a0", "2026-11-21T13:02:11.000Z", "hangs")
    report = replace(report, replaced={"accounts": 3}, kept=("orders",))
    (tmp_path / "report.json").write_bytes(report.to_json())
    (tmp_path / "a.bin").write_bytes(b"\0\1")
    area = Rect(0, 0, 30, 20)
    frame = Frame(bytearray(30 * 20 * 4), area, (Monitor(area),), None, 0.0)
    (tmp_path / "z.png").write_bytes(encode(frame))
    with ui(screen, "note") as window:
        ask(screen, window)
        show(window, tmp_path)
        state = window.ask("more")
        assert state["files"] == ["What is in the report", "a.bin", "    b.txt", "report.json", "z.png"]
        assert "account numbers: 3" in state["text"] and "order numbers" in state["text"]
        screen.press("Down")
        wait_until(lambda: "nothing to read" in window.ask("more")["text"], "no text")
        screen.press("Down")
        wait_until(lambda: window.ask("more")["text"] == "ACCT-7K3QF <b>ordered</b>\n", "the log")
        assert "ab" * 32 in window.ask("more")["about"]
        screen.press("Down")
        screen.press("Down")
        wait_until(lambda: window.ask("more")["picture"] == 30, "the picture")
        screen.press("alt+s")
        window.wait("contents_accepted")
        assert window.count("contents_dropped") == 0
        window.do("keep_open", sentence="The disk is full.", remedy="")
        assert window.ask()["problem"] == "The disk is full."


def test_a_large_text_is_paged_by_keys(screen: VirtualScreen, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"line {number}\n" for number in range(40_000)))
    with ui(screen, "note") as window:
        ask(screen, window)
        show(window, tmp_path)
        screen.press("Down")
        wait_until(lambda: window.ask("more")["text"].startswith("line 0\n"), "the first page")
        screen.press("alt+n")
        wait_until(lambda: window.ask("more")["text"].endswith("line 39999\n"), "the last page")
        screen.press("alt+p")
        wait_until(lambda: window.ask("more")["text"].startswith("line 0\n"), "the first page")


def test_a_failure_is_said_in_the_note_window(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        ask(screen, window)
        window.do("contents_failed", sentence="A log cannot be read.")
        state = window.ask("more")
        assert (state["contents"], state["exactly"]) == (False, "Show &exactly what will be sent…")
        assert window.ask()["problem"] == "A log cannot be read."


def test_a_second_press_goes_back_to_the_note(screen: VirtualScreen) -> None:
    with ui(screen, "note") as window:
        ask(screen, window)
        open_window(window, window.count("focused") + 1, size=SIZE)
        screen.type("x")
        wait_until(lambda: window.ask()["note"] == "x", "a letter")
        assert not window.ask("more")["contents"]


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs"])), size=st.integers(8, 20))
def test_pages_joined_are_the_text(text: str, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "PAGE_BYTES", size)
        data, read = text.encode(), []
        book = Pages(io.BytesIO(data), len(data))
        while True:
            read.append(book.text())
            if book.end >= len(data):
                break
            book.turn(1)
        assert "".join(read) == text
        while book.first:
            read.pop()
            book.turn(-1)
            assert book.text() == read[-1]


def test_hidden_characters_and_foreign_bytes_show() -> None:
    data = "a\0b\u202ec".encode() + b"\xff"
    assert Pages(io.BytesIO(data), len(data)).text() == "a␀b⟨U+202E⟩c\\xff"
