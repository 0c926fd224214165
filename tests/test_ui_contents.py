"""“Show exactly what will be sent”, with real keys and the mouse, and the pages of a text."""

from __future__ import annotations

import codecs
import io
import json
import zipfile
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
from snapper.ui.pages import Page, Pages
from tests.test_ui_note_window import open_window
from tests.ui_process import UiProcess, ui

SIZE = [640, 400]


def ask(screen: VirtualScreen, window: UiProcess) -> None:
    """Ask for the contents by keys and wait for the dialog."""
    open_window(window, size=SIZE)
    wait_until(lambda: screen.focused_title().startswith("Report"), "the window manager knows")
    screen.press("alt+e")
    window.wait("contents_asked")
    wait_until(lambda: screen.focused_title().startswith("Exactly"), "the dialog")


def show(window: UiProcess, folder: Path) -> None:
    """Answer with the files of a folder."""
    window.do("show_contents", folder=str(folder))
    wait_until(lambda: window.ask("more")["can_send"], "the contents")


def picture(path: Path, width: int, height: int) -> None:
    """A black picture."""
    area = Rect(0, 0, width, height)
    path.write_bytes(encode(Frame(bytearray(width * height * 4), area, (Monitor(area),), None, 0.0)))


def click_row(screen: VirtualScreen, window: UiProcess, row: int) -> None:
    """Choose a line of the list with the mouse."""
    x, y = window.ask("contents_row", row=row)["place"]
    screen.xdotool("mousemove", str(x), str(y), "click", "1")


def test_files_that_go_in_pieces_are_named(screen: VirtualScreen, tmp_path: Path) -> None:
    (tmp_path / "logs.zip").write_bytes(b"x" * 2_500)
    (tmp_path / "report.json").write_text("{}")
    places = json.dumps([["our RT", "rt", "https://rt.example", {"file_bytes": 1000}]])
    with ui(screen, "note", "", places) as window:
        ask(screen, window)
        show(window, tmp_path)
        total = window.ask("more")["total"]
    said = "logs.zip goes in 3 pieces: our RT takes at most 1.0 kB in one file."
    assert total == f"2 files, 2.5 kB will leave this computer. {said}"


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
    picture(tmp_path / "z.png", 30, 20)
    with ui(screen, "note") as window:
        ask(screen, window)
        show(window, tmp_path)
        state = window.ask("more")
        assert state["files"] == ["What is in the report", "a.bin", "    b.txt", "report.json", "z.png"]
        assert "account numbers: 3" in state["text"] and "order numbers" in state["text"]
        total = sum(path.stat().st_size for path in tmp_path.iterdir() if path.is_file())
        assert state["total"] == f"3 files, {total} bytes will leave this computer.", "no log counts twice"
        screen.press("Down")
        wait_until(lambda: "nothing to read" in window.ask("more")["text"], "no text")
        screen.press("Down")
        wait_until(lambda: window.ask("more")["text"] == "ACCT-7K3QF <b>ordered</b>\n", "the log")
        assert "ab" * 32 in window.ask("more")["about"]
        screen.press("Down")
        screen.press("Down")
        wait_until(lambda: window.ask("more")["picture"] == 30, "the picture")
        screen.press("alt+s")
        assert window.wait("contents_accepted")["open_files"] == 0, "they will be moved"
        assert window.count("contents_dropped") == 0
        window.do("keep_open", sentence="The disk is full.", remedy="")
        assert window.ask()["problem"] == "The disk is full."


def test_a_large_text_is_paged_by_keys(screen: VirtualScreen, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"line {number:07}\n" for number in range(30_000)))
    with ui(screen, "note") as window:
        ask(screen, window)
        show(window, tmp_path)
        screen.press("Down")
        wait_until(lambda: window.ask("more")["text"].startswith("line 0000000\n"), "the first page")
        for begin in ("131.1 kB", "262.1 kB"):
            screen.press("alt+n")
            wait_until(lambda: window.ask("more")["place"].startswith(f"{begin} to"), "a page on")  # noqa: B023
        assert window.ask("more")["text"].endswith("line 0029999\n")
        screen.press("alt+n")
        screen.press("alt+p")
        wait_until(lambda: window.ask("more")["place"].startswith("131.1 kB to"), "a page back")
        screen.press("alt+p")
        wait_until(lambda: window.ask("more")["text"].startswith("line 0000000\n"), "the first page")


