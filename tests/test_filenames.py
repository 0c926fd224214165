"""File names: what is refused, and that the nearest good name is good."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.filenames import NAME_MAX_BYTES, name_problem, safe_name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "C:a",
        "a\0b",
        "a\nb",
        "a\u202eb",
        "nul",
        "COM1.txt",
        "a.",
        "a ",
        " a",
        "x" * 201,
    ],
)
def test_names_that_break_somewhere_are_named_as_such(name: str) -> None:
    assert name_problem(name)


@pytest.mark.parametrize("name", ["logs.zip", "Überblick 漢字 ✓.log", "a'b.txt", "no extension", ".hidden"])
def test_ordinary_names_pass_unchanged(name: str) -> None:
    assert name_problem(name) is None
    assert safe_name(name) == name


@given(st.text(), st.lists(st.text(), max_size=5))
def test_a_safe_name_is_safe_and_new(name: str, taken: list[str]) -> None:
    taken = [*taken, safe_name(name)]
    result = safe_name(name, taken)
    assert name_problem(result) is None
    assert result.casefold() not in {other.casefold() for other in taken}
    assert len(result.encode()) <= NAME_MAX_BYTES


def test_a_taken_name_gets_a_number_before_its_extension() -> None:
    assert safe_name("Log.txt", ["log.TXT"]) == "Log-2.txt"
    assert safe_name("../../etc/passwd") == ".._.._etc_passwd"
