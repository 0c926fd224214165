"""The order of delivery: find → commit → verify, under the report's lock; and a thread that keeps trying."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from snapper import bundle
from snapper.bundle import Bundle
from snapper.delivery.causes import Cause
from snapper.delivery.endpoints import Endpoint, Progress, Steps
from snapper.delivery.pace import Pace
from snapper.delivery.retry import after_reconnect, next_attempt
from snapper.delivery.wording import WORDING
from snapper.errors import (
    ConfigError,
    DeliveryError,
    Forbidden,
    MayHaveLanded,
    NeedsAttention,
    NoSuchReport,
    NotReached,
    Obstacle,
    OutboxError,
    Refused,
    ReportDamaged,
    UsageError,
)
from snapper.language import _
from snapper.outbox import Held, Outbox
from snapper.report import (
    Ambiguous,
    Blocked,
    Delivered,
    Outcome,
    Receipt,
    Rejected,
    Report,
    Retry,
    Stopped,
    Unconfirmed,
)
from snapper.state import RULES, Entry, State

LOOK_AGAIN_SECONDS = 60.0  # another process may have put a report in, or the clock may have moved
SHORTEST_WAIT_SECONDS = 5.0  # what is due but could not be tried (another process has it, the disk is full)

Connect = Callable[[Report], Endpoint]  # the ticket system that a report is for

_OUTCOME_OF: dict[type[DeliveryError], Callable[[DeliveryError], Outcome]] = {
    NotReached: lambda error: Retry(error.sentence, error.remedy, error.retry_after, error.obstacle),
    MayHaveLanded: lambda error: Ambiguous(error.sentence, error.remedy, error.retry_after, error.obstacle),
    Refused: lambda error: Rejected(error.sentence, error.remedy, error.obstacle),
    Forbidden: lambda error: Stopped(error.sentence, error.remedy, error.obstacle),
    NeedsAttention: lambda error: Blocked(error.sentence, error.remedy, error.obstacle),
}


def attempt(
    endpoint: Endpoint, report: Bundle, progress: Progress | None = None, steps: Steps | None = None
) -> Outcome:
    """Try once to hand over a report. Never sends what the ticket system already has."""
    steps = steps or Steps()
    try:
        bundle.verify(report)
        receipt = endpoint.find(report, steps)
        if receipt is None or (endpoint.in_steps and _still_arriving(report, receipt)):
            receipt = endpoint.commit(report, steps, progress)
    except ReportDamaged as error:
        return Rejected(error.sentence, error.remedy)
    except DeliveryError as error:
        return next(_OUTCOME_OF[kind] for kind in type(error).__mro__ if kind in _OUTCOME_OF)(error)
    return proven(report, receipt)


def _still_arriving(report: Bundle, receipt: Receipt) -> bool:
    """Whether some files of a report are stored, and others are not there at all."""
    stored = {file.name for file in receipt.stored}
    return bool(stored) and not stored.issuperset(file.name for file in report.files)


def proven(report: Bundle, receipt: Receipt) -> Outcome:
    """Delivered only if the receipt's hashes are ours."""
    missing = receipt.unproven(report.files)
    if not missing:
        return Delivered(receipt)
    if not receipt.stored:
        return Unconfirmed(receipt, _("The ticket system took the report but does not say what it stored."))
    return Rejected(
        _("Ticket {ticket} has the report, but not as it was sent: {files}.").format(
            ticket=receipt.ticket, files=", ".join(missing)
        ),
        _("Tell support the ticket's number and send these files by hand: “snapper outbox export”."),
    )


def deliver(
    outbox: Outbox,
    report_id: str,
    connect: Connect,
    progress: Progress | None = None,
    slow: Callable[[str], None] = lambda sentence: None,
) -> Entry | None:
    """One attempt for one report, its result kept; None when another process is at it or it is over.

    `slow` is told in a sentence, now and then, that it will take long. Raises NoSuchReport, CannotKeep.
    """
    with outbox.hold(report_id) as held:
        if held is None:
            return None
        if held.entry.state in (State.DELIVERED, State.UNCONFIRMED, State.DAMAGED, State.HELD):
            return held.entry
        _record(outbox, held, _outcome(held, connect, progress, slow))
        return held.entry


def _outcome(held: Held, connect: Connect, progress: Progress | None, slow: Callable[[str], None]) -> Outcome:
    try:
        endpoint = connect(held.entry.report)
    except (UsageError, ConfigError) as error:  # the settings no longer know where it goes
        return Blocked(error.sentence, error.remedy)
    endpoint.be_patient(held.entry.delivery.attempts > 0)
    try:
        return attempt(endpoint, held.bundle, _paced(held, progress, slow), _steps(held))
    finally:
        endpoint.be_patient(False)


def _steps(held: Held) -> Steps:
    def keep(steps: Mapping[str, str]) -> None:
        held.record(replace(held.entry.delivery, steps=steps))

    return Steps(held.entry.delivery.steps, keep)


