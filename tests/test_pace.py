"""How long an upload will take, said when it is long. Pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snapper.delivery.pace import Pace


def sentences(total: int, rate: float, seconds: int) -> list[str]:
    """What is said of an upload at a steady rate (bytes per second), asked four times a second."""
    now = 0.0
    pace = Pace(total, lambda: now)
    found = []
    for _ in range(seconds * 4):
        found.append(pace.at(min(total, int(now * rate))))
        now += 0.25
    return [text for text in found if text]


def test_a_slow_upload_is_said_with_its_time() -> None:
    said = sentences(20_000_000, 8000, 8)
    assert said == ["The connection is slow: about 42 minutes to go."]


def test_it_is_said_again_after_a_while() -> None:
    said = sentences(4_000_000, 8000, 200)
    assert len(said) == 4
    assert "8 minutes" in said[0] and "5 minutes" in said[-1]


def test_a_quick_upload_is_not_spoken_of() -> None:
    assert sentences(20_000_000, 2_000_000, 10) == []


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 10**9)), max_size=30), st.integers(0, 10**9))
def test_no_pace_is_a_fault(steps: list[tuple[float, int]], total: int) -> None:
    now = 0.0
    pace = Pace(total, lambda: now)
    for seconds, sent in steps:
        now += seconds
        assert isinstance(pace.at(sent), str)