def test_the_window_answers_while_a_file_is_slow(screen: VirtualScreen, tmp_path: Path) -> None:
    (tmp_path / "contents").mkdir()
    (tmp_path / "contents" / "a.txt").write_text("at last")
    (tmp_path / "contents" / "b.txt").write_text("another")
    gate = tmp_path / "gate"
    with ui(screen, "note") as window:
        ask(screen, window)
        window.do("show_contents", folder=str(tmp_path / "contents"), not_before=str(gate))
        click_row(screen, window, 1)
        wait_until(lambda: window.ask("more")["text"] == "Reading…", "it is being read")
        click_row(screen, window, 2)
        wait_until(lambda: "b.txt" in window.ask("more")["about"], "the other one")
        gate.touch()
        wait_until(lambda: window.ask("more")["text"] == "another", "only what was chosen last")
        click_row(screen, window, 1)
        wait_until(lambda: window.ask("more")["text"] == "at last", "the first")


def test_a_file_that_comes_too_late_is_closed(screen: VirtualScreen, tmp_path: Path) -> None:
    (tmp_path / "contents").mkdir()
    (tmp_path / "contents" / "a.txt").write_text("too late")
    gate = tmp_path / "gate"
    with ui(screen, "note") as window:
        ask(screen, window)
        window.do("show_contents", folder=str(tmp_path / "contents"), not_before=str(gate))
        click_row(screen, window, 1)
        wait_until(lambda: window.ask("more")["text"] == "Reading…", "it is being read")
        screen.press("Escape")
        window.wait("contents_dropped")
        gate.touch()
        wait_until(lambda: window.ask("files")["opened"] == 1, "it was opened after all")
        wait_until(lambda: window.ask("files")["open"] == 0, "it is closed")
        assert window.ask()["visible"]


