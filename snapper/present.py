"""Reports, logs and settings as text for people and as plain data for scripts; nothing is printed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snapper import config
from snapper.report import LogKind, Receipt
from snapper.state import RULES, Entry, State
from snapper.words import SEALED, first_line, moment_text, size_text, state_text

if TYPE_CHECKING:
    from snapper.config import Settings
    from snapper.contents import Part
    from snapper.hotkey.chord import Chord
    from snapper.logs.found import TodaysLogs


_COLUMN_MAX = 60  # characters; a long list must not push what follows off the screen


def next_step(entry: Entry) -> str:
    """What happens next with a report, in one sentence."""
    if entry.state is State.DELIVERED:
        return "Quote the receipt to support: nobody watches uploads."
    if entry.state is State.PREPARING:
        return "It is finished as soon as snapper can."
    if entry.delivery.next_attempt and RULES[entry.state].automatic:
        when = _clock(entry.delivery.next_attempt)
        return f"It is kept on this computer and tried again at {when}, or when the network changes."
    if RULES[entry.state].automatic:
        return "It is kept on this computer and tried again."
    if entry.state is State.UNCONFIRMED:
        return "Ask support whether it is there."
    if entry.state is State.STOPPED:
        return "It is kept on this computer, and sent only when you say so."
    return "It is kept on this computer."


def _clock(unix_seconds: float) -> str:
    return moment_text(datetime.fromtimestamp(unix_seconds, UTC), datetime.now(UTC))


def what_happened(entry: Entry) -> str:
    """What the last attempt met, and what to do about it; the state in words when there is nothing to say."""
    said = " ".join(part for part in (entry.delivery.sentence, entry.delivery.remedy) if part)
    return said or f"{state_text(entry.state)}."


def headline(entry: Entry) -> str:
    """The state of a report in a few words, and what the last attempt met, if anything."""
    words = RULES[entry.state].words
    return f"{words}: {what_happened(entry)}" if entry.delivery.sentence else words


def result_text(entry: Entry) -> str:
    """How submitting ended, for a terminal."""
    receipt = entry.delivery.receipt
    if entry.state is State.DELIVERED and receipt:
        return receipt_text(receipt)
    lines = [headline(entry), _next_at_a_terminal(entry), *_for_it_lines(entry), f"report   {entry.id}"]
    return "\n".join(lines)


def _next_at_a_terminal(entry: Entry) -> str:
    """What happens next when perhaps nobody listens."""
    if not (entry.delivery.next_attempt and RULES[entry.state].automatic):
        return next_step(entry)
    when = _clock(entry.delivery.next_attempt)
    return (
        f"It is kept and tried again at {when} while “snapper listen” runs; “snapper outbox retry” tries now."
    )


def _for_it_lines(entry: Entry) -> list[str]:
    """Where the text for the IT department is, if there is one."""
    command = f"snapper outbox show {short_id(entry)} --for-it"
    return [f"for IT   “{command}” prints a text to send them"] if entry.delivery.obstacle.for_it else []


def short_id(entry: Entry) -> str:
    """The end of a report's id, by which a person can name it."""
    return entry.id[-8:]


def receipt_text(receipt: Receipt) -> str:
    """A receipt for a terminal or the clipboard."""
    files = "".join(f"\n  {size_text(file.size):>9}  {file.name}" for file in receipt.stored)
    return f"receipt  {receipt.code}\nticket   {receipt.ticket}\naddress  {receipt.url}\nstored{files}"


def entry_line(entry: Entry) -> str:
    """One report on one line."""
    code = entry.delivery.receipt.code if entry.delivery.receipt else short_id(entry)
    where = f"ticket {entry.report.ticket}" if entry.report.ticket else "new ticket"
    when = entry.report.created_at[:16].replace("T", " ")
    what = f"{RULES[entry.state].words}: {first_line(entry.report.note)[:50]}"
    return f"{code:<11} {when}  {where:<12} {size_text(entry.size):>10}  {what}"


