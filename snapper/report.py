"""What a report is: pure data and the rules it obeys. No files, no network, no clock but the one passed in.

The manifest (`report.json`) is written once, at Submit, and travels byte for byte; the ticket system proves
that it stored a report by naming the SHA-256 of the manifest and of every attachment in its receipt.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from snapper.errors import NO_OBSTACLE, Obstacle, ReportMalformed
from snapper.filenames import NAME_MAX_BYTES, name_problem
from snapper.untrusted import a_list, a_string, an_object, choice_of, matching, parsed, text_of, time_of

CONTRACT = "snapper-report/1"
MANIFEST_NAME = "report.json"

NOTE_MAX_CHARS = 100_000  # a long mail; larger text belongs in a file
ATTACHMENTS_MAX = 100
ACCOUNT_MAX_CHARS = 100

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TICKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")


class Kind(StrEnum):
    """What an attachment is."""

    SCREENSHOT = "screenshot"
    LOGS = "logs"
    FILE = "file"


class LogKind(StrEnum):
    """Whether a log can be read by anyone, or only by the vendor."""

    PLAIN = "plain"
    SEALED = "sealed"


@dataclass(frozen=True)
class LogEntry:
    """One log inside `logs.zip`: size in bytes, SHA-256 in hex, time of last change in UTC (ISO 8601)."""

    name: str
    size: int
    sha256: str
    modified: str
    kind: LogKind


@dataclass(frozen=True)
class Attachment:
    """One file of a report: size in bytes, SHA-256 in hex; `contains` lists the logs of a log archive."""

    name: str
    size: int
    sha256: str
    kind: Kind
    media_type: str = "application/octet-stream"
    contains: tuple[LogEntry, ...] = ()


@dataclass(frozen=True)
class Finding:
    """A known problem that a log or the note looks like: its id and title in the table of known problems, the
    file (or “note”) and the line that matched, without private values."""

    id: str
    title: str
    where: str
    line: str


@dataclass(frozen=True)
class Report:
    """A report as it is kept and sent. `machine` holds facts by name; `remarks` are sentences about what is
    missing or unusual in it (a black picture, a log that vanished); `account` is what the sender chose to
    tell of themselves; `replaced` counts the private values that were replaced, by their class; `kept` are
    the classes that were sent as they are; `destination` is what the settings call the ticket system it goes
    to (“”: the desk)."""

    id: str
    created_at: str
    note: str
    ticket: str | None = None
    attachments: tuple[Attachment, ...] = ()
    machine: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    snapper: str = ""
    account: str = ""
    findings: tuple[Finding, ...] = ()
    replaced: Mapping[str, int] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    destination: str = ""

    def to_json(self) -> bytes:
        """The manifest: UTF-8 JSON, keys in the order of the class, a newline at the end."""
        content = {"contract": CONTRACT, **asdict(self)}
        return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"

    @staticmethod
    def from_json(text: bytes) -> Report:
        """Read a manifest; raises ReportMalformed with the first thing that is wrong."""
        data = an_object(parsed(text), "the manifest")
        if data.get("contract") != CONTRACT:
            raise ReportMalformed(f"The manifest is not of contract {CONTRACT}.")
        ticket = data.get("ticket")
        report = Report(
            id=matching(data, "id", _ID),
            created_at=time_of(data, "created_at"),
            note=text_of(data, "note", NOTE_MAX_CHARS),
            ticket=None if ticket is None else matching(data, "ticket", _TICKET),
            attachments=tuple(_attachment(item) for item in a_list(data, "attachments", ATTACHMENTS_MAX)),
            machine=_facts(data.get("machine", {})),
            remarks=tuple(a_string(item, "remarks", 1000) for item in a_list(data, "remarks", 1000)),
            snapper=text_of(data, "snapper", 50),
            account=a_string(data.get("account", ""), "account", ACCOUNT_MAX_CHARS),
            findings=tuple(_finding(item) for item in a_list(data, "findings", 100)),
            replaced=_counts(data.get("replaced", {})),
            kept=tuple(a_string(item, "kept", 100) for item in a_list(data, "kept", 100)),
            destination=a_string(data.get("destination", ""), "destination", 100),
        )
        names = [attachment.name.casefold() for attachment in report.attachments]
        if len(set(names)) != len(names):
            raise ReportMalformed("Two attachments in the manifest have the same name.")
        return report


@dataclass(frozen=True)
class StoredFile:
    """What a ticket system says it stored: size in bytes, SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Receipt:
    """The ticket system's word that it stored a report."""

    report_id: str
    ticket: str
    code: str
    url: str
    received_at: str
    stored: tuple[StoredFile, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(value: object) -> Receipt:
        """Read a receipt; raises ReportMalformed when it is not one."""
        data = an_object(value, "the receipt")
        return Receipt(
            report_id=matching(data, "report_id", _ID),
            ticket=matching(data, "ticket", _TICKET),
            code=text_of(data, "code", 40),
            url=text_of(data, "url", 2000),
            received_at=time_of(data, "received_at"),
            stored=tuple(_stored(item) for item in a_list(data, "stored", ATTACHMENTS_MAX + 1)),
        )

    def unproven(self, expected: Iterable[StoredFile]) -> tuple[str, ...]:
        """Names of the expected files that this receipt does not prove stored, in order."""
        proven = set(self.stored)
        return tuple(file.name for file in expected if file not in proven)


# --- how one attempt at delivery ended -------------------------------------------------------------------


@dataclass(frozen=True)
class Delivered:
    """The ticket system proved that it stored everything."""

    receipt: Receipt


@dataclass(frozen=True)
class Unconfirmed:
    """The ticket system said yes without proof: kept as such and said as such."""

    receipt: Receipt
    sentence: str


@dataclass(frozen=True)
class Retry:
    """Nothing was stored; try again. `after` is the server's own wish in seconds."""

    sentence: str
    remedy: str = ""
    after: float | None = None
    obstacle: Obstacle = NO_OBSTACLE


@dataclass(frozen=True)
class Ambiguous:
    """It may have landed: ask the ticket system before sending again, not before `after` seconds."""

    sentence: str
    remedy: str = ""
    after: float | None = None
    obstacle: Obstacle = NO_OBSTACLE


@dataclass(frozen=True)
class Blocked:
    """A person must act first; tried again slowly, in case they have."""

    sentence: str
    remedy: str = ""
    obstacle: Obstacle = NO_OBSTACLE


@dataclass(frozen=True)
class Stopped:
    """A rule of the network stopped it: nothing is tried again until a person says so."""

    sentence: str
    remedy: str = ""
    obstacle: Obstacle = NO_OBSTACLE


@dataclass(frozen=True)
class Rejected:
    """The ticket system will not take this report as it is."""

    sentence: str
    remedy: str = ""
    obstacle: Obstacle = NO_OBSTACLE


Outcome = Delivered | Unconfirmed | Retry | Ambiguous | Blocked | Stopped | Rejected


# --- identities -------------------------------------------------------------------------------------------


def new_report_id(unix_seconds: float, entropy: bytes | None = None) -> str:
    """A UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, then randomness, so that ids sort by time.

    `entropy` (10 bytes) replaces the system's randomness.
    """
    entropy = os.urandom(10) if entropy is None else entropy
    number = int(unix_seconds * 1000) << 80 | int.from_bytes(entropy[:10], "big")
    number = number & ~(0xF << 76) | 0x7 << 76  # version 7
    number = number & ~(0x3 << 62) | 0x2 << 62  # variant 10
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def is_report_id(text: str) -> bool:
    """Whether the text is a report id as new_report_id makes them."""
    return _ID.fullmatch(text) is not None


CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_VALUES = 32**5
_LOOK_ALIKES = str.maketrans("OIL", "011")


def receipt_code(number: int) -> str:
    """A receipt code for the telephone, `SNP-7K3F-Q2`: five Crockford base32 digits and a check character.

    `number` is 0 … CODE_VALUES-1.
    """
    digits = [number >> shift & 31 for shift in (20, 15, 10, 5, 0)]
    text = "".join(CROCKFORD[value] for value in (*digits, _check_value(digits)))
    return f"SNP-{text[:4]}-{text[4:]}"


def read_code(text: str) -> str | None:
    """The receipt code somebody typed or read out, in its standard form; None if it has a slip in it.

    Case, dashes and spaces do not matter, O is 0 and I or L is 1; one wrong character or two swapped
    neighbours are always noticed.
    """
    compact = re.sub(r"[\s-]", "", text.upper()).removeprefix("SNP").translate(_LOOK_ALIKES)
    values = [CROCKFORD.find(character) for character in compact]
    if len(values) != 6 or -1 in values or _check_value(values[:5]) != values[5]:
        return None
    return f"SNP-{compact[:4]}-{compact[4:]}"


def _check_value(values: Iterable[int]) -> int:
    """A weighted sum over GF(32) (x^5 + x^2 + 1): every position has a weight of its own."""
    total = 0
    for value in values:
        total ^= value
        total <<= 1
        total ^= 0b100101 if total & 0b100000 else 0
    return total


def timestamp(unix_seconds: float) -> str:
    """UTC in ISO 8601 with milliseconds: `2026-08-31T16:51:59.012Z`."""
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- reading ---------------------------------------------------------------------------------------------


def _size(data: Mapping[str, Any]) -> int:
    value = data.get("size")
    if type(value) is not int or not 0 <= value < 2**53:
        raise ReportMalformed("“size” must be a whole number of bytes.")
    return value


def _name(data: Mapping[str, Any], *, taken: str = MANIFEST_NAME) -> str:
    name = text_of(data, "name", NAME_MAX_BYTES)
    if problem := name_problem(name):
        raise ReportMalformed(f"A file name {problem}.")
    if name.casefold() == taken:
        raise ReportMalformed(f"A file must not be called {taken}.")
    return name


def _facts(value: object) -> dict[str, str]:
    facts = an_object(value, "“machine”")
    return {a_string(key, "machine", 100): a_string(fact, "machine", 1000) for key, fact in facts.items()}


def _counts(value: object) -> dict[str, int]:
    counts = an_object(value, "“replaced”")
    if not all(type(count) is int and 0 <= count < 2**53 for count in counts.values()):
        raise ReportMalformed("“replaced” must hold whole numbers.")
    return {a_string(key, "replaced", 100): count for key, count in counts.items()}


def _finding(value: object) -> Finding:
    data = an_object(value, "a finding")
    return Finding(
        id=text_of(data, "id", 100),
        title=text_of(data, "title", 300),
        where=text_of(data, "where", 500),
        line=text_of(data, "line", 2000),
    )


def _attachment(value: object) -> Attachment:
    data = an_object(value, "an attachment")
    return Attachment(
        name=_name(data),
        size=_size(data),
        sha256=matching(data, "sha256", _SHA256),
        kind=choice_of(Kind, data),
        media_type=matching(data, "media_type", _MEDIA_TYPE),
        contains=tuple(_log_entry(item) for item in a_list(data, "contains", 1000)),
    )


def _log_entry(value: object) -> LogEntry:
    data = an_object(value, "a log entry")
    return LogEntry(
        name=text_of(data, "name", 500),
        size=_size(data),
        sha256=matching(data, "sha256", _SHA256),
        modified=time_of(data, "modified"),
        kind=choice_of(LogKind, data),
    )


def _stored(value: object) -> StoredFile:
    data = an_object(value, "a stored file")
    return StoredFile(
        name=text_of(data, "name", NAME_MAX_BYTES), size=_size(data), sha256=matching(data, "sha256", _SHA256)
    )
