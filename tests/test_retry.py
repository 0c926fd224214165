"""When the next attempt is: bounds, jitter, the server's wish, and 100,000 machines that return at once."""

from __future__ import annotations

import heapq
import math
import random
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.delivery.causes import Cause
from snapper.delivery.retry import (
    ATTENTION_DELAY,
    FIRST_DELAY,
    LONGEST_DELAY,
    RECONNECT_SPREAD,
    SERVER_DELAY_CAP,
    after_reconnect,
    next_attempt,
)
from snapper.report import Ambiguous, Blocked, Delivered, Receipt, Rejected, Retry, Unconfirmed

RECEIPT = Receipt("id", "1", "c", "u", "t")
NOW = 1_800_000_000.0
MACHINES = 100_000
AWAY = Retry("x")


def after(outcome: Retry | Ambiguous, attempts: int, now: float, spread: random.Random) -> float:
    """The next attempt, of which there is one."""
    when = next_attempt(outcome, attempts, now, spread)
    assert when is not None
    return when


@given(st.integers(1, 10_000), st.integers())
def test_waits_grow_to_an_hour_and_never_end(attempts: int, seed: int) -> None:
    wait = after(Retry("x"), attempts, NOW, random.Random(seed)) - NOW
    assert 1.0 <= wait <= min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts - 1, 30))


@given(st.floats(0, 1e12), st.integers(1, 50), st.integers())
def test_a_servers_wish_is_kept_to_and_no_machine_waits_twice_as_long_and_an_hour(
    wish: float, attempts: int, seed: int
) -> None:
    wait = after(Retry("x", after=wish), attempts, NOW, random.Random(seed)) - NOW
    kept_to = min(wish, SERVER_DELAY_CAP)
    assert kept_to < wait <= kept_to + min(kept_to, LONGEST_DELAY) + LONGEST_DELAY


@given(st.floats(1, 1e6), st.integers(1, 50))
def test_the_jitter_is_as_long_as_the_servers_wish(wish: float, attempts: int) -> None:
    waits = [after(Retry("x", after=wish), attempts, 0.0, random.Random(seed)) for seed in range(50)]
    assert max(waits) - min(waits) > min(wish, LONGEST_DELAY) / 2


def test_machines_cut_off_together_come_back_apart() -> None:
    assert len({after(Ambiguous("x"), 5, NOW, random.Random(seed)) for seed in range(100)}) == 100


def test_what_needs_a_person_is_tried_slowly_and_what_is_over_never() -> None:
    blocked = next_attempt(Blocked("x"), 1, NOW, random.Random(0))
    assert blocked is not None
    assert ATTENTION_DELAY / 2 <= blocked - NOW <= ATTENTION_DELAY
    for outcome in (Delivered(RECEIPT), Unconfirmed(RECEIPT, "x"), Rejected("x")):
        assert next_attempt(outcome, 1, NOW, random.Random(0)) is None


@given(st.floats(0, 1e6), st.integers())
def test_a_new_network_is_tried_soon_but_never_later_than_planned(wait: float, seed: int) -> None:
    when = after_reconnect(NOW + wait, Cause.DROPPED, NOW, random.Random(seed))
    assert when is not None
    assert NOW <= when <= NOW + min(wait, RECONNECT_SPREAD)


def test_a_new_network_is_no_reason_to_press_a_busy_desk() -> None:
    assert after_reconnect(NOW + 500, Cause.RATE_LIMIT, NOW, random.Random(0)) == NOW + 500
    assert after_reconnect(None, Cause.DROPPED, NOW, random.Random(0)) is None


# --- no stampede --------------------------------------------------------------------------------------------


def busiest(times: Iterable[float]) -> int:
    """The most arrivals in one second."""
    return max(Counter(map(int, times)).values())


def at_most(expected: float) -> float:
    """What a second with so many expected arrivals does not exceed by chance (six standard deviations)."""
    return expected + 6 * math.sqrt(expected)


def first_after(outage: float, spread: random.Random) -> float:
    """When a machine comes back whose desk is away from its first attempt, at 0, for so long."""
    when: float | None = 0.0
    attempts = 0
    while when is not None and when < outage:
        attempts += 1
        when = next_attempt(AWAY, attempts, when, spread)
    assert when is not None
    return when


@pytest.mark.parametrize(("outage", "each_second"), [(600, 1 / 240), (8 * 3600, math.e / 3600)])
def test_after_an_outage_they_come_back_over_an_hour(outage: float, each_second: float) -> None:
    spread = random.Random(1)
    times = [first_after(outage, spread) for _ in range(MACHINES)]
    assert busiest(times) <= at_most(MACHINES * each_second)
    assert max(times) <= outage + LONGEST_DELAY


def test_machines_told_the_same_retry_after_do_not_come_back_in_one_second() -> None:
    spread, wish = random.Random(2), 120.0
    times = [after(Retry("x", after=wish), 1, 0.0, spread) for _ in range(MACHINES)]
    assert busiest(times) <= at_most(MACHINES / (wish + FIRST_DELAY - 1))
    assert wish < min(times) and max(times) <= 2 * wish + FIRST_DELAY


def test_a_desk_that_takes_only_so_many_a_second_serves_everyone() -> None:
    """It tells all others to come back after two minutes."""
    served, arrivals = serve(MACHINES, each_second=300, retry_after=120.0)
    assert max(served) <= 900
    assert busiest(time for time in arrivals if time) <= at_most(MACHINES / 134)


def serve(machines: int, each_second: int, retry_after: float) -> tuple[list[float], list[float]]:
    """When each machine was served, and all arrivals, the first ones at 0."""
    spread, taken = random.Random(3), Counter[int]()
    waiting = [(0.0, 1)] * machines  # time, attempt
    served, arrivals = [], []
    outcome = Retry("x", after=retry_after)
    while waiting:
        now, attempt = heapq.heappop(waiting)
        arrivals.append(now)
        if taken[int(now)] < each_second:
            taken[int(now)] += 1
            served.append(now)
        else:
            heapq.heappush(waiting, (after(outcome, attempt, now, spread), attempt + 1))
    return served, arrivals


@pytest.mark.parametrize("planned", [30.0, 3600.0])
def test_a_network_that_comes_back_wakes_them_over_some_seconds(planned: float) -> None:
    spread = random.Random(4)
    woken = [after_reconnect(planned, Cause.NO_NETWORK, 0.0, spread) for _ in range(MACHINES)]
    times = [when for when in woken if when is not None]
    assert busiest(times) <= at_most(MACHINES / RECONNECT_SPREAD)
    assert len(times) == MACHINES and max(times) <= RECONNECT_SPREAD
