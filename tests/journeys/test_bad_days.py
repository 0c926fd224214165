"""Disk full, read-only folder, logs that vanish or grow, no screen: a clear sentence, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from scripts.demo_tws import make_jts
from snapper.outbox import Outbox
from snapper.state import State
from tests.desks import Desk, desk_at
from tests.journeys.stage import SNAPPER, is_root, stage_with_desk

needs_mount = pytest.mark.skipif(
    sys.platform != "linux" or not is_root(),
    reason="only root on Linux can mount a small disk",
)


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of this size, for the time of the block."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "snapper-test", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def read_only(folder: Path, yes: bool) -> None:
    """Make a mounted file system read-only, or writable again."""
    subprocess.run(["mount", "-o", f"remount,{'ro' if yes else 'rw'}", folder], check=True)


class Machine:
    """A computer without a screen, pointed at a desk."""

    def __init__(self, folder: Path, desk: Desk, outbox: Path) -> None:
        self.jts = make_jts(folder / "Jts", datetime.now().astimezone()).home
        self.desk = desk
        self.outbox = Outbox(outbox)
        self.environment = {
            **{
                name: text for name, text in os.environ.items() if not name.startswith(("DISPLAY", "SNAPPER"))
            },
            **desk.environment,
            "SNAPPER_OUTBOX_FOLDER": str(outbox),
            "SNAPPER_LOGS_FOLDERS": str(self.jts),
            "XDG_CONFIG_HOME": str(folder / "config"),
        }

    def snapper(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command; `environment` is what is different for it."""
        done = subprocess.run(
            [*SNAPPER, *arguments],
            env=self.environment | environment, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            timeout=60,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        assert "mistake of its own" not in done.stderr
        return done


@needs_mount
def test_a_disk_too_full_for_the_note_is_said_and_nothing_is_half_kept(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk, desk_at(tmp_path / "desk") as desk:
        machine = Machine(tmp_path, desk, disk / "outbox")
        big = tmp_path / "big.bin"
        big.write_bytes(os.urandom(200_000))
        sent = machine.snapper("send", "-m", "note", str(big))
        assert sent.returncode == 1
        assert "The disk is full" in sent.stderr
        assert machine.outbox.entries() == []
        assert not list(disk.rglob("big.bin"))
        assert desk.reports() == []


@needs_mount
def test_a_disk_too_full_for_the_logs_keeps_the_note_and_finishes_later(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "128k") as disk, desk_at(tmp_path / "desk") as desk:
        machine = Machine(tmp_path, desk, disk / "outbox")
        (machine.jts / "launcher.log").write_bytes(os.urandom(400_000))
        sent = machine.snapper("send", "-m", "note")
        assert sent.returncode == 3
        assert "The disk is full" in sent.stderr
        assert "is kept" in sent.stderr
        assert [entry.state for entry in machine.outbox.entries()] == [State.PREPARING]
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
        assert machine.snapper("outbox", "retry").returncode == 0
        (report,) = desk.reports()
        assert report.note == "note"
        assert [part.name for part in report.attachments] == ["logs.zip"]


@needs_mount
def test_a_read_only_outbox_is_said_with_what_to_do(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk, desk_at(tmp_path / "desk") as desk:
        machine = Machine(tmp_path, desk, disk / "outbox")
        read_only(disk, True)
        sent = machine.snapper("send", "-m", "note", "--no-logs")
        assert sent.returncode == 1
        assert "cannot be written to" in sent.stderr
        assert "outbox.folder" in sent.stderr
        read_only(disk, False)
        assert machine.snapper("send", "-m", "note", "--no-logs").returncode == 0


@needs_mount
def test_an_outbox_that_becomes_read_only_after_submit_still_never_doubles(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk, desk_at(tmp_path / "desk") as desk:
        machine = Machine(tmp_path, desk, disk / "outbox")
        machine.environment["SNAPPER_DELIVERY_TOKEN"] = "wrong"
        assert machine.snapper("send", "-m", "note", "--no-logs").returncode == 3
        machine.environment.update(desk.environment)
        read_only(disk, True)
        assert machine.snapper("outbox", "retry").returncode == 1
        read_only(disk, False)
        assert machine.snapper("outbox", "retry").returncode == 0
        assert len(desk.reports()) == 1


def test_a_file_to_attach_that_is_not_there_is_named(tmp_path: Path) -> None:
    with desk_at(tmp_path / "desk") as desk:
        machine = Machine(tmp_path, desk, tmp_path / "outbox")
        sent = machine.snapper("send", "-m", "note", str(tmp_path / "missing.txt"))
        assert sent.returncode == 2
        assert "missing.txt cannot be read" in sent.stderr
        assert machine.outbox.entries() == []


def test_without_logs_the_report_says_where_they_were_looked_for(tmp_path: Path) -> None:
    with desk_at(tmp_path / "desk") as desk:
        machine = Machine(tmp_path, desk, tmp_path / "outbox")
        for path in machine.jts.rglob("*.*"):
            if path.suffix != ".ini":
                path.unlink()
        sent = machine.snapper("send", "-m", "note")
        assert sent.returncode == 0
        assert "Export Today Logs" in sent.stderr
        (report,) = desk.reports()
        assert report.attachments == ()
        assert any(str(machine.jts) in remark and "Export Today Logs" in remark for remark in report.remarks)


def test_without_a_screen_what_needs_none_works_and_the_rest_says_so(tmp_path: Path) -> None:
    with desk_at(tmp_path / "desk") as desk:
        machine = Machine(tmp_path, desk, tmp_path / "outbox")
        for command in (("listen",), ("capture",), ("send", "-m", "x", "--screenshot")):
            refused = machine.snapper(*command)
            assert refused.returncode == 1, command
            assert "There is no screen here" in refused.stderr
        for command in (("logs",), ("outbox",), ("config", "show"), ("config", "path"), ("send", "-m", "x")):
            assert machine.snapper(*command).returncode == 0, command


def test_a_desk_that_is_full_is_told_apart_from_one_that_is_off(tmp_path: Path) -> None:
    with stage_with_desk(tmp_path) as (ready, desk):
        ready.environment["SNAPPER_DELIVERY_URL"] = "http://127.0.0.1:9"
        off = ready.snapper("send", "-m", "off", "--no-logs")
        assert off.returncode == 3
        assert "refuses the connection" in off.stdout
        assert "tried again at" in off.stdout
        assert desk.reports() == []
