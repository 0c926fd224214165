"""Saving a report for sending by hand: its zip, the picture beside it, and the steps for a web ticket.

All of it appears in the folder or nothing, and nothing there is overwritten. Of a damaged report, what can be
read is saved and the rest is named. The report itself stays where it is, and goes on being tried.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from snapper import bundle, disk
from snapper.errors import ReportDamaged, UsageError
from snapper.language import _, together
from snapper.outbox import DELIVERY_NAME, Outbox
from snapper.present import short_id
from snapper.report import MANIFEST_NAME, Attachment, Kind, read_code
from snapper.state import RULES, Entry
from snapper.web_ticket import steps_text

STEPS_NAME = "how-to-send.txt"


@dataclass(frozen=True)
class Saved:
    """What is in the folder now: the zip first, then the pictures, then the steps; `flaws` names in sentences
    what of a damaged report could not be saved as it was, `stays` says what becomes of the report here."""

    files: tuple[Path, ...]
    flaws: tuple[str, ...]
    stays: str

    @property
    def sentence(self) -> str:
        """What was saved and where, for a person."""
        names = ", ".join(path.name for path in self.files)
        said = _("Saved in the folder {folder}: {files}.").format(folder=self.files[0].parent, files=names)
        return together((said, *self.flaws, self.stays))


def save(outbox: Outbox, report_id: str, folder: Path) -> Saved:
    """Put a report's zip, its pictures and the steps for sending them into a folder.

    Raises NoSuchReport; UsageError when the report is still being made, or the folder cannot take it.
    """
    entry, found = _found(outbox, report_id)
    with _in_words(folder), _all_or_nothing(folder) as making:
        stem = f"snapper-{_short(entry)}"
        flaws = _zip(found, making / f"{stem}.zip")
        attached = [making / f"{stem}.zip", *_copy_pictures(found, making, stem)]
        names = _free_names([path.name for path in attached], folder)
        sizes = [path.stat().st_size for path in attached]
        steps = steps_text(entry, dict(zip(names, sizes, strict=True)), flaws)
        disk.write_new(making / STEPS_NAME, steps.encode())
        names += _free_names([STEPS_NAME], folder)
        _hand_over([*attached, making / STEPS_NAME], [folder / name for name in names])
    return Saved(tuple(folder / name for name in names), flaws, _stays(entry))


def save_zip(outbox: Outbox, report_id: str, path: Path) -> Saved:
    """Write a report's zip alone, as a new file of this name.

    Raises NoSuchReport; UsageError when the file exists or cannot be written.
    """
    entry, found = _found(outbox, report_id)
    with _in_words(path.parent), _all_or_nothing(path.parent) as making:
        if path.exists():
            raise FileExistsError(errno.EEXIST, "", str(path))
        flaws = _zip(found, making / "report.zip")
        _hand_over([making / "report.zip"], [path])
    return Saved((path,), flaws, _stays(entry))


# --- what there is -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """A kept report: its files by the manifest, or by the folder where there is no manifest to read."""

    folder: Path
    files: tuple[Attachment, ...]
    whole: bool

    @property
    def pictures(self) -> list[Attachment]:
        return [part for part in self.files if part.kind is Kind.SCREENSHOT]


def _found(outbox: Outbox, report_id: str) -> tuple[Entry, _Found]:
    if outbox.partial(report_id).exists():
        raise UsageError(_("This report is still being put together."), _("Try again in a moment."))
    entry, folder = outbox.entry(report_id), outbox.folder / report_id
    try:
        return entry, _Found(folder, bundle.read(folder).report.attachments, whole=True)
    except ReportDamaged:
        return entry, _Found(folder, tuple(_strays(folder)), whole=False)


def _strays(folder: Path) -> Iterator[Attachment]:
    """The files in the folder of a report whose manifest cannot be read."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.is_symlink() and path.name not in (MANIFEST_NAME, DELIVERY_NAME):
            kind = Kind.SCREENSHOT if path.suffix == ".png" else Kind.FILE
            yield Attachment(path.name, path.stat().st_size, "", kind)


def _stays(entry: Entry) -> str:
    if RULES[entry.state].automatic:
        return _("The report stays in the outbox and goes on being tried.")
    return _("The report stays in the outbox.")


def _short(entry: Entry) -> str:
    """A receipt code comes from a server: what is none does not become a file's name."""
    receipt = entry.delivery.receipt
    return (receipt and read_code(receipt.code)) or short_id(entry)


# --- writing -----------------------------------------------------------------------------------------------


class _Unreadable(Exception):
    """A kept file could not be read to its end."""


