"""Sizes, times, states and notes in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.state import State
from snapper.words import (
    files_text,
    first_line,
    moment_text,
    note_text,
    size_text,
    state_text,
)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (999_949, "999.9 kB"),
        (999_950, "1.0 MB"), (12_345_678, "12.3 MB"), (1_000_000_000, "1.0 GB"), (5 * 10**12, "5.0 TB"),
    ],
)  # fmt: skip
def test_sizes_as_people_say_them(size: int, text: str) -> None:
    assert size_text(size) == text


@given(st.integers(min_value=1000, max_value=10**15 - 10**12))
def test_a_size_never_shows_four_digits(size: int) -> None:
    assert float(size_text(size).split()[0]) < 1000


def test_files_and_their_total() -> None:
    assert files_text([1000]) == "1 file, 1.0 kB"
    assert files_text([1000, 2000]) == "2 files, 3.0 kB"


def test_a_time_of_another_day_has_its_date() -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert len(moment_text(now, now)) == 5
    assert len(moment_text(now - timedelta(days=2), now)) == 16


@pytest.mark.parametrize("state", State)
def test_every_state_has_words(state: State) -> None:
    words = state_text(state)
    assert words[0].isupper() and len(words) > 5


def test_marks_of_the_editor_become_newlines() -> None:
    assert note_text("one\u2029two\u2028three") == "one\ntwo\nthree"


def test_half_a_character_is_replaced() -> None:
    assert note_text("a\ud83db") == "a\ufffdb"


@given(st.text(st.characters(exclude_characters="\u2028\u2029", exclude_categories=["Cs"])))
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert note_text(text) == text


def test_first_line_that_says_something() -> None:
    assert first_line("\n  \n hangs \nsince noon") == "hangs"
    assert first_line(" \n") == "(no note)"
