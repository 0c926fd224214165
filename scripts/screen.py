"""A virtual screen for demonstrations, tests and figures: Xvfb, a window manager, and hands to press keys.

Every VirtualScreen is its own X server on a free display number, so that tests run side by side.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str, seconds: float = 20.0) -> T:
    """Wait for a condition to hold and return its value; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds:g} s still not so: {what}")
        time.sleep(0.01)
    return value


@dataclass(frozen=True)
class VirtualScreen:
    """A running X server with a window manager."""

    display: str

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a program that is to appear on this screen."""
        return {**os.environ, "DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb", "XDG_SESSION_TYPE": "x11"}

    def xdotool(self, *arguments: str) -> str:
        """Run xdotool here; returns what it printed. A button it pressed has reached its window then."""
        done = subprocess.run(
            ["xdotool", *arguments],
            env=self.environment, check=False, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        if {"click", "mousedown"} & set(arguments):
            self._let_buttons_through()
        return done.stdout.strip()

    def _let_buttons_through(self) -> None:
        """Wait until the window manager has seen all events so far.

        It looks at each press of a button before the window gets it, and holds the mouse meanwhile but not
        the keyboard: a key pressed now would overtake the button. An answer to a later question of ours (the
        size of a frame, by the window managers' specification) means that it has dealt with the press.
        """
        from Xlib import X, Xatom  # not on Windows, where the tests' fixtures are read, too
        from Xlib.display import Display
        from Xlib.protocol.event import ClientMessage

        with contextlib.closing(Display(self.display)) as connection:
            root = connection.screen().root
            if not root.get_full_property(connection.intern_atom("_NET_SUPPORTING_WM_CHECK"), Xatom.WINDOW):
                return
            window = root.create_window(0, 0, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask)
            question = connection.intern_atom("_NET_REQUEST_FRAME_EXTENTS")
            asked = ClientMessage(window=window, client_type=question, data=(32, [0] * 5))
            root.send_event(asked, X.SubstructureRedirectMask | X.SubstructureNotifyMask)
            connection.flush()
            wait_until(connection.pending_events, "the window manager answers")

    def press(self, keys: str) -> None:
        """Press a chord as xdotool spells it (`ctrl+alt+h`)."""
        self.xdotool("key", keys)

    def type(self, text: str, delay_ms: int = 30) -> None:
        """Type text that the layout has keys for, one character every `delay_ms`."""
        self.xdotool("type", "--delay", str(delay_ms), "--", text)

    def paste(self, text: str) -> None:
        """Put text on the clipboard and press Ctrl+V: for characters that no key of the layout has."""
        subprocess.run(
            ["xclip", "-selection", "clipboard"],
            env=self.environment, input=text.encode(), stdout=subprocess.DEVNULL, check=True, timeout=20,
        )  # fmt: skip
        self.press("ctrl+v")

    def window(self, title: str) -> str:
        """The id of the visible window whose title matches (POSIX regular expression, any case), or ""."""
        return self.xdotool("search", "--onlyvisible", "--name", title).partition("\n")[0]

    def focused(self) -> str:
        """The id of the window with the keyboard focus, as xdotool prints it."""
        return self.xdotool("getwindowfocus")

    def focused_title(self) -> str:
        """The title of the active window, "" if there is none."""
        return self.xdotool("getactivewindow", "getwindowname")


def _start_xvfb(size: str) -> tuple[subprocess.Popen[bytes], str]:
    # -displayfd lets the server choose a free number and say so once it answers.
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=(writer,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    os.close(writer)
    with os.fdopen(reader) as pipe:
        number = pipe.readline().strip()
    if not number:
        raise RuntimeError("Xvfb did not start")
    return server, f":{number}"


def _end(program: subprocess.Popen[bytes]) -> None:
    """End a program. Xvfb misses a signal that comes just before it goes to sleep: it gets another."""
    for _ in range(10):
        program.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(2)
            return
    raise RuntimeError(f"{program.args} does not end")


@contextlib.contextmanager
def managed(screen: VirtualScreen) -> Iterator[None]:
    """A window manager (openbox) for the time of the block, which knows the monitors from its beginning."""
    # It loses windows that ask to be shown while it starts: it says itself when it is ready.
    ready = "xprop -root -f _SNAPPER_WM_READY 8s -set _SNAPPER_WM_READY yes"
    command = ["openbox", "--sm-disable", "--startup", ready]
    silent = subprocess.DEVNULL
    openbox = subprocess.Popen(
        command, env=screen.environment, start_new_session=True, stdout=silent, stderr=silent
    )
    try:
        wait_until(
            lambda: '"yes"' in subprocess.run(
                ["xprop", "-root", "_SNAPPER_WM_READY"],
                env=screen.environment, check=False, capture_output=True, text=True,
            ).stdout,
            "openbox manages the screen",
        )  # fmt: skip
        yield
    finally:
        _end(openbox)


@contextlib.contextmanager
def virtual_screen(size: str = "1280x800", window_manager: bool = True) -> Iterator[VirtualScreen]:
    """Start an X server (and openbox) for the time of the block."""
    server, display = _start_xvfb(size)
    screen = VirtualScreen(display)
    try:
        # With the first key the server changes to the keyboard of xdotool, and tells all programs of a new
        # layout: who takes a chord for itself lets go of it for a moment then. Nobody does yet.
        screen.press("shift")
        with managed(screen) if window_manager else contextlib.nullcontext():
            yield screen
    finally:
        _end(server)
