"""From the press to the receipt on Windows: real keys, Qt's own windows, a real desk."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image

from scripts.demo_tws import Jts, make_jts
from scripts.screen import wait_until
from scripts.tws_window import BITS, read_counter
from snapper.outbox import Outbox
from snapper.report import LogKind
from snapper.state import State
from tests.desks import Desk, desk_at
from tests.journeys.stage import SNAPPER, Program, running
from tests.windows.hands import ALT, CTRL, ENTER, TWS, press, tws, type_text, typed_into, wait_for_front

NOTE = "ä ß 漢字 ✓\nsecond line"
ESCAPE = 0x1B
PATIENCE = 180.0  # seconds; Wine on a busy computer starts a program in ten


@dataclass(frozen=True)
class Stage:
    """Everything a journey touches."""

    desk: Desk
    tws: Program
    jts: Jts
    outbox: Outbox
    environment: dict[str, str]

    @contextmanager
    def listener(self) -> Iterator[Program]:
        """`snapper listen`, once it has said that it listens; TWS is in front."""
        with running([*SNAPPER, "listen"], self.environment) as program:
            wait_until_it_listens(program)
            yield program

    def delivered(self) -> bool:
        """Whether there is one report, and it has arrived."""
        return self.states() == [State.DELIVERED]

    def states(self) -> list[State]:
        """How the reports in the outbox stand."""
        return [entry.state for entry in self.outbox.entries()]


def wait_until_it_listens(program: Program) -> None:
    """Wait until a listener has the chord, and TWS the keyboard."""
    wait_until(lambda: any("Press " in line for line in program.lines), "it listens", PATIENCE)
    wait_for_front(TWS)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A desk, and the TWS-like window in front, with the logs of a morning."""
    jts = make_jts(tmp_path / "Jts", datetime.now().astimezone())
    with desk_at(tmp_path / "desk") as desk:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SNAPPER_")},
            **desk.environment,
            "SNAPPER_HOTKEY_CHORD": "Ctrl+Alt+H",
            "SNAPPER_OUTBOX_FOLDER": str(tmp_path / "outbox with spaces"),
            "SNAPPER_LOGS_FOLDERS": str(jts.home),
            "PYTHONUTF8": "1",
        }
        with tws(environment) as window:
            yield Stage(desk, window, jts, Outbox(tmp_path / "outbox with spaces"), environment)


def milliseconds() -> int:
    """Now, as the counter of the TWS-like window shows it."""
    return int(time.time() * 1000) % (1 << BITS)


def test_a_press_becomes_a_report_with_the_picture_of_that_instant(stage: Stage) -> None:
    with stage.listener():
        before = milliseconds()
        press(CTRL, ALT, ord("H"))
        wait_for_front("snapper")
        after = milliseconds()
        type_text(NOTE)
        press(CTRL, ENTER)
        wait_until(stage.delivered, "the report is delivered", PATIENCE)
        wait_for_front(TWS)
        type_text("z")
        wait_until(lambda: "z" in typed_into(stage.tws), "the keyboard is TWS's again")
    assert typed_into(stage.tws) == "z"  # nothing of the note, nothing of the chord
    (report,) = stage.desk.reports()
    assert report.note == NOTE
    assert "Windows-" in report.machine["system"]
    picture = Image.open(io.BytesIO(stage.desk.store.path(report, "screenshot.png").read_bytes()))
    shown = read_counter(picture.convert("RGB"))
    assert shown is not None
    assert before - 100 <= shown <= after
    assert f"{picture.width}×{picture.height}" in report.machine["monitors"]


def test_todays_logs_arrive_as_they_were(stage: Stage) -> None:
    with stage.listener():
        press(CTRL, ALT, ord("H"))
        wait_for_front("snapper")
        type_text("It froze.")
        press(CTRL, ENTER)
        wait_until(stage.delivered, "the report is delivered", PATIENCE)
    (report,) = stage.desk.reports()
    (logs,) = [part for part in report.attachments if part.name == "logs.zip"]
    originals = {path.name: path.read_bytes() for path in stage.jts.today}
    with zipfile.ZipFile(stage.desk.store.path(report, "logs.zip")) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert {name.rpartition("/")[2] for name in contents} == set(originals)
    for entry in logs.contains:
        content = contents[entry.name]
        assert hashlib.sha256(content).hexdigest() == entry.sha256
        if entry.kind is LogKind.SEALED:
            assert content == originals[entry.name.rpartition("/")[2]]
    assert not any(b"C:\\users\\" in content for content in contents.values())


def test_escape_gives_the_keyboard_back_and_leaves_nothing(stage: Stage) -> None:
    with stage.listener():
        press(CTRL, ALT, ord("H"))
        wait_for_front("snapper")
        press(ESCAPE)
        wait_for_front(TWS)
        press(CTRL, ALT, ord("H"))
        wait_for_front("snapper")
        press(ESCAPE)
        wait_for_front(TWS)
    assert stage.outbox.entries() == []
    assert stage.desk.reports() == []


def test_a_second_listener_says_that_there_is_one(stage: Stage) -> None:
    with stage.listener():
        second = finished([*SNAPPER, "listen"], stage.environment)
    assert second.returncode == 0
    assert "snapper is listening already." in second.stderr


def test_a_report_that_was_killed_before_it_left_is_delivered_by_the_next_start(stage: Stage) -> None:
    away = {**stage.environment, "SNAPPER_DELIVERY_URL": "http://127.0.0.1:9"}
    with running([*SNAPPER, "listen"], away) as program:
        wait_until_it_listens(program)
        press(CTRL, ALT, ord("H"))
        wait_for_front("snapper")
        type_text("killed")
        press(CTRL, ENTER)
        wait_until(lambda: stage.states() not in ([], [State.PREPARING]), "it is kept", PATIENCE)
        program.kill()
    retried = finished([*SNAPPER, "outbox", "retry"], stage.environment)
    assert retried.returncode == 0, retried.stderr
    assert stage.desk.notes() == ["killed"]


def test_a_kill_between_submit_and_receipt_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """Linux tries every step; here some of them, for what only Windows does: its locks, its renames."""
    file = tmp_path / "extra.txt"
    file.write_bytes(b"extra" * 10_000)
    with desk_at(tmp_path / "desk") as desk:
        settings = {**os.environ, **desk.environment}
        whole = send(0, settings | {"SNAPPER_OUTBOX_FOLDER": str(tmp_path / "whole")}, "whole", file)
        assert whole.returncode == 0, whole.stderr
        steps = int(whole.stderr.split()[-1])
        assert steps > 30
        for step in range(4, steps, steps // 8):
            own = settings | {"SNAPPER_OUTBOX_FOLDER": str(tmp_path / f"outbox {step}")}
            assert send(step, own, f"note {step}", file).returncode == signal.SIGTERM
            again = finished([*SNAPPER, "outbox", "retry"], own)
            assert again.returncode == 0, again.stderr
            entries = Outbox(tmp_path / f"outbox {step}").entries()
            assert [entry.state for entry in entries] == [State.DELIVERED] * len(entries)
            assert desk.notes().count(f"note {step}") == len(entries)


def send(step: int, settings: dict[str, str], note: str, file: Path) -> subprocess.CompletedProcess[str]:
    """Send a report and be killed before this step; 0: not at all."""
    command = [sys.executable, "-m", "tests.kill_at", str(step), "send", "--no-logs", "-m", note, str(file)]
    return finished(command, settings)


def finished(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A program that ran to its end."""
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