def _zip(found: _Found, path: Path) -> tuple[str, ...]:
    """Write the zip; what is wrong with it, in sentences. Raises OSError when it cannot be written."""
    flaws: list[str] = []
    if not found.whole:
        flaws.append(_("The list of what the report holds ({file}) was damaged.").format(file=MANIFEST_NAME))
    with disk.create(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with suppress(_Unreadable):
            _pour(archive, found.folder / MANIFEST_NAME)
        flaws += [flaw for part in found.files if (flaw := _add(archive, found.folder, part))]
    return tuple(flaws)


def _add(archive: zipfile.ZipFile, folder: Path, part: Attachment) -> str:
    try:
        size, sha256 = _pour(archive, folder / part.name)
    except _Unreadable:
        return _("{file} is missing or could not be read to its end.").format(file=part.name)
    if part.sha256 and (size, sha256) != (part.size, part.sha256):
        return _("{file} is not as it was when the report was made.").format(file=part.name)
    return ""


def _pour(archive: zipfile.ZipFile, source: Path) -> tuple[int, str]:
    """Copy a file into a zip; size and SHA-256. Raises _Unreadable."""
    pieces = _pieces(source)
    first = next(pieces, b"")  # raises before anything is written, if the file cannot be opened
    info = zipfile.ZipInfo.from_file(source, source.name, strict_timestamps=False)
    sha256, size = hashlib.sha256(), 0
    with archive.open(info, "w", force_zip64=True) as target:
        for piece in itertools.chain([first], pieces):
            target.write(piece)
            sha256.update(piece)
            size += len(piece)
    return size, sha256.hexdigest()


def _copy_pictures(found: _Found, making: Path, stem: str) -> Iterator[Path]:
    """The pictures again, beside the zip, for those who look at a ticket without opening one."""
    there = [picture for picture in found.pictures if (found.folder / picture.name).is_file()]
    for number, picture in enumerate(there, start=1):
        path = making / (f"{stem}.png" if number == 1 else f"{stem}-picture-{number}.png")
        with disk.create(path) as file, suppress(_Unreadable):  # _zip has named it
            for piece in _pieces(found.folder / picture.name):
                file.write(piece)
        yield path


def _pieces(source: Path) -> Iterator[bytes]:
    """A kept file, piece by piece. Raises _Unreadable."""
    try:
        with source.open("rb") as file:
            while piece := file.read(disk.CHUNK):
                yield piece
    except OSError as error:
        raise _Unreadable from error


# --- into the folder, whole or not at all ------------------------------------------------------------------


@contextmanager
def _all_or_nothing(folder: Path) -> Iterator[Path]:
    """A hidden folder inside another, gone after the block. Raises OSError."""
    making = Path(tempfile.mkdtemp(prefix=".snapper-", dir=folder))
    try:
        yield making
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _free_names(names: Sequence[str], folder: Path) -> list[str]:
    """These names, or all of them with the first number with which none is taken."""
    for number in itertools.count(1):
        tried = [name if number == 1 else _numbered(name, number) for name in names]
        if not any(os.path.lexists(folder / name) for name in tried):
            return tried
    raise AssertionError("there is always another number")


def _numbered(name: str, number: int) -> str:
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}-{number}{dot}{suffix}"


def _hand_over(made: Sequence[Path], targets: Sequence[Path]) -> None:
    """Give finished files their names; all or none. Raises FileExistsError, OSError."""
    reserved: list[Path] = []
    try:
        for target in targets:
            disk.write_new(target, b"")  # a name that somebody took meanwhile is not overwritten
            reserved.append(target)
        for path, target in zip(made, targets, strict=True):
            _rename(path, target)
    except BaseException:
        for target in reserved:
            with suppress(OSError):
                target.unlink()
        raise


def _rename(path: Path, target: Path) -> None:
    try:
        disk.rename(path, target)
    except OSError:
        if path.exists():  # else only the folder could not be synced: some network drives cannot
            raise


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    """Turn an OSError of the folder into a sentence."""
    try:
        yield
    except FileExistsError as error:
        raise UsageError(
            _("{file} exists already.").format(file=error.filename), _("Choose another name.")
        ) from error
    except OSError as error:
        raise UsageError(_refusal(error, folder), _("Nothing was saved. Choose another folder.")) from error


def _refusal(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or getattr(error, "winerror", None) in (39, 112):
        return _("There is not enough room in the folder {folder}.").format(folder=folder)
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return _("There is no folder {folder}.").format(folder=folder)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _("You may not write in the folder {folder}.").format(folder=folder)
    return _("The folder {folder} does not take the files.").format(folder=folder)
