"""Logs into one zip: what is in it, while TWS goes on writing, and when something is in the way."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.demo_tws import make_jts, plain_log
from snapper import disk
from snapper.errors import CannotKeep, LogsFailed
from snapper.logs.found import LogFile
from snapper.logs.locate import find_homes
from snapper.logs.pack import Packed, _as_it_was, pack
from snapper.logs.today import written_today
from snapper.privacy.classes import Private
from snapper.privacy.redact import Redactor
from snapper.privacy.seeds import Seed
from snapper.report import LogKind

LINE = b"2026-08-31 22:21:58.473 INFO  [JTS-Main] - a line of a log\n"
AT = 1_788_000_000.0


def log(path: Path, content: bytes, kind: LogKind = LogKind.PLAIN, name: str = "") -> LogFile:
    path.write_bytes(content)
    os.utime(path, (AT, AT))
    return LogFile(path, name or path.name, len(content), AT, kind)


def unpacked(archive: Path) -> dict[str, bytes]:
    """Every file in a zip, its checksums verified by the standard library."""
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def assert_told_true(packed: Packed, archive: Path) -> None:
    """Sizes and hashes are those of the archive and of what comes out of it."""
    assert (packed.size, packed.sha256) == disk.digest(archive)
    contents = unpacked(archive)
    assert [entry.name for entry in packed.entries] == list(contents)
    for entry in packed.entries:
        content = contents[entry.name]
        assert (entry.size, entry.sha256) == (len(content), hashlib.sha256(content).hexdigest())


class Meddler:
    """A progress listener that does something once, in the middle of packing."""

    def __init__(self, action: Callable[[], object], at: int = 1) -> None:
        self._action, self._at, self.calls = action, at, 0

    def __call__(self, done: int, total: int) -> None:
        self.calls += 1
        if self.calls == self._at:
            self._action()


# --- what is in it -----------------------------------------------------------------------------------------


def test_a_mornings_logs_come_out_byte_for_byte(tmp_path: Path) -> None:
    now = datetime.now().astimezone()
    jts = make_jts(tmp_path / "Jts", now)
    found = written_today(find_homes([jts.home], platform="linux", home=tmp_path, processes=[]), now)
    packed = pack(found.files, tmp_path / "logs.zip")
    expected = {str(path.relative_to(jts.home)): path.read_bytes() for path in jts.today}
    assert unpacked(tmp_path / "logs.zip") == expected
    assert_told_true(packed, tmp_path / "logs.zip")
    assert packed.remarks == ()


def test_an_entry_tells_kind_and_time(tmp_path: Path) -> None:
    sealed = log(tmp_path / "tws.20260829.091000.ibgzenc", os.urandom(5000), LogKind.SEALED)
    packed = pack([sealed], tmp_path / "logs.zip")
    (entry,) = packed.entries
    assert (entry.kind, entry.modified) == (LogKind.SEALED, "2026-08-29T10:40:00.000Z")
    with zipfile.ZipFile(tmp_path / "logs.zip") as opened:
        assert opened.infolist()[0].date_time == (2026, 8, 29, 10, 40, 0)


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=5))
def test_any_content_comes_out_unchanged(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    files = [log(folder / f"{number}.log", content) for number, content in enumerate(parts)]
    packed = pack(files, folder / "logs.zip")
    assert list(unpacked(folder / "logs.zip").values()) == parts
    assert_told_true(packed, folder / "logs.zip")


def test_the_same_files_give_the_same_archive(tmp_path: Path) -> None:
    files = [log(tmp_path / name, LINE * 500) for name in ("a.log", "b.log")]
    assert pack(files, tmp_path / "1.zip").sha256 == pack(files, tmp_path / "2.zip").sha256


def test_text_becomes_small(tmp_path: Path) -> None:
    packed = pack([log(tmp_path / "a.log", plain_log(datetime(2026, 8, 31), 300_000))], tmp_path / "logs.zip")
    assert packed.size < 60_000


@pytest.mark.parametrize("modified", [0.0, 2**33])
def test_a_clock_that_is_decades_off_does_no_harm(tmp_path: Path, modified: float) -> None:
    """Zip files know no time before 1980, and none after 2038 in their second field."""
    old = log(tmp_path / "a.log", LINE)
    os.utime(old.path, (modified, modified))
    assert_told_true(pack([old], tmp_path / "logs.zip"), tmp_path / "logs.zip")


@pytest.mark.parametrize("limit, large", [(10, True), (10**6, False)])
def test_only_very_large_logs_need_the_64_bit_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, large: bool
) -> None:
    monkeypatch.setattr("snapper.logs.pack._SMALL_ZIP_MAX", limit)
    assert_told_true(pack([log(tmp_path / "a.log", LINE)], tmp_path / "logs.zip"), tmp_path / "logs.zip")
    assert (b"PK\6\6" in (tmp_path / "logs.zip").read_bytes()) is large


def test_progress_counts_the_bytes_read_up_to_all(tmp_path: Path) -> None:
    files = [log(tmp_path / "a.log", LINE * 30_000), log(tmp_path / "b.log", LINE)]
    told: list[tuple[int, int]] = []
    pack(files, tmp_path / "logs.zip", lambda done, total: told.append((done, total)))
    total = len(LINE) * 30_001
    assert told == sorted(told) and len(told) > 2 and told[-1] == (total, total)
    assert {everything for _, everything in told} == {total}


def test_the_archive_is_private(tmp_path: Path) -> None:
    pack([log(tmp_path / "a.log", LINE)], tmp_path / "logs.zip")
    assert (tmp_path / "logs.zip").stat().st_mode & 0o777 == 0o600


# --- while TWS goes on writing -----------------------------------------------------------------------------


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Path]:
    """A log that another process appends to in half lines, as fast as it can."""
    path = tmp_path / "tws.Mon.log"
    path.write_bytes(LINE * 50_000)
    program = (
        "import sys\n"
        "line = sys.argv[2].encode() + b'\\n'\n"
        "with open(sys.argv[1], 'ab', buffering=0) as log:\n"
        "    for _ in range(200_000):\n"
        "        log.write(line[:20]); log.write(line[20:])\n"
        "        if not _: print('writing', flush=True)\n"
    )
    command = [sys.executable, "-S", "-c", program, str(path), LINE.decode().strip()]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == b"writing\n"
        yield path
        writer.terminate()


def test_a_growing_log_is_packed_up_to_a_complete_line(tmp_path: Path, growing: Path) -> None:
    file = LogFile(growing, growing.name, growing.stat().st_size, AT, LogKind.PLAIN)
    packed = pack([file], tmp_path / "logs.zip")
    assert_told_true(packed, tmp_path / "logs.zip")
    content = unpacked(tmp_path / "logs.zip")[growing.name]
    assert len(content) >= 50_000 * len(LINE) and content == LINE * (len(content) // len(LINE))
    assert packed.remarks == ()


def test_what_is_written_after_packing_began_is_left_out(tmp_path: Path) -> None:
    first, second = log(tmp_path / "a.log", LINE), log(tmp_path / "b.log", LINE * 3)

    def write_on() -> None:
        with second.path.open("ab") as more:
            more.write(LINE * 9)

    pack([first, second], tmp_path / "logs.zip", Meddler(write_on))
    assert unpacked(tmp_path / "logs.zip")["b.log"] == LINE * 3


@pytest.mark.parametrize(
    "kind, grows, age, expected",
    [
        (LogKind.PLAIN, True, 60, b"one\ntwo\n"),
        (LogKind.PLAIN, False, 0, b"one\ntwo\n"),  # whoever writes it may only be slow
        (LogKind.PLAIN, False, 60, b"one\ntwo\nthr"),
        (LogKind.SEALED, True, 0, b"one\ntwo\nthr"),
    ],
)
def test_an_incomplete_last_line_goes_only_if_it_is_still_being_written(
    tmp_path: Path, kind: LogKind, grows: bool, age: int, expected: bytes
) -> None:
    content = b"one\ntwo\nthr"
    path = tmp_path / "a.log"
    path.write_bytes(content + (b"ee\n" if grows else b""))
    os.utime(path, (time.time() - age, time.time() - age))
    with path.open("rb") as source:
        assert b"".join(_as_it_was(source, len(content), kind)) == expected


def test_a_line_without_an_end_is_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"x" * 200_000 + b"still growing")
    with path.open("rb") as source:
        assert b"".join(_as_it_was(source, 200_000, LogKind.PLAIN)) == b"x" * 200_000


# --- when something is in the way --------------------------------------------------------------------------


def test_a_log_that_vanished_is_remarked_and_the_others_are_packed(tmp_path: Path) -> None:
    files = [log(tmp_path / name, LINE) for name in ("a.log", "b.log", "c.log")]
    files[1].path.unlink()
    packed = pack(files, tmp_path / "logs.zip")
    assert list(unpacked(tmp_path / "logs.zip")) == ["a.log", "c.log"]
    assert packed.remarks == ("b.log vanished before it could be packed.",)


def test_a_log_that_vanishes_while_others_are_packed_is_remarked(tmp_path: Path) -> None:
    first, second = log(tmp_path / "a.log", LINE), log(tmp_path / "b.log", LINE)
    packed = pack([first, second], tmp_path / "logs.zip", Meddler(second.path.unlink))
    assert list(unpacked(tmp_path / "logs.zip")) == ["a.log"]
    assert packed.remarks == ("b.log vanished before it could be packed.",)


def test_a_log_that_shrinks_is_packed_as_far_as_it_goes_and_remarked(tmp_path: Path) -> None:
    file = log(tmp_path / "a.log", LINE * 100_000)
    kept = 3 * disk.CHUNK
    packed = pack([file], tmp_path / "logs.zip", Meddler(lambda: os.truncate(file.path, kept)))
    assert_told_true(packed, tmp_path / "logs.zip")
    assert packed.entries[0].size == kept
    assert packed.remarks == ("a.log became shorter while it was packed: its end is missing.",)


def test_a_disk_that_fails_in_the_middle_of_a_log_is_remarked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(source: object, size: int, kind: LogKind) -> Iterator[bytes]:
        yield LINE
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("snapper.logs.pack._as_it_was", failing)
    packed = pack([log(tmp_path / "a.log", LINE * 5)], tmp_path / "logs.zip")
    assert unpacked(tmp_path / "logs.zip") == {"a.log": LINE}
    assert packed.remarks == ("a.log could be read only in part: its end is missing.",)


def test_a_log_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    files = [log(tmp_path / name, LINE) for name in ("a.log", "b.log")]
    (tmp_path / "private").write_bytes(b"a secret\n")
    files[1].path.unlink()
    files[1].path.symlink_to(tmp_path / "private")
    packed = pack(files, tmp_path / "logs.zip")
    assert list(unpacked(tmp_path / "logs.zip")) == ["a.log"]
    assert packed.remarks == ("b.log is missing: it could not be read.",)


def test_a_log_that_may_not_be_opened_is_remarked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's refusal is made up: whoever runs the tests may be allowed to open everything."""
    files = [log(tmp_path / name, LINE) for name in ("a.log", "b.log")]
    really_open = os.open

    def refusing(path: Path, *arguments: int) -> int:
        if path == files[1].path:
            raise PermissionError(errno.EACCES, "Permission denied")
        return really_open(path, *arguments)

    monkeypatch.setattr(os, "open", refusing)
    packed = pack(files, tmp_path / "logs.zip")
    assert list(unpacked(tmp_path / "logs.zip")) == ["a.log"]
    assert packed.remarks == ("b.log is missing: this user may not open it.",)


