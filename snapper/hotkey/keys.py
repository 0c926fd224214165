"""The key table: every key a chord may name, with its number on each system. Pure, and the only such table.

Sources: X11 `keysymdef.h`; Windows "Virtual-Key Codes" (learn.microsoft.com); macOS `HIToolbox/Events.h`;
Linux `input-event-codes.h`, whose numbers plus 8 are the X11 key codes of every PC keyboard.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Modifier(StrEnum):
    """A key that changes what others do. ALTGR is only ever seen, never part of a chord."""

    CTRL = "ctrl"
    ALT = "alt"
    SHIFT = "shift"
    SUPER = "super"
    ALTGR = "altgr"


class Key(NamedTuple):
    """One physical key: its name as people write it and its number on each system (None: not there)."""

    name: str
    keysym: int
    windows: int
    mac: int | None
    evdev: int


EVDEV_TO_X11 = 8

# Letters and digits: name, macOS, evdev; the keysym and the Windows number are their character codes.
_CHARACTERS = (
    "a 00 30, b 0b 48, c 08 46, d 02 32, e 0e 18, f 03 33, g 05 34, h 04 35, i 22 23, j 26 36, k 28 37, "
    "l 25 38, m 2e 50, n 2d 49, o 1f 24, p 23 25, q 0c 16, r 0f 19, s 01 31, t 11 20, u 20 22, v 09 47, "
    "w 0d 17, x 07 45, y 10 21, z 06 44, 0 1d 11, 1 12 2, 2 13 3, 3 14 4, 4 15 5, 5 17 6, 6 16 7, 7 1a 8, "
    "8 1c 9, 9 19 10"
)

_FUNCTION_MAC = (
    *(0x7A, 0x78, 0x63, 0x76, 0x60, 0x61, 0x62, 0x64, 0x65, 0x6D, 0x67, 0x6F),
    *(0x69, 0x6B, 0x71, 0x6A, 0x40, 0x4F, 0x50, 0x5A, None, None, None, None),
)
_FUNCTION_EVDEV = (*range(59, 69), 87, 88, *range(183, 195))

_NAMED = (
    # A Mac has F13, F14 and F15 where a PC has these three.
    Key("PrintScreen", 0xFF61, 0x2C, 0x69, 99),
    Key("ScrollLock", 0xFF14, 0x91, 0x6B, 70),
    Key("Pause", 0xFF13, 0x13, 0x71, 119),
    Key("Insert", 0xFF63, 0x2D, 0x72, 110),
    Key("Delete", 0xFFFF, 0x2E, 0x75, 111),
    Key("Home", 0xFF50, 0x24, 0x73, 102),
    Key("End", 0xFF57, 0x23, 0x77, 107),
    Key("PageUp", 0xFF55, 0x21, 0x74, 104),
    Key("PageDown", 0xFF56, 0x22, 0x79, 109),
    Key("Left", 0xFF51, 0x25, 0x7B, 105),
    Key("Up", 0xFF52, 0x26, 0x7E, 103),
    Key("Right", 0xFF53, 0x27, 0x7C, 106),
    Key("Down", 0xFF54, 0x28, 0x7D, 108),
    Key("Space", 0x20, 0x20, 0x31, 57),
    Key("Minus", 0x2D, 0xBD, 0x1B, 12),
    Key("Equal", 0x3D, 0xBB, 0x18, 13),
    Key("Comma", 0x2C, 0xBC, 0x2B, 51),
    Key("Period", 0x2E, 0xBE, 0x2F, 52),
    Key("Slash", 0x2F, 0xBF, 0x2C, 53),
)


def _characters() -> list[Key]:
    rows = (row.split() for row in _CHARACTERS.split(","))
    return [Key(c.upper(), ord(c), ord(c.upper()), int(mac, 16), int(evdev)) for c, mac, evdev in rows]


def _functions() -> list[Key]:
    rows = enumerate(zip(_FUNCTION_MAC, _FUNCTION_EVDEV, strict=True))
    return [Key(f"F{i + 1}", 0xFFBE + i, 0x70 + i, mac, evdev) for i, (mac, evdev) in rows]


KEYS = {key.name.casefold(): key for key in (*_characters(), *_functions(), *_NAMED)}

WINDOWS_CANCEL = 0x03  # what Windows makes of Pause while Ctrl is down (Ctrl+Break)

# --- modifiers, by physical key ---------------------------------------------------------------------------

KEYSYM_MODIFIERS = {
    **dict.fromkeys((0xFFE1, 0xFFE2), Modifier.SHIFT),
    **dict.fromkeys((0xFFE3, 0xFFE4), Modifier.CTRL),
    **dict.fromkeys((0xFFE7, 0xFFE8, 0xFFE9, 0xFFEA), Modifier.ALT),  # Meta sits on the Alt keys
    **dict.fromkeys((0xFFEB, 0xFFEC), Modifier.SUPER),
    **dict.fromkeys((0xFE03, 0xFF7E), Modifier.ALTGR),  # ISO_Level3_Shift, Mode_switch
}
LOCK_KEYSYMS = frozenset({0xFFE5, 0xFF7F, 0xFF14})  # Caps, Num, Scroll: no lock may hide a chord

# Windows presents AltGr as left Ctrl and right Alt together, to RegisterHotKey and to us alike.
WINDOWS_MODIFIERS = {
    **dict.fromkeys((0x10, 0xA0, 0xA1), Modifier.SHIFT),
    **dict.fromkeys((0x11, 0xA2, 0xA3), Modifier.CTRL),
    **dict.fromkeys((0x12, 0xA4, 0xA5), Modifier.ALT),
    **dict.fromkeys((0x5B, 0x5C), Modifier.SUPER),
}

MAC_MODIFIERS = {
    **dict.fromkeys((0x38, 0x3C), Modifier.SHIFT),
    **dict.fromkeys((0x3B, 0x3E), Modifier.CTRL),
    **dict.fromkeys((0x3A, 0x3D), Modifier.ALT),
    **dict.fromkeys((0x37, 0x36), Modifier.SUPER),
}

# CGEventFlags; Caps Lock, Fn and the keypad bit are no part of a chord.
_MAC_FLAGS = {
    0x20000: Modifier.SHIFT,
    0x40000: Modifier.CTRL,
    0x80000: Modifier.ALT,
    0x100000: Modifier.SUPER,
}


def mac_modifiers(flags: int) -> frozenset[Modifier]:
    """The modifiers that the flags of a macOS event say are down."""
    return frozenset(modifier for bit, modifier in _MAC_FLAGS.items() if flags & bit)
