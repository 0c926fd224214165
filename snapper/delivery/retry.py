"""When to try again: every limit in one place, with its reason. Pure.

Arrivals per second of N machines that were cut off at one moment, once the desk is back (tests/test_retry.py
counts them for 100,000):

    down for 10 min   ≤ N/240: waits are drawn from 480 s, 960 s, … by then, so N·(1/480 + 1/960 + …)
    down for hours    ≤ e·N/3600: waits drawn evenly from (0, C) never bring more than e/C of them in a second
    Retry-After: W    ≤ N/(W + 14): one draw from as long again as the desk asked for
    network is back   ≤ N/20
"""

from __future__ import annotations

import random

from snapper.delivery.causes import Cause
from snapper.report import Ambiguous, Blocked, Outcome, Retry

FIRST_DELAY = 15.0  # s; a desk that restarts is back by then
LONGEST_DELAY = 3600.0  # s; a trader who mended the network must not wait half a day
ATTENTION_DELAY = 900.0  # s; a person has to act, but may have done so without telling us
SERVER_DELAY_CAP = 86_400.0  # s; a server that says "in a year" is mistaken
RECONNECT_SPREAD = 20.0  # s; a whole company comes back at one moment, and a trader looks on meanwhile


def next_attempt(outcome: Outcome, attempts: int, now: float, spread: random.Random) -> float | None:
    """Unix time of the next attempt after `attempts` (from 1) attempts, or None when there is none.

    Full jitter, so that machines cut off at one moment do not come back at one moment. A server's Retry-After
    is kept to, with jitter as long again (an hour at most): all whom it told the same would else come back
    within the first few seconds.
    """
    if isinstance(outcome, (Retry, Ambiguous)):
        wish = min(getattr(outcome, "after", None) or 0.0, SERVER_DELAY_CAP)
        ceiling = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts - 1, 20))
        return now + wish + spread.uniform(1.0, ceiling + min(wish, LONGEST_DELAY))
    if isinstance(outcome, Blocked):
        return now + spread.uniform(ATTENTION_DELAY / 2, ATTENTION_DELAY)
    return None


def after_reconnect(planned: float | None, cause: str, now: float, spread: random.Random) -> float | None:
    """Unix time of the next attempt once the network has changed: soon, but not all at one moment.

    `planned` is the time that next_attempt gave and `cause` the name of the obstacle: what a busy desk asked
    for is kept to.
    """
    if planned is None or cause == Cause.RATE_LIMIT:
        return planned
    return min(planned, now + spread.uniform(0.0, RECONNECT_SPREAD))
