"""What leaves the machine through the real window: covered, redacted, looked at, recognised, chosen."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.screen import wait_until
from snapper.report import Report
from snapper.state import State
from snapper.unsent import UnsentNote
from tests.desks import Desk
from tests.journeys.stage import Stage, running, screenshot, stage_with_desk

ACCOUNT = "DU1234567"  # in the title of the TWS-like window


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Stage, Desk]]:
    """A stage and its desk; the user's home is the stage's folder."""
    with stage_with_desk(tmp_path) as (stage, desk):
        stage.environment["HOME"] = str(tmp_path)
        yield stage, desk


def the_log(desk: Desk, report: Report, name: str) -> str:
    """A log as the desk has it."""
    with zipfile.ZipFile(desk.store.path(report, "logs.zip")) as archive:
        (inside,) = [each for each in archive.namelist() if each.endswith(name)]
        return archive.read(inside).decode()


def test_the_title_bar_with_the_account_is_black_on_the_picture(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    with stage.asked():
        stage.submit("see the title")
    (report,) = desk.reports()
    picture = screenshot(desk, report)
    # The window's own pixels begin with a magenta mark; its title bar is right above.
    top, left = divmod(picture.tobytes().find(bytes((255, 0, 255)) * 4) // 3, picture.width)
    rows, columns = range(top - 12, top - 4), range(left + 2, left + 700)
    assert {picture.getpixel((x, y)) for x in columns for y in rows} == {(0, 0, 0)}


def test_an_account_in_note_and_log_leaves_under_one_name(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    (stage.jts.home / "launcher.log").write_text(
        f"2026-08-31 08:14:58.473 INFO  [JTS-Main] - user={ACCOUNT}\n"
    )
    with stage.asked():
        stage.submit(f"{ACCOUNT} cannot trade")
    (report,) = desk.reports()
    name = report.note.partition(" ")[0]
    assert name.startswith("ACCT-PAPER-")
    assert f"user={name}" in the_log(desk, report, "launcher.log")
    assert ACCOUNT not in report.to_json().decode()


def test_what_is_shown_as_what_will_be_sent_is_sent(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    with stage.asked():
        stage.screen.type("look at it first")
        stage.screen.press("alt+e")
        shown = wait_until(lambda: list(stage.folder.glob("outbox/.*.rehearsal/report.json")), "a rehearsal")
        manifest = wait_until(lambda: shown[0].read_bytes(), "its manifest")
        wait_until(lambda: "exactly" in stage.screen.focused_title().lower(), "the contents are shown")
        assert stage.outbox.entries() == []
        wait_until(lambda: send_exactly_this(stage), "it is sent")
    (report,) = desk.reports()
    assert report.to_json() == manifest
    proven = stage.outbox.entries()[0].delivery.receipt
    assert proven and proven.stored[0].sha256 == hashlib.sha256(manifest).hexdigest()


def send_exactly_this(stage: Stage) -> bool:
    """Press the button's letter; it is not ready at the first moment."""
    stage.screen.press("alt+s")
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        if any(entry.state is State.DELIVERED for entry in stage.outbox.entries()):
            return True
        time.sleep(0.02)
    return False


def test_going_back_from_what_will_be_sent_keeps_nothing(world: tuple[Stage, Desk]) -> None:
    stage, _ = world
    with stage.asked():
        stage.screen.type("never mind")
        stage.screen.press("alt+e")
        wait_until(lambda: "exactly" in stage.screen.focused_title().lower(), "the contents are shown")
        stage.screen.press("Escape")
        wait_until(lambda: not list(stage.folder.glob("outbox/.*.rehearsal")), "nothing is left")
        stage.note_window()
        assert stage.outbox.entries() == []


