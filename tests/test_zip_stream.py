"""The zip writer, read back by other programs."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.logs.zip_stream import ZipStream

AT = datetime(2026, 8, 29, 10, 40, 31, tzinfo=UTC).timestamp()
CONTENTS = st.dictionaries(
    st.from_regex(r"[\w-]{1,20}(/[\w-]{1,20})?", fullmatch=True),
    st.lists(st.binary(max_size=2000), max_size=4),
    max_size=6,
)


def zipped(contents: dict[str, list[bytes]], *, large: bool, modified: float = AT) -> bytes:
    out = io.BytesIO()
    stream = ZipStream(out.write, large=large)
    for name, pieces in contents.items():
        stream.add(name, modified, pieces)
    stream.finish()
    return out.getvalue()


@given(CONTENTS, st.booleans())
def test_the_standard_library_reads_back_what_was_written(
    contents: dict[str, list[bytes]], large: bool
) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(contents, large=large))) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == list(contents)
        for entry in opened.infolist():
            content = b"".join(contents[entry.filename])
            assert opened.read(entry) == content
            assert (entry.file_size, entry.CRC) == (len(content), zipfile.crc32(content))


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("reader", [["unzip", "-tq"], ["python3", "-m", "zipfile", "-t"], ["jar", "tf"]])
def test_other_programs_find_no_fault(tmp_path: Path, reader: list[str], large: bool) -> None:
    if not shutil.which(reader[0]):
        pytest.skip(f"{reader[0]} is not here")
    archive = tmp_path / "a.zip"
    archive.write_bytes(zipped({"a.log": [b"one\n" * 5000, b"two"], "b/ä.log": []}, large=large))
    done = subprocess.run([*reader, str(archive)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("large", [False, True])
def test_an_entry_is_a_private_file_with_its_time_in_utc(large: bool) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped({"a": [b"x"]}, large=large))) as opened:
        (entry,) = opened.infolist()
    assert entry.date_time == (2026, 8, 29, 10, 40, 30)
    assert entry.external_attr >> 16 == 0o100600
    assert int(AT).to_bytes(4, "little") in entry.extra


@pytest.mark.parametrize("modified, year", [(0.0, 1980), (-1e9, 1980), (2.0**33, 2038)])
def test_times_the_format_does_not_know_become_the_nearest_it_does(modified: float, year: int) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped({"a": [b"x"]}, large=False, modified=modified))) as opened:
        assert opened.infolist()[0].date_time[0] == year


def test_an_archive_above_4_gb_is_told_in_64_bits() -> None:
    """Only counted, not kept: the offset of the last entry does not fit into 32 bits."""
    tail = bytearray()

    def keep_the_end(data: bytes) -> None:
        tail[:] = tail[-100_000:] + data[-100_000:]

    stream = ZipStream(keep_the_end, large=True)
    stream._offset = 5_000_000_000
    stream.add("late.log", AT, [b"late\n"])
    stream.finish()
    assert (5_000_000_000).to_bytes(8, "little") in tail