@pytest.mark.parametrize("missing", [True, False])
def test_without_a_readable_log_there_is_no_archive(tmp_path: Path, missing: bool) -> None:
    files = [LogFile(tmp_path / "gone.log", "gone.log", 1, AT, LogKind.PLAIN)] if missing else []
    with pytest.raises(LogsFailed, match="None of today's logs could be read"):
        pack(files, tmp_path / "logs.zip")
    assert not (tmp_path / "logs.zip").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "snapper-test", str(place)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_said_and_leaves_no_half_archive(tmp_path: Path, small_disk: Path) -> None:
    file = log(tmp_path / "a.log", os.urandom(3 << 20))
    with pytest.raises(CannotKeep, match="The disk is full"):
        pack([file], small_disk / "logs.zip")
    assert list(small_disk.iterdir()) == []


def test_an_interruption_leaves_no_half_archive(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack([log(tmp_path / "a.log", LINE)], tmp_path / "logs.zip", interrupt)
    assert not (tmp_path / "logs.zip").exists()


def test_a_file_that_is_there_already_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "logs.zip").write_bytes(b"mine")
    with pytest.raises(CannotKeep):
        pack([log(tmp_path / "a.log", LINE)], tmp_path / "logs.zip")
    assert (tmp_path / "logs.zip").read_bytes() == b"mine"


