"""A report as it is written into a ticket: subject, text and files, the same for every ticket system. Pure.

The report's id goes along three times: a short tag in the subject and the text, which ticket systems can
search for, and whole in the name of the manifest, which tells two reports apart beyond doubt.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from snapper.bundle import Bundle
from snapper.language import in_english
from snapper.report import MANIFEST_NAME, Attachment, Report, StoredFile
from snapper.systems import Limits
from snapper.words import first_line, size_text

_NO_NOTE = "A report without a note"
_CUT = "\n[…] The whole note is in the file {name}."
_SUBJECT_CHARS = 120
_TYPES = ("image/png", "image/jpeg", "application/zip", "application/json")  # stored as they are, and shown
OCTETS = "application/octet-stream"  # what is called text, some systems store in another encoding


@dataclass(frozen=True)
class Part:
    """One file as it is sent, or one piece of it: `name` is what it is called in the report, `sent_as` in the
    ticket; `start` and `size` in bytes."""

    name: str
    sent_as: str
    start: int
    size: int
    source: Path | bytes
    media_type: str = OCTETS

    def open(self) -> BinaryIO:
        """The bytes, from the beginning of the piece on (its end is not the end of the file)."""
        file: BinaryIO = io.BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb")
        file.seek(self.start)
        return file


@dataclass(frozen=True)
class Letter:
    """What goes into a ticket. `ticket` is None for a new one; `files` is what must be proved stored, by the
    names of the report; `parts` are the files and pieces that are sent."""

    report_id: str
    ticket: str | None
    subject: str
    text: str
    parts: tuple[Part, ...]
    files: tuple[StoredFile, ...]

    @property
    def tag(self) -> str:
        """What to search for: one word of letters and digits, the same for every attempt."""
        return tag_of(self.report_id)

    @property
    def manifest(self) -> Part:
        """The part whose name holds the whole report id."""
        return self.parts[0]

    @property
    def size(self) -> int:
        """All that is sent, in bytes."""
        return sum(part.size for part in self.parts)

    @property
    def html(self) -> str:
        """The text for systems that take HTML: nothing in it can become markup."""
        return "<br>\n".join(html.escape(line).replace("  ", "&nbsp; ") for line in self.text.split("\n"))

    def pieces(self, name: str) -> tuple[Part, ...]:
        """The parts that make up one file of the report, in order."""
        return tuple(part for part in self.parts if part.name == name)


def tag_of(report_id: str) -> str:
    """The tag of a report: `snp` and the 48 random bits at the end of its id."""
    return f"snp{report_id[-12:]}"


def write(bundle: Bundle, limits: Limits, sent_as: Callable[[str, str], str]) -> Letter:
    """Write a report for a ticket system with these limits; `sent_as` gives the name in the ticket for a
    file's name and the tag."""
    report, tag = bundle.report, tag_of(bundle.report.id)
    manifest_name = sent_as(f"snapper-{report.id}.json", tag)
    size = len(bundle.manifest)
    parts = [Part(MANIFEST_NAME, manifest_name, 0, size, bundle.manifest, "application/json")]
    for each in report.attachments:
        if each.size or limits.empty_files:
            parts += _pieces(each, sent_as(each.name, tag), bundle.path(each), limits)
    return Letter(
        report_id=report.id,
        ticket=report.ticket,
        subject=_subject(report, limits.subject_bytes),
        text=_text(report, parts, limits.text_chars),
        parts=tuple(parts),
        files=bundle.files,
    )


def _pieces(attachment: Attachment, called: str, path: Path, limits: Limits) -> Iterator[Part]:
    name, size, most = attachment.name, attachment.size, limits.file_bytes
    if most is None or size <= most or not limits.splits:
        kind = attachment.media_type if attachment.media_type in _TYPES else OCTETS
        yield Part(name, called, 0, size, path, kind)
        return
    for number, start in enumerate(range(0, size, most), 1):
        yield Part(name, f"{called}.{number:03}", start, min(most, size - start), path)


def _subject(report: Report, most: int) -> str:
    tag = f" [{tag_of(report.id)}]"
    line = " ".join(re.sub(r"[\x00-\x1f\x7f\u2028\u2029]", " ", in_english(first_line(report.note))).split())
    line = line or _NO_NOTE
    if len(line) > _SUBJECT_CHARS or len((line + tag).encode()) > most:
        room = most - len((tag + "…").encode())  # the tag must not be what a system cuts off
        line = line[: _SUBJECT_CHARS - 1].encode()[:room].decode(errors="ignore").rstrip() + "…"
    return line + tag


def _text(report: Report, parts: list[Part], most: int | None) -> str:
    below = "\n".join(_below(report, parts))
    note = _printable(report.note.strip()) or f"({_NO_NOTE}.)"
    if most is not None and len(note) + len(below) + 2 > most:
        below = below if len(below) < most // 2 else f"{below[: most // 2]}…"
        mark = _CUT.format(name=parts[0].sent_as)
        note = note[: max(0, most - len(below) - len(mark) - 2)] + mark
    return f"{note}\n\n{below}"


def _printable(text: str) -> str:
    """A text without the characters that no ticket system shows, and that some refuse (XML 1.0, 2.2)."""
    return re.sub(
        r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]", "\N{REPLACEMENT CHARACTER}", text
    )


def _below(report: Report, parts: list[Part]) -> Iterator[str]:
    yield f"Sent by snapper {report.snapper}, report {report.id} ({tag_of(report.id)})"
    yield f"Written: {report.created_at} (UTC)"
    if report.account:
        yield f"Account, as the sender says: {report.account}"
    for finding in report.findings:
        yield f"Looks like: {finding.title} ({finding.where})"
    for remark in report.remarks:
        yield f"Remark: {remark}"
    yield from _machine(report.machine)
    for each in report.attachments:
        yield f"File: {each.name}, {in_english(size_text(each.size))}, SHA-256 {each.sha256}"
        yield from _how_sent([part for part in parts if part.name == each.name])


def _machine(facts: Mapping[str, str]) -> Iterator[str]:
    for name, fact in facts.items():
        yield f"{name[:1].upper()}{name[1:]}: {_printable(' '.join(fact.split()))}"


def _how_sent(pieces: list[Part]) -> Iterator[str]:
    if not pieces:
        yield "  It is empty, and this ticket system takes no empty files."
    if len(pieces) == 1 and pieces[0].sent_as != pieces[0].name:
        yield f"  It is called {pieces[0].sent_as} here."
    if len(pieces) > 1:
        names, whole = [piece.sent_as for piece in pieces], pieces[0].name
        stem = names[0].removesuffix(".001")
        yield (
            f"  It came in {len(pieces)} pieces. To put them together, open {names[0]} with 7-Zip, or: "
            f"copy /b {'+'.join(names)} {whole} (Windows), cat {stem}.??? > {whole} (Linux, Mac)."
        )
