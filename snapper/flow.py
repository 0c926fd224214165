"""The story in one function: frame → note → report in the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from snapper import bundle, disk
from snapper.answer import Answer, Todo
from snapper.bundle import Bundle, attach_file
from snapper.capture.frame import Frame
from snapper.errors import UsageError
from snapper.language import _
from snapper.making import Making, PackProgress, Sources
from snapper.outbox import Outbox
from snapper.state import Entry, State


def keep(
    outbox: Outbox,
    answer: Answer,
    sources: Sources,
    *,
    frame: Frame | None = None,
    files: Sequence[Path] = (),
    accepted: Callable[[str], None] = lambda report_id: None,
    progress: PackProgress | None = None,
) -> Entry:
    """Make a report of what a person submitted and keep it.

    `accepted` is told the report's id as soon as nothing can be lost any more; the logs are packed after
    that (`progress`: bytes packed, bytes in all). Raises UsageError, CaptureFailed, NotPrivate, CannotKeep.
    """
    with outbox.prepare() as preparation:
        making = Making(preparation, sources, outbox.key(), answer.keep, frame)
        draft = making.draft(answer, frame, files, outbox.clock())
        preparation.accept(draft, Todo(answer.logs, answer.keep))
        accepted(preparation.id)
        making.complete(draft, answer.logs, progress)
        return preparation.publish()


@dataclass(frozen=True)
class Rehearsal:
    """A whole report that nobody submitted yet, to be looked at: exactly what would be sent."""

    bundle: Bundle
    submit: Callable[[], Entry]


@contextmanager
def rehearse(
    outbox: Outbox,
    answer: Answer,
    sources: Sources,
    *,
    frame: Frame | None = None,
    files: Sequence[Path] = (),
    progress: PackProgress | None = None,
) -> Iterator[Rehearsal]:
    """Make a report as keep() does, only to be looked at; it is gone after the block unless submitted in it.

    Raises what keep() raises.
    """
    with outbox.rehearse() as preparation:
        making = Making(preparation, sources, outbox.key(), answer.keep, frame)
        making.complete(making.draft(answer, frame, files, outbox.clock()), answer.logs, progress)
        yield Rehearsal(bundle.read(preparation.folder), preparation.publish)


def resume(outbox: Outbox, sources: Sources) -> list[Entry]:
    """Finish the reports that a crash interrupted after Submit. Raises CannotKeep, ReportDamaged."""
    finished = []
    for report_id in outbox.interrupted():
        with outbox.resume(report_id) as preparation:
            if preparation:
                assert preparation.draft is not None
                todo = preparation.todo
                making = Making(preparation, sources, outbox.key(), todo.keep, None)
                making.complete(preparation.draft, todo.logs, None)
                finished.append(preparation.publish())
    return finished


def resend(outbox: Outbox, report_id: str, ticket: str | None, destination: str) -> Entry:
    """Make a new report for another ticket (None: a new one) of a destination out of a kept one, which is
    then discarded.

    Raises NoSuchReport, ReportDamaged, CannotKeep, UsageError.
    """
    with outbox.hold(report_id) as held:
        if held is None:
            raise UsageError(_("This report is being sent right now."), _("Try again when that has ended."))
        if held.entry.state is State.UNKNOWN:
            raise UsageError(
                _("This report may have arrived already."), _("Ask first: “snapper outbox retry”.")
            )
        if held.entry.state is State.HELD:
            raise UsageError(held.entry.delivery.sentence, held.entry.delivery.remedy)
        original = held.bundle
        bundle.verify(original)
        with outbox.prepare() as preparation, disk.keeping("your report", outbox.folder):
            for part in original.report.attachments:
                attach_file(preparation.folder, part.name, original.path(part))
            report = replace(original.report, id=preparation.id, ticket=ticket, destination=destination)
            preparation.accept(report, Todo())
            preparation.seal(report)
            entry = preparation.publish()
    outbox.discard(report_id)
    return entry
