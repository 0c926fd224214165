"""A report being made: every file of it, written private.

Nothing is written before it is private: the picture is painted over and texts are redacted on their way to
the disk, and a report that is whole is looked through once more before it may be sent.
"""

from __future__ import annotations

import hmac
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from snapper import __version__, disk
from snapper.answer import Answer, LogChoice, Picture
from snapper.bundle import attach_bytes, attach_file, is_text
from snapper.capture.frame import Frame, cover, flaw, window_area, window_only
from snapper.capture.png import encode
from snapper.destinations import DESK
from snapper.errors import LogsFailed, NotPrivate, UsageError
from snapper.filenames import safe_name
from snapper.fitting import check_room
from snapper.language import _, in_english
from snapper.logs.cut import cut
from snapper.logs.found import TodaysLogs
from snapper.logs.window import TimeWindow
from snapper.outbox import Preparation
from snapper.privacy.classes import RULES, Private
from snapper.report import (
    ATTACHMENTS_MAX,
    MANIFEST_NAME,
    NOTE_MAX_CHARS,
    Attachment,
    Finding,
    Kind,
    Report,
    timestamp,
)
from snapper.state import Delivery, State
from snapper.words import duration_text, number_text, size_text

if TYPE_CHECKING:
    from snapper.logs.known_problems import Match
    from snapper.logs.pack import Packed
    from snapper.privacy.rescan import Leak
    from snapper.privacy.seeds import Seed

SCREENSHOT_NAME = "screenshot.png"
LOGS_NAME = "logs.zip"
SHORTER_SECONDS = (4 * 3600, 3600, 900)  # tried in turn when all logs are more than the ticket system takes
FINDINGS_MAX = 20  # the likeliest first
SMALL_BYTES = 1_000_000  # files that every destination takes: nobody is asked
MANIFEST_GROWTH = 64_000  # bytes by which the manifest may still grow: the list of logs, facts, remarks

PackProgress = Callable[[int, int], None]


class Sources(Protocol):
    """Where a report gets what nobody decides: the machine, its logs, and what is known about both."""

    def logs(self, day: datetime, choice: LogChoice) -> TodaysLogs:
        """The logs that were chosen, of that day and as many before as wanted."""

    def private_values(self, frame: Frame | None) -> tuple[Seed, ...]:
        """What must not leave, as far as the machine, the settings and the windows' titles tell."""

    def facts(self, logs: TodaysLogs | None) -> Mapping[str, str]:
        """What support asks about the machine and its TWS, by name."""

    def known_problems(self, note: str, logs: TodaysLogs | None) -> Sequence[Match]:
        """What the note and the logs look like, the likeliest first."""

    def room(self, destination: str) -> int | None:
        """The bytes that a destination takes in one report; None where that is not known."""

    def largest(self, destination: str) -> int | None:
        """The bytes of the largest file it takes; None where larger ones go in pieces, or it is not known."""


