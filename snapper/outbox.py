"""Reports on disk from Submit until proven delivered; shared by every snapper process of the user.

    outbox/.<id>.partial/      being built; with a draft.json in it, Submit was said and it will be finished
    outbox/.<id>.rehearsal/    built whole to be looked at; nobody has said Submit
    outbox/<id>/               report.json and its files: never change
                delivery.json  state, attempts, receipt: replaced as a whole (not there yet: waiting)
    outbox/<id>.lock           held by the process that builds, delivers or removes the report
    outbox/pseudonyms.key      makes the pseudonyms; never leaves this computer

The kernel lets go of the lock of a process that dies, so nothing is ever stuck behind a crash.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from snapper import bundle, disk
from snapper.answer import Todo
from snapper.bundle import Bundle
from snapper.errors import NoSuchReport, ReportDamaged, ReportMalformed, UsageError
from snapper.language import _
from snapper.report import MANIFEST_NAME, Report, is_report_id, new_report_id, read_code
from snapper.state import Delivery, Entry, State

DRAFT_NAME = "draft.json"
DELIVERY_NAME = "delivery.json"
KEY_NAME = "pseudonyms.key"
KEY_BYTES = 32


class Preparation:
    """A report being built. What is written into `folder` is thrown away unless `accept` is reached."""

    def __init__(
        self,
        outbox: Outbox,
        report_id: str,
        folder: Path,
        draft: Report | None = None,
        todo: Todo | None = None,
    ) -> None:
        self.id = report_id
        self.folder = folder
        self.draft = draft
        self.todo = todo or Todo()
        self.published = False
        self._outbox = outbox

    def accept(self, draft: Report, todo: Todo) -> None:
        """Submit: the note and the files so far survive from here on. Raises CannotKeep."""
        content = {"todo": todo.to_data(), "report": json.loads(draft.to_json())}
        with disk.keeping("your report", self._outbox.folder):
            disk.replace(self.folder / DRAFT_NAME, json.dumps(content, ensure_ascii=False).encode())
            disk.sync_folder(self._outbox.folder)
        self.draft, self.todo = draft, todo

    def seal(self, report: Report, held: Delivery | None = None) -> None:
        """Make the report whole; `held`: how it stands if it must not be sent. Raises CannotKeep."""
        with disk.keeping("your report", self._outbox.folder):
            disk.remove(self.folder / MANIFEST_NAME)
            if held:
                disk.replace(self.folder / DELIVERY_NAME, held.to_json())
            bundle.seal(self.folder, report)

    def publish(self) -> Entry:
        """Let the sealed report appear in the outbox. Raises CannotKeep."""
        with disk.keeping("your report", self._outbox.folder):
            disk.remove(self.folder / DRAFT_NAME)
            disk.rename(self.folder, self._outbox.folder / self.id)
        self.published = True
        return self._outbox.entry(self.id)


class Held:
    """A report that this process has locked."""

    def __init__(self, outbox: Outbox, entry: Entry) -> None:
        self.entry = entry
        self._outbox = outbox

    @property
    def bundle(self) -> Bundle:
        """The report with its files. Raises ReportDamaged."""
        return bundle.read(self._outbox.folder / self.entry.id)

    def record(self, delivery: Delivery) -> None:
        """Keep how delivery stands. Raises CannotKeep."""
        with disk.keeping("the state of a report", self._outbox.folder):
            disk.replace(self._outbox.folder / self.entry.id / DELIVERY_NAME, delivery.to_json())
        self.entry = replace(self.entry, delivery=delivery)


class Outbox:
    """The folder of kept reports; several processes may use it at once."""

    def __init__(
        self,
        folder: Path,
        *,
        keep_days: int = 30,
        keep_bytes: int = 1 << 30,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self.clock = clock
        self._keep_seconds = keep_days * 86_400
        self._keep_bytes = keep_bytes

    def partial(self, report_id: str) -> Path:
        """Where a report is built."""
        return self.folder / f".{report_id}.partial"

    # --- building -----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def prepare(self) -> Iterator[Preparation]:
        """Build a new report; the lock is held for the block. Raises CannotKeep."""
        report_id = new_report_id(self.clock())
        with self._preparing(report_id, self.partial(report_id)) as preparation:
            yield preparation

    @contextlib.contextmanager
    def rehearse(self) -> Iterator[Preparation]:
        """Build a new report only to be looked at: it is gone after the block, unless published in it.

        Raises CannotKeep.
        """
        report_id = new_report_id(self.clock())
        with self._preparing(report_id, self.folder / f".{report_id}.rehearsal") as preparation:
            yield preparation

    @contextlib.contextmanager
    def _preparing(self, report_id: str, folder: Path) -> Iterator[Preparation]:
        with disk.keeping("your report", self.folder):
            disk.make_private(self.folder)
        preparation = Preparation(self, report_id, folder)
        with self._lock(report_id):  # always free: the id was made just now
            try:
                with disk.keeping("your report", self.folder):
                    preparation.folder.mkdir(mode=0o700)
                yield preparation
            finally:
                if preparation.draft is None and not preparation.published:
                    shutil.rmtree(preparation.folder, ignore_errors=True)
                    disk.remove_lock(self._lock_path(report_id))

    def interrupted(self) -> list[str]:
        """Ids of accepted reports that no living process is finishing; leftovers of others are removed."""
        found = []
        for folder in [*self._hidden(".partial"), *self._hidden(".rehearsal")]:
            report_id = folder.name[1:].partition(".")[0]
            with self._lock(report_id) as locked:
                if locked and folder.suffix == ".partial" and _accepted(folder):
                    found.append(report_id)
                elif locked:
                    shutil.rmtree(folder, ignore_errors=True)
                    disk.remove_lock(self._lock_path(report_id))
        self._remove_orphaned_locks()
        return sorted(found)

    def _remove_orphaned_locks(self) -> None:
        for path in self.folder.glob("*.lock"):
            report_id = path.name.removesuffix(".lock")
            if is_report_id(report_id) and not self._exists(report_id):
                with self._lock(report_id) as locked:
                    if locked and not self._exists(report_id):
                        disk.remove_lock(path)

    def _exists(self, report_id: str) -> bool:
        return (self.folder / report_id).exists() or any(self.folder.glob(f".{report_id}.*"))

    @contextlib.contextmanager
    def resume(self, report_id: str) -> Iterator[Preparation | None]:
        """Go on with an interrupted report; None when another process does or it is already whole.

        Files that the draft does not name are removed first. Raises ReportDamaged.
        """
        folder = self.partial(report_id)
        with self._lock(report_id) as locked:
            if not locked or not folder.exists():
                yield None
            elif not (folder / DRAFT_NAME).exists():
                Preparation(self, report_id, folder).publish()
                yield None
            else:
                draft, todo = self._read_draft(folder)
                named = {DRAFT_NAME, *(part.name for part in draft.attachments)}
                for leftover in [path for path in folder.iterdir() if path.name not in named]:
                    disk.remove(leftover)
                yield Preparation(self, report_id, folder, draft, todo)

    @staticmethod
    def _read_draft(folder: Path) -> tuple[Report, Todo]:
        try:
            content = json.loads((folder / DRAFT_NAME).read_bytes())
            report = Report.from_json(json.dumps(content["report"]).encode())
            return report, Todo.from_data(content["todo"])
        except (OSError, ValueError, KeyError, TypeError, ReportMalformed) as error:
            raise ReportDamaged(
                _("The unfinished report in {folder} was damaged.").format(folder=folder),
                _("Check the disk."),
            ) from error

    # --- reading ------------------------------------------------------------------------------------------

    def entries(self) -> list[Entry]:
        """Every report, the newest first; unfinished ones included."""
        if not self.folder.is_dir():
            return []
        ids = [path.name for path in self.folder.iterdir() if is_report_id(path.name)]
        finished = [entry for entry in map(self._entry_if_there, ids) if entry]
        return sorted([*finished, *self._unfinished()], key=lambda entry: entry.id, reverse=True)

    def entry(self, report_id: str) -> Entry:
        """One report by its whole id. Raises NoSuchReport."""
        if found := self._entry_if_there(report_id):
            return found
        sentence = _("The outbox holds no report {report}.").format(report=report_id)
        raise NoSuchReport(sentence, _("“snapper outbox” lists them."))

    def find(self, text: str) -> Entry:
        """The one report that a person means by the beginning or end of an id, or by its receipt code.

        Raises NoSuchReport when none or several fit.
        """
        code, wanted = read_code(text), text.strip().lower()
        fitting = [
            entry
            for entry in self.entries()
            if (len(wanted) >= 4 and (entry.id.startswith(wanted) or entry.id.endswith(wanted)))
            or (entry.delivery.receipt and entry.delivery.receipt.code in (code, wanted))
        ]
        if len(fitting) == 1:
            return fitting[0]
        # Translators: {text} is a receipt number, or the beginning or end of the id of a report.
        none, several = (
            _("No report in the outbox fits “{text}”."),
            _("More than one report in the outbox fits “{text}”."),
        )
        sentence = (several if fitting else none).format(text=text[:60])
        raise NoSuchReport(sentence, _("“snapper outbox” lists them."))

    def _entry_if_there(self, report_id: str) -> Entry | None:
        folder = self.folder / report_id
        try:
            kept = bundle.read(folder)
            return Entry(report_id, kept.report, _read_delivery(folder), kept.size)
        except ReportDamaged as error:
            if not folder.is_dir():
                return None
            blank = Report(report_id, "1970-01-01T00:00:00.000Z", "")
            return Entry(report_id, blank, Delivery(State.DAMAGED, sentence=str(error)), 0)

    def _unfinished(self) -> Iterator[Entry]:
        for folder in self._hidden(".partial"):
            if _accepted(folder):
                with contextlib.suppress(ReportDamaged):  # it became whole while we looked
                    report = (
                        self._read_draft(folder)[0]
                        if (folder / DRAFT_NAME).exists()
                        else bundle.read(folder).report
                    )
                    size = sum(part.size for part in report.attachments)
                    yield Entry(report.id, report, Delivery(State.PREPARING), size)

    def _hidden(self, suffix: str) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [
            path
            for path in self.folder.iterdir()
            if path.name.startswith(".") and is_report_id(path.name[1:].removesuffix(suffix))
        ]

    def bundle(self, report_id: str) -> Bundle:
        """One report with its files. Raises NoSuchReport, ReportDamaged."""
        return bundle.read(self.folder / self.entry(report_id).id)

    # --- delivering and removing --------------------------------------------------------------------------

    @contextlib.contextmanager
    def hold(self, report_id: str) -> Iterator[Held | None]:
        """Lock a report; None while another process has it. Raises NoSuchReport, CannotKeep."""
        self.entry(report_id)
        with self._lock(report_id) as locked:
            yield Held(self, self.entry(report_id)) if locked else None

    def release(self, report_id: str) -> Entry:
        """Let a report that was held back be sent as it is. Raises NoSuchReport, UsageError, CannotKeep."""
        with self.hold(report_id) as held:
            if held is None or held.entry.state is not State.HELD:
                raise UsageError(
                    _("This report is not held back."), _("“snapper outbox” shows how it stands.")
                )
            held.record(Delivery())
            return held.entry

    def key(self) -> bytes:
        """The secret that makes pseudonyms: 32 bytes, made once, never sent. Raises CannotKeep."""
        path = self.folder / KEY_NAME
        with disk.keeping("the key of the pseudonyms", self.folder):
            disk.make_private(self.folder)
            if not path.exists() or path.stat().st_size != KEY_BYTES:
                beside = self.folder / f".{os.urandom(8).hex()}.key"  # two processes may be at it
                disk.write_new(beside, os.urandom(KEY_BYTES))
                disk.rename(beside, path)
            return path.read_bytes()

    def discard(self, report_id: str) -> None:
        """Remove a report for good. Raises NoSuchReport, UsageError while it is being sent."""
        with self.hold(report_id) as held:
            if held is None:
                raise UsageError(
                    _("This report is being sent right now."), _("Try again when that has ended.")
                )
            self._remove(report_id)

    def _remove(self, report_id: str) -> None:
        with disk.keeping("the outbox", self.folder):
            disk.rename(self.folder / report_id, self.folder / f".{report_id}.discarded")
        shutil.rmtree(self.folder / f".{report_id}.discarded", ignore_errors=True)
        disk.remove_lock(self._lock_path(report_id))

    def prune(self) -> None:
        """Remove delivered reports that are too old or too many, the oldest first, and finish removals."""
        for folder in self._hidden(".discarded"):
            shutil.rmtree(folder, ignore_errors=True)
        room, now = self._keep_bytes, self.clock()
        for entry in self.entries():
            if entry.state is State.DELIVERED:
                room -= entry.size
                if room < 0 or now - entry.delivery.changed_at > self._keep_seconds:
                    with contextlib.suppress(NoSuchReport), self.hold(entry.id) as held:
                        if held and held.entry.state is State.DELIVERED:
                            self._remove(entry.id)

    def _lock_path(self, report_id: str) -> Path:
        return self.folder / f"{report_id}.lock"

    @contextlib.contextmanager
    def _lock(self, report_id: str) -> Iterator[bool]:
        """Lock a report for the block; yields False when another process has it. Raises CannotKeep."""
        lock = disk.locked(self._lock_path(report_id))
        with contextlib.ExitStack() as held:
            with disk.keeping("the state of a report", self.folder):
                free = held.enter_context(lock)
            yield free


def _accepted(folder: Path) -> bool:
    """Whether Submit was said for what is built in this folder: the draft goes when the manifest is whole."""
    return any((folder / name).exists() for name in (DRAFT_NAME, MANIFEST_NAME))


def _read_delivery(folder: Path) -> Delivery:
    try:
        return Delivery.from_json((folder / DELIVERY_NAME).read_bytes())
    except OSError:
        return Delivery()
