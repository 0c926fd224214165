"""The resident program: press → pixels frozen → note window painted, its idle cost; start; a large upload."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import psutil

from scripts.bench_tools import MEGABYTE, Figure, at_most, percentile, run
from scripts.demo_tws import make_jts
from scripts.main_job import SNAPPER, desk, program
from scripts.screen import VirtualScreen, virtual_screen, wait_until

_SIZE = "3840x2160"
_SETTLE_SECONDS = 5  # what starts up is not idle


def listener(quick: bool = False) -> Iterator[Figure]:
    """Presses and idling at 3840×2160, beside a window that changes all the time."""
    yield from presses(10 if quick else 50)
    yield from idle(10 if quick else 60)


def presses(count: int) -> Iterator[Figure]:
    """From the key going down to the pixels frozen, and to the note window painted."""
    with on_stage() as (screen, environment), tws(screen, environment):
        command = [sys.executable, "-m", "scripts.bench_listener", str(count)]
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    frozen, painted = json.loads(done.stdout)
    yield Figure("press → pixels frozen, p50", percentile(frozen, 50), "ms")
    yield at_most("press → pixels frozen, p95", percentile(frozen, 95), "ms", 50)
    yield Figure("press → note window painted, p50", percentile(painted, 50), "ms")
    yield at_most("press → note window painted, p95", percentile(painted, 95), "ms", 150)


def idle(seconds: float) -> Iterator[Figure]:
    """A listener that nobody uses."""
    command = [*SNAPPER, "listen"]
    with on_stage() as (_, environment), program(command, environment, stderr=subprocess.PIPE) as process:
        assert process.stderr
        while "Press " not in process.stderr.readline():
            pass
        watched = psutil.Process(process.pid)
        time.sleep(_SETTLE_SECONDS)
        before = sum(watched.cpu_times()[:2])
        time.sleep(seconds)
        spent = sum(watched.cpu_times()[:2]) - before
        memory = watched.memory_full_info()
    yield at_most("idle: CPU", 100 * spent / seconds, "%", 0.1)
    yield at_most("idle: resident memory", memory.rss / MEGABYTE, "MB", 80)
    yield Figure("idle: memory, shared pages by share", memory.pss / MEGABYTE, "MB")


def commands(quick: bool = False) -> Iterator[Figure]:
    """Start-up, and sending a file of which nothing can be compressed, as whole processes."""
    snapper = Path(sys.executable).with_name("snapper")
    times = [run([snapper, "--version"]).seconds * 1000 for _ in range(20)]
    yield at_most("snapper --version, p50 of 20", percentile(times, 50), "ms", 100)
    megabytes = 50 if quick else 500
    with tempfile.TemporaryDirectory() as name, desk(Path(name, "desk")) as keys:
        big = Path(name, "big.bin")
        with big.open("wb") as file:
            for _ in range(megabytes):
                file.write(os.urandom(1_000_000))
        sent = run([snapper, "send", "--no-logs", "-m", "large", big], {**os.environ, **settings(name, keys)})
    yield Figure(f"{megabytes} MB sent and proven", sent.seconds, "s")
    yield at_most(f"{megabytes} MB sent: peak memory", sent.peak / MEGABYTE, "MB", 100)


# --- the stage --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def on_stage() -> Iterator[tuple[VirtualScreen, dict[str, str]]]:
    """A large screen, a TWS folder, and the address of a desk that is not there."""
    with tempfile.TemporaryDirectory() as folder, virtual_screen(_SIZE) as screen:
        jts = make_jts(Path(folder, "Jts"), datetime.now().astimezone())
        keys = {"url": "http://127.0.0.1:9", "upload_token": "none"}
        logs = {"SNAPPER_LOGS_FOLDERS": str(jts.home), "SNAPPER_HOTKEY_CHORD": "Ctrl+Alt+H"}
        yield screen, {**screen.environment, **settings(folder, keys), **logs}


def settings(folder: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Variables that point snapper at a desk and an outbox."""
    return {
        "SNAPPER_DELIVERY_URL": keys["url"],
        "SNAPPER_DELIVERY_TOKEN": keys["upload_token"],
        "SNAPPER_OUTBOX_FOLDER": f"{folder}/outbox",
    }


@contextlib.contextmanager
def tws(screen: VirtualScreen, environment: Mapping[str, str]) -> Iterator[None]:
    """The TWS-like window, in front."""
    command = [sys.executable, "-m", "scripts.tws_window"]
    with program(command, environment, stdout=subprocess.DEVNULL):
        wait_until(lambda: "Trader Workstation" in screen.focused_title(), "the TWS-like window is there")
        yield


# --- a process of its own: the real application, with a stopwatch ------------------------------------------


class Stopwatch:
    """Presses the chord again and again; notes, in ms, when pixels were frozen and the window painted."""

    def __init__(self, count: int) -> None:
        from snapper.app import App
        from snapper.config import load

        self.frozen: list[float] = []
        self.painted: list[float] = []
        self._count = count
        self._pressed_at = 0.0
        self._painted = threading.Event()
        self._app = App(load(), say=lambda sentence: None)
        self._watch()

    def _watch(self) -> None:
        # The only place that looks into the application: it has no hooks for being measured.
        screen, asking = self._app._screen, self._app._asking
        grab = screen.grab

        def timed_grab() -> object:
            frame = grab()
            self.frozen.append(self._since_press())
            return frame

        def on_painted() -> None:
            self.painted.append(self._since_press())
            self._painted.set()

        # The real screen, with a clock around it.
        screen.grab = timed_grab  # type: ignore[assignment, method-assign]
        asking._note.painted.connect(on_painted)
        self._is_open = asking._open.is_set

    def _since_press(self) -> float:
        return (time.perf_counter() - self._pressed_at) * 1000

    def run(self) -> None:
        """Press as often as wanted, then quit."""
        self._app._loop.later(1.0, threading.Thread(target=self._press_all, daemon=True).start)
        self._app.run()

    def _press_all(self) -> None:
        hand = Hand()
        for _ in range(self._count):
            self._painted.clear()
            self._pressed_at = time.perf_counter()
            hand.press("Control_L", "Alt_L", "h")
            self._painted.wait(10)
            time.sleep(0.2)
            hand.press("Escape")
            wait_until(lambda: not self._is_open(), "the note window is closed")
            time.sleep(0.3)
        self._app._loop.post(self._app._loop.quit)


class Hand:
    """Presses keys through XTEST."""

    def __init__(self) -> None:
        from Xlib import display

        self._display = display.Display()

    def press(self, *names: str) -> None:
        """Press keys together and let them go."""
        from Xlib import XK, X
        from Xlib.ext import xtest

        codes = [self._display.keysym_to_keycode(XK.string_to_keysym(name)) for name in names]
        for kind, order in ((X.KeyPress, codes), (X.KeyRelease, codes[::-1])):
            for code in order:
                xtest.fake_input(self._display, kind, code)
        self._display.sync()


if __name__ == "__main__":
    stopwatch = Stopwatch(int(sys.argv[1]))
    stopwatch.run()
    print(json.dumps([stopwatch.frozen, stopwatch.painted]))
