"""What the worker asks of a ticket system; how each is spoken to is in one small file of its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from snapper.bundle import Bundle
from snapper.report import Receipt

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Ticket:
    """An existing ticket: its number as people quote it, its title, whether it is open, and whether we may
    add to it."""

    number: str
    title: str = ""
    open: bool = True
    writable: bool = True


class Steps:
    """What the attempts for one report have done so far: kept on disk before the next step is taken."""

    def __init__(
        self,
        known: Mapping[str, str] | None = None,
        keep: Callable[[Mapping[str, str]], None] = lambda steps: None,
    ) -> None:
        self._known = dict(known or {})
        self._keep = keep

    def get(self, name: str) -> str | None:
        """What is known of a step; None when it was not taken."""
        return self._known.get(name)

    def put(self, name: str, value: str) -> None:
        """A step was taken. Raises CannotKeep."""
        self._known[name] = value
        self._keep(dict(self._known))

    def drop(self, *names: str) -> None:
        """These steps are worth nothing any more. Raises CannotKeep."""
        left = {name: value for name, value in self._known.items() if name not in names}
        if left != self._known:
            self._known = left
            self._keep(dict(left))


class Endpoint(Protocol):
    """A ticket system. Every method raises a DeliveryError: what happened and what to do, in words."""

    @property
    def name(self) -> str:
        """How people call it."""

    @property
    def in_steps(self) -> bool:
        """Whether a report may be there before all its files are, and the rest can be handed over later."""

    def be_patient(self, patient: bool) -> None:
        """Whether nobody waits for what comes next: time limits may be longer then."""

    def find(self, report: Bundle, steps: Steps | None = None) -> Receipt | None:
        """The receipt of a report that it already has, None if it has none."""

    def commit(self, report: Bundle, steps: Steps, progress: Progress | None = None) -> Receipt:
        """Hand over a report, or what is missing of it; `progress` is told now and then how many bytes have
        gone out."""

    def room(self) -> int | None:
        """How many bytes one report may have in all; None when it does not say."""

    def ticket(self, number: str) -> Ticket:
        """An existing ticket that can be added to. Raises Refused when it is missing, closed or not ours."""

    def probe(self) -> str:
        """Ask whether it answers and knows us; a sentence that names it."""