class Making:
    """One report on its way to disk, with one redactor for all of it."""

    def __init__(
        self,
        preparation: Preparation,
        sources: Sources,
        key: bytes,
        kept: frozenset[Private],
        frame: Frame | None,
    ) -> None:
        from snapper.privacy.redact import Redactor  # takes memory that a listener that waits does not need

        self._preparation = preparation
        self._sources = sources
        self._kept = kept
        # Of this report only: two reports cannot be joined by their pseudonyms.
        own_key = hmac.digest(key, preparation.id.encode(), "sha256")
        self._redactor = Redactor(sources.private_values(frame), own_key, kept)
        self._remarks: list[str] = []
        self._drafted = False

    # --- what must survive a crash ------------------------------------------------------------------------

    def draft(self, answer: Answer, frame: Frame | None, files: Sequence[Path], now: float) -> Report:
        """Write the picture as it was at the press and the user's files; `now` is in Unix seconds.

        Raises UsageError, CaptureFailed, NotPrivate, CannotKeep.
        """
        if len(answer.note) > NOTE_MAX_CHARS:
            most = number_text(NOTE_MAX_CHARS)
            raise UsageError(
                _("The note is longer than {count} characters.").format(count=most),
                _("Attach it as a file instead."),
            )
        if len(files) > ATTACHMENTS_MAX - 2:  # the picture and the logs
            most = number_text(ATTACHMENTS_MAX - 2)
            raise UsageError(
                _("More than {count} files.").format(count=most), _("Pack them into one zip file first.")
            )
        parts: list[Attachment] = []
        with disk.keeping("your report", self._preparation.folder.parent):
            there = [(file.name, file.stat().st_size) for file in files if file.is_file()]
            self._check_room(answer, there)
            if frame and answer.picture is not Picture.NONE:
                parts.append(self._screenshot(frame, answer))
            for file in files:
                parts.append(self._file(file, [part.name for part in parts]))
        self._drafted = True
        return Report(
            id=self._preparation.id,
            created_at=timestamp(now),
            note=self._redactor.text(answer.note),
            ticket=answer.ticket,
            attachments=tuple(parts),
            machine=_screen_facts(frame) if frame else {},
            remarks=self._taken_remarks(),
            snapper=__version__,
            account=answer.account,
            findings=self._findings(self._sources.known_problems(answer.note, None)),
            replaced=dict(self._redactor.replaced),
            kept=tuple(sorted(self._kept)),
            destination=answer.destination,
        )

    def _check_room(self, answer: Answer, files: Sequence[tuple[str, int]]) -> None:
        """Files that cannot arrive are told before anything is kept; logs are cut to fit later. The picture
        is not asked about: nothing may come between Submit and the disk."""
        if sum(size for _, size in files) > SMALL_BYTES:
            to = answer.destination or DESK
            check_room(files, to, self._sources.room(to), self._sources.largest(to))

    def _screenshot(self, frame: Frame, answer: Answer) -> Attachment:
        shown = shown_in(frame, answer.picture)
        if answer.picture is Picture.WINDOW and (remark := _about_the_window(frame)):
            self._remarks.append(remark)
        if said := flaw(shown):
            self._remarks.append(said)
        if answer.covers:
            self._remarks.append("Parts of the picture were covered by the sender.")
        png = encode(cover(shown, answer.covers))
        return attach_bytes(self._preparation.folder, SCREENSHOT_NAME, png, Kind.SCREENSHOT, "image/png")

    def _file(self, file: Path, taken: Sequence[str]) -> Attachment:
        name = safe_name(self._redactor.text(file.name), [*taken, LOGS_NAME, SCREENSHOT_NAME, MANIFEST_NAME])
        try:
            made = attach_file(self._preparation.folder, name, file, self._redactor.stream)
        except NotPrivate as error:
            raise NotPrivate(
                _("The file {file} could not be freed of private values: {reason}").format(
                    file=file, reason=error.sentence
                ),
                _("Leave it out, or pack it into a zip file if you are sure that nothing private is in it."),
            ) from error
        if not is_text(file):
            self._remarks.append(f"{name} is sent as it is: private values can be replaced only in text.")
        return made

    # --- what follows -------------------------------------------------------------------------------------

    def complete(self, draft: Report, choice: LogChoice | None, progress: PackProgress | None) -> None:
        """Add the logs and the facts about the machine, and make the report whole. Raises CannotKeep.

        What shows only late to be private, a password that stands bare before it is called one, is looked for
        once more in all of it.
        """
        if not self._drafted:
            draft = self._as_on_disk(draft)
        report = self._with_logs(draft, choice, progress)
        leak = self._leak(report)
        if leak and self._redactor.learn():
            self._remove_logs()
            report = self._with_logs(self._again(draft), choice, progress)
            leak = self._leak(report)
        self._preparation.seal(report, _held_for(leak, report.id) if leak else None)

    def _again(self, draft: Report) -> Report:
        """The draft with its texts redacted once more; what is replaced already stays as it is."""
        text = self._redactor.text
        findings = tuple(
            replace(finding, where=text(finding.where), line=text(finding.line)) for finding in draft.findings
        )
        parts = tuple(
            self._file_again(part) if part.kind is Kind.FILE else part for part in draft.attachments
        )
        remarks = tuple(map(text, draft.remarks))
        return replace(draft, note=text(draft.note), attachments=parts, remarks=remarks, findings=findings)

    def _file_again(self, part: Attachment) -> Attachment:
        path = self._preparation.folder / part.name
        with disk.keeping("your report", self._preparation.folder.parent):
            made = attach_file(path.parent, f"{LOGS_NAME}.tmp", path, self._redactor.stream)
            disk.rename(path.with_name(made.name), path)
        return replace(made, name=part.name)

    def _as_on_disk(self, draft: Report) -> Report:
        """The draft with the files as they are: the crash may have come after one was redacted once more."""
        with disk.keeping("your report", self._preparation.folder.parent):
            parts = [
                replace(part, size=size, sha256=sha256)
                for part in draft.attachments
                for size, sha256 in [disk.digest(self._preparation.folder / part.name)]
            ]
        return replace(draft, attachments=tuple(parts))

    def _with_logs(self, draft: Report, choice: LogChoice | None, progress: PackProgress | None) -> Report:
        parts, logs, findings = list(draft.attachments), None, draft.findings
        before = Counter(self._redactor.replaced)
        if choice:
            logs = self._sources.logs(_moment(draft), choice)
            parts += self._logs(draft, logs, progress)
            findings = _merged(self._findings(self._sources.known_problems("", logs)), findings)
        facts = {name: self._redactor.text(fact) for name, fact in self._sources.facts(logs).items()}
        replaced = Counter(draft.replaced) + (Counter(self._redactor.replaced) - before)
        return replace(
            draft,
            attachments=tuple(parts),
            machine={**draft.machine, **facts},
            remarks=draft.remarks + self._taken_remarks(),
            findings=findings[:FINDINGS_MAX],
            replaced=dict(replaced),
        )

    def _logs(self, draft: Report, found: TodaysLogs, progress: PackProgress | None) -> list[Attachment]:
        """The logs as one archive; a report without them is better than none, so what fails is remarked."""
        if not found.files:
            self._remarks.append(found.sentence or "No log of today was found.")
            return []
        try:
            packed = self._packed_to_fit(found, draft, progress)
        except LogsFailed as error:
            self._remarks.append(error.sentence)
            return []
        if packed is None:
            return []
        self._remarks += packed.remarks
        return [
            Attachment(LOGS_NAME, packed.size, packed.sha256, Kind.LOGS, "application/zip", packed.entries)
        ]

    def _packed_to_fit(
        self, found: TodaysLogs, draft: Report, progress: PackProgress | None
    ) -> Packed | None:
        """All logs if the ticket system takes them, else as many hours before the press as it takes."""
        packed = self._pack(found, progress)
        room = self._room_beside(draft)
        if room is None or packed.size <= room:
            return packed
        whole, now = packed.size, _moment(draft).timestamp()
        too_much = f"The logs are {in_english(size_text(whole))}, more than the ticket system takes"
        for seconds in SHORTER_SECONDS:
            self._remove_logs()
            shorter = cut(found, TimeWindow(now - seconds, now))
            if not shorter.files:
                break
            packed = self._pack(shorter, progress)
            if packed.size <= room:
                last = in_english(duration_text(seconds))
                self._remarks.append(f"{too_much}: only the last {last} are sent.")
                return packed
        self._remove_logs()
        self._remarks.append(f"{too_much}: they are left out.")
        return None

    def _room_beside(self, draft: Report) -> int | None:
        to = draft.destination or DESK
        room, largest = self._sources.room(to), self._sources.largest(to)
        taken = sum(part.size for part in draft.attachments) + len(draft.to_json()) + MANIFEST_GROWTH
        limits = [largest, None if room is None else room - taken]
        return min((limit for limit in limits if limit is not None), default=None)

    def _pack(self, logs: TodaysLogs, progress: PackProgress | None) -> Packed:
        from snapper.logs.pack import pack  # takes 3 MB, which a listener that waits does not need

        return pack(logs.files, self._preparation.folder / LOGS_NAME, progress, self._redactor)

    def _remove_logs(self) -> None:
        """Make room for other logs. Raises CannotKeep."""
        with disk.keeping("your report", self._preparation.folder.parent):
            disk.remove(self._preparation.folder / LOGS_NAME)

    def _findings(self, matches: Sequence[Match]) -> tuple[Finding, ...]:
        text = self._redactor.text
        return tuple(
            Finding(
                match.problem.id,
                in_english(match.problem.title),
                text(in_english(match.where)),
                text(match.line),
            )
            for match in matches
        )

    def _taken_remarks(self) -> tuple[str, ...]:
        """The remarks so far, for support: in English."""
        remarks, self._remarks = self._remarks, []
        return tuple(self._redactor.text(in_english(remark)) for remark in remarks)

    # --- the last look ------------------------------------------------------------------------------------

    def _leak(self, report: Report) -> Leak | None:
        """The first private value that is left in anything that would leave."""
        from snapper.privacy.rescan import Part, first_leak

        folder = self._preparation.folder
        parts = [Part("", lambda: io.BytesIO(_words_of(report)))]
        parts += [Part(part.name, _opener(folder / part.name)) for part in report.attachments]
        with disk.keeping("your report", folder.parent):
            return first_leak(parts, self._redactor.seeds())


