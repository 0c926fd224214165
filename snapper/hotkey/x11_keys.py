"""Where a chord lies on an X11 keyboard: key codes and modifier bits, from the server's own mapping. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from snapper.errors import Unavailable
from snapper.hotkey.chord import REMEDY, Chord
from snapper.hotkey.keys import EVDEV_TO_X11, KEYSYM_MODIFIERS, LOCK_KEYSYMS, Modifier
from snapper.language import _

_SHIFT, _LOCK, _CONTROL, _MOD1, _MOD4 = 1, 2, 4, 8, 64
_USUAL_BITS = {Modifier.SHIFT: _SHIFT, Modifier.CTRL: _CONTROL, Modifier.ALT: _MOD1, Modifier.SUPER: _MOD4}
_MODIFIER_BITS = 0xFF  # above these a state holds pointer buttons and the layout in use

Keysyms = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Keyboard:
    """The server's keyboard: rows of keysyms from key code `first` on, eight rows of modifier key codes."""

    first: int
    keysyms: Keysyms
    modifier_map: Sequence[Collection[int]]

    def row(self, code: int) -> Sequence[int]:
        """The keysyms of a key, all layouts and levels in one row."""
        index = code - self.first
        return self.keysyms[index] if 0 <= index < len(self.keysyms) else ()


@dataclass(frozen=True)
class Place:
    """A chord on a keyboard: key code, modifier bits, the bits of the locks, and every modifier key."""

    key: int
    state: int
    locks: int
    modifiers: Mapping[int, Modifier]

    def states(self) -> Iterator[int]:
        """The chord's state with every combination of locks on and off."""
        bits = [bit for bit in (1 << index for index in range(8)) if self.locks & bit]
        for count in range(len(bits) + 1):
            for chosen in combinations(bits, count):
                yield self.state | sum(chosen)

    def fits(self, state: int) -> bool:
        """Whether an event's state has exactly the chord's modifiers, whatever the locks."""
        return state & _MODIFIER_BITS & ~self.locks == self.state


def place(chord: Chord, keyboard: Keyboard) -> Place:
    """Find a chord on a keyboard; raises Unavailable when the keyboard has no such key."""
    modifiers = {
        code: modifier
        for codes in keyboard.modifier_map
        for code in codes
        if code and (modifier := _modifier(keyboard.row(code)))
    }
    bits = {modifier: _bit(keyboard, modifier) for modifier in chord.modifiers}
    locks = _LOCK | sum(1 << index for index in _lock_rows(keyboard))
    return Place(_key_code(chord, keyboard), sum(bits.values()), locks & ~sum(bits.values()), modifiers)


def _key_code(chord: Chord, keyboard: Keyboard) -> int:
    """The key with the chord's letter in the first layout that has it, else where a PC keyboard has it."""
    found = [
        (row.index(chord.key.keysym), keyboard.first + index)
        for index, row in enumerate(keyboard.keysyms)
        if chord.key.keysym in row
    ]
    if found:
        return min(found)[1]
    code = chord.key.evdev + EVDEV_TO_X11  # a layout without Latin letters: Russian, Greek, Hebrew…
    if not keyboard.row(code):
        raise Unavailable(_("This keyboard has no key {key}.").format(key=chord.key.name), REMEDY)
    return code


def _modifier(row: Sequence[int]) -> Modifier | None:
    return next((KEYSYM_MODIFIERS[keysym] for keysym in row if keysym in KEYSYM_MODIFIERS), None)


def _bit(keyboard: Keyboard, modifier: Modifier) -> int:
    if modifier in (Modifier.SHIFT, Modifier.CTRL):
        return _USUAL_BITS[modifier]
    for index, codes in enumerate(keyboard.modifier_map):
        if any(code and _modifier(keyboard.row(code)) is modifier for code in codes):
            return 1 << index
    return _USUAL_BITS[modifier]


def _lock_rows(keyboard: Keyboard) -> Iterator[int]:
    for index, codes in enumerate(keyboard.modifier_map):
        if any(code and LOCK_KEYSYMS.intersection(keyboard.row(code)) for code in codes):
            yield index
