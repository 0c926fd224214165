"""Where a report in the outbox stands: the states as a table, and where an attempt leads. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from snapper.errors import NO_OBSTACLE, Obstacle, ReportMalformed
from snapper.language import Sentence, _
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


class State(StrEnum):
    """Where a report stands."""

    PREPARING = "preparing"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    STOPPED = "stopped"
    REJECTED = "rejected"
    UNCONFIRMED = "unconfirmed"
    DELIVERED = "delivered"
    DAMAGED = "damaged"
    HELD = "held"


@dataclass(frozen=True)
class Rule:
    """What a state means: its words for people, the same where they stand alone, whether it is tried again by
    itself, whether it is over, whether a person has to act."""

    words: Sentence
    title: Sentence
    automatic: bool = False
    finished: bool = False
    attention: bool = False


# Translators: how a report stands, twice: before a colon or within a sentence, and alone.
RULES = {
    State.PREPARING: Rule(_("being put together"), _("Being put together")),
    State.WAITING: Rule(_("waiting to be sent"), _("Waiting to be sent"), automatic=True),
    State.UNKNOWN: Rule(
        _("may have arrived, will ask before sending again"),
        _("May have arrived, will ask before sending again"),
        automatic=True,
    ),
    State.BLOCKED: Rule(_("needs your attention"), _("Needs your attention"), automatic=True, attention=True),
    State.STOPPED: Rule(
        _("stopped by a rule of the network"),
        _("Stopped by a rule of the network"),
        attention=True,
    ),
    State.REJECTED: Rule(
        _("not taken by the ticket system"),
        _("Not taken by the ticket system"),
        attention=True,
    ),
    State.UNCONFIRMED: Rule(_("sent, but not confirmed"), _("Sent, but not confirmed"), finished=True),
    State.DELIVERED: Rule(_("delivered"), _("Delivered"), finished=True),
    State.DAMAGED: Rule(_("damaged on this disk"), _("Damaged on this disk"), attention=True),
    State.HELD: Rule(
        _("held back: something private is in it"),
        _("Held back: something private is in it"),
        attention=True,
    ),
}

_STATE_AFTER: dict[type[Outcome], State] = {
    Delivered: State.DELIVERED,
    Unconfirmed: State.UNCONFIRMED,
    Retry: State.WAITING,
    Ambiguous: State.UNKNOWN,
    Blocked: State.BLOCKED,
    Stopped: State.STOPPED,
    Rejected: State.REJECTED,
}


@dataclass(frozen=True)
class Delivery:
    """How delivery stands; times are Unix seconds. `steps` are what attempts have done, for the next one."""

    state: State = State.WAITING
    attempts: int = 0
    next_attempt: float | None = None
    sentence: str = ""
    remedy: str = ""
    receipt: Receipt | None = None
    changed_at: float = 0.0
    obstacle: Obstacle = NO_OBSTACLE
    steps: Mapping[str, str] = field(default_factory=dict)

    def after(self, outcome: Outcome, now: float, next_attempt: float | None) -> Delivery:
        """How it stands once an attempt ended so."""
        return Delivery(
            state=_STATE_AFTER[type(outcome)],
            attempts=self.attempts + 1,
            next_attempt=next_attempt,
            sentence=getattr(outcome, "sentence", ""),
            remedy=getattr(outcome, "remedy", ""),
            receipt=getattr(outcome, "receipt", None),
            changed_at=now,
            obstacle=getattr(outcome, "obstacle", NO_OBSTACLE),
            steps=self.steps if next_attempt else {},
        )

    def to_json(self) -> bytes:
        """What `delivery.json` holds."""
        content = {**asdict(self), "receipt": self.receipt and self.receipt.to_dict()}
        return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"

    @staticmethod
    def from_json(text: bytes) -> Delivery:
        """Read `delivery.json`; a broken one counts as waiting, as every attempt asks the desk first."""
        try:
            content: dict[str, Any] = json.loads(text)
            receipt = Receipt.from_dict(content["receipt"]) if content["receipt"] else None
            obstacle = Obstacle(**content.get("obstacle", {}))
            steps = {str(name): str(value) for name, value in content.get("steps", {}).items()}
            read = {
                "state": State(content["state"]),
                "receipt": receipt,
                "obstacle": obstacle,
                "steps": steps,
            }
            return Delivery(**{**content, **read})
        except (ValueError, KeyError, TypeError, AttributeError, ReportMalformed):
            return Delivery()


@dataclass(frozen=True)
class Entry:
    """One report in the outbox, as lists and windows show it; size in bytes."""

    id: str
    report: Report
    delivery: Delivery
    size: int

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.delivery.state

    def due(self, now: float) -> bool:
        """Whether it is to be tried now; a clock that was set back makes it due at once."""
        if not RULES[self.state].automatic:
            return False
        next_attempt = self.delivery.next_attempt
        return next_attempt is None or next_attempt <= now or self.delivery.changed_at > now
