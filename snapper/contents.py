"""What is in a report, part by part, byte for byte as it leaves: for windows and terminals to show."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from snapper.bundle import Bundle, is_text
from snapper.errors import UsageError
from snapper.language import _
from snapper.report import MANIFEST_NAME, Attachment, Kind, LogEntry, LogKind
from snapper.words import SEALED


@dataclass(frozen=True)
class Part:
    """One file that leaves, or one log inside the archive (`logs.zip/launcher.log`): size in bytes, SHA-256
    in hex, what it is in words; `open` gives its bytes, `text` says whether people can read them."""

    name: str
    size: int
    sha256: str
    about: str
    text: bool
    picture: bool
    open: Callable[[], IO[bytes]] = field(repr=False)


def parts_of(bundle: Bundle) -> list[Part]:
    """Everything in a report: the manifest, then every attachment, with the logs of an archive behind it."""
    own = bundle.files[0]
    manifest = Part(
        # Translators: what a file holds.
        MANIFEST_NAME, own.size, own.sha256, _("your note, the facts about this computer, the list of files"),
        True, False, lambda: io.BytesIO(bundle.manifest),
    )  # fmt: skip
    parts = [manifest]
    for attachment in bundle.report.attachments:
        parts.append(_part(attachment, bundle.path(attachment)))
        parts += [_log(attachment.name, entry, bundle.path(attachment)) for entry in attachment.contains]
    return parts


def part_called(bundle: Bundle, name: str) -> Part:
    """The part of that name. Raises UsageError when there is none."""
    for part in parts_of(bundle):
        if part.name == name:
            return part
    raise UsageError(
        _("The report holds no file “{name}”.").format(name=name[:200]),
        _("“snapper outbox show ID --files” lists them."),
    )


_ABOUT = {
    # Translators: what a file holds.
    Kind.SCREENSHOT: _("the picture, as you see it here"),
    # Translators: what a file holds.
    Kind.LOGS: _("the logs below, in one archive"),
    # Translators: what a file holds.
    Kind.FILE: _("a file you added"),
}


def _part(attachment: Attachment, path: Path) -> Part:
    return Part(
        attachment.name, attachment.size, attachment.sha256, _ABOUT[attachment.kind],
        attachment.kind is Kind.FILE and is_text(path), attachment.kind is Kind.SCREENSHOT,
        lambda: path.open("rb"),
    )  # fmt: skip


def _log(archive: str, log: LogEntry, path: Path) -> Part:
    sealed = log.kind is LogKind.SEALED
    # Translators: what a file holds.
    about = SEALED if sealed else _("a log, with private values replaced")

    def opened() -> IO[bytes]:
        with zipfile.ZipFile(path) as whole:
            return whole.open(log.name)  # stays readable until it is closed itself

    return Part(f"{archive}/{log.name}", log.size, log.sha256, about, not sealed, False, opened)
