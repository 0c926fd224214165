"""Small X11 programs for tests: a window that tells of the keys it gets, and a menu that holds the keyboard.

Run as `python -m tests.x_clients window TITLE` or `… menu`; both print one JSON line for each thing that
happens: {"event": "ready"}, {"event": "key", "char": "a", "state": 4}, {"event": "closed", …}.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.screen import VirtualScreen, wait_until

MENU_COLOUR = (255, 0, 200)


class Client:
    """A program of this module in a process of its own, and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.said: list[dict[str, Any]] = []
        self._process = process
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.said.append(json.loads(line))

    def events(self, name: str) -> list[dict[str, Any]]:
        """All that it said under this name."""
        return [line for line in self.said if line["event"] == name]

    def typed(self) -> str:
        """The characters of the keys that went down in it, in order (modifier keys left out)."""
        return "".join(line["char"] for line in self.events("key"))

    def wait_for(self, name: str) -> dict[str, Any]:
        """The first thing said under this name; fails at once when the program has ended."""
        return wait_until(lambda: self._ended() or self.events(name), f"the client says {name}")[0]

    def _ended(self) -> None:
        assert self._process.poll() is None, "the client has ended"

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def id(self) -> int:
        """The window's id."""
        return int(self.wait_for("ready")["id"])


@contextlib.contextmanager
def client(screen: VirtualScreen, *arguments: str) -> Iterator[Client]:
    """Run one of the programs on a screen for the time of the block, once its window is there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.x_clients", *arguments],
        env=screen.environment, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    running = Client(process)
    try:
        running.wait_for("ready")
        yield running
    finally:
        process.terminate()
        process.wait(10)
        running._reader.join(10)


# --- the programs ------------------------------------------------------------------------------------------


def _say(event: str, **facts: object) -> None:
    print(json.dumps({"event": event, **facts}), flush=True)


def _tell_key(display: Any, event: Any) -> None:
    from Xlib import XK

    keysym = display.keycode_to_keysym(event.detail, event.state & 1)
    if not 0xFFE1 <= keysym <= 0xFFEE and keysym != 0xFE03:
        _say("key", char=XK.keysym_to_string(keysym) or "", keysym=keysym, state=event.state, time=event.time)


def _window(title: str, override_redirect: bool = False, colour: int = 0x204060) -> tuple[Any, Any]:
    from Xlib import X, Xatom, display

    connection = display.Display()
    screen = connection.screen()
    window = screen.root.create_window(
        200, 150, 400, 300, 0, screen.root_depth,
        background_pixel=colour, override_redirect=override_redirect,
        event_mask=X.KeyPressMask | X.FocusChangeMask | X.StructureNotifyMask | X.ExposureMask,
    )  # fmt: skip
    window.change_property(
        connection.get_atom("_NET_WM_NAME"), connection.get_atom("UTF8_STRING"), 8, title.encode()
    )
    window.change_property(connection.get_atom("_NET_WM_PID"), Xatom.CARDINAL, 32, [os.getpid()])
    window.map()
    return connection, window


def run_window(title: str) -> None:
    """An ordinary window that takes the focus when it appears, and tells of keys and focus."""
    from Xlib import X

    connection, window = _window(title)
    while True:
        event = connection.next_event()
        if event.type == X.MapNotify:
            window.set_input_focus(X.RevertToParent, X.CurrentTime)
            connection.sync()
            _say("ready", id=window.id)
        elif event.type == X.KeyPress:
            _tell_key(connection, event)
        elif event.type in (X.FocusIn, X.FocusOut):
            _say("focus", gained=event.type == X.FocusIn, mode=event.mode)
        elif event.type == X.MappingNotify:
            connection.refresh_keyboard_mapping(event)


def run_menu() -> None:
    """An open menu: it holds pointer and keyboard, and closes at Escape or when it loses the focus."""
    from Xlib import X

    red, green, blue = MENU_COLOUR
    connection, window = _window("menu", override_redirect=True, colour=red << 16 | green << 8 | blue)
    wait_for_map = connection.next_event()
    while wait_for_map.type != X.MapNotify:
        wait_for_map = connection.next_event()
    held = window.grab_keyboard(True, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
    window.grab_pointer(
        True, X.ButtonPressMask, X.GrabModeAsync, X.GrabModeAsync, X.NONE, X.NONE, X.CurrentTime
    )
    _say("ready", id=window.id, held=held == X.GrabSuccess)
    while True:
        event = connection.next_event()
        if event.type == X.KeyPress:
            _tell_key(connection, event)
        if event.type == X.FocusOut or (event.type == X.KeyPress and event.detail == 9):
            window.unmap()
            connection.ungrab_keyboard(X.CurrentTime)
            connection.sync()
            _say("closed", mode=getattr(event, "mode", None))


if __name__ == "__main__":
    programs = {"window": run_window, "menu": run_menu}
    programs[sys.argv[1]](*sys.argv[2:])
