"""Collected on Windows only."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import pytest

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
