"""A zip file written in one pass to anything that takes bytes: no seeking, constant memory, ISA-L's deflate.

Not the library stream-zip, because that reckons every checksum with zlib (a fifth of all the time that
packing takes) and brings a cryptography library. Nothing here knows of logs. The format: APPNOTE.TXT 6.3, 4.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from isal import isal_zlib

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END_64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR_64 = struct.Struct("<4sIQI")

_VERSION, _VERSION_64, _UNIX = 20, 45, 3 << 8
_FLAGS = 1 << 3 | 1 << 11  # sizes follow the data; names are UTF-8
_DEFLATED = 8
_PRIVATE_FILE = 0o100600 << 16
_IN_EXTRA, _COUNT_IN_EXTRA = 0xFFFFFFFF, 0xFFFF
_TIMES = (315_532_800, 2**31 - 1)  # 1980, and the end of the 32 bit field


class ZipStream:
    """A zip file under way; `large`: the 64 bit form, needed from 4 GB on, unknown to some old readers."""

    def __init__(self, write: Callable[[bytes], object], *, large: bool = False) -> None:
        self._write = write
        self._large = large
        self._version = _VERSION_64 if large else _VERSION
        self._offset = 0
        self._directory: list[bytes] = []

    def add(self, name: str, modified: float, pieces: Iterable[bytes]) -> None:
        """Deflate one file. `name` is a relative path with slashes, `modified` Unix time, stored as UTC."""
        start, path, stamp = self._offset, name.encode(), _stamp(modified)
        time, date = _dos_time(modified)
        unknown = _IN_EXTRA if self._large else 0
        extra = (_extra_64(0, 0) if self._large else b"") + stamp
        self._put(
            _LOCAL.pack(
                b"PK\3\4", self._version, _FLAGS, _DEFLATED, time, date,
                0, unknown, unknown, len(path), len(extra),
            ) + path + extra
        )  # fmt: skip
        checksum, size, deflated = self._deflate(pieces)
        sizes = (deflated, size)
        self._put(struct.pack("<4sIQQ" if self._large else "<4sIII", b"PK\7\x08", checksum, *sizes))
        extra = (_extra_64(size, deflated, start) if self._large else b"") + stamp
        shown = (_IN_EXTRA,) * 3 if self._large else (*sizes, start)
        self._directory.append(
            _CENTRAL.pack(
                b"PK\1\2", _UNIX | self._version, self._version, _FLAGS, _DEFLATED, time, date,
                checksum, *shown[:2], len(path), len(extra), 0, 0, 0, _PRIVATE_FILE, shown[2],
            ) + path + extra
        )  # fmt: skip

    def finish(self) -> None:
        """Write the directory, without which no reader finds anything."""
        start, count = self._offset, len(self._directory)
        for entry in self._directory:
            self._put(entry)
        size = self._offset - start
        if self._large:
            self._finish_64(start, size, count)
            start, size, count = _IN_EXTRA, _IN_EXTRA, _COUNT_IN_EXTRA
        self._put(_END.pack(b"PK\5\6", 0, 0, count, count, size, start, 0))

    def _finish_64(self, start: int, size: int, count: int) -> None:
        end = self._offset
        version = _UNIX | _VERSION_64
        self._put(
            _END_64.pack(b"PK\6\6", _END_64.size - 12, version, _VERSION_64, 0, 0, count, count, size, start)
        )
        self._put(_LOCATOR_64.pack(b"PK\6\7", 0, end, 1))

    def _deflate(self, pieces: Iterable[bytes]) -> tuple[int, int, int]:
        """CRC-32, size and deflated size of what passed through."""
        checksum, size, start = 0, 0, self._offset
        deflate = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)
        for piece in pieces:
            checksum = isal_zlib.crc32(piece, checksum)
            size += len(piece)
            self._put(deflate.compress(piece))
        self._put(deflate.flush())
        return checksum, size, self._offset - start

    def _put(self, data: bytes) -> None:
        if data:
            self._write(data)
            self._offset += len(data)


def _extra_64(*numbers: int) -> bytes:
    return struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers)


def _stamp(modified: float) -> bytes:
    """The time to the second, in UTC, where other programs look for it (Info-ZIP's "extended timestamp")."""
    return struct.pack("<2sHBi", b"UT", 5, 1, int(_within_range(modified)))


def _dos_time(modified: float) -> tuple[int, int]:
    """Time and date to two seconds; the format knows no zone, here it is UTC."""
    at = datetime.fromtimestamp(_within_range(modified), UTC)
    return at.hour << 11 | at.minute << 5 | at.second // 2, (at.year - 1980) << 9 | at.month << 5 | at.day


def _within_range(modified: float) -> float:
    earliest, latest = _TIMES
    return min(max(modified, earliest), latest)
