"""Text files in pages that end at line ends, so that a file of any size can be read. No window lives here."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import IO, NamedTuple

PAGE_BYTES = 1 << 17
_STEP_BYTES = 1 << 20  # an archive unpacks what it passes over: so often it is asked whether to go on

# What a file begins with when it is not in UTF-8 without a mark. UTF-32 first: UTF-16's mark begins its mark.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNIT_BYTES = {"utf-8": 1, "utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}

# Characters that would show nothing, or show others in a different order, are made visible.
_CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"} | {0x7F: 0x2421}
_TURNING = (0x061C, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
_VISIBLE: dict[int, int | str] = {**_CONTROLS, **{code: f"⟨U+{code:04X}⟩" for code in _TURNING}}


class Page(NamedTuple):
    """One page: its number from 0, its text, and where it begins and ends in the file, in bytes."""

    number: int
    text: str
    begin: int
    end: int


class Pages:
    """The pages of a file, in any order as far as they were reached; close() closes the file.

    The page after the last one read costs no more than itself; an earlier one of a file inside an archive is
    unpacked from the beginning.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._begins = [0]  # of every page up to the one after the last that was read
        self._at = 0  # how far the file has been read
        self._over = b""  # what was read beyond the end of the last page
        self._encoding = "utf-8"
        self._mark = b""

    def read(self, number: int, stopped: Callable[[], bool] = lambda: False) -> Page | None:
        """A page, counted from 0, at most one beyond those that were read; None when it was stopped.

        Bytes that are no characters are written as `\\xff`. Raises OSError and what archives raise.
        """
        begin = self._begins[number]
        if not self._go_to(begin, stopped):
            return None
        data = self._over + self._file.read(PAGE_BYTES - len(self._over))
        self._at = begin + len(data)
        if number == 0:
            self._find_mark(data)
        page = data if len(data) < PAGE_BYTES else _whole_lines(data, self._encoding)
        self._over = data[len(page) :]
        end = begin + len(page)
        if number + 1 == len(self._begins):
            self._begins.append(end)
        return Page(number, self._text(page, first=number == 0), begin, end)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _go_to(self, begin: int, stopped: Callable[[], bool]) -> bool:
        if begin == self._at - len(self._over):
            return not stopped()
        self._over = b""
        if begin < self._at:
            self._at = self._file.seek(0)
        while self._at < begin and not stopped():
            self._at = self._file.seek(min(self._at + _STEP_BYTES, begin))
        return not stopped()

    def _find_mark(self, data: bytes) -> None:
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                self._mark, self._encoding = mark, encoding
                return

    def _text(self, data: bytes, *, first: bool) -> str:
        shown = data.removeprefix(self._mark) if first else data
        return shown.decode(self._encoding, "backslashreplace").translate(_VISIBLE)


def _whole_lines(data: bytes, encoding: str) -> bytes:
    """Up to the last line end; without one, up to the last whole character."""
    unit, line_end = _UNIT_BYTES[encoding], "\n".encode(encoding)
    found = data.rfind(line_end)
    while found > 0 and found % unit:  # the halves of two other characters
        found = data.rfind(line_end, 0, found + len(line_end) - 1)
    if found >= 0 and found % unit == 0:
        return data[: found + unit]
    return _whole_characters(data[: len(data) - len(data) % unit], encoding)


def _whole_characters(data: bytes, encoding: str) -> bytes:
    """Without the beginning of a character that goes on in the next page."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    decoder.decode(data[-8:] if encoding != "utf-8" else _from_lead(data[-8:]))
    waiting = decoder.getstate()[0]
    return data[: len(data) - len(waiting)] or data


def _from_lead(tail: bytes) -> bytes:
    """The end of some UTF-8 from where a character begins."""
    leads = (at for at, byte in enumerate(tail) if byte < 0x80 or byte >= 0xC0)
    return tail[next(leads, len(tail)) :]