# --- how much it takes -------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system tells peaks otherwise")
def test_a_large_log_passes_through_in_constant_memory(tmp_path: Path) -> None:
    """A process that packs a log of 90 MB needs less than 20 MB more than one that packs a log of 1 MB."""
    program = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from snapper.logs.pack import pack\n"
        "from snapper.logs.found import LogFile\n"
        "from snapper.report import LogKind\n"
        "path = Path(sys.argv[1])\n"
        "pack([LogFile(path, 'a.log', 0, 0.0, LogKind.PLAIN)], path.with_suffix('.zip'))\n"
        "print(re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1])\n"
    )

    def peak_kilobytes(megabytes: int) -> int:
        path = tmp_path / f"{megabytes}.log"
        block = plain_log(datetime(2026, 8, 31), 1_000_000)
        with path.open("wb") as file:
            for _ in range(megabytes):
                file.write(block)
        done = subprocess.run(
            [sys.executable, "-c", program, str(path)], check=True, capture_output=True, text=True
        )
        return int(done.stdout)

    assert peak_kilobytes(90) < peak_kilobytes(1) + 20_000


# --- nothing private ---------------------------------------------------------------------------------------


def redactor() -> Redactor:
    return Redactor([Seed("jgruenwald", Private.USER)], b"key")


