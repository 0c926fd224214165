"""Fixtures every test may ask for."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from scripts.screen import VirtualScreen, virtual_screen

# Machines that run tests are shared: how long one example takes says nothing.
settings.register_profile("snapper", deadline=None)
settings.load_profile("snapper")


@pytest.fixture(autouse=True)
def _machine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests share this machine, but for those marked `alone`: one of them runs while no other does.

    Who waits to be alone holds the gate, so that nobody begins meanwhile.
    """
    if sys.platform == "win32":  # no test there is marked
        yield
        return
    import fcntl

    alone = request.node.get_closest_marker("alone") is not None
    how = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    folder = Path(tempfile.gettempdir())
    with contextlib.ExitStack() as held:
        gate, machine = (
            held.enter_context((folder / f"snapper-tests-{name}.lock").open("w"))
            for name in ("gate", "machine")
        )
        fcntl.flock(gate, how)
        fcntl.flock(machine, how)
        if not alone:
            fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@pytest.fixture
def screen() -> Iterator[VirtualScreen]:
    """A virtual screen of the test's own, 1280×800, with a window manager."""
    with virtual_screen() as running:
        yield running
