"""The stage of a journey: a screen, a TWS-like window with logs of today, a desk, and snapper itself."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image

from scripts.demo_tws import Jts, make_jts
from scripts.screen import VirtualScreen, virtual_screen, wait_until
from snapper.outbox import Outbox
from snapper.report import Report
from snapper.state import Entry, State
from tests.desks import Desk, desk_at

CHORD = "ctrl+alt+h"
SNAPPER = (sys.executable, "-m", "snapper")


class Program:
    """A program whose lines on stdout and stderr are collected as they come."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            command, env=dict(environment), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_for(self, text: str) -> str:
        """The first line that holds this text."""
        return wait_until(
            lambda: next((line for line in list(self.lines) if text in line), ""), f"“{text}” in {self.lines}"
        )

    def facts(self, name: str) -> list[Any]:
        """What the program said about something, in JSON lines."""
        found = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [fact[name] for fact in found if name in fact]

    def stop(self) -> int:
        """End it; returns its exit code."""
        self._process.terminate()
        return self.wait()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self.wait()

    def wait(self) -> int:
        """Wait for its end; returns its exit code."""
        code = self._process.wait(20)
        self._reader.join(5)
        assert self._process.stdout
        self._process.stdout.close()
        return code


@contextlib.contextmanager
def running(command: list[str], environment: Mapping[str, str]) -> Iterator[Program]:
    """A program for the time of the block."""
    program = Program(command, environment)
    try:
        yield program
    finally:
        program.stop()


@dataclass
class Stage:
    """Everything a journey touches."""

    folder: Path
    screen: VirtualScreen
    tws: Program
    jts: Jts
    environment: dict[str, str]

    @property
    def outbox(self) -> Outbox:
        """The outbox of the snapper on this stage."""
        return Outbox(self.folder / "outbox")

    @contextlib.contextmanager
    def listener(self) -> Iterator[Program]:
        """`snapper listen`, once it has said that it listens."""
        with running([*SNAPPER, "listen"], self.environment) as program:
            program.wait_for("Press ")
            yield program

    @contextlib.contextmanager
    def asked(self) -> Iterator[Program]:
        """`snapper listen`, with the note window open and in front after a press of the chord."""
        with self.listener() as program:
            self.screen.press(CHORD)
            self.note_window()
            yield program

    def snapper(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of snapper to its end."""
        return subprocess.run(
            [*SNAPPER, *arguments],
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def note_window(self) -> None:
        """Wait until the note window has the keyboard."""
        wait_until(lambda: "snapper" in self.screen.focused_title().lower(), "the note window has the focus")

    def submit(self, text: str) -> None:
        """Write this into the note window, submit, and wait until it is delivered."""
        self.screen.type(text)
        self.screen.press("ctrl+Return")
        self.wait_for_state(State.DELIVERED)

    def tws_has_focus(self) -> None:
        """Wait until the program underneath has the keyboard again."""
        wait_until(lambda: "Trader Workstation" in self.screen.focused_title(), "TWS has the focus")

    def typed_underneath(self) -> str:
        """The characters that the program underneath got."""
        return "".join(key for key in self.tws.facts("key") if len(key) == 1 and key.isprintable())

    def wait_for_state(self, state: State, count: int = 1) -> list[Entry]:
        """The reports in the outbox, once so many are in this state."""

        def there() -> list[Entry]:
            entries = [entry for entry in self.outbox.entries() if entry.state is state]
            return entries if len(entries) == count else []

        return wait_until(there, f"{count} in state {state}: {[e.delivery for e in self.outbox.entries()]}")


@contextlib.contextmanager
def stage(folder: Path, settings: Mapping[str, str], size: str = "1280x800") -> Iterator[Stage]:
    """A stage with the TWS-like window in front; `settings` are variables for snapper."""
    jts = make_jts(folder / "Jts", datetime.now().astimezone())
    with virtual_screen(size) as screen:
        environment = {
            **{name: value for name, value in screen.environment.items() if not name.startswith("SNAPPER_")},
            "SNAPPER_HOTKEY_CHORD": "Ctrl+Alt+H",
            "SNAPPER_OUTBOX_FOLDER": str(folder / "outbox"),
            "SNAPPER_LOGS_FOLDERS": str(jts.home),
            "XDG_CONFIG_HOME": str(folder / "config"),
            **settings,
        }
        with running([sys.executable, "-m", "scripts.tws_window"], environment) as tws:
            tws.wait_for("focus")
            yield Stage(folder, screen, tws, jts, environment)


@contextlib.contextmanager
def stage_with_desk(folder: Path) -> Iterator[tuple[Stage, Desk]]:
    """A stage whose snapper sends to a desk of its own."""
    with desk_at(folder / "desk") as desk, stage(folder, desk.environment) as ready:
        yield ready, desk


def screenshot(desk: Desk, report: Report) -> Image.Image:
    """The picture of a report as the desk has it."""
    return Image.open(io.BytesIO(desk.store.path(report, "screenshot.png").read_bytes())).convert("RGB")


def unused_port() -> int:
    """A port that was free a moment ago."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def is_root() -> bool:
    """Whether file systems can be mounted here."""
    return os.geteuid() == 0
