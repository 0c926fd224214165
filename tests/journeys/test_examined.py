"""From the tray's check of this computer to a report that carries what it found."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.screen import wait_until
from tests.desks import desk_at
from tests.journeys.stage import stage
from tests.journeys.tray_menu import choose, with_a_tray

FOUND = "Check of this computer – snapper"


def test_what_the_doctor_finds_goes_along_with_a_report(tmp_path: Path) -> None:
    with desk_at(tmp_path / "desk") as desk:
        hosts = {"SNAPPER_DOCTOR_TWS_HOSTS": "127.0.0.1", "SNAPPER_DOCTOR_WEB_HOSTS": "127.0.0.1"}
        with stage(tmp_path, {**desk.environment, **hosts}) as ready, with_a_tray(ready):
            choose(ready, "c")
            wait_until(lambda: ready.screen.focused_title() == FOUND, "the findings are there")
            ready.screen.press("alt+s")
            # The keyboard goes from the doctor's window straight to the note.
            wait_until(lambda: _asked(ready.screen.focused_title()), "the note is asked for")
            assert ready.typed_underneath() == ""
            ready.screen.type("cannot connect")
            ready.screen.press("ctrl+Return")
            [report] = wait_until(desk.reports, "the report is on the desk")
            [kept] = desk.store.reports_of(desk.store.tickets()[0].number, 1)
            assert report.note == "cannot connect"
            text = desk.store.path(kept.report, "doctor.txt").read_text()
    assert "checks" in text.splitlines()[0]
    facts = json.loads(text[text.index("\n{") :])
    assert any(each["name"] == "desk" and each["verdict"] == "ok" for each in facts["findings"])


def test_the_command_line_sends_it_too(tmp_path: Path) -> None:
    with desk_at(tmp_path / "desk") as desk:
        hosts = {"SNAPPER_DOCTOR_TWS_HOSTS": "127.0.0.1", "SNAPPER_DOCTOR_WEB_HOSTS": "127.0.0.1"}
        with stage(tmp_path, {**desk.environment, **hosts}) as ready:
            sent = ready.snapper("send", "--doctor", "--no-logs", "-m", "x")
            assert sent.returncode == 0, sent.stderr
            assert [part.name for part in desk.reports()[0].attachments] == ["doctor.txt"]
            asked = ready.snapper("doctor", "--json")
            assert "findings" in json.loads(asked.stdout)
            shown = ready.snapper("doctor")
            assert "✓" in shown.stdout and desk.token not in shown.stdout


def _asked(title: str) -> bool:
    # No window is active for a moment while the keyboard goes from one to the other.
    assert not title or title.endswith("– snapper"), title
    return title.startswith("Report to support")
