"""`snapper listen` with two strings to pull: SIGUSR1 has its windows' thread hang, SIGUSR2 chooses Pause.

Usage: python -m tests.listener_on_strings FILE: it hangs until this file is there.
"""

from __future__ import annotations

import gc
import signal
import sys
import time
from pathlib import Path

from PySide6.QtGui import QAction

from snapper.cli import main


def hang() -> None:
    """As a window that waits for a network drive does."""
    while not Path(sys.argv[1]).exists():
        time.sleep(0.01)


def choose_pause() -> None:
    """As a person does in the menu of the icon, on or off."""
    (pause,) = [each for each in gc.get_objects() if isinstance(each, QAction) and each.text() == "&Pause"]
    pause.trigger()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, lambda *_: hang())
    signal.signal(signal.SIGUSR2, lambda *_: choose_pause())
    main(["listen"])
