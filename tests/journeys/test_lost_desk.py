"""The desk is away, or dies at the worst moment: the report is kept, delivered, and delivered once."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

from scripts.screen import wait_until
from snapper.state import State
from snapper.unsent import UnsentNote
from tests.desks import cutting_off_the_first_answer, desk_at, refused_url
from tests.journeys.stage import CHORD, SNAPPER, Program, stage, unused_port


def test_a_report_outlives_the_desk_being_down(tmp_path: Path) -> None:
    port = unused_port()
    with desk_at(tmp_path / "desk", port) as desk:
        settings = desk.environment
    with stage(tmp_path, settings) as ready, ready.listener():
        ready.screen.press(CHORD)
        ready.note_window()
        ready.screen.type("down")
        ready.screen.press("ctrl+Return")
        ready.tws_has_focus()
        (waiting,) = ready.wait_for_state(State.WAITING)
        assert waiting.report.note == "down"
        wait_until(lambda: ready.outbox.entry(waiting.id).delivery.attempts, "the first attempt ended")
        with desk_at(tmp_path / "desk", port) as desk:
            assert ready.snapper("outbox", "retry").returncode == 0
            ready.wait_for_state(State.DELIVERED)
            assert [report.id for report in desk.reports()] == [waiting.id]
            assert ready.snapper("outbox", "retry").returncode == 0
            assert len(desk.reports()) == 1


def test_a_desk_that_stores_and_dies_before_it_answers_has_the_report_once(tmp_path: Path) -> None:
    opened = threading.Event()
    with desk_at(tmp_path / "desk") as desk, cutting_off_the_first_answer(desk.url, opened) as url:
        settings = {**desk.environment, "SNAPPER_DELIVERY_URL": url}
        with stage(tmp_path, settings) as ready:
            sent = ready.snapper("send", "-m", "once")
            assert sent.returncode == 3
            ready.wait_for_state(State.UNKNOWN)
            assert len(desk.reports()) == 1
            (unknown,) = ready.outbox.entries()
            elsewhere = ready.snapper("outbox", "resend", unknown.id)
            assert elsewhere.returncode == 2
            assert "may have arrived already" in elsewhere.stderr
            opened.set()
            again = ready.snapper("outbox", "retry")
            assert again.returncode == 0
            assert "receipt" in again.stdout
            assert len(desk.reports()) == 1


def test_a_lost_answer_is_asked_for_at_once(tmp_path: Path) -> None:
    opened = threading.Event()
    opened.set()
    with (
        desk_at(tmp_path / "desk") as desk,
        cutting_off_the_first_answer(desk.url, opened) as url,
        stage(tmp_path, {**desk.environment, "SNAPPER_DELIVERY_URL": url}) as ready,
    ):
        assert ready.snapper("send", "-m", "once").returncode == 0
        assert len(desk.reports()) == 1


def test_a_listener_killed_after_submit_delivers_at_its_next_start(tmp_path: Path) -> None:
    port = unused_port()
    with desk_at(tmp_path / "desk", port) as desk:
        settings = desk.environment
    with stage(tmp_path, settings) as ready:
        with ready.listener() as listener:
            ready.screen.press(CHORD)
            ready.note_window()
            ready.screen.type("kept")
            ready.screen.press("ctrl+Return")
            ready.tws_has_focus()
            listener.kill()
        with desk_at(tmp_path / "desk", port) as desk:
            entries = ready.outbox.entries()
            assert [entry.report.note for entry in entries] == ["kept"]
            with ready.listener():
                ready.wait_for_state(State.DELIVERED)
            assert desk.notes() == ["kept"]


def test_a_listener_ended_right_after_submit_has_the_report_and_forgets_the_note(tmp_path: Path) -> None:
    with desk_at(tmp_path / "desk") as desk, stage(tmp_path, desk.environment) as ready:
        (log,) = [path for path in ready.jts.today if path.suffix == ".log" and path.name.startswith("tws.")]
        log.write_bytes(log.read_bytes() * 200)  # takes its time to be packed
        with ready.asked() as listener:
            ready.screen.type("just in time")
            ready.screen.press("ctrl+Return")
            wait_until(ready.outbox.entries, "the report is safe", 30)
            assert listener.stop() == 0
            assert not any("Traceback" in line for line in listener.lines), listener.lines
        assert UnsentNote(ready.outbox.folder).load() is None
        with ready.listener():
            wait_until(lambda: desk.notes() == ["just in time"], "it is delivered", 60)


def test_several_processes_empty_one_outbox_without_doubling(tmp_path: Path) -> None:
    with desk_at(tmp_path / "desk") as desk, stage(tmp_path, desk.environment) as ready:
        notes = [f"note {number}" for number in range(4)]
        offline = {**ready.environment, "SNAPPER_DELIVERY_URL": refused_url()}
        for note in notes:
            kept = [*SNAPPER, "send", "--no-logs", "-m", note]
            assert subprocess.run(kept, env=offline, capture_output=True, timeout=60).returncode == 3
        retry = [*SNAPPER, "outbox", "retry"]
        at_once = [Program(retry, ready.environment) for _ in range(4)]
        for program in at_once:
            assert program.wait() in (0, 3), program.lines
        ready.wait_for_state(State.DELIVERED, len(notes))
        assert sorted(report.note for report in desk.reports()) == notes


def test_what_was_written_before_a_crash_is_offered_again(tmp_path: Path) -> None:
    with desk_at(tmp_path / "desk") as desk, stage(tmp_path, desk.environment) as ready:
        with ready.listener() as listener:
            ready.screen.press(CHORD)
            ready.note_window()
            ready.screen.type("a long story")
            wait_until(lambda: UnsentNote(ready.outbox.folder).load(), "the note is kept while it is written")
            listener.kill()
        ready.tws_has_focus()
        with ready.listener():
            ready.screen.press(CHORD)
            ready.note_window()
            ready.screen.type(", ended")
            ready.screen.press("ctrl+Return")
            ready.wait_for_state(State.DELIVERED)
            wait_until(lambda: UnsentNote(ready.outbox.folder).load() is None, "it is forgotten")
        assert desk.notes() == ["a long story, ended"]
