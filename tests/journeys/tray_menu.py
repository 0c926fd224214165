"""snapper's icon in a tray, and its menu used with mouse and keys."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator

from Xlib import X
from Xlib.display import Display

from scripts.screen import wait_until
from tests.journeys.stage import Program, Stage, running


@contextlib.contextmanager
def with_a_tray(ready: Stage) -> Iterator[Program]:
    """`snapper listen` with a tray to be in."""
    trayer = ["trayer", "--edge", "top", "--align", "right", "--widthtype", "request"]
    with running(trayer, ready.environment), ready.listener() as program:
        wait_until(lambda: ready.screen.window("panel"), "the tray is there")
        yield program


def choose(ready: Stage, key: str) -> None:
    """Open the icon's menu and choose by its letter."""

    def menus() -> set[str]:
        found = ready.screen.xdotool("search", "--onlyvisible", "--class", "snapper").split()
        return {window for window in found if "POPUP_MENU" in _type_of(ready, window)}

    def done(action: Callable[[], object], condition: Callable[[], bool]) -> bool:
        """Whether it helped, soon: a menu on its way must not be clicked at again."""
        action()
        with contextlib.suppress(AssertionError):
            return wait_until(condition, "", seconds=2)
        return False

    wait_until(lambda: _keyboard_is_free(ready), "a menu can have the keyboard")
    click = ("mousemove", "1266", "12", "click", "3")
    wait_until(lambda: done(lambda: ready.screen.xdotool(*click), lambda: bool(menus())), "the menu opens")
    wait_until(lambda: done(lambda: ready.screen.press(key), lambda: not menus()), "the menu has gone")


def _keyboard_is_free(ready: Stage) -> bool:
    """Who has seen a chord may hold the keyboard for a moment; a menu that opens then never gets a key."""
    with contextlib.closing(Display(ready.screen.display)) as display:
        root = display.screen().root
        answer = root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        display.ungrab_keyboard(X.CurrentTime)
        display.sync()
    return bool(answer == X.GrabSuccess)


def _type_of(ready: Stage, window: str) -> str:
    command = ["xprop", "-id", window, "_NET_WM_WINDOW_TYPE"]
    return subprocess.run(
        command, env=ready.screen.environment, capture_output=True, text=True, timeout=20, check=False
    ).stdout
