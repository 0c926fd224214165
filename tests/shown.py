"""Windows of snapper in a typical state, each in a process of its own: started by name, in light or dark
colours, with text of any size, on a screen of any scale.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scripts.screen import VirtualScreen, wait_until
from scripts.windows_shown import WINDOWS
from tests.ui_process import UiProcess, ui

TOOLKITS_OWN = {"folder", "tray_menu"}  # a dialog and a menu with no parts of ours
NAMES = sorted(WINDOWS.keys() - TOOLKITS_OWN)


@dataclass(frozen=True)
class ScreenWith(VirtualScreen):
    """A screen whose programs get further variables."""

    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """With those variables."""
        return {**super().environment, **self.variables}


@contextlib.contextmanager
def shown(
    screen: VirtualScreen, name: str, *, dark: bool = False, points: float = 0, **variables: str
) -> Iterator[UiProcess]:
    """The window of a name for the time of the block, once it is on the screen."""
    with ui(ScreenWith(screen.display, variables), "shown", "dark" * dark, name, str(points)) as window:
        wait_until(lambda: window.ask("shown")["visible"], f"the window “{name}” is there")
        yield window
