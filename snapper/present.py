"""Reports, logs and settings as text for people and as plain data for scripts; nothing is printed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snapper import config
from snapper.destinations import DESK
from snapper.labels import LABELS, receipt_in_full, receipt_lines, row, ticket_text
from snapper.language import Sentence, _, in_english, listed, together
from snapper.report import Finding, LogKind, Receipt, Report
from snapper.state import RULES, Entry, State
from snapper.words import (
    SEALED,
    cells,
    day_and_time,
    first_line,
    moment_text,
    number_text,
    padded,
    size_text,
    state_text,
)

if TYPE_CHECKING:
    from snapper.config import Settings
    from snapper.contents import Part
    from snapper.destinations import Destination
    from snapper.hotkey.chord import Chord
    from snapper.logs.found import TodaysLogs
    from snapper.systems import Limits


_COLUMN_MAX = 60  # characters; a long list must not push what follows off the screen


def next_step(entry: Entry) -> str:
    """What happens next with a report, in one sentence."""
    if entry.state is State.DELIVERED:
        return _("Quote the receipt to support: nobody watches uploads.")
    if entry.state is State.PREPARING:
        return _("It is finished as soon as snapper can.")
    if entry.delivery.next_attempt and RULES[entry.state].automatic:
        # Translators: {time} is “14:05”, or a day and a time.
        text = _("It is kept on this computer and tried again at {time}, or when the network changes.")
        return text.format(time=_clock(entry.delivery.next_attempt))
    if RULES[entry.state].automatic:
        return _("It is kept on this computer and tried again.")
    if entry.state is State.UNCONFIRMED:
        return _ask_whether_it_is_there(entry)
    if entry.state is State.STOPPED:
        return _("It is kept on this computer, and sent only when you say so.")
    return _("It is kept on this computer.")


def _ask_whether_it_is_there(entry: Entry) -> Sentence:
    """What to do about a report that nobody can prove to be there."""
    receipt, report = entry.delivery.receipt, short_id(entry)
    if receipt is None:
        return _(
            "Ask support whether it is there; if not, send it again: “snapper outbox resend {report}”, or "
            "save it for sending by hand."
        ).format(report=report)
    if not receipt.ticket:
        return _(
            "Ask support whether it is there and quote {code}; if not, send it again: “snapper outbox resend "
            "{report}”, or save it for sending by hand."
        ).format(code=receipt.code, report=report)
    return _(
        "Ask support whether it is there in ticket {ticket} and quote {code}; if not, send it again: "
        "“snapper outbox resend {report}”, or save it for sending by hand."
    ).format(ticket=receipt.ticket, code=receipt.code, report=report)


def destination_text(report: Report) -> str:
    """Where a report goes, by the name in the settings; “” for the desk, where it goes unless something else
    was set up."""
    return "" if report.destination in ("", DESK) else report.destination


def _clock(unix_seconds: float) -> str:
    return moment_text(datetime.fromtimestamp(unix_seconds, UTC), datetime.now(UTC))


def what_happened(entry: Entry) -> str:
    """What the last attempt met, and what to do about it; the state in words when there is nothing to say."""
    said = together([entry.delivery.sentence, entry.delivery.remedy])
    # Translators: how a report stands, with the full stop of your language.
    return said or _("{state}.").format(state=state_text(entry.state))


def headline(entry: Entry) -> str:
    """The state of a report in a few words, and what the last attempt met, if anything."""
    words = RULES[entry.state].words
    return together([words, what_happened(entry)], ": ") if entry.delivery.sentence else words


def result_text(entry: Entry) -> str:
    """How submitting ended, for a terminal."""
    receipt = entry.delivery.receipt
    where = destination_text(entry.report)
    if entry.state is State.DELIVERED and receipt:
        return receipt_text(receipt, where)
    lines = [headline(entry), _next_at_a_terminal(entry), *_for_it_lines(entry), row("report", entry.id)]
    lines += [row("to", where)] if where else []
    lines += receipt_lines(receipt, where) if receipt else []
    return "\n".join(lines)


def _next_at_a_terminal(entry: Entry) -> str:
    """What happens next when perhaps nobody listens."""
    if not (entry.delivery.next_attempt and RULES[entry.state].automatic):
        return next_step(entry)
    # Translators: {time} is “14:05”, or a day and a time.
    return _(
        "It is kept and tried again at {time} while “snapper listen” runs; “snapper outbox retry” tries now."
    ).format(time=_clock(entry.delivery.next_attempt))


def _for_it_lines(entry: Entry) -> list[str]:
    """Where the text for the IT department is, if there is one."""
    if not entry.delivery.obstacle.for_it:
        return []
    # Translators: them: the IT department.
    text = _("“{command}” prints a text to send them")
    return [row("for IT", text.format(command=f"snapper outbox show {short_id(entry)} --for-it"))]


def short_id(entry: Entry) -> str:
    """The end of a report's id, by which a person can name it."""
    return entry.id[-8:]


