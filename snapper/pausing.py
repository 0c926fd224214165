"""The pause: the keys are free, nothing is sent and nothing is tried, until it ends or snapper does.

A report that is on its way when the pause begins is broken off, and goes on later with what has arrived. The
one request that makes a ticket is finished: nobody could tell afterwards what became of it.
"""

from __future__ import annotations

import threading

from snapper.delivery.endpoints.api import ASKED
from snapper.delivery.worker import Worker
from snapper.errors import NoSuchReport, NotReached
from snapper.language import _
from snapper.outbox import Outbox
from snapper.state import Entry

_BROKEN_OFF = _("You paused snapper while the report was being sent.")


class Pausing:
    """Whether snapper pauses, and what it was doing then. `on` may be read from any thread."""

    def __init__(self, outbox: Outbox, worker: Worker) -> None:
        self._outbox = outbox
        self._worker = worker
        self._lock = threading.Lock()
        self._broken_off: set[str] = set()
        self.on = False

    def set(self, paused: bool) -> None:
        """Begin or end the pause; what was broken off by it goes on at once."""
        with self._lock:
            self.on = paused
            again, self._broken_off = self._broken_off, set()
        self._worker.pause(paused)
        for report_id in again:
            self._worker.deliver_now(report_id)

    def check(self, entry: Entry, sent: int) -> None:
        """Called while a report goes out, in the thread of the delivery: break it off during the pause.

        Raises NotReached, which ends the attempt.
        """
        if not self.on or sent >= entry.size or self._is_being_asked_for(entry.id):
            return
        with self._lock:
            if not self.on:  # it has ended this moment
                return
            self._broken_off.add(entry.id)
        raise NotReached(_BROKEN_OFF, _("It goes on from there when the pause ends."))

    def broke_off(self, entry: Entry) -> bool:
        """Whether it was the pause that ended the last attempt."""
        return entry.delivery.sentence == _BROKEN_OFF

    def _is_being_asked_for(self, report_id: str) -> bool:
        try:
            return bool(self._outbox.entry(report_id).delivery.steps.get(ASKED))
        except NoSuchReport:
            return False
