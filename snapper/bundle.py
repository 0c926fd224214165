"""A report and its files: written to a folder, verified on opening, handed over as one zip.

A bundle folder holds `report.json` (the manifest, the last file written) and the files it names.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from snapper import disk
from snapper.errors import ReportDamaged, ReportMalformed, UsageError
from snapper.language import _
from snapper.report import MANIFEST_NAME, Attachment, Kind, Report, StoredFile

_HEAD_BYTES = 1 << 16
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a]")

Through = Callable[[Iterator[bytes]], Iterator[bytes]]


@dataclass(frozen=True)
class Bundle:
    """A report in its folder; `manifest` are the bytes of `report.json` as they travel."""

    folder: Path
    report: Report
    manifest: bytes

    def path(self, attachment: Attachment) -> Path:
        """Where an attachment's bytes are."""
        return self.folder / attachment.name

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """What a receipt must prove stored: the manifest first, then every attachment."""
        own = StoredFile(MANIFEST_NAME, len(self.manifest), hashlib.sha256(self.manifest).hexdigest())
        return (own, *(StoredFile(part.name, part.size, part.sha256) for part in self.report.attachments))

    @property
    def size(self) -> int:
        """All files together, in bytes."""
        return sum(file.size for file in self.files)


def attach_bytes(folder: Path, name: str, data: bytes, kind: Kind, media_type: str) -> Attachment:
    """Write bytes as a new attachment. Raises OSError."""
    disk.write_new(folder / name, data)
    return Attachment(name, len(data), hashlib.sha256(data).hexdigest(), kind, media_type)


def attach_file(folder: Path, name: str, source: Path, through: Through | None = None) -> Attachment:
    """Copy a user's file as a new attachment, in constant memory; a text goes `through` what changes it.

    Raises UsageError when it cannot be read, OSError when it cannot be written, and what `through` raises.
    """
    sha256, size = hashlib.sha256(), 0
    try:
        original = source.open("rb")
    except OSError as error:
        raise UsageError(
            _("The file {file} cannot be read.").format(file=source),
            _("Check its name and that you may open it."),
        ) from error
    with original, disk.create(folder / name) as copy:
        pieces = iter(lambda: original.read(disk.CHUNK), b"")
        for piece in through(pieces) if through and is_text(source) else pieces:
            sha256.update(piece)
            size += len(piece)
            copy.write(piece)
    return Attachment(name, size, sha256.hexdigest(), Kind.FILE, media_type(name))


def is_text(path: Path) -> bool:
    """Whether a file's beginning reads as text: in any encoding, with the zeros of UTF-16 and of a log that a
    power cut left behind. Raises OSError."""
    with path.open("rb") as file:
        return not _CONTROLS.search(file.read(_HEAD_BYTES))


def media_type(name: str) -> str:
    """The media type a file name suggests, without parameters."""
    guess, encoding = mimetypes.guess_type(name)
    return guess if guess and not encoding else "application/octet-stream"


def seal(folder: Path, report: Report) -> None:
    """Write the manifest: from now on the bundle does not change. Raises OSError."""
    disk.write_new(folder / MANIFEST_NAME, report.to_json())
    disk.sync_folder(folder)


def read(folder: Path) -> Bundle:
    """Open a bundle without reading its attachments. Raises ReportDamaged."""
    try:
        manifest = (folder / MANIFEST_NAME).read_bytes()
        return Bundle(folder, Report.from_json(manifest), manifest)
    except OSError as error:
        unread = _("The report in {folder} cannot be read.").format(folder=folder)
        raise ReportDamaged(unread, _("Check the disk.")) from error
    except ReportMalformed as error:
        damaged = _("The report in {folder} was changed or damaged.").format(folder=folder)
        raise ReportDamaged(damaged, _("Check the disk.")) from error


def verify(bundle: Bundle) -> None:
    """Compare every attachment with the manifest. Raises ReportDamaged naming the first bad file."""
    for part in bundle.report.attachments:
        try:
            actual = disk.digest(bundle.path(part))
        except OSError:
            actual = None
        if actual != (part.size, part.sha256):
            raise ReportDamaged(
                _("The kept file {file} is missing or was changed, so the report cannot be sent.").format(
                    file=bundle.path(part)
                ),
                _("Save the rest with “snapper outbox export”, or let it go with “snapper outbox discard”."),
            )
