"""Key events as the three systems report them, one list per story, and when the chord is heard in them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapper.errors import Unavailable
from snapper.hotkey.chord import Matcher, parse_chord
from snapper.hotkey.keys import KEYS, WINDOWS_CANCEL, WINDOWS_MODIFIERS, Modifier, mac_modifiers
from snapper.hotkey.streams import MacStream, Reaction, WindowsStream, X11Stream, virtual_key
from snapper.hotkey.x11_keys import Place

CHORD = parse_chord("Ctrl+Alt+H")
CTRL, ALT, SHIFT, SUPER, ALTGR = Modifier

# --- X11: (key code, down, state before the event), as RECORD delivers them -------------------------------

_X11_MODIFIERS = {37: CTRL, 105: CTRL, 64: ALT, 108: ALT, 50: SHIFT, 62: SHIFT, 133: SUPER, 92: ALTGR}
_US = Place(key=43, state=0x0C, locks=0x12, modifiers=_X11_MODIFIERS)
_DE = Place(key=43, state=0x0C, locks=0x12, modifiers={**_X11_MODIFIERS, 108: ALTGR})

X11_STORIES = {
    "pressed and released": (
        _US,
        [(37, 1, 0), (64, 1, 4), (43, 1, 0xC), (43, 0, 0xC), (64, 0, 0xC), (37, 0, 4)],
        1,
    ),
    "with the right-hand keys": (_US, [(108, 1, 0), (105, 1, 8), (43, 1, 0xC), (43, 0, 0xC)], 1),
    "twice, modifiers kept down": (
        _US,
        [(37, 1, 0), (64, 1, 4), (43, 1, 0xC), (43, 0, 0xC), (43, 1, 0xC), (43, 0, 0xC)],
        2,
    ),
    "held: the server repeats presses without releases": (
        _US,
        [(37, 1, 0), (64, 1, 4), (43, 1, 0xC), (43, 1, 0xC), (43, 1, 0xC), (43, 0, 0xC)],
        1,
    ),
    "NumLock and CapsLock on": (_US, [(37, 1, 0x12), (64, 1, 0x16), (43, 1, 0x1E), (43, 0, 0x1E)], 1),
    "second layout active (group bits set)": (_US, [(37, 1, 0x2000), (64, 1, 0x2004), (43, 1, 0x200C)], 1),
    "with Shift": (_US, [(37, 1, 0), (64, 1, 4), (50, 1, 0xC), (43, 1, 0xD), (43, 0, 0xD)], 0),
    "with Super": (_US, [(133, 1, 0), (37, 1, 0x40), (64, 1, 0x44), (43, 1, 0x4C)], 0),
    "AltGr on a German keyboard is not Alt": (
        _DE,
        [(37, 1, 0), (108, 1, 4), (43, 1, 0x84), (43, 0, 0x84)],
        0,
    ),
    "a release that was lost: the server's word counts": (
        _US,
        [(37, 1, 0), (64, 1, 4), (43, 1, 4), (43, 0, 4)],
        0,
    ),
    "another key": (_US, [(37, 1, 0), (64, 1, 4), (44, 1, 0xC), (44, 0, 0xC)], 0),
    "held back after a press: the state is 0, and an h is an h": (
        _US,
        [(37, 1, 0), (64, 1, 4), (43, 1, 0xC), (43, 0, 0), (64, 0, 0), (37, 0, 0), (43, 1, 0), (43, 0, 0)],
        1,
    ),
    "held back with a stale state: what was seen outweighs it": (
        _US,
        [(37, 1, 0), (64, 1, 4), (43, 1, 0xC), (43, 0, 0xC), (64, 0, 0xC), (37, 0, 0xC), (43, 1, 0xC)],
        1,
    ),
}


@pytest.mark.parametrize("story", X11_STORIES)
def test_x11(story: str) -> None:
    place, events, presses = X11_STORIES[story]
    stream = X11Stream(CHORD, place)
    assert sum(stream.take(code, bool(down), state) for code, down, state in events) == presses


# --- Windows: (message, virtual key) of a low-level hook, and the keys that the system says are down ------

DOWN, UP, SYSDOWN, SYSUP = 0x100, 0x101, 0x104, 0x105
LCTRL, RCTRL, LALT, RALT, LSHIFT, LWIN, H, TAB = 0xA2, 0xA3, 0xA4, 0xA5, 0xA0, 0x5B, 0x48, 0x09

WINDOWS_STORIES = {
    "pressed and released": (
        [(DOWN, LCTRL), (DOWN, LALT), (DOWN, H), (UP, H), (SYSUP, LALT), (UP, LCTRL)],
        1,
    ),
    "Alt first, with the right-hand keys": ([(SYSDOWN, RALT), (DOWN, RCTRL), (DOWN, H), (UP, H)], 1),
    "held: Windows repeats the press": (
        [(DOWN, LCTRL), (DOWN, LALT), (DOWN, H), (DOWN, H), (DOWN, H), (UP, H)],
        1,
    ),
    "held, and the modifiers repeat before it": (
        [(DOWN, LCTRL), (DOWN, LCTRL), (DOWN, LALT), (DOWN, LALT), (DOWN, H), (UP, H)],
        1,
    ),
    "AltGr+H: Windows itself makes Ctrl and Alt of it": (
        [(DOWN, LCTRL), (SYSDOWN, RALT), (DOWN, H), (UP, H)],
        1,
    ),
    "with Shift": ([(DOWN, LCTRL), (DOWN, LALT), (DOWN, LSHIFT), (DOWN, H), (UP, H)], 0),
    "with the Windows key": ([(DOWN, LWIN), (DOWN, LCTRL), (DOWN, LALT), (DOWN, H), (UP, H)], 0),
    "Alt alone": ([(SYSDOWN, LALT), (SYSDOWN, H), (SYSUP, H), (SYSUP, LALT)], 0),
}


class _WindowsKeyboard:
    """What GetAsyncKeyState would answer, were every event seen."""

    def __init__(self) -> None:
        self.down: set[int] = set()

    def held(self) -> frozenset[Modifier]:
        return frozenset(WINDOWS_MODIFIERS[key] for key in self.down if key in WINDOWS_MODIFIERS)

    def play(self, stream: WindowsStream, events: Iterable[tuple[int, int]]) -> int:
        fired = 0
        for message, key in events:
            fired += stream.take(message, key)
            (self.down.add if message in (DOWN, SYSDOWN) else self.down.discard)(key)
        return fired


@pytest.mark.parametrize("story", WINDOWS_STORIES)
def test_windows(story: str) -> None:
    events, presses = WINDOWS_STORIES[story]
    keyboard = _WindowsKeyboard()
    assert keyboard.play(WindowsStream(CHORD, keyboard.held), events) == presses


def test_windows_a_release_lost_on_the_locked_screen_leaves_no_modifier_stuck() -> None:
    """Win+L: the release of the Windows key goes to the secure desktop and never reaches the hook."""
    keyboard = _WindowsKeyboard()
    stream = WindowsStream(CHORD, keyboard.held)
    keyboard.play(stream, [(DOWN, LWIN), (DOWN, 0x4C)])
    keyboard.down.clear()
    assert keyboard.play(stream, [(DOWN, LCTRL), (DOWN, LALT), (DOWN, H), (UP, H)]) == 1


def test_windows_alt_left_over_from_alt_tab_makes_no_chord_of_ctrl_h() -> None:
    keyboard = _WindowsKeyboard()
    stream = WindowsStream(CHORD, keyboard.held)
    keyboard.play(stream, [(SYSDOWN, LALT), (SYSDOWN, TAB)])
    keyboard.down.clear()
    assert keyboard.play(stream, [(DOWN, LCTRL), (DOWN, H), (UP, H)]) == 0


def test_windows_a_lost_release_of_the_key_itself_costs_no_press() -> None:
    keyboard = _WindowsKeyboard()
    stream = WindowsStream(CHORD, keyboard.held)
    assert keyboard.play(stream, [(DOWN, LCTRL), (DOWN, LALT), (DOWN, H)]) == 1
    keyboard.down.clear()
    assert keyboard.play(stream, [(UP, LCTRL), (UP, LALT), (DOWN, LCTRL), (DOWN, LALT), (DOWN, H)]) == 1


def test_windows_sends_cancel_for_pause_with_ctrl() -> None:
    assert virtual_key(parse_chord("Ctrl+Pause")) == WINDOWS_CANCEL
    assert virtual_key(parse_chord("Pause")) == KEYS["pause"].windows


# --- macOS: (event type, virtual key code, flags) of an event tap -----------------------------------------

KEY_DOWN, KEY_UP, FLAGS = 10, 11, 12
NONE, CONTROL, OPTION, BOTH = 0x100, 0x40101, 0x80120, 0xC0121  # with the device bits that real events carry
CAPS, FN, COMMAND = 0x10000, 0x800000, 0x100008

_TO_THE_CHORD = [(FLAGS, 0x3B, CONTROL), (FLAGS, 0x3A, BOTH)]
_FROM_THE_CHORD = [(FLAGS, 0x3A, CONTROL), (FLAGS, 0x3B, NONE)]

MAC_STORIES = {
    "pressed and released: press and release are kept": (
        [*_TO_THE_CHORD, (KEY_DOWN, 4, BOTH), (KEY_UP, 4, BOTH), *_FROM_THE_CHORD],
        "..FK..",
    ),
    "held: repeats are kept as well": (
        [*_TO_THE_CHORD, (KEY_DOWN, 4, BOTH), (KEY_DOWN, 4, BOTH), (KEY_DOWN, 4, BOTH), (KEY_UP, 4, BOTH)],
        "..FKKK",
    ),
    "modifiers released before the key": (
        [*_TO_THE_CHORD, (KEY_DOWN, 4, BOTH), *_FROM_THE_CHORD, (KEY_UP, 4, NONE)],
        "..F..K",
    ),
    "CapsLock on, Fn down": ([(KEY_DOWN, 4, BOTH | CAPS | FN), (KEY_UP, 4, BOTH | CAPS | FN)], "FK"),
    "with Command": ([(KEY_DOWN, 4, BOTH | COMMAND), (KEY_UP, 4, BOTH | COMMAND)], ".."),
    "Option alone writes a character": ([(KEY_DOWN, 4, OPTION), (KEY_UP, 4, OPTION)], ".."),
    "plain typing afterwards passes": (
        [(KEY_DOWN, 4, BOTH), (KEY_UP, 4, BOTH), (KEY_DOWN, 4, NONE), (KEY_UP, 4, NONE)],
        "FK..",
    ),
    "another key": ([(KEY_DOWN, 5, BOTH), (KEY_UP, 5, BOTH)], ".."),
}

_LETTER = {Reaction.PASS: ".", Reaction.KEEP: "K", Reaction.FIRE: "F"}


@pytest.mark.parametrize("story", MAC_STORIES)
def test_mac(story: str) -> None:
    events, reactions = MAC_STORIES[story]
    stream = MacStream(CHORD)
    assert "".join(_LETTER[stream.take(*event)] for event in events) == reactions


def test_a_key_that_no_mac_has_is_refused_by_name() -> None:
    with pytest.raises(Unavailable, match="A Mac has no key F21"):
        MacStream(parse_chord("F21"))


def test_mac_flags_are_read_without_locks() -> None:
    assert mac_modifiers(BOTH | CAPS | FN) == {CTRL, ALT}
    assert mac_modifiers(COMMAND | 0x20000) == {SUPER, SHIFT}


# --- any stream -------------------------------------------------------------------------------------------

_CODES = {1: CTRL, 2: CTRL, 3: ALT, 4: SHIFT, 5: SUPER, 6: ALTGR}


@given(st.lists(st.tuples(st.integers(1, 8), st.booleans()), max_size=60))
def test_the_chord_is_heard_exactly_when_its_key_goes_down_with_its_modifiers(
    events: list[tuple[int, bool]],
) -> None:
    """Against the plainest account of the rule: what is down, and whether the key was up or re-armed."""
    matcher = Matcher(CHORD, 7, _CODES)
    down: set[int] = set()
    armed = True
    for code, pressed in events:
        fired = matcher.feed(code, pressed)
        modifiers = {_CODES[other] for other in down if other in _CODES}
        assert fired == (code == 7 and pressed and armed and modifiers == {CTRL, ALT})
        if code == 7:
            armed = not pressed
        elif code in _CODES and pressed and code not in down:
            armed = True
        (down.add if pressed else down.discard)(code)
