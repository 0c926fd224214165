"""What fits into a destination, and what goes in pieces."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.delivery import letter
from snapper.destinations import Destination
from snapper.errors import UsageError
from snapper.fitting import check_room, largest_whole, pieces, pieces_text
from snapper.outbox import Outbox
from snapper.systems import Limits
from tests.ticket_rigs import report_in

RT = Destination("our RT", "rt", "https://rt.example", file_bytes=10_000_000)


@given(st.integers(0, 10_000), st.integers(1, 3000))
def test_pieces_hold_all_of_a_file_and_none_is_to_spare(size: int, most: int) -> None:
    count = pieces(size, Limits(file_bytes=most))
    assert count * most >= size and (count == 1 or (count - 1) * most < size)


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 200, 201])
@pytest.mark.parametrize("splits", [True, False])
def test_it_goes_in_as_many_pieces_as_are_said(size: int, splits: bool, tmp_path: Path) -> None:
    limits = Limits(file_bytes=100, splits=splits)
    report = report_in(Outbox(tmp_path), {"a.bin": b"x" * size})
    written = letter.write(report, limits, lambda name, tag: name)
    assert len(written.pieces("a.bin")) == pieces(size, limits)


def test_what_goes_in_pieces_is_said_with_the_reason() -> None:
    files = [("report.json", 900), ("logs.zip", 25_000_000), ("a.png", 10_000_001), ("b", 10_000_000)]
    assert pieces_text(files, RT) == (
        "logs.zip goes in 3 pieces, a.png goes in 2 pieces: our RT takes at most 10.0 MB in one file."
    )
    assert pieces_text(files[:1], RT) == ""
    assert pieces_text(files, Destination("d", "desk", "https://desk.example")) == ""


FILES = [("a.bin", 60), ("b.bin", 50)]


@pytest.mark.parametrize(
    ("room", "largest", "said"),
    [
        (109, None, "All files together have 110 bytes, but our RT takes at most 109 bytes in one report."),
        (59, None, "a.bin has 60 bytes, but our RT takes at most 59 bytes in one report."),
        (None, 59, "a.bin has 60 bytes, but our RT takes at most 59 bytes in one file."),
        (10, 59, "a.bin has 60 bytes, but our RT takes at most 59 bytes in one file."),
    ],
)
def test_what_is_too_large_is_named_with_both_sizes(room: int | None, largest: int | None, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_room(FILES, "our RT", room, largest)
    assert refused.value.sentence == said
    assert "another destination" in refused.value.remedy


@pytest.mark.parametrize(("room", "largest"), [(None, None), (110, 60), (None, 60), (110, None)])
def test_what_fits_is_let_pass(room: int | None, largest: int | None) -> None:
    check_room(FILES, "our RT", room, largest)
    check_room([], "our RT", room, largest)


def test_only_a_system_that_does_not_split_has_a_largest_file() -> None:
    assert largest_whole(Limits(file_bytes=5)) is None
    assert largest_whole(Limits(file_bytes=5, splits=False)) == 5
