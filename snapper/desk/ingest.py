"""A multipart body (RFC 7578) as it streams in: the manifest first, then its files, straight to a folder.

Each file is hashed while it is written and synced when it ends; memory does not grow with it. No HTTP here
and no database: what is wrong is raised as a Problem the moment it is seen.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from snapper import disk
from snapper.desk.limits import MANIFEST_BYTES
from snapper.desk.problem import Kind, Problem, storing
from snapper.desk.store import Arrival
from snapper.errors import ReportMalformed
from snapper.report import MANIFEST_NAME, Attachment, Report, StoredFile

_PARAMETER = re.compile(r';\s*([A-Za-z0-9*_-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"\s]*)')
_EXTENDED = re.compile(r"(utf-8)'[^']*'(.*)", re.IGNORECASE)  # RFC 8187, the successor of RFC 5987


def disposition(header: bytes) -> dict[str, str]:
    """The parameters of a Content-Disposition header; `filename*` wins over `filename`.

    A plain filename is UTF-8 (RFC 7578, 5.1.3) and nothing in it is percent-encoded.
    """
    text = header.decode("utf-8", "replace")
    found = {name.lower(): _unquote(value) for name, value in _PARAMETER.findall(text)}
    extended = _EXTENDED.fullmatch(found.pop("filename*", ""))
    if extended:
        found["filename"] = unquote_to_bytes(extended[2]).decode("utf-8", "replace")
    return found


def _unquote(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


class _Part(Protocol):
    """What takes the bytes of one part."""

    def write(self, data: bytes) -> None: ...

    def end(self) -> None: ...


class _Manifest:
    """The part `report`: kept in memory, read when it ends."""

    def __init__(self, read: Callable[[bytes], None]) -> None:
        self._data = bytearray()
        self._read = read

    def write(self, data: bytes) -> None:
        self._data += data
        if len(self._data) > MANIFEST_BYTES:
            raise Problem(Kind.TOO_LARGE, f"The manifest is larger than {MANIFEST_BYTES} bytes.")

    def end(self) -> None:
        self._read(bytes(self._data))


class _File:
    """A part `file`: written, hashed and compared with what the manifest says of it."""

    def __init__(self, expected: Attachment, file: BinaryIO, close: Callable[[], None]) -> None:
        self._expected = expected
        self._file = file
        self._close = close
        self._sha256 = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._expected.size:
            raise self._wrong()
        self._sha256.update(data)
        self._file.write(data)

    def end(self) -> None:
        if (self._size, self._sha256.hexdigest()) != (self._expected.size, self._expected.sha256):
            raise self._wrong()
        self._close()

    def _wrong(self) -> Problem:
        sentence = f"“{self._expected.name}” did not arrive as the report describes it."
        return Problem(Kind.WRONG_CONTENT, sentence, "Send the report again.")


class Ingest:
    """Takes a body piece by piece; use as a context manager, so that no file stays open.

    `accept` is called with the report as soon as the manifest is there, before any file is taken, and may
    raise to refuse it.
    """

    def __init__(self, boundary: str, folder: Path, accept: Callable[[Report, bytes], None]) -> None:
        self._folder = folder
        self._accept = accept
        self._report: Report | None = None
        self._manifest = b""
        self._missing: dict[str, Attachment] = {}
        self._part: _Part | None = None
        self._open = contextlib.ExitStack()
        self._name, self._value, self._disposition = b"", b"", b""
        self._complete = False
        with _syntax():
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
            )

    def __enter__(self) -> Ingest:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # An error passes through to the file that is open, which then closes without being synced.
        self._open.__exit__(kind, error, traceback)

    def feed(self, data: bytes) -> None:
        """Take the next piece. Raises Problem."""
        with storing(), _syntax():
            self._parser.write(data)

    def finish(self) -> Arrival:
        """What arrived, once the body has ended. Raises Problem when something is missing."""
        if not self._complete or self._report is None:
            raise Problem(Kind.MALFORMED, "The report arrived incomplete.", "Send it again.")
        if self._missing:
            sentence = f"“{next(iter(self._missing))}” is named in the report but was not sent."
            raise Problem(Kind.WRONG_CONTENT, sentence, "Send the report again.")
        own = StoredFile(MANIFEST_NAME, len(self._manifest), hashlib.sha256(self._manifest).hexdigest())
        files = (StoredFile(part.name, part.size, part.sha256) for part in self._report.attachments)
        return Arrival(self._report, self._manifest, (own, *files), self._folder)

    def _read_manifest(self, data: bytes) -> None:
        report = read_manifest(data)
        self._accept(report, data)
        disk.write_new(self._folder / MANIFEST_NAME, data)
        self._missing = {part.name: part for part in report.attachments}
        self._report, self._manifest = report, data

    def _open_file(self, name: str) -> _File:
        expected = self._missing.pop(name, None)
        if expected is None:
            sentence = f"“{name[:200]}” was sent but is not in the report, or was sent twice."
            raise Problem(Kind.WRONG_CONTENT, sentence, "Send the report again.")
        file = self._open.enter_context(disk.create(self._folder / expected.name))
        return _File(expected, file, self._open.close)

    # --- what the parser says, in this order --------------------------------------------------------------

    def _on_part_begin(self) -> None:
        self._disposition = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name, self._value = b"", b""

    def _on_headers_finished(self) -> None:
        given = disposition(self._disposition)
        expected = "report" if self._report is None else "file"
        if given.get("name") != expected:
            raise Problem(Kind.MALFORMED, f"The body has another part where “{expected}” is due.")
        is_report = self._report is None
        self._part = (
            _Manifest(self._read_manifest) if is_report else self._open_file(given.get("filename", ""))
        )

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        assert self._part is not None
        self._part.write(data[start:end])

    def _on_part_end(self) -> None:
        assert self._part is not None
        self._part.end()

    def _on_end(self) -> None:
        self._complete = True


def read_manifest(data: bytes) -> Report:
    """The report that a manifest describes. Raises Problem."""
    try:
        return Report.from_json(data)
    except ReportMalformed as error:
        raise Problem(Kind.MALFORMED, error.sentence) from error


@contextlib.contextmanager
def _syntax() -> Iterator[None]:
    try:
        yield
    except FormParserError as error:
        raise Problem(Kind.MALFORMED, "The report did not arrive in the right form.") from error
