"""The chord on Windows: RegisterHotKey takes it, over elevated windows too, and sees no other keystroke.

Windows matches virtual keys: under a Russian layout the key H is still VK_H. Nothing is held back.
"""

from __future__ import annotations

import ctypes
import queue
import threading
import time
from ctypes import wintypes
from typing import Any

from snapper.errors import ChordTaken, Unavailable
from snapper.hotkey.chord import Chord, already_taken, altgr_warning, choose_another
from snapper.hotkey.keys import Modifier
from snapper.hotkey.presses import OnPress, Press, Presses
from snapper.hotkey.streams import virtual_key
from snapper.hotkey.win32_layout import written_with_altgr
from snapper.language import _

# winuser.h
_FLAGS = {Modifier.ALT: 0x1, Modifier.CTRL: 0x2, Modifier.SHIFT: 0x4, Modifier.SUPER: 0x8}
_NO_REPEAT = 0x4000
_WM_QUIT, _WM_HOTKEY, _WM_USER = 0x0012, 0x0312, 0x0400
_ERROR_HOTKEY_ALREADY_REGISTERED = 1409
_ID = 1  # any number below 0xC000; ours alone, since hot keys belong to the thread


class Win32Register:
    """Takes the chord from Windows; raises Unavailable on other systems."""

    name = "win32_register"

    def __init__(self, chord: Chord) -> None:
        self._chord = chord
        self._user32 = _user32()
        self._thread: threading.Thread | None = None
        self._thread_id = 0
        warning = altgr_warning(chord, written_with_altgr(virtual_key(chord)))
        self.notes: tuple[str, ...] = (warning,) if warning else ()

    def start(self, on_press: OnPress) -> None:
        """Take the chord and listen; raises ChordTaken, Unavailable."""
        answer: queue.SimpleQueue[int] = queue.SimpleQueue()
        thread = threading.Thread(
            target=self._run, args=(on_press, answer), name="snapper-hotkey", daemon=True
        )
        thread.start()
        if code := answer.get():
            thread.join()
            raise _refusal(self._chord, code)
        self._thread = thread

    def release_keys(self) -> None:
        """Nothing is held back here."""

    def stop(self) -> None:
        """Give the chord back; it is free when this returns. May be called again, and from anywhere."""
        if self._thread:
            self._user32.PostThreadMessageW(self._thread_id, _WM_QUIT, 0, 0)
            self._thread.join()
            self._thread = None

    def _run(self, on_press: OnPress, answer: queue.SimpleQueue[int]) -> None:
        """A hot key without a window belongs to the thread that registers it, and tells it by message."""
        message = wintypes.MSG()
        self._thread_id = _kernel32().GetCurrentThreadId()
        self._user32.PeekMessageW(ctypes.byref(message), None, _WM_USER, _WM_USER, 0)  # makes the queue
        if not self._user32.RegisterHotKey(None, _ID, _flags(self._chord), virtual_key(self._chord)):
            answer.put(_last_error())
            return
        presses = Presses(
            on_press, on_failure=lambda: self._user32.PostThreadMessageW(self._thread_id, _WM_QUIT, 0, 0)
        )
        answer.put(0)
        while self._user32.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
            if message.message == _WM_HOTKEY:
                presses.tell(Press(time.monotonic()))
        self._user32.UnregisterHotKey(None, _ID)
        presses.close()


def _flags(chord: Chord) -> int:
    return _NO_REPEAT | sum(_FLAGS[modifier] for modifier in chord.modifiers)


def _refusal(chord: Chord, code: int) -> Unavailable:
    if code == _ERROR_HOTKEY_ALREADY_REGISTERED:
        return ChordTaken(already_taken(str(chord)), choose_another(chord))
    sentence = _("Windows does not give out {chord} (error {code}).").format(chord=chord, code=code)
    return Unavailable(sentence, choose_another(chord))


def _dll(name: str) -> Any:
    try:
        return getattr(ctypes, "WinDLL")(name, use_last_error=True)  # noqa: B009 (there on Windows only)
    except AttributeError as problem:
        raise Unavailable(_("This is not Windows.")) from problem


def _last_error() -> int:
    return int(getattr(ctypes, "get_last_error")())  # noqa: B009


def _kernel32() -> Any:
    kernel32 = _dll("kernel32")
    kernel32.GetCurrentThreadId.argtypes, kernel32.GetCurrentThreadId.restype = [], wintypes.DWORD
    return kernel32


def _user32() -> Any:
    user32 = _dll("user32")
    pointer, handle, number = ctypes.POINTER(wintypes.MSG), wintypes.HWND, wintypes.UINT
    for name, result, arguments in (
        ("RegisterHotKey", wintypes.BOOL, [handle, ctypes.c_int, number, number]),
        ("UnregisterHotKey", wintypes.BOOL, [handle, ctypes.c_int]),
        ("GetMessageW", wintypes.BOOL, [pointer, handle, number, number]),
        ("PeekMessageW", wintypes.BOOL, [pointer, handle, number, number, number]),
        ("PostThreadMessageW", wintypes.BOOL, [wintypes.DWORD, number, wintypes.WPARAM, wintypes.LPARAM]),
    ):
        function = getattr(user32, name)
        function.argtypes, function.restype = arguments, result
    return user32
