"""A file that was handed over is not handed over again, unless that was too long ago."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest

from snapper.delivery.endpoints import Steps
from snapper.delivery.endpoints.api import Api
from snapper.delivery.letter import Part

PART = Part("a.txt", "a.txt", 0, 1, b"a")


def staged_again(monkeypatch: pytest.MonkeyPatch, first: float, seconds: float) -> list[str]:
    """What was handed over in an attempt at `first` (Unix time) and in one so many seconds later."""
    handed_over: list[str] = []

    def stage() -> str:
        handed_over.append(f"token-{len(handed_over)}")
        return handed_over[-1]

    steps = Steps()
    for now in (first, first + seconds):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        name = Api(cast(Any, None), cast(Any, None), steps).staged(PART, stage)
    assert name == handed_over[-1]
    return handed_over


@pytest.mark.parametrize("fraction", [0.0, 0.4, 0.5, 0.9])
@pytest.mark.parametrize("seconds", [0.0, 0.05, 60, 49 * 60])
def test_what_was_handed_over_a_moment_ago_is_used(
    monkeypatch: pytest.MonkeyPatch, fraction: float, seconds: float
) -> None:
    assert len(staged_again(monkeypatch, 1_800_000_000 + fraction, seconds)) == 1


@pytest.mark.parametrize("seconds", [51 * 60, -60])
def test_what_is_too_old_or_from_a_clock_that_was_wrong_is_not(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    assert len(staged_again(monkeypatch, 1_800_000_000.0, seconds)) == 2
