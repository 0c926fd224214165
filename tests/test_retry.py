"""When the next attempt is: bounds, jitter, and the server's own wish."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from snapper.delivery.retry import (
    ATTENTION_DELAY,
    FIRST_DELAY,
    LONGEST_DELAY,
    SERVER_DELAY_CAP,
    next_attempt,
)
from snapper.report import Ambiguous, Blocked, Delivered, Receipt, Rejected, Retry, Unconfirmed

RECEIPT = Receipt("id", "1", "c", "u", "t")
NOW = 1_800_000_000.0


@given(st.integers(1, 10_000), st.integers())
def test_waits_grow_to_an_hour_and_never_end(attempts: int, seed: int) -> None:
    when = next_attempt(Retry("x"), attempts, NOW, random.Random(seed))
    assert when is not None
    assert 1.0 <= when - NOW <= min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts - 1, 30))


@given(st.floats(0, 1e12), st.integers(1, 50))
def test_a_servers_wish_is_kept_to_within_a_day(wish: float, attempts: int) -> None:
    when = next_attempt(Retry("x", after=wish), attempts, NOW, random.Random(0))
    assert when is not None
    assert min(wish, SERVER_DELAY_CAP) < when - NOW <= SERVER_DELAY_CAP + LONGEST_DELAY


def test_machines_cut_off_together_come_back_apart() -> None:
    times = {next_attempt(Ambiguous("x"), 5, NOW, random.Random(seed)) for seed in range(100)}
    assert len(times) == 100


def test_what_needs_a_person_is_tried_slowly_and_what_is_over_never() -> None:
    blocked = next_attempt(Blocked("x"), 1, NOW, random.Random(0))
    assert blocked is not None
    assert ATTENTION_DELAY / 2 <= blocked - NOW <= ATTENTION_DELAY
    for outcome in (Delivered(RECEIPT), Unconfirmed(RECEIPT, "x"), Rejected("x")):
        assert next_attempt(outcome, 1, NOW, random.Random(0)) is None