def receipt_text(receipt: Receipt, where: str = "") -> str:
    """A receipt for a terminal or the clipboard; `where` is what the destination is called, if it is said."""
    stored = [f"  {size_text(file.size):>9}  {file.name}" for file in receipt.stored]
    return "\n".join([*receipt_lines(receipt, where), LABELS["stored"], *stored])


def entry_line(entry: Entry) -> str:
    """One report on one line."""
    code = entry.delivery.receipt.code if entry.delivery.receipt else short_id(entry)
    ticket = ticket_text(entry.report.ticket) if entry.report.ticket else _("new ticket")
    where = ": ".join(part for part in (destination_text(entry.report), ticket) if part)
    when = day_and_time(datetime.fromisoformat(entry.report.created_at))
    what = f"{RULES[entry.state].words}: {first_line(entry.report.note)[:50]}"
    return f"{code:<11} {when}  {padded(where, 12)} {size_text(entry.size):>10}  {what}"


def entry_text(entry: Entry) -> str:
    """One report in full."""
    report = entry.report
    lines = [
        row("report", entry.id),
        row("created", report.created_at),
        *([row("to", where)] if (where := destination_text(report)) else []),
        row("ticket", report.ticket or _("a new one")),
        row("state", headline(entry)),
        row("next", _next_at_a_terminal(entry)),
        *_for_it_lines(entry),
        *(receipt_in_full(entry.delivery.receipt) if entry.delivery.receipt else []),
        row("attempts", number_text(entry.delivery.attempts)),
        *([row("account", report.account)] if report.account else []),
        *(row("remark", remark) for remark in report.remarks),
        *(row("looks", _looks_like(finding)) for finding in report.findings),
        *([row("replaced", _counts(report.replaced))] if report.replaced else []),
        *([row("as it is", listed(report.kept))] if report.kept else []),
        *(_file_line(part.name, part.size, part.sha256) for part in report.attachments),
        *(
            f"{_file_line(f'{part.name}/{log.name}', log.size, log.sha256)}{_sealed(log.kind)}"
            for part in report.attachments
            for log in part.contains
        ),
        *(row("machine", f"{name}: {fact}") for name, fact in report.machine.items()),
        LABELS["note"],
        *(f"  {line}" for line in report.note.splitlines()),
    ]
    return "\n".join(lines)


def _looks_like(finding: Finding) -> Sentence:
    # Translators: behind “looks”: a known problem, and the file that it was seen in.
    return _("like: {problem} ({file})").format(problem=finding.title, file=finding.where)


def _counts(replaced: Mapping[str, int]) -> str:
    return listed(f"{number_text(count)} {name}" for name, count in replaced.items())


def _file_line(name: str, size: int, sha256: str) -> str:
    return row("file", f"{name}  {size_text(size)}  sha256 {sha256}")


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
        {"name": part.name, "size": part.size, "sha256": part.sha256, "about": in_english(part.about)}
        for part in parts
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
        "sentence": in_english(found.sentence),
    }


