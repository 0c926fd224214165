"""Raw key events of each system, read into the Matcher. Pure: the backends bring the events.

What each system says about modifiers differs: X11 gives their state before each event, macOS their state at
it, Windows nothing but an answer on asking.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from snapper.errors import Unavailable
from snapper.hotkey.chord import REMEDY, Chord, Matcher, no_such_key
from snapper.hotkey.keys import MAC_MODIFIERS, WINDOWS_CANCEL, WINDOWS_MODIFIERS, Modifier, mac_modifiers
from snapper.hotkey.x11_keys import Place


class X11Stream:
    """X11 key events: key code, direction, modifier state."""

    def __init__(self, chord: Chord, place: Place) -> None:
        self._place = place
        self._matcher = Matcher(chord, place.key, place.modifiers)

    def take(self, code: int, down: bool, state: int) -> bool:
        """True when this event completes the chord.

        What was seen and what the server says must agree: the latter is 0 while keys are held back.
        """
        return self._matcher.feed(code, down) and self._place.fits(state)


# winuser.h: WM_KEYDOWN, WM_SYSKEYDOWN
_WINDOWS_DOWN = frozenset({0x0100, 0x0104})


class WindowsStream:
    """Events of a Windows low-level keyboard hook: message and virtual key.

    `held` asks the system which modifiers are down; it is asked at the chord's own key only.
    """

    def __init__(self, chord: Chord, held: Callable[[], frozenset[Modifier]]) -> None:
        self._key = virtual_key(chord)
        self._held = held
        self._matcher = Matcher(chord, self._key, WINDOWS_MODIFIERS)

    def take(self, message: int, key: int) -> bool:
        """True when this event completes the chord."""
        return self._matcher.feed(key, message in _WINDOWS_DOWN, self._held() if key == self._key else None)


def virtual_key(chord: Chord) -> int:
    """The virtual key that Windows sends for the chord's key."""
    ctrl_break = chord.key.name == "Pause" and Modifier.CTRL in chord.modifiers
    return WINDOWS_CANCEL if ctrl_break else chord.key.windows


class Reaction(Enum):
    """What to do with a key event: let it pass, keep it from the program in front, or that and tell."""

    PASS = "pass"
    KEEP = "keep"
    FIRE = "fire"


# CGEventTypes.h
_MAC_DOWN, _MAC_UP = 10, 11


class MacStream:
    """Events of a macOS event tap: type, virtual key code, flags. Raises Unavailable for a key no Mac has."""

    def __init__(self, chord: Chord) -> None:
        if chord.key.mac is None:
            raise Unavailable(no_such_key(chord), REMEDY)
        self._key = chord.key.mac
        self._matcher = Matcher(chord, self._key, MAC_MODIFIERS)
        self._ours = False

    def take(self, kind: int, code: int, flags: int) -> Reaction:
        """What to do with this event; the chord's key is kept until it is up again, repeats included."""
        if code != self._key or kind not in (_MAC_DOWN, _MAC_UP):
            return Reaction.PASS
        if self._matcher.feed(code, kind == _MAC_DOWN, mac_modifiers(flags)):
            self._ours = True
            return Reaction.FIRE
        kept = Reaction.KEEP if self._ours else Reaction.PASS
        self._ours = self._ours and self._matcher.key_held
        return kept