def shown_in(frame: Frame, picture: Picture) -> Frame:
    """The part of a frozen frame that a picture shows: the whole screen where no window was active."""
    return window_only(frame) if picture is Picture.WINDOW and window_area(frame) else frame


def _about_the_window(frame: Frame) -> str:
    """What support must know of a picture of the active window; "" where it is simply that."""
    if frame.own is not None:
        return "Other windows lay above this one: the picture is what its own program painted."
    if window_area(frame):
        return ""
    if frame.only_x11:
        return (
            "No window of an X11 program was active at the press, and this desktop (Wayland) tells of no "
            "others: the picture shows the whole screen."
        )
    return "No window was active at the press: the picture shows the whole screen."


def _screen_facts(frame: Frame) -> dict[str, str]:
    areas = [monitor.area for monitor in frame.monitors]
    monitors = [f"{area.width}×{area.height} at {area.left},{area.top}" for area in areas]
    return {"screen frozen at": timestamp(frame.taken_at), "monitors": "; ".join(monitors)}


def _merged(first: tuple[Finding, ...], second: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Each problem once: what a log shows says more than that the note tells of it."""
    known = {finding.id for finding in first}
    return first + tuple(finding for finding in second if finding.id not in known)


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _moment(draft: Report) -> datetime:
    return datetime.fromisoformat(draft.created_at).astimezone()


def _words_of(report: Report) -> bytes:
    """Everything in the manifest that came from this machine; not what the sender chose to tell of
    themselves, and not the words of the form itself, which a user may be called."""
    names = [part.name for part in report.attachments if part.kind is Kind.FILE]
    names += [log.name for part in report.attachments for log in part.contains]
    findings = [text for finding in report.findings for text in (finding.where, finding.line)]
    words = [report.note, *names, *report.machine.values(), *report.remarks, *findings]
    return "\n".join(words).encode(errors="replace")


def _held_for(leak: Leak, report_id: str) -> Delivery:
    short = report_id[-8:]
    # Translators: {private} is a kind of value, such as “user names”.
    in_facts = _("Something private ({private}) was left in the note or the facts about this computer.")
    # Translators: {private} is a kind of value, such as “user names”; {place} is where in the file.
    in_file = _("Something private ({private}) was left in the file {file}, {place}.")
    remedy = _(
        "Nothing was sent. Look at it with “snapper outbox show {report} --files”; then send it all the same "
        "with “snapper outbox release {report}”, or drop it: “snapper outbox discard {report}”."
    )
    return Delivery(
        State.HELD,
        sentence=(in_file if leak.file else in_facts).format(
            private=RULES[leak.private].words, file=leak.file, place=leak.place
        ),
        remedy=remedy.format(report=short),
    )
