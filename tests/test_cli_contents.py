"""Looking at exactly what leaves, on the command line: before it is sent and after."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desks import desk_at
from tests.journeys.test_bad_days import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A computer without a screen, with logs of today, and a desk."""
    with desk_at(tmp_path / "desk") as desk:
        yield Machine(tmp_path, desk, tmp_path / "outbox")


def test_a_dry_run_lists_every_file_and_sends_nothing(machine: Machine, tmp_path: Path) -> None:
    trace = tmp_path / "trace.txt"
    trace.write_text("account U1234567")
    into = tmp_path / "look"
    done = machine.snapper(
        "send", "-m", "U1234567 hangs", str(trace), "--dry-run", "--into", str(into), "--json"
    )
    assert done.returncode == 0, done.stderr
    assert "Nothing was sent." in done.stderr
    listed = {part["name"]: part for part in json.loads(done.stdout)}
    assert {"report.json", "trace.txt", "logs.zip", "logs.zip/launcher.log"} <= set(listed)
    for name, part in listed.items():
        content = (into / name.replace(".zip/", "/")).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (part["size"], part["sha256"])
    assert b"U1234567" not in (into / "trace.txt").read_bytes() + (into / "report.json").read_bytes()
    assert (machine.outbox.entries(), machine.desk.reports()) == ([], [])


def test_what_was_sent_can_be_listed_and_read_again(machine: Machine) -> None:
    sent = json.loads(machine.snapper("send", "-m", "U1234567 hangs", "--json").stdout)
    listed = machine.snapper("outbox", "show", sent["id"], "--files")
    stored = {file["name"]: file["sha256"] for file in sent["receipt"]["stored"]}
    assert all(f"{sha256}  {name}" in listed.stdout for name, sha256 in stored.items())
    manifest = machine.snapper("outbox", "show", sent["id"], "--read", "report.json").stdout
    assert hashlib.sha256(manifest.encode()).hexdigest() == stored["report.json"]
    assert json.loads(manifest)["note"].startswith("ACCT-LIVE-")
    log = machine.snapper("outbox", "show", sent["id"], "--read", "logs.zip/launcher.log")
    assert "Passed pwd authentication" in log.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("outbox", "show", "ID", "--read", "nothing.txt"), "holds no file “nothing.txt”"),
        (("send", "-m", "x", "--keep", "passwords"), "not a class of private values"),
        (("send", "-m", "x", "--keep", "secrets"), "not a class of private values"),
        (("send", "-m", "x", "--into", "folder"), "--into goes with --dry-run"),
        (("send", "-m", "x", "--last", "soon"), "soon"),
        (("send", "-m", "x", "--last", "15m", "--between", "14:00-15:00"), "exclude each other"),
        (("send", "-m", "x", "--account", "x" * 101), "longer than 100"),
    ],
)
def test_misuse_is_said_in_a_sentence(machine: Machine, arguments: tuple[str, ...], said: str) -> None:
    sent = json.loads(machine.snapper("send", "-m", "one", "--no-logs", "--json").stdout)
    done = machine.snapper(*(sent["id"] if word == "ID" else word for word in arguments))
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr
    assert len(machine.desk.reports()) == 1


def test_a_report_that_is_held_back_fails_until_it_is_released(machine: Machine, tmp_path: Path) -> None:
    machine.environment["SNAPPER_PRIVACY_WORDS"] = "Project Falcon"
    sheet = tmp_path / "sheet.xlsx"
    with zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", "<t>project falcon</t>" * 9)
    done = machine.snapper("send", "-m", "x", "--no-logs", str(sheet), "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["state"]) == (1, "held")
    assert "sheet.xlsx" in report["sentence"] and "alcon" not in report["sentence"]
    assert (machine.desk.reports(), machine.snapper("outbox", "retry", report["id"]).returncode) == ([], 1)
    assert machine.snapper("outbox", "release", report["id"], "--yes").returncode == 0
    assert len(machine.desk.reports()) == 1


def test_a_folder_that_holds_files_already_is_not_overwritten(machine: Machine, tmp_path: Path) -> None:
    into = tmp_path / "look"
    into.mkdir()
    (into / "report.json").write_text("mine")
    done = machine.snapper("send", "-m", "x", "--no-logs", "--dry-run", "--into", str(into))
    assert done.returncode == 2
    assert "exists already" in done.stderr
    assert (into / "report.json").read_text() == "mine"


def test_kept_classes_come_from_settings_and_flags(machine: Machine) -> None:
    machine.environment["SNAPPER_PRIVACY_KEEP"] = "orders"
    machine.environment["SNAPPER_PRIVACY_WORDS"] = "Project Falcon, Zebra42"
    done = machine.snapper(
        "send", "-m", "order id: 4711 of U1234567, project falcon, zebra42", "--keep", "accounts", "--json"
    )
    note = json.loads(done.stdout)["report"]["note"]
    assert "4711" in note and "U1234567" in note
    assert "falcon" not in note.lower() and "zebra42" not in note.lower()
    assert machine.desk.reports()[0].kept == ("accounts", "orders")


def test_an_unknown_class_in_the_settings_is_named(machine: Machine) -> None:
    machine.environment["SNAPPER_PRIVACY_KEEP"] = "orders,secrets"
    done = machine.snapper("config", "show")
    assert done.returncode == 2
    assert "SNAPPER_PRIVACY_KEEP" in done.stderr and "secrets" in done.stderr