# Translators: of a setting.
_NOT_SET = _("(not set)")


def _settings_rows(settings: Settings, chord: Chord, reason: str) -> Iterable[tuple[str, Any, str]]:
    own_desk = any(each.name.casefold() == DESK for each in settings.others)
    for name in config.names():
        setting = config.value(settings, name)
        if config.is_secret(name):
            # Translators: of a setting that is not shown.
            setting = _("(set)") if setting else _NOT_SET
        if name == "hotkey.chord":
            setting, origin = str(chord), reason
        else:
            origin = settings.origin(name)
        if name == "delivery.url" and own_desk:
            origin = _("not used: “desk” has a section of its own")
        yield name, setting, origin


def settings_text(settings: Settings, chord: Chord, reason: str) -> str:
    """Every setting with its origin, one on a line."""
    rows = [
        (name, _plain_text(setting), origin)
        for name, setting, origin in _settings_rows(settings, chord, reason)
    ]
    widths = [min(_COLUMN_MAX, max(cells(row[column]) for row in rows)) for column in (0, 1)]
    return "\n".join(
        f"{padded(name, widths[0])}  {padded(text, widths[1])}  {origin}" for name, text, origin in rows
    )


def settings_data(settings: Settings, chord: Chord, reason: str) -> dict[str, Any]:
    """Every setting with its origin as plain data."""
    return {
        name: {"value": _plain(in_english(setting)), "origin": in_english(origin)}
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
        return _NOT_SET
    return str(plain).lower() if isinstance(plain, bool) else str(plain)


# --- destinations -----------------------------------------------------------------------------------------


def destinations_text(settings: Settings, origins: Mapping[str, str]) -> str:
    """Every destination: its system, where, what it says of that, where its token comes from (`origins`, by
    name), and what it takes."""
    lines: list[str] = [_("destinations (the first is the usual one; --to NAME chooses another)")]
    for each in _usual_first(settings):
        options = ", ".join(f"{key} = {value}" for key, value in _said_options(each).items())
        about = (
            # Translators: a ticket system, and its web address.
            _("{system} at {address}").format(system=each.about.title, address=each.url),
            options,
            _("token: {token}").format(token=_token_text(each, origins[each.name])),
            # Translators: how much a ticket system takes.
            _("takes: {limits}").format(limits=limits_text(each.limits) or _no_limit(each)),
        )
        lines += [f"  {each.name}", *(f"      {fact}" for fact in about if fact)]
    return "\n".join(lines)


def destinations_data(settings: Settings, origins: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every destination as plain data, the usual one first; the token itself is never in it."""
    usual = settings.destination().name
    return [
        {
            "name": each.name, "usual": each.name == usual, "system": each.system, "url": each.url,
            "login": each.login, "options": _said_options(each), "token": in_english(origins[each.name]),
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
        # Translators: behind “token:”.
        return _("it takes none")
    # Translators: behind “token:”; {name} is the destination's, {variable} an environment variable.
    missing = _("none; “snapper config token {name}” puts it in, or {variable}")
    return origin or missing.format(name=destination.quoted, variable=destination.token_variable)


def limits_text(limits: Limits) -> str:
    """What a ticket system takes, in words; “” where there is no limit."""
    said = []
    if limits.file_bytes is not None:
        # Translators: behind “takes:”.
        pieces, whole = _("files up to {size}, larger ones in pieces"), _("files up to {size}")
        said.append((pieces if limits.splits else whole).format(size=size_text(limits.file_bytes)))
    if limits.room is not None:
        # Translators: behind “takes:”.
        said.append(_("up to {size} in one report").format(size=size_text(limits.room)))
    return together(said, "; ")


def _no_limit(destination: Destination) -> Sentence:
    if destination.system == DESK:
        # Translators: behind “takes:”.
        return _("as much as the desk says")
    # Translators: behind “takes:”.
    return _("no limit is known")