def entry_text(entry: Entry) -> str:
    """One report in full."""
    report = entry.report
    lines = [
        f"report   {entry.id}",
        f"created  {report.created_at}",
        f"ticket   {report.ticket or 'a new one'}",
        f"state    {headline(entry)}",
        f"next     {_next_at_a_terminal(entry)}",
        *_for_it_lines(entry),
        *(
            [f"receipt  {entry.delivery.receipt.code}  {entry.delivery.receipt.url}"]
            if entry.delivery.receipt
            else []
        ),
        f"attempts {entry.delivery.attempts}",
        *([f"account  {report.account}"] if report.account else []),
        *(f"remark   {remark}" for remark in report.remarks),
        *(f"looks    like: {finding.title} ({finding.where})" for finding in report.findings),
        *([f"replaced {_counts(report.replaced)}"] if report.replaced else []),
        *([f"as it is {', '.join(report.kept)}"] if report.kept else []),
        *(_file_line(part.name, part.size, part.sha256) for part in report.attachments),
        *(
            f"{_file_line(f'{part.name}/{log.name}', log.size, log.sha256)}{_sealed(log.kind)}"
            for part in report.attachments
            for log in part.contains
        ),
        *(f"machine  {name}: {fact}" for name, fact in report.machine.items()),
        "note",
        *(f"  {line}" for line in report.note.splitlines()),
    ]
    return "\n".join(lines)


def _counts(replaced: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in replaced.items())


def _file_line(name: str, size: int, sha256: str) -> str:
    return f"file     {name}  {size_text(size)}  sha256 {sha256}"


def _sealed(kind: LogKind) -> str:
    return f"  ({SEALED})" if kind is LogKind.SEALED else ""


def entry_data(entry: Entry) -> dict[str, Any]:
    """One report as plain data."""
    return {
        "id": entry.id,
        "state": str(entry.state),
        "sentence": entry.delivery.sentence,
        "remedy": entry.delivery.remedy,
        "obstacle": asdict(entry.delivery.obstacle),
        "attempts": entry.delivery.attempts,
        "next_attempt": entry.delivery.next_attempt,
        "size": entry.size,
        "receipt": entry.delivery.receipt.to_dict() if entry.delivery.receipt else None,
        "report": asdict(entry.report),
    }


def contents_text(parts: Sequence[Part]) -> str:
    """Everything that leaves, one file on a line: size, SHA-256, name and what it is."""
    return "\n".join(
        f"{size_text(part.size):>10}  {part.sha256}  {part.name}  ({part.about})" for part in parts
    )


def contents_data(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Everything that leaves as plain data."""
    return [
        {"name": part.name, "size": part.size, "sha256": part.sha256, "about": part.about} for part in parts
    ]


def logs_text(found: TodaysLogs) -> str:
    """Today's logs, one on a line."""
    return "\n".join(f"{size_text(file.size):>9}  {file.path}{_sealed(file.kind)}" for file in found.files)


def logs_data(found: TodaysLogs) -> dict[str, Any]:
    """Today's logs as plain data."""
    return {
        "files": [
            {"path": str(file.path), "name": file.name, "size": file.size, "kind": str(file.kind)}
            for file in found.files
        ],
        "looked_in": [str(folder) for folder in found.looked_in],
        "sentence": found.sentence,
    }


def _settings_rows(settings: Settings, chord: Chord, reason: str) -> Iterable[tuple[str, Any, str]]:
    for name in config.names():
        setting = config.value(settings, name)
        if config.is_secret(name):
            setting = "(set)" if setting else "(not set)"
        if name == "hotkey.chord":
            setting, origin = str(chord), reason
        else:
            origin = settings.origin(name)
        yield name, setting, origin


def settings_text(settings: Settings, chord: Chord, reason: str) -> str:
    """Every setting with its origin, one on a line."""
    rows = [
        (name, _plain_text(setting), origin)
        for name, setting, origin in _settings_rows(settings, chord, reason)
    ]
    widths = [min(_COLUMN_MAX, max(len(row[column]) for row in rows)) for column in (0, 1)]
    return "\n".join(f"{name:<{widths[0]}}  {text:<{widths[1]}}  {origin}" for name, text, origin in rows)


def settings_data(settings: Settings, chord: Chord, reason: str) -> dict[str, Any]:
    """Every setting with its origin as plain data."""
    return {
        name: {"value": _plain(setting), "origin": origin}
        for name, setting, origin in _settings_rows(settings, chord, reason)
    }


def _plain(setting: Any) -> Any:
    if isinstance(setting, tuple):
        return [str(item) for item in setting]
    return str(setting) if isinstance(setting, Path) else setting


def _plain_text(setting: Any) -> str:
    plain = _plain(setting)
    if isinstance(plain, list):
        return ", ".join(plain)
    if plain is None:
        return "(not set)"
    return str(plain).lower() if isinstance(plain, bool) else str(plain)
