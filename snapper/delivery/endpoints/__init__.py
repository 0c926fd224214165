"""One small file per ticket system, and what the worker asks of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from snapper.bundle import Bundle
from snapper.report import Receipt

Progress = Callable[[int], None]


class Endpoint(Protocol):
    """A ticket system. Every method raises a DeliveryError: what happened and what to do, in words."""

    @property
    def name(self) -> str:
        """How people call it."""

    def be_patient(self, patient: bool) -> None:
        """Whether nobody waits for what comes next: time limits may be longer then."""

    def find(self, report_id: str) -> Receipt | None:
        """The receipt of a report that it already has, None if it has none."""

    def commit(self, report: Bundle, progress: Progress | None = None) -> Receipt:
        """Hand over a whole report; `progress` is told again and again how many bytes have gone out."""

    def room(self) -> int | None:
        """How many bytes one report may have in all; None when it does not say."""

    def probe(self) -> str:
        """Ask whether it answers and knows us; a sentence that names it."""
