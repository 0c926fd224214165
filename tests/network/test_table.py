"""The table in which a person reads what was measured."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from tests.network import table
from tests.network.condition import Peers
from tests.network.conditions import CONDITIONS


def test_rows_are_in_the_order_of_the_conditions_with_their_words() -> None:
    """Whatever order the tests ended in; a cell that nobody measured is a dash."""
    first, second = CONDITIONS[0], CONDITIONS[1]
    text = table.markdown([(second.name, "curl", "exit 6"), (first.name, "requests", "ok")])
    assert text.splitlines()[2:] == [
        f"| {first.words} | – | – | – | ok |",
        f"| {second.words} | – | – | exit 6 | – |",
    ]


def test_a_cell_cannot_break_the_table() -> None:
    """Neither a bar nor a line break ends a cell."""
    last = table.markdown([(CONDITIONS[0].name, "curl", "a|b\nc")]).splitlines()[-1]
    assert last.endswith("| a\\|b c | – |")


def test_there_is_no_table_of_nothing() -> None:
    """Runs without the lab print nothing."""
    assert table.markdown([]) == ""


class Terminal:
    """What pytest gives to a summary."""

    def __init__(self, *cells: tuple[str, str, str]) -> None:
        properties = [[(table._KEY, json.dumps(cell)), ("other", 1)] for cell in cells]
        reports = [SimpleNamespace(user_properties=each) for each in properties]
        self.stats: dict[str, Any] = {"passed": reports[:1], "failed": reports[1:]}
        self.lines: list[str] = []

    def section(self, title: str) -> None:
        """A headline."""
        self.lines.append(title)

    def write_line(self, text: str) -> None:
        """A line, or several."""
        self.lines += text.splitlines()


def test_what_failed_is_in_the_table_too(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in the file that the environment names."""
    name = CONDITIONS[0].name
    terminal = Terminal((name, "curl", "ok"), (name, "requests", "no answer"))
    monkeypatch.setenv(table.FILE_VARIABLE, str(tmp_path / "table.md"))
    table.pytest_terminal_summary(terminal)
    assert terminal.lines[-1] == f"| {CONDITIONS[0].words} | – | – | ok | no answer |"
    assert (tmp_path / "table.md").read_text(encoding="utf-8").splitlines() == terminal.lines[1:]


@pytest.mark.parametrize(
    ("said", "measured", "allowed"),
    [
        ("ok", ("ok", "ok"), True),
        ("ok", ("ok", "exit 7"), False),
        (("ok", "exit 7"), ("ok", "exit 7"), True),
        (("ok", "exit 55 | exit 56"), ("ok", "exit 56"), True),
        (("ok", "exit 55 | exit 56"), ("ok", "exit 5"), False),
    ],
)
def test_a_row_allows_only_what_it_says(said: Any, measured: tuple[str, str], allowed: bool) -> None:
    """One word for both sizes, or one for each; a bar between two that may come."""
    assert Peers(said, said).allows("curl", measured) is allowed
    assert Peers(said, said).allows("requests", measured) is allowed
