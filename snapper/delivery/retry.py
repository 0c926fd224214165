"""When to try again: every limit in one place, with its reason. Pure."""

from __future__ import annotations

import random

from snapper.report import Ambiguous, Blocked, Outcome, Retry

FIRST_DELAY = 15.0  # s; a desk that restarts is back by then
LONGEST_DELAY = 3600.0  # s; a trader who mended the network must not wait half a day
ATTENTION_DELAY = 900.0  # s; a person has to act, but may have done so without telling us
SERVER_DELAY_CAP = 86_400.0  # s; a server that says "in a year" is mistaken


def next_attempt(outcome: Outcome, attempts: int, now: float, spread: random.Random) -> float | None:
    """Unix time of the next attempt after `attempts` (from 1) attempts, or None when there is none.

    Full jitter, so that machines cut off at one moment do not come back at one moment; a server's
    Retry-After is kept to, with jitter added.
    """
    if isinstance(outcome, Retry | Ambiguous):
        wish = min(getattr(outcome, "after", None) or 0.0, SERVER_DELAY_CAP)
        ceiling = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts - 1, 20))
        return now + wish + spread.uniform(1.0, ceiling)
    if isinstance(outcome, Blocked):
        return now + spread.uniform(ATTENTION_DELAY / 2, ATTENTION_DELAY)
    return None
