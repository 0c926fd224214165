"""Writing so that a power cut leaves the old or the new, never half: the only place that syncs and renames.

Windows refuses to replace or remove a file that a virus scanner, or another snapper that reads it, holds for
a moment; such refusals are tried again.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from filelock import FileLock, Timeout

from snapper.errors import CannotKeep
from snapper.language import _, together

CHUNK = 1 << 20  # bytes held at once while a file passes through
_BUSY_ON_WINDOWS = (5, 32, 33)  # access denied, sharing violation, lock violation
_PATIENCE = 2.0  # seconds a scanner may hold a file

What = Literal[
    "your report", "the state of a report", "the outbox", "the key of the pseudonyms",
    "the archive of today's logs",
]  # fmt: skip
_NOT_KEPT = {
    "your report": _("Your report could not be kept in {folder}."),
    "the state of a report": _("The state of a report could not be kept in {folder}."),
    "the outbox": _("The outbox could not be kept in {folder}."),
    # Translators: the key from which the replacements for private values are made, the same for one person.
    "the key of the pseudonyms": _("The key of the pseudonyms could not be kept in {folder}."),
    "the archive of today's logs": _("The archive of today's logs could not be kept in {folder}."),
}


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet and sync it; mode 0600. Raises OSError."""
    with create(path) as file:
        file.write(data)


@contextlib.contextmanager
def create(path: Path) -> Iterator[BinaryIO]:
    """Open a new file of mode 0600 for writing; its content is on disk when the block ends."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    file = os.fdopen(descriptor, "wb")
    try:
        yield file
        file.flush()
        os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):  # a full disk is full again when the rest is written at closing
            file.close()
        raise
    file.close()


def replace(path: Path, data: bytes) -> None:
    """Give a file new content at once: written beside it, synced, renamed over it. Raises OSError.

    Only for files that one process at a time writes: what a killed one left beside it is overwritten.
    """
    beside = path.with_name(f"{path.name}.tmp")
    remove(beside)
    try:
        write_new(beside, data)
        rename(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def rename(source: Path, target: Path) -> None:
    """Rename within a folder, replacing the target, and sync the folder. Raises OSError."""
    _patiently(lambda: source.replace(target))
    sync_folder(target.parent)


def remove(path: Path) -> None:
    """Remove a file, if it is there. Raises OSError."""
    _patiently(lambda: path.unlink(missing_ok=True))


def _patiently(action: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            action()
            return
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _BUSY_ON_WINDOWS or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; Windows has no such call and needs none."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private(folder: Path) -> None:
    """Create a folder only its owner can enter (0700), with its parents."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def digest(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 in hex of a file, in constant memory. Raises OSError."""
    sha256, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            sha256.update(chunk)
            size += len(chunk)
    return size, sha256.hexdigest()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold a lock that the kernel lets go of when the process dies; yields False when another one has it.

    On Windows its file goes with it. Raises OSError when the file of the lock cannot be made.
    """
    lock = FileLock(path, mode=0o600, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def remove_lock(path: Path) -> None:
    """Remove the file of a lock that this process holds; on Windows, where no open file goes, at its end.

    Raises OSError.
    """
    if sys.platform != "win32":
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def keeping(what: What, folder: Path) -> Iterator[None]:
    """Turn an OSError inside the block into CannotKeep, in words, for keeping `what` in `folder`."""
    try:
        yield
    except OSError as error:
        raise cannot_keep(error, what, folder) from error


def cannot_keep(error: OSError, what: What, folder: Path) -> CannotKeep:
    """Why `what` could not be written to `folder`, and what to do."""
    not_kept = _NOT_KEPT[what].format(folder=folder)
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or getattr(error, "winerror", None) in (39, 112):
        full = _("The disk is full.")
        return CannotKeep(together((full, not_kept)), _("Free some space, then try again."))
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        closed = _("The folder cannot be written to.")
        remedy = _("Allow writing there, or choose another folder: outbox.folder in the settings.")
        return CannotKeep(together((not_kept, closed)), remedy)
    reason = _("The disk gave an error.")
    if error.errno:
        # Translators: {error} is a short English message of the operating system.
        reason = _("The disk gave an error: {error}.").format(error=os.strerror(error.errno))
    return CannotKeep(together((not_kept, reason)), _("Check the disk."))