def _paced(held: Held, progress: Progress | None, slow: Callable[[str], None]) -> Progress:
    """Progress that also notices a slow connection, and keeps that for who looks at the outbox meanwhile."""
    pace = Pace(held.entry.size, time.monotonic)

    def told(sent: int) -> None:
        if progress:
            progress(sent)
        if sentence := pace.at(sent):
            slow(sentence)
            words = WORDING[Cause.SLOW_LINK]
            held.record(
                replace(
                    held.entry.delivery,
                    sentence=sentence,
                    remedy=words.remedy,
                    obstacle=Obstacle(Cause.SLOW_LINK),
                )
            )

    return told


def _record(outbox: Outbox, held: Held, outcome: Outcome) -> None:
    now, delivery = outbox.clock(), held.entry.delivery
    when = next_attempt(outcome, delivery.attempts + 1, now, random.Random())
    held.record(delivery.after(outcome, now, when))


@dataclass(frozen=True)
class Listener:
    """Who is told what the worker does; called in the worker's thread."""

    on_progress: Callable[[Entry, int], None]
    on_outcome: Callable[[Entry], None]
    on_trouble: Callable[[str], None]
    on_slow: Callable[[Entry, str], None] = lambda entry, sentence: None


class Worker:
    """A thread that delivers whatever is due, one report after the other, until stopped."""

    def __init__(self, outbox: Outbox, connect: Connect, listener: Listener) -> None:
        self._outbox = outbox
        self._connect = connect
        self._listener = listener
        self._wake = threading.Event()
        self._stopping = False
        self._paused = False
        self._asked_for: set[str] = set()
        self._changed = False
        self._sooner: dict[str, float] = {}  # when to try what the network may let through by now
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)

    def start(self) -> None:
        """Begin; whatever waits is tried at once, as a person who starts snapper would expect."""
        self._asked_for = {entry.id for entry in self._outbox.entries() if RULES[entry.state].automatic}
        self._thread.start()

    def wake(self) -> None:
        """Look for due reports now."""
        self._wake.set()

    def deliver_now(self, report_id: str) -> None:
        """Try this report now, whatever its state says about when."""
        self._asked_for.add(report_id)
        self.wake()

    def network_changed(self) -> None:
        """Try soon what waits for a later time: what stood in the way may be gone."""
        self._changed = True
        self.wake()

    def pause(self, paused: bool) -> None:
        """Stop or go on delivering; an upload under way is finished."""
        self._paused = paused
        self.wake()

    def stop(self, seconds: float = 5.0) -> None:
        """End the thread, waiting at most `seconds`; a report cut off is tried again at the next start."""
        self._stopping = True
        self.wake()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            if not self._paused:
                try:
                    self._deliver_due()
                except OutboxError as error:
                    self._listener.on_trouble(str(error))
            self._wake.wait(self._seconds_to_next())

    def _deliver_due(self) -> None:
        asked_for, self._asked_for = self._asked_for, set()
        now = self._outbox.clock()
        entries = self._outbox.entries()
        if self._changed:
            self._changed = False
            self._sooner = _after_reconnect(entries, now)
        due = [
            entry
            for entry in entries
            if entry.id in asked_for or entry.due(now) or self._sooner.get(entry.id, now + 1) <= now
        ]
        for entry in reversed(due):  # the oldest first
            if self._stopping or self._paused:
                return
            with contextlib.suppress(NoSuchReport):  # discarded a moment ago
                self._deliver(entry)
        self._outbox.prune()

    def _deliver(self, entry: Entry) -> None:
        self._sooner.pop(entry.id, None)
        told = -1

        def progress(sent: int) -> None:
            nonlocal told
            percent = 100 * sent // max(entry.size, 1)
            if percent != told:  # a large report goes out in tens of thousands of pieces
                told = percent
                self._listener.on_progress(entry, sent)

        def slow(sentence: str) -> None:
            self._listener.on_slow(entry, sentence)

        if after := deliver(self._outbox, entry.id, self._connect, progress, slow):
            self._listener.on_outcome(after)

    def _seconds_to_next(self) -> float:
        if self._paused:
            return LOOK_AGAIN_SECONDS
        now = self._outbox.clock()
        times = [
            entry.delivery.next_attempt - now
            for entry in self._outbox.entries()
            if entry.delivery.next_attempt
        ]
        times += [when - now for when in self._sooner.values()]
        return max(SHORTEST_WAIT_SECONDS, min([*times, LOOK_AGAIN_SECONDS]))


def _after_reconnect(entries: Iterable[Entry], now: float) -> dict[str, float]:
    """When to try each report that waits, now that the network is another."""
    found = {}
    for entry in entries:
        delivery = entry.delivery
        when = after_reconnect(delivery.next_attempt, delivery.obstacle.cause, now, random.Random())
        if when is not None and RULES[entry.state].automatic:
            found[entry.id] = when
    return found
