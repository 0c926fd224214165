"""tus 1.0.0 as a client: an upload is created, asked how far it is, and sent on from there. One request each.

Creating what was created already (same report, file name and size) gives the same upload again, so nothing
has to be remembered between attempts.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from snapper.delivery.http import Answer

VERSION = "1.0.0"
HEADERS = {"Tus-Resumable": VERSION}
_BODY_TYPE = "application/offset+octet-stream"

Ask = Callable[..., Answer]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Upload:
    """Where an upload is on the server, and how many bytes it has there."""

    location: str
    offset: int


class Part:
    """A piece of a file as a request's body: `start` and `length` in bytes; `sent` is told how far it is."""

    def __init__(self, file: BinaryIO, start: int, length: int, sent: Progress) -> None:
        file.seek(start)
        self._file = file
        self._start = start
        self._length = length
        self._left = length
        self._sent = sent

    def __len__(self) -> int:
        """Bytes in all: the Content-Length."""
        return self._length

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        self._sent(self._start + self._length - self._left)
        return data


def create(ask: Ask, uploads: str, report_id: str, name: str, size: int) -> Answer:
    """Create an upload, or find the one that was created before; `upload_of` reads the answer."""
    metadata = ",".join(
        f"{key} {_base64(value)}" for key, value in (("report", report_id), ("filename", name))
    )
    return ask("POST", uploads, headers={**HEADERS, "Upload-Length": str(size), "Upload-Metadata": metadata})


def upload_of(answer: Answer) -> Upload | None:
    """The upload that an answer to `create` names, None if it names none."""
    location = answer.headers.get("Location", "")
    if answer.status not in (200, 201) or not location.startswith("/"):
        return None
    return Upload(location, offset_of(answer) or 0)


def offset_of(answer: Answer) -> int | None:
    """How many bytes the server has of an upload, as its answer says; None when it does not say."""
    text = answer.headers.get("Upload-Offset", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def send(ask: Ask, location: str, part: Part, offset: int, *, plain: bool) -> Answer:
    """Send a part on from an offset; `plain` by POST, where something on the way does not know PATCH."""
    headers = {**HEADERS, "Upload-Offset": str(offset), "Content-Type": _BODY_TYPE}
    if plain:
        headers["X-HTTP-Method-Override"] = "PATCH"
    return ask("POST" if plain else "PATCH", location, data=part, headers=headers)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
