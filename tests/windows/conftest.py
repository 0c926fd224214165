"""Collected on Windows only."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the share of the tests that the lane asks for (`1/4`: every fourth, from the second)."""
    if share := os.environ.get("LANE_SHARE"):
        number, of = map(int, share.split("/"))
        kept = items[number::of]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


collect_ignore_glob = [] if sys.platform == "win32" else ["test_*.py"]

if sys.platform == "win32":

    @pytest.fixture(scope="session", autouse=True)
    def desktop() -> None:
        """The desktop is there before any program that a test starts.

        Wine starts its desktop with the first program that asks for it and gives it that program's stdout: a
        pipe that would never end.
        """
        windows: Any = ctypes
        windows.WinDLL("user32").GetDesktopWindow()
