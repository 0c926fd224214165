"""JSON with files inside it as base64, read in constant memory: such a string goes to disk as it comes in.

No ticket system's rules here.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO

from tests.ticket_fakes.bodies import CHUNK, Blob, Shelf

LONG = 256 * 1024  # bytes of a string that is kept on disk
_MARK = "\ufdd0long "  # a noncharacter: no client sends it
_ENDS = re.compile(rb'["\\]')


class Long:
    """A long string on disk, as it stood between its quotes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def text(self) -> str:
        """The string itself. Raises ValueError."""
        return str(json.loads(b'"' + self._path.read_bytes() + b'"'))

    async def decoded(self, shelf: Shelf) -> Blob:
        """What it stands for in base64. Raises ValueError when it is not strict base64."""
        return await shelf.keep(self._pieces())

    async def _pieces(self) -> AsyncIterator[bytes]:
        rest = b""
        with self._path.open("rb") as file:
            while piece := file.read(CHUNK):
                rest = re.sub(rb"\\[rn]|\\(?=/)", b"", rest + piece)
                whole = max(0, len(rest) - 8) // 4 * 4  # the end may hold padding, or half an escape
                yield _strict(rest[:whole], last=False)
                rest = rest[whole:]
        yield _strict(rest, last=True)


async def decoded(data: str | Long, shelf: Shelf) -> Blob:
    """The file that a base64 string stands for. Raises ValueError when it is not strict base64."""
    if isinstance(data, Long):
        return await data.decoded(shelf)

    async def pieces() -> AsyncIterator[bytes]:
        yield _strict(re.sub(r"[\r\n]", "", data).encode(), last=True)

    return await shelf.keep(pieces())


async def read(stream: AsyncIterator[bytes], shelf: Shelf, key: str) -> Any:
    """Parse JSON; a long string under `key` becomes a Long. Raises ValueError when it is not JSON."""
    reader = _Reader(shelf)
    async for piece in stream:
        reader.feed(piece)
    return reader.value(key)


def _strict(text: bytes, *, last: bool) -> bytes:
    if len(text) % 4 or not re.fullmatch(rb"[A-Za-z0-9+/]*={0,2}" if last else rb"[A-Za-z0-9+/]*", text):
        raise ValueError("This is not base64.")
    return base64.b64decode(text)


class _Reader:
    """Copies JSON, but puts long strings on disk and a mark in their place."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._text = bytearray()
        self._string = bytearray()
        self._inside = False
        self._escaped = False
        self._file: BinaryIO | None = None
        self._paths: list[Path] = []

    def feed(self, data: bytes) -> None:
        """The next piece."""
        at = 0
        while at < len(data):
            if not self._inside:
                at = self._up_to_quote(data, at)
            elif self._escaped:
                self._put(data[at : at + 1])
                self._escaped = False
                at += 1
            else:
                at = self._up_to_end(data, at)

    def value(self, key: str) -> Any:
        """All of it, parsed."""
        return json.loads(bytes(self._text), object_pairs_hook=lambda pairs: self._filled(pairs, key))

    def _up_to_quote(self, data: bytes, at: int) -> int:
        end = data.find(b'"', at) + 1 or len(data)
        self._text += data[at:end]
        self._inside = data[end - 1 : end] == b'"'
        return end

    def _up_to_end(self, data: bytes, at: int) -> int:
        found = _ENDS.search(data, at)
        if found is None:
            self._put(data[at:])
            return len(data)
        self._put(data[at : found.start()])
        if found[0] == b"\\":
            self._put(b"\\")
            self._escaped = True
        else:
            self._end()
        return found.end()

    def _put(self, piece: bytes) -> None:
        if self._file:
            self._file.write(piece)
            return
        self._string += piece
        if len(self._string) > LONG:
            self._paths.append(self._shelf.new())
            self._file = self._paths[-1].open("wb")
            self._file.write(self._string)
            self._string.clear()

    def _end(self) -> None:
        if self._file:
            self._file.close()
            self._file = None
            self._string += f"{_MARK}{len(self._paths) - 1}".encode()
        self._text += self._string + b'"'
        self._string.clear()
        self._inside = False

    def _filled(self, pairs: list[tuple[str, Any]], key: str) -> dict[str, Any]:
        return {name: self._long(value, name == key) for name, value in pairs}

    def _long(self, value: Any, wanted: bool) -> Any:
        if not isinstance(value, str) or not value.startswith(_MARK):
            return value
        long = Long(self._paths[int(value.removeprefix(_MARK))])
        return long if wanted else long.text()
