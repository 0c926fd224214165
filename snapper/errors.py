"""Everything that can go wrong, as a tree; foreign errors become one of these at the edge.

    SnapperError              a sentence for the user and a remedy: what to do next
    ├── UsageError            the command line asks for something impossible (exit 2)
    │   └── ConfigError       the settings do: names file, line and value (exit 2)
    ├── Unavailable           a backend cannot work here: because …, remedy …
    │   └── ChordTaken        another program holds the chord
    ├── CaptureFailed         the screen could not be read
    ├── LogsFailed            the logs could not be read or packed
    ├── NotPrivate            a text could not be freed of private values, so it must not leave
    ├── OutboxError           a report cannot be kept, found or opened
    │   ├── CannotKeep        disk full, folder read-only: nothing was accepted
    │   ├── NoSuchReport      no report of that id in the outbox
    │   └── ReportDamaged     a kept file is not what the manifest says
    ├── ReportMalformed       text that claims to be a report, receipt or manifest is not one
    └── DeliveryError         one attempt to hand a report to a ticket system ended here
        ├── NotReached        nothing was sent, or nothing can have been stored
        ├── MayHaveLanded     it was sent and no answer came: ask before sending again
        ├── Refused           the ticket system said no, and will say no again
        ├── NeedsAttention    a person must act first (token, proxy password)
        └── Forbidden         the network's rules stopped it: not tried again by itself

Sentences and remedies are written for a trader: no exception text, no jargon.
"""

from __future__ import annotations

from dataclasses import dataclass

from snapper.language import together


@dataclass(frozen=True)
class Obstacle:
    """What stands between this computer and a server: the name of the cause (`proxy-wants-password`), who it
    is (`proxy.example:3128`), and a text for the IT department. All empty where nothing is known."""

    cause: str = ""
    at: str = ""
    for_it: str = ""


NO_OBSTACLE = Obstacle()


class SnapperError(Exception):
    """A failure with a sentence for the user and, where there is one, a remedy."""

    exit_code = 1

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy

    def __str__(self) -> str:
        return together((self.sentence, self.remedy))


class UsageError(SnapperError):
    """The command line asks for something that cannot be done."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting is wrong; the sentence names the file, the line and the value."""


class Unavailable(SnapperError):
    """A backend cannot work on this machine: the sentence says why."""


class ChordTaken(Unavailable):
    """Another program holds the chord."""


class CaptureFailed(SnapperError):
    """The screen could not be read."""


class LogsFailed(SnapperError):
    """The logs could not be read or packed."""


class NotPrivate(SnapperError):
    """A text could not be freed of private values: it must not leave."""


class OutboxError(SnapperError):
    """A report cannot be kept, found or opened."""


class CannotKeep(OutboxError):
    """The report could not be written to disk; it was not accepted."""


class NoSuchReport(OutboxError):
    """The outbox holds no report of that id."""


class ReportDamaged(OutboxError):
    """A kept file is not what the manifest says."""


class ReportMalformed(SnapperError):
    """Text that claims to be a manifest or a receipt is not one."""


class DeliveryError(SnapperError):
    """One attempt at delivery ended without a receipt.

    `retry_after` is the number of seconds the ticket system asked us to wait, if it did; `obstacle` is what
    stands in the way, where that has a name.
    """

    def __init__(
        self,
        sentence: str,
        remedy: str = "",
        *,
        retry_after: float | None = None,
        obstacle: Obstacle = NO_OBSTACLE,
    ) -> None:
        super().__init__(sentence, remedy)
        self.retry_after = retry_after
        self.obstacle = obstacle


class NotReached(DeliveryError):
    """The report cannot have been stored: trying again is safe."""


class MayHaveLanded(DeliveryError):
    """The report was sent, but no answer came back."""


class Refused(DeliveryError):
    """The ticket system itself refused the report; sending it again would end the same way."""


class NeedsAttention(DeliveryError):
    """A person must change something before the report can go out."""


class Forbidden(DeliveryError):
    """A rule of the network, not of the ticket system, stopped the report: only a person may try again."""
