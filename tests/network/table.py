"""The table of the matrix: what was measured in each condition, printed when the tests are over.

A test adds a cell by `record(record_property, condition, column, text)`; with pytest-xdist the cells of all
processes come together.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.network.conditions import CONDITIONS

COLUMNS = ("snapper, small", "snapper, 20 MB", "curl", "requests")
FILE_VARIABLE = "NETWORK_TABLE"  # names a file that gets the table as well
_KEY = "network-table"


def record(record_property: Callable[[str, object], None], condition: str, column: str, text: str) -> None:
    """Put a cell into the table."""
    record_property(_KEY, json.dumps([condition, column, text]))


def markdown(cells: Iterable[tuple[str, str, str]]) -> str:
    """The table, in the order of the conditions, with the words for each; “” without cells."""
    found = {(condition, column): text for condition, column, text in cells}
    rows = [condition for condition in CONDITIONS if any((condition.name, each) in found for each in COLUMNS)]
    if not rows:
        return ""
    lines = [f"| condition | {' | '.join(COLUMNS)} |", f"|{'---|' * (len(COLUMNS) + 1)}"]
    for condition in rows:
        texts = [found.get((condition.name, column), "–") for column in COLUMNS]
        lines.append(f"| {' | '.join(_in_a_cell(text) for text in (condition.words, *texts))} |")
    return "\n".join(lines)


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table after the tests."""
    reports = [report for name in ("passed", "failed") for report in terminalreporter.stats.get(name, [])]
    cells = [
        tuple(json.loads(text)) for report in reports for key, text in report.user_properties if key == _KEY
    ]
    if text := markdown(cells):
        terminalreporter.section("what happens behind …")
        terminalreporter.write_line(text)
        if file := os.environ.get(FILE_VARIABLE):
            Path(file).write_text(f"{text}\n", encoding="utf-8")
