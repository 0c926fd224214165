"""One lab per test process, what is sent through it, and the table of all that was measured."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.network.lab import Lab, lab, why_not
from tests.network.table import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]

SMALL_BYTES, LARGE_BYTES = 600, 20_000_000


@pytest.fixture(scope="session", name="lab")
def _lab() -> Iterator[Lab]:
    """The lab of this process; skips, with the reason, where none can be made."""
    if reason := why_not():
        pytest.skip(reason)
    with lab() as built:
        yield built


@pytest.fixture
def body(tmp_path: Path) -> Callable[[int, bytes], Path]:
    """Files of so many random bytes that begin with a marker."""

    def make(size: int, marker: bytes = b"") -> Path:
        file = tmp_path / f"{size}-{len(marker)}.bin"
        file.write_bytes(marker + random.Random(size).randbytes(size - len(marker)))
        return file

    return make
