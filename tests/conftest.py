"""Fixtures every test may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from scripts.screen import VirtualScreen, virtual_screen

# Machines that run tests are shared: how long one example takes says nothing.
settings.register_profile("snapper", deadline=None)
settings.load_profile("snapper")


@pytest.fixture
def screen() -> Iterator[VirtualScreen]:
    """A virtual screen of the test's own, 1280×800, with a window manager."""
    with virtual_screen() as running:
        yield running