def test_plain_logs_and_names_are_freed_of_private_values(tmp_path: Path) -> None:
    files = [
        log(tmp_path / "a.log", b"x jgruenwald y\n", name="jgruenwald/a.log"),
        log(tmp_path / "b.ibgzenc", b"jgruenwald", LogKind.SEALED),
    ]
    packed = pack(files, tmp_path / "logs.zip", redactor=redactor())
    assert_told_true(packed, tmp_path / "logs.zip")
    first, second = unpacked(tmp_path / "logs.zip").items()
    assert first[0].startswith("USER-") and first[1].startswith(b"x USER-")
    assert second == ("b.ibgzenc", b"jgruenwald")


def test_names_that_become_the_same_stay_apart(tmp_path: Path) -> None:
    names = ("jgruenwald.log", "JGRUENWALD.log")
    files = [log(tmp_path / f"{number}", LINE, name=name) for number, name in enumerate(names)]
    assert len({entry.name for entry in pack(files, tmp_path / "logs.zip", redactor=redactor()).entries}) == 2


def test_a_log_that_cannot_be_made_private_is_left_out_and_remarked(tmp_path: Path) -> None:
    endless = LINE * 50_000 + b"password=" + b"x" * (20 << 20)
    files = [log(tmp_path / "a.log", LINE), log(tmp_path / "jgruenwald.log", endless)]
    packed = pack(files, tmp_path / "logs.zip", redactor=redactor())
    assert_told_true(packed, tmp_path / "logs.zip")
    assert unpacked(tmp_path / "logs.zip") == {"a.log": LINE}
    (remark,) = packed.remarks
    assert remark.endswith("could not be made private and is left out.") and "jgruenwald" not in remark


def test_only_the_span_of_a_log_goes(tmp_path: Path) -> None:
    file = replace(log(tmp_path / "a.log", b"one\ntwo\nthree\n"), span=(4, 8))
    packed = pack([file], tmp_path / "logs.zip")
    assert unpacked(tmp_path / "logs.zip") == {"a.log": b"two\n"} and packed.remarks == ()
