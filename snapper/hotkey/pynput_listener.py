"""The chord through pynput's raw listener: for the Mac, and where nothing better works.

pynput translates keys by layout, which loses chords under Russian or with Option held; so only its raw
events are used, by physical key code, and the matching is our own. On a Mac the chord is taken; elsewhere
the program underneath sees it too. Nothing is held back.

Importing pynput opens the X display, hence the import inside.
"""

from __future__ import annotations

import ctypes
import importlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from snapper.errors import Unavailable
from snapper.hotkey.chord import Chord
from snapper.hotkey.keys import WINDOWS_MODIFIERS, Modifier
from snapper.hotkey.presses import OnPress, Press, Presses
from snapper.hotkey.streams import MacStream, Reaction, WindowsStream, X11Stream
from snapper.hotkey.x11_display import connect, keyboard
from snapper.hotkey.x11_keys import place
from snapper.language import _

_JOIN_SECONDS = 2.0
_KEYCODE_FIELD = 9  # CGEventTypes.h: kCGKeyboardEventKeycode

Tell = Callable[[], None]


class PynputListener:
    """Listens for the chord (`platform` is `sys.platform`); raises Unavailable where pynput cannot."""

    name = "pynput_listener"

    def __init__(self, chord: Chord, platform: str, environ: Mapping[str, str]) -> None:
        make = {"win32": _windows_listener, "darwin": _mac_listener}.get(platform, _x11_listener)
        self._listener = make(chord, environ, self._tell)
        self._presses: Presses | None = None
        self.notes: tuple[str, ...] = ()
        if platform != "darwin":
            told = _("{chord} is only listened for: the program in front sees it as well.")
            self.notes = (told.format(chord=chord),)

    def start(self, on_press: OnPress) -> None:
        """Listen; raises Unavailable when the system does not permit it."""
        self._presses = Presses(on_press, on_failure=self._listener.stop)
        self._listener.start()
        self._listener.wait()
        if not getattr(self._listener, "IS_TRUSTED", True):  # only the Mac's listener has it
            self.stop()
            raise Unavailable(
                _("macOS does not let snapper see the chord."),
                _("Allow it in System Settings, Privacy & Security, Accessibility, and start snapper again."),
            )

    def release_keys(self) -> None:
        """Nothing is held back here."""

    def stop(self) -> None:
        """Listen no more. May be called again, and from anywhere."""
        if self._presses:
            self._listener.stop()
            self._listener.join(_JOIN_SECONDS)
            self._presses.close()
            self._presses = None

    def _tell(self) -> None:
        if self._presses:
            self._presses.tell(Press(time.monotonic()))


def _listener(**options: Any) -> Any:
    try:
        return importlib.import_module("pynput.keyboard").Listener(**options)
    except ImportError as problem:
        raise Unavailable(_("The keyboard cannot be listened to here."), "pip install pynput") from problem


def _x11_listener(chord: Chord, environ: Mapping[str, str], tell: Tell) -> Any:
    connection = connect(environ.get("DISPLAY", ""))
    stream = X11Stream(chord, place(chord, keyboard(connection)))
    connection.close()
    listener = _listener()

    def hook(display: object, event: Any, injected: bool) -> None:
        if stream.take(event.detail, event.type == 2, event.state):  # 2: KeyPress
            tell()

    listener._handle_message = hook  # pynput has no option for raw X11 events
    return listener


def _windows_listener(chord: Chord, environ: Mapping[str, str], tell: Tell) -> Any:
    stream = WindowsStream(chord, _held_on_windows())

    def event_filter(message: int, data: Any) -> bool:
        if stream.take(message, data.vkCode):
            tell()
        return False  # not for pynput to translate; Windows passes it on all the same

    return _listener(win32_event_filter=event_filter)


def _held_on_windows() -> Callable[[], frozenset[Modifier]]:
    """Asks for the keys as they are now; a hook misses releases (Alt+Tab, a locked screen)."""
    try:
        state = getattr(ctypes, "WinDLL")("user32").GetAsyncKeyState  # noqa: B009 (there on Windows only)
    except AttributeError as problem:
        raise Unavailable(_("This is not Windows.")) from problem
    state.argtypes, state.restype = [ctypes.c_int], ctypes.c_short
    return lambda: frozenset(modifier for key, modifier in WINDOWS_MODIFIERS.items() if state(key) < 0)


def _mac_listener(chord: Chord, environ: Mapping[str, str], tell: Tell) -> Any:
    stream = MacStream(chord)
    try:
        quartz = importlib.import_module("Quartz")
    except ImportError as problem:
        raise Unavailable(_("The Mac's own bridge to Python is missing."), "pip install pynput") from problem

    def intercept(kind: int, event: Any) -> Any:
        code = quartz.CGEventGetIntegerValueField(event, _KEYCODE_FIELD)
        reaction = stream.take(kind, code, quartz.CGEventGetFlags(event))
        if reaction is Reaction.FIRE:
            tell()
        return event if reaction is Reaction.PASS else None

    return _listener(darwin_intercept=intercept)