def test_a_file_that_is_gone_is_said(screen: VirtualScreen, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("here")
    (tmp_path / "b.png").write_bytes(b"no picture")
    with ui(screen, "note") as window:
        ask(screen, window)
        show(window, tmp_path)
        (tmp_path / "a.txt").unlink()
        for row in (1, 2):
            click_row(screen, window, row)
            wait_until(lambda: "cannot be read any more" in window.ask("more")["text"], "it is said")
            click_row(screen, window, 0)
            wait_until(lambda: window.ask("more")["about"] == "What is in the report", "the summary")


def test_a_picture_is_fitted_and_shown_pixel_by_pixel(screen: VirtualScreen, tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 2000, 1000)
    with ui(screen, "note") as window:
        ask(screen, window)
        show(window, tmp_path)
        click_row(screen, window, 1)
        wait_until(lambda: 0 < window.ask("more")["picture"] < 1000, "all of it")
        window.click(screen, "The picture, as it is sent")
        wait_until(lambda: window.ask("more")["picture"] == 2000, "every pixel")
        screen.press("alt+z")
        wait_until(lambda: window.ask("more")["picture"] < 1000, "all of it again")


# --- how it ends ------------------------------------------------------------------------------------------


def test_keys_pressed_as_the_dialog_appears_send_nothing(screen: VirtualScreen, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with ui(screen, "note") as window:
        window.do("guard", milliseconds=3_600_000)
        ask(screen, window)
        screen.press("Return")
        window.do("show_contents", folder=str(tmp_path))
        for keys in ("Return", "alt+s", "space", "KP_Enter"):
            screen.press(keys)
        window.click(screen, "Send exactly this", times=2)
        screen.press("Down")
        wait_until(lambda: "a.txt" in window.ask("more")["about"], "the keys have come")
        state = window.ask("more")
        assert (state["contents"], state["can_send"], window.count("contents_accepted")) == (True, False, 0)


def test_a_key_starts_the_wait_again(screen: VirtualScreen, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with ui(screen, "note") as window:
        window.do("guard", milliseconds=3_600_000)
        ask(screen, window)
        window.do("show_contents", folder=str(tmp_path))
        before = window.ask("guarding")["wait"]
        assert before >= 0 and window.ask("guarding")["wait"] == before
        screen.press("Down")
        wait_until(lambda: window.ask("guarding")["wait"] not in (-1, before), "a new wait")


def test_enter_that_is_held_down_sends_nothing(screen: VirtualScreen, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with ui(screen, "note") as window:
        window.do("guard", milliseconds=0)
        ask(screen, window)
        show(window, tmp_path)
        window.do("held_enter")
        assert window.ask("more")["contents"] and window.count("contents_accepted") == 0
        screen.press("Return")
        window.wait("contents_accepted")


def test_it_is_sent_once_by_a_double_click(screen: VirtualScreen, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with ui(screen, "note") as window:
        ask(screen, window)
        show(window, tmp_path)
        window.click(screen, "Send exactly this", times=2)
        window.wait("contents_accepted")
        window.do("accept_contents", times=2)
        state = window.ask("more")
        assert (window.count("contents_accepted"), window.count("contents_dropped")) == (1, 0)
        assert not state["contents"]
        screen.press("ctrl+Return")
        screen.press("Escape")
        window.ask()
        assert (window.count("submitted"), window.count("cancelled")) == (0, 0), "it is being kept"


@pytest.mark.parametrize("way", ["Back", "Escape", "alt+b", "alt+F4"])
def test_back_drops_it_and_the_note_goes_on(screen: VirtualScreen, tmp_path: Path, way: str) -> None:
    (tmp_path / "a.txt").write_text("x")
    with ui(screen, "note") as window:
        ask(screen, window)
        show(window, tmp_path)
        click_row(screen, window, 1)
        wait_until(lambda: window.ask("more")["text"] == "x", "the file")
        if way == "Back":
            window.click(screen, way)
        else:
            screen.press(way)
        assert window.wait("contents_dropped")["open_files"] == 0, "they will be deleted"
        wait_until(lambda: screen.focused_title().startswith("Report"), "the note window")
        state = window.ask("more")
        assert (state["contents"], state["exactly"]) == (False, "Show &exactly what will be sent…")
        screen.press("alt+e")
        window.wait("contents_asked", 2)
        assert (window.count("contents_dropped"), window.count("cancelled")) == (1, 0)


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


# --- pages ------------------------------------------------------------------------------------------------

MARKS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32": b"",
}
TEXT = st.text(st.one_of(st.sampled_from("ab\n\u0a0a\u0d0aé漢𝔘"), st.characters(categories=["L", "N"])))


def all_pages(book: Pages, size: int) -> list[Page]:
    """From the first page to the last."""
    read = [book.read(0)]
    while read[-1].end < size:
        read.append(book.read(len(read)))
    return read


@settings(max_examples=100, deadline=None)
@given(text=TEXT, size=st.integers(8, 24), encoding=st.sampled_from(sorted(MARKS)), packed=st.booleans())
def test_pages_joined_are_the_text(text: str, size: int, encoding: str, packed: bool) -> None:
    data = MARKS[encoding] + text.encode(encoding)
    file = zipped(data) if packed else io.BytesIO(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "PAGE_BYTES", size)
        patch.setattr(pages, "_STEP_BYTES", 3)
        book = Pages(file)
        read = all_pages(book, len(data))
        assert "".join(page.text for page in read) == text
        assert [book.read(page.number) for page in reversed(read)] == read[::-1]


def zipped(data: bytes) -> io.BufferedIOBase:
    """A file inside an archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.log", data)
    return zipfile.ZipFile(archive).open("a.log")


class Counted(io.BytesIO):
    """Counts the bytes that are read, and the times that it is sent to another place."""

    bytes_read = 0
    seeks = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.bytes_read += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        self.seeks += 1
        return super().seek(offset, whence)


def test_the_next_page_costs_no_more_than_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive would unpack everything again for a step back."""
    monkeypatch.setattr(pages, "PAGE_BYTES", 100)
    file = Counted(b"sixteen letters\n" * 1000)
    all_pages(Pages(file), 16_000)
    assert (file.bytes_read, file.seeks) == (16_000, 0)


def test_a_long_way_back_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE_BYTES", 100)
    monkeypatch.setattr(pages, "_STEP_BYTES", 10)
    file = Counted(b"sixteen letters\n" * 1000)
    book = Pages(file)
    read = all_pages(book, 16_000)
    asked = iter([False, False, True, True])
    assert book.read(len(read) - 2, lambda: next(asked)) is None
    assert file.tell() == 20
    assert book.read(len(read) - 2) == read[-2]


def test_hidden_characters_and_foreign_bytes_show() -> None:
    data = "a\0b\u202ec\u200bd".encode() + b"\xff"
    page = Pages(io.BytesIO(data)).read(0)
    assert page and page.text == "a␀b⟨U+202E⟩c⟨U+200B⟩d\\xff"
