"""Files on Windows: shared, locked, renamed and named as only Windows does it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ctypes import wintypes
from datetime import datetime
from pathlib import Path

import pytest

from scripts.demo_tws import make_jts
from scripts.screen import wait_until
from snapper import bundle, disk
from snapper.answer import Todo
from snapper.errors import CannotKeep
from snapper.logs.found import LogFile
from snapper.logs.locate import find_homes
from snapper.logs.pack import pack
from snapper.logs.sharing import open_log, open_to_pack
from snapper.outbox import Outbox
from snapper.report import Kind, LogKind, Report, timestamp
from snapper.unsent import FILE_NAME, Unsent, UnsentNote
from tests.test_outbox import delivered, kept
from tests.windows.hands import ON_WINE, below, kernel32

_READ, _WRITE, _DELETE = 1, 2, 4  # FILE_SHARE
kernel32.CreateFileW.restype = wintypes.HANDLE
kernel32.CreateFileW.argtypes = [
    wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD,
    wintypes.HANDLE,
]  # fmt: skip


@contextmanager
def held_open(path: Path, shared: int, access: int = 0xC0000000) -> Iterator[None]:
    """A file that a program has open for reading and writing, letting others do what `shared` says."""
    handle = kernel32.CreateFileW(str(path), access, shared, None, 4, 0x80, None)
    assert handle != ctypes.c_void_p(-1).value, path
    try:
        yield
    finally:
        kernel32.CloseHandle(wintypes.HANDLE(handle))


def log(path: Path) -> LogFile:
    """A log as the finder tells it."""
    facts = path.stat()
    return LogFile(path, path.name, facts.st_size, facts.st_mtime, LogKind.PLAIN)


# --- logs that TWS has open --------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", [_READ, _READ | _WRITE, _READ | _WRITE | _DELETE])
def test_a_log_that_is_open_for_writing_is_packed_whole(tmp_path: Path, shared: int) -> None:
    path = tmp_path / "tws.log"
    path.write_bytes(b"line\r\n" * 1000)
    with held_open(path, shared):
        packed = pack([log(path)], tmp_path / "logs.zip")
    assert packed.remarks == ()
    with zipfile.ZipFile(tmp_path / "logs.zip") as archive:
        assert archive.read("tws.log") == b"line\r\n" * 1000


def test_a_log_that_another_program_keeps_to_itself_is_remarked_and_left_out(
    tmp_path: Path,
) -> None:
    mine, theirs = tmp_path / "a.log", tmp_path / "b.log"
    for path in (mine, theirs):
        path.write_bytes(b"line\n")
    with held_open(theirs, 0):
        packed = pack([log(mine), log(theirs)], tmp_path / "logs.zip")
    assert packed.remarks == ("b.log is missing: another program keeps it to itself.",)
    with zipfile.ZipFile(tmp_path / "logs.zip") as archive:
        assert archive.namelist() == ["a.log"]


@pytest.mark.parametrize("opened", [open_log, open_to_pack])
def test_tws_may_rename_and_remove_a_log_while_it_is_read(tmp_path: Path, opened) -> None:  # type: ignore[no-untyped-def]
    path, other = tmp_path / "tws.log", tmp_path / "tws.1.log"
    path.write_bytes(b"first\nsecond\n")
    with opened(path) as file:
        assert file.read(6) == b"first\n"
        path.rename(other)
        assert file.read(7) == b"second\n"
        other.unlink()
    assert not other.exists()


def test_a_log_that_python_opens_would_be_in_the_way_of_tws(tmp_path: Path) -> None:
    """The reason for opening logs otherwise."""
    path = tmp_path / "tws.log"
    path.write_bytes(b"line\n")
    with path.open("rb"), pytest.raises(PermissionError):
        path.rename(tmp_path / "other.log")


def test_a_log_that_is_not_there_or_no_file_is_said_as_such(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_log(tmp_path / "none.log")
    with pytest.raises(PermissionError):
        open_log(tmp_path)


def test_a_log_is_packed_while_another_process_goes_on_writing_it(tmp_path: Path) -> None:
    path = tmp_path / "tws.log"
    code = (
        "import sys\nfile = open(sys.argv[1], 'ab', buffering=0)\nprint('writes', flush=True)\n"
        "while True: file.write(b'0123456789' * 20 + b'\\n')"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout and writer.stdout.readline()
        wait_until(lambda: path.stat().st_size > 100_000, "it is being written")
        packed = pack([log(path)], tmp_path / "logs.zip")
        writer.kill()
    assert packed.remarks == ()
    with zipfile.ZipFile(tmp_path / "logs.zip") as archive:
        content = archive.read("tws.log")
    assert len(content) > 100_000
    assert {*content.splitlines()} == {b"0123456789" * 20}


# --- replacing and locking ---------------------------------------------------------------------------------


@contextmanager
def held_for_a_moment(path: Path, shared: int = _READ, access: int = 0xC0000000) -> Iterator[None]:
    """A file that a scanner holds until 0.3 seconds into the block."""
    with ExitStack() as scanner:
        scanner.enter_context(held_open(path, shared, access))
        timer = threading.Timer(0.3, scanner.pop_all().close)
        timer.start()
        yield
        timer.join()


def test_a_file_that_a_scanner_holds_for_a_moment_is_replaced_when_it_lets_go(tmp_path: Path) -> None:
    path, other = tmp_path / "delivery.json", tmp_path / "other"
    path.write_bytes(b"old")
    other.write_bytes(b"other")
    with held_open(path, _READ), pytest.raises(PermissionError) as problem:
        other.replace(path)
    assert problem.value.winerror in (5, 32)  # type: ignore[attr-defined,unused-ignore]
    with held_for_a_moment(path):
        disk.replace(path, b"new")
    assert path.read_bytes() == b"new"
    assert not path.with_name("delivery.json.tmp").exists()


def test_a_file_that_is_read_for_a_moment_is_removed_when_it_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    path.write_bytes(b"draft")
    with held_for_a_moment(path):
        disk.remove(path)
    assert not path.exists()
    disk.remove(path)


def test_a_note_that_was_sent_is_forgotten_while_somebody_reads_it(tmp_path: Path) -> None:
    note = UnsentNote(tmp_path)
    note.save(Unsent("It hangs.", "", 1.0))
    with held_for_a_moment(tmp_path / FILE_NAME):
        note.clear()
    assert note.load() is None


def test_an_archive_that_failed_is_gone_although_a_scanner_looks_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tws.log"
    path.write_bytes(b"line\n")
    with ExitStack() as scanner:

        def full(*_: object, **__: object) -> object:
            # Nobody may remove it; reading what is still being written is all that a scanner does.
            scanner.enter_context(held_for_a_moment(tmp_path / "logs.zip", _READ | _WRITE, 0x80000000))
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("snapper.logs.pack.ZipStream", full)
        with pytest.raises(CannotKeep):
            pack([log(path)], tmp_path / "logs.zip")
        assert not (tmp_path / "logs.zip").exists()


def test_a_report_is_published_while_somebody_reads_its_draft(tmp_path: Path) -> None:
    """A list of the reports, another snapper's or a scanner's, reads whatever it finds."""
    outbox = Outbox(tmp_path / "outbox")
    with outbox.prepare() as preparation:
        picture = (preparation.folder, "screenshot.png", b"pixels", Kind.SCREENSHOT, "image/png")
        part = bundle.attach_bytes(*picture)
        draft = Report(preparation.id, timestamp(outbox.clock()), "note", attachments=(part,))
        preparation.accept(draft, Todo())
        preparation.seal(draft)
        with held_for_a_moment(preparation.folder / "draft.json"):
            entry = preparation.publish()
    assert outbox.entries() == [entry]


def test_a_file_that_stays_held_is_said_and_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_PATIENCE", 0.2)
    path = tmp_path / "delivery.json"
    path.write_bytes(b"old")
    with held_open(path, _READ), pytest.raises(CannotKeep) as problem, disk.keeping("your report", tmp_path):
        disk.replace(path, b"new")
    assert "cannot be written to" in problem.value.sentence
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["delivery.json"]


def test_a_lock_is_anothers_while_its_process_lives_and_free_when_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    code = (
        "import sys; from pathlib import Path; from snapper import disk\n"
        "with disk.locked(Path(sys.argv[1])) as mine: print(mine, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout and holder.stdout.readline() == "True\n"
        with disk.locked(path) as mine:
            assert not mine
        assert path.exists()
        holder.kill()
        holder.wait(20)
        with disk.locked(path) as mine:
            assert mine
    assert not path.exists()


def test_a_report_is_discarded_pruned_and_leaves_no_lock(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    outbox = Outbox(tmp_path / "outbox", keep_days=30, clock=lambda: now[0])
    first, second, third = kept(outbox), kept(outbox), kept(outbox)
    outbox.discard(first.id)
    delivered(outbox, second)
    now[0] += 31 * 86_400
    outbox.prune()
    assert [entry.id for entry in outbox.entries()] == [third.id]
    assert sorted(path.name for path in outbox.folder.iterdir()) == [third.id]


def test_what_was_never_accepted_leaves_nothing_behind(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    with outbox.rehearse() as preparation:
        (preparation.folder / "screenshot.png").write_bytes(b"pixels")
    with pytest.raises(RuntimeError), outbox.prepare() as preparation:
        raise RuntimeError
    assert [*outbox.folder.iterdir()] == []


def test_orphaned_locks_go_and_one_that_is_held_stays(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    entry = kept(outbox)
    orphan = outbox.folder / f"{entry.id[:-1]}{'0' if entry.id[-1] != '0' else '1'}.lock"
    orphan.touch()
    with outbox.hold(entry.id) as held:
        assert held
        assert outbox.interrupted() == []
        assert (outbox.folder / f"{entry.id}.lock").exists()
    assert not orphan.exists()


def test_a_report_with_a_file_that_somebody_looks_at_is_not_half_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_PATIENCE", 0.2)
    outbox = Outbox(tmp_path / "outbox")
    entry = kept(outbox)
    with (outbox.folder / entry.id / "screenshot.png").open("rb"):
        try:
            outbox.discard(entry.id)
        except CannotKeep:
            assert outbox.entries() == [entry]
    outbox.prune()
    assert not any(path.is_dir() for path in outbox.folder.iterdir()) or outbox.entries() == [entry]


# --- names and places --------------------------------------------------------------------------------------


def test_tws_is_found_in_its_usual_place_on_the_drive() -> None:
    usual = Path("C:/Jts")
    assert not usual.exists()
    jts = make_jts(usual, datetime.now().astimezone())
    try:
        found = find_homes([], platform="win32", home=Path.home(), processes=[]).homes
        assert [os.path.normcase(home.path) for home in found] == ["c:\\jts"]
        assert jts.today
    finally:
        import shutil

        shutil.rmtree(usual)


@pytest.mark.parametrize(
    "name", ["with some spaces", "Kürze Öl ß", "Größe & (1) %TEMP% 'x'", "漢字 Ω é", "x" * 200], ids=range(5)
)
def test_a_report_is_kept_whatever_its_folder_is_called(tmp_path: Path, name: str) -> None:
    outbox = Outbox(tmp_path / name / "outbox")
    entry = kept(outbox)
    assert outbox.entries() == [entry]
    outbox.discard(entry.id)
    assert outbox.entries() == []


def test_a_path_of_more_than_260_characters_is_written_and_packed(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*(["a folder with a name of forty characters"] * 7))
    outbox = Outbox(deep)
    entry = kept(outbox)
    assert len(str(deep / entry.id / "screenshot.png")) > 300
    assert outbox.entries() == [entry]
    path = deep / "tws.log"
    path.write_bytes(b"line\n")
    assert pack([log(path)], tmp_path / "logs.zip").remarks == ()


def test_another_drive_is_as_good(tmp_path: Path) -> None:
    with another_drive(tmp_path) as folder:
        assert folder.drive.upper() != tmp_path.drive.upper()
        outbox = Outbox(folder / "outbox")
        entry = kept(outbox)
        assert outbox.entries() == [entry]
        assert (tmp_path / "outbox" / entry.id / "report.json").exists()


@contextmanager
def another_drive(folder: Path) -> Iterator[Path]:
    """The same folder under another letter: Wine has the computer below it on Z:, Windows is given one."""
    if ON_WINE:
        yield Path(f"Z:{below(folder)}")
        return
    subprocess.run(["subst", "X:", str(folder)], check=True)
    try:
        yield Path("X:/")
    finally:
        subprocess.run(["subst", "X:", "/d"], check=True)


def test_settings_and_outbox_are_in_the_persons_own_folder() -> None:
    from snapper.config import Settings, default_file

    own = os.path.normcase(os.environ["LOCALAPPDATA"])
    assert os.path.normcase(default_file()).startswith(own)
    assert os.path.normcase(Settings().outbox_folder or own).startswith(own)
