"""Reports, logs and settings as text for people and as plain data for scripts; nothing is printed here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snapper import config
from snapper.destinations import DESK
from snapper.report import LogKind, Receipt, Report
from snapper.state import RULES, Entry, State
from snapper.words import SEALED, first_line, moment_text, size_text, state_text

if TYPE_CHECKING:
    from snapper.config import Settings
    from snapper.contents import Part
    from snapper.destinations import Destination
    from snapper.hotkey.chord import Chord
    from snapper.logs.found import TodaysLogs
    from snapper.systems import Limits


_COLUMN_MAX = 60  # characters; a long list must not push what follows off the screen
_TAG = re.compile("snp[0-9a-f]{12}")  # the receipt of every system but the desk, which has codes of its own


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
        return _ask_whether_it_is_there(entry)
    if entry.state is State.STOPPED:
        return "It is kept on this computer, and sent only when you say so."
    return "It is kept on this computer."


def _ask_whether_it_is_there(entry: Entry) -> str:
    """What to do about a report that nobody can prove to be there."""
    receipt = entry.delivery.receipt
    named = f" and quote {receipt.code}" if receipt else ""
    if receipt and receipt.ticket:
        named = f" in ticket {receipt.ticket}{named}"
    return (
        f"Ask support whether it is there{named}; if not, send it again: "
        f"“snapper outbox resend {short_id(entry)}”, or save it for sending by hand."
    )


def destination_text(report: Report) -> str:
    """Where a report goes, by the name in the settings; “” for the desk, where it goes unless something else
    was set up."""
    return "" if report.destination in ("", DESK) else report.destination


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
    where = destination_text(entry.report)
    if entry.state is State.DELIVERED and receipt:
        return receipt_text(receipt, where)
    lines = [headline(entry), _next_at_a_terminal(entry), *_for_it_lines(entry), f"report   {entry.id}"]
    lines += [f"to       {where}"] if where else []
    lines += _receipt_lines(receipt, where) if receipt else []
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


def receipt_text(receipt: Receipt, where: str = "") -> str:
    """A receipt for a terminal or the clipboard; `where` is what the destination is called, if it is said."""
    stored = [f"  {size_text(file.size):>9}  {file.name}" for file in receipt.stored]
    return "\n".join([*_receipt_lines(receipt, where), "stored", *stored])


def _receipt_lines(receipt: Receipt, where: str) -> list[str]:
    """What support finds a report by."""
    found = (
        f"  (the search of {where or 'the ticket system'} finds it)" if _TAG.fullmatch(receipt.code) else ""
    )
    lines = [f"receipt  {receipt.code}{found}"]
    lines += [f"ticket   {receipt.ticket}{f' of {where}' if where else ''}"] if receipt.ticket else []
    return [*lines, f"address  {receipt.url}"] if receipt.url else lines


def entry_line(entry: Entry) -> str:
    """One report on one line."""
    code = entry.delivery.receipt.code if entry.delivery.receipt else short_id(entry)
    ticket = f"ticket {entry.report.ticket}" if entry.report.ticket else "new ticket"
    where = ": ".join(part for part in (destination_text(entry.report), ticket) if part)
    when = entry.report.created_at[:16].replace("T", " ")
    what = f"{RULES[entry.state].words}: {first_line(entry.report.note)[:50]}"
    return f"{code:<11} {when}  {where:<12} {size_text(entry.size):>10}  {what}"


def entry_text(entry: Entry) -> str:
    """One report in full."""
    report = entry.report
    lines = [
        f"report   {entry.id}",
        f"created  {report.created_at}",
        *([f"to       {where}"] if (where := destination_text(report)) else []),
        f"ticket   {report.ticket or 'a new one'}",
        f"state    {headline(entry)}",
        f"next     {_next_at_a_terminal(entry)}",
        *_for_it_lines(entry),
        *(_receipt_in_full(entry.delivery.receipt) if entry.delivery.receipt else []),
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


def _receipt_in_full(receipt: Receipt) -> list[str]:
    ticket = f"  ticket {receipt.ticket}" if receipt.ticket else ""
    return [f"receipt  {receipt.code}{ticket}  {receipt.url}".rstrip()]


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
    own_desk = any(each.name.casefold() == DESK for each in settings.others)
    for name in config.names():
        setting = config.value(settings, name)
        if config.is_secret(name):
            setting = "(set)" if setting else "(not set)"
        if name == "hotkey.chord":
            setting, origin = str(chord), reason
        else:
            origin = settings.origin(name)
        if name == "delivery.url" and own_desk:
            origin = "not used: “desk” has a section of its own"
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


# --- destinations -----------------------------------------------------------------------------------------


def destinations_text(settings: Settings, origins: Mapping[str, str]) -> str:
    """Every destination: its system, where, what it says of that, where its token comes from (`origins`, by
    name), and what it takes."""
    lines = ["destinations (the first is the usual one; --to NAME chooses another)"]
    for each in _usual_first(settings):
        options = [f"{key} = {value}" for key, value in _said_options(each).items()]
        lines += [
            f"  {each.name}",
            f"      {each.about.title} at {each.url}",
            *([f"      {', '.join(options)}"] if options else []),
            f"      token: {_token_text(each, origins[each.name])}",
            f"      takes: {limits_text(each.limits) or _NO_LIMIT.get(each.system, 'no limit is known')}",
        ]
    return "\n".join(lines)


def destinations_data(settings: Settings, origins: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every destination as plain data, the usual one first; the token itself is never in it."""
    usual = settings.destination().name
    return [
        {
            "name": each.name, "usual": each.name == usual, "system": each.system, "url": each.url,
            "login": each.login, "options": _said_options(each), "token": origins[each.name],
            "token_variable": each.token_variable, "file_bytes": each.limits.file_bytes,
            "report_bytes": each.limits.room, "verifies": each.about.verifies,
            "attaches": each.about.attaches,
        }
        for each in _usual_first(settings)
    ]  # fmt: skip


def _usual_first(settings: Settings) -> list[Destination]:
    usual = settings.destination()
    return [usual, *(each for each in settings.destinations if each != usual)]


def _said_options(destination: Destination) -> dict[str, Any]:
    """What its section says besides; of an option that is not there, the default."""
    if destination.system == "custom":  # tables, and what they hold is to be read where they stand
        return {}
    usual = {each.key: each.default for each in destination.about.options if each.default}
    login = {"login": destination.login} if destination.login else {}
    return {**login, **usual, **destination.options}


def _token_text(destination: Destination, origin: str) -> str:
    if not destination.about.token:
        return "it takes none"
    missing = f"none; “snapper config token {destination.quoted}” puts it in, or {destination.token_variable}"
    return origin or missing


def limits_text(limits: Limits) -> str:
    """What a ticket system takes, in words; “” where there is no limit."""
    said = []
    if limits.file_bytes is not None:
        pieces = ", larger ones in pieces" if limits.splits else ""
        said.append(f"files up to {size_text(limits.file_bytes)}{pieces}")
    if limits.room is not None:
        said.append(f"up to {size_text(limits.room)} in one report")
    return "; ".join(said)


_NO_LIMIT = {DESK: "as much as the desk says"}