def test_ending_snapper_while_the_contents_are_shown_keeps_the_note_alone(world: tuple[Stage, Desk]) -> None:
    stage, _ = world
    with stage.asked() as listener:
        stage.screen.type("not yet")
        stage.screen.press("alt+e")
        wait_until(lambda: "exactly" in stage.screen.focused_title().lower(), "the contents are shown")
        assert listener.stop() == 0
    assert not list(stage.folder.glob("outbox/.*.rehearsal"))
    assert stage.outbox.entries() == []
    unsent = UnsentNote(stage.outbox.folder).load()
    assert unsent and unsent.note == "not yet"


def test_a_log_exported_while_the_window_is_open_goes_along(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    for log in stage.jts.today:
        if log.suffix == ".log" and log.name != "launcher.log":
            log.unlink()
    documents = stage.folder / "Documents"
    documents.mkdir()
    with stage.asked():
        stage.screen.type("exporting ")
        (documents / "tws-exported-logs.txt").write_text(
            "2026-08-31 08:15:00.149 INFO  [JTS-Main] - exported\n"
        )
        stage.submit("now")
    (report,) = desk.reports()
    assert report.note == "exporting now"
    assert "exported" in the_log(desk, report, "tws-exported-logs.txt")


def test_what_a_log_looks_like_goes_to_support(world: tuple[Stage, Desk]) -> None:
    stage, desk = world
    line = "2026-08-28 22:29:50.863 INFO  [JTS-AuthDispatcherS2-18] - Competition detected: from IP=192.0.2.1"
    (stage.jts.home / "launcher.log").write_text(f"{line}\n")
    with stage.asked():
        stage.submit("logged out")
    (report,) = desk.reports()
    (finding,) = [each for each in report.findings if "Competition detected" in each.line]
    assert finding.where == "launcher.log"
    assert "192.0.2.1" not in finding.line


@pytest.mark.alone
def test_the_tws_in_front_is_chosen_among_several(world: tuple[Stage, Desk], tmp_path: Path) -> None:
    """Two settings folders, each with a running program; the second one's window is in front at the press."""
    stage, desk = world
    homes = [tmp_path / name / "Jts" for name in ("live", "paper")]
    for home in homes:
        home.mkdir(parents=True)
        (home / "jts.ini").write_text("[Logon]\n")
        (home / "launcher.log").write_text(f"2026-08-31 08:14:59.012 INFO  [JTS-Main] - {home.parent.name}\n")
    stage.environment["SNAPPER_LOGS_FOLDERS"] = os.pathsep.join(map(str, homes))
    java = tmp_path / "java"  # a program counts as a TWS by its name and what its command line says
    java.symlink_to(sys.executable)
    command = [str(java), "-m", "scripts.tws_window", f"-DjtsConfigDir={homes[1]}"]
    with running(command, {**stage.environment, "PYTHONPATH": os.pathsep.join(sys.path)}) as second:
        second.wait_for("focus")
        with stage.asked():
            stage.screen.type("which one")
            wait_until(lambda: rehearsed_logs(stage) == 1, "only one is chosen")
            wait_until(lambda: send_exactly_this(stage), "it is sent")
    (report,) = desk.reports()
    names = [log.name for part in report.attachments for log in part.contains]
    assert len(names) == 1
    assert "paper" in the_log(desk, report, "launcher.log")


def rehearsed_logs(stage: Stage) -> int:
    """How many logs would be sent; the dialog that shows them stays open if it is one."""
    stage.screen.press("alt+e")
    found = wait_until(lambda: list(stage.folder.glob("outbox/.*.rehearsal/report.json")), "a rehearsal")
    wait_until(lambda: "exactly" in stage.screen.focused_title().lower(), "the contents are shown")
    parts = json.loads(found[0].read_bytes())["attachments"]
    count = sum(len(part["contains"]) for part in parts)
    if count != 1:
        stage.screen.press("Escape")
        wait_until(lambda: not list(stage.folder.glob("outbox/.*.rehearsal")), "nothing is left")
        stage.note_window()
    return count
