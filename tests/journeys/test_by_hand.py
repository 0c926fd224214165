"""The way is blocked: the report is saved for sending by hand, and goes on being tried."""

from __future__ import annotations

import zipfile
from pathlib import Path

from scripts.screen import wait_until
from snapper.report import Report
from snapper.state import State
from tests.desks import desk_at
from tests.journeys.stage import CHORD, Stage, stage, unused_port
from tests.test_ui_receipt_window import clipboard

RECEIPT = "Receipt – snapper"


def place(ready: Stage, title: str) -> tuple[int, int, int, int]:
    """Where a window is: left, top, width, height."""
    said = ready.screen.xdotool("getwindowgeometry", "--shell", ready.screen.window(title))
    facts = dict(line.split("=") for line in said.splitlines() if "=" in line)
    return int(facts["X"]), int(facts["Y"]), int(facts["WIDTH"]), int(facts["HEIGHT"])


def submit(ready: Stage, note: str) -> None:
    """Write a report in the note window, which has no way to the desk."""
    ready.screen.press(CHORD)
    ready.note_window()
    ready.screen.type(note)
    ready.screen.press("ctrl+Return")
    ready.tws_has_focus()


def test_a_report_that_cannot_get_out_is_saved_with_the_mouse(tmp_path: Path) -> None:
    port = unused_port()
    with desk_at(tmp_path / "desk", port) as desk:
        settings = desk.environment
    stick = tmp_path / "stick"
    stick.mkdir()
    with stage(tmp_path, settings) as ready, ready.listener():
        submit(ready, "by hand")
        wait_until(lambda: ready.screen.window(RECEIPT), "what happened is said")
        left, top, _, height = place(ready, RECEIPT)
        ready.screen.xdotool("mousemove", str(left + 90), str(top + height - 28), "click", "1")
        wait_until(
            lambda: ready.screen.focused_title().startswith("Folder to save"), "the folder is asked for"
        )
        ready.screen.type(str(stick))
        ready.screen.press("Return")
        [waiting] = ready.outbox.entries()
        stem = f"snapper-{waiting.id[-8:]}"
        wait_until(lambda: clipboard(ready.screen) == str(stick / f"{stem}.zip"), "the path on the clipboard")
        steps = stick / "how-to-send.txt"
        assert sorted(path.name for path in stick.iterdir()) == [steps.name, f"{stem}.png", f"{stem}.zip"]
        with zipfile.ZipFile(stick / f"{stem}.zip") as archive:
            assert Report.from_json(archive.read("report.json")).note == "by hand"
            assert archive.read("screenshot.png") == (stick / f"{stem}.png").read_bytes()
        assert waiting.id in steps.read_text("utf-8")
        assert waiting.state is State.WAITING
        with desk_at(tmp_path / "desk", port) as desk:
            assert ready.snapper("outbox", "retry").returncode == 0
            assert desk.notes() == ["by hand"]


def test_it_is_exported_by_command_as_well(tmp_path: Path) -> None:
    with desk_at(tmp_path / "desk") as desk:
        settings = {**desk.environment, "SNAPPER_DELIVERY_URL": f"http://127.0.0.1:{unused_port()}"}
    with stage(tmp_path, settings) as ready:
        assert ready.snapper("send", "-m", "by hand", "--screenshot", "--no-logs").returncode == 3
        [waiting] = ready.outbox.entries()
        saved = ready.snapper("outbox", "export", waiting.id, "-o", str(tmp_path))
        assert saved.returncode == 0
        zipped, picture, steps = map(Path, saved.stdout.splitlines())
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert zipped.stat().st_size > picture.stat().st_size
        assert zipped.name in steps.read_text("utf-8")
        assert ready.outbox.entry(waiting.id) == waiting
