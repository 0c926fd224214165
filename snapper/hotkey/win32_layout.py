"""What the keyboard layouts of a Windows session write with AltGr. Nothing is pressed for it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from ctypes import wintypes
from typing import Any

from snapper.errors import Unavailable
from snapper.language import _

# What VkKeyScanEx answers: the virtual key below, the modifiers above. winuser.h
_KEY, _CTRL_ALT, _NO_KEY = 0xFF, 0x600, 0xFFFF
_SHIFTS = 0x700
_LAYOUTS_MAX = 64
# Everything that layouts were found to write with AltGr: Latin, Greek and Cyrillic letters, signs, the euro.
_CHARACTERS = (*map(chr, (*range(0x21, 0x7F), *range(0xA1, 0x530), *range(0x2010, 0x2040))), "€", "™", "−")

Scan = Callable[[str], int]


def character(key: int, scans: Iterable[Scan]) -> str:
    """The character that AltGr and a virtual key write in the first layout in which they write any; or "".

    Each of `scans` tells of a layout with which key and modifiers it writes a character, as VkKeyScanEx does.
    """
    for scan in scans:
        for one in _CHARACTERS:
            answer = scan(one) & 0xFFFF
            if answer != _NO_KEY and answer & _KEY == key and answer & _SHIFTS == _CTRL_ALT:
                return one
    return ""


def written_with_altgr(key: int) -> str:
    """What AltGr and a virtual key write in this thread's layout, or in another one that is at hand; or "".

    Raises Unavailable on other systems.
    """
    user32 = _user32()
    layouts = (ctypes.c_size_t * _LAYOUTS_MAX)()
    count = user32.GetKeyboardLayoutList(_LAYOUTS_MAX, layouts)
    every = dict.fromkeys((user32.GetKeyboardLayout(0), *layouts[:count]))
    return character(key, (_scan(user32, layout) for layout in every))


def _scan(user32: Any, layout: int) -> Scan:
    return lambda one: int(user32.VkKeyScanExW(one, layout))


def _user32() -> Any:
    try:
        user32 = getattr(ctypes, "WinDLL")("user32")  # noqa: B009 (there on Windows only)
    except AttributeError as problem:
        raise Unavailable(_("This is not Windows.")) from problem
    for name, result, arguments in (
        ("GetKeyboardLayout", ctypes.c_size_t, [wintypes.DWORD]),
        ("GetKeyboardLayoutList", ctypes.c_int, [ctypes.c_int, ctypes.POINTER(ctypes.c_size_t)]),
        ("VkKeyScanExW", ctypes.c_short, [wintypes.WCHAR, ctypes.c_size_t]),
    ):
        function = getattr(user32, name)
        function.restype, function.argtypes = result, arguments
    return user32
