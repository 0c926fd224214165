"""The command line as users and scripts meet it: results on stdout, words on stderr, the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desks import Desk, desk_at, refused_url
from tests.journeys.stage import SNAPPER
from tests.journeys.test_bad_days import Machine


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk."""
    with desk_at(tmp_path / "desk") as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, desk: Desk) -> Machine:
    """A computer without a screen, with logs of today."""
    return Machine(tmp_path, desk, tmp_path / "outbox")


def test_send_prints_a_receipt_and_the_desk_has_note_file_and_logs(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "trace ü.txt"
    file.write_text("trace")
    done = machine.snapper("send", "-m", "ä ß 漢字 ✓", str(file), "--json")
    assert done.returncode == 0
    result = json.loads(done.stdout)
    assert result["state"] == "delivered"
    (report,) = machine.desk.reports()
    assert report.note == "ä ß 漢字 ✓"
    assert [part.name for part in report.attachments] == ["trace ü.txt", "logs.zip"]
    proven = {stored["name"] for stored in result["receipt"]["stored"]}
    assert proven == {"report.json", "trace ü.txt", "logs.zip"}


def test_attach_adds_to_the_ticket_however_it_is_written(machine: Machine) -> None:
    first = json.loads(machine.snapper("send", "-m", "1", "--no-logs", "--json").stdout)
    ticket = first["receipt"]["ticket"]
    second = machine.snapper("attach", f"#{ticket}", "-m", "2", "--no-logs")
    assert second.returncode == 0
    assert f"ticket   {ticket}" in second.stdout


def test_a_note_can_come_from_the_input(machine: Machine) -> None:
    done = subprocess.run(
        [*SNAPPER, "send", "-m", "-", "--no-logs"],
        env=machine.environment, input="line 1\nline 2\n", capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    assert machine.desk.notes() == ["line 1\nline 2\n"]


def test_nothing_to_send_is_a_usage_error(machine: Machine) -> None:
    done = machine.snapper("send", "--no-logs")
    assert done.returncode == 2
    assert "nothing to send" in done.stderr


def test_a_slip_in_the_tickets_number_is_told_before_anything_is_kept(machine: Machine) -> None:
    refused = machine.snapper("attach", "7777", "-m", "note", "--no-logs")
    assert refused.returncode == 2
    assert "has no ticket 7777. Check the number. Nothing was sent or kept." in refused.stderr
    assert machine.outbox.entries() == []


def test_a_rejected_report_goes_to_another_ticket_with_resend(machine: Machine) -> None:
    off = {"SNAPPER_DELIVERY_URL": refused_url()}
    kept = machine.snapper("attach", "7777", "-m", "note", "--no-logs", "--json", **off)
    assert kept.returncode == 3
    report = json.loads(kept.stdout)["id"]
    assert machine.snapper("outbox", "retry", report[-8:]).returncode == 1
    resent = machine.snapper("outbox", "resend", report[-8:])
    assert resent.returncode == 0
    assert machine.desk.notes() == ["note"]
    assert len(machine.outbox.entries()) == 1


def test_every_letter_gets_through_a_pipe(machine: Machine) -> None:
    """Windows gives a pipe its old code page."""
    for arguments in (("send", "-m", "漢字 €", "--no-logs"), ("outbox",), ("outbox", "--json")):
        done = machine.snapper(*arguments, PYTHONIOENCODING="cp1252")
        assert done.returncode == 0, done.stderr
    assert "漢字 €" in done.stdout


def test_the_outbox_lists_shows_exports_and_discards(machine: Machine, tmp_path: Path) -> None:
    code = json.loads(machine.snapper("send", "-m", "one", "--json").stdout)["receipt"]["code"]
    assert code in machine.snapper("outbox").stdout
    assert [entry["report"]["note"] for entry in json.loads(machine.snapper("outbox", "--json").stdout)] == [
        "one"
    ]
    shown = machine.snapper("outbox", "show", code).stdout
    assert "sha256" in shown
    assert "encrypted by TWS, only IBKR can read it" in shown
    path = tmp_path / "by hand.zip"
    assert machine.snapper("outbox", "export", code, "-o", str(path)).returncode == 0
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["logs.zip", "report.json"]
    assert machine.snapper("outbox", "discard", code, "--yes").returncode == 0
    assert json.loads(machine.snapper("outbox", "list", "--json").stdout) == []


def test_logs_are_listed_and_exported(machine: Machine, tmp_path: Path) -> None:
    listed = json.loads(machine.snapper("logs", "--json").stdout)
    assert {file["kind"] for file in listed["files"]} == {"plain", "sealed"}
    path = tmp_path / "logs.zip"
    assert machine.snapper("logs", "export", "-o", str(path)).returncode == 0
    with zipfile.ZipFile(path) as archive:
        assert {file["name"] for file in listed["files"]} == set(archive.namelist())
        assert archive.testzip() is None
    again = machine.snapper("logs", "export", "-o", str(path))
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_a_capture_is_a_png_of_the_screen(machine: Machine, tmp_path: Path) -> None:
    from PIL import Image

    from scripts.screen import virtual_screen

    with virtual_screen("640x480", window_manager=False) as screen:
        machine.environment["DISPLAY"] = screen.display
        path = tmp_path / "now.png"
        done = machine.snapper("capture", "-o", str(path), "--json")
        assert done.returncode == 0
        assert json.loads(done.stdout)["width"] == 640
        assert Image.open(path).size == (640, 480)
        assert "one colour" in done.stderr or "black" in done.stderr
        wrong = machine.snapper("capture", "--monitor", "9", "-o", str(tmp_path / "x.png"))
        assert wrong.returncode == 2
        assert "no monitor 9" in wrong.stderr


def test_config_init_writes_a_private_file_once(machine: Machine) -> None:
    first = machine.snapper("config", "init")
    path = Path(first.stdout.strip())
    assert path.stat().st_mode & 0o777 == 0o600
    assert machine.snapper("config", "init").returncode == 2
    assert json.loads(machine.snapper("config", "path", "--json").stdout) == {
        "file": str(path),
        "exists": True,
    }


def test_config_show_names_the_chord_its_reason_and_no_secret(machine: Machine) -> None:
    shown = machine.snapper("config", "show")
    assert "Ctrl+Alt+" in shown.stdout
    assert machine.desk.token not in shown.stdout
    as_data = json.loads(machine.snapper("config", "show", "--json").stdout)
    assert as_data["hotkey.chord"]["origin"]
    machine.environment["SNAPPER_HOTKEY_CHORD"] = "Ctrl+Alt+J"
    changed = json.loads(machine.snapper("config", "show", "--json").stdout)["hotkey.chord"]
    assert changed["value"] == "Ctrl+Alt+J"
    assert "SNAPPER_HOTKEY_CHORD" in changed["origin"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[hotkey\n", 1, "cannot be read"),
        ("[hotkey]\nchrod = 'x'\n", 2, "Did you mean"),
        ("[hotkey]\nchord = 'Ctrl+Banana'\n", 2, "Banana"),
    ],
)
def test_a_bad_settings_file_is_one_sentence_and_exit_2(
    machine: Machine, text: str, line: int, words: str
) -> None:
    file = machine.jts.parent / "bad.toml"
    file.write_text(text)
    for command in (("listen",), ("send", "-m", "x"), ("outbox",), ("config", "show"), ("desk",)):
        done = machine.snapper("--config", str(file), *command)
        assert done.returncode == 2, command
        assert f"{file}, line {line}: " in done.stderr
        assert words in done.stderr
        assert done.stdout == ""


def test_unknown_commands_and_options_exit_2(machine: Machine) -> None:
    for arguments in (["fly"], ["send", "--fly"], ["outbox", "show"]):
        assert machine.snapper(*arguments).returncode == 2


def test_a_desk_gives_its_first_keys_once(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    seen = []
    for _ in range(2):
        process = subprocess.Popen(
            [*SNAPPER, "desk", "--port", "0", "--folder", str(folder), "--json"],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path)},
        )  # fmt: skip
        assert process.stdout
        seen.append(json.loads(process.stdout.readline()))
        process.terminate()
        process.communicate(timeout=20)
        assert process.returncode == 0
    assert seen[0].keys() == {"url", "upload_token", "support_password"}
    assert seen[1].keys() == {"url"}


def test_desk_tokens_are_made_and_taken_back(machine: Machine, tmp_path: Path) -> None:
    folder = str(tmp_path / "desk")
    token = machine.snapper("desk", "--folder", folder, "token", "trader").stdout.strip()
    machine.environment["SNAPPER_DELIVERY_TOKEN"] = token
    assert machine.snapper("send", "-m", "x", "--no-logs").returncode == 0
    assert machine.snapper("desk", "--folder", folder, "token", "trader", "--remove").returncode == 0
    refused = machine.snapper("send", "-m", "x", "--no-logs")
    assert refused.returncode == 3
    assert "does not accept the token" in refused.stdout
