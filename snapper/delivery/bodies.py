"""Bodies of requests that hold files: streamed, with a known length, in constant memory.

The names of files go as RFC 7578 says: UTF-8, and nothing that could end the header.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snapper.delivery.letter import Part
from snapper.disk import CHUNK

_THREES = CHUNK - CHUNK % 3  # base64 makes four characters of three bytes

Told = Callable[[int], None]


@dataclass(frozen=True)
class InBase64:
    """A file in base64, as JSON holds it."""

    part: Part


Segment = bytes | Part | InBase64


@dataclass(frozen=True)
class Body:
    """What a request carries; each `stream` begins anew."""

    media_type: str
    segments: tuple[Segment, ...]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(map(_size, self.segments))

    def stream(self, told: Told | None = None) -> Stream:
        """The bytes once; `told` hears after every piece how many have been read."""
        return Stream(self, told or (lambda count: None))


class Stream:
    """A body being read."""

    def __init__(self, body: Body, told: Told) -> None:
        self._size = body.size
        self._pieces = (piece for segment in body.segments for piece in _bytes_of(segment))
        self._told = told
        self._piece, self._at = b"", 0
        self._read = 0

    def __len__(self) -> int:
        """The Content-Length."""
        return self._size

    def read(self, size: int = -1) -> bytes:
        """The next bytes: fewer than asked for before the end, none at it."""
        if self._at == len(self._piece):
            self._piece, self._at = next(self._pieces, b""), 0
        end = len(self._piece) if size < 0 else min(len(self._piece), self._at + size)
        data, self._at = self._piece[self._at : end], end
        self._read += len(data)
        self._told(self._read)
        return data

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read():
            yield data


def json_body(content: Any) -> Body:
    """Plain data."""
    return Body("application/json", (json.dumps(content, ensure_ascii=False).encode(),))


def raw_body(part: Part) -> Body:
    """A file as it is."""
    return Body(part.media_type, (part,))


def multipart(fields: Sequence[tuple[str, str | Part | Body]]) -> Body:
    """A form (RFC 7578): texts, files, and parts with a media type of their own."""
    boundary = f"snapper-{secrets.token_hex(16)}"
    segments: list[Segment] = []
    for name, value in fields:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
        if isinstance(value, str):
            segments += [f"{head}\r\n\r\n{value}\r\n".encode(errors="replace")]
        elif isinstance(value, Part):
            head += f'; filename="{_quoted(value.sent_as)}"\r\nContent-Type: {value.media_type}'
            segments += [f"{head}\r\n\r\n".encode(), value, b"\r\n"]
        else:
            segments += [
                f"{head}\r\nContent-Type: {value.media_type}\r\n\r\n".encode(),
                *value.segments,
                b"\r\n",
            ]
    segments.append(f"--{boundary}--\r\n".encode())
    return Body(f"multipart/form-data; boundary={boundary}", tuple(segments))


def json_with_files(content: Any, files: Mapping[str, Part]) -> Body:
    """Plain data in which each text that is a key of `files` stands for a file in base64."""
    text = json.dumps(content, ensure_ascii=False)
    segments: list[Segment] = []
    for mark, part in files.items():
        before, found, text = text.partition(json.dumps(mark))
        assert found, mark
        segments += [f'{before}"'.encode(), InBase64(part), b'"']
    return Body("application/json", (*segments, text.encode()))


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _size(segment: Segment) -> int:
    if isinstance(segment, bytes):
        return len(segment)
    if isinstance(segment, InBase64):
        return (segment.part.size + 2) // 3 * 4
    return segment.size


def _bytes_of(segment: Segment) -> Iterator[bytes]:
    if isinstance(segment, bytes):
        yield segment
    elif isinstance(segment, InBase64):
        for piece in _pieces(segment.part, _THREES):
            yield base64.b64encode(piece)
    else:
        yield from _pieces(segment, CHUNK)


def _pieces(part: Part, size: int) -> Iterator[bytes]:
    left = part.size
    with part.open() as file:
        while left and (piece := file.read(min(size, left))):
            left -= len(piece)
            yield piece
