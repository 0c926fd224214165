"""Files that fakes were given: on disk, whatever their size, and given back byte for byte.

No ticket system's rules here.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse

CHUNK = 256 * 1024
_FIELD_BYTES = 64 << 20  # of a form's text fields: the systems' own limits are theirs to check


class TooLarge(Exception):
    """More bytes than allowed."""


@dataclass(frozen=True)
class Blob:
    """A file on the shelf: size in bytes, digests in hex."""

    path: Path
    size: int
    sha256: str
    md5: str

    def read(self) -> bytes:
        """All of it, for assertions."""
        return self.path.read_bytes()

    def response(self, name: str, media_type: str = "application/octet-stream") -> FileResponse:
        """The file as a download, streamed."""
        return FileResponse(self.path, media_type=media_type, filename=name)


@dataclass(frozen=True)
class Sent:
    """A file part of a form."""

    field: str
    name: str
    media_type: str
    blob: Blob


@dataclass
class Form:
    """A form: text fields by name, in order, and files."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[Sent] = field(default_factory=list)

    def one(self, name: str) -> str | None:
        """The last value of a text field."""
        values = self.fields.get(name)
        return values[-1] if values else None


class Shelf:
    """A folder of files without names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "files"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(1)

    def new(self) -> Path:
        """A path for one more file."""
        return self._folder / str(next(self._numbers))

    async def keep(self, pieces: AsyncIterator[bytes], at_most: int | None = None) -> Blob:
        """Store a stream; raises TooLarge, and nothing of it stays."""
        path = self.new()
        sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        try:
            with path.open("wb") as file:
                async for piece in pieces:
                    size += len(piece)
                    if at_most is not None and size > at_most:
                        raise TooLarge
                    sha256.update(piece)
                    md5.update(piece)
                    file.write(piece)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Blob(path, size, sha256.hexdigest(), md5.hexdigest())

    async def body(self, request: Request, at_most: int | None = None) -> Blob:
        """Store a request's whole body as it is. Raises TooLarge, ClientDisconnect."""
        return await self.keep(request.stream(), at_most)

    async def form(self, request: Request) -> Form:
        """Read multipart/form-data (or a urlencoded form), its files onto the shelf.

        Raises HTTPException (400) when it is malformed, ClientDisconnect when it breaks off.
        """
        form = Form()
        async with request.form(max_files=1000, max_fields=1000, max_part_size=_FIELD_BYTES) as parts:
            for name, value in parts.multi_items():
                if isinstance(value, UploadFile):
                    media_type = value.content_type or ""
                    blob = await self.keep(_pieces(value))
                    form.files.append(Sent(name, value.filename or "", media_type, blob))
                else:
                    form.fields.setdefault(name, []).append(value)
        return form


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(CHUNK):
        yield piece
