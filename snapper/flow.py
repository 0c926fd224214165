"""The story in one function: frame → note → report in the outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from snapper import __version__, bundle, disk, machine
from snapper.answer import Answer, Picture
from snapper.bundle import attach_bytes, attach_file
from snapper.capture.frame import Frame, crop, flaw, window_area
from snapper.capture.png import encode
from snapper.errors import LogsFailed, UsageError
from snapper.filenames import safe_name
from snapper.logs.today import TodaysLogs
from snapper.outbox import Outbox, Preparation
from snapper.report import (
    ATTACHMENTS_MAX,
    MANIFEST_NAME,
    NOTE_MAX_CHARS,
    Attachment,
    Kind,
    Report,
    timestamp,
)
from snapper.state import Entry, State

SCREENSHOT_NAME = "screenshot.png"
LOGS_NAME = "logs.zip"

FindLogs = Callable[[datetime], TodaysLogs]
PackProgress = Callable[[int, int], None]


def keep(
    outbox: Outbox,
    answer: Answer,
    *,
    frame: Frame | None = None,
    files: Sequence[Path] = (),
    find_logs: FindLogs,
    accepted: Callable[[str], None] = lambda report_id: None,
    progress: PackProgress | None = None,
) -> Entry:
    """Make a report of what a person submitted and keep it.

    `accepted` is told the report's id as soon as nothing can be lost any more; the logs are packed after
    that (`progress`: bytes packed, bytes in all). Raises UsageError, CaptureFailed, CannotKeep.
    """
    if len(answer.note) > NOTE_MAX_CHARS:
        raise UsageError(
            f"The note is longer than {NOTE_MAX_CHARS} characters.", "Attach it as a file instead."
        )
    with outbox.prepare() as preparation:
        draft = _draft(preparation, outbox.clock(), answer, frame, files)
        preparation.accept(draft, logs=answer.logs is not None)
        accepted(preparation.id)
        return _complete(preparation, find_logs, progress)


def resume(outbox: Outbox, find_logs: FindLogs) -> list[Entry]:
    """Finish the reports that a crash interrupted after Submit. Raises CannotKeep, ReportDamaged."""
    finished = []
    for report_id in outbox.interrupted():
        with outbox.resume(report_id) as preparation:
            if preparation:
                finished.append(_complete(preparation, find_logs, None))
    return finished


def resend(outbox: Outbox, report_id: str, ticket: str | None) -> Entry:
    """Make a new report for another ticket (None: a new one) out of a kept one, which is then discarded.

    Raises NoSuchReport, ReportDamaged, CannotKeep, UsageError.
    """
    with outbox.hold(report_id) as held:
        if held is None:
            raise UsageError("This report is being sent right now.", "Try again when that has ended.")
        if held.entry.state is State.UNKNOWN:
            raise UsageError("This report may have arrived already.", "Ask first: “snapper outbox retry”.")
        original = held.bundle
        bundle.verify(original)
        with outbox.prepare() as preparation, disk.keeping("your report", outbox.folder):
            for part in original.report.attachments:
                attach_file(preparation.folder, part.name, original.path(part))
            report = replace(original.report, id=preparation.id, ticket=ticket)
            preparation.accept(report, logs=False)
            entry = preparation.seal(report)
    outbox.discard(report_id)
    return entry


def _draft(
    preparation: Preparation, now: float, answer: Answer, frame: Frame | None, files: Sequence[Path]
) -> Report:
    """Write what must survive a crash: the picture as it was at the press, and the user's files."""
    remarks: list[str] = []
    parts: list[Attachment] = []
    with disk.keeping("your report", preparation.folder.parent):
        if frame and answer.picture is not Picture.NONE:
            parts.append(_screenshot(preparation.folder, frame, answer.picture, remarks))
        for file in files:
            taken = [part.name for part in parts] + [LOGS_NAME, MANIFEST_NAME]
            parts.append(attach_file(preparation.folder, safe_name(file.name, taken), file))
    if len(parts) >= ATTACHMENTS_MAX:
        raise UsageError(f"More than {ATTACHMENTS_MAX - 1} files.", "Pack them into one zip file first.")
    return Report(
        id=preparation.id,
        created_at=timestamp(now),
        note=answer.note,
        ticket=answer.ticket,
        attachments=tuple(parts),
        machine=_screen_facts(frame) if frame else {},
        remarks=tuple(remarks),
        snapper=__version__,
    )


def _screen_facts(frame: Frame) -> dict[str, str]:
    areas = [monitor.area for monitor in frame.monitors]
    monitors = [f"{area.width}×{area.height} at {area.left},{area.top}" for area in areas]
    return {"screen frozen at": timestamp(frame.taken_at), "monitors": "; ".join(monitors)}


def shown_in(frame: Frame, picture: Picture) -> Frame:
    """The part of a frozen frame that a picture shows: the whole screen where no window was active."""
    area = window_area(frame) if picture is Picture.WINDOW else None
    return crop(frame, area) if area else frame


def _screenshot(folder: Path, frame: Frame, picture: Picture, remarks: list[str]) -> Attachment:
    shown = shown_in(frame, picture)
    if picture is Picture.WINDOW and not window_area(frame):
        remarks.append("No window was active at the press: the picture shows the whole screen.")
    if said := flaw(shown):
        remarks.append(said)
    return attach_bytes(folder, SCREENSHOT_NAME, encode(shown), Kind.SCREENSHOT, "image/png")


def _complete(preparation: Preparation, find_logs: FindLogs, progress: PackProgress | None) -> Entry:
    """Add the logs and the facts about the machine, then let the report appear in the outbox."""
    draft = preparation.draft
    assert draft is not None  # accept() was called, or resume() read it
    parts, remarks = list(draft.attachments), list(draft.remarks)
    if preparation.wants_logs:
        parts += _logs(preparation, draft, find_logs, progress, remarks)
    report = replace(
        draft, attachments=tuple(parts), remarks=tuple(remarks), machine={**draft.machine, **machine.facts()}
    )
    return preparation.seal(report)


def _logs(
    preparation: Preparation,
    draft: Report,
    find_logs: FindLogs,
    progress: PackProgress | None,
    remarks: list[str],
) -> list[Attachment]:
    """Today's logs as one archive; a report without them is better than none, so what fails is remarked."""
    found = find_logs(datetime.fromisoformat(draft.created_at).astimezone())
    if not found.files:
        remarks.append(found.sentence or "No log of today was found.")
        return []
    from snapper.logs.pack import pack  # takes 3 MB, which a listener that waits does not need

    try:
        packed = pack(found.files, preparation.folder / LOGS_NAME, progress)
    except LogsFailed as error:
        remarks.append(error.sentence)
        return []
    remarks.extend(packed.remarks)
    return [Attachment(LOGS_NAME, packed.size, packed.sha256, Kind.LOGS, "application/zip", packed.entries)]
