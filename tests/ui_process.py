"""Starts tests/ui_driver.py on a virtual screen and talks to it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.screen import VirtualScreen, wait_until


class UiProcess:
    """A running driver: commands go in, events are kept in `events`."""

    def __init__(
        self, screen: VirtualScreen, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self.events: list[dict[str, Any]] = []
        self._handled = 0  # commands that were carried out
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.ui_driver", *arguments],
            env={**screen.environment, **(environment or {})}, cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            event = json.loads(line)
            if event["event"] == "handled":
                self._handled += 1
            else:
                self.events.append(event)

    def do(self, name: str, /, **arguments: Any) -> None:
        """Give a command; it has been done on return, and keys pressed then come after it."""
        assert self._process.stdin
        before = self._handled
        self._process.stdin.write(json.dumps({"do": name, **arguments}) + "\n")
        wait_until(lambda: self._handled > before or self._process.poll() is not None, f"{name} is done")

    def count(self, event: str) -> int:
        """How often an event has come so far."""
        return sum(each["event"] == event for each in self.events)

    def wait(self, event: str, times: int = 1) -> dict[str, Any]:
        """Wait until an event has come so often; returns the last one."""
        wait_until(lambda: self.count(event) >= times, f"“{event}” × {times}, got {self.events}")
        return [each for each in self.events if each["event"] == event][-1]

    def ask(self, name: str = "state", /, **arguments: Any) -> dict[str, Any]:
        """Give a command that answers with an event of its own name, and return the answer."""
        before = self.count(name)
        self.do(name, **arguments)
        return self.wait(name, before + 1)

    def click(self, screen: VirtualScreen, name: str, times: int = 1) -> None:
        """Click a visible part, by its accessible name or text, with the mouse."""
        x, y = self.ask("place", name=name)["place"]
        screen.xdotool("mousemove", str(x), str(y), "click", "--repeat", str(times), "1")

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin and self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(20)
        self._reader.join(20)
        self._process.stdout.close()


@contextlib.contextmanager
def ui(
    screen: VirtualScreen, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[UiProcess]:
    """A driver for the time of the block, ready for commands; `environment` is added to the screen's."""
    process = UiProcess(screen, *arguments, environment=environment)
    try:
        process.wait("ready")
        yield process
    finally:
        process.stop()
